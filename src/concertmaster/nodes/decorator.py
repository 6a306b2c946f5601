"""`@node`: a typed function becomes a node type and stays a function.

Trap: annotations are read when the decorator runs, so every name in them must exist at that line.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, overload

from pydantic import BaseModel

from concertmaster.domain.ports import ANY
from concertmaster.domain.spec import Container, Effect, Isolation, NodeSpec, OutletSpec, Port
from concertmaster.nodes.config_model import build_config_model, connection_fields
from concertmaster.nodes.docstring import read_docstring
from concertmaster.nodes.extra_rules import extra_rules
from concertmaster.nodes.lazy import Lazy
from concertmaster.nodes.node_type import Call, Migrate, NodeType
from concertmaster.nodes.options import option_sources
from concertmaster.nodes.schema import config_schema, title_of
from concertmaster.nodes.signature import Signature, outlet_types, read_signature, refuse, with_variadic_first

F = TypeVar("F", bound=Callable[..., Any])

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEAST_MEMORY_MB = 128  # an interpreter with Polars needs about that much
_TITLE_LIMIT = 32  # a longer first line of the docstring is help, not a title for a card on the canvas


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the decorator was told, beside the signature."""

    id: str | None
    version: int
    category: str
    effect: Effect
    effect_by: tuple[str, frozenset[str]] | None
    outlets: tuple[str, ...]
    dynamic_outlets: str | None
    passthrough: bool
    idempotent: bool
    idempotent_by: tuple[str, frozenset[str]] | None
    isolation: Isolation
    isolated_when: Callable[[Any], bool] | None
    lazy: Lazy | None
    container: Container | None
    memory_mb: int | None
    migrate: Migrate | None
    title: str | None
    icon: str
    tags: tuple[str, ...]
    summary: str | None
    example: str | None


@overload
def node(function: F, /) -> F: ...
@overload
def node(
    *,
    id: str | None = None,
    version: int = 1,
    category: str = "code",
    effect: Effect = "write",
    effect_by: tuple[str, Iterable[str]] | None = None,
    outlets: Iterable[str] = ("out",),
    dynamic_outlets: str | None = None,
    passthrough: bool = False,
    idempotent: bool = True,
    idempotent_by: tuple[str, Iterable[str]] | None = None,
    isolation: Isolation = "none",
    isolated_when: Callable[[Any], bool] | None = None,
    lazy: Lazy | None = None,
    container: Container | None = None,
    memory_mb: int | None = None,
    migrate: Migrate | None = None,
    title: str | None = None,
    icon: str = "",
    tags: Iterable[str] = (),
    summary: str | None = None,
    example: str | None = None,
) -> Callable[[F], F]: ...
def node(
    function: F | None = None,
    /,
    *,
    id: str | None = None,
    version: int = 1,
    category: str = "code",
    effect: Effect = "write",
    effect_by: tuple[str, Iterable[str]] | None = None,
    outlets: Iterable[str] = ("out",),
    dynamic_outlets: str | None = None,
    passthrough: bool = False,
    idempotent: bool = True,
    idempotent_by: tuple[str, Iterable[str]] | None = None,
    isolation: Isolation = "none",
    isolated_when: Callable[[Any], bool] | None = None,
    lazy: Lazy | None = None,
    container: Container | None = None,
    memory_mb: int | None = None,
    migrate: Migrate | None = None,
    title: str | None = None,
    icon: str = "",
    tags: Iterable[str] = (),
    summary: str | None = None,
    example: str | None = None,
) -> F | Callable[[F], F]:
    """Make a function a node type: its signature is its ports, its form and its documentation.

    Args:
        id: dotted lower case; default `<module>.<function>`.
        version: raise it whenever the config's schema changes.
        category: group in the palette.
        effect: `none` (same input, same output), `read` (looks at the world), `write` (changes it).
        effect_by: config parameter and those of its values for which a write is only a `read`.
        outlets: names of the outlets, when there are others than `out`.
        dynamic_outlets: config parameter holding a mapping whose keys are outlets too.
        passthrough: the outlets carry the type of whatever is wired to `in`.
        idempotent: False: never repeat blindly.
        idempotent_by: config parameter and those of its values for which it may be repeated all the same.
        isolation: `process`: run in a killable child process, with limits and without the server's environment.
        container: what becomes of its body; for the `flow` types that come with ConcertMaster.
        isolated_when: asked with the config, an object with the parameters as attributes: whether this use runs in
            a process of its own, where the others do not.
        lazy: it may be computed together with its neighbours; for types that come with ConcertMaster.
        memory_mb: limit of memory of that process, in MiB; default the setting `process_memory`.
        migrate: makes a config of this version of one of the version before; offered to people, never done unasked.
        title: default the docstring's first line when it is short, else the function's name in words.
        icon: name of a Lucide icon; default that of the category.
        summary: config parameter shown on the card; default the first required one.
        example: a runnable workflow in YAML; default the docstring's `Example:` section.
    Raises:
        UserError: `node.bad_signature`, with file, line, parameter and remedy.
    """
    traits = _Traits(
        id=id,
        version=version,
        category=category,
        effect=effect,
        effect_by=(effect_by[0], frozenset(value.upper() for value in effect_by[1])) if effect_by else None,
        outlets=tuple(outlets),
        dynamic_outlets=dynamic_outlets,
        passthrough=passthrough,
        idempotent=idempotent,
        idempotent_by=(idempotent_by[0], frozenset(idempotent_by[1])) if idempotent_by else None,
        isolation=isolation,
        isolated_when=isolated_when,
        lazy=lazy,
        container=container,
        memory_mb=memory_mb,
        migrate=migrate,
        title=title,
        icon=icon,
        tags=tuple(tags),
        summary=summary,
        example=example,
    )
    # Local classes of the place of definition may stand in string annotations.
    frame = inspect.currentframe()
    scope = dict(frame.f_back.f_locals) if frame and frame.f_back else {}

    def attach(target: F) -> F:
        target.node_type = _node_type(target, traits, scope)  # pyright: ignore[reportFunctionMemberAccess]
        return target

    return attach if function is None else attach(function)


