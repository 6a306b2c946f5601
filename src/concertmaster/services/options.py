"""Options of fields: asks a node type's own function, which is code of others, bounded in time, number and size."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

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
from concertmaster.nodes.options import Option, OptionsContext, OptionSource, listed
from concertmaster.nodes.registry import Registry
from concertmaster.services.connections import ConnectionService

SECONDS = 10.0
# A function that hangs keeps its place until its thread has ended.
_AT_ONCE = 8


class AskIsolated(Protocol):
    """See `engine.isolated_options.isolated_options`."""

    def __call__(
        self,
        type_: NodeType,
        function: str,
        config: Mapping[str, Any],
        opened: Mapping[str, Connection],
        *,
        search: str,
    ) -> Coroutine[Any, Any, tuple[list[Option], bool]]: ...


@dataclass(frozen=True, slots=True)
class _Stoppable:
    """What a function may reach, and whether anybody waits for it still."""

    reach: OptionsContext
    stopped: threading.Event

    @property
    def http(self) -> GuardedClient:
        return self.reach.http

    def cancelled(self) -> bool:
        return self.stopped.is_set()

    def path(self, relative: str | Path, *, write: bool = False) -> Path:
        return self.reach.path(relative, write=write)

    def addresses(self, host: str, port: int) -> list[str]:
        return self.reach.addresses(host, port)


class OptionService:
    """Gives what may be chosen for a field, as the rest of the config stands."""

    def __init__(
        self,
        registry: Callable[[], Registry],
        connections: ConnectionService,
        compute: Compute,
        reach: OptionsContext,
        *,
        isolated: AskIsolated,
        seconds: float = SECONDS,
    ) -> None:
        """Args:
        reach: what functions in the server may reach.
        isolated: asks a function of a node that runs in a process of its own.
        seconds: that a function may take.
        """
        self._registry = registry
        self._connections = connections
        self._compute = compute
        self._reach = reach
        self._isolated = isolated
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
            return await self._ask(self._work(type_, function, config, given, search), source.function.__name__)
        except ConcertMasterError as error:
            error.message = str(Redactor(secrets).redact(error.message))
            raise
        except Exception as error:
            told = str(Redactor(secrets).redact(f"{type(error).__name__}: {error}"))
            raise UserError("options.failed", f"{function} of {type_.spec.reference} failed: {told[:1_000]}") from None

    def _work(
        self, type_: NodeType, function: str, config: Mapping[str, Any], given: Mapping[str, Any], search: str
    ) -> Callable[[], Coroutine[Any, Any, tuple[list[Option], bool]]]:
        """The call of a function, where its node would run.

        Args:
            given: the checked values of the fields that it needs.
        """
        source = type_.options[function]
        if type_.call == "process":
            opened: dict[str, Connection] = {n: value for n, value in given.items() if isinstance(value, Connection)}
            plain = {name: config[name] for name in given if name in config and name not in opened}
            return partial(self._isolated, type_, function, plain, opened, search=search)
        stopped = threading.Event()
        call, wanted = source.bound(given, search, _Stoppable(self._reach, stopped))
        if inspect.iscoroutinefunction(source.function):
            return partial(self._compute.run, partial(_awaited, call, wanted), where="plugin_loop", stop=stopped.set)
        return partial(self._compute.run, partial(_called, call, wanted), where="thread", stop=stopped.set)

    async def _ask(
        self, work: Callable[[], Coroutine[Any, Any, tuple[list[Option], bool]]], name: str
    ) -> tuple[list[Option], bool]:
        if len(self._asked) >= _AT_ONCE:
            raise OperationalError(
                "options.busy",
                "Too many functions for options run already, or hang; type the value, or try again in a moment",
            )
        task = asyncio.create_task(work())
        self._asked.add(task)
        task.add_done_callback(self._over)
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if not done:
            task.cancel()
            raise OperationalError(
                "options.timed_out",
                f"{name} has not given its options within {self._seconds:g} s; type the value",
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
                found[name] = type_.checked(name, value)
            except ValidationError as error:
                told = f"{title}: {plain_message(error.errors(include_url=False)[0]['msg'])}"
                problems.append(Problem("options.incomplete", pointer(name), told))
    if problems:
        raise Invalid("options.incomplete", problems[0].message, problems)
    return found
