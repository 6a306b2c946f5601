"""file.write: complete or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from concertmaster import UserError
from concertmaster.data.table import ParquetFile
from concertmaster.nodes.builtin.file_read import file_read
from concertmaster.nodes.builtin.file_write import file_write
from node_context import PlainContext

FRAME = pl.LazyFrame({"a": [1, None, 3], "b": ["x", "y,z", 'q"']})


@pytest.mark.parametrize("name", ["o.csv", "o.tsv", "o.parquet", "o.jsonl", "o.csv.gz", "o.jsonl.zst", "deep/er/o.csv"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    context = PlainContext(tmp_path)
    file = file_write(FRAME, name, context=context)
    assert file.path == tmp_path / name
    assert file.size_bytes > 0
    if not name.endswith(".zst"):
        # A Parquet file is handed on as it is.
        read = file_read(name, context=context)
        assert (pl.scan_parquet(read.path) if isinstance(read, ParquetFile) else read).collect().equals(FRAME.collect())
    assert [path.name for path in file.path.parent.iterdir()] == [file.name]


def test_fail_keeps_a_different_file_and_accepts_the_same(tmp_path: Path) -> None:
    context = PlainContext(tmp_path)
    file_write(FRAME, "o.csv", mode="fail", context=context)
    file_write(FRAME, "o.csv", mode="fail", context=context)
    before = (tmp_path / "o.csv").read_bytes()
    with pytest.raises(UserError) as caught:
        file_write(FRAME.head(1), "o.csv", mode="fail", context=context)
    assert caught.value.code == "file.exists"
    assert (tmp_path / "o.csv").read_bytes() == before


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("old")
    nested = pl.LazyFrame({"a": [[1, 2]]})
    with pytest.raises(UserError) as caught:
        file_write(nested, "o.csv", context=PlainContext(tmp_path))
    assert caught.value.code == "file.nested"
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]
    assert (tmp_path / "o.csv").read_text() == "old"


def test_wrong_config_is_refused(tmp_path: Path) -> None:
    context = PlainContext(tmp_path)
    for config in ({"path": "o.bin"}, {"path": "o.csv", "compression": "snappy"}, {"path": "../o.csv"}, {"path": "."}):
        with pytest.raises(UserError):
            file_write(FRAME, **config, context=context)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["o.csv", "o.parquet", "o.jsonl"])
def test_no_room_is_an_operational_error_and_changes_nothing(tmp_path: Path, name: str) -> None:
    # A limit on the size of files is the nearest to a full disk that needs no privileges.
    (tmp_path / name).write_text("old")
    script = f"""
import resource, polars as pl
from pathlib import Path
from concertmaster import OperationalError
from concertmaster.nodes.builtin.file_write import file_write
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    file_write(pl.LazyFrame({{"a": [str(n * 7919) for n in range(100_000)]}}), {str(tmp_path / name)!r})
except OperationalError as error:
    print(error.code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "file.disk_full", done.stderr
    assert (tmp_path / name).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_next_attempt_takes_over_what_a_killed_one_left(tmp_path: Path) -> None:
    code = (
        "import os, polars as pl; from pathlib import Path; from node_context import PlainContext\n"
        "from concertmaster.nodes.builtin import file_write as module\n"
        "module.publish = lambda *_: os._exit(9)\n"
        f"module.file_write(pl.LazyFrame({{'a': [1]}}), 'o.csv', context=PlainContext(Path({str(tmp_path)!r})))"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd="tests", check=False)
    assert killed.returncode == 9
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    file_write(FRAME, "o.csv", context=PlainContext(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]
