"""Values in and out of node functions: kinds, files, streams, JSON, and what cannot travel."""

from __future__ import annotations

import enum
import gc
import hashlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from concertmaster.data import sources
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.convert import load, save, save_stream
from concertmaster.data.file import File
from concertmaster.data.parquet import ROW_GROUP_ROWS, row_group_sizes
from concertmaster.data.table import ParquetFile, Table
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.ports import PortType
from concertmaster.domain.values import Column, FileRef, JsonValue, Stored, TableRef
from concertmaster.engine.conversion import Conversion
from concertmaster.nodes.credentials import Secret

FRAME = pl.DataFrame({"n": [1, 2, None], "text": ["a", "b", "c"]})
TABLE = PortType("table")


@dataclass
class Desk:
    """A workspace with its store."""

    workspace: Path
    store: ArtifactStore
    scratch: Path

    def save(self, result: Any, want: PortType | None = None) -> Stored:
        return save(result, self.store, workspace=self.workspace, scratch=self.scratch, want=want or PortType())

    def load(self, value: Stored, kind: Any) -> Any:
        return load(value, kind, self.store, self.workspace)

    def table(self, result: Any, want: PortType | None = None) -> pl.DataFrame:
        return self.load(self.save(result, want), "dataframe")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / ".concertmaster" / "scratch").mkdir(parents=True)
    store = ArtifactStore(tmp_path / ".concertmaster" / "artifacts")
    return Desk(tmp_path, store, tmp_path / ".concertmaster" / "scratch")


def relation() -> duckdb.DuckDBPyRelation:
    return duckdb.connect().from_arrow(FRAME.to_arrow())


RESULTS: dict[str, Callable[[], Any]] = {
    "DataFrame": lambda: FRAME,
    "LazyFrame": lambda: FRAME.lazy(),
    "pyarrow.Table": lambda: FRAME.to_arrow(),
    "RecordBatch": lambda: FRAME.to_arrow().to_batches()[0],
    "RecordBatchReader": lambda: FRAME.to_arrow().to_reader(),
    "duckdb": relation,
    "generator": lambda: (FRAME[row] for row in range(3)),
    "mixed generator": lambda: iter([FRAME[:1].lazy(), FRAME[1:2].to_arrow(), FRAME[2:].to_arrow().to_reader()]),
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS.keys())
def test_every_form_of_table_is_stored_alike(desk: Desk, make: Callable[[], Any]) -> None:
    value = desk.save(make())
    assert isinstance(value, TableRef)
    assert (value.rows, value.columns) == (3, (Column("n", "int64"), Column("text", "string")))
    assert value.size_bytes == desk.store.size(value.artifact)
    assert desk.load(value, "dataframe").equals(FRAME)
    assert list(desk.store.root.joinpath("tmp").iterdir()) == []


def test_a_table_loads_in_every_form(desk: Desk) -> None:
    value = desk.save(FRAME)
    assert desk.load(value, "lazyframe").collect().equals(FRAME)
    assert desk.load(value, "arrow").to_pylist() == FRAME.to_dicts()
    reader = desk.load(value, "reader")
    assert isinstance(reader, pa.RecordBatchReader)
    assert reader.read_all().to_pylist() == FRAME.to_dicts()
    table = desk.load(value, "table")
    assert isinstance(table, Table)
    assert (table.rows, [column.name for column in table.columns]) == (3, ["n", "text"])
    assert table.collect().equals(FRAME)
    loaded = desk.load(value, "relation")
    gc.collect()  # the relation has to keep its connection alive by itself
    assert loaded.filter("n > 1").fetchall() == [(2, "b")]


def test_pandas_frames_go_both_ways(desk: Desk) -> None:
    pandas = pytest.importorskip("pandas")
    frame = desk.load(desk.save(FRAME), "pandas")
    assert isinstance(frame, pandas.DataFrame)
    assert desk.table(frame[["text"]]).equals(FRAME.select("text"))


