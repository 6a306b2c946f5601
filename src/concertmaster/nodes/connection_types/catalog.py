"""The types of connections that ConcertMaster knows: their fields, and whether values fit them.

Node types may ask for a type of their own; such a connection takes any texts, which nobody can read back; in
logs and outputs those are masked whose names do not say where or who (`credentials.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, cast

from pydantic import ValidationError

from concertmaster.domain.near_miss import one_of
from concertmaster.domain.problems import Problem, pointer
from concertmaster.nodes.connection_types.databases import Duckdb, Mysql, Postgres, Sqlite
from concertmaster.nodes.connection_types.model import ConnectionModel
from concertmaster.nodes.connection_types.services import S3, Kafka, Nats, Rabbitmq, Redis, Sftp, Smtp
from concertmaster.nodes.connection_types.web import Http, Slack, Webhook
from concertmaster.nodes.credentials import Secret

_LONGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class ConnectionType:
    """One type: what the form shows and what its test needs.

    Attributes:
        id: `postgres`; what a connection's `type` says.
        driver: module that its test needs, None when it comes with ConcertMaster.
        extra: what installs the driver: `concertmaster[mysql]`.
        testable: whether there is a test; it goes to the server and changes nothing there.
    """

    id: str
    title: str
    model: type[ConnectionModel]
    driver: str | None = None
    extra: str | None = None
    testable: bool = True

    @property
    def description(self) -> str:
        """What it connects to."""
        return (self.model.__doc__ or "").strip()

    @property
    def schema(self) -> Mapping[str, Any]:
        """JSON Schema of its fields; secret ones are `writeOnly`."""
        return _schema(self.model)

    @property
    def secret_fields(self) -> frozenset[str]:
        """Names of the fields that nobody may see."""
        properties = cast("dict[str, dict[str, Any]]", self.schema["properties"])
        return frozenset(name for name, schema in properties.items() if _is_secret(schema))

    @property
    def missing_driver(self) -> str | None:
        """How to install what its test needs, None when it is there."""
        if self.driver is None or find_spec(self.driver) is not None:
            return None
        return f"pip install 'concertmaster[{self.extra}]'"

    def defaults(self) -> dict[str, Any]:
        """What fields have that are not given."""
        fields = self.model.model_fields.items()
        return {name: field.default for name, field in fields if not field.is_required() and field.default is not None}


TYPES: Mapping[str, ConnectionType] = {
    found.id: found
    for found in (
        ConnectionType("http", "HTTP API", Http),
        ConnectionType("postgres", "PostgreSQL", Postgres),
        ConnectionType("mysql", "MySQL or MariaDB", Mysql, "pymysql", "mysql"),
        ConnectionType("sqlite", "SQLite", Sqlite),
        ConnectionType("duckdb", "DuckDB", Duckdb),
        ConnectionType("s3", "S3", S3, "botocore", "s3"),
        ConnectionType("sftp", "SFTP", Sftp, "asyncssh", "sftp"),
        ConnectionType("smtp", "Mail (SMTP)", Smtp),
        ConnectionType("slack", "Slack webhook", Slack),
        ConnectionType("redis", "Redis", Redis, "redis", "redis"),
        ConnectionType("rabbitmq", "RabbitMQ", Rabbitmq, "aio_pika", "rabbitmq"),
        ConnectionType("nats", "NATS", Nats, "nats", "nats"),
        ConnectionType("kafka", "Kafka", Kafka, testable=False),
        ConnectionType("webhook", "Webhook callers", Webhook, testable=False),
    )
}


def check_values(type_: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Read the values of a connection.

    Returns:
        The values as plain JSON, without those that are empty, and what is wrong, at pointers below `/values`. Messages
        never quote a value.
    """
    known = TYPES.get(type_)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    if known is None:
        return _own_values(given)
    try:
        model = known.model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return {}, [_problem(known, cast("Mapping[str, Any]", item)) for item in found]
    plain = {name: value for name, value in model if name in model.model_fields_set and value is not None}
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in plain.items()}, []


def with_defaults(type_: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and what the type has for fields that are not given."""
    known = TYPES.get(type_)
    return {**(known.defaults() if known else {}), **values}


def _own_values(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    wrong = [name for name, value in given.items() if not isinstance(value, str) or len(value) > _LONGEST_TEXT]
    message = f"must be a text of at most {_LONGEST_TEXT} characters"
    problems = [Problem("connection.value_invalid", pointer("values", name), f"`{name}` {message}") for name in wrong]
    if not given:
        problems = [
            Problem("connection.empty", "/values", "a connection needs a field", fix="Give it one, such as token")
        ]
    return ({} if problems else dict(given)), problems


def _problem(known: ConnectionType, item: Mapping[str, Any]) -> Problem:
    path = [str(part) for part in cast("tuple[str | int, ...]", item["loc"])][:1]
    name, place = "".join(path), pointer("values", *path)
    match item["type"]:
        case "missing":
            return Problem("connection.value_missing", place, f"`{name}` is required")
        case "extra_forbidden":
            message = f"{known.title} has no field `{name[:60]}`"
            return Problem("connection.value_unknown", place, message, fix=one_of(name, list(known.model.model_fields)))
        case _:
            subject = f"`{name}`: " if name else ""
            text = str(item["msg"])
            return Problem("connection.value_invalid", place, subject + text[:1].lower() + text[1:])


@functools.cache
def _schema(model: type[ConnectionModel]) -> Mapping[str, Any]:
    schema = model.model_json_schema()
    # The description of the type is told beside the form.
    schema.pop("description", None)
    schema.pop("title", None)
    return schema


def _is_secret(schema: Mapping[str, Any]) -> bool:
    if schema.get("writeOnly"):
        return True
    return any(_is_secret(branch) for branch in cast("list[Mapping[str, Any]]", schema.get("anyOf") or []))
