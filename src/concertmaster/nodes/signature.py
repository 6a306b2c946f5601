"""Reading a function's signature: which parameters are ports, which are config, and what is wrong with it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, NoReturn, cast

from concertmaster.domain.errors import UserError
from concertmaster.domain.ports import ANY, PortType
from concertmaster.nodes.annotations import DataType, read_data_type, read_outlet_type
from concertmaster.nodes.context import Context
from concertmaster.nodes.node_type import Argument

_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class ConfigParameter:
    """A parameter that becomes a config property; `default` is `inspect.Parameter.empty` when it has none."""

    name: str
    annotation: Any
    default: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """A node function's parameters, sorted by what they are for."""

    arguments: tuple[Argument, ...]
    port_types: tuple[PortType, ...]
    variadic: Argument | None
    variadic_type: PortType | None
    context: str | None
    config: tuple[ConfigParameter, ...]
    result: Any


def read_signature(function: Callable[..., Any], scope: Mapping[str, Any]) -> Signature:
    """Sort the parameters of a function.

    Args:
        scope: names visible where the function was defined, beside its module's.
    Raises:
        UserError: `node.bad_signature`, with file, line, parameter and remedy.
    """
    arguments: list[Argument] = []
    port_types: list[PortType] = []
    variadic: tuple[Argument, PortType] | None = None
    context: str | None = None
    config: list[ConfigParameter] = []
    for parameter in inspect.signature(function).parameters.values():
        annotation = _annotation(function, parameter, scope)
        data = _data_type(function, parameter.name, annotation)
        if parameter.kind is inspect.Parameter.VAR_KEYWORD and data is not None:
            variadic = (_argument("", parameter, data), data.port)
        elif parameter.kind not in _KEYWORDS:
            refuse(
                function,
                parameter.name,
                f"`{parameter}` cannot be filled from a form or a wire",
                "use parameters with names, `**tables: Table` for inputs of any name, or `list[Table]` for several",
            )
        elif annotation in (Context, Context | None):
            context = parameter.name
        elif data is not None:
            arguments.append(_argument(parameter.name if arguments else "in", parameter, data))
            port_types.append(data.port)
        else:
            config.append(ConfigParameter(parameter.name, annotation, parameter.default))
    return Signature(
        arguments=tuple(arguments),
        port_types=tuple(port_types),
        variadic=variadic[0] if variadic else None,
        variadic_type=variadic[1] if variadic else None,
        context=context,
        config=tuple(config),
        result=_result(function, scope),
    )


def outlet_types(function: Callable[..., Any], result: Any, names: tuple[str, ...]) -> dict[str, PortType]:
    """The type of each outlet: of a TypedDict by key, of `dict[str, T]` T for all, else what is returned."""
    if typing.is_typeddict(result):
        hints = typing.get_type_hints(result, include_extras=True)
        unknown = sorted(set(hints) - set(names))
        if names == ("out",):
            return {"out": read_outlet_type(result)}
        if unknown:
            refuse(function, "return", f"it returns the keys {', '.join(unknown)}", "name them in outlets=(...)")
        return {name: read_outlet_type(hints[name]) if name in hints else ANY for name in names}
    if names != ("out",) and typing.get_origin(result) is dict:
        result = typing.get_args(result)[1]
    return dict.fromkeys(names, ANY if result is inspect.Signature.empty else read_outlet_type(result))


def refuse(function: Callable[..., Any], parameter: str, what: str, remedy: str) -> NoReturn:
    """Raise the UserError for a bad signature, naming file, line, node, parameter and remedy."""
    file, line = place_of(function)
    where = parameter if parameter.startswith("@") else f"parameter '{parameter}'" if parameter else "signature"
    raise UserError(
        "node.bad_signature",
        f"{file}:{line}: node function '{function.__name__}', {where}: {what}; {remedy}",
        file=file,
        line=line,
        parameter=parameter,
        remedy=remedy,
    )


def place_of(function: Callable[..., Any]) -> tuple[str, int]:
    """File and line of a function; ("?", 0) for what was not written in Python."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("?", 0)


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter, scope: Mapping[str, Any]) -> Any:
    if parameter.annotation is inspect.Parameter.empty:
        refuse(function, parameter.name, "it has no type", f"write `{parameter.name}: str` or another type")
    return _resolve(function, parameter.name, parameter.annotation, scope)


def _result(function: Callable[..., Any], scope: Mapping[str, Any]) -> Any:
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return annotation
    return _resolve(function, "return", annotation, scope)


def _resolve(function: Callable[..., Any], name: str, annotation: Any, scope: Mapping[str, Any]) -> Any:
    """Evaluate one annotation, so that an error can name its parameter."""
    holder = cast("Any", SimpleNamespace(__annotations__={name: annotation}))
    names = cast("dict[str, Any]", getattr(inspect.unwrap(function), "__globals__", {}))
    try:
        return typing.get_type_hints(holder, globalns=names, localns=dict(scope), include_extras=True)[name]
    except NameError as error:
        refuse(
            function,
            name,
            f"its type `{annotation}` cannot be resolved ({error})",
            "import the name at the top of the module, outside of `if TYPE_CHECKING`",
        )
    except (TypeError, SyntaxError, AttributeError) as error:
        refuse(function, name, f"its type `{annotation}` is not valid ({error})", "correct the annotation")


def _data_type(function: Callable[..., Any], name: str, annotation: Any) -> DataType | None:
    try:
        return read_data_type(annotation)
    except TypeError as error:
        refuse(function, name, str(error), "write for example `Table`, `Table | None` or `list[Table]`")


def _argument(port: str, parameter: inspect.Parameter, data: DataType) -> Argument:
    optional = data.optional or data.many or parameter.default is not inspect.Parameter.empty
    return Argument(port, parameter.name, data.kind, optional, data.many, data.adapter)


def with_variadic_first(signature: Signature) -> Signature:
    """A function with only `**tables` takes what is wired to `in` too: the same as under any other name."""
    if signature.arguments or signature.variadic is None or signature.variadic_type is None:
        return signature
    argument = replace(signature.variadic, port="in", parameter="input", optional=True)
    return replace(signature, arguments=(argument,), port_types=(signature.variadic_type,))
