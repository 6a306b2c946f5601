"""Every event of an execution, one frozen class each, and their JSON form.

An `Event` is the envelope that the journal stores; its `body` says what happened. New optional fields may be
added to a body; a field is never renamed or reused, because journals live for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from concertmaster.domain import values
from concertmaster.domain.execution import Failure
from concertmaster.domain.values import Value

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ExecutionCreated:
    """Seq 1: what runs, with which input, started by what."""

    kind: ClassVar[str] = "execution.created"
    workflow: str
    version: int
    inputs: Mapping[str, Any]
    trigger: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """The first owner began to drive it."""

    kind: ClassVar[str] = "execution.started"


@dataclass(frozen=True, slots=True)
class ExecutionCancelling:
    """Somebody asked to cancel; running attempts are being stopped."""

    kind: ClassVar[str] = "execution.cancelling"
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutionExpired:
    """The execution's own time-out is over; running attempts are being stopped and it will fail with `error`."""

    kind: ClassVar[str] = "execution.expired"
    error: Failure


@dataclass(frozen=True, slots=True)
class ExecutionSucceeded:
    """All nodes are decided and none failed unhandled; `outputs` are the document's, rendered."""

    kind: ClassVar[str] = "execution.succeeded"
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExecutionFailed:
    """A failure was not handled."""

    kind: ClassVar[str] = "execution.failed"
    error: Failure


@dataclass(frozen=True, slots=True)
class ExecutionCancelled:
    """The end of a cancelled execution."""

    kind: ClassVar[str] = "execution.cancelled"
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutionInterrupted:
    """It cannot go on by itself; a person has to decide."""

    kind: ClassVar[str] = "execution.interrupted"
    error: Failure


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """An attempt began. May be missing for quick attempts without outside writes."""

    kind: ClassVar[str] = "node.started"
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NodeProgress:
    """How far an attempt is; `total` None when unknown."""

    kind: ClassVar[str] = "node.progress"
    node: str
    attempt: int
    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class NodeRetrying:
    """Attempt `attempt` failed; the next one starts when the timer of `due_at` has fired."""

    kind: ClassVar[str] = "node.retrying"
    node: str
    attempt: int
    error: Failure
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The wait after attempt `attempt` is over."""

    kind: ClassVar[str] = "timer.fired"
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NodeSucceeded:
    """The outlets in `outputs` are taken, the others skipped."""

    kind: ClassVar[str] = "node.succeeded"
    node: str
    attempt: int
    started_at: datetime
    outputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """The final failure of a node."""

    kind: ClassVar[str] = "node.failed"
    node: str
    attempt: int
    started_at: datetime
    error: Failure


@dataclass(frozen=True, slots=True)
class NodeSkipped:
    """The node will not run; `reason` says which rule decided."""

    kind: ClassVar[str] = "node.skipped"
    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class NodeCancelled:
    """The node was stopped, or will never start; `attempt` is 0 when it had not started."""

    kind: ClassVar[str] = "node.cancelled"
    node: str
    attempt: int
    reason: str


Body = (
    ExecutionCreated
    | ExecutionStarted
    | ExecutionCancelling
    | ExecutionExpired
    | ExecutionSucceeded
    | ExecutionFailed
    | ExecutionCancelled
    | ExecutionInterrupted
    | NodeStarted
    | NodeProgress
    | NodeRetrying
    | TimerFired
    | NodeSucceeded
    | NodeFailed
    | NodeSkipped
    | NodeCancelled
)

BODIES: Mapping[str, type[Any]] = {body.kind: body for body in Body.__args__}


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of an execution. `seq` counts from 1 without gaps; `at` is aware UTC."""

    execution_id: str
    seq: int
    at: datetime
    body: Body

    @property
    def kind(self) -> str:
        """The kind in the stream, `node.succeeded`."""
        return self.body.kind

    @property
    def node(self) -> str | None:
        """The node it is about, None for events of the whole execution."""
        return getattr(self.body, "node", None)

    def as_json(self) -> dict[str, Any]:
        """The form in the stream: `{execution, seq, at, kind, node?, data}`."""
        node = self.node
        head = {"execution": self.execution_id, "seq": self.seq, "at": self.at, "kind": self.kind}
        return {**head, **({} if node is None else {"node": node}), "data": data_of(self.body)}


def _outputs_to_json(outputs: Mapping[str, Value]) -> dict[str, Any]:
    return {outlet: values.to_json(value) for outlet, value in outputs.items()}


def _outputs_from_json(data: Mapping[str, Any]) -> dict[str, Value]:
    return {outlet: values.from_json(value) for outlet, value in data.items()}


@dataclass(frozen=True, slots=True)
class _Codec:
    """How fields that are not plain JSON go out and come back."""

    encode: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: _NONE)
    decode: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: _NONE)


_FAILURE = _Codec({"error": Failure.as_json}, {"error": Failure.from_json})
_CODECS: Mapping[type[Any], _Codec] = {
    ExecutionExpired: _FAILURE,
    ExecutionFailed: _FAILURE,
    ExecutionInterrupted: _FAILURE,
    NodeRetrying: _Codec(_FAILURE.encode, {**_FAILURE.decode, "due_at": datetime.fromisoformat}),
    NodeFailed: _Codec(_FAILURE.encode, {**_FAILURE.decode, "started_at": datetime.fromisoformat}),
    NodeSucceeded: _Codec(
        {"outputs": _outputs_to_json}, {"outputs": _outputs_from_json, "started_at": datetime.fromisoformat}
    ),
}
_FIELDS: Mapping[type[Any], tuple[tuple[str, Callable[[Any], Any] | None], ...]] = {
    body: tuple(
        (item.name, _CODECS.get(body, _Codec()).encode.get(item.name)) for item in fields(body) if item.name != "node"
    )
    for body in BODIES.values()
}


def data_of(body: Body) -> dict[str, Any]:
    """The `data` of an event: all fields but `node`, in JSON form (datetimes are left to the encoder)."""
    return {
        name: getattr(body, name) if encode is None else encode(getattr(body, name))
        for name, encode in _FIELDS[type(body)]
    }


def body_from(kind: str, node: str | None, data: Mapping[str, Any]) -> Body:
    """Inverse of `data_of`; unknown keys, written by a newer version, are ignored.

    Raises:
        ValueError: the kind is unknown: the journal was written by a newer ConcertMaster.
    """
    body = BODIES.get(kind)
    if body is None:
        raise ValueError(f"unknown kind of event: {kind!r}; this journal was written by a newer version")
    decode = _CODECS.get(body, _Codec()).decode
    given = {
        name: decode[name](data[name]) if name in decode else data[name] for name, _ in _FIELDS[body] if name in data
    }
    return body(node=node, **given) if node is not None else body(**given)