def _node_type(function: Callable[..., Any], traits: _Traits, scope: dict[str, Any]) -> NodeType:
    if not inspect.isfunction(function):
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"@node decorates functions, and {name} is a {type(function).__name__}")
    signature = with_variadic_first(read_signature(function, scope))
    docs = read_docstring(function.__doc__)
    model, fields = build_config_model(function, signature.config, docs.parameters)
    spec = _spec(function, traits, signature, model)
    return NodeType(
        spec=spec,
        function=function,
        config_model=model,
        fields=fields,
        arguments=signature.arguments,
        variadic=signature.variadic,
        context=signature.context,
        connections=connection_fields(signature.config),
        call=_call(function, traits.isolation),
        isolated_when=traits.isolated_when,
        memory_bytes=None if traits.memory_mb is None else traits.memory_mb * 2**20,
        migrate=traits.migrate,
        options=option_sources(function, signature.config),
        lazy=traits.lazy,
        rules=extra_rules(spec.schema, model, fields),
        results="single" if traits.outlets == ("out",) and not traits.dynamic_outlets else "outlets",
    )


def _spec(function: Callable[..., Any], traits: _Traits, signature: Signature, model: type[BaseModel]) -> NodeSpec:
    docs = read_docstring(function.__doc__)
    id_ = traits.id or _default_id(function)
    _check_traits(function, traits, id_, signature)
    types = outlet_types(function, signature.result, traits.outlets)
    try:
        schema = config_schema(model)
    except ValueError as error:
        refuse(function, "", f"its config has no JSON Schema: {error}", "use plain types, enums or pydantic models")
    headline = docs.summary.rstrip(".")
    title = headline if 0 < len(headline) <= _TITLE_LIMIT else title_of(function.__name__)
    return NodeSpec(
        id=id_,
        version=traits.version,
        category=traits.category,
        title=traits.title or title,
        description=docs.summary,
        docs=docs.markdown,
        icon=traits.icon,
        tags=traits.tags,
        ports=_ports(signature),
        any_port=signature.variadic_type,
        outlets=tuple(
            OutletSpec(name, ANY if traits.passthrough else types[name], traits.passthrough) for name in traits.outlets
        ),
        dynamic_outlets=traits.dynamic_outlets,
        schema=schema,
        effect=traits.effect,
        effect_by=traits.effect_by,
        idempotent=traits.idempotent,
        idempotent_by=traits.idempotent_by,
        isolation=traits.isolation,
        container=traits.container,
        migrates=traits.migrate is not None,
        summary_field=traits.summary or next(iter(schema.get("required", ())), None),
        example=docs.example if traits.example is None else inspect.cleandoc(traits.example) + "\n",
    )


