"""Looking back at a run, repeating it, and two runs side by side."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from run_page import RunPage, publish, shop, start, write_nodes

from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture
def shop_server(server: ServerProcess) -> ServerProcess:
    """A server with the shop's node types and workflow."""
    write_nodes(server)
    shop(server)
    return server


def seq_of(server: ServerProcess, run: str, kind: str, node: str | None = None) -> int:
    """Number of the first such event."""
    with server.client() as client:
        items = client.get(f"/api/v1/executions/{run}/events?limit=1000").raise_for_status().json()["items"]
    return next(event["seq"] for event in items if event["kind"] == kind and node in (None, event.get("node")))


def test_the_past_is_shown_read_only_until_one_comes_back(page: Page, shop_server: ServerProcess) -> None:
    id_ = start(shop_server, "shop")
    run = RunPage.open(page, id_, "node=send")
    run.expect_status("Succeeded")
    retrying = seq_of(shop_server, id_, "node.retrying", "send")
    run.look_back(retrying)
    run.expect_node("send", "retrying")
    run.expect_node("report", "pending")
    expect(run.header).to_contain_text("is running")
    expect(run.header.get_by_role("button", name="Run again")).to_have_count(0)
    expect(run.inspector).to_contain_text("Attempt 1 failed and is tried again")
    expect(run.inspector.get_by_role("button", name="Retry from this node")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"at={retrying}"))
    run.slider.press("Home")
    run.expect_node("load", "pending")
    expect(run.travel).to_contain_text("execution.created")
    run.slider.press("ArrowRight")
    expect(run.travel).to_contain_text("event 2 of")
    run.slider.press("End")
    run.expect_node("report", "succeeded")
    run.back_to_now()
    expect(run.header.get_by_role("button", name="Run again")).to_be_visible()
    expect(page).not_to_have_url(re.compile("at="))


def test_a_link_to_a_moment_shows_it_and_escape_leaves_it(page: Page, shop_server: ServerProcess) -> None:
    id_ = start(shop_server, "shop")
    seq = seq_of(shop_server, id_, "node.started", "load")
    run = RunPage.open(page, id_, f"at={seq}&view=nodes")
    run.expect_node("load", "running")
    expect(run.row("load")).to_contain_text("Running")
    expect(run.row("report")).to_contain_text("Pending")
    page.keyboard.press("Escape")
    expect(run.travel).to_have_count(0)
    run.expect_node("load", "succeeded")


def test_the_data_of_the_past_is_that_of_before_a_retry(page: Page, shop_server: ServerProcess) -> None:
    nodes = {
        "first": {"type": "data.set", "config": {"value": "{{ inputs.n * 10 }}"}},
        "second": {"type": "data.set", "config": {"value": "{{ nodes.first + 1 }}"}},
    }
    inputs = {"n": {"type": "integer", "default": 1}}
    publish(shop_server, "tens", nodes=nodes, inputs=inputs, edges=["first -> second"])
    id_ = start(shop_server, "tens")
    with shop_server.client() as client:
        client.post(f"/api/v1/executions/{id_}/retry", json={"from": "first", "inputs": {"n": 7}}).raise_for_status()
        end = client.get(f"/api/v1/executions/{id_}/events?after=6&wait=10").json()["items"]
        while end[-1]["kind"] != "execution.succeeded":
            end = client.get(f"/api/v1/executions/{id_}/events?after={end[-1]['seq']}&wait=10").json()["items"]
    run = RunPage.open(page, id_, "node=first")
    output = run.inspector.get_by_role("tabpanel", name="Output")
    expect(output).to_contain_text("70")
    run.look_back(seq_of(shop_server, id_, "execution.succeeded"))
    expect(output).to_contain_text("10")
    expect(output).not_to_contain_text("70")
    run.back_to_now()
    expect(output).to_contain_text("70")
    page.get_by_role("button", name="All tries").click()
    expect(page.get_by_role("button", name="Show the whole run")).to_be_enabled()


def test_a_run_that_goes_on_has_a_past_too(page: Page, server: ServerProcess) -> None:
    nodes = {
        "first": {"type": "data.set", "config": {"value": 1}},
        "w": {"type": "flow.wait", "config": {"duration": "2h"}},
    }
    publish(server, "waits", nodes=nodes, edges=["first -> w"])
    id_ = start(server, "waits", wait=1)
    run = RunPage.open(page, id_, "node=w")
    run.expect_node("w", "waiting")
    run.look_back(2)
    run.expect_node("w", "pending")
    with server.client() as client:
        client.post(f"/api/v1/executions/{id_}/cancel").raise_for_status()
    # What happens now is behind the moment: more of the past, and nothing else.
    expect(run.travel).not_to_contain_text("event 2 of 5")
    run.expect_node("w", "pending")
    run.back_to_now()
    run.expect_node("w", "cancelled")


