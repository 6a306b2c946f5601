"""What the errors of MySQL mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pymysql import err

from concertmaster.nodes.databases.troubles import Kind, Trouble

# Error numbers to what they mean; https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
_KINDS: tuple[tuple[Kind, tuple[int, ...]], ...] = (
    ("login", (1044, 1045, 1049, 1130, 1698, 3159)),
    ("rights", (1142, 1143, 1227, 1370)),
    ("unknown_table", (1051, 1146)),
    ("unknown_column", (1054,)),
    (
        "statement",
        (1064, 1065, 1052, 1060, 1066, 1111, 1136, 1140, 1149, 1210, 1241, 1242, 1243, 1248, 1305, 1295, 1166),
    ),
    ("constraint", (1048, 1062, 1169, 1216, 1217, 1364, 1451, 1452, 3819, 4025)),
    ("value", (1264, 1300, 1265, 1292, 1366, 1406, 1411, 1416, 3140)),
    ("locked", (1205,)),
    ("conflict", (1213, 1020)),
    ("lost", (1053, 1927, 2006, 2013, 2055, 4031)),
    ("ended", (1317, 1969, 3024)),
    ("busy", (1040, 1203, 1226)),
    ("read_only", (1290, 1792, 1836)),
    ("full", (1021, 1030, 1041, 1114)),
)
_KIND_OF: Mapping[int, Kind] = {number: kind for kind, numbers in _KINDS for number in numbers}
# In place of the usual remedy; https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
FIXES: Mapping[int, str] = {
    1040: "The server has no connection free; raise max_connections",
    1044: "Give the user rights on the database",
    1045: "Check username and password",
    1049: "Check the name of the database, or make it",
    1130: "The server does not let this machine in; allow it for this user",
    1698: "Check username and password",
    3159: "The server asks for TLS; set `sslmode` to require",
}
_NAMED = re.compile(r"Table '(?:[^'.]*\.)?([^']*)' doesn't exist|Unknown (?:column|table) '([^']*)'")


def trouble_of(error: Exception) -> Trouble:
    """By error number."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    message = str(error.args[1]) if len(error.args) > 1 else str(error)
    if isinstance(error, OSError):
        return Trouble("lost", message or type(error).__name__)
    if isinstance(error, err.InterfaceError):
        return Trouble("lost", message or "the connection is closed")
    kind = _KIND_OF.get(number, "failed")
    if kind == "failed" and isinstance(error, err.ProgrammingError | err.DataError):
        kind = "value" if isinstance(error, err.DataError) or "can not be used" in message else "statement"
    named = _NAMED.search(message)
    return Trouble(kind, message, missing=(named[1] or named[2]) if named else None, fix=FIXES.get(number))