def test_pandas_keeps_whole_numbers_beside_missing_values_and_refuses_mixtures(desk: Desk) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pl.DataFrame({"n": [2**60 + 1, None], "yes": [True, None], "x": [1.5, None], "day": [date(2026, 1, 1)] * 2})
    loaded = desk.load(desk.save(frame), "pandas")
    assert loaded["n"][0] == 2**60 + 1
    assert desk.table(loaded).equals(frame)
    with pytest.raises(UserError, match=r"column mixed with type object.*one type") as caught:
        desk.save(pandas.DataFrame({"mixed": [1, "a"]}))
    assert caught.value.code == "node.output_not_serialisable"


def test_relations_keep_types_and_are_read_as_they_are_needed(desk: Desk) -> None:
    value = desk.save(pl.DataFrame({"n": [1, 2], "took": [timedelta(hours=1), timedelta(days=2)]}))
    relation = desk.load(value, "relation")
    assert relation.filter("took > INTERVAL 2 HOURS").fetchall() == [(2, timedelta(days=2))]
    summed = desk.save(relation.aggregate("sum(n) AS n, max(took) AS took"))
    assert isinstance(summed, TableRef)
    assert summed.columns == (Column("n", "int64"), Column("took", "duration[us]"))
    assert desk.load(summed, "dataframe").row(0) == (3, timedelta(days=2))
    assert list(desk.store.unfinished.iterdir()) == []


def test_a_reader_goes_through_a_node_a_batch_at_a_time(desk: Desk) -> None:
    value = desk.save(pl.DataFrame({"n": range(300_000)}))
    reader = desk.load(value, "reader")
    assert desk.store.size(desk.save(reader).artifact or "") > 0
    batches = [batch.num_rows for batch in desk.load(value, "reader")]
    assert (sum(batches), max(batches) <= ROW_GROUP_ROWS) == (300_000, True)


def test_a_parquet_file_is_a_table_as_it_is(desk: Desk) -> None:
    path = desk.workspace / "given.parquet"
    FRAME.write_parquet(path, compression="zstd")
    value = desk.save(path, TABLE)
    assert isinstance(value, TableRef)
    assert desk.store.read_bytes(value.artifact) == path.read_bytes()
    assert (value.rows, value.size_bytes, value.columns[1]) == (3, path.stat().st_size, Column("text", "string"))
    assert desk.table(File(path), TABLE).equals(FRAME)
    # Written a moment ago: the time of its last change alone does not tell that it has changed.
    FRAME.reverse().write_parquet(path, compression="zstd")
    assert desk.table(path, TABLE).equals(FRAME.reverse())
    # Types that not everybody reads alike are written anew.
    FRAME.with_columns(took=timedelta(1)).write_parquet(path)
    assert desk.table(path, TABLE)["took"].to_list() == [timedelta(1)] * 3
    (desk.workspace / "no.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="or a Parquet file"):
        desk.save(desk.workspace / "no.parquet", TABLE)


def test_an_unchanged_file_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.workspace / "given.parquet"
    FRAME.write_parquet(path)
    result = ParquetFile(path)
    monkeypatch.setattr(sources, "_STEP_NS", -1)
    value = desk.save(result)
    os.utime(artifact := desk.store.local_path(value.artifact or ""), (0, 0))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda given, *_: pytest.fail(f"{given} was opened"))
        patch.setattr(pq, "read_metadata", lambda given: pytest.fail(f"{given} was read"))
        assert desk.save(result) == value
    assert time.time() - artifact.stat().st_mtime < 3600, "it would be taken for left behind"
    FRAME.head(2).write_parquet(path)
    assert desk.table(result).height == 2
    artifact.unlink()
    FRAME.write_parquet(path)
    assert desk.save(result) == value
    artifact.unlink()
    assert desk.save(result) == value
    assert desk.table(result).equals(FRAME)


