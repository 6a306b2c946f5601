"""What a database offers to a form: its tables, and the columns of one."""

from __future__ import annotations

import pytest

from concertmaster import OperationalError, columns_of, tables_of
from database_places import Place


def test_tables_and_views_and_the_columns_of_one(place: Place) -> None:
    place.run("create table orders (id integer primary key, total integer)", "create table customers (name text)")
    place.run("create view large as select id from orders where total > 10")
    given = {"connection": place.connection, "context": place.context}
    assert tables_of()(**given) == ["customers", "large", "orders"]
    assert columns_of()(**given, table="orders") == ["id", "total"]
    assert columns_of()(**given, table="none") == []


@pytest.mark.parametrize("kind", ["postgres", "duckdb"])
def test_those_of_another_schema_are_offered_when_it_is_chosen(place: Place) -> None:
    place.run("create schema sales", "create table sales.january (day date)", "create table orders (id integer)")
    given = {"connection": place.connection, "context": place.context}
    tables, columns = tables_of(schema="schema"), columns_of(schema="schema")
    assert tables(**given) == ["orders"]
    assert tables(**given, schema="sales") == ["january"]
    assert columns(**given, table="january", schema="sales") == ["day"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_cannot_be_opened_is_told(place: Place) -> None:
    (place.folder / "there.sqlite").write_bytes(b"this is no database " * 100)
    with pytest.raises(OperationalError, match=r"file is not a database\. Check that it is a SQLite file"):
        tables_of()(connection=place.connection, context=place.context)
