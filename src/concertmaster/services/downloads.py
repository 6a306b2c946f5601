"""Downloads: what a node gave as a file, made and sent piece by piece; who goes away stops the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.file import media_type_of
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Conflict, NotFound, UserError
from concertmaster.domain.values import FileRef, JsonValue, Stored, TableRef
from concertmaster.services.executions import ExecutionService
from concertmaster.services.moments import Moment
from concertmaster.services.output_pages import no_table

_BLOCK_BYTES = 256 * 1024
_MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way; `size_bytes` where that is known before."""

    name: str
    media_type: str
    size_bytes: int | None
    pieces: AsyncGenerator[bytes]


class DownloadService:
    """Use cases of whoever takes data away.

    Args:
        workspace_file: finds a file of the workspace as nodes may read it; raises UserError for one that they may not.
    """

    def __init__(
        self, executions: ExecutionService, artifacts: ArtifactStore, workspace_file: Callable[[str], Path]
    ) -> None:
        self._executions = executions
        self._artifacts = artifacts
        self._workspace_file = workspace_file

    async def open(
        self,
        actor: Actor,
        execution_id: str,
        node: str,
        *,
        outlet: str,
        format: str | None = None,
        sort: str | None = None,
        where: Sequence[str] = (),
        escape: bool = True,
        moment: Moment = None,
    ) -> Download:
        """What a node gave as a file. Its first piece is there when this returns, so that errors come before it.

        Args:
            format: `csv`, `parquet` or `raw`; of a table `csv` when not given, else `raw`: a file as it is, a table as
                it is stored (Parquet), anything else as JSON.
            sort, where: as in `ExecutionService.output`; of tables only, and not `raw`.
            escape: in CSV, texts that a spreadsheet would take for formulas get a `'` before them.
        Raises:
            NotFound: the execution, the node, nothing on that outlet, or its data is not kept any more.
            Conflict: `output.file_changed`, the file in the workspace is not the one that the node gave.
            UserError: `output.no_table`, `output.raw_as_it_is`, `table.*`, `where.*`.
        """
        demand(actor, "execution:read")
        value = await self._executions.value(execution_id, node, outlet, moment)
        is_table = isinstance(value, TableRef)
        kind = format or ("csv" if is_table else "raw")
        if kind != "raw" and not is_table:
            raise no_table(node, outlet)
        if kind == "raw" and (sort or where):
            raise UserError("output.raw_as_it_is", "`raw` is what was stored; filter and sort with `csv` or `parquet`")
        name = f"{node}-{execution_id[-8:]}" if outlet == "out" else f"{node}-{outlet}-{execution_id[-8:]}"
        if isinstance(value, TableRef) and (kind == "csv" or sort or where):
            make = partial(self._table, value, kind, sort=sort, where=where, escape=escape)
            return Download(f"{name}.{kind}", _MEDIA[kind], None, await _begun(make))
        return await self._as_it_is(value, name)

    async def _as_it_is(self, value: Stored, name: str) -> Download:
        match value:
            case JsonValue(data, None):
                text = orjson.dumps(data)
                return Download(f"{name}.json", "application/json", len(text), await _begun(lambda: iter([text])))
            case JsonValue(artifact=artifact):
                path = await asyncio.to_thread(self._artifacts.local_path, artifact or "")
                return await _of_file(path, f"{name}.json", "application/json")
            case TableRef(artifact):
                path = await asyncio.to_thread(self._artifacts.local_path, artifact)
                return await _of_file(path, f"{name}.parquet", _MEDIA["parquet"])
            case FileRef(artifact=str() as artifact):
                path = await asyncio.to_thread(self._artifacts.local_path, artifact)
                return await _of_file(path, value.name, value.media_type or media_type_of(value.name))
            case FileRef():
                path = await asyncio.to_thread(self._in_workspace, value)
                return await _of_file(path, value.name, value.media_type or media_type_of(value.name))

    def _in_workspace(self, file: FileRef) -> Path:
        path = self._workspace_file(file.path or "")
        if not path.is_file():
            raise NotFound(
                "output.file_gone",
                f"The file {file.path} is not in the workspace any more; run the workflow again to have it",
                path=file.path,
            )
        if path.stat().st_size != file.size_bytes:
            raise Conflict(
                "output.file_changed",
                f"The file {file.path} has changed since the node gave it; run the workflow again, or take it from the "
                "workspace as it is now",
                path=file.path,
            )
        return path

    def _table(
        self, table: TableRef, kind: str, *, sort: str | None, where: Sequence[str], escape: bool
    ) -> Iterator[bytes]:
        # Polars takes a quarter of a second and 60 MB: a server that nobody asks for a table does without.
        from concertmaster.data.export import as_csv, as_parquet  # noqa: PLC0415

        with self._artifacts.holding([table.artifact]):
            path = self._artifacts.local_path(table.artifact)
            if kind == "csv":
                yield from as_csv(path, sort=sort, where=where, escape=escape)
            else:
                yield from as_parquet(path, sort=sort, where=where)


async def _of_file(path: Path, name: str, media_type: str) -> Download:
    size = (await asyncio.to_thread(path.stat)).st_size
    return Download(name, media_type, size, await _begun(partial(_blocks, path)))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


class _Pieces:
    """Pieces made in threads, one at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._turn = threading.Lock()

    def take(self) -> bytes | None:
        """The next one, None after the last; blocks."""
        with self._turn:
            return next(self._pieces, None)

    def close(self) -> None:
        """Let go of files and what is held, once the piece that is being made is there; blocks."""
        with self._turn:
            if isinstance(self._pieces, Generator):
                self._pieces.close()


async def _begun(make: Callable[[], Iterator[bytes]]) -> AsyncGenerator[bytes]:
    """The pieces, made as they are asked for; the first one now. Whoever goes away closes the generator."""
    pieces = _Pieces(make())
    first = await asyncio.to_thread(pieces.take)

    async def follow() -> AsyncGenerator[bytes]:
        piece = first
        try:
            while piece is not None:
                yield piece
                piece = await asyncio.to_thread(pieces.take)
        finally:
            # Nobody waits for it: whoever is cancelled cannot.
            asyncio.get_running_loop().run_in_executor(None, pieces.close)

    return follow()
