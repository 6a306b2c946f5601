"""What happened in an execution and in all that it started, on one clock: when each node ran, and how it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

_ITEM = re.compile(r"\[(\d+)\]$")
_ENDS = ("succeeded", "failed", "skipped", "cancelled")


@dataclass(slots=True)
class Run:
    """One node once; `started` is None when it never ran."""

    status: str = "pending"
    started: datetime | None = None
    ended: datetime | None = None
    data: dict[str, Any] = field(default_factory=lambda: dict[str, Any]())


@dataclass(slots=True)
class Trace:
    """The runs by name: `pay`, inside of containers `loop/pay[2]`, in called workflows `call:pay`."""

    execution: dict[str, Any]
    runs: dict[str, Run]

    @property
    def outputs(self) -> dict[str, Any] | None:
        return self.execution["outputs"]

    def status(self, *names: str) -> list[str]:
        """How these ended."""
        return [self.runs[name].status for name in names]

    def began(self, name: str) -> datetime:
        """When a node started; it must have."""
        started = self.runs[name].started
        assert started is not None, f"{name} never started"
        return started

    def ended(self, name: str) -> datetime:
        """When it ended; it must have."""
        ended = self.runs[name].ended
        assert ended is not None, f"{name} never ended"
        return ended

    def after(self, later: str, *earlier: str) -> bool:
        """Whether a node started when these had ended."""
        return all(self.began(later) >= self.ended(name) for name in earlier)

    def during(self, inner: str, outer: str) -> bool:
        """Whether a node came to its end while another was not over."""
        return self.began(outer) <= self.ended(inner) < self.ended(outer)

    def overlap(self, one: str, other: str) -> bool:
        """Whether two ran at the same time."""
        return self.began(one) < self.ended(other) and self.began(other) < self.ended(one)

    def named(self, part: str) -> list[str]:
        """The names that hold a text."""
        return [name for name in self.runs if part in name]


async def trace_of(client: httpx.AsyncClient, execution_id: str) -> Trace:
    """Read it over the API; the execution has ended."""
    execution = (await client.get(f"/executions/{execution_id}")).raise_for_status().json()
    trace = Trace(execution, {})
    await _read(client, execution_id, trace)
    return trace


async def _read(
    client: httpx.AsyncClient, execution_id: str, trace: Trace, *, prefix: str = "", offset: int = 0
) -> None:
    """Args:
    offset: number of the first item; within an execution they are counted from 0.
    """
    page = (await client.get(f"/executions/{execution_id}/events")).raise_for_status().json()
    for event in page["items"]:
        subject, _, what = event["kind"].partition(".")
        data, at = event["data"], datetime.fromisoformat(event["at"])
        name = prefix + _ITEM.sub(lambda found: f"[{int(found[1]) + offset}]", event.get("node") or "")
        if subject == "item" and what == "started":
            created = (
                (await client.get(f"/executions/{data['execution']}/events")).raise_for_status().json()["items"][0]
            )
            called = created["data"]["parent"]["kind"] == "call"
            inside = f"{name}:" if called else f"{name}/"
            await _read(client, data["execution"], trace, prefix=inside, offset=data["offset"])
        if subject != "node":
            continue
        run = trace.runs.setdefault(name, Run())
        if what in ("started", "waiting", "retrying"):
            run.status, run.started = what, run.started or at
        elif what in _ENDS:
            started = data.get("started_at")
            run.started = run.started or (started and datetime.fromisoformat(started))
            run.status, run.ended, run.data = what, at, data
