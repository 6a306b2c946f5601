"""Hook answers: what a request gets whose execution has started. Trap: an answer shares its origin with the web UI."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from concertmaster.domain.access import Actor
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.triggers_webhook import WebhookConfig, responders
from concertmaster.services.executions import ExecutionService, Started
from concertmaster.services.feeds import Line
from concertmaster.services.stream import StreamService

JSON = "application/json"
# Scripts of an answer must not act for whoever is logged in.
SANDBOX = {"content-security-policy": "sandbox; default-src 'none'", "x-content-type-options": "nosniff"}
_ENDS = frozenset(f"execution.{status}" for status in FINAL_EXECUTION)


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the caller of a webhook gets."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})


class HookAnswers:
    """Answers as the webhook's `respond` says."""

    def __init__(self, executions: ExecutionService, stream: StreamService) -> None:
        self._executions = executions
        self._stream = stream

    async def answer(self, actor: Actor, config: WebhookConfig, started: Started) -> HookAnswer:
        """Wait for what the caller is to get, where he waits for something."""
        id_ = started.row.id
        match config.respond:
            case "outputs":
                return await self._outputs(actor, config, id_)
            case "node":
                return await self._from_node(actor, config, started)
            case _:
                return _told(202, {"execution": id_})

    async def _outputs(self, actor: Actor, config: WebhookConfig, id_: str) -> HookAnswer:
        row = await self._stream.until_final(id_, config.wait.total_seconds())
        if row.status not in FINAL_EXECUTION:
            return _told(202, {"execution": id_, "status": row.status})
        if row.status != "succeeded":
            return _told(500, {"execution": id_, "status": row.status})
        shown = await self._executions.show(actor, id_)
        return _told(200, shown["outputs"] or {})

    async def _from_node(self, actor: Actor, config: WebhookConfig, started: Started) -> HookAnswer:
        """What the first node of the type answers; what is missing is told where the execution ends without one."""
        id_ = started.row.id
        so_far = _SoFar(responders(started.document))
        # A redelivery is told what holds now, not what held before a retry: first comes everything that has happened.
        head = 0 if started.is_new else (await self._executions.get(actor, id_)).head_seq
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(config.wait.total_seconds()):
                # Closed at once, so that nobody is left following.
                async with contextlib.aclosing(self._stream.follow(actor, id_)) as batches:
                    async for batch in batches:
                        for line in batch.lines:
                            so_far.apply(line)
                            if line.seq < head:
                                continue
                            if so_far.replies:
                                return await self._reply(actor, id_, next(iter(so_far.replies.values())))
                            if so_far.end is not None:
                                return _ended(id_, so_far.end)
        row = await self._executions.get(actor, id_)
        return _told(202, {"execution": id_, "status": row.status})

    async def _reply(self, actor: Actor, id_: str, event: Mapping[str, Any]) -> HookAnswer:
        out: dict[str, Any] = event["data"]["outputs"]["out"]
        reply: dict[str, Any] = out.get("value") or {}
        if out.get("artifact") is not None:
            page = await self._executions.output(actor, id_, event["node"], outlet="out", offset=0, limit=1, sort=None)
            reply = orjson.loads(orjson.dumps(page["value"]))
        body = reply["body"]
        given = {name.lower(): text for name, text in reply["headers"].items()}
        headers = {"content-type": "text/plain; charset=utf-8" if isinstance(body, str) else JSON, **given, **SANDBOX}
        text = body.encode() if isinstance(body, str) else b"" if body is None else orjson.dumps(body)
        return HookAnswer(reply["status"], b"" if reply["status"] in (204, 304) else text, headers)


class _SoFar:
    """What an execution has to say to its caller after some of its events.

    Attributes:
        replies: the events of nodes that have answered, the first one first.
        end: the status it ended with.
    """

    def __init__(self, answering: frozenset[str]) -> None:
        self._answering = answering
        self.replies: dict[str, Mapping[str, Any]] = {}
        self.end: str | None = None

    def apply(self, line: Line) -> None:
        """Take one more event in."""
        event = _of_interest(line)
        if event is None:
            return
        kind: str = event["kind"]
        if kind == "node.succeeded":
            if event["node"] in self._answering:
                self.replies.setdefault(event["node"], event)
            return
        # Whatever follows an end, like a retry, goes on from it.
        self.end = kind.partition(".")[2] if kind in _ENDS else None
        if kind == "execution.retried":
            for node in event["data"]["nodes"]:
                self.replies.pop(node, None)


def _of_interest(line: Line) -> dict[str, Any] | None:
    """The event, unless it says nothing about an answer; most are not parsed."""
    if b'"kind":"node.succeeded"' not in line.json and b'"kind":"execution.' not in line.json:
        return None
    return orjson.loads(line.json)


def _ended(id_: str, status: str) -> HookAnswer:
    if status == "succeeded":
        return HookAnswer(204, b"", {})
    return _told(502, {"execution": id_, "status": status})


def _told(status: int, body: Mapping[str, Any]) -> HookAnswer:
    return HookAnswer(status, orjson.dumps(body, option=orjson.OPT_UTC_Z))