def test_an_unchanged_file_is_copied_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.workspace / "given.parquet"
    FRAME.write_parquet(path)
    # As if it had been written long ago.
    monkeypatch.setattr(sources, "_STEP_NS", -1)
    value = desk.save(path, TABLE)
    copied: list[Path] = []
    put_file = desk.store.put_file
    monkeypatch.setattr(desk.store, "put_file", lambda given: copied.append(given) or put_file(given))
    assert desk.save(path, TABLE) == value
    assert copied == []
    FRAME.head(2).write_parquet(path)
    assert desk.table(path, TABLE).height == 2
    desk.store.local_path(desk.save(path, TABLE).artifact or "").unlink()
    assert desk.table(path, TABLE).height == 2
    assert copied == [path, path]


def test_a_file_that_has_not_changed_is_read_once_for_its_digest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = desk.workspace / "given.csv", list[Path]()
    path.write_text("n\n1\n")
    monkeypatch.setattr(sources, "_STEP_NS", -1)
    digest_of = sources.digest_of
    monkeypatch.setattr(sources, "digest_of", lambda given: read.append(given) or digest_of(given))
    known = desk.store.sources
    assert known.digest(path) == known.digest(path) == hashlib.sha256(b"n\n1\n").hexdigest()
    assert known.put(path, desk.store) == known.digest(path)
    path.write_text("n\n2\n")
    assert known.digest(path) == hashlib.sha256(b"n\n2\n").hexdigest()
    assert read == [path, path]


def test_a_table_handed_on_is_not_written_again(desk: Desk) -> None:
    value = desk.save(FRAME)
    assert desk.save(desk.load(value, "handle")) is value


def test_rows_are_a_table_only_where_the_outlet_says_so(desk: Desk) -> None:
    rows = [{"a": 1}, {"a": 2.5, "b": "x"}]
    assert isinstance(desk.save(rows), JsonValue)
    assert desk.table(rows, TABLE).to_dicts() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}]
    assert desk.table((row for row in rows), TABLE).rows() == [(1.0, None), (2.5, "x")]
    assert desk.load(desk.save(rows), "dataframe").height == 2


def test_empty_tables_are_tables(desk: Desk) -> None:
    assert desk.table([], TABLE).shape == (0, 0)
    assert desk.table(iter([]), TABLE).shape == (0, 0)
    assert desk.table(iter([FRAME[:0]])).schema == FRAME.schema
    assert desk.table(FRAME.to_arrow()[:0].to_reader()).schema == FRAME.schema


def test_a_stream_is_written_while_it_comes(desk: Desk) -> None:
    piece = pl.DataFrame({"n": range(10_000)})
    alive: list[int] = []

    def pieces() -> Iterator[pl.DataFrame]:
        for number in range(60):
            alive.append(number)
            yield piece

    value = desk.save(pieces())
    assert isinstance(value, TableRef)
    assert value.rows == 600_000
    assert max(row_group_sizes(desk.store.local_path(value.artifact))) <= ROW_GROUP_ROWS
    assert desk.load(value, "lazyframe").select(pl.col("n").sum()).collect().item() == 60 * sum(range(10_000))


async def test_an_async_stream_becomes_one_table(desk: Desk) -> None:
    async def pieces() -> AsyncIterator[Any]:
        yield FRAME[:1]
        yield [{"n": 2, "text": "b"}]
        yield {"n": None, "text": "c"}

    with pytest.raises(UserError) as caught:
        await save_stream(_async([FRAME, 5]), desk.store)
    assert caught.value.code == "node.output_type"
    value = await save_stream(pieces(), desk.store)
    assert desk.load(value, "dataframe").equals(FRAME)


