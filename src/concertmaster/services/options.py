"""Options of fields: asks a node type's own function, which is code of others, bounded in time, number and size."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError

from concertmaster.data.guard import GuardedClient
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import ConcertMasterError, Invalid, NotFound, OperationalError, UserError
from concertmaster.domain.interfaces import Compute
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import Problem, plain_message, pointer
from concertmaster.domain.redaction import Redactor
from concertmaster.domain.validation_config import has_expressions
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.options import Option, OptionSource, listed
from concertmaster.nodes.registry import Registry
from concertmaster.services.connections import ConnectionService

SECONDS = 10.0
# A function that hangs keeps its place until its thread has ended.
_AT_ONCE = 8


class OptionService:
    """Gives what may be chosen for a field, as the rest of the config stands."""

    def __init__(
        self,
        registry: Callable[[], Registry],
        connections: ConnectionService,
        compute: Compute,
        http: GuardedClient,
        *,
        seconds: float = SECONDS,
    ) -> None:
        """Args:
        seconds: that a function may take.
        """
        self._registry = registry
        self._connections = connections
        self._compute = compute
        self._http = http
        self._seconds = seconds
        self._asked: set[asyncio.Task[tuple[list[Option], bool]]] = set()

    async def list(
        self,
        actor: Actor,
        type_id: str,
        function: str,
        config: Mapping[str, Any],
        *,
        search: str = "",
        version: int | None = None,
    ) -> tuple[list[Option], bool]:
        """The options that a function of a node type gives, and whether there are more.

        Raises:
            NotFound: `node_type.not_found`, `options.not_found`.
            Invalid: `options.incomplete`, a field that it needs is missing, computed or wrong.
            UserError: `options.failed`, the function raised.
            OperationalError: `options.timed_out`, `options.busy`.
        """
        demand(actor, "workflow:write")
        type_ = await asyncio.to_thread(self._registry().find, type_id, version)
        if type_ is None:
            told = f"There is no node type {type_id}{hint(type_id, self._registry().ids())}"
            raise NotFound("node_type.not_found", told)
        source = type_.options.get(function)
        if source is None:
            told = f"{type_.spec.reference} has no function for options called '{function[:100]}'"
            raise NotFound("options.not_found", told)
        given = _values(type_, source, config)
        secrets: set[str] = set()
        try:
            for name, value in given.items():
                if isinstance(value, Connection):
                    given[name] = opened = await self._connections.open(value.name)
                    secrets |= opened.secrets()
            return await self._ask(source, given, search)
        except ConcertMasterError as error:
            error.message = str(Redactor(secrets).redact(error.message))
            raise
        except Exception as error:
            told = str(Redactor(secrets).redact(f"{type(error).__name__}: {error}"))
            raise UserError("options.failed", f"{function} of {type_.spec.reference} failed: {told[:1_000]}") from None

    async def _ask(self, source: OptionSource, given: Mapping[str, Any], search: str) -> tuple[list[Option], bool]:
        if len(self._asked) >= _AT_ONCE:
            raise OperationalError(
                "options.busy",
                "Too many functions for options run already, or hang; type the value, or try again in a moment",
            )
        own = {name: value for name, value in {"search": search, "http": self._http}.items() if name in source.own}
        wanted = "" if "search" in source.own else search
        call = partial(source.function, **given, **own)
        if inspect.iscoroutinefunction(source.function):
            work, where = partial(_awaited, call, wanted), "plugin_loop"
        else:
            work, where = partial(_called, call, wanted), "thread"
        task = asyncio.create_task(self._compute.run(work, where=where, stop=lambda: None))
        self._asked.add(task)
        task.add_done_callback(self._over)
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if not done:
            task.cancel()
            raise OperationalError(
                "options.timed_out",
                f"{source.function.__name__} has not given its options within {self._seconds:g} s; type the value",
            )
        return task.result()

    def _over(self, task: asyncio.Task[tuple[list[Option], bool]]) -> None:
        self._asked.discard(task)
        if not task.cancelled():
            # Nobody may be waiting for it any more.
            task.exception()


def _called(call: Callable[[], Any], search: str) -> tuple[list[Option], bool]:
    return listed(call(), search)


async def _awaited(call: Callable[[], Any], search: str) -> tuple[list[Option], bool]:
    return listed(await call(), search)


def _values(type_: NodeType, source: OptionSource, config: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a function needs, checked as before a run."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    properties: Mapping[str, Mapping[str, Any]] = type_.spec.schema.get("properties") or {}
    for name in source.needs:
        title = properties.get(name, {}).get("title", name)
        value = config.get(name, properties.get(name, {}).get("default"))
        if value is None:
            if name not in source.optional:
                problems.append(Problem("options.incomplete", pointer(name), f"set {title} first"))
        elif has_expressions(value):
            told = f"{title} is computed when the workflow runs, so the options are not known yet"
            problems.append(Problem("options.computed", pointer(name), told))
        else:
            try:
                found[name] = _checked(type_, name, value)
            except ValidationError as error:
                told = f"{title}: {plain_message(error.errors(include_url=False)[0]['msg'])}"
                problems.append(Problem("options.incomplete", pointer(name), told))
    if problems:
        raise Invalid("options.incomplete", problems[0].message, problems)
    return found


def _checked(type_: NodeType, name: str, value: Any) -> Any:
    """One field as the function of the node would get it."""
    model, attribute = type_.config_model, type_.fields[name]
    made = model.model_construct()
    model.__pydantic_validator__.validate_assignment(made, attribute, value)
    return getattr(made, attribute)
