"""Secret and Connection: config types that never show what they hold.

A workflow document holds the *name* of a connection, never its values. The config model turns that name into a
`Connection` without values (a reference); the engine, or `await context.connection(...)`, fills them in.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar, cast, get_args, get_origin

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from concertmaster.domain.errors import UserError

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    TypeName = TypeVar("TypeName", bound=str, default=str)
else:
    TypeName = TypeVar("TypeName")

_HIDDEN = "***"
# Fields that tell where and who, not how to get in: hiding them in logs would hide what went wrong.
_PUBLIC_FIELDS = frozenset({
    "access_key_id", "auth", "base_url", "bootstrap_servers", "bucket", "ca_certificate", "client_id", "database",
    "endpoint_url", "from_address", "header", "host", "host_key", "path", "port", "query_parameter", "read_only",
    "region", "sasl_mechanism", "scope", "security", "security_protocol", "sslmode", "tls", "token_url", "user",
    "username", "virtual_host",
})  # fmt: skip


class Secret:
    """A text that no log, error, repr or output shows. `reveal()` gives it to whoever really needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; hand it on, never log or return it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_HIDDEN})"

    def __str__(self) -> str:
        return _HIDDEN

    def __format__(self, format_spec: str) -> str:
        return _HIDDEN

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validate(cls, value: object) -> Secret:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str):
            return cls(value)
        raise PydanticCustomError("secret_type", "Input should be a text")


@dataclass(frozen=True, slots=True)
class Connection(Generic[TypeName]):
    """A named set of credentials; as an annotation `Connection["http"]` asks for one of that type.

    Where a linter or type checker reads the code, write `Connection[Literal["http"]]`: they take a plain string
    there for the name of a class. `Connection[Literal["sftp", "s3"]]` takes either.

    Attributes:
        type: `http`, `postgres`, ...; "" as long as nobody has looked it up.
        name: what the workflow calls it.
        values: its fields, decrypted, with what its type has for those that are not given; empty in a reference that
            was not looked up yet. Texts, or numbers and yes or no where the type says so (`port`, `tls`).
    """

    type: str
    name: str
    values: Mapping[str, Any] = field(default_factory=lambda: {}, repr=False)

    if not TYPE_CHECKING:

        def __class_getitem__(cls, type_: Any) -> Any:
            types = get_args(type_) if get_origin(type_) is Literal else (type_,)
            return Annotated[cls, ConnectionOf(*map(str, types))]

    def secret(self, name: str) -> Secret:
        """One of its fields.

        Raises:
            UserError: `connection.field_missing`; the message names the fields it has.
        """
        if name in self.values:
            return Secret(str(self.values[name]))
        raise UserError(
            "connection.field_missing",
            f"Connection '{self.name}' has no field '{name}'"
            + (f"; it has {', '.join(sorted(self.values))}" if self.values else "; it has no fields")
            + f". Add it with: concertmaster connection add {self.name}",
            connection=self.name,
            field=name,
        )

    def secrets(self) -> frozenset[str]:
        """The values that logs, errors and results may not show."""
        return frozenset(str(value) for name, value in self.values.items() if name not in _PUBLIC_FIELDS)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _connection_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "connection"}


class ConnectionOf:
    """Annotation marker: the connection must be of one of these types."""

    def __init__(self, *types: str) -> None:
        self.types = types

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _connection_schema(*self.types)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "connection",
            "x-connection": self.types[0] if len(self.types) == 1 else list(self.types),
        }


def _connection_schema(*types: str) -> CoreSchema:
    def validate(value: object) -> Connection:
        if isinstance(value, Connection):
            value = cast("Connection", value)
            if types and value.type and value.type not in types:
                raise PydanticCustomError(
                    "connection_type",
                    "Connection '{name}' is of type {actual}, not {wanted}",
                    {"name": value.name, "actual": value.type, "wanted": " or ".join(types)},
                )
            return value
        if isinstance(value, str) and value:
            return Connection(types[0] if len(types) == 1 else "", value)
        raise PydanticCustomError("connection_name", "Input should be the name of a connection")

    return core_schema.no_info_plain_validator_function(
        validate, serialization=core_schema.plain_serializer_function_ser_schema(_connection_name)
    )


def _connection_name(connection: Connection) -> str:
    return connection.name
