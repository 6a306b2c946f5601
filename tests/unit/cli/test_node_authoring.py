"""`nodes new` and `nodes check`: what is written works as it is; what is wrong is told, with place and remedy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from server_process import Command, environment, server_process

FAULTY = '''
import os
import time
from typing import Annotated

from pydantic import BaseModel, Field

from concertmaster import Connection, Context, Secret, node


class Part(BaseModel):
    size: int


@node(id="faulty.quiet", effect="none")
def quiet(limit: Annotated[int, Field(ge=1)] = 0, part: Part | None = None) -> int:
    return limit


@node(id="faulty.untrue", effect="none")
def untrue(number: int) -> int:
    """Double a number.

    Args:
        number: Which.

    Examples:
        >>> untrue(2)
        5
    """
    return number * 2


@node(id="faulty.lies", effect="none")
def lies() -> int:
    """Give a number.

    Example:
        concertmaster: 1
        name: lies
        nodes: {a: {type: faulty.lies}}
    """
    return "seven"


@node(id="faulty.other", effect="none")
def other() -> int:
    """Give another.

    Example:
        concertmaster: 1
        name: other
        nodes: {a: {type: data.set, config: {valu: 1}}}
    """
    return 1


@node(id="faulty.leaks", effect="read")
async def leaks(connection: Connection["shop"], key: Secret, context: Context) -> str:
    """Show what it knows.

    Args:
        connection: Where.
        key: What.

    Example:
        concertmaster: 1
        name: leaks
        nodes: {a: {type: faulty.leaks, config: {connection: shop, key: k}}}
    """
    context.logger.info("connected with %s", connection.values["token"])
    print("the key is", key.reveal(), flush=True)
    return "done"


@node(id="faulty.deaf", effect="none")
def deaf() -> str:
    """Sleep.

    Example:
        concertmaster: 1
        name: deaf
        nodes: {a: {type: faulty.deaf}}
    """
    time.sleep(3)
    return "slept"


@node(id="faulty.exits", effect="none")
def exits() -> str:
    """Leave.

    Example:
        concertmaster: 1
        name: exits
        nodes: {a: {type: faulty.exits}}
    """
    os._exit(3)
'''


def pytest_run(folder: Path, python: str = sys.executable, *words: str) -> subprocess.CompletedProcess[str]:
    """pytest as somebody would run it there: nothing of it is on the path but what it puts there itself."""
    env = {**environment(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [python, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


def test_a_new_node_works_as_it_is(command: Command, workspace: Path) -> None:
    done = command("nodes", "new", "top-rows")
    assert done.returncode == 0, done.stderr
    assert f"{sys.executable} -m pytest tests/test_top_rows.py" in done.stdout
    assert "concertmaster up --open" in done.stdout
    tried = pytest_run(workspace, sys.executable, "tests/test_top_rows.py")
    assert "2 passed" in tried.stdout, tried.stdout
    shown = command("nodes", "show", "top_rows.top_rows").stdout
    assert ">>> top_rows(\"Ada\")\n'Hello, Ada!'" in shown, "an example of a docstring is documentation"
    assert command("nodes", "new", "--pack", "acme-nodes").returncode == 0
    checked = command("nodes", "check", "--strict", "nodes/top_rows.py", "acme-nodes")
    assert (checked.returncode, checked.stdout) == (
        0,
        "✓ top_rows.top_rows@1\n✓ acme.shorten@1\n2 node types, 0 errors, 0 warnings\n",
    ), checked.stdout

    again = command("nodes", "new", "top_rows")
    assert again.returncode == 1
    assert "nodes/top_rows.py is there already, and is left as it is" in again.stderr


@pytest.mark.parametrize("name", ["9lives", "class", "../up", "a b", "test_it", "ÄÖ", "-x"])
def test_names_are_checked(command: Command, workspace: Path, name: str) -> None:
    before = sorted(workspace.rglob("*"))
    done = command("nodes", "new", "--", name)
    assert done.returncode == 2
    assert "use lower-case letters" in done.stderr or "kept for other uses" in done.stderr
    assert sorted(workspace.rglob("*")) == before


@pytest.mark.parametrize("options", [["os"], ["polars"], ["concertmaster.py"], ["json", "--pack"]])
def test_names_of_modules_are_not_hidden(command: Command, workspace: Path, options: list[str]) -> None:
    done = command("nodes", "new", *options)
    assert done.returncode == 2
    module = options[0].removesuffix(".py")
    assert f"There is a Python module {module} already" in " ".join(done.stderr.split())
    assert "choose another name" in done.stderr
    assert not (workspace / "nodes" / f"{module}.py").exists()


def test_check_tells_all_that_is_wrong(command: Command, workspace: Path) -> None:
    folder = workspace / "mine"
    folder.mkdir()
    (folder / "faulty.py").write_text(FAULTY)
    (folder / "broken.py").write_text("import sys\n\nsys.exit(0)\n")
    (folder / "empty.py").write_text("")
    (folder / "half.yaml").write_text("concertmaster_node: 1\nid: half.node\nrequest: {url: http://x, methd: GET}\n")
    done = command("nodes", "check", "mine", "--json", "--cancel", "0.5")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["ok"], len(told["nodes"])) == (False, 7)
    found = {(item["node"].partition("@")[0], item["code"]) for item in told["items"]}
    assert found == {
        ("", "registry.import_failed"),
        ("", "nodes.none"),
        ("", "node.bad_declaration"),
        ("faulty.quiet", "schema.default"),
        ("faulty.quiet", "docs.missing"),
        ("faulty.quiet", "docs.field"),
        ("faulty.quiet", "docs.example"),
        ("faulty.untrue", "example.call"),
        ("faulty.untrue", "example.workflow"),
        ("faulty.lies", "output.schema"),
        ("faulty.other", "example.invalid"),
        ("faulty.leaks", "secrets.shown"),
        ("faulty.deaf", "cancel.ignored"),
        ("faulty.exits", "example.crashed"),
    }
    texts = {item["code"]: item for item in told["items"]}
    assert texts["registry.import_failed"]["line"] == 3
    assert texts["node.bad_declaration"]["message"].endswith("unknown key 'methd' (Did you mean `method`?)")
    assert "Expected:\n    5\nGot:\n    4" in texts["example.call"]["message"]
    assert FAULTY.splitlines()[texts["example.call"]["line"] - 1].strip() == ">>> untrue(2)"
    assert "exit code 3" in texts["example.crashed"]["message"]
    leaks = [item["message"] for item in told["items"] if item["code"] == "secrets.shown"]
    assert sorted(message.partition(" shows ")[0] for message in leaks) == ["it prints the value of `key`", "the log"]
    assert all(item["fix"] for item in told["items"] if item["node"]), "each has its remedy"
    assert not any("canary-" in item["message"] for item in told["items"])


BRIEF = """
from concertmaster import node

