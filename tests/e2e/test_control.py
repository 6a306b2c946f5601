"""Runs in the browser: pause, resume, cancel, retry, many at once, and why something waits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factories import document
from server_process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.browser]
WAIT = {"type": "flow.wait", "config": {"duration": "2h"}}


def publish(server: ServerProcess, **parts: Any) -> None:
    with server.client() as client:
        body = document(parts.pop("name"), **{"inputs": {}, "outputs": {}, "edges": [], **parts})
        client.post("/api/v1/workflows", json=body).raise_for_status()


def start(server: ServerProcess, workflow: str, **inputs: Any) -> str:
    with server.client() as client:
        answer = client.post(f"/api/v1/workflows/{workflow}/executions?wait=5", json={"inputs": inputs})
        return answer.raise_for_status().json()["id"]


def status_of(page: Page, word: str) -> None:
    """The pill in the header of the run."""
    expect(
        page.locator("header").filter(has=page.get_by_role("heading", level=1)).get_by_text(word).first
    ).to_be_visible()


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_a_waiting_run_says_why_and_is_paused_resumed_and_cancelled(page: Page, server: ServerProcess) -> None:
    publish(server, name="waits", nodes={"w": WAIT})
    id_ = start(server, "waits")
    page.goto(f"/runs/{id_}?node=w")
    status_of(page, "Waiting")
    expect(page.get_by_role("region", name="w").get_by_role("status")).to_contain_text("wait")
    button(page, "Pause").click()
    status_of(page, "Paused")
    button(page, "Resume").click()
    status_of(page, "Waiting")
    button(page, "Cancel run").click()
    status_of(page, "Cancelled")


def test_a_failed_run_is_retried_with_other_inputs_and_from_a_node(page: Page, server: ServerProcess) -> None:
    nodes = {
        "first": {"type": "data.set", "config": {"value": "{{ inputs.n }}"}},
        "half": {"type": "data.set", "config": {"value": "{{ 100 / inputs.n }}"}},
    }
    declared = {"n": {"type": "integer", "minimum": 0}}
    publish(server, name="halves", nodes=nodes, edges=["first -> half"], inputs=declared)
    id_ = start(server, "halves", n=0)
    page.goto(f"/runs/{id_}")
    status_of(page, "Failed")
    button(page, "More actions").click()
    page.get_by_role("menuitem", name="Retry with other inputs").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("n", exact=False).first.fill("-1")
    dialog.get_by_role("button", name="Retry run").click()
    expect(dialog.get_by_text(re.compile("minimum|least", re.IGNORECASE)).first).to_be_visible()
    dialog.get_by_label("n", exact=False).first.fill("4")
    dialog.get_by_role("button", name="Retry run").click()
    expect(dialog).to_be_hidden()
    status_of(page, "Succeeded")
    expect(button(page, "More actions")).to_have_count(0)
    page.goto(f"/runs/{id_}?node=half")
    button(page, "Retry from this node").click()
    with server.client() as client:
        expect(page.get_by_role("region", name="half").get_by_text("Succeeded").first).to_be_visible()
        events = client.get(f"/api/v1/executions/{id_}/events?limit=1000").json()["items"]
        while events[-1]["kind"] != "execution.succeeded" or events[-1]["seq"] < 10:
            after = events[-1]["seq"]
            events += client.get(f"/api/v1/executions/{id_}/events?after={after}&wait=5").json()["items"]
    retried = [event["data"] for event in events if event["kind"] == "execution.retried"]
    assert [sorted(data["nodes"]) for data in retried] == [["half"], ["half"]]


def test_many_are_cancelled_at_once_after_their_number_was_shown(page: Page, server: ServerProcess) -> None:
    publish(server, name="waits", nodes={"w": WAIT})
    publish(server, name="other", nodes={"w": WAIT})
    ids = [start(server, "waits") for _ in range(3)]
    other = start(server, "other")
    page.goto("/runs?workflow=waits")
    button(page, "Act on all that match").click()
    page.get_by_role("menuitem", name="Cancel them").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text("3 runs will be asked.")
    dialog.get_by_role("button", name="Cancel runs").click()
    expect(page.get_by_text("3 of 3 runs asked")).to_be_visible()
    with server.client() as client:
        for id_ in ids:
            expect(page.locator(f'a[href="/runs/{id_}"]').first).to_be_visible()
            client.get(f"/api/v1/executions/{id_}/events?after=3&wait=5").raise_for_status()
        expect(page.get_by_role("table").get_by_text("Cancelled")).to_have_count(3)
        assert client.get(f"/api/v1/executions/{other}").json()["status"] == "waiting"
