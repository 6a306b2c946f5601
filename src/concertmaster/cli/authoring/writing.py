"""Writing node types: a file with its test for the workspace, or a pack: a package that pip installs."""

from __future__ import annotations

import asyncio
import keyword
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from rich.text import Text

from concertmaster.cli.client import connect, serves
from concertmaster.cli.terminal import console
from concertmaster.config import Settings, read
from concertmaster.domain.errors import UserError
from concertmaster.nodes.candidates import FOLDER

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_PACK = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TEMPLATES = files("concertmaster.cli.authoring") / "templates"


def write_node(name: str, *, data_dir: Path | None) -> None:
    """Write `nodes/NAME.py` and `tests/test_NAME.py` into the workspace.

    Raises:
        UserError: `node.bad_name`, `file.exists`, `file.not_writable`.
    """
    settings = read(data_dir=data_dir)
    workspace = settings.resolved_workspace
    module = _node_name(name)
    words = {"name": module, "module": f"{FOLDER}.{module}", "type": f"{module}.{module}", "dashed": _dashed(module)}
    node, test = Path(FOLDER, f"{module}.py"), Path("tests", f"test_{module}.py")
    texts = {node: _filled("node.py.txt", words), test: _filled("test_node.py.txt", words)}
    if not (workspace / "tests" / "conftest.py").exists():
        texts[Path("tests", "conftest.py")] = _filled("conftest.py.txt", words)
    _refuse_taken(workspace, [workspace / FOLDER / module, *(workspace / path for path in (node, test))])
    _write(workspace, texts)
    served, static = serves(settings), _is_static(settings)
    last, end = "concertmaster up --open", f"the node type {module}.{module} is on the canvas then"
    if static:
        last = "concertmaster nodes freeze" + (" && concertmaster nodes reload" if served else "")
        end = "registry_mode is static: only what is in the manifest is served"
    elif served:
        last, end = f"concertmaster nodes show {module}.{module}", "it is on the canvas already: a server runs here"
    _tell(texts, [*_test_commands(str(test)), last], end)


def write_pack(name: str, *, data_dir: Path | None) -> None:
    """Write a package with node types into a new folder here.

    Args:
        data_dir: whose server is to be told of it, if one runs.
    Raises:
        UserError: `node.bad_name`, `file.exists`, `file.not_writable`.
    """
    if _PACK.fullmatch(name) is None or keyword.iskeyword(name):
        raise UserError(
            "node.bad_name",
            f"{name[:60]!r} cannot be the name of a package; use lower-case letters, digits and hyphens, such as "
            "acme-nodes",
        )
    dashed, package = _dashed(name), name.replace("-", "_")
    _refuse_module(package, f"{dashed}-nodes")
    prefix = re.sub(r"_nodes$", "", package)
    words = {"dashed": dashed, "package": package, "prefix": prefix}
    source = Path("src", package)
    texts = {
        Path("pyproject.toml"): _filled("pack/pyproject.toml.txt", words),
        Path("README.md"): _filled("pack/README.md.txt", words),
        source / "__init__.py": _filled("pack/init.py.txt", words),
        source / "texts.py": _filled("pack/node.py.txt", words),
        Path("tests", "test_texts.py"): _filled("pack/test_node.py.txt", words),
    }
    folder = Path.cwd() / dashed
    _refuse_taken(folder.parent, [folder])
    _write(folder, texts)
    # A server looks for packages when it is told to.
    look = "reload" if serves(read(data_dir=data_dir)) else "list"
    told = f"the node type {prefix}.shorten is {'in service' if look == 'reload' else 'in the list'} then"
    commands = [f"{_python()} -m pip install -e {dashed}", f"concertmaster nodes {look}"]
    _tell([Path(dashed, path) for path in texts], commands, told)


def _is_static(settings: Settings) -> bool:
    """Whether a manifest is served: by the server that runs, which may have other settings than we have, else by us."""

    async def ask() -> bool:
        async with connect(settings) as api:
            return (await api.get("/registry"))["mode"] == "static"

    return asyncio.run(ask()) if serves(settings) else settings.registry_mode == "static"


def _test_commands(tests: str) -> list[str]:
    """How to run tests: with this very interpreter, whose packages they need, and pytest is not one of ours."""
    install = [] if find_spec("pytest") else [f"{_python()} -m pip install pytest"]
    return [*install, f"{_python()} -m pytest {tests}"]


def _python() -> str:
    """What runs this interpreter, as one would type it."""
    found = shutil.which("python")
    return "python" if found and Path(found).absolute() == Path(sys.executable) else shlex.quote(sys.executable)


def _node_name(name: str) -> str:
    module = name.removesuffix(".py").replace("-", "_")
    if _NAME.fullmatch(module) is None or keyword.iskeyword(module):
        what = f"{name[:60]!r} cannot be the name of a node"
        raise UserError("node.bad_name", f"{what}; use lower-case letters, digits and underscores, such as top_rows")
    if module.startswith("test_") or module in ("conftest", "node"):
        raise UserError("node.bad_name", f"{name!r} is kept for other uses; choose another name")
    _refuse_module(module, f"{module}_rows")
    return module


def _refuse_module(name: str, other: str) -> None:
    """Raise for the name of a module of Python or of an installed package: tests and nodes would import the wrong one.

    Raises:
        UserError: `node.bad_name`.
    """
    found = find_spec(name)
    # What has no origin is a folder that happens to be called so.
    if name in sys.stdlib_module_names or (found is not None and found.origin is not None):
        raise UserError(
            "node.bad_name",
            f"There is a Python module {name} already, which a file of that name would hide; choose another name, such "
            f"as {other}",
        )


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _filled(template: str, words: Mapping[str, str]) -> str:
    return Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def _refuse_taken(root: Path, places: list[Path]) -> None:
    for place in places:
        if place.exists():
            shown = place.relative_to(root)
            raise UserError("file.exists", f"{shown} is there already, and is left as it is; choose another name")


def _write(root: Path, texts: Mapping[Path, str]) -> None:
    """Write all of them, or none."""
    made: list[Path] = []
    for path, text in texts.items():
        target = root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Never over a file that came meanwhile.
            with target.open("x", encoding="utf-8") as file:
                made.append(target)
                file.write(text)
        except OSError as error:
            for done in made:
                done.unlink(missing_ok=True)
            raise UserError("file.not_writable", f"{target} cannot be written: {error.strerror}") from error


def _tell(written: Mapping[Path, str] | list[Path], commands: list[str], end: str) -> None:
    out = console()
    for path in written:
        out.print(Text.assemble(("✓ ", "green"), str(path)))
    out.print()
    for place, command in enumerate(commands, 1):
        last = f"   ({end})" if place == len(commands) else ""
        out.print(Text.assemble("then: " if place > 1 else "next: ", (command, "bold"), last), soft_wrap=True)
