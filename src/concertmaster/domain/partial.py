"""Partial: which nodes of a workflow run when not all of it does, and where the outputs of the others come from. Pure.

A node that does not run counts as it counted in the execution that its output is of: the outlets that had no value then
are not taken now, and a node that was skipped then is skipped now. One execution is the *ground* of the whole: the
newest in which it came to the node that is asked for. Only what that one knows nothing of is looked for in older ones;
else both branches of an `if` could come together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from concertmaster.domain.errors import Conflict
from concertmaster.domain.graph import Graph
from concertmaster.domain.phases import Phase

Mode = Literal["until", "only", "from"]
Action = Literal["run", "reuse", "pin", "skip"]
Outlets = frozenset[str]

_LEFT_OUT: Mapping[Mode, str] = {
    "until": "'{0}' does not need it",
    "only": "only '{0}' runs",
    "from": "it is not behind '{0}'",
}
_LATER: Mapping[Phase, str] = {
    "undo": "it undoes another node if the execution fails",
    "on_failure": "it runs only after a failure",
    "finally": "it runs at the end of a whole execution",
}
PINNED = "its output is pinned"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is asked for: a node with what it needs (`until`), alone (`only`), or with all behind it (`from`)."""

    mode: Mode
    node: str


@dataclass(frozen=True, slots=True)
class Web:
    """How the nodes of a workflow hang together, those in bodies left aside.

    Attributes:
        reads: the nodes that the expressions of each look at.
        phases: of the nodes that have another than `main`.
        undoes: of each node that undoes others: those.
    """

    graph: Graph
    reads: Mapping[str, frozenset[str]]
    phases: Mapping[str, Phase]
    undoes: Mapping[str, frozenset[str]]

    def before(self, node: str) -> list[str]:
        """What a node takes its values from."""
        sources = (edge.source for edge in self.graph.incoming[node])
        return [name for name in dict.fromkeys([*sources, *sorted(self.reads[node])]) if name not in self.phases]


@dataclass(frozen=True, slots=True)
class Former:
    """What an earlier execution knows.

    Attributes:
        had: the outlets of each ended node that had a value.
        skipped: nodes that were skipped.
        changed: nodes that would perhaps give something else now.
    """

    execution: str
    had: Mapping[str, Outlets]
    skipped: frozenset[str]
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a node.

    Attributes:
        why: in plain words.
        execution: whose output it is, for `reuse`.
        outlets: that have a value, for `reuse` and `pin`.
        at_once: see `Given`.
        perhaps: it is left to the rules of the workflow whether it runs after all.
        changed: for `reuse`, it would perhaps give something else now.
    """

    action: Action
    why: str
    execution: str | None = None
    outlets: Outlets = frozenset()
    at_once: bool = False
    perhaps: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan.

    Attributes:
        nodes: in the order of the document.
        ground: the execution that the data is of, but for what that one does not know.
    """

    nodes: Mapping[str, Choice]
    ground: str | None


def plan_whole(web: Web, pins: Mapping[str, Outlets], *, ground: str | None = None) -> Planned:
    """All of it runs, but for what is pinned; `ground` is the execution that it is started like."""
    return Planned({node: _whole(web, node, pins) for node in web.graph.nodes}, ground)


def _whole(web: Web, node: str, pins: Mapping[str, Outlets]) -> Choice:
    if node in pins:
        return Choice("pin", PINNED, outlets=pins[node])
    phase = web.phases.get(node, "main")
    if phase in ("undo", "on_failure"):
        return Choice("skip", _LATER[phase], perhaps=True)
    return Choice("run", "it runs at the end" if phase == "finally" else "all of it runs")


def plan_part(
    web: Web, aim: Aim, pins: Mapping[str, Outlets], formers: Sequence[Former], *, named: bool = False
) -> Planned:
    """The choice for each node.

    Args:
        aim: its node is one of the normal course.
        pins: outlets of the nodes that are pinned, as far as pins are used.
        formers: executions to take outputs from, the newest first.
        named: there is one, which was asked for.
    Raises:
        Conflict: `partial.no_data`, with `nodes` in the details.
    """
    return _Planner(web, aim, pins, formers, named=named).plan()


