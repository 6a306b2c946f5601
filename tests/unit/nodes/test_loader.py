"""The one door: built-ins, entry points and the workspace's folder; what fails is set aside with its place."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import psutil
import pytest

from concertmaster.nodes import builtin_file
from concertmaster.nodes.candidates import ENTRY_POINT_GROUP
from concertmaster.nodes.loader import builtin_registry
from concertmaster.nodes.module_files import PACKAGE_PREFIX
from concertmaster.nodes.registry import Registry, Source
from plugins import load_registry

GOOD = '''
from __future__ import annotations
import polars as pl
from concertmaster import node

@node
def clean(table: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """Clean."""
    return table.drop_nulls(column)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    return tmp_path / "nodes"


def source(registry: Registry, name: str) -> Source:
    return next(source for source in registry.sources if source.name == name)


def test_every_builtin_is_complete() -> None:
    registry = builtin_registry()
    assert registry.ids()
    for type_ in registry.all():
        spec = type_.spec
        calls = ("process",) if spec.category == "code" else ("loop", "thread", "process")
        assert type_.call in calls, spec.id
        assert spec.title, spec.id
        assert spec.description, spec.id
        assert spec.example, spec.id
        assert spec.source_hash == "", spec.id
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **spec.schema})
    assert [found.kind for found in registry.sources] == ["builtin"]


def test_a_builtin_is_imported_when_somebody_uses_it_and_is_what_the_file_said() -> None:
    told = "from concertmaster.nodes.loader import builtin_registry as r\nimport sys\n"
    told += "x = r()\nassert 'concertmaster.nodes.builtin.table_sql' not in sys.modules\n"
    told += "t = x.find('table.sql')\nassert t.spec == x.spec('table.sql') and t.function.__name__ == 'table_sql'\n"
    subprocess.run([sys.executable, "-c", told], check=True)


@pytest.mark.parametrize(
    ("old", "new"), [('"pydantic": "', '"pydantic": "0'), ('"digest":"', '"digest":"0'), ("{", "")]
)
def test_built_ins_whose_file_is_of_another_release_are_imported_at_once(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, text = builtin_registry(), builtin_file.text()
    monkeypatch.setattr(builtin_file, "FILE", tmp_path / "file.json")
    builtin_file.FILE.write_text(text.replace(old, new))
    assert registry.specs() == builtin_registry().specs()
    assert all(builtin_registry().unloaded(id_) is None for id_ in registry.ids())
    builtin_file.FILE.write_text(text)
    assert all(builtin_registry().unloaded(id_) is not None for id_ in registry.ids())
    assert registry.specs() == builtin_registry().specs()


def test_files_and_packages_of_the_folder(folder: Path) -> None:
    (folder / "weather.py").write_text(GOOD)
    (folder / "acme" / "deep").mkdir(parents=True)
    (folder / "acme" / "__init__.py").write_text("from .deep.more import clean\n")
    (folder / "acme" / "deep" / "__init__.py").write_text("")
    (folder / "acme" / "deep" / "more.py").write_text(GOOD)
    for ignored in ("_private.py", "test_weather.py", "conftest.py", "notes.txt"):
        (folder / ignored).write_text("raise RuntimeError")
    (folder / "data").mkdir()
    registry = load_registry(folder.parent)
    assert {"weather.clean", "more.clean"} <= set(registry.ids())
    assert source(registry, "weather.py").types == ("weather.clean@1",)
    assert source(registry, "acme").types == ("more.clean@1",)
    assert len(registry.sources) == 3
    first, again = registry.find("weather.clean"), load_registry(folder.parent).find("weather.clean")
    assert first is not None
    assert again is not None
    assert len(first.spec.source_hash) == 64
    assert again.function is first.function, "the same text is the same module"
    (folder / "weather.py").write_text(GOOD + "x = 1\n")
    second = load_registry(folder.parent).find("weather.clean")
    assert second is not None
    assert second.function is not first.function
    assert second.function.__globals__["__file__"] == str(folder / "weather.py")


BROKEN = [
    ("raises.py", "x = 1\n\nraise RuntimeError('on import')\n", 3, "on import", "registry.import_failed"),
    ("syntax.py", "def f(:\n    pass\n", 1, "SyntaxError", "registry.import_failed"),
    ("missing.py", "import no_such_module_at_all\n", 1, "no_such_module_at_all", "registry.import_failed"),
    ("exits.py", "import sys\nsys.exit(3)\n", 2, "SystemExit: 3", "registry.import_failed"),
    ("leaves.py", "import os\nos._exit(0)\n", None, "ended the process (exit code 0)", "registry.crashed"),
    ("dies.py", "import ctypes\n\nctypes.string_at(0)\n", 3, "SIGSEGV", "registry.crashed"),
    (
        "untyped.py",
        "from concertmaster import node\n\n@node\ndef f(x):\n    pass\n",
        3,
        "parameter 'x'",
        "node.bad_signature",
    ),
    (
        "large.py",
        "from concertmaster import node\n@node\ndef f(x: int = 10**30) -> int: ...\n",
        None,
        "look at the defaults",
        "node.bad_description",
    ),
    (
        "half_character.py",
        "from concertmaster import node\n@node\ndef f(x: str = '\\ud800') -> int: ...\n",
        None,
        "look at the defaults",
        "node.bad_description",
    ),
    ("forks.py", "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n", None, "os.fork", "registry.forks"),
    ("bad-name.py", "", None, "letters, digits and underscores", "node.bad_module"),
    (
        "thief.py",
        "from concertmaster import node\n@node(id='file.read')\ndef f(): ...\n",
        2,
        "'built-in'",
        "node.already_defined",
    ),
    (
        "twice.py",
        "from concertmaster import node\n@node(id='acme.x')\ndef f(): ...\n@node(id='acme.x')\ndef g(): ...\n",
        4,
        "this source, twice",
        "node.already_defined",
    ),
    (
        "strange.py",
        "class E(BaseException):\n    def __str__(self):\n        raise RuntimeError\nraise E\n",
        4,
        "E: <exception str() failed>",
        "registry.import_failed",
    ),
    ("surrogate.py", "raise RuntimeError('\\ud800')\n", 1, "\\ud800", "registry.import_failed"),
    ("latin.py", b"x = '\xe4'\n", 1, "utf-8", "registry.import_failed"),
    ("huge.py", "x = bytearray(10**12)\n", 1, "MemoryError", "registry.import_failed"),
    (
        "talks.py",
        "import os, sys\nsys.stdout.write('x' * 10**6)\nsys.stderr.write('y' * 10**6)\n1 / 0\n",
        4,
        "ZeroDivisionError",
        "registry.import_failed",
    ),
]


def test_what_is_broken_is_set_aside_with_its_place_and_the_rest_goes_on(folder: Path) -> None:
    for name, text, *_ in BROKEN:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "weather.py").write_text(GOOD)
    registry = load_registry(folder.parent)
    for name, _, line, words, code in BROKEN:
        broken = source(registry, name)
        assert (broken.status, broken.types, broken.line, broken.code) == ("quarantined", (), line, code), broken
        assert broken.error is not None
        assert words in broken.error
        assert "/concertmaster/" not in broken.error, "frames of ours tell an author nothing"
        assert broken.module == str(folder / name)
        assert broken.file == (None if line is None else str(folder / name))
    assert registry.find("weather.clean")
    reader = registry.spec("file.read")
    assert reader is not None
    assert reader.source_hash == ""
    ours = [known for known in sys.modules if known.startswith(PACKAGE_PREFIX)]
    assert not [known for known in ours if known.endswith((".raises", ".syntax", ".exits"))]


def test_the_line_may_be_in_another_file(folder: Path) -> None:
    (folder / "_shared.py").write_text("\n\n1 / 0\n")
    (folder / "weather.py").write_text("from . import _shared\n")
    broken = source(load_registry(folder.parent), "weather.py")
    assert (broken.file, broken.line) == (str(folder / "_shared.py"), 3)


STOPPED = [
    ("sleeps.py", "import time\n\ntime.sleep(1000)\n", 3, "registry.timed_out", "took more than 3 s"),
    (
        "spins.py",
        "def spin():\n    while True:\n        pass\nspin()\n",
        None,
        "registry.timed_out",
        "line 4, in <module>",
    ),
    ("floods.py", "x = []\nwhile True:\n    x.append(b'1' * 10**6)\n", None, "registry.out_of_memory", "(64 MiB)"),
]


@pytest.mark.parametrize(("name", "text", "line", "code", "words"), STOPPED, ids=[case[0] for case in STOPPED])
def test_what_does_not_end_is_stopped_and_says_where_it_was(
    folder: Path, name: str, text: str, line: int | None, code: str, words: str
) -> None:
    (folder / name).write_text(text)
    (folder / "weather.py").write_text(GOOD)
    seconds = timedelta(seconds=60 if code == "registry.out_of_memory" else 3)
    registry = load_registry(folder.parent, registry_timeout=seconds, registry_memory=64 * 2**20)
    stopped = source(registry, name)
    assert (stopped.status, stopped.code) == ("quarantined", code)
    assert stopped.error is not None
    assert words in stopped.error
    assert stopped.file == str(folder / name)
    assert stopped.line in ((2, 3) if line is None else (line,))
    assert registry.spec("weather.clean")


def test_nothing_of_a_module_is_left_behind(folder: Path) -> None:
    """Not even processes that left session and group before their module crashed."""
    (folder / "leaves.py").write_text(
        "import os, subprocess, sys\n"
        "from pathlib import Path\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "Path(__file__).with_name('pid').write_text(str(child.pid))\n"
        "import time; time.sleep(600)\n"
    )
    load_registry(folder.parent, registry_timeout=timedelta(seconds=2))
    pid = int((folder / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_entry_points_are_loaded_from_installed_packages(tmp_path: Path) -> None:
    """In a process of its own, whose path has a distribution with metadata as pip would install it."""
    (tmp_path / "acme_nodes.py").write_text(GOOD)
    metadata = tmp_path / "acme_nodes-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-nodes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nacme = acme_nodes\ngone = no_such_module\n")
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import asyncio
from concertmaster.config import Settings
from concertmaster.registering.opening import read_registry
registry = asyncio.run(read_registry(Settings(workspace={str(tmp_path)!r}))).current
assert registry.find("acme_nodes.clean").call == "thread"
assert registry.spec("acme_nodes.clean").title == "Clean"
print([(source.name, source.kind, source.status) for source in registry.sources[1:]])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    expected = [("acme", "entry_point", "active"), ("gone", "entry_point", "quarantined")]
    assert done.stdout.strip() == str(expected), done.stderr


def test_the_newest_version_answers_when_none_is_asked_for(folder: Path) -> None:
    versions = "".join(f"@node(id='acme.x', version={n})\ndef f{n}(): ...\n" for n in (2, 10, 1))
    (folder / "x.py").write_text("from concertmaster import node\n" + versions)
    registry = load_registry(folder.parent)
    newest, second = registry.spec("acme.x"), registry.spec("acme.x", 2)
    assert newest is not None
    assert second is not None
    assert (newest.version, second.version) == (10, 2)
    assert registry.spec("acme.x", 3) is None
    assert [spec.version for spec in registry.specs() if spec.id == "acme.x"] == [1, 2, 10]
    assert [spec.version for spec in registry.newest() if spec.id == "acme.x"] == [10]
    assert registry.versions("acme.x") == (1, 2, 10)


def test_importing_the_package_is_light() -> None:
    script = """
