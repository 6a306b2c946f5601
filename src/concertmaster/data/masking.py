"""Masking: tables without secrets in their cells and names. A table that has none stays the artifact that it is."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import TableWriter
from concertmaster.domain.redaction import MASK, Redactor
from concertmaster.domain.values import TableRef

_BATCH_ROWS = 64 * 1024


def mask_table(ref: TableRef, store: ArtifactStore, redactor: Redactor) -> TableRef:
    """The table with every longer secret masked in its texts and bytes, in lists and structs too, and in the names of
    its columns; blocks. Categories become texts where one is masked.

    Short secrets are left alone, because words like `admin` are data in more tables than they are secrets in.
    """
    forms = list(redactor.long_forms)
    path = store.local_path(ref.artifact)
    if not forms:
        return ref
    columns = _columns_with(path, forms)
    renamed = _new_names([column.name for column in ref.columns], forms, redactor)
    if not columns and not renamed:
        return ref
    with pq.ParquetFile(path) as file, TableWriter(store) as writer:
        none = [pa.RecordBatch.from_pylist([], schema=file.schema_arrow)] if file.metadata.num_rows == 0 else []
        for batch in chain(none, file.iter_batches(batch_size=_BATCH_ROWS)):
            piece = pa.Table.from_batches([batch])
            for index, name in enumerate(piece.schema.names):
                if name in columns:
                    masked = _masked(batch.column(index), forms, redactor)
                    piece = piece.set_column(index, pa.field(name, masked.type), masked)
            writer.write(piece.rename_columns([renamed.get(name, name) for name in piece.schema.names]))
        return writer.finish()


def _columns_with(path: Path, forms: list[str]) -> set[str]:
    frame = pl.scan_parquet(path)
    schema = frame.collect_schema()
    found: set[str] = set()
    if texts := [name for name, type_ in schema.items() if type_ == pl.String]:
        row = frame.select(pl.col(name).str.contains_any(forms).any() for name in texts).collect(engine="streaming")
        found.update(name for name, hit in row.row(0, named=True).items() if hit)
    with pq.ParquetFile(path) as file:
        found.update(field.name for field in file.schema_arrow if _is_named_by(field.type, forms))
        others = [field.name for field in file.schema_arrow if field.name not in texts and _may_hold(field.type)]
        batches = file.iter_batches(batch_size=_BATCH_ROWS, columns=others) if others else ()
        for batch in batches:
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if name not in found and any(_hits(leaf, forms) for leaf in _leaves(column)):
                    found.add(name)
    return found


def _new_names(names: list[str], forms: list[str], redactor: Redactor) -> Mapping[str, str]:
    """Of the columns, or fields, whose name has a secret in it: what they are called instead, each otherwise."""
    found: dict[str, str] = {}
    for name in names:
        if any(form in name for form in forms):
            new = masked = str(redactor.redact(name))
            number = 2
            while new in names or new in found.values():
                new, number = f"{masked}_{number}", number + 1
            found[name] = new
    return found


def _may_hold(type_: Any) -> bool:
    """Whether there may be texts or bytes somewhere inside."""
    if types.is_dictionary(type_):
        return _may_hold(type_.value_type)
    if types.is_nested(type_):
        return any(_may_hold(type_.field(index).type) for index in range(type_.num_fields))
    return _is_text(type_) or _is_bytes(type_)


def _is_named_by(type_: Any, forms: list[str]) -> bool:
    """Whether a field of a struct somewhere inside has a secret in its name."""
    if not types.is_nested(type_):
        return False
    inside = [type_.field(index) for index in range(type_.num_fields)]
    named = types.is_struct(type_) and any(form in field.name for form in forms for field in inside)
    return named or any(_is_named_by(field.type, forms) for field in inside)


def _is_text(type_: Any) -> bool:
    return types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_)


def _is_bytes(type_: Any) -> bool:
    binary = types.is_binary(type_) or types.is_large_binary(type_) or types.is_binary_view(type_)
    return binary or types.is_fixed_size_binary(type_)


def _leaves(array: Any) -> Iterator[Any]:
    """The arrays of texts and bytes inside of one."""
    type_ = array.type
    if types.is_dictionary(type_):
        yield from _leaves(array.dictionary)
    elif types.is_struct(type_):
        for index in range(type_.num_fields):
            yield from _leaves(array.field(index))
    elif types.is_map(type_):
        yield from _leaves(array.keys)
        yield from _leaves(array.items)
    elif types.is_nested(type_):
        yield from _leaves(array.flatten())
    elif _is_text(type_) or _is_bytes(type_):
        yield array


def _hits(leaf: Any, forms: list[str]) -> bool:
    if _is_text(leaf.type):
        return bool(pl.Series(leaf.to_pylist(), dtype=pl.String).str.contains_any(forms).any())
    values = [value for value in leaf.to_pylist() if value]
    return any(form.encode() in value for form in forms for value in values)


def _masked(array: Any, forms: list[str], redactor: Redactor) -> Any:
    """The array with the secrets in its texts and bytes masked, and in the names of fields.

    Only texts and bytes become Python's values: it has no nanoseconds.
    """
    type_ = array.type
    if types.is_dictionary(type_):
        return _masked(array.dictionary_decode(), forms, redactor)
    if types.is_struct(type_):
        parts = [_masked(array.field(index), forms, redactor) for index in range(type_.num_fields)]
        renamed = _new_names([field.name for field in type_], forms, redactor)
        names = [renamed.get(field.name, field.name) for field in type_]
        fields = [pa.field(name, part.type) for name, part in zip(names, parts, strict=True)]
        return pa.StructArray.from_arrays(parts, fields=fields, mask=array.is_null())
    if types.is_nested(type_):
        within = _masked(array.values, forms, redactor)
        own = array.buffers()[: 1 if types.is_fixed_size_list(type_) else 2]
        kind = _list_type(type_, within.type)
        return pa.Array.from_buffers(kind, len(array), own, offset=array.offset, children=[within])
    if _is_text(type_):
        values: list[str | None] = array.to_pylist()
        hits = pl.Series(values, dtype=pl.String).str.contains_any(forms)
        return pa.array([redactor.redact(v) if hit else v for v, hit in zip(values, hits, strict=True)], type_)
    if _is_bytes(type_):
        sought = [form.encode() for form in forms]
        cells: list[bytes | None] = array.to_pylist()
        clean = [MASK.encode() if cell and any(form in cell for form in sought) else cell for cell in cells]
        return pa.array(clean, pa.binary() if types.is_fixed_size_binary(type_) else type_)
    return array


def _list_type(type_: Any, within: Any) -> Any:
    """The type of a list, or a map, of others."""
    if types.is_map(type_):
        return pa.map_(within.field(0).type, within.field(1).type)
    if types.is_fixed_size_list(type_):
        return pa.list_(within, type_.list_size)
    return pa.large_list(within) if types.is_large_list(type_) else pa.list_(within)