async def _async(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


@pytest.mark.parametrize("second", [pl.DataFrame({"other": [1]}), pl.DataFrame({"n": ["x"], "text": ["y"]})])
def test_pieces_that_differ_are_named(desk: Desk, second: pl.DataFrame) -> None:
    with pytest.raises(UserError, match="Piece 2") as caught:
        desk.save(iter([FRAME, second]))
    assert caught.value.code == "node.table_pieces_differ"
    assert list(desk.store.root.joinpath("tmp").iterdir()) == []


def test_an_error_inside_a_stream_stays_what_it_is(desk: Desk) -> None:
    def pieces() -> Iterator[pl.DataFrame]:
        yield FRAME
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        desk.save(pieces())
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        desk.save(FRAME.lazy().select("missing"))
    assert list(desk.store.root.joinpath("tmp").iterdir()) == []


# --- files -------------------------------------------------------------------------------------------------


def test_a_file_in_the_workspace_stays_where_it_is(desk: Desk) -> None:
    path = desk.workspace / "out" / "report.csv"
    path.parent.mkdir()
    path.write_text("a,b\n")
    value = desk.save(path)
    assert value == FileRef("report.csv", 4, path="out/report.csv", media_type="text/csv")
    file = desk.load(value, "file")
    assert (file.read_text(), file.name, file.size_bytes) == ("a,b\n", "report.csv", 4)
    path.unlink()
    with pytest.raises(NotFound, match=r"out/report\.csv"):
        desk.load(value, "file")


def test_a_scratch_file_moves_into_the_store(desk: Desk) -> None:
    path = desk.scratch / "x.parquet"
    path.write_bytes(b"bytes")
    value = desk.save(File(path, name="result.parquet"))
    assert isinstance(value, FileRef)
    assert (value.name, value.path, value.media_type) == ("result.parquet", None, "application/vnd.apache.parquet")
    assert not path.exists()
    with desk.load(value, "handle").open() as file:
        assert file.read() == b"bytes"


def test_the_file_of_a_table_can_be_given_on(desk: Desk) -> None:
    table = desk.load(desk.save(FRAME), "table")
    value = desk.save(File(table.path, name="table.parquet"))
    assert isinstance(value, FileRef)
    assert value.artifact == table.ref.artifact


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/etc/hostname", "file.outside"),
        ("link", "file.outside"),
        ("none.txt", "file.not_found"),
        (".concertmaster/key", "path.data_folder"),
    ],
)
def test_other_files_are_refused(desk: Desk, path: str, code: str) -> None:
    (desk.workspace / "link").symlink_to("/etc/hostname")
    (desk.workspace / ".concertmaster" / "key").write_text("k")
    with pytest.raises(UserError) as caught:
        desk.save(desk.workspace / path)
    assert caught.value.code == code


def test_a_file_reference_cannot_lead_out(desk: Desk) -> None:
    with pytest.raises(UserError, match="outside"):
        desk.load(FileRef("x", 1, path="../x"), "file")


# --- JSON --------------------------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = "red"


class Model(BaseModel):
    day: date


@dataclass
class Point:
    x: int


def test_python_values_become_plain_data(desk: Desk) -> None:
    value = desk.save(
        {
            "tuple": (1, 2),
            "set": {3, 1},
            "frozen": frozenset(),
            "model": Model(day=date(2013, 1, 1)),
            "data": Point(1),
            "enum": Colour.RED,
            "uuid": uuid.UUID(int=1),
            "at": datetime(2013, 1, 1, tzinfo=UTC),
            "for": timedelta(minutes=2),
            "decimal": Decimal("1.10"),
            "path": Path("a/b"),
            "nan": float("nan"),
            7: "key",
            date(2013, 1, 1): "day",
        }
    )
    assert isinstance(value, JsonValue)
    assert value.data == {
        "tuple": [1, 2], "set": [1, 3], "frozen": [], "model": {"day": "2013-01-01"}, "data": {"x": 1},
        "enum": "red", "uuid": str(uuid.UUID(int=1)), "at": "2013-01-01T00:00:00Z", "for": "2m",
        "decimal": "1.10", "path": "a/b", "nan": None, "7": "key", "2013-01-01": "day",
    }  # fmt: skip


def test_a_result_is_cut_off_from_the_node(desk: Desk) -> None:
    shared = {"list": [1]}
    value = desk.save(shared)
    shared["list"].append(2)
    assert isinstance(value, JsonValue)
    assert value.data == {"list": [1]}


