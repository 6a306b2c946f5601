"""Canaries: made-up secrets that are given to a node while its example runs, and must not come out anywhere."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from concertmaster.domain.redaction import MASK, Redactor
from concertmaster.nodes.connection_types.catalog import TYPES

# What a connection needs beside its secrets, by the name of the field: nothing that answers.
_PLACES: Mapping[str, Any] = {
    "host": "127.0.0.1",
    "port": 1,
    "base_url": "http://127.0.0.1:1",
    "url": "http://127.0.0.1:1",
    "endpoint_url": "http://127.0.0.1:1",
    "path": "canary.db",
}


@dataclass(slots=True)
class Canaries:
    """The secrets of one trial.

    Attributes:
        known: each secret, and whose it is in words.
    """

    known: dict[str, str] = field(default_factory=dict[str, str])

    def make(self, whose: str) -> str:
        """A new one."""
        made = f"canary-{secrets.token_hex(10)}"
        self.known[made] = whose
        return made

    def connection(self, name: str, type_: str) -> list[dict[str, Any]]:
        """Values for a connection, the fullest first: a type may not take all of its secrets together."""
        known = TYPES.get(type_)
        if known is None:
            return [{"token": self.make(f"the token of the connection '{name}'")}]
        if type_ == "http":
            return [{"token": self.make(f"the token of the connection '{name}'")}]
        properties = cast("dict[str, dict[str, Any]]", known.schema["properties"])
        required = cast("list[str]", known.schema.get("required") or [])
        values: dict[str, Any] = {}
        for field_ in properties:
            if field_ in known.secret_fields:
                values[field_] = self.make(f"the {field_} of the connection '{name}'")
            elif field_ in required:
                values[field_] = _PLACES.get(field_, "canary")
        return [
            values,
            {field_: value for field_, value in values.items() if field_ in required or field_ == "password"},
        ]

    def found(self, text: str, *, opened: bool) -> str | None:
        """Whose secret a text shows, in whatever form it slips in; None when it shows none.

        Args:
            opened: whether a connection was opened, whose secrets are masked wherever they would have shown.
        """
        for secret, whose in self.known.items():
            if Redactor([secret]).redact(text) != text:
                return whose
        return f"{self._all()} (masked by ConcertMaster)" if opened and MASK in text else None

    def _all(self) -> str:
        return " or ".join(self.known.values()) or "a secret"


def secret_fields(schema: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Names of the config fields that hold a secret text."""
    for name, field_ in cast("Mapping[str, Mapping[str, Any]]", schema.get("properties") or {}).items():
        if isinstance(config.get(name), str) and any(one.get("writeOnly") for one in _branches(field_)):
            yield name


def connections_in(schema: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and type of the connections that a config names."""
    for name, field_ in cast("Mapping[str, Mapping[str, Any]]", schema.get("properties") or {}).items():
        wanted = next((one for one in _branches(field_) if one.get("format") == "connection"), None)
        value = config.get(name)
        if wanted is not None and isinstance(value, str) and "{{" not in value:
            yield value, str(wanted.get("x-connection") or "http")


def _branches(field_: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield field_
    yield from cast("list[Mapping[str, Any]]", field_.get("anyOf") or [])