def test_a_run_is_replayed_and_retried_from_a_node_with_other_inputs(page: Page, shop_server: ServerProcess) -> None:
    id_ = start(shop_server, "shop", divisor=5)
    run = RunPage.open(page, id_, "node=share")
    run.inspector.get_by_role("button", name="Retry from this node with other inputs").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("divisor", exact=False).first.fill("20")
    dialog.get_by_role("button", name="Retry run").click()
    expect(dialog).to_be_hidden()
    run.expect_status("Succeeded")
    expect(run.inspector.get_by_role("tabpanel", name="Output")).to_contain_text("5")
    page.get_by_role("button", name="Other ways to run it again").click()
    page.get_by_role("menuitem", name="Replay").click()
    page.wait_for_url(lambda url: id_ not in url and "/runs/" in url)
    expect(run.header).to_contain_text("replay of")
    run.expect_status("Succeeded")


def test_a_failed_run_is_compared_with_the_last_good_one(page: Page, shop_server: ServerProcess) -> None:
    good = start(shop_server, "shop")
    bad = start(shop_server, "shop", divisor=0)
    RunPage.open(page, bad)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("menuitem", name="With the last run before it that succeeded").click()
    page.wait_for_url(re.compile(f"/runs/{bad}/compare.*{good}"))
    expect(page.get_by_test_id("divergence")).to_contain_text("The first node that differs is share")
    inputs = page.get_by_role("table", name="Inputs")
    expect(inputs.get_by_role("row", name=re.compile("divisor"))).to_contain_text("0")
    grid = page.get_by_role("grid", name="Nodes of both runs")
    expect(page.get_by_test_id("compare-share")).to_contain_text("Failed")
    expect(page.get_by_test_id("compare-load")).to_have_count(0)
    page.get_by_label("Only what differs").uncheck(force=True)
    expect(page.get_by_test_id("compare-load")).to_contain_text("same")
    detail = page.get_by_role("complementary", name="The node in both runs")
    expect(detail.get_by_role("region", name="This run")).to_contain_text("division by zero")
    expect(detail.get_by_role("region", name="Compared with")).to_contain_text("50")
    grid.press("Home")
    expect(detail.get_by_role("heading", level=2)).not_to_have_text("share")
    page.get_by_text("Both graphs").click()
    mine = page.get_by_role("region", name="This run").filter(has=page.get_by_test_id("canvas"))
    other = page.get_by_role("region", name="Compared with").filter(has=page.get_by_test_id("canvas"))
    expect(mine).to_contain_text("Failed")
    expect(other).to_contain_text("Succeeded")


def test_versions_are_compared_field_by_field_and_another_run_is_chosen(page: Page, shop_server: ServerProcess) -> None:
    first = start(shop_server, "shop")
    start(shop_server, "shop")
    shop(shop_server, rows=9)
    second = start(shop_server, "shop")
    page.goto(f"/runs/{second}/compare")
    page.get_by_role("button", name="Compare with another run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(first[-8:])).click()
    expect(page.get_by_test_id("divergence")).to_contain_text("load: its configuration differs")
    page.get_by_role("tab", name="Config").click()
    fields = page.get_by_role("table", name="Fields that differ")
    expect(fields).to_contain_text("config.rows")
    expect(fields.get_by_role("row").nth(1)).to_contain_text("9")
    page.get_by_role("button", name="Swap the two").click()
    page.wait_for_url(re.compile(f"/runs/{first}/compare"))


def test_the_editor_says_that_a_run_was_of_another_version(page: Page, shop_server: ServerProcess) -> None:
    old = start(shop_server, "shop")
    run = RunPage.open(page, old)
    page.get_by_role("link", name="Open in editor").click()
    expect(page.get_by_test_id("run-strip")).to_be_visible()
    expect(page.get_by_test_id("other-version")).to_have_count(0)
    shop(shop_server, rows=9)
    RunPage.open(page, old)
    page.get_by_role("link", name="Open in editor").click()
    expect(page.get_by_test_id("other-version")).to_have_text("ran v1, shown on v2")
    expect(run.node("load")).to_have_attribute("data-status", "succeeded")