import sys
import concertmaster
from concertmaster import Connection, Context, File, Input, Outlet, Secret, Table, UserError, node
heavy = {"polars", "duckdb", "pyarrow", "pandas"} & set(sys.modules)
assert not heavy, heavy
assert set(concertmaster.__all__) <= set(dir(concertmaster))
for name in concertmaster.__all__:
    assert getattr(concertmaster, name).__name__ or name == "Input"
try:
    concertmaster.nonsense
except AttributeError as error:
    assert "it offers" in str(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("raised", ["BaseException('rare')", "SystemExit(3)", "GeneratorExit", "MemoryError"])
def test_whatever_a_module_raises_only_it_is_set_aside(folder: Path, raised: str) -> None:
    (folder / "bad.py").write_text(f"\nraise {raised}\n")
    (folder / "good.py").write_text(GOOD)
    registry = load_registry(folder.parent)
    assert (source(registry, "bad.py").status, source(registry, "bad.py").line) == ("quarantined", 2)
    assert source(registry, "good.py").status == "active"


def test_processes_that_an_import_starts_count(folder: Path) -> None:
    forks = "import os, time\nfor _ in range({}):\n    if os.fork() == 0:\n        x = b'1' * {}\n        break\n"
    forks += "time.sleep(600)\n"
    (folder / "bomb.py").write_text(forks.format(200, 1))
    (folder / "flood.py").write_text(forks.format(20, 10**7))
    registry = load_registry(folder.parent, registry_timeout=timedelta(seconds=60), registry_memory=64 * 2**20)
    assert source(registry, "flood.py").code == "registry.out_of_memory"
    assert source(registry, "bomb.py").code == "registry.forks"
