"""Plain config: a rendered config as JSON, so that it can be called with in another process, or at another time."""

from __future__ import annotations

from typing import Any, cast

from concertmaster.domain.expression import per_item
from concertmaster.domain.expression_per_item import PerItem
from concertmaster.domain.sql_template import Marker, Sql

# No key of a document has a NUL, so nothing else looks like these.
_SQL = "\0sql"
_PER_ITEM = "\0per_item"


def plain_config(value: Any) -> Any:
    """Plain JSON of what is in a rendered config."""
    match value:
        case Sql():
            pieces = [part if isinstance(part, str) else [part.name, part.identifier] for part in value.parts]
            return {_SQL: [value.text, value.parameters, value.identifiers, pieces]}
        case PerItem():
            return {_PER_ITEM: [value.source, value.scope]}
        case dict():
            return {key: plain_config(item) for key, item in cast("dict[Any, Any]", value).items()}
        case list() | tuple():
            return [plain_config(item) for item in cast("list[Any]", value)]
        case _:
            return value


def config_of(value: Any) -> Any:
    """Inverse of `plain_config`."""
    if isinstance(value, list):
        return [config_of(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if _SQL in entries:
        text, parameters, identifiers, pieces = entries[_SQL]
        parts = tuple(piece if isinstance(piece, str) else Marker(*piece) for piece in pieces)
        return Sql(text, parameters, tuple(identifiers), parts)
    if _PER_ITEM in entries:
        return per_item(*entries[_PER_ITEM])
    return {key: config_of(item) for key, item in entries.items()}
