"""Run plan: what becomes of each node of a test run, as the journal is told and as people are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.given import Given, Part
from concertmaster.domain.interfaces import Pin, StoredWorkflow
from concertmaster.domain.partial import PINNED, Choice, Planned
from concertmaster.domain.partial_web import Ground
from concertmaster.services.executions import MANUAL
from concertmaster.services.former_runs import Known, given_of, origin_of_pin
from concertmaster.services.run_request import RunRequest

# Of what started the execution that the data is of, what a test run is not told: it has not come from there.
_NOT_TOLD = frozenset({"type", "name", "backfill", "execution", "node", "partial", "replay_of", "test"})


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A request, thought through.

    Attributes:
        known: the executions that were looked at.
        pins: those that count.
    """

    stored: StoredWorkflow
    ground: Ground
    planned: Planned
    part: Part
    known: Mapping[str, Known]
    pins: Mapping[str, Pin] = field(default_factory=lambda: {})


def part_of(planned: Planned, known: Mapping[str, Known], pins: Mapping[str, Pin]) -> Part:
    """What does not run, and with which outputs."""
    given: dict[str, Given] = {}
    for node, choice in planned.nodes.items():
        if choice.action == "pin":
            given[node] = _given_pin(pins[node], at_once=choice.at_once)
        elif choice.action == "reuse" and choice.execution is not None:
            given[node] = given_of(known[choice.execution], node, at_once=choice.at_once)
    for node, pin in pins.items():
        if "/" in node and planned.nodes[node.partition("/")[0]].action == "run":
            given[node] = _given_pin(pin, at_once=False)
    left_out = {
        node: choice.why for node, choice in planned.nodes.items() if choice.action == "skip" and not choice.perhaps
    }
    return Part(given, left_out)


def _given_pin(pin: Pin, *, at_once: bool) -> Given:
    return Given({pin.outlet: pin.value}, origin_of_pin(pin), at_once=at_once)


def brought(asked: RunRequest, ready: RunPlan) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The inputs, and what the nodes are told as `trigger`."""
    ground = ready.planned.ground
    told: dict[str, Any] = {"data": asked.data, "pins": asked.uses_pins}
    if asked.aim is not None:
        told |= {asked.aim.mode: asked.aim.node, "execution": ground}
    trigger: dict[str, Any] = {**MANUAL, "partial": told} if asked.aim is not None or ready.part.given else {**MANUAL}
    if ground is None:
        return asked.inputs or {}, trigger
    former = ready.known[ground]
    trigger = {**{key: value for key, value in former.row.trigger.items() if key not in _NOT_TOLD}, **trigger}
    own = ready.ground.workflow.inputs
    inputs = {name: value for name, value in former.view.inputs.items() if name in own}
    return inputs if asked.inputs is None else asked.inputs, trigger


def plan_json(ready: RunPlan) -> dict[str, Any]:
    """`RunPlan` of the REST contract."""
    nodes: dict[str, Any] = {}
    for node, choice in ready.planned.nodes.items():
        nodes[node] = _line(ready, node, choice)
        for place, given in ready.part.given.items():
            if place.startswith(f"{node}/"):
                nodes[place] = _line(ready, place, Choice("pin", PINNED), given)
    return {"version": ready.stored.version, "execution": ready.planned.ground, "nodes": nodes}


def _line(ready: RunPlan, node: str, choice: Choice, given: Given | None = None) -> dict[str, Any]:
    given = given or ready.part.given.get(node)
    origin: Mapping[str, Any] = {} if given is None else given.origin
    return {
        "action": choice.action,
        "why": choice.why,
        "execution": origin.get("execution"),
        "at": origin.get("at"),
        "changed": choice.changed,
        "effect": ready.ground.effects[node] if choice.action == "run" else None,
    }