@node
def shout(text: str) -> str:
    return text.upper()
"""


def test_what_is_only_missing_is_a_warning_and_with_strict_an_error(command: Command, workspace: Path) -> None:
    (workspace / "nodes" / "brief.py").write_text(BRIEF)
    checked = command("nodes", "check", "nodes/brief.py")
    assert checked.returncode == 0, checked.stdout
    assert "the field `text` is not documented" in checked.stdout
    assert "1 node type, 0 errors, 3 warnings" in checked.stdout
    strict = command("nodes", "check", "--strict", "--json", "nodes/brief.py")
    assert strict.returncode == 1
    items = json.loads(strict.stdout)["items"]
    assert {(item["code"], item["severity"]) for item in items} == {
        ("docs.missing", "error"),
        ("docs.field", "error"),
        ("docs.example", "error"),
    }


def test_hints_fit_the_environment(workspace: Path, python: str) -> None:
    """There is no pytest in the one that pip makes for ConcertMaster alone."""
    site = next((workspace / "env" / "lib").glob("python3*/site-packages"))
    assert f"next: {python} -m pytest tests/" in run_with(python, workspace, "nodes", "new", "one").stdout
    (site / "sitecustomize.py").write_text("import sys; sys.modules['pytest'] = None\n")
    told = run_with(python, workspace, "nodes", "new", "two").stdout
    assert f"next: {python} -m pip install pytest\nthen: {python} -m pytest tests/test_two.py\n" in told


def test_there_has_to_be_something_to_check(command: Command, workspace: Path) -> None:
    done = command("nodes", "check", "nowhere")
    assert done.returncode == 2
    assert "nowhere: there are no node types" in done.stderr


@pytest.fixture
def python(workspace: Path) -> str:
    """An environment of its own, in which what is installed here can be seen."""
    home = workspace / "env"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python3*/site-packages"))
    (site / "here.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return str(home / "bin" / "python")


def install(python: str, workspace: Path, pack: str) -> None:
    build = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    env: dict[str, Any] = {**os.environ, "UV_CACHE_DIR": str(workspace / "cache")}
    subprocess.run([*build, "--no-build-isolation", "--python", python, "-e", pack], cwd=workspace, env=env, check=True)


def run_with(python: str, workspace: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", "concertmaster.cli.main", *words]
    return subprocess.run(command, cwd=workspace, env=environment(), capture_output=True, text=True, timeout=60)


def test_a_pack_is_an_ordinary_package(command: Command, workspace: Path, python: str) -> None:
    done = command("nodes", "new", "--pack", "acme-nodes")
    assert done.returncode == 0, done.stderr
    assert "-m pip install -e acme-nodes" in done.stdout
    assert command("nodes", "new", "--pack", "acme-nodes").returncode == 1
    install(python, workspace, "acme-nodes")
    listed = run_with(python, workspace, "nodes", "list", "--json")
    assert "acme.shorten" in {item["id"] for item in json.loads(listed.stdout)["items"]}, listed.stderr
    tried = pytest_run(workspace / "acme-nodes", python)
    assert "2 passed" in tried.stdout, tried.stdout


ISOLATED = """
from concertmaster import node

