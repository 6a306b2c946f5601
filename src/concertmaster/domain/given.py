"""Given: outputs that a node of an execution has without running, because the start brought them. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.values import Value, from_json, to_json


@dataclass(frozen=True, slots=True)
class Given:
    """What stands for a run of a node.

    Attributes:
        outputs: the outlets that are taken; all others are not.
        origin: whose outputs they are, as `NodeSucceeded.reused` tells it: `execution` and `node` (both null for a
            value that somebody typed), `at` (ISO 8601), `pinned`.
        at_once: whatever becomes of the nodes before it; else only when it would run.
    """

    outputs: Mapping[str, Value]
    origin: Mapping[str, Any]
    at_once: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form in `execution.created`."""
        outputs = {outlet: to_json(value) for outlet, value in self.outputs.items()}
        return {"outputs": outputs, "origin": dict(self.origin), "at_once": self.at_once}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Given:
        """Inverse of `as_json`; keys of newer versions are ignored."""
        outputs = {outlet: from_json(value) for outlet, value in data["outputs"].items()}
        return Given(outputs, data["origin"], bool(data.get("at_once")))


def given_to_json(given: Mapping[str, Given]) -> dict[str, Any]:
    """Of several nodes, by name."""
    return {name: one.as_json() for name, one in given.items()}


def given_from_json(data: Mapping[str, Any]) -> dict[str, Given]:
    """Inverse of `given_to_json`."""
    return {name: Given.from_json(one) for name, one in data.items()}


def inside(given: Mapping[str, Given], container: str) -> dict[str, Given]:
    """What is given to the nodes of a container's body, by their names in it: `each/price` is `price` in `each`."""
    head = f"{container}/"
    return {name.removeprefix(head): one for name, one in given.items() if name.startswith(head)}


@dataclass(frozen=True, slots=True)
class Part:
    """What a start says about the nodes that do not run.

    Attributes:
        given: nodes with outputs; those of a container's body by `container/node`.
        left_out: nodes that are skipped, with the reason.
    """

    given: Mapping[str, Given] = field(default_factory=lambda: {})
    left_out: Mapping[str, str] = field(default_factory=lambda: {})