class _Planner:
    def __init__(
        self, web: Web, aim: Aim, pins: Mapping[str, Outlets], formers: Sequence[Former], *, named: bool
    ) -> None:
        self._web = web
        self._aim = aim
        self._pins = {node: outlets for node, outlets in pins.items() if node != aim.node}
        self._formers = formers
        self._named = named
        ground = next((former for former in formers if self._came_to_aim(former)), formers[0] if formers else None)
        self._ground = ground
        self._chosen: dict[str, Choice] = {aim.node: Choice("run", "you asked for it")}

    def plan(self) -> Planned:
        if self._aim.mode == "until":
            self._go_back()
        else:
            self._go_on()
        self._demand_reached()
        self._set_turns()
        nodes = {node: self._chosen.get(node) or self._left_out(node) for node in self._web.graph.nodes}
        return Planned(nodes, None if self._ground is None else self._ground.execution)

    def _came_to_aim(self, former: Former) -> bool:
        incoming = self._web.graph.incoming[self._aim.node]
        return not incoming or any(edge.outlet in self._outlets(former, edge.source) for edge in incoming)

    def _outlets(self, former: Former, node: str) -> Outlets:
        if node in self._pins:
            return self._pins[node]
        return frozenset() if self._outdated(former, node) else former.had.get(node, frozenset())

    def _outdated(self, former: Former, node: str) -> bool:
        """Who runs up to a node wants what it would get now; who tries one out may do so with what there is."""
        return self._aim.mode == "until" and node in former.changed

    def _found(self, node: str) -> Choice | None:
        """What stands for a run of a node; None when nothing does."""
        if node in self._pins:
            return Choice("pin", PINNED, outlets=self._pins[node])
        ground = self._ground
        others = [former for former in self._formers if former is not ground]
        for former in [] if ground is None else [ground, *others]:
            if self._outdated(former, node):
                continue
            outlets = former.had.get(node)
            if outlets is not None and (outlets or former is ground):
                changed = node in former.changed
                why = f"it has its output of an earlier execution{'; it has changed since' if changed else ''}"
                return Choice("reuse", why, former.execution, outlets, changed=changed)
            if former is ground and node in former.skipped:
                return Choice("skip", f"it was skipped in the execution {former.execution}, which the data is of")
        return None

    def _go_back(self) -> None:
        """Until the aim: what has no output runs, and then what that needs."""
        waiting = [self._aim.node]
        while waiting:
            for node in self._web.before(waiting.pop()):
                if node in self._chosen:
                    continue
                found = self._found(node)
                if found is None:
                    waiting.append(node)
                    old = any(node in former.had for former in self._formers)
                    why = "it, or something before it, has changed" if old else "it has no output yet"
                    found = Choice("run", f"{why}, and '{self._aim.node}' needs it")
                self._chosen[node] = found

    def _go_on(self) -> None:
        """From the aim on, or only the aim: whatever comes in from elsewhere has to be there."""
        behind = self._web.graph.descendants(self._aim.node) if self._aim.mode == "from" else frozenset[str]()
        for node in self._web.graph.nodes:
            if node in behind and node not in self._web.phases:
                pinned = self._found(node) if node in self._pins else None
                self._chosen[node] = pinned or Choice("run", f"it is behind '{self._aim.node}'")
        running = [node for node, choice in self._chosen.items() if choice.action == "run"]
        missing = self._take_in(running)
        if missing:
            raise _no_data(self._aim, sorted(missing), self._formers[0].execution if self._named else None)
        # A pinned one among them has its turn when what is before it has come to its end.
        self._take_in([node for node in behind if node in self._pins])

    def _take_in(self, nodes: Iterable[str]) -> set[str]:
        """Find what they take from elsewhere; gives what there is nothing of."""
        missing: set[str] = set()
        for node in nodes:
            for source in self._web.before(node):
                if source not in self._chosen:
                    found = self._found(source)
                    if found is None:
                        missing.add(source)
                    else:
                        self._chosen[source] = found
        return missing

    def _demand_reached(self) -> None:
        incoming = self._web.graph.incoming[self._aim.node]
        chosen = [(edge, self._chosen[edge.source]) for edge in incoming if edge.source in self._chosen]
        if not incoming or any(one.action == "run" or edge.outlet in one.outlets for edge, one in chosen):
            return
        raise _not_reached(self._aim, [f"{edge.source}.{edge.outlet}" for edge in incoming])

    def _set_turns(self) -> None:
        """Outputs count at once, unless something before the node runs and could still decide otherwise."""
        in_turn: set[str] = set()
        for node in self._web.graph.order():
            choice = self._chosen.get(node)
            if choice is None or choice.action not in ("reuse", "pin"):
                continue
            sources = {edge.source for edge in self._web.graph.incoming[node]}
            open_ = any(one in in_turn or self._runs(one) for one in sources)
            if open_ and all(one in self._chosen for one in sources):
                in_turn.add(node)
            else:
                self._chosen[node] = replace(choice, at_once=True)

    def _runs(self, node: str) -> bool:
        return node in self._chosen and self._chosen[node].action == "run"

    def _left_out(self, node: str) -> Choice:
        phase = self._web.phases.get(node, "main")
        if phase == "undo":
            return Choice("skip", _LATER[phase], perhaps=any(self._runs(one) for one in self._web.undoes.get(node, ())))
        if phase != "main":
            return Choice("skip", _LATER[phase])
        return Choice("skip", _LEFT_OUT[self._aim.mode].format(self._aim.node))


def _no_data(aim: Aim, nodes: Sequence[str], execution: str | None) -> Conflict:
    who = "no execution has one" if execution is None else f"the execution {execution} has none that fits"
    names = ", ".join(f"'{node}'" for node in nodes)
    return Conflict(
        "partial.no_data",
        f"To run '{aim.node}' there has to be an output of {names}, and {who}; run the workflow until "
        f"'{aim.node}', which runs what has none, or pin an output",
        nodes=list(nodes),
    )


def _not_reached(aim: Aim, places: Sequence[str]) -> Conflict:
    names = ", ".join(f"'{place}'" for place in places)
    return Conflict(
        "partial.no_data",
        f"Nothing would come to '{aim.node}': with the data that there is, none of {names} has a value; name an "
        "execution in which one has, or pin an output",
        nodes=sorted({place.partition(".")[0] for place in places}),
    )
