"""What a query may contain: one SELECT over the inputs, told from DuckDB's own parse tree.

The locked session (`session.py`) already keeps a query from files, network and configuration. This check is the other
half: it keeps it from looking at the session itself, and it answers with a sentence instead of a permission error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from concertmaster import UserError
from concertmaster.nodes.builtin.duck.bounds import bound_values
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import duckdb
else:
    duckdb = deferred("duckdb")

# Everything that is not here (read_csv, glob, query, duckdb_settings, ...) looks beyond the inputs.
_TABLE_FUNCTIONS = frozenset({"generate_series", "range", "unnest", "json_each", "json_tree", "repeat", "repeat_row"})
_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_RANKS = frozenset({"rank", "dense_rank", "percent_rank", "cume_dist"})
# About the session instead of the data, or with an effect; `pg_*` and `has_*_privilege` are refused by their names.
_SESSION_FUNCTIONS = frozenset(
    {
        "current_catalog", "current_connection_id", "current_database", "current_query", "current_query_id",
        "current_role", "current_schema", "current_schemas", "current_setting", "current_transaction_id",
        "current_user", "currval", "getenv", "getvariable", "in_search_path", "nextval", "session_user", "setseed",
        "setval", "sleep_ms", "txid_current", "user", "version", "write_log", "json_serialize_sql",
        "json_deserialize_sql", "json_serialize_plan", "parse_duckdb_log_message",
    }
)  # fmt: skip


Part = dict[str, Any]
"""An object of a query's parse tree."""


def check_query(con: duckdb.DuckDBPyConnection, text: str, tables: Sequence[str]) -> list[Part]:
    """Refuse a query that is more than one SELECT over `tables`, and bound the values that its functions make.

    Returns:
        The objects of its parse tree.
    Raises:
        UserError: `sql.syntax`, `sql.not_a_select`, `sql.unknown_table` or `sql.not_allowed`.
    """
    tree = _tree(con, text)
    names = {table.lower() for table in tables} | {name.lower() for name in _cte_names(tree)}
    parts = list(_parts(tree))
    for part in parts:
        _check_part(part, names, tables)
    bound_values(con, (str(part.get("function_name", "")).lower() for part in parts))
    return parts


def check_expression(con: duckdb.DuckDBPyConnection, text: str, what: str) -> None:
    """Refuse text that is not exactly one SQL expression, so that it can be put into a query of ours.

    Args:
        what: names the text in messages: "the condition".
    Raises:
        UserError: `sql.syntax` or `sql.not_an_expression`.
    """
    _one_expression(con, text, what, "")


def check_window(con: duckdb.DuckDBPyConnection, text: str, what: str) -> str | None:
    """Refuse text that is neither one call of a function nor an expression with `OVER w` in it.

    Returns:
        The window that the call gets: `ties` for ranks, which need equal rows to be equal, else `w`; None where the
        text says its windows itself.
    Raises:
        UserError: `sql.syntax`, `sql.not_an_expression` or `sql.no_window`.
    """
    root = _one_expression(con, text, what, "WINDOW w AS (), ties AS ()")
    if any(part.get("class") == "WINDOW" for part in _parts(root)):
        return None
    if root.get("class") != "FUNCTION" or root.get("is_operator"):
        raise UserError(
            "sql.no_window",
            f"{what} has to be a call such as sum(x), or say where its window functions look: "
            f"`x - lag(x) over w`, not: {text.strip()}",
        )
    return "ties" if str(root.get("function_name", "")).lower() in _RANKS else "w"


def _one_expression(con: duckdb.DuckDBPyConnection, text: str, what: str, clauses: str) -> dict[str, Any]:
    """The parse tree of the expression that the text has to be."""
    # On a line of its own, so that a comment at the end of the text cannot swallow what follows it; and without
    # parentheses, so that `1) or (1` is an error.
    tree = _tree(con, f"SELECT\n{text}\nAS value FROM input {clauses}", shown=f"{what}: {text.strip()}")
    node = tree[0]
    selected = cast("list[dict[str, Any]]", node.get("select_list", []))
    plain = node.get("type") == "SELECT_NODE" and len(selected) == 1 and selected[0].get("alias") == "value"
    if (
        not plain
        or any(node.get(clause) for clause in ("where_clause", "having", "qualify", "sample"))
        or node.get("modifiers")
        or node.get("group_expressions")
        or node.get("from_table", {}).get("table_name") != "input"
    ):
        raise UserError("sql.not_an_expression", f"{what} has to be one SQL expression, not: {text.strip()}")
    return selected[0]


