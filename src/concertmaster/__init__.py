"""ConcertMaster: what a node author imports, and nothing else.

    from concertmaster import node

The names load on first use, so that importing any part of the package costs no more than that part.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concertmaster.data.file import File
    from concertmaster.data.table import Table
    from concertmaster.domain.errors import OperationalError, UserError
    from concertmaster.domain.expression_per_item import PerItem
    from concertmaster.domain.sql_template import Sql
    from concertmaster.nodes.annotations import Input
    from concertmaster.nodes.context import Context, Outlet
    from concertmaster.nodes.credentials import Connection, Secret
    from concertmaster.nodes.database_options import columns_of, tables_of
    from concertmaster.nodes.decorator import node
    from concertmaster.nodes.flow import Wait
    from concertmaster.nodes.options import Options

__all__ = [
    "Connection",
    "Context",
    "File",
    "Input",
    "OperationalError",
    "Options",
    "Outlet",
    "PerItem",
    "Secret",
    "Sql",
    "Table",
    "UserError",
    "Wait",
    "columns_of",
    "node",
    "tables_of",
]

_HOMES = {
    "Connection": "concertmaster.nodes.credentials",
    "Context": "concertmaster.nodes.context",
    "File": "concertmaster.data.file",
    "Input": "concertmaster.nodes.annotations",
    "OperationalError": "concertmaster.domain.errors",
    "Options": "concertmaster.nodes.options",
    "Outlet": "concertmaster.nodes.context",
    "PerItem": "concertmaster.domain.expression_per_item",
    "Secret": "concertmaster.nodes.credentials",
    "Sql": "concertmaster.domain.sql_template",
    "Table": "concertmaster.data.table",
    "UserError": "concertmaster.domain.errors",
    "Wait": "concertmaster.nodes.flow",
    "columns_of": "concertmaster.nodes.database_options",
    "node": "concertmaster.nodes.decorator",
    "tables_of": "concertmaster.nodes.database_options",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'concertmaster' has no attribute {name!r}; it offers {', '.join(__all__)}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
