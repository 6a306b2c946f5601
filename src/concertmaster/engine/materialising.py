"""Materialising: from a planned table to a stored one: its recipe is run as its nodes would have run one by one.

For whoever wants to see its rows, count them, or give them to a node that loads tables. No event tells of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import orjson
from pydantic import BaseModel

from concertmaster.data.guard import confine_for
from concertmaster.domain.errors import ConcertMasterError, Conflict, OperationalError, UserError
from concertmaster.domain.interfaces import Abandoned, KeptResult
from concertmaster.domain.values import (
    PlannedTable,
    Recipe,
    Step,
    Stored,
    TableRef,
    Value,
    artifacts_named,
    from_json,
    to_json,
)
from concertmaster.engine.calling import Inputs, keywords_of, saved, validated
from concertmaster.engine.context import NodeContext
from concertmaster.engine.conversion import Conversion
from concertmaster.engine.failures import failure_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plain_config import config_of
from concertmaster.nodes.node_type import NodeType

_OUTLET = "out"


async def materialised(engine: Engine, table: PlannedTable) -> TableRef:
    """The table, stored: made now, or when somebody asked for it before.

    Raises:
        Conflict: `source_changed`, a file that the recipe reads is not the one that it means.
        UserError: `recipe.code_missing`, a plugin's source of then is not here any more; or what a node raises.
        OperationalError: `node.timeout`; or what a node raises.
        NotFound: `artifacts.not_found`, what it is made of was removed.
    """
    key = key_of(table)
    return await engine.making.get(key, lambda: _find_or_make(engine, table, key))


async def stored(engine: Engine, value: Value) -> Stored:
    """The value as it is, a planned table `materialised`."""
    return await materialised(engine, value) if isinstance(value, PlannedTable) else value


async def stored_inputs(engine: Engine, inputs: Inputs) -> Inputs:
    """The inputs of a node, without planned tables among them; raises as `materialised`."""
    if not any(_has_planned(given) for given in inputs.values()):
        return inputs
    return {
        port: [await stored(engine, one) for one in given] if isinstance(given, list) else await stored(engine, given)
        for port, given in inputs.items()
    }


def key_of(table: PlannedTable) -> str:
    """The digest of all that a planned table depends on."""
    text = orjson.dumps(["recipe", to_json(table)["recipe"]], option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()


def _has_planned(given: Value | list[Value]) -> bool:
    if isinstance(given, list):
        return any(isinstance(one, PlannedTable) for one in given)
    return isinstance(given, PlannedTable)


async def _find_or_make(engine: Engine, table: PlannedTable, key: str) -> TableRef:
    kept = await engine.results.get(key)
    if kept is not None:
        known = from_json(kept.outputs[_OUTLET])
        # From here on garbage collection leaves it alone for a while, as if it was made anew.
        if isinstance(known, TableRef) and await asyncio.to_thread(engine.artifacts.reuse, known.artifact):
            return known
    made = await _make(engine, table)
    await engine.results.keep(KeptResult(key, "", "", {_OUTLET: to_json(made)}))
    return made


async def _make(engine: Engine, table: PlannedTable) -> TableRef:
    contexts = [_context(engine) for _ in table.recipe.steps]
    calls = await asyncio.to_thread(_calls, engine, table.recipe, contexts)
    timeout = engine.settings.node_timeout

    def stop() -> None:
        for context in contexts:
            context.stop()

    try:
        async with asyncio.timeout(timeout.total_seconds()):
            with engine.artifacts.holding(digest for digest, _ in artifacts_named(table)):
                return await engine.compute.run(
                    partial(_run, engine, table.recipe, calls),
                    where="thread",
                    stop=stop,
                )
    except (TimeoutError, Abandoned) as error:
        message = f"The table could not be made within {timeout.total_seconds():g} s, which is what a node may take"
        raise OperationalError("node.timeout", message) from error
    finally:
        for context in contexts:
            context.close()


def _context(engine: Engine) -> NodeContext:
    """What a step sees of the world; nobody reads what it logs."""

    def drop(*_: object) -> None:
        pass

    return NodeContext(engine, execution_id="", node="", attempt=1, idempotency_key="", on_log=drop, on_progress=drop)


@dataclass(frozen=True, slots=True)
class _Call:
    """A step ready to run."""

    step: Step
    type: NodeType
    config: BaseModel
    context: NodeContext

    def run(self, engine: Engine, made: Sequence[Stored]) -> Stored:
        """What the node gives, stored; blocks."""
        inputs: dict[str, Value | list[Value]] = {}
        for port, given in self.step.inputs.items():
            values: list[Value] = [made[one] if isinstance(one, int) else one for one in given]
            argument = self.type.argument(port)
            inputs[port] = values if argument is not None and argument.many else values[0]
        conversion = Conversion(engine.artifacts, engine.workspace, None, self.context.cancelled)
        keywords = keywords_of(self.type, self.config, inputs, conversion, context=self.context, opened={})
        result = self.type.split(self.type.function(**keywords))[_OUTLET]
        conversion = replace(conversion, scratch=self.context.made_scratch)
        # Nothing that a recipe holds has opened a connection, so there are no secrets.
        return saved(self.type, _OUTLET, result, conversion, redact=None)


def _calls(engine: Engine, recipe: Recipe, contexts: Sequence[NodeContext]) -> list[_Call]:
    """What the steps call; blocks, for the module of a plugin may have to be imported."""
    found: list[_Call] = []
    for step, context in zip(recipe.steps, contexts, strict=True):
        type_ = _type_of(engine, step)
        config = validated(type_, config_of(step.config), node=step.type)
        if type_.call != "thread" or type_.isolated(config) or type_.connections:
            raise _refused(step, "has to run in a process of its own by now, or with a connection")
        found.append(_Call(step, type_, config, context))
    return found


def _type_of(engine: Engine, step: Step) -> NodeType:
    found = engine.plans.node_type(step.type, step.code)
    if found is None:
        raise _refused(step, "is not here any more as it was then")
    return found


def _refused(step: Step, why: str) -> UserError:
    return UserError(
        "recipe.code_missing",
        f"This table was never stored, and cannot be made again: {step.type}, which is needed for it, {why}; run the "
        "workflow again",
        type=step.type,
    )


def _run(engine: Engine, recipe: Recipe, calls: Sequence[_Call]) -> TableRef:
    """One step after the other, in one thread."""
    _check_pins(engine, recipe)
    made: list[Stored] = []
    for call in calls:
        if call.context.cancelled():
            raise Abandoned
        try:
            made.append(call.run(engine, made))
        except ConcertMasterError:
            raise
        except Exception as error:
            failure = failure_of(error, node=call.step.type)
            raise UserError(failure.code, f"{call.step.type}: {failure.message}") from error
        finally:
            call.context.close()
    # A file may have changed while it was read.
    _check_pins(engine, recipe)
    table = made[-1]
    if not isinstance(table, TableRef):
        raise _refused(recipe.steps[-1], "gives no table")
    return table


def _check_pins(engine: Engine, recipe: Recipe) -> None:
    for pin in recipe.pins:
        path = confine_for(engine.workspace, pin.path, data_dir=engine.data_dir, write=False)
        try:
            same = path.stat().st_size == pin.size_bytes and engine.artifacts.sources.digest(path) == pin.sha256
            became = "has changed since"
        except OSError as error:
            same, became = False, f"cannot be read any more ({error.strerror})"
        if not same:
            raise Conflict(
                "source_changed",
                f"This table was never stored, and the file {pin.path} that it was read from {became}; run the "
                "workflow again to have the table as it is with the file of now",
                path=pin.path,
            )
