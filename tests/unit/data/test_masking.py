"""Tables without secrets in their cells, however deep in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.masking import mask_table
from concertmaster.data.parquet import write_frame
from concertmaster.domain.redaction import Redactor

SECRET = "s3cr3t-pass-word"


def masked(frame: pl.DataFrame, folder: Path, *secrets: str) -> tuple[pl.DataFrame, bool]:
    """The table, and whether it is still the same artifact."""
    store = ArtifactStore(folder)
    ref = write_frame(frame, store)
    found = mask_table(ref, store, Redactor(secrets or (SECRET,)))
    return pl.read_parquet(store.local_path(found.artifact)), found.artifact == ref.artifact


STRUCT = pl.Struct({"name": pl.String(), "at": pl.Datetime("ns")})
CELLS: list[tuple[Any, list[Any], list[Any]]] = [
    (pl.String(), [f"a {SECRET} b", None, "plain"], ["a *** b", None, "plain"]),
    (pl.List(pl.String()), [["x", SECRET], None, [], [None]], [["x", "***"], None, [], [None]]),
    (pl.Array(pl.String(), 2), [["x", SECRET], None], [["x", "***"], None]),
    (STRUCT, [{"name": SECRET, "at": None}, None], [{"name": "***", "at": None}, None]),
    (
        pl.List(STRUCT),
        [[{"name": "x", "at": None}], [], [{"name": SECRET, "at": None}, None]],
        [[{"name": "x", "at": None}], [], [{"name": "***", "at": None}, None]],
    ),
    (
        pl.Struct({"a": pl.List(pl.List(pl.String()))}),
        [{"a": [[SECRET], None]}, {"a": None}],
        [{"a": [["***"], None]}, {"a": None}],
    ),
    (pl.Binary(), [b"a" + SECRET.encode(), None, b"plain"], [b"***", None, b"plain"]),
    (pl.List(pl.Categorical()), [["x", SECRET], None], [["x", "***"], None]),
    (pl.Categorical(), ["x", SECRET, None], ["x", "***", None]),
    (pl.Enum(["x", SECRET]), ["x", SECRET, None], ["x", "***", None]),
]


@pytest.mark.parametrize(("dtype", "values", "expected"), CELLS, ids=[str(dtype) for dtype, _, _ in CELLS])
def test_secrets_in_cells_are_masked(tmp_path: Path, dtype: Any, values: list[Any], expected: list[Any]) -> None:
    frame = pl.DataFrame({"n": range(len(values)), "x": pl.Series(values, dtype=dtype)})
    found, _ = masked(frame, tmp_path)
    assert found.to_dict(as_series=False) == {"n": list(range(len(values))), "x": expected}
    assert found.schema["n"] == pl.Int64()
    assert masked(frame, tmp_path, "another-secret")[1]


def test_what_stands_beside_a_secret_keeps_its_type_and_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In more rows than are looked at in one go."""
    rows = 70_000
    numbers = pl.Series(range(1, rows + 1)).cast(pl.Datetime("ns"))
    frame = pl.DataFrame({"x": pl.select(pl.struct(name=pl.lit(SECRET), at=numbers)).to_series()})
    found, same = masked(frame, tmp_path)
    assert (found.schema, same) == (frame.schema, False)
    assert found["x"].struct.field("at").equals(numbers)
    assert found["x"].struct.field("name").unique().to_list() == ["***"]


# pandas is an optional extra, which pyarrow asks for Python's view of nanoseconds.
WITHOUT_PANDAS = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from pathlib import Path
import polars as pl
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.masking import mask_table
from concertmaster.data.parquet import write_frame
from concertmaster.domain.redaction import Redactor
store, at = ArtifactStore(Path()), pl.Series([1577836800123456789]).cast(pl.Datetime("ns"))
frame = pl.DataFrame({"x": pl.select(pl.struct(name=pl.lit(sys.argv[1]), at=at)).to_series()})
found = mask_table(write_frame(frame, store), store, Redactor(sys.argv[1:]))
(row,) = pl.read_parquet(store.local_path(found.artifact))["x"].struct.unnest().cast({"at": pl.Int64}).rows()
print(*row)
"""


def test_nanoseconds_beside_a_secret_need_no_pandas(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = [sys.executable, "-c", WITHOUT_PANDAS, SECRET]
    done = subprocess.run(call, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["***", "1577836800123456789"], done.stderr


def test_short_secrets_are_words_of_the_data_as_well(tmp_path: Path) -> None:
    assert masked(pl.DataFrame({"x": ["admin", ["admin"][0]]}), tmp_path, "admin")[1]
