"""File triggers: one execution for each version of a file, once it is written, over restarts too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.storage.data_folder import hold_data_folder
from concertmaster.triggers import files, watch
from factories import document

INPUTS = {"path": {"type": "string", "default": ""}}
Fires = list[dict[str, Any]]


@asynccontextmanager
async def served(workspace: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A server on the workspace for as long as the block lasts, that looks often."""
    settings = Settings(
        workspace=workspace, secret_key=SecretStr("a key for tests only"), watch_interval=timedelta(seconds=0.05)
    )
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            app = create_app(runtime, max_body_bytes=64 * 1024, local_token=TOKEN)
            async with make_client(app, headers=LOCAL) as client:
                yield client


@pytest.fixture
async def watching(workspace: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with served(workspace) as client:
        yield client


async def publish(client: httpx.AsyncClient, path: str = "incoming/*.csv", **config: Any) -> None:
    trigger = {
        "type": "file",
        "config": {"path": path, "settle": "0s", **config},
        "inputs": {"path": "{{ trigger.path }}"},
    }
    nodes = {"a": {"type": "data.set", "config": {"value": "{{ inputs.path }}"}}}
    body = document(triggers={"new": trigger}, inputs=INPUTS, nodes=nodes, edges=[], outputs={"path": "{{ nodes.a }}"})
    answer = await client.post("/workflows", json=body)
    assert answer.status_code in (200, 201), answer.text


async def fires(client: httpx.AsyncClient, wanted: Callable[[Fires], bool]) -> Fires:
    """The fires, oldest first, once they are as wanted."""
    async with asyncio.timeout(20):
        while True:
            shown = (await client.get("/triggers/hello/new")).raise_for_status().json()
            if wanted(found := shown["last_fires"][::-1]):
                return found
            await asyncio.sleep(0.02)


async def paths(client: httpx.AsyncClient, count: int) -> list[str]:
    """Of so many executions, in their order."""
    found = await fires(client, lambda found: len(found) >= count)
    assert {one["outcome"] for one in found} == {"started"}
    shown = [(await client.get(f"/executions/{one['execution']}")).json() for one in found]
    return [one["trigger"]["path"] for one in shown]


def write(workspace: Path, path: str, text: str = "a\n1\n") -> Path:
    file = workspace / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


async def test_each_version_of_a_file_starts_one(watching: httpx.AsyncClient, workspace: Path) -> None:
    await publish(watching)
    write(workspace, "incoming/a.csv", "12345")
    (fire,) = await fires(watching, lambda found: len(found) == 1)
    shown = (await watching.get(f"/executions/{fire['execution']}")).json()
    about = shown["trigger"]
    assert (about["type"], about["name"], about["path"]) == ("file", "new", "incoming/a.csv")
    assert (about["file"], about["bytes"], about["modified_at"][-6:]) == ("a.csv", 5, "+00:00")
    assert shown["inputs"] == {"path": "incoming/a.csv"}
    write(workspace, "incoming/other.txt")
    (workspace / "incoming/a.csv").unlink()
    write(workspace, "incoming/.b.csv")
    write(workspace, "incoming/b.csv", "1")
    assert await paths(watching, 2) == ["incoming/a.csv", "incoming/b.csv"]
    write(workspace, "incoming/b.csv", "12")
    assert await paths(watching, 3) == ["incoming/a.csv", "incoming/b.csv", "incoming/b.csv"]
    # What came is what a test says again.
    again = (await watching.post("/triggers/hello/new/test")).json()
    assert (again["trigger"]["path"], again["trigger"]["bytes"]) == ("incoming/b.csv", 2)


async def test_other_rights_are_no_other_version(watching: httpx.AsyncClient, workspace: Path) -> None:
    await publish(watching)
    file = write(workspace, "incoming/a.csv", "1")
    await paths(watching, 1)
    file.chmod(0o600)
    times = file.stat()
    write(workspace, "incoming/b.csv")
    assert await paths(watching, 2) == ["incoming/a.csv", "incoming/b.csv"]
    # Other content of the same size and time is another version.
    file.write_text("2")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert await paths(watching, 3) == ["incoming/a.csv", "incoming/b.csv", "incoming/a.csv"]


async def test_an_old_version_that_is_put_back_starts_one_again(watching: httpx.AsyncClient, workspace: Path) -> None:
    await publish(watching)
    for number, text in enumerate(("first", "second", "first"), start=1):
        file = write(workspace, "incoming/a.csv", text)
        os.utime(file, (len(text), len(text)))
        await paths(watching, number)
    found = await fires(watching, lambda found: len(found) == 3)
    assert len({one["execution"] for one in found}) == 3


async def test_a_file_from_a_year_that_no_calendar_has_is_a_file(watching: httpx.AsyncClient, workspace: Path) -> None:
    for number, seconds in enumerate((-(10**11), 10**12)):
        os.utime(write(workspace, f"incoming/{number}.csv"), ns=(0, seconds * 10**9))
    write(workspace, "incoming/2.csv")
    await publish(watching, existing="start")
    assert sorted(await paths(watching, 3)) == [f"incoming/{number}.csv" for number in range(3)]


async def test_files_that_were_there_are_not_news_unless_it_says_so(
    watching: httpx.AsyncClient, workspace: Path
) -> None:
    old = write(workspace, "incoming/old.csv")
    os.utime(old, (1, 1))
    await asyncio.to_thread(_tick, workspace)
    await publish(watching)
    write(workspace, "incoming/fresh.csv")
    assert await paths(watching, 1) == ["incoming/fresh.csv"]
    # One that is old and was moved here is news.
    moved = write(workspace, "moved.csv")
    os.utime(moved, (2, 2))
    moved.rename(workspace / "incoming/moved.csv")
    assert await paths(watching, 2) == ["incoming/fresh.csv", "incoming/moved.csv"]
    # Told something else, it knows what it knew.
    await publish(watching, "incoming/**", existing="start")
    write(workspace, "incoming/deep/er/c.csv")
    found = await paths(watching, 3)
    assert found[2:] == ["incoming/deep/er/c.csv"]


async def test_existing_files_can_be_started(watching: httpx.AsyncClient, workspace: Path) -> None:
    for number in range(3):
        os.utime(write(workspace, f"incoming/{number}.csv"), (number, number))
    await publish(watching, existing="start")
    assert await paths(watching, 3) == [f"incoming/{number}.csv" for number in range(3)]


async def test_a_restart_starts_nothing_again_and_nothing_is_lost(workspace: Path) -> None:
    async with served(workspace) as client:
        await publish(client)
        write(workspace, "incoming/a.csv")
        assert await paths(client, 1) == ["incoming/a.csv"]
    write(workspace, "incoming/b.csv")
    async with served(workspace) as client:
        assert await paths(client, 2) == ["incoming/a.csv", "incoming/b.csv"]


async def test_what_came_while_it_was_disabled_is_not_news(watching: httpx.AsyncClient, workspace: Path) -> None:
    await publish(watching)
    write(workspace, "incoming/a.csv")
    await paths(watching, 1)
    await watching.post("/triggers/hello/new/disable")
    write(workspace, "incoming/b.csv")
    await asyncio.to_thread(_tick, workspace)
    await watching.post("/triggers/hello/new/enable")
    write(workspace, "incoming/c.csv")
    assert await paths(watching, 2) == ["incoming/a.csv", "incoming/c.csv"]


async def test_nothing_outside_and_nothing_of_the_server(watching: httpx.AsyncClient, workspace: Path) -> None:
    outside = workspace.parent / f"{workspace.name}-outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("1")
    (workspace / "link").symlink_to(outside)
    await publish(watching, "**/*", existing="start")
    found = await paths(watching, 2)
    assert sorted(found) == ["cities.csv", "nodes/testing.py"]


async def test_a_refused_start_is_told(watching: httpx.AsyncClient, workspace: Path) -> None:
    trigger = {"type": "file", "config": {"path": "*.csv", "settle": "0s"}, "inputs": {"n": "{{ trigger.file }}"}}
    (await watching.post("/workflows", json=document(triggers={"new": trigger}))).raise_for_status()
    write(workspace, "a.csv")
    (fire,) = await fires(watching, lambda found: len(found) >= 1)
    assert fire["outcome"] == "failed"
    assert fire["reason"].startswith("a.csv: ")


async def test_a_glob_that_stands_for_many_ways_holds_nobody_up(watching: httpx.AsyncClient, workspace: Path) -> None:
    (workspace / "/".join("d" * 30)).mkdir(parents=True)
    await publish(watching, "**/d/" * 8 + "*.csv")
    write(workspace, "d/" * 30 + "a.csv")
    assert await paths(watching, 1) == ["d/" * 30 + "a.csv"]


async def test_a_file_that_becomes_a_pipe_holds_nobody_up(
    watching: httpx.AsyncClient, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(folder: Path, seen: files.Seen) -> str | None:
        if seen.path == "incoming/a.csv":
            os.mkfifo(folder / "pipe")
            (folder / "pipe").rename(folder / seen.path)
        return files.digest(folder, seen)

    monkeypatch.setattr(watch, "digest", swapped)
    for name in "ab":
        write(workspace, f"incoming/{name}.csv")
    await publish(watching, existing="start")
    assert await paths(watching, 1) == ["incoming/b.csv"]
    write(workspace, "incoming/c.csv")
    assert await paths(watching, 2) == ["incoming/b.csv", "incoming/c.csv"]


def _tick(workspace: Path) -> None:
    """Until the clock of the disk has gone on by more than what a watch allows for."""
    mark = workspace / "mark"
    mark.write_text("")
    first = mark.stat().st_mtime_ns
    while mark.stat().st_mtime_ns < first + 30_000_000:
        mark.write_text("")
    mark.unlink()
