"""Options: values that are offered for a field while somebody fills in the form; what is offered is never a rule.

    table: Annotated[str, Options(tables)]

where `def tables(connection: Connection["postgres"], search: str = "")` gives texts, or a mapping of value to label.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, get_args

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from concertmaster.domain.errors import UserError
from concertmaster.nodes.signature import ConfigParameter, refuse

if TYPE_CHECKING:
    from concertmaster.data.guard import GuardedClient

MOST = 1_000
LONGEST = 1_000
Scalar = str | int | float | bool


class Options:
    """Where the options of a field come from: a function, or `columns`: those of the tables that arrive."""

    __slots__ = ("source",)

    def __init__(self, source: Callable[..., Any] | Literal["columns"]) -> None:
        """Args:
        source: a function, `async` or not. Its parameters are named like config fields, whose values it is called
            with (a connection is opened); `search` is what was typed, and is looked for in the labels where it has no
            such parameter; `http` is the guarded client; `context` an `OptionsContext`. It runs where the node runs, in
            the server or in a process of its own, for 10 seconds at most. For databases see `tables_of` and
            `columns_of`.
        """
        self.source = source

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found = handler(schema)
        if callable(self.source):
            needs = [name for name in inspect.signature(self.source).parameters if name not in _OURS]
            found["x-options"] = {"function": self.source.__name__, "needs": needs}
        else:
            found["x-options"] = self.source
        return found


class OptionsContext(Protocol):
    """What a function for options may reach; as in `Context`."""

    @property
    def http(self) -> GuardedClient: ...

    def cancelled(self) -> bool: ...

    def path(self, relative: str | Path, *, write: bool = False) -> Path: ...

    def addresses(self, host: str, port: int) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class OptionSource:
    """A function that gives options.

    Attributes:
        needs: names of the config fields whose values it takes; those of `optional` may be missing.
        own: of `search`, `http` and `context`, those that it takes.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    optional: frozenset[str]
    own: frozenset[str]

    def bound(self, given: Mapping[str, Any], search: str, context: OptionsContext) -> tuple[Callable[[], Any], str]:
        """The call, and what is to be looked for in the labels of what it gives.

        Args:
            given: checked values of the fields that it needs, connections opened.
        """
        own: dict[str, Any] = {"search": search, "context": context}
        if "http" in self.own:
            own["http"] = context.http
        call = partial(self.function, **given, **{name: own[name] for name in self.own})
        return call, "" if "search" in self.own else search


@dataclass(frozen=True, slots=True)
class Option:
    """A value that is offered."""

    value: Scalar
    label: str


_OURS = frozenset({"search", "http", "context"})


def option_sources(function: Callable[..., Any], parameters: Iterable[ConfigParameter]) -> dict[str, OptionSource]:
    """The option functions of a node, by name.

    Raises:
        UserError: `node.bad_signature`, one takes what the node has not.
    """
    given = tuple(parameters)
    names = {parameter.name for parameter in given}
    found: dict[str, OptionSource] = {}
    for parameter in given:
        for source in _marked(parameter.annotation, set()):
            takes = inspect.signature(source).parameters
            unknown = [name for name in takes if name not in names | _OURS]
            if unknown:
                refuse(
                    function,
                    parameter.name,
                    f"its options come from `{source.__name__}`, which takes '{unknown[0]}', and that is no field",
                    f"take fields ({', '.join(sorted(names))}), `search`, `http` or `context`",
                )
            known = found.get(source.__name__)
            if known is not None and known.function is not source:
                remedy = "give them different names"
                refuse(function, parameter.name, f"two functions for options are called '{source.__name__}'", remedy)
            needs = tuple(name for name in takes if name not in _OURS)
            optional = frozenset(name for name in needs if takes[name].default is not inspect.Parameter.empty)
            found[source.__name__] = OptionSource(source, needs, optional, frozenset(takes) & _OURS)
    return found


def listed(result: Any, search: str) -> tuple[list[Option], bool]:
    """What a function gave as options, the first that fit, and whether there are more.

    Args:
        search: looked for in the labels; "" where the function has searched itself.
    Raises:
        UserError: `options.unfit`, it is no list of texts and numbers.
    """
    wanted = search.casefold()
    fitting = (one for one in _options(result) if wanted in one.label.casefold())
    found = list(islice(fitting, MOST + 1))
    return found[:MOST], len(found) > MOST


def _options(result: Any) -> Iterator[Option]:
    if isinstance(result, str) or not isinstance(result, Iterable):
        raise _unfit(result)
    if isinstance(result, Mapping):
        for value, label in cast("Mapping[Any, Any]", result).items():
            yield Option(_scalar(value), str(label)[:LONGEST])
        return
    for value in cast("Iterable[Any]", result):
        yield Option(_scalar(value), str(value)[:LONGEST])


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, Scalar) or len(str(value)) > LONGEST:
        raise _unfit(value)
    return value


def _unfit(value: Any) -> UserError:
    return UserError(
        "options.unfit",
        f"a function for options gives a list of texts or numbers, or a mapping of value to label, and not "
        f"{type(value).__name__}",
    )


def _marked(annotation: Any, seen: set[int]) -> Iterator[Callable[..., Any]]:
    """The functions of the markers in an annotation, and in the models in it."""
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    if isinstance(annotation, Options):
        if callable(annotation.source):
            yield annotation.source
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            for part in (field.annotation, *field.metadata):
                yield from _marked(part, seen)
    for part in get_args(annotation):
        yield from _marked(part, seen)