def _tree(con: duckdb.DuckDBPyConnection, text: str, shown: str | None = None) -> list[dict[str, Any]]:
    """The query nodes of the parse tree: one, the SELECT."""
    # All rows, because DuckDB refuses other work on a connection with an unfinished result.
    rows = con.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()
    answer = cast("dict[str, Any]", json.loads(rows[0][0]))
    if answer.get("error"):
        message = str(answer.get("error_message", "")).strip()
        if answer.get("error_type") == "not implemented" or not message:
            raise UserError(
                "sql.not_a_select", "Only one SELECT is possible here: no other statement, and none beside it"
            )
        raise UserError("sql.syntax", f"{message} in {shown or text.strip()}")
    statements = cast("list[dict[str, Any]]", answer.get("statements", []))
    if len(statements) != 1:
        raise UserError(
            "sql.not_a_select", f"Only one SELECT is possible here, and these are {len(statements)} statements"
        )
    return [cast("dict[str, Any]", statements[0]["node"])]


def _check_part(part: dict[str, Any], names: set[str], tables: Sequence[str]) -> None:
    kind = str(part["type"])
    if part.get("class") == "FUNCTION":
        name = str(part.get("function_name", "")).lower()
        if part.get("schema") or part.get("catalog"):
            raise _refused(f"Functions are named without a schema, as {name}()")
        if name in _SESSION_FUNCTIONS or name.startswith("pg_") or name.endswith("_privilege"):
            raise _refused(f"The function {name}() tells about the database instead of the data")
    elif part.get("class") == "COLUMN_REF":
        # `current_user` without parentheses is parsed as a column and bound as a function.
        column = cast("list[str]", part.get("column_names", []))
        if (
            len(column) == 1
            and column[0].lower() in _SESSION_FUNCTIONS
            and column[0].lower().startswith(("current_", "session_"))
        ):
            raise _refused(f"{column[0]} tells about the database instead of the data")
    elif kind == "BASE_TABLE":
        _check_table(part, names, tables)
    elif kind == "TABLE_FUNCTION":
        name = str(part["function"].get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise _refused(f"The table function {name}() looks beyond the inputs; wire a file.read node to this one")
    elif kind == "SHOW_REF":
        raise _refused("DESCRIBE, SUMMARIZE and SHOW are no SELECT")
    elif kind.endswith("_NODE") and kind not in _QUERY_NODES:
        raise _refused(
            f"{kind.removesuffix('_NODE').removesuffix('_QUERY').lower()} changes data; only SELECT is possible"
        )


def _check_table(part: dict[str, Any], names: set[str], tables: Sequence[str]) -> None:
    name = str(part.get("table_name", ""))
    if part.get("schema_name") or part.get("catalog_name") or part.get("at_clause"):
        raise _refused(f"Tables are named without a schema, not {part.get('schema_name')}.{name}")
    if name.lower() not in names:
        known = ", ".join(tables) or "none: nothing is wired to this node"
        raise UserError(
            "sql.unknown_table",
            f"There is no table '{name}'; the inputs are: {known}{hint(name, tables)}",
            table=name,
        )


def _refused(what: str) -> UserError:
    return UserError("sql.not_allowed", f"{what}. A query can only SELECT from its inputs")


def _parts(tree: object) -> Iterator[dict[str, Any]]:
    """Every object of the tree that has a type, without recursion: queries may nest deeply."""
    waiting: list[object] = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found = cast("dict[str, Any]", part)
            if isinstance(found.get("type"), str):
                yield found
            waiting.extend(found.values())
        elif isinstance(part, list):
            waiting.extend(cast("list[object]", part))


def _cte_names(tree: object) -> Iterator[str]:
    for part in _parts(tree):
        for entry in cast("list[dict[str, Any]]", (part.get("cte_map") or {}).get("map", [])):
            yield str(entry["key"])
