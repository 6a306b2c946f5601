"""Sessions that follow each other on one DuckDB instance: none learns of another, and each reaches its inputs only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import OperationalError, Sql, Table, UserError
from concertmaster.domain.values import Column, TableRef
from concertmaster.nodes.builtin.duck import slots
from concertmaster.nodes.builtin.duck.session import Session
from concertmaster.nodes.builtin.table_sql import table_sql
from node_context import PlainContext

WAIT_SECONDS = 20


class ServerContext(PlainContext):
    """With a place for what outlasts attempts, as on a server."""

    @property
    def lasting(self) -> Path:
        return self.workspace / "lasting"


@pytest.fixture(autouse=True)
def long_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes does so for another reason than time."""
    monkeypatch.setattr(slots, "_IDLE_SECONDS", 10 * WAIT_SECONDS)


@pytest.fixture
def context(tmp_path: Path) -> ServerContext:
    return ServerContext(tmp_path)


def stored(folder: Path, name: str, **columns: list[Any]) -> Table:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.parquet"
    frame = pl.DataFrame(columns)
    frame.write_parquet(path)
    return Table(
        TableRef("0" * 64, frame.height, path.stat().st_size, tuple(Column(c, "any") for c in frame.columns)), path
    )


def folders(context: ServerContext) -> list[Path]:
    return sorted(context.lasting.iterdir())


def run(context: ServerContext, query: str = "select * from input", **inputs: Any) -> list[tuple[Any, ...]]:
    session = Session(inputs, context)
    return [tuple(row.values()) for row in session.query(Sql(query)).read_all().to_pylist()]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_sessions_after_each_other_share_an_instance_and_leave_no_file(tmp_path: Path, context: ServerContext) -> None:
    assert run(context, input=stored(tmp_path, "one", a=[1])) == [(1,)]
    first = folders(context)
    assert len(first) == 1
    assert list(first[0].iterdir()) == []
    assert run(context, input=stored(tmp_path, "one", a=[2])) == [(2,)]
    assert run(context, input=pl.DataFrame({"a": [3]})) == [(3,)]
    assert folders(context) == first


def test_a_session_does_not_learn_of_the_one_before(tmp_path: Path, context: ServerContext) -> None:
    secret = stored(tmp_path, "secret", word=["secret"])
    one = Session({"input": secret, "frame": pl.DataFrame({"word": ["secret too"]})}, context)
    (folder,) = folders(context)
    (link,) = folder.iterdir()
    # More than a checked query can do.
    for statement in (
        "create temp view seen as from input",
        "create temp table kept as from input",
        "create temp macro told() as 'secret'",
        "set variable remembered = 'secret'",
        "prepare later as select 'secret'",
        "select setseed(0.25)",
    ):
        one.con.execute(statement)
    assert one.query(Sql("select repeat(word, 2) as w from input union all from frame")).read_all().num_rows == 2

    two = Session({"other": stored(tmp_path, "other", a=[1])}, context)
    assert folders(context) == [folder], "it is another instance, and the test says nothing"
    for statement in (
        "from input",
        "from frame",
        "from seen",
        "from kept",
        "select told()",
        "execute later",
        f"from read_parquet('{link}')",
        f"from read_parquet('{secret.path}')",
    ):
        with pytest.raises(Exception, match=r"does not exist|No files found|disabled|Cannot open"):
            two.con.execute(statement).fetchall()
    asked = two.con.execute("select getvariable('remembered'), random()").fetchall()
    assert asked[0][0] is None
    assert two.con.execute("select view_name from duckdb_views() where not internal").fetchall() == [("other",)]
    assert two.con.execute("from duckdb_tables()").fetchall() == []
    assert two.con.execute("from duckdb_functions() where not internal").fetchall() == []
    assert two.con.execute("from duckdb_prepared_statements()").fetchall() == []
    again = Session({}, None)
    again.con.execute("select setseed(0.25)")
    assert again.con.execute("select random()").fetchall() != [(asked[0][1],)]


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('/etc/passwd')",
        "from 'lasting/../other.parquet'",
        "from '{slot}/../../other.parquet'",
        "from '{slot}/link.parquet'",
        "from glob('/etc/*')",
        "from frame",
        "copy (select 1) to '{slot}/../escape.parquet'",
        "copy (select 1) to 'escape.parquet'",
        "attach 'escape.db'",
        "load httpfs",
        "set threads = 64",
        "set global memory_limit = '64GB'",
        "set allowed_directories = ['/']",
        "set enable_external_access = true",
        "reset lock_configuration",
    ],
)
@pytest.mark.parametrize("sessions", [1, 2])
def test_a_slot_is_locked_even_without_the_check(
    tmp_path: Path, context: ServerContext, statement: str, sessions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"secret": [1]})  # a variable that DuckDB's Python client could pick up by its name
    frame.write_parquet("other.parquet")
    table = stored(tmp_path, "one", a=[1])
    for _ in range(sessions - 1):
        run(context, input=table)
    session = Session({"input": table}, context)
    (slot,) = folders(context)
    (slot / "link.parquet").symlink_to(tmp_path / "other.parquet")
    with pytest.raises(Exception, match=r"disabled|locked|Cannot|not allowed|does not exist"):
        session.con.execute(statement.format(slot=slot)).fetchall()
    assert not list(tmp_path.rglob("escape*"))


