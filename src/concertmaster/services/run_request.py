"""Run request: what somebody asks for who tries a workflow out, or a part of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from concertmaster.domain.partial import Aim

LAST, PINNED = "last", "pinned"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked for.

    Attributes:
        inputs: None: those of the execution that the data is of.
        version: None: the published one.
        aim: None: all of it.
        data: where outputs come from: `last`, `pinned`, or the id of an execution; of all of it such an execution has
            the inputs that are left out, and the trigger.
        pins: pinned outputs stand for the nodes that they are of.
    """

    workflow: str
    inputs: Mapping[str, Any] | None = None
    version: int | None = None
    aim: Aim | None = None
    data: str = LAST
    pins: bool = False
    priority: int | None = None
    cache: bool = True

    @property
    def whole(self) -> bool:
        """Nothing but a plain start."""
        return self.aim is None and not self.uses_pins and self.execution is None

    @property
    def uses_pins(self) -> bool:
        """Whether pinned outputs count."""
        return self.pins or self.data == PINNED

    @property
    def execution(self) -> str | None:
        """The execution that was named for the data."""
        return None if self.data in (LAST, PINNED) else self.data

    @property
    def fingerprint(self) -> str:
        """What makes two requests with one idempotency key the same."""
        aim = None if self.aim is None else [self.aim.mode, self.aim.node]
        inputs = None if self.inputs is None else cast("dict[str, Any]", self.inputs)
        told = [self.workflow, self.version, inputs, aim, self.data, self.pins, self.cache]
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
