"""Looking back on a long history: every filter of the list of executions and every route around it, with a million.

The executions are of the last 30 days, of 20 workflows; one in a hundred has failed, one in a thousand came by webhook.
They are stored as an older release would have: what counts them is measured too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.engine import linear, run
from benchmarks.report import Report
from concertmaster.api.app import create_app
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder
from concertmaster.storage.database import dialect_of

WORKFLOWS = 20
DAYS = 30
ASKED = 30
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :copies)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, :copies))",
}
_ID = {
    "sqlite": "printf('%08x-%04x-7000-8000-%012x', ms / 65536, ms % 65536, n)",
    "postgresql": "lpad(to_hex(ms / 65536), 8, '0') || '-' || lpad(to_hex(ms % 65536), 4, '0') || '-7000-8000-' "
    "|| lpad(to_hex(n), 12, '0')",
}
_FILL = """
{numbers}, times AS (SELECT n, CAST(:first AS BIGINT) + n * CAST(:apart AS BIGINT) AS ms FROM numbers)
INSERT INTO executions (id, workflow, version, status, epoch, head_seq, trigger, created_at, started_at, ended_at,
    error, takeovers, priority, admitted, hidden)
SELECT {id}, CASE WHEN n % {workflows} = 0 THEN 'linear10' ELSE 'w' || (n % {workflows}) END, 1,
    CASE WHEN n % 100 = 7 THEN 'failed' ELSE 'succeeded' END, 1, 30,
    CASE WHEN n % 1000 = 3 THEN '{{"type":"webhook","name":"hook"}}' ELSE '{{"type":"manual"}}' END,
    ms * 1000, ms * 1000 + 1000, ms * 1000 + 1000 + (n * 7919) % 5000000,
    CASE WHEN n % 100 = 7 THEN '{{"code":"node.failed","message":"no such file ' || n || '","node":"a"}}' END,
    0, 0, 1, 0
FROM times
"""


async def measure(report: Report, folder: Path, url: str, *, executions: int) -> None:
    """Fill a database and ask."""
    folder.mkdir()
    settings = Settings(workspace=folder, database_url=SecretStr(url))
    where = f"{dialect_of(settings.resolved_database_url).kind}, {executions:,} executions"
    with hold_data_folder(settings):
        async with build(settings, recover=False) as runtime:
            await runtime.workflows.save(LOCAL_ADMIN, json.dumps(linear(10)).encode(), publish=True)
        fill(settings.resolved_database_url, executions)
        async with build(settings, recover=False) as runtime:
            begun, slowest = time.perf_counter(), 0.0
            while True:
                step = time.perf_counter()
                if not await runtime.history.count_missing():
                    break
                slowest = max(slowest, time.perf_counter() - step)
            report.set(f"{where}: counting them all", time.perf_counter() - begun, "s")
            report.set(f"{where}: the longest step of it", slowest * 1e3, "ms")
            for _ in range(60):
                await run(runtime, "linear10")
            await _ask(report, runtime, where)


async def _ask(report: Report, runtime: Runtime, where: str) -> None:
    app = create_app(runtime, local_token="bench")
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
    headers = {"Authorization": "Bearer bench", "Host": "127.0.0.1:8000"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000/api/v1", headers=headers
    ) as client:
        for path in _paths():
            times: list[float] = []
            for _ in range(ASKED):
                begun = time.perf_counter()
                answer = await client.get(path)
                times.append(time.perf_counter() - begun)
                assert answer.status_code == 200, answer.text
            times.sort()
            report.set(f"{where}: p50 of {path}", times[ASKED // 2] * 1e3, "ms")
            report.set(f"{where}: p95 of {path}", times[int(ASKED * 0.95)] * 1e3, "ms")


def _paths() -> Iterator[str]:
    now = datetime.now(UTC)
    ago = {days: (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (1, 7, 20, 30)}
    for rest in (
        "",
        "workflow=w3",
        "workflow=w3&status=failed&status=cancelled",
        f"since={ago[20]}&until={ago[7]}",
        f"workflow=w3&until={ago[7]}",
        "trigger=webhook",
        "trigger=webhook&workflow=w3",
        "trigger=event",
        "error=no such file 99",
        "error=nothing like it",
        f"error=nothing like it&since={ago[1]}",
        "min_seconds=4.9",
        "min_seconds=100000",
        "version=2&workflow=w3",
        "called=true",
    ):
        yield f"/executions?limit=50&{rest}"
    for days in (1, 7, 30):
        yield f"/executions/histogram?since={ago[days]}"
        yield f"/executions/histogram?since={ago[days]}&workflow=w3"
        yield f"/executions/slowest?since={ago[days]}"
        yield f"/executions/slowest?since={ago[days]}&workflow=w3"
        yield f"/executions/failing?since={ago[days]}"
    yield "/workflows/linear10/durations"
    yield "/workflows/linear10/durations?last=200"
    yield "/queue"
    yield "/triggers/upcoming"


def fill(url: str, copies: int) -> None:
    """Insert so many ended executions of the last 30 days."""
    dialect = dialect_of(url)
    apart = DAYS * 86_400_000 // copies
    first = int(datetime.now(UTC).timestamp() * 1000) - copies * apart - 1000
    given = {"copies": copies, "first": first, "apart": apart}
    statement = _FILL.format(numbers=_NUMBERS[dialect.kind], id=_ID[dialect.kind], workflows=WORKFLOWS)
    engine = dialect.writing()
    with engine.begin() as connection:
        if dialect.kind == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(statement), given)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE executions" if dialect.kind == "postgresql" else "ANALYZE"))
    engine.dispose()
