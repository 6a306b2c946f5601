"""db.copy: rows in bulk, from files, tables and other databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import File, Sql, UserError
from concertmaster.nodes.builtin.database_copy import db_copy
from database_places import Place, file_place
from node_tables import stored

CSV = 'id,code,price\n1,007,1.50\n2,NA,\n3,"a ""b"", c",3\n'
MADE = "create table goods (id integer primary key, code varchar(20), price decimal(8,2))"


def copy(place: Place, table: str = "goods", **options: Any) -> dict[str, Any]:
    return dict(db_copy(place.connection, table, place.context, **options))


def rows(place: Place) -> list[tuple[Any, ...]]:
    found = place.rows("select id, code, price from goods order by id")
    return [(id_, code, None if price is None else float(price)) for id_, code, price in found]


def test_a_csv_file_into_a_table_that_says_what_the_texts_are(place: Place) -> None:
    place.run(MADE)
    (place.folder / "goods.csv").write_text(CSV)
    copied = copy(place, path="goods.csv")
    assert (copied["rows"], copied["made"], rows(place)) == (
        3,
        False,
        [(1, "007", 1.5), (2, "NA", None), (3, 'a "b", c', 3.0)],
    )
    (place.folder / "more.tsv").write_bytes("id\tcode\tprice\n3\tgröße\t4\n4\tleer\tNA\n".encode("latin-1"))
    copy(place, path="more.tsv", encoding="latin-1", null="NA", mode="upsert", keys=("id",))
    assert rows(place)[2:] == [(3, "größe", 4.0), (4, "leer", None)]
    copy(place, rows=File(place.folder / "goods.csv"), mode="replace")
    assert len(rows(place)) == 3


def test_a_table_is_made_where_there_is_none(place: Place) -> None:
    (place.folder / "goods.csv").write_text(CSV.replace("007", "7x"))
    assert copy(place, path="goods.csv", null="")["made"] is True
    assert rows(place) == [(1, "7x", 1.5), (2, "NA", None), (3, 'a "b", c', 3.0)]
    (place.folder / "zips.csv").write_text("zip\n00501\n90210\n")
    copy(place, "zips", path="zips.csv", null="")
    assert [row[0] for row in place.rows("select zip from zips order by zip")] == ["00501", "90210"]
    pl.DataFrame({"id": [9]}).write_parquet(place.folder / "one.parquet")
    assert copy(place, path="one.parquet", mode="insert")["rows"] == 1
    assert copy(place, rows=stored(place.folder, {"id": [10], "code": ["x"]}))["rows"] == 1
    assert rows(place)[3:] == [(9, None, None), (10, "x", None)]


def test_a_file_with_a_bad_value_leaves_nothing(place: Place) -> None:
    place.run(MADE)
    (place.folder / "goods.csv").write_text(CSV + "1,twice,1\n")
    with pytest.raises(UserError) as error:
        copy(place, path="goods.csv")
    assert (error.value.code, rows(place)) == ("db.constraint", [])
    (place.folder / "ragged.csv").write_text(CSV + "5,short\n")
    with pytest.raises(UserError, match="line 5"):
        copy(place, path="ragged.csv")
    (place.folder / "other.csv").write_text("id,cod\n1,x\n")
    with pytest.raises(UserError, match=r"no column 'cod'.*did you mean 'code'"):
        copy(place, path="other.csv")
    (place.folder / "empty.csv").write_text("")
    with pytest.raises(UserError) as empty:
        copy(place, path="empty.csv")
    assert (empty.value.code, rows(place)) == ("file.empty", [])


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_line_that_would_end_the_data_unseen_is_refused(place: Place) -> None:
    place.run("create table lines (line text)")
    (place.folder / "lines.csv").write_text("line\nfirst\n\\.\nlast\n")
    with pytest.raises(UserError, match="ends the data"):
        copy(place, "lines", path="lines.csv")
    assert place.rows("select * from lines") == []


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_between_databases(place: Place) -> None:
    place.run(MADE, "insert into goods values (1, 'tea', 1.5), (2, null, null)")
    shop = file_place("sqlite", place.folder)
    copied = dict(db_copy(shop.connection, "goods", shop.context, source=place.connection, source_table="goods"))
    assert (copied["rows"], copied["made"], rows(shop)) == (2, True, [(1, "tea", 1.5), (2, None, None)])
    other = file_place("duckdb", place.folder)
    asked = Sql("select id, code from goods where id < $p1", {"p1": 2})
    db_copy(other.connection, "goods", other.context, source=place.connection, query=asked)
    back = db_copy(
        place.connection, "goods", place.context, source=other.connection, source_table="goods", mode="replace"
    )
    assert (back["rows"], rows(place)) == (1, [(1, "tea", None)])
    with pytest.raises(UserError, match=r"(?i)did you mean .goods."):
        db_copy(place.connection, "goods", place.context, source=other.connection, source_table="good")
    same = db_copy(place.connection, "again", place.context, source=place.connection, source_table="goods")
    assert same["rows"] == 1


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_the_same_file_is_not_its_own_source(place: Place) -> None:
    place.run(MADE)
    with pytest.raises(UserError, match=r"db\.execute"):
        copy(place, "again", source=place.connection, source_table="goods")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_to_copy_is_said_once(place: Place, tmp_path: Path) -> None:
    for options in (
        {},
        {"path": "a.csv", "source": place.connection},
        {"source": place.connection},
        {"rows": [1]},
    ):
        with pytest.raises(UserError) as error:
            copy(place, **options)
        assert error.value.code == "db.no_source"
    (tmp_path / "a.jsonl").write_text("{}")
    with pytest.raises(UserError, match=r"file\.read"):
        copy(place, path="a.jsonl")
