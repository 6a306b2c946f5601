"""Which of DuckDB's types go together."""

from __future__ import annotations

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL", "UHUGEINT")


def kind_of(type_: str) -> str:
    """A word for all types whose values can stand in one column: `number`, `text`, ..., else the type itself."""
    if is_number(type_):
        return "number"
    if type_.startswith(("VARCHAR", "ENUM")):
        return "text"
    if "NULL" in type_ and not type_.startswith(("STRUCT", "MAP")):
        return "nothing"
    return "moment" if type_.startswith(("TIMESTAMP", "DATE")) and "ZONE" not in type_ else type_


def is_number(type_: str) -> bool:
    """Whether sums and means make sense."""
    return type_ in _NUMBERS or (type_.startswith(_FRACTIONS) and not type_.endswith("]"))
