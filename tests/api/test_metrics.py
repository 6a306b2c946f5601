"""What `/metrics` tells: read with Prometheus' own parser, of requests, executions, reads, caches and the stream."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from api_calls import start, status, until
from factories import document
from server_process import ServerProcess, server_process

ROOT = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("metered")) as running:
        yield running


def read(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each sample by its name and labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "a series is told twice"
    return found


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], metric: str, /, **labels: str) -> float:
    return found.get((f"concertmaster_{metric}", frozenset(labels.items())), 0.0)


async def test_metrics_are_told_in_prometheus_text(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=document("metered"))).raise_for_status()
    id_ = await start(client, "metered")
    await until(client, id_, status("succeeded"))
    assert (await client.get("/executions/00000000-0000-7000-8000-000000000000")).status_code == 404
    answer = await client.get(f"{ROOT}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = read(answer.text)
    assert value(found, "executions_ended_total", status="succeeded") == 1
    assert value(found, "node_seconds_count", type="data.set") >= 1
    assert value(found, "commit_seconds_count") == value(found, "commit_group_size_count") > 0
    assert value(found, "commit_group_size_sum") >= value(found, "commit_group_size_count")
    assert found[("concertmaster_queue_age_seconds", frozenset())] == 0
    # Of the process, under the names that dashboards know.
    assert found[("process_resident_memory_bytes", frozenset())] > 1e6


async def test_the_docs_name_every_metric(client: httpx.AsyncClient) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "metrics.md").read_text()
    families = text_string_to_metric_families((await client.get(f"{ROOT}/metrics")).text)
    told = {family.name for family in families if family.name.startswith("concertmaster_")}
    named = set(re.findall(r"concertmaster_[a-z_]+", page))
    left = {name for name in told if not name.startswith("concertmaster_registry_")}
    assert {name for name in left if name not in named and f"{name}_total" not in named} == set()


async def test_requests_are_counted_by_route_and_never_by_path(client: httpx.AsyncClient) -> None:
    for n in range(3):
        (await client.post("/workflows", json=document(f"metered-{n}"))).raise_for_status()
        (await client.get(f"/workflows/metered-{n}")).raise_for_status()
    (await client.get("/workflows/nothing-of-this-name"))
    id_ = await start(client, "metered-0")
    (await client.get(f"/executions/{id_}/events?after=0&wait=1")).raise_for_status()
    text = (await client.get(f"{ROOT}/metrics")).text
    found = read(text)
    one = "/api/v1/workflows/{name}"
    assert value(found, "http_requests_total", method="GET", route=one, status="200") == 3
    assert value(found, "http_requests_total", method="GET", route=one, status="404") == 1
    assert value(found, "http_request_seconds_count", method="GET", route=one) == 4
    assert "metered-0" not in text
    assert "nothing-of-this-name" not in text
    events = "/api/v1/executions/{execution_id}/events"
    assert value(found, "http_requests_total", method="GET", route=events, status="200") == 1
    assert value(found, "http_request_seconds_count", method="GET", route=events) == 0, "it was asked to wait"
    assert value(found, "http_requests_open") == 1, "the one that asks"


async def test_reads_and_caches_are_counted_by_name(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=document("read"))).raise_for_status()
    for _ in range(4):
        (await client.get("/workflows/read")).raise_for_status()
        (await client.get("/executions")).raise_for_status()
    found = read((await client.get(f"{ROOT}/metrics")).text)
    assert value(found, "database_read_seconds_count", name="SqlExecutionStore.list") >= 4
    read_count = sum(n for (name, _), n in found.items() if name == "concertmaster_database_read_seconds_count")
    assert value(found, "database_read_wait_seconds_count") == read_count
    assert value(found, "database_readers", state="busy") + value(found, "database_readers", state="idle") > 0
    assert value(found, "database_reads_waiting") == 0
    assert value(found, "cache_lookups_total", cache="workflow_heads", result="hit") >= 3
    assert value(found, "cache_lookups_total", cache="workflow_heads", result="miss") >= 1


def test_the_stream_is_counted_by_door(server: ServerProcess) -> None:
    with server.client() as client:
        client.post("/api/v1/workflows", json=document("followed")).raise_for_status()

        def now() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
            return read(client.get("/metrics").text)

        with connect(server.stream_url, proxy=None, additional_headers=server.headers) as socket:
            socket.send('{"subscribe": {"executions": 0}, "ping": 1}')
            assert "pong" in str(socket.recv(10))
            before = now()
            assert value(before, "stream_connections", door="websocket") == 1
            assert value(before, "stream_subscriptions") == 1
            client.post("/api/v1/workflows/followed/executions?wait=20", json={}).raise_for_status()
            while "succeeded" not in str(socket.recv(10)):
                pass
            after = now()
            assert value(after, "stream_events_sent_total", door="websocket") >= 1
            assert value(after, "stream_delivery_seconds_count", door="websocket") >= 1
        with client.stream("GET", "/api/v1/stream/sse?topic=executions") as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": connected"
            assert value(now(), "stream_connections", door="sse") == 1
