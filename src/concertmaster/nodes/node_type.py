"""NodeType: a function with everything that is known about it; what `@node` attaches and the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from concertmaster.data.kinds import Kind
from concertmaster.domain.errors import UserError
from concertmaster.domain.problems import plain_message
from concertmaster.domain.spec import NodeSpec
from concertmaster.nodes.context import Outlet
from concertmaster.nodes.lazy import Lazy

if TYPE_CHECKING:
    from concertmaster.nodes.options import OptionSource

Migrate = Callable[[dict[str, Any]], dict[str, Any]]
Call = Literal["loop", "plugin_loop", "thread", "process"]


@dataclass(frozen=True, slots=True)
class Argument:
    """A data parameter.

    Attributes:
        port: name of the port that feeds it.
        parameter: name of the function's parameter.
        kind: the form the value has to be loaded in.
        many: the parameter takes a list, one item per taken edge.
        adapter: checks and converts a JSON value; None when anything goes.
    """

    port: str
    parameter: str
    kind: Kind
    optional: bool = False
    many: bool = False
    adapter: TypeAdapter[Any] | None = None

    def read(self, value: Any) -> Any:
        """The loaded value as the parameter wants it; only JSON with a declared type is converted.

        Raises:
            UserError: `node.input_invalid`, naming port and place inside the value.
        """
        if self.adapter is None:
            return value
        try:
            return self.adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = "".join(f"[{part!r}]" for part in first["loc"])
            raise UserError(
                "node.input_invalid", f"Input '{self.port}'{place}: {plain_message(first['msg'])}", port=self.port
            ) from error


@dataclass(frozen=True, slots=True)
class NodeType:
    """A node type that can run.

    Attributes:
        config_model: pydantic model of the config; forbids unknown keys.
        fields: parameter name to model attribute, for each config parameter.
        arguments: the data parameters of fixed name; empty when the function takes no data.
        variadic: kind of `**tables`; its `parameter` is the name of the `**` parameter, its `port` is "".
        context: name of the parameter that takes the Context, or None.
        connections: config parameters that hold a Connection; the engine fills in their values before the call.
        call: `loop` (built-in async), `plugin_loop` (other async), `thread`, `process` (a child process).
        isolated_when: asked with the checked config whether this use of a type of another call is to run in a child
            process all the same.
        memory_bytes: limit of memory in a child process; None: the setting `process_memory`.
        migrate: makes a config of this version of one of the version before.
        host: that every use of the type talks to, where it is the same for all; for limits and breakers.
        options: functions that give options for fields, by name.
        lazy: set where it may be computed together with its neighbours.
        rules: schemas of config parameters that demand more than `config_model`; see `extra_rules`.
        results: `single`: the result leaves through `out`; `outlets`: it is an Outlet or a dict of outlet to value.
    """

    spec: NodeSpec
    function: Callable[..., Any]
    config_model: type[BaseModel]
    fields: Mapping[str, str]
    arguments: tuple[Argument, ...]
    variadic: Argument | None = None
    context: str | None = None
    connections: tuple[str, ...] = ()
    call: Call = "thread"
    isolated_when: Callable[[Any], bool] | None = None
    memory_bytes: int | None = None
    host: str | None = None
    options: Mapping[str, OptionSource] = field(default_factory=lambda: {})
    lazy: Lazy | None = None
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {})
    results: Literal["single", "outlets"] = "single"
    migrate: Migrate | None = None

    def isolated(self, config: BaseModel) -> bool:
        """Whether an attempt with this config runs in a child process."""
        return self.call == "process" or (self.isolated_when is not None and self.isolated_when(config))

    def checked(self, parameter: str, value: Any) -> Any:
        """One field of the config as the function gets it. Raises pydantic's ValidationError."""
        model, attribute = self.config_model, self.fields[parameter]
        made = model.model_construct()
        model.__pydantic_validator__.validate_assignment(made, attribute, value)
        return getattr(made, attribute)

    def argument(self, port: str) -> Argument | None:
        """The parameter that a port feeds; None for the implicit `in`, which no parameter takes."""
        for argument in self.arguments:
            if argument.port == port:
                return argument
        if self.variadic is None:
            return None
        # A lone `**tables` has no named first parameter: SQL calls what is wired to `in` simply `input`.
        name = "input" if port == "in" else port
        return Argument(port, name, self.variadic.kind, optional=True, many=self.variadic.many)

    def keywords(self, config: BaseModel, inputs: Mapping[str, Any], context: object = None) -> dict[str, Any]:
        """The keyword arguments of one call.

        Args:
            config: an instance of `config_model`.
            inputs: port name to loaded value, for the ports that have one; a list where the port takes many.
        Raises:
            UserError: an input does not fit; `node.input_missing` for a required port without a value.
        """
        given: dict[str, Any] = {name: getattr(config, attribute) for name, attribute in self.fields.items()}
        if self.context is not None:
            given[self.context] = context
        for port, value in inputs.items():
            argument = self.argument(port)
            if argument is not None:
                given[argument.parameter] = [argument.read(v) for v in value] if argument.many else argument.read(value)
        for argument in self.arguments:
            if argument.parameter not in given:
                if not argument.optional:
                    raise UserError("node.input_missing", f"Port '{argument.port}' has no value", port=argument.port)
                given[argument.parameter] = [] if argument.many else None
        return given

    def split(self, result: Any, *, outlets: Sequence[str] | None = None) -> dict[str, Any]:
        """A result by outlet; outlets that are absent are skipped.

        Args:
            outlets: names of the outlets of this use, when its config adds some to the declared ones.
        Raises:
            UserError: `node.outlet_unknown` or `node.outlet_missing`, saying what to return.
        """
        names = outlets or [outlet.name for outlet in self.spec.outlets]
        if isinstance(result, Outlet):
            chosen = cast("Outlet[Any]", result)
            found = {chosen.name: chosen.value}
        elif self.results == "single":
            return {names[0]: result}
        elif isinstance(result, Mapping):
            found = dict(cast("Mapping[str, Any]", result))
        else:
            raise UserError(
                "node.outlet_missing",
                f"{self.spec.id} returned {type(result).__name__}, but has the outlets {', '.join(names)}: "
                f"return Outlet({names[0]!r}, value) or a dict of outlet to value",
            )
        for name in found:
            if name not in names:
                raise UserError(
                    "node.outlet_unknown", f"{self.spec.id} has no outlet '{name}'; it has {', '.join(names)}"
                )
        return found


def node_type_of(function: object) -> NodeType | None:
    """The node type attached to a decorated function, None for any other object."""
    found = getattr(function, "node_type", None)
    return found if isinstance(found, NodeType) else None
