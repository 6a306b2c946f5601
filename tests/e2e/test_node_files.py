"""What a file that is saved into `nodes/` does to pages that are open; none of them is loaded anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from editor_page import EditorPage
from playwright.sync_api import Browser, Page, expect

from server_process import ServerProcess, run_command, server_process

pytestmark = [pytest.mark.browser, pytest.mark.server]

HELLO = '''
from concertmaster import node

@node(id="acme.hello", effect="none")
def hello(name: str, last: str = "Smith") -> str:
    """Say hello to somebody."""
    return f"hello {name} {last}"
'''
# A save is live in well under a second, the first one in about one; a machine with much to do gets some more.
SOON = 10_000


def save_file(server: ServerProcess, text: str) -> Path:
    folder = server.workspace / "nodes"
    folder.mkdir(exist_ok=True)
    (folder / "greeting.py").write_text(text)
    return folder / "greeting.py"


def mark(page: Page) -> None:
    """So that a page that was loaded anew is found out."""
    page.evaluate("() => { window.sameDocument = true }")


def expect_same(page: Page) -> None:
    assert page.evaluate("() => window.sameDocument") is True


def test_an_open_editor_gets_a_new_type_and_runs_it(page: Page, server: ServerProcess) -> None:
    editor = EditorPage.new(page, "Greeting")
    mark(page)
    item = page.get_by_test_id("palette-item-acme.hello")
    expect(page.get_by_test_id("palette-item-data.set")).to_be_visible()
    expect(item).to_have_count(0)
    save_file(server, HELLO)
    expect(item).to_be_visible(timeout=SOON)
    editor.drag_from_palette("acme.hello", x=200, y=200)
    editor.configure("hello", "Name", "Ann")
    # A field more is a compatible change: the form that is open gets it.
    save_file(server, HELLO.replace('last: str = "Smith"', 'last: str = "Smith", title: str = "Dr"'))
    expect(page.get_by_test_id("inspector").get_by_label("Title", exact=True).first).to_be_visible(timeout=SOON)
    editor.publish()
    editor.expect_saved("published")
    editor.run()
    editor.expect_status("hello", "succeeded")
    expect_same(page)


def test_a_broken_file_says_where_and_its_last_good_version_goes_on(page: Page, server: ServerProcess) -> None:
    page.goto("/nodes")
    mark(page)
    save_file(server, HELLO)
    expect(page.get_by_text("acme.hello").first).to_be_visible(timeout=SOON)
    file = save_file(server, HELLO + "\n1 / 0\n")
    line = (HELLO + "\n1 / 0\n").splitlines().index("1 / 0") + 1
    note = page.get_by_role("alert").filter(has_text="greeting.py")
    expect(note).to_contain_text(f"line {line}", timeout=SOON)
    expect(note).to_contain_text("ZeroDivisionError: division by zero")
    expect(note).to_contain_text("its last good version, with acme.hello@1")
    expect(page.get_by_text("acme.hello").first).to_be_visible()
    file.write_text(HELLO)
    expect(note).to_have_count(0, timeout=SOON)
    expect_same(page)


def test_an_unknown_type_is_a_placeholder_whose_config_survives_saving(page: Page, server: ServerProcess) -> None:
    file = save_file(server, HELLO)
    editor = EditorPage.new(page, "Greeting")
    item = page.get_by_test_id("palette-item-acme.hello")
    expect(item).to_be_visible(timeout=SOON)
    editor.drag_from_palette("acme.hello", x=200, y=200)
    editor.configure("hello", "Name", "Ann")
    editor.publish()
    editor.expect_saved("published")
    mark(page)
    file.unlink()
    expect(item).to_have_count(0, timeout=SOON)
    editor.node("hello").click()
    inspector = page.get_by_test_id("inspector")
    expect(inspector).to_contain_text("There is no node type “acme.hello@1” here. Its settings are kept as they are.")
    editor.drag_from_palette("data.set", x=500, y=300)
    editor.configure("set", "Value", "1")
    editor.save_version()
    editor.expect_saved("v2 is published")
    expect_same(page)
    with server.client() as client:
        names = [one["name"] for one in client.get("/api/v1/workflows").json()["items"]]
        document = client.get(f"/api/v1/workflows/{names[0]}").json()["document"]
    assert document["nodes"]["hello"]["type"] == "acme.hello@1"
    assert document["nodes"]["hello"]["config"] == {"name": "Ann"}
    assert "set" in document["nodes"]
    page.reload()
    expect(editor.node("hello")).to_be_visible()
    save_file(server, HELLO)
    expect(item).to_be_visible(timeout=SOON)
    editor.node("hello").click()
    expect(inspector).not_to_contain_text("There is no node type")
    expect(inspector.get_by_label("Name", exact=True).first).to_have_value("Ann")


def test_a_type_that_is_switched_off_says_so_and_what_to_do(page: Page) -> None:
    editor = EditorPage.new(page, "Commands")
    item = page.get_by_test_id("palette-item-shell.command")
    expect(item).to_contain_text("off")
    editor.drag_from_palette("shell.command", x=200, y=200)
    editor.node("command").click()
    said = page.get_by_test_id("inspector").get_by_role("status").filter(has_text="SHELL_ALLOW")
    expect(said).to_contain_text("shell.command is off on this server. Name the programs that it may run")
    expect(page.get_by_test_id("palette-item-data.set")).not_to_contain_text("off")


def test_a_frozen_registry_says_so_and_what_to_do(browser: Browser, tmp_path: Path) -> None:
    assert run_command(tmp_path, "nodes", "freeze").returncode == 0
    with server_process(tmp_path, env={"CONCERTMASTER_REGISTRY_MODE": "static"}) as server:
        page = browser.new_page(base_url=server.url)
        page.goto(server.login_link())
        page.wait_for_url(re.compile(r"://[^/]+/$"))
        page.goto("/nodes")
        note = page.get_by_role("status").filter(has_text="Static")
        expect(note).to_contain_text("concertmaster nodes freeze", timeout=SOON)
        page.close()
