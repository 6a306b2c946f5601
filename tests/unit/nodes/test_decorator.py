"""@node: what a signature says becomes ports, config, outlets and a call; bad ones are refused with their place."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

import duckdb
import jsonschema_rs
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel, Field, ValidationError

from concertmaster import Connection, Context, File, Input, Outlet, Secret, Sql, Table, UserError, node
from concertmaster.nodes.node_type import NodeType, node_type_of

if TYPE_CHECKING:
    import decimal


class Mode(enum.Enum):
    FAST = "fast"
    SAFE = "safe"


class Window(BaseModel):
    first_day: int
    days: int = 7


def typed(function: Callable[..., Any]) -> NodeType:
    found = node_type_of(function)
    assert found is not None
    return found


@node(category="transform", effect="none")
def keep_above(table: pl.LazyFrame, column: str, above: float = 0.0) -> pl.LazyFrame:
    """Keep the rows whose column exceeds a value.

    Nulls are dropped.

    Args:
        column: name of the column,
            which holds numbers.
        above: rows at this value are dropped too.
    Returns:
        The rest.
    Example:
        ```yaml
        concertmaster: 1
        name: example
        ```
    """
    return table.filter(pl.col(column) > above)


def test_the_function_stays_a_function() -> None:
    frame = pl.LazyFrame({"x": [1, 5]})
    assert keep_above(frame, "x", 3).collect().to_dicts() == [{"x": 5}]


def test_signature_and_docstring_say_everything() -> None:
    spec = typed(keep_above).spec
    assert (spec.id, spec.version, spec.category, spec.effect) == ("test_decorator.keep_above", 1, "transform", "none")
    assert (spec.title, spec.description) == ("Keep above", "Keep the rows whose column exceeds a value.")
    assert "Nulls are dropped." in spec.docs
    assert "**Returns**" in spec.docs
    assert "column:" not in spec.docs
    assert spec.example == "concertmaster: 1\nname: example\n"
    assert spec.summary_field == "column"
    assert [(port.name, port.type.kind, port.required) for port in spec.ports] == [("in", "table", True)]
    assert [(outlet.name, outlet.type.kind) for outlet in spec.outlets] == [("out", "table")]
    assert spec.schema == {
        "type": "object",
        "additionalProperties": False,
        "required": ["column"],
        "properties": {
            "column": {
                "type": "string",
                "title": "Column",
                "x-order": 0,
                "description": "name of the column, which holds numbers.",
            },
            "above": {
                "type": "number",
                "title": "Above",
                "x-order": 1,
                "default": 0.0,
                "description": "rows at this value are dropped too.",
            },
        },
    }


def test_every_data_type_is_a_port_of_its_kind() -> None:
    @node
    def many(
        first: Table,
        frame: pl.DataFrame | None,
        arrow: list[pa.Table],
        relation: duckdb.DuckDBPyRelation,
        reader: pa.RecordBatchReader,
        file: File,
        ctx: Context,
        number: Input[int],
        anything: Input[Any] | None = None,
        several: list[Input[dict[str, int]]] | None = None,
        limit: int = 3,
        **others: pl.LazyFrame,
    ) -> None: ...

    type_ = typed(many)
    ports = [(port.name, port.type.kind, port.required, port.type.many) for port in type_.spec.ports]
    assert ports == [
        ("in", "table", True, False),
        ("frame", "table", False, False),
        ("arrow", "table", False, True),
        ("relation", "table", True, False),
        ("reader", "table", True, False),
        ("file", "file", True, False),
        ("number", "json", True, False),
        ("anything", "any", False, False),
        ("several", "json", False, True),
    ]
    kinds = ["table", "dataframe", "arrow", "relation", "reader", "file", "json", "handle", "json"]
    assert [argument.kind for argument in type_.arguments] == kinds
    assert type_.spec.ports[6].type.schema == {"type": "integer"}
    assert type_.context == "ctx"
    assert type_.variadic is not None
    assert type_.variadic.kind == "lazyframe"
    assert type_.spec.any_port is not None
    assert list(type_.config_model.model_fields) == ["limit"]


def test_a_function_without_data_has_an_implicit_port() -> None:
    @node
    def plain(text: str) -> str:
        return text

    (port,) = typed(plain).spec.ports
    assert (port.name, port.required, port.implicit) == ("in", False, True)
    assert typed(plain).argument("in") is None


def test_only_tables_of_any_name_take_what_is_wired_to_in() -> None:
    @node
    def union(**tables: Table) -> list[str]:
        return sorted(tables)

    type_ = typed(union)
    config = type_.config_model()
    keywords = type_.keywords(config, {"in": "a table", "other": "another"})
    assert keywords == {"input": "a table", "other": "another"}


def test_config_types_become_schema_and_values() -> None:
    @node
    def rich(
        mode: Mode,
        window: Window,
        level: Annotated[int, Field(ge=1, le=9, description="from the field")] = 3,
        kind: Literal["a", "b"] = "a",
        wait: timedelta = timedelta(seconds=30),
        either: int | str | None = None,
        query: Sql | None = None,
        token: Secret | None = None,
        login: Connection[Literal["http"]] | None = None,
        json: dict[str, float] | None = None,
    ) -> None:
        """Rich.

        Args:
            level: from the docstring.
        """

    type_ = typed(rich)
    properties = type_.spec.schema["properties"]
    assert properties["level"]["description"] == "from the field"
    assert properties["wait"]["default"] == "30s"
    assert properties["json"]["title"] == "JSON"
    assert {"type": "string", "format": "connection", "x-connection": "http"} in properties["login"]["anyOf"]
    assert {"type": "string", "format": "password", "writeOnly": True} in properties["token"]["anyOf"]
    assert any(option.get("format") == "sql" for option in properties["query"]["anyOf"])
    assert [properties[name]["x-order"] for name in properties] == list(range(10))
    assert type_.spec.schema["$defs"]["Window"]["properties"]["first_day"]["title"] == "First day"
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **type_.spec.schema})

    raw = {
        "mode": "safe", "window": {"first_day": 2}, "wait": "5m", "token": "hunter2", "login": "crm", "json": {"a": 1},
        "query": "select 1",
    }  # fmt: skip
    assert jsonschema_rs.is_valid(dict(type_.spec.schema), raw)
    config = type_.config_model.model_validate(raw)
    keywords = type_.keywords(config, {})
    assert keywords["mode"] is Mode.SAFE
    assert keywords["window"] == Window(first_day=2)
    assert keywords["wait"] == timedelta(minutes=5)
    assert keywords["token"].reveal() == "hunter2"
    assert keywords["login"] == Connection("http", "crm")
    assert keywords["json"] == {"a": 1.0}
    assert keywords["query"].text == "select 1"
    assert type_.connections == ("login",)
    assert "hunter2" not in repr(config) + config.model_dump_json()
    with pytest.raises(ValidationError, match="unknown"):
        type_.config_model.model_validate({**raw, "unknown": 1})


def test_outlets_of_a_chooser() -> None:
    @node(id="logic.choose", outlets=("true", "false"), passthrough=True, effect="none")
    def choose(value: Input[Any], condition: bool) -> Outlet[Any]:
        return Outlet("true" if condition else "false", value)

    type_ = typed(choose)
    assert [(outlet.name, outlet.passthrough) for outlet in type_.spec.outlets] == [("true", True), ("false", True)]
    assert type_.split(Outlet("false", 5)) == {"false": 5}
    assert type_.split({"true": 1, "false": 2}) == {"true": 1, "false": 2}
    assert type_.split({}) == {}
    assert type_.split({"extra": 1}, outlets=("extra", "true")) == {"extra": 1}
    for wrong, code in [(Outlet("maybe", 1), "node.outlet_unknown"), (5, "node.outlet_missing")]:
        with pytest.raises(UserError, match="true, false") as caught:
            type_.split(wrong)
        assert caught.value.code == code
    assert typed(keep_above).split({"out": 1}) == {"out": {"out": 1}}


class Parts(TypedDict):
    good: pl.LazyFrame
    report: dict[str, int]


def test_outlet_types_come_from_the_return_annotation() -> None:
    @node(outlets=("good", "report"))
    def parts(table: Table) -> Parts: ...  # type: ignore[empty-body]

    @node(outlets=("a", "b"))
    def same(table: Table) -> dict[str, Table]: ...  # type: ignore[empty-body]

    @node
    def stream() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame()

    @node
    async def async_stream() -> AsyncIterator[pl.DataFrame]:
        yield pl.DataFrame()

    @node
    def file() -> File | None: ...

    @node
    def data() -> list[int]: ...  # type: ignore[empty-body]

    @node
    def untold(): ...  # type: ignore[no-untyped-def]

    def kinds(function: Callable[..., Any]) -> list[str]:
        return [outlet.type.kind for outlet in typed(function).spec.outlets]

    assert kinds(parts) == ["table", "json"]
    assert kinds(same) == ["table", "table"]
    assert kinds(stream) == ["table"]
    assert kinds(async_stream) == ["table"]
    assert kinds(file) == ["file"]
    assert kinds(data) == ["json"]
    assert typed(data).spec.outlets[0].type.schema == {"type": "array", "items": {"type": "integer"}}
    assert kinds(untold) == ["any"]


def test_where_a_function_runs() -> None:
    @node
    async def asynchronous() -> None: ...

    assert typed(keep_above).call == "thread"
    assert typed(asynchronous).call == "plugin_loop"


def test_effect_may_depend_on_a_field() -> None:
    @node(effect_by=("method", {"get", "HEAD"}))
    def call(method: str = "GET") -> None: ...

    spec = typed(call).spec
    assert spec.effect_of({}) == "read"
    assert spec.effect_of({"method": "POST"}) == "write"
    assert spec.effect_of({"method": "{{ inputs.method }}"}) == "write"


def test_keywords_fill_what_is_not_wired() -> None:
    @node
    def mixed(left: Table, right: Table | None, more: list[Table], sizes: Input[list[int]]) -> None: ...

    type_ = typed(mixed)
    config = type_.config_model()
    given = type_.keywords(config, {"in": "l", "sizes": ["1", 2]})
    assert given == {"left": "l", "right": None, "more": [], "sizes": [1, 2]}
    with pytest.raises(UserError, match=r"'sizes'\[1\]") as caught:
        type_.keywords(config, {"in": "l", "sizes": [1, "x"]})
    assert caught.value.code == "node.input_invalid"
    with pytest.raises(UserError, match="'in' has no value"):
        type_.keywords(config, {"sizes": []})


def _untyped(x): ...  # type: ignore[no-untyped-def]
def _star(*x: int) -> None: ...
def _double_star(**x: int) -> None: ...
def _positional(x: int, /) -> None: ...
def _unresolved(x: decimal.Decimal) -> None: ...
def _field_default(x: int = Field(3, ge=1)) -> None: ...  # type: ignore[assignment]
def _mixed(x: Table | str) -> None: ...
def _no_schema(x: Callable[[], int]) -> None: ...
def _no_config(x: object()) -> None: ...  # type: ignore[valid-type]
def _good(x: int) -> None: ...


BAD: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (_untyped, {}, "'x': it has no type"),
    (_star, {}, r"`\*x: 'int'` cannot be filled"),
    (_double_star, {}, "cannot be filled"),
    (_positional, {}, "cannot be filled"),
    (_unresolved, {}, r"'x': its type `decimal\.Decimal` cannot be resolved.*outside of `if TYPE_CHECKING`"),
    (_field_default, {}, "Annotated"),
    (_mixed, {}, "combined with None and list only"),
    (_no_schema, {}, "no JSON Schema"),
    (_no_config, {}, "'x'"),
    (_good, {"id": "Bad Id"}, "no type id"),
    (_good, {"version": 0}, "count from 1"),
    (_good, {"effect": "maybe"}, "'none', 'read' or 'write'"),
    (_good, {"summary": "y"}, "use one of: x"),
    (_good, {"effect_by": ("y", {"GET"})}, "use one of: x"),
    (_good, {"outlets": ("a", "a")}, "'a' cannot be an outlet"),
    (_good, {"outlets": ("error",)}, "'error' cannot be an outlet"),
    (_good, {"outlets": ()}, "single outlet"),
]


@pytest.mark.parametrize(("function", "traits", "words"), BAD)
def test_bad_signatures_name_place_and_remedy(function: Any, traits: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        node(**{"id": "test.bad", **traits})(function)
    error = caught.value
    assert error.code == "node.bad_signature"
    assert error.message.startswith(
        f"{__file__}:{function.__code__.co_firstlineno}: node function '{function.__name__}'"
    )
    assert error.details["remedy"] in error.message


def test_a_class_is_no_node() -> None:
    with pytest.raises(TypeError, match="functions"):
        node(Window)


def test_names_that_pydantic_keeps_for_itself_are_fine() -> None:
    @node
    def odd(schema: str, copy: int = 1, model_config: str = "x", _private: bool = False) -> None: ...

    type_ = typed(odd)
    assert list(type_.spec.schema["properties"]) == ["schema", "copy", "model_config", "_private"]
    config = type_.config_model.model_validate({"schema": "s", "_private": True})
    assert type_.keywords(config, {}) == {"schema": "s", "copy": 1, "model_config": "x", "_private": True}