def test_times_are_utc_in_every_session(
    tmp_path: Path, context: ServerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for _ in range(2):
            assert run(context, "select hour(timestamptz '2024-01-01 12:00:00+00') as h") == [(12,)]
    finally:
        monkeypatch.undo()
        time.tzset()


def _fails(context: ServerContext, table: Table) -> None:
    with pytest.raises(UserError):
        table_sql(table, query=Sql("select word::int as n from input"), context=context).read_all()


def _is_refused(context: ServerContext, table: Table) -> None:
    with pytest.raises(UserError):
        table_sql(table, query=Sql("drop view input"), context=context)


def _is_cancelled(context: ServerContext, table: Table) -> None:
    del table
    reader = table_sql(query=Sql("select range as n from range(1000000000000)"), context=context)
    reader.read_next_batch()
    context.stop = True
    with pytest.raises(OperationalError):
        reader.read_all()


def _is_given_up(context: ServerContext, table: Table) -> None:
    del table
    table_sql(query=Sql("select range as n from range(1000000000000)"), context=context).read_next_batch()


@pytest.mark.parametrize("ends", [_fails, _is_refused, _is_cancelled, _is_given_up])
def test_a_slot_goes_with_a_session_that_did_not_end_well(
    tmp_path: Path, context: ServerContext, ends: Callable[[ServerContext, Table], None]
) -> None:
    table = stored(tmp_path, "words", word=["secret"])
    ends(context, table)
    until(lambda: folders(context) == [])
    context.stop = False
    assert run(context, input=table) == [("secret",)]


def test_a_slot_goes_when_something_was_left_in_its_folder(tmp_path: Path, context: ServerContext) -> None:
    session = Session({"input": stored(tmp_path, "one", a=[1])}, context)
    (folder,) = folders(context)
    session.con.execute(f"copy (select 1) to '{folder}/left.csv'")
    session.query(Sql("from input")).read_all()
    assert folders(context) == []


def test_sessions_at_one_time_have_instances_of_their_own(tmp_path: Path, context: ServerContext) -> None:
    sessions = [Session({"input": stored(tmp_path, f"t{n}", a=[n])}, context) for n in range(3)]
    assert len(folders(context)) == 3
    assert [session.query(Sql("from input")).read_all()["a"].to_pylist() for session in sessions] == [[0], [1], [2]]
    until(lambda: len(folders(context)) == 2)


def test_more_memory_is_another_instance(tmp_path: Path, context: ServerContext) -> None:
    table = stored(tmp_path, "one", a=[1])
    run(context, input=table)
    limits = [
        Session({"input": table}, context, memory_mb=mb)
        .con.execute("select current_setting('memory_limit')")
        .fetchall()
        for mb in (64, 128)
    ]
    assert limits == [[("61.0 MiB",)], [("122.0 MiB",)]]


def test_idle_instances_go(tmp_path: Path, context: ServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_IDLE_SECONDS", 0.2)
    run(context, input=stored(tmp_path, "one", a=[1]))
    until(lambda: folders(context) == [])
    run(context, input=stored(tmp_path, "one", a=[1]))


def test_what_cannot_be_linked_is_read_where_it_is(tmp_path: Path, context: ServerContext) -> None:
    other_disk = Path("/dev/shm") / f"slots-{os.getpid()}"
    if not other_disk.parent.is_dir() or other_disk.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    table = stored(other_disk, "far", a=[1])
    try:
        session = Session({"input": table, "near": stored(tmp_path, "near", a=[2])}, context)
        assert all(list(folder.iterdir()) == [] for folder in folders(context))
        with pytest.raises(Exception, match="disabled"):
            session.con.execute(f"from read_text('{other_disk}/*')").fetchall()
        assert session.query(Sql("from input union all from near")).read_all()["a"].to_pylist() == [1, 2]
    finally:
        table.path.unlink()
        other_disk.rmdir()


def test_the_next_start_may_sweep_the_folder(tmp_path: Path, context: ServerContext) -> None:
    table = stored(tmp_path, "one", a=[1])
    run(context, input=table)
    (folder,) = folders(context)
    folder.rmdir()
    assert run(context, input=table) == [(1,)]
    assert run(context, input=table) == [(1,)]
    assert len(folders(context)) == 1


def test_an_instance_does_not_cross_a_fork(tmp_path: Path, context: ServerContext) -> None:
    table = stored(tmp_path, "one", a=[1])
    run(context, input=table)
    (folder,) = folders(context)
    child = os.fork()
    if not child:
        try:
            slot = slots.take(context.lasting, 1024)
            os._exit(0 if slot.folder != folder and slot.connect().execute("select 1").fetchall() == [(1,)] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run(context, input=table) == [(1,)]
    assert folder in folders(context)
