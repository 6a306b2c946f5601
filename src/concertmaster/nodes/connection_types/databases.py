"""Connections to databases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from concertmaster.nodes.connection_types.model import ConnectionModel, Host, Port, Text
from concertmaster.nodes.credentials import Secret

CaCertificate = Annotated[
    str | None,
    Field(
        title="CA certificate",
        max_length=100_000,
        description="PEM of the authority that signed the server's certificate, when it is not a public one.",
        json_schema_extra={"format": "textarea"},
    ),
]
DatabaseFile = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1_000,
        description="File, relative to the workspace.",
        json_schema_extra={"format": "path"},
    ),
]


class Postgres(ConnectionModel):
    """A PostgreSQL database, or one that speaks its protocol."""

    host: Host
    port: Port = 5432
    database: Annotated[Text, Field(description="Name of the database.")] = "postgres"
    username: Text
    password: Secret | None = None
    sslmode: Annotated[
        Literal["disable", "prefer", "require", "verify-full"],
        Field(
            title="TLS",
            description="`verify-full` also checks whose certificate it is; `prefer` goes on without TLS where the "
            "server has none.",
        ),
    ] = "prefer"
    ca_certificate: CaCertificate = None


class Mysql(ConnectionModel):
    """A MySQL or MariaDB database."""

    host: Host
    port: Port = 3306
    database: Annotated[Text | None, Field(description="Name of the database.")] = None
    username: Text
    password: Secret | None = None
    sslmode: Annotated[
        Literal["disable", "require", "verify-full"],
        Field(title="TLS", description="`verify-full` also checks whose certificate it is."),
    ] = "disable"
    ca_certificate: CaCertificate = None


class Sqlite(ConnectionModel):
    """A SQLite file of the workspace."""

    path: DatabaseFile
    read_only: Annotated[bool, Field(description="Refuse everything that would write.")] = False


class Duckdb(ConnectionModel):
    """A DuckDB file of the workspace."""

    path: DatabaseFile
    read_only: Annotated[bool, Field(description="Refuse everything that would write.")] = False
