"""`concertmaster run`: one workflow file to its end, here or through the server that has the data folder."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from concertmaster.cli.client import Api, connect
from concertmaster.cli.inputs import read_inputs
from concertmaster.cli.progress import Progress
from concertmaster.cli.result import show_result
from concertmaster.cli.terminal import (
    FAILED,
    INTERRUPTED,
    INVALID,
    SUCCEEDED,
    console,
    explain,
    print_json,
    print_problems,
    problems_from,
)
from concertmaster.config import read
from concertmaster.domain.errors import Invalid, UserError
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.problems import has_errors
from concertmaster.observability.logging import configure

POLL_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Start:
    """How the command line wants it started.

    Attributes:
        inputs: `name=value` each; they win over those of the file.
        inputs_file: YAML or JSON mapping of names to values.
        priority: that of the workflow's policy when None.
        cache: results of earlier executions are reused where the workflow allows it, which is so when None.
    """

    inputs: list[str]
    inputs_file: Path | None
    priority: int | None
    cache: bool | None = None


def run_file(file: Path, given: Start, *, as_json: bool, data_dir: Path | None) -> None:
    """Run it and exit: 0 succeeded, 1 failed, 2 invalid, 130 left alone at the second Ctrl+C."""
    settings = read(data_dir=data_dir)
    # Its own log lines would break the progress; warnings and errors still show.
    configure("warning", settings.log_format)
    text = read_text(file)

    async def work() -> int:
        try:
            async with connect(settings, makes=True) as api:
                return await run_document(api, text, file=file, given=given, as_json=as_json)
        except asyncio.CancelledError:
            # The second Ctrl+C: the execution is left to itself, and so is a thread that takes its time to end.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)

    sys.exit(asyncio.run(work()))


def read_text(file: Path) -> bytes:
    """The bytes of a file that the command line names.

    Raises:
        UserError: `file.missing`.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError("file.missing", f"{file}: {error.strerror}; name a workflow document") from error


async def run_document(api: Api, text: bytes, *, file: Path, given: Start, as_json: bool) -> int:
    """Store a document as an unpublished version, run it and show how it goes; returns the exit code."""
    is_json = file.suffix == ".json"
    shown = text.decode(errors="replace")
    checked = await api.post_text("/workflows/validate", text, json=is_json)
    problems = problems_from(checked["items"])
    print_problems(problems, file=file, text=shown)
    if has_errors(problems) or checked["document"] is None:
        return INVALID
    document = checked["document"]
    if given.cache and not _may_reuse(document):
        console(error=True).print(
            "nothing is reused: neither the workflow nor a node of it has `policy: {cache: true}`"
        )
    try:
        inputs = read_inputs(document.get("inputs") or {}, given.inputs, file=given.inputs_file)
        saved = await api.post_text("/workflows", text, json=is_json, publish=False)
        more = {"version": saved["version"], "priority": given.priority, "cache": given.cache is not False}
        execution = await start(api, saved["name"], inputs, **more)
    except Invalid as error:
        print_problems(error.problems, file=file, text=shown)
        return INVALID
    final = await follow(api, execution, document, quiet=as_json)
    if as_json:
        print_json({key: final[key] for key in ("id", "status", "outputs", "nodes")})
    else:
        await show_result(api, console(), final, document)
    return SUCCEEDED if final["status"] == "succeeded" else FAILED


def _may_reuse(document: dict[str, Any]) -> bool:
    nodes = cast("dict[str, dict[str, Any]]", document.get("nodes") or {})
    policies = (cast("dict[str, Any]", one.get("policy") or {}) for one in (document, *nodes.values()))
    return any(policy.get("cache") for policy in policies)


async def start(api: Api, name: str, inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Start an execution; the published version, with the priority of its policy, unless `more` says otherwise."""
    return await api.post(f"/workflows/{name}/executions", {"inputs": dict(inputs), **more})


async def follow(
    api: Api,
    execution: dict[str, Any],
    document: dict[str, Any],
    *,
    quiet: bool,
    cancel_on_signal: bool = True,
) -> dict[str, Any]:
    """Show an execution until it is final. Returns it as it ended.

    Args:
        cancel_on_signal: Ctrl+C cancels it.
    """
    nodes = cast("dict[str, dict[str, Any]]", document.get("nodes") or {})
    types = {name: str(node.get("type", "")) for name, node in nodes.items()}
    undoes = {node["policy"]["undo"]: name for name, node in nodes.items() if (node.get("policy") or {}).get("undo")}
    pages = api.url if api.served else None
    progress = nullcontext() if quiet else Progress(console(), types, undoes=undoes, pages=pages)
    at, after, ended = f"/executions/{execution['id']}", 0, False
    async with _cancelled_by_signal(api, at) if cancel_on_signal else nullcontext():
        with progress as watched:
            while not ended:
                page = await api.get(f"{at}/events", after=after, wait=POLL_SECONDS)
                for event in page["items"]:
                    if watched is not None:
                        watched.show(event)
                    ended = ended or event["kind"].removeprefix("execution.") in FINAL_EXECUTION
                after = page["next"]
        return await api.get(at)


@asynccontextmanager
async def _cancelled_by_signal(api: Api, at: str) -> AsyncGenerator[None]:
    """The first Ctrl+C asks the execution to end cleanly; the second one ends this command."""
    loop = asyncio.get_running_loop()
    main_task = asyncio.current_task()
    asked: list[asyncio.Task[None]] = []

    async def cancel() -> None:
        console(error=True).print("cancelling; once more to leave it to itself")
        try:
            await api.post(f"{at}/cancel")
        except UserError as error:
            if error.code != "execution.ended":
                explain(error)

    def interrupt() -> None:
        if asked and main_task is not None:
            main_task.cancel()
        else:
            asked.append(asyncio.create_task(cancel()))

    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        await asyncio.gather(*asked, return_exceptions=True)
