"""Logs through the API: from either end, searched, of an attempt or an item, and as one text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from api_calls import publish, start, status, until

TALK = '''
from concertmaster import Context, node


@node(id="talking.levels", effect="none")
async def levels(context: Context) -> int:
    """One line of each level."""
    for level in ("debug", "info", "warning", "error"):
        getattr(context.logger, level)(f"a {level.upper()} of 100%_")
    return 1
'''


@pytest.fixture
def workspace(workspace: Path) -> Path:
    (workspace / "nodes" / "talking.py").write_text(TALK)
    return workspace


async def page(client: httpx.AsyncClient, id_: str, **query: Any) -> dict[str, Any]:
    return (await client.get(f"/executions/{id_}/logs", params=query)).raise_for_status().json()


async def numbers(client: httpx.AsyncClient, id_: str, **query: Any) -> list[int]:
    return [line["n"] for line in (await page(client, id_, **query))["items"]]


async def test_the_end_comes_first_when_it_is_asked_for(client: httpx.AsyncClient) -> None:
    await publish(client, "burst", nodes={"talk": {"type": "testing.burst", "config": {"count": 2_500}}})
    id_ = await start(client, "burst")
    await until(client, id_, status("succeeded"))
    tail = await page(client, id_, before=2**53 - 1, limit=100)
    assert [line["n"] for line in tail["items"]] == list(range(2_401, 2_501))
    assert (tail["next"], tail["before"]) == (2_500, 2_401)
    earlier = await page(client, id_, before=tail["before"], limit=1_000)
    assert [line["n"] for line in earlier["items"]] == list(range(1_401, 2_401))
    first = await page(client, id_, before=3, limit=10)
    assert ([line["n"] for line in first["items"]], first["before"]) == ([1, 2], None)
    assert (await page(client, id_, after=5, limit=1))["before"] == 6
    assert await page(client, id_, before=1) == {"items": [], "next": 0, "before": None}

    text = await client.get(f"/executions/{id_}/logs", params={"format": "text", "limit": 1})
    assert text.headers["content-disposition"].startswith(f'attachment; filename="{id_}.log"')
    assert text.headers["content-type"].startswith("text/plain")
    lines = text.text.splitlines()
    assert len(lines) == 2_500
    assert lines[-1].endswith("INFO    talk#1 line 2499")
    some = await client.get(
        f"/executions/{id_}/logs", params={"format": "text", "after": 10, "before": 13, "q": "line"}
    )
    assert [line.rpartition(" ")[2] for line in some.text.splitlines()] == ["10", "11"]


async def test_lines_are_searched_on_the_server(client: httpx.AsyncClient) -> None:
    await publish(client, "talk", nodes={"talk": {"type": "talking.levels"}})
    id_ = await start(client, "talk")
    await until(client, id_, status("succeeded"))
    (debug, info, warning, error) = await numbers(client, id_)
    assert await numbers(client, id_, min_level="debug") == [debug, info, warning, error]
    assert await numbers(client, id_, min_level="warning") == [warning, error]
    assert await numbers(client, id_, min_level="error", level="info") == []
    assert await numbers(client, id_, level="info") == [info]
    assert await numbers(client, id_, q="a warn") == [warning]
    # Nothing in it stands for anything else.
    assert await numbers(client, id_, q="100%_") == [debug, info, warning, error]
    assert await numbers(client, id_, q="a%f") == []
    assert await numbers(client, id_, q="a_INFO") == []
    assert await numbers(client, id_, q="\\") == []
    assert await numbers(client, id_, q="100", before=error, min_level="info") == [info, warning]
    assert await numbers(client, id_, attempt=1, node="talk", limit=1) == [debug]
    assert await numbers(client, id_, attempt=2) == []
    for wrong in ({"min_level": "loud"}, {"attempt": 0}, {"before": 0}, {"q": "x" * 501}, {"format": "xml"}):
        refused = await client.get(f"/executions/{id_}/logs", params=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")
    for format in ("json", "text"):
        assert (await client.get("/executions/nothing/logs", params={"format": format})).status_code == 404


async def test_lines_of_an_item_come_by_its_path(client: httpx.AsyncClient) -> None:
    body = {"nodes": {"talk": {"type": "testing.burst", "config": {"count": "{{ item }}"}}}}
    each = {"type": "flow.for_each", "config": {"items": [2, 3]}, "body": body}
    await publish(client, "loop", nodes={"each": each})
    id_ = await start(client, "loop")
    await until(client, id_, status("succeeded"))
    lines = (await page(client, id_, node="talk", path="1"))["items"]
    assert [(line["node"], line["text"]) for line in lines] == [("talk[1]", f"line {n}") for n in range(3)]
    text = await client.get(f"/executions/{id_}/logs", params={"node": "talk", "path": "0", "format": "text"})
    assert len(text.text.splitlines()) == 2
    refused = await client.get(f"/executions/{id_}/logs", params={"path": "0"})
    assert (refused.status_code, refused.json()["code"]) == (422, "path.invalid")
    refused = await client.get(f"/executions/{id_}/logs", params={"node": "talk", "path": "7"})
    assert (refused.status_code, refused.json()["code"]) == (404, "item.not_found")


async def test_counts_of_the_past_leave_out_what_was_logged_later(client: httpx.AsyncClient) -> None:
    nodes = {"a": {"type": "testing.burst", "config": {"count": 3}}}
    await publish(client, "count", nodes=nodes)
    id_ = await start(client, "count")
    shown = await until(client, id_, status("succeeded"))
    assert (await client.get(f"/executions/{id_}", params={"at": 1})).json()["nodes"]["a"]["logs"] == 0
    assert (await client.get(f"/executions/{id_}", params={"at": shown["seq"]})).json()["nodes"]["a"]["logs"] == 3
