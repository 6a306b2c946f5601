"""The one door: built-ins, entry points and the workspace's folder; what fails is set aside with its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from concertmaster.nodes.loader import ENTRY_POINT_GROUP, build_registry, candidates, load_registry
from concertmaster.nodes.registry import Registry, Source

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
    registry = load_registry()
    assert registry.ids()
    for type_ in registry.all():
        spec = type_.spec
        assert type_.call == "process" if spec.category == "code" else type_.call in ("loop", "thread"), spec.id
        assert spec.title, spec.id
        assert spec.description, spec.id
        assert spec.example, spec.id
        assert spec.source_hash == "", spec.id
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **spec.schema})
    assert [found.kind for found in registry.sources] == ["builtin"]


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
    first, second = registry.find("weather.clean"), load_registry(folder.parent).find("weather.clean")
    assert first is not None
    assert second is not None
    assert len(first.spec.source_hash) == 64
    assert second.function is not first.function


BROKEN = [
    ("raises.py", "x = 1\n\nraise RuntimeError('on import')\n", 3, "on import"),
    ("syntax.py", "def f(:\n    pass\n", 1, "SyntaxError"),
    ("missing.py", "import no_such_module_at_all\n", 1, "no_such_module_at_all"),
    ("exits.py", "import sys\nsys.exit(3)\n", 2, "SystemExit"),
    ("untyped.py", "from concertmaster import node\n\n@node\ndef f(x):\n    pass\n", 3, "parameter 'x'"),
    ("bad-name.py", "", None, "letters, digits and underscores"),
    ("thief.py", "from concertmaster import node\n@node(id='file.read')\ndef f(): ...\n", 2, "'built-in'"),
]


@pytest.mark.parametrize(("name", "text", "line", "words"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_set_aside_with_its_place(
    folder: Path, name: str, text: str, line: int | None, words: str
) -> None:
    (folder / name).write_text(text)
    (folder / "weather.py").write_text(GOOD)
    registry = load_registry(folder.parent)
    broken = source(registry, name)
    assert (broken.status, broken.types, broken.line) == ("quarantined", (), line)
    assert broken.error is not None
    assert words in broken.error
    assert broken.module == str(folder / name)
    assert registry.find("weather.clean")
    reader = registry.spec("file.read")
    assert reader is not None
    assert reader.source_hash == ""
    if name != "thief.py":  # that one was imported without fault; its fresh name hurts nobody
        module = f".{name.removesuffix('.py')}"
        assert not [
            known for known in sys.modules if known.startswith("concertmaster_nodes_") and known.endswith(module)
        ]


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
from concertmaster.nodes.loader import load_registry
registry = load_registry()
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
    assert [type_.spec.version for type_ in registry.all() if type_.spec.id == "acme.x"] == [1, 2, 10]
    assert [type_.spec.version for type_ in registry.newest() if type_.spec.id == "acme.x"] == [10]


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


def test_a_module_that_takes_long_is_named_while_everything_waits_for_it(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "slow.py").write_text("import threading\nthreading.Event().wait(0.5)\n")
    build_registry(candidates(folder.parent), slow_seconds=0.05)
    assert "slow.py is still being imported" in caplog.text
