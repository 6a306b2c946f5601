"""Parquet files of others as tables: kept byte for byte where every reader reads them alike, else written anew."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import threading
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import describe, write_lazy
from concertmaster.domain.recent import Recent
from concertmaster.domain.values import TableRef

_CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4"})
# A reader holds some row groups at a time.
_LARGEST_GROUP_BYTES = 256 * 1024 * 1024
# Digests of what was kept byte for byte; what they say is true in every store.
_described: Recent[str, TableRef] = Recent(1_000)
_lock = threading.Lock()
_PLAIN = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_date32,
    pa.types.is_timestamp,
    pa.types.is_decimal128,
)


def is_parquet(path: Path) -> bool:
    """Whether it is a whole Parquet file."""
    try:
        pq.read_metadata(path)
    except pa.ArrowException:
        return False
    return True


def keep_file(path: Path, store: ArtifactStore) -> TableRef:
    """Store a Parquet file as a table; one that has not changed since is not read again."""
    digest = store.sources.kept(path, store)
    if digest is not None and (known := _known(digest)) is not None:
        return known
    if not _reads_alike(pq.read_metadata(path)):
        return write_lazy(pl.scan_parquet(path), store)
    digest = digest or store.sources.put(path, store)
    described = describe(store.local_path(digest), digest)
    with _lock:
        _described.put(digest, described)
    return described


def _known(digest: str) -> TableRef | None:
    with _lock:
        return _described.get(digest)


def _reads_alike(metadata: pq.FileMetaData) -> bool:
    """Types that Polars, Arrow and DuckDB have in common, in row groups of a size that streams."""
    schema = metadata.schema.to_arrow_schema()
    if len(schema) == 0 or not all(any(fits(field.type) for fits in _PLAIN) for field in schema):
        return False
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if any(group.total_byte_size > _LARGEST_GROUP_BYTES for group in groups):
        return False
    codecs = {group.column(place).compression for group in groups for place in range(group.num_columns)}
    return codecs <= _CODECS
