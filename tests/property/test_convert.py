"""Laws of conversion: what goes into the store comes out again, in whatever form it came."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from polars.testing.parametric import dataframes

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.convert import load, save
from concertmaster.data.preview import page
from concertmaster.domain.values import JsonValue, TableRef, from_json, to_json

_FOLDER = tempfile.TemporaryDirectory()
WORKSPACE = Path(_FOLDER.name)
STORE = ArtifactStore(WORKSPACE / "artifacts")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_data = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5))
_NUMBERS = [pl.Int8, pl.Int64, pl.UInt64, pl.Float64]
frames = dataframes(
    max_cols=5,
    max_size=30,
    allowed_dtypes=[*_NUMBERS, pl.Boolean, pl.String, pl.Date, pl.Time, pl.Datetime, pl.Duration, pl.Binary],
)


@given(json_data)
def test_json_comes_back_as_it_went(data: Any) -> None:
    value = save(data, STORE, workspace=WORKSPACE)
    assert isinstance(value, JsonValue)
    assert load(value, "json", STORE, WORKSPACE) == data
    assert from_json(to_json(value)) == value


@settings(max_examples=40, deadline=None)
@given(
    frames, st.sampled_from(["frame", "lazy", "arrow", "reader", "pieces"]), st.sampled_from(["dataframe", "lazyframe"])
)
def test_tables_come_back_as_they_went(frame: pl.DataFrame, form: str, kind: Any) -> None:
    forms = {
        "frame": lambda: frame,
        "lazy": lambda: frame.lazy(),
        "arrow": lambda: frame.to_arrow(),
        "reader": lambda: frame.to_arrow().to_reader(),
        "pieces": lambda: iter([frame[: frame.height // 2], frame[frame.height // 2 :]]),
    }
    value = save(forms[form](), STORE, workspace=WORKSPACE)
    assert isinstance(value, TableRef)
    loaded = load(value, kind, STORE, WORKSPACE)
    assert_frame_equal(loaded.lazy().collect(), frame)
    assert (value.rows, [column.name for column in value.columns]) == (
        frame.height if frame.width else 0,
        frame.columns,
    )


@settings(max_examples=40, deadline=None)
@given(frames, st.integers(0, 40), st.integers(1, 40), st.data())
def test_pages_agree_with_slices(frame: pl.DataFrame, offset: int, limit: int, data: st.DataObject) -> None:
    value = save(frame, STORE, workspace=WORKSPACE)
    assert isinstance(value, TableRef)
    path = STORE.local_path(value.artifact)
    sort = data.draw(st.none() | st.sampled_from(frame.columns)) if frame.columns else None
    expected = frame.sort(sort, nulls_last=True, maintain_order=True) if sort else frame
    whole = save(expected, STORE, workspace=WORKSPACE)
    assert isinstance(whole, TableRef)
    everything = page(STORE.local_path(whole.artifact), limit=10_000)["items"]
    assert page(path, offset=offset, limit=limit, sort=sort)["items"] == everything[offset : offset + limit]
