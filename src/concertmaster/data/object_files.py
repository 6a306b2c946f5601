"""Object stores as fsspec filesystems: S3, Google Cloud Storage and Azure by obstore, all else by fsspec's own list."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fsspec

from concertmaster.domain.errors import UserError

if TYPE_CHECKING:
    from obstore.fsspec import FsspecStore

_OBJECTS = frozenset({"s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl"})
_CHUNK_BYTES = 8 * 1024 * 1024
_CONNECT, _REQUEST, _RETRY = timedelta(seconds=5), timedelta(seconds=300), timedelta(seconds=30)


def open_files(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The filesystem of a URL, and the path in it.

    Args:
        options: of the driver, such as `{"endpoint": ..., "access_key_id": ...}`; beside them counts what the
            environment says in the usual variables (`AWS_ACCESS_KEY_ID`).
    Raises:
        UserError: `artifacts.unsupported_store`.
    """
    parts = urlsplit(url)
    try:
        if parts.scheme not in _OBJECTS:
            files = fsspec.filesystem(parts.scheme, skip_instance_cache=True, **options)
            return files, str(files._strip_protocol(url)).rstrip("/")
        if not parts.netloc:
            raise UserError("artifacts.unsupported_store", f"{url} names no bucket; write {parts.scheme}://bucket/path")
        return _objects(parts.scheme, options), f"{parts.netloc}{parts.path}".rstrip("/")
    except ImportError as error:
        extra = "pip install 'concertmaster[s3]'" if parts.scheme in _OBJECTS else str(error)
        message = f"What keeps artifacts at {parts.scheme}:// is not installed: {extra}"
        raise UserError("artifacts.unsupported_store", message) from error
    except (ValueError, TypeError, KeyError) as error:
        message = f"Artifacts cannot be kept at {url}: {error}; check ARTIFACTS_URL and ARTIFACTS_OPTIONS"
        raise UserError("artifacts.unsupported_store", message) from error


def _objects(scheme: str, options: Mapping[str, Any]) -> FsspecStore:
    plain = any(str(value).startswith("http://") for value in options.values())
    client: Any = {"connect_timeout": _CONNECT, "timeout": _REQUEST}
    client |= {"allow_http": True} if plain else {}
    retry: Any = {"max_retries": 3, "retry_timeout": _RETRY}
    made: Any = _class()
    return made(scheme, config=dict(options), client_options=client, retry_config=retry, skip_instance_cache=True)


@functools.cache
def _class() -> type[FsspecStore]:
    from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415  (an optional extra)
    from obstore.fsspec import FsspecStore  # noqa: PLC0415

    class ObjectFiles(FsspecStore):
        """Its parent lists folder by folder, reads objects whole, and writes over what is there."""

        def find(self, path: str, **_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            bucket, prefix = self._split_path(path)
            found: dict[str, Any] = {}
            for page in self._construct_store(bucket).list(prefix):
                for one in page:
                    name = f"{bucket}/{one['path']}"
                    found[name] = {"name": name, "size": one["size"], "type": "file"}
            return found

        def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            bucket, name = self._split_path(path)
            try:
                self._construct_store(bucket).put(name, value, mode="create" if mode == "create" else "overwrite")
            except AlreadyExistsError as error:
                raise FileExistsError(path) from error

        def get_file(self, rpath: str, lpath: str, **_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            bucket, path = self._split_path(rpath)
            with Path(lpath).open("wb") as file:
                for chunk in self._construct_store(bucket).get(path).stream(min_chunk_size=_CHUNK_BYTES):
                    file.write(memoryview(chunk))

    return ObjectFiles
