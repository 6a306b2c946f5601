"""The home page against a real server: empty, quiet, and with something of everything."""

from __future__ import annotations

import re
from typing import Any

import pytest
from home_page import HomePage
from playwright.sync_api import Page, expect

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]

FAILS = {"type": "file.read", "config": {"path": "missing.csv"}}
WAIT = {"type": "flow.wait", "config": {"duration": "2h"}}
ASK = {"type": "flow.approve", "config": {"title": "Publish the numbers?"}}
NIGHTLY = {"nightly": {"type": "schedule", "config": {"cron": "30 4 * * *"}}}


def publish(server: ServerProcess, name: str, node: dict[str, Any], **more: Any) -> None:
    with server.client() as client:
        document = {"concertmaster": 1, "name": name, "nodes": {"a": node}, **more}
        client.post("/api/v1/workflows", json=document).raise_for_status()


def start(server: ServerProcess, name: str) -> None:
    with server.client() as client:
        client.post(f"/api/v1/workflows/{name}/executions?wait=5", json={}).raise_for_status()


def test_the_first_page_teaches_while_there_is_nothing(page: Page, server: ServerProcess) -> None:
    HomePage.open(page)
    expect(page.get_by_role("heading", name="Draw your first workflow")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="New workflow").click()
    page.get_by_role("dialog").get_by_label("Title").fill("First")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/workflows/first$"))
    page.get_by_role("link", name="ConcertMaster").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def test_home_says_what_is_broken_what_ran_and_what_comes_next(page: Page, server: ServerProcess) -> None:
    publish(server, "fine", {"type": "data.set", "config": {"value": 1}}, triggers=NIGHTLY)
    home = HomePage.open(page)
    expect(home.broken).to_contain_text("Nothing is broken")
    expect(home.card("Schedules")).to_contain_text("fine nightly")
    expect(home.card("Queue")).to_contain_text("Nothing waits to start")

    # All of it comes without a reload.
    publish(server, "reads", FAILS)
    publish(server, "waits", WAIT)
    publish(server, "asks", ASK)
    for name in ("reads", "reads", "waits", "asks"):
        start(server, name)
    expect(home.broken).to_contain_text("2 of 2 runs failed")
    expect(home.broken).to_contain_text("missing.csv")
    expect(home.broken).to_contain_text("1 approval waits for an answer")
    expect(home.card("Latest failures").get_by_role("listitem")).to_have_count(2)
    expect(home.card("Runs over time")).to_contain_text("4 runs, 2 failed")
    expect(home.waiting("Waiting")).to_contain_text("2")

    home.broken.get_by_role("link", name=re.compile("Show the failed runs of reads")).click()
    page.wait_for_url(re.compile(r"/runs\?.*workflow=reads"))
    rows = page.get_by_role("table", name="Runs", exact=True).locator("tbody tr")
    expect(rows).to_have_count(2)
    page.go_back()
    home.card("Latest failures").get_by_role("link", name="reads").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))


def test_home_tells_nodes_that_are_out_of_service(page: Page, server: ServerProcess) -> None:
    publish(server, "fine", {"type": "data.set", "config": {"value": 1}})
    folder = server.workspace / "nodes"
    folder.mkdir(exist_ok=True)
    (folder / "shop.py").write_text("import concertmaster\n\nraise RuntimeError('no shop today')\n")
    home = HomePage.open(page)
    expect(home.broken).to_contain_text("out of service", timeout=20_000)
    expect(home.broken).to_contain_text("no shop today")
    home.broken.get_by_role("link", name="See why").click()
    page.wait_for_url(re.compile("/nodes$"))
