"""Parentage: what a child execution knows of the node that started it; stored in its `execution.created`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast

ChildKind = Literal["each", "while", "until", "race", "lock", "call"]
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Parentage:
    """Where a child execution comes from.

    Attributes:
        execution, node, attempt: who waits for it.
        kind: what it is a part of: a container, or `call`, which runs another workflow.
        key: what the idempotency keys of its nodes begin with: root execution and path, the same after a retry.
        visible: the nearest execution above that is no part of another: what `execution.id` shows in a body.
        depth: how many executions are above it; at most `DEEPEST`.
        path: names of the containers from the workflow down, none for a call.
        offset, count: which items of the container are its own.
        settings: the container's bounds: `concurrency`, `on_error`, `wins`.
        items: the items as a value in its JSON form; of a container that is no loop over items, what it was given.
        outer: outlets of nodes around the container that its body refers to, values in their JSON form.
        item, index: of the loop around a container that is none.
    """

    execution: str
    node: str
    attempt: int
    kind: ChildKind
    key: str
    visible: str
    depth: int = 1
    path: tuple[str, ...] = ()
    offset: int = 0
    count: int = 1
    settings: Mapping[str, Any] = field(default_factory=lambda: {})
    items: Mapping[str, Any] | None = None
    outer: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {})
    item: Mapping[str, Any] | None = None
    index: int | None = None

    @property
    def hidden(self) -> bool:
        """It is a part of its parent rather than an execution of its own."""
        return self.kind != "call"

    def as_json(self) -> dict[str, Any]:
        """The form in `execution.created`."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Parentage:
        """Inverse of `as_json`; keys of newer versions are ignored."""
        given: dict[str, Any] = {one.name: data[one.name] for one in fields(Parentage) if one.name in data}
        given["path"] = tuple(cast("list[str]", data.get("path", ())))
        return Parentage(**given)