@pytest.mark.parametrize(("length", "inline"), [(64 * 1024 - 2, True), (64 * 1024 - 1, False)])
def test_large_json_is_an_artifact(desk: Desk, length: int, inline: bool) -> None:
    text = "x" * length  # and two quotes
    value = desk.save(text)
    assert isinstance(value, JsonValue)
    assert (value.artifact is None, value.size_bytes) == (inline, length + 2)
    assert (value.data is not None) is inline
    assert desk.load(value, "json") == text


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
UNSUITABLE: list[tuple[Any, str, str]] = [
    ({"rows": [{"a/b": 1}, {"a/b": object()}]}, "/rows/1/a~1b", "object"),
    ({"n": 2**64}, "/n", "64 bits"),
    (["ok", "\ud800"], "/1", "surrogate"),
    ({"body": b"x"}, "/body", "bytes"),
    ({"t": (1, FRAME)}, "/t/1", "outlet of its own"),
    ({"login": {"token": Secret("hunter2")}}, "/login/token", "secret"),
    (Point(object()), "/x", "object"),  # type: ignore[arg-type]
    (CIRCLE, "/0", "list"),
]


@pytest.mark.parametrize(("value", "pointer", "words"), UNSUITABLE, ids=[words for _, _, words in UNSUITABLE])
def test_what_json_cannot_hold_is_named_with_its_place(desk: Desk, value: Any, pointer: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        desk.save(value)
    assert caught.value.code == "node.output_not_serialisable"
    assert caught.value.details["pointer"].startswith(pointer)
    assert "hunter2" not in caught.value.message


# --- kinds that do not fit ------------------------------------------------------------------------------------


def test_inputs_of_another_kind_are_refused(desk: Desk) -> None:
    (desk.workspace / "f.csv").write_text("a\n")
    table, file, json = desk.save(FRAME), desk.save(desk.workspace / "f.csv"), desk.save({"a": 1})
    for value, kind, words in [
        (table, "json", "takes JSON, but got a table"),
        (file, "lazyframe", "read it with file.read"),
        (json, "table", "takes a table, but got JSON"),
        (json, "file", "takes a file, but got JSON"),
    ]:
        with pytest.raises(UserError, match=words) as caught:
            desk.load(value, kind)
        assert caught.value.code == "node.input_type"


@pytest.mark.parametrize(
    ("result", "want"), [("text", "table"), (None, "table"), ({"a": 1}, "table"), (FRAME, "file"), ("text", "file")]
)
def test_results_of_another_kind_are_refused(desk: Desk, result: Any, want: Any) -> None:
    with pytest.raises(UserError) as caught:
        desk.save(result, PortType(want))
    assert caught.value.code == "node.output_type"


def test_rows_that_are_no_rows_are_named(desk: Desk) -> None:
    with pytest.raises(UserError, match="Row 1 of the table is a int"):
        desk.save([{"a": 1}, 2], TABLE)


def test_arrow_types_keep_their_meaning(desk: Desk) -> None:
    arrow = pa.table(
        {"d": pa.array(["x", "y", "x"]).dictionary_encode(), "t": pa.array([1, 2, 3], pa.timestamp("ns", "UTC"))}
    )
    assert [column.type for column in desk.load(desk.save(arrow), "table").columns] == ["category", "datetime[ns, UTC]"]


def test_a_generator_without_end_ends_with_its_attempt(tmp_path: Path) -> None:
    made: list[int] = []

    def pieces() -> Iterator[pl.DataFrame]:
        try:
            while True:
                made.append(1)
                yield pl.DataFrame({"a": [1]})
        finally:
            made.append(-1)

    conversion = Conversion(ArtifactStore(tmp_path), tmp_path, None, lambda: len(made) > 3)
    with pytest.raises(RuntimeError, match="told to end"):
        conversion.save(pieces(), PortType("table"), redact=None)
    assert made == [1, 1, 1, 1, -1]
