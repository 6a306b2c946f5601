"""The JSON form of events: what the journal stores and the stream sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from concertmaster.domain import values
from concertmaster.domain.events import (
    Body,
    Event,
    ExecutionCreated,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionInterrupted,
    ExecutionWaiting,
    ItemEnded,
    NodeFailed,
    NodeRetrying,
    NodeSucceeded,
    NodeWaiting,
)
from concertmaster.domain.execution import Failure
from concertmaster.domain.given import given_from_json, given_to_json
from concertmaster.domain.values import Value

_NONE: Mapping[str, Any] = {}
BODIES: Mapping[str, type[Any]] = {body.kind: body for body in Body.__args__}


def as_json(event: Event) -> dict[str, Any]:
    """The form in the stream: `{execution, seq, at, kind, node?, data}`."""
    node = event.node
    head = {"execution": event.execution_id, "seq": event.seq, "at": event.at, "kind": event.kind}
    return {**head, **({} if node is None else {"node": node}), "data": data_of(event.body)}


def _outputs_to_json(outputs: Mapping[str, Value]) -> dict[str, Any]:
    return {outlet: values.to_json(value) for outlet, value in outputs.items()}


def _outputs_from_json(data: Mapping[str, Any]) -> dict[str, Value]:
    return {outlet: values.from_json(value) for outlet, value in data.items()}


def _maybe_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class _Codec:
    """How fields that are not plain JSON go out and come back."""

    encode: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: _NONE)
    decode: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: _NONE)


def _maybe_failure_to_json(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else failure.as_json()


def _maybe_failure(data: Mapping[str, Any] | None) -> Failure | None:
    return None if data is None else Failure.from_json(data)


_FAILURE = _Codec({"error": Failure.as_json}, {"error": Failure.from_json})
_CODECS: Mapping[type[Any], _Codec] = {
    ExecutionCreated: _Codec({"given": given_to_json}, {"given": given_from_json}),
    ExecutionWaiting: _Codec(decode={"until": _maybe_instant}),
    ExecutionExpired: _FAILURE,
    ExecutionFailed: _FAILURE,
    ExecutionInterrupted: _FAILURE,
    NodeRetrying: _Codec(_FAILURE.encode, {**_FAILURE.decode, "due_at": datetime.fromisoformat}),
    NodeWaiting: _Codec(decode={"due_at": _maybe_instant}),
    ItemEnded: _Codec({"error": _maybe_failure_to_json}, {"error": _maybe_failure}),
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