def _default_id(function: Callable[..., Any]) -> str:
    module = function.__module__.rpartition(".")[2]
    return f"{module.strip('_')}.{function.__name__.strip('_')}".lower()


def _ports(signature: Signature) -> tuple[Port, ...]:
    if not signature.arguments:
        return (Port("in", ANY, required=False, implicit=True),)
    pairs = zip(signature.arguments, signature.port_types, strict=True)
    return tuple(Port(argument.port, type_, required=not argument.optional) for argument, type_ in pairs)


def _check_traits(function: Callable[..., Any], traits: _Traits, id_: str, signature: Signature) -> None:
    if not _ID.fullmatch(id_):
        refuse(
            function,
            "@node(id=...)",
            f"'{id_}' is no type id",
            "use lower-case words joined by dots, such as 'acme.clean'",
        )
    if traits.version < 1:
        refuse(function, "@node(version=...)", f"{traits.version} is no version", "versions count from 1")
    if traits.effect not in get_args(Effect):
        refuse(function, "@node(effect=...)", f"'{traits.effect}' is no effect", "use 'none', 'read' or 'write'")
    _check_isolation(function, traits)
    names = {parameter.name for parameter in signature.config}
    named = {
        "summary": traits.summary,
        "effect_by": traits.effect_by[0] if traits.effect_by else None,
        "idempotent_by": traits.idempotent_by[0] if traits.idempotent_by else None,
        "dynamic_outlets": traits.dynamic_outlets,
    }
    for trait, name in named.items():
        if name and name not in names:
            refuse(
                function,
                f"@node({trait}=...)",
                f"'{name}' is no config parameter",
                f"use one of: {', '.join(sorted(names))}",
            )
    for name in traits.outlets:
        if not _NAME.fullmatch(name) or name == "error" or traits.outlets.count(name) > 1:
            refuse(
                function,
                "@node(outlets=...)",
                f"'{name}' cannot be an outlet",
                "use different names; `error` is built in",
            )
    if not traits.outlets:
        refuse(function, "@node(outlets=...)", "there are none", "leave it out for the single outlet `out`")


def _check_isolation(function: Callable[..., Any], traits: _Traits) -> None:
    if traits.isolation not in get_args(Isolation):
        refuse(
            function, "@node(isolation=...)", f"'{traits.isolation}' is no isolation", "use 'process', or leave it out"
        )
    if traits.isolation == "process" and "<locals>" in function.__qualname__:
        refuse(
            function,
            "@node(isolation=...)",
            "another process cannot find a function that is made inside of another",
            "define it at the top of a module",
        )
    if traits.memory_mb is not None and (traits.isolation != "process" or traits.memory_mb < _LEAST_MEMORY_MB):
        refuse(
            function,
            "@node(memory_mb=...)",
            f"{traits.memory_mb} cannot be a limit here",
            f"use {_LEAST_MEMORY_MB} or more, together with isolation='process'",
        )


def _call(function: Callable[..., Any], isolation: Isolation) -> Call:
    if isolation == "process":
        return "process"
    if not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return "thread"
    return "loop" if function.__module__.startswith("concertmaster.nodes.builtin.") else "plugin_loop"
