"""A secret is planted in a connection, node code does its best to leak it, and everything that can be read is read."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document

SECRET = "pl4nted-s3cr3t/of+the=test"
LEAKY = '''
from typing import Any, Literal

import polars as pl
from concertmaster import Connection, Context, File, node


@node(effect="read")
async def value(context: Context, database: Connection[Literal["postgres"]]) -> Any:
    """Give it as JSON, in the log and as progress."""
    found = database.secret("password").reveal()
    context.logger.warning("the password is %s", found)
    return {"plain": found, found: [found, {"inside": f"<{found}>"}], "size": 1}


@node(effect="read")
def table(database: Connection[Literal["postgres"]]) -> pl.DataFrame:
    """Give it as a column."""
    return pl.DataFrame({"kept": ["text"], "leak": [database.secret("password").reveal()]})


@node(effect="read")
def odd(database: Connection[Literal["postgres"]]) -> pl.DataFrame:
    """Give it in columns of all kinds, and as the name of one."""
    found = database.secret("password").reveal()
    return pl.DataFrame(
        {
            "kept": ["text"],
            "list": [["a", found, None]],
            "struct": [{"x": found, "n": 1, "deep": [{"y": f"<{found}>"}]}],
            "array": pl.Series([[found, "b"]], dtype=pl.Array(pl.String, 2)),
            "bytes": [f"<{found}>".encode()],
            "category": pl.Series([found], dtype=pl.Categorical),
            "enum": pl.Series([found], dtype=pl.Enum([found, "other"])),
            found: [1],
            f"{found} ": [2],
        }
    )


@node(effect="read")
def empty(database: Connection[Literal["postgres"]]) -> pl.DataFrame:
    """Give it as the name of a column without rows."""
    return pl.DataFrame({database.secret("password").reveal(): []})


@node(effect="read")
def named(database: Connection[Literal["postgres"]]) -> pl.DataFrame:
    """Give it as names inside of structs, with rows and without."""
    found = database.secret("password").reveal()
    return pl.DataFrame({"list": [[{found: 1, f"{found} ": 2, "kept": 3}]], "struct": [{"x": {found: None}}]})


@node(effect="read")
def file(database: Connection[Literal["postgres"]], context: Context, place: str) -> File:
    """Give it as the name of a file."""
    folder = context.scratch() if place == "scratch" else context.path("out", write=True)
    path = folder / database.secret("password").reveal().replace("/", "-")
    path.parent.mkdir(exist_ok=True)
    path.write_text("a,b")
    return File(path)


@node(effect="read")
def failing(database: Connection[Literal["postgres"]]) -> int:
    """Put it into an error."""
    raise ValueError(f"cannot log in with {database.secret('password').reveal()}")


@node(effect="read", isolation="process")
def apart(database: Connection[Literal["postgres"]]) -> str:
    """Give it from a child process."""
    print(database.secret("password").reveal(), flush=True)
    return database.secret("password").reveal()
'''


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "leaky.py").write_text(LEAKY)
    return tmp_path


def config(type_: str) -> dict[str, Any]:
    return {"type": f"leaky.{type_}", "config": {"database": "warehouse"}}


async def test_no_door_shows_it(
    client: httpx.AsyncClient, workspace: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    values = {"host": "127.0.0.1", "port": 1, "username": "ann", "password": SECRET}
    made = await client.post("/connections", json={"name": "warehouse", "type": "postgres", "values": values})
    assert made.status_code == 201
    nodes = {
        "value": config("value"),
        "table": config("table"),
        "odd": config("odd"),
        "empty": config("empty"),
        "named": config("named"),
        "apart": config("apart"),
    }
    calls = document("leak", inputs={}, nodes=nodes, edges=[], outputs={"found": "{{ nodes.value }}"})
    fails = document("fail", inputs={}, nodes={"failing": config("failing")}, edges=[], outputs={})
    seen: dict[str, str] = {"created": made.text}
    for name, body in (("leak", calls), ("fail", fails)):
        assert (await client.post("/workflows", json=body)).status_code == 201
        ended = await client.post(f"/workflows/{name}/executions?wait=60", json={"inputs": {}})
        seen[f"{name} ended"] = ended.text
        id_ = ended.json()["id"]
        assert ended.json()["status"] == ("succeeded" if name == "leak" else "failed"), ended.text
        paths = [f"/executions/{id_}", f"/executions/{id_}/events?after=0", f"/executions/{id_}/logs"]
        paths += [f"/executions/{id_}/nodes/{node}/output" for node in (nodes if name == "leak" else ())]
        paths += [f"/executions/{id_}/nodes/{node}/output/statistics" for node in ("odd",) if name == "leak"]
        for path in [*paths, "/executions", f"/workflows/{name}", f"/workflows/{name}/versions"]:
            seen[f"{name} {path}"] = (await client.get(path)).text
    for path in ("/connections", "/connections/warehouse", "/connection-uses", "/connection-types", "/registry"):
        seen[path] = (await client.get(path)).text
    tested = await client.post("/connections/warehouse/test")
    assert not tested.json()["ok"]
    seen["test"] = tested.text
    bad = {"name": SECRET, "type": "postgres", "values": {"password": [SECRET]}}
    seen["refused"] = (await client.post("/connections", json={**bad, "name": "x"})).text
    seen["metrics"] = (await client.get("http://127.0.0.1:8000/metrics")).text
    seen["log"] = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    seen["output"] = "".join(capfd.readouterr())
    assert {name for name, text in seen.items() if SECRET in text} == set()
    # It was really there: what stands in its place is the mask, and the rest of the outputs came through.
    assert "***" in seen["leak ended"]
    table = next(text for name, text in seen.items() if name.endswith("/table/output"))
    assert ("text" in table, "***" in table) == (True, True)
    odd = next(text for name, text in seen.items() if name.endswith("/odd/output"))
    cells = json.loads(odd)["items"][0]
    assert base64.b64decode(cells.pop("bytes")) == b"***"
    assert cells == {
        "kept": "text",
        "list": ["a", "***", None],
        "struct": {"x": "***", "n": 1, "deep": [{"y": "<***>"}]},
        "array": ["***", "b"],
        "category": "***",
        "enum": "***",
        "***": 1,
        "*** ": 2,
    }
    named = next(text for name, text in seen.items() if name.endswith("/named/output"))
    assert json.loads(named)["items"] == [{"list": [{"***": 1, "*** ": 2, "kept": 3}], "struct": {"x": {"***": None}}}]
    # What a table was before its cells were masked may stay among the artifacts as a file that nothing names.
    data = workspace / ".concertmaster"
    files = [path for path in data.rglob("*") if path.is_file() and data / "artifacts" not in path.parents]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("place", ["scratch", "workspace"])
async def test_a_file_is_not_named_by_it(client: httpx.AsyncClient, workspace: Path, place: str) -> None:
    secret = SECRET.replace("/", "-")
    values = {"host": "127.0.0.1", "port": 1, "username": "ann", "password": secret}
    assert (
        await client.post("/connections", json={"name": "warehouse", "type": "postgres", "values": values})
    ).status_code == 201
    nodes = {"file": {"type": "leaky.file", "config": {"database": "warehouse", "place": place}}}
    body = document("files", inputs={}, nodes=nodes, edges=[], outputs={})
    assert (await client.post("/workflows", json=body)).status_code == 201
    ended = await client.post("/workflows/files/executions?wait=60", json={"inputs": {}})
    events = (await client.get(f"/executions/{ended.json()['id']}/events?after=0")).text
    assert secret not in ended.text + events
    assert "file.named_by_secret" in events
