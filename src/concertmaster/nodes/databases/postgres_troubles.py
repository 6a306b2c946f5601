"""What the errors of PostgreSQL mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg

from concertmaster.nodes.databases.troubles import Kind, Trouble

# SQLSTATE, or its class, to what it means; https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES: Mapping[str, Kind] = {
    "28": "login", "3D000": "login", "42501": "rights", "42P01": "unknown_table", "42703": "unknown_column",
    "42": "statement", "0A": "statement", "23": "constraint", "22": "value", "55P03": "locked", "57014": "ended",
    "40": "conflict", "08": "lost", "57P": "lost", "53300": "busy", "53": "full", "25006": "read_only",
    "21": "statement", "2B": "statement", "3F": "statement", "P0": "failed",
}  # fmt: skip
_CONNECTING: tuple[tuple[str, Kind, str], ...] = (
    ("password authentication failed", "login", "Check username and password"),
    ("no password supplied", "login", "Give the connection a `password`"),
    ("password", "login", "Check username and password"),
    ("does not exist", "login", "Check database and username"),
    (
        "pg_hba.conf",
        "login",
        "Check username and database; pg_hba.conf of the server may refuse this machine, or ask for TLS",
    ),
    ("certificate", "login", "Check `sslmode` and `ca_certificate`; the host must be the name in the certificate"),
    ("does not support SSL", "unreachable", "Set `sslmode` to prefer or disable, or turn TLS on at the server"),
    ("too many", "busy", "The server has no connection free; raise max_connections, or use a pool"),
    ("remaining connection slots", "busy", "The server has no connection free; raise max_connections, or use a pool"),
    ("starting up", "unreachable", "The server is starting; try again"),
    ("shutting down", "unreachable", "The server is stopping; try again"),
)
_NAMED = re.compile(r'(?:relation|table|column) "?([^"]+?)"?(?: of relation .*)? does not exist')


def trouble_of(error: psycopg.Error) -> Trouble:
    """By SQLSTATE; what has none comes from the driver itself."""
    state, said = error.sqlstate, error.diag
    if state is None:
        # The driver's own: it could not read a value, or the connection is gone.
        if isinstance(error, psycopg.DataError):
            return Trouble("value", str(error), fix="Cast the column in the query, to text if nothing else fits")
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Trouble("lost" if lost else "failed", str(error))
    kind = _kind_of(state)
    parts = [said.message_primary or str(error), said.message_detail, said.message_hint]
    if kind == "value" and said.context:
        parts.append(said.context)
    message = ". ".join(part.rstrip(".") for part in parts if part)
    named = _NAMED.search(said.message_primary or "")
    return Trouble(kind, message, missing=named[1] if named else None)


def _kind_of(state: str) -> Kind:
    for length in (5, 3, 2):
        if state[:length] in _STATES:
            return _STATES[state[:length]]
    return "failed"


def while_connecting(error: psycopg.Error) -> Trouble:
    """libpq tells what went wrong while connecting by its text alone; `fix` says what to do about it."""
    text = str(error)
    for words, kind, fix in _CONNECTING:
        if words in text:
            return Trouble(kind, text, fix=fix)
    fix = "Check host, port and `sslmode`, and that a PostgreSQL server listens there"
    return Trouble("unreachable", text, fix=fix)