@node(id="acme.apart", effect="none", isolation="process")
def apart(text: str) -> str:
    return text.upper()
"""
ONE = "def main():\n    return 1\n"
SHORT = """
concertmaster: 1
name: short
nodes:
  short: {type: acme.shorten, config: {text: "Hello, world!", length: 8}}
  loud: {type: acme.apart, config: {text: "{{ nodes.short }}"}}
edges: [short -> loud]
outputs: {text: "{{ nodes.loud }}"}
"""


def test_a_running_server_finds_a_pack_that_is_installed(command: Command, workspace: Path, python: str) -> None:
    """Also its processes for isolated nodes, which were started before."""
    with server_process(workspace, python=python) as server, server.client() as client:
        one = {"concertmaster": 1, "name": "one", "nodes": {"a": {"type": "python.code", "config": {"code": ONE}}}}
        assert client.post("/api/v1/workflows", json=one).is_success
        ended = client.post("/api/v1/workflows/one/executions?wait=30", json={}).json()
        assert ended["status"] == "succeeded", ended
        told = command("nodes", "new", "--pack", "acme-nodes").stdout
        assert "concertmaster nodes reload" in told, "a server runs here"
        (workspace / "acme-nodes" / "src" / "acme_nodes" / "apart.py").write_text(ISOLATED)
        install(python, workspace, "acme-nodes")
        done = command("nodes", "reload")
        assert done.returncode == 0, done.stderr
        stored = client.post("/api/v1/workflows", content=SHORT, headers={"Content-Type": "application/yaml"})
        assert stored.is_success, stored.text
        ended = client.post("/api/v1/workflows/short/executions?wait=30", json={}).json()
        assert ended["outputs"] == {"text": "HELLO..."}, ended
