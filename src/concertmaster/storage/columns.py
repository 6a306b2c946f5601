"""What columns are made of, and the schema that all tables belong to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from concertmaster.storage.encoding import plain_text


class PlainText(TypeDecorator[str]):
    """Text that every database can hold; see `encoding.plain_text`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """On the way into a statement."""
        return None if value is None else plain_text(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")

# Keys are compared byte by byte, as SQLite does: cursors and lists must not depend on the language of a server.
KEY = PlainText().with_variant(PlainText(collation="C"), "postgresql")
