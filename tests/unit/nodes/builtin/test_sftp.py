"""sftp.get, sftp.put and sftp.list against a real server of the tests' own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from concertmaster import Connection, File, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.executors.pool import ProcessSettings
from concertmaster.nodes.builtin.sftp_get import sftp_get
from concertmaster.nodes.builtin.sftp_list import sftp_list
from concertmaster.nodes.builtin.sftp_put import sftp_put
from concertmaster.nodes.connection_types.catalog import check_values, with_defaults
from engine_harness import example_of, running_engine
from node_context import PlainContext
from sftp_server import Server, sftp_server

EXAMPLE = Path(__file__).parents[4] / "examples" / "exchange-files.yaml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as found:
        yield found


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


def connection(server: Server, **values: Any) -> Connection[Any]:
    checked, problems = check_values("sftp", server.values(**values))
    assert problems == []
    return Connection("sftp", "sftp", with_defaults("sftp", checked))


def made(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def refusal(call: Any) -> UserError | OperationalError:
    with pytest.raises((UserError, OperationalError)) as caught:
        await call
    return caught.value


async def test_a_file_comes_whole_or_not_at_all(server: Server, context: PlainContext) -> None:
    content = os.urandom(3_000_000)
    made(server.folder, {"get/a b.bin": content})
    known = connection(server)
    file = await sftp_get(connection=known, path="/get/a b.bin", context=context)
    assert (file.name, file.read_bytes()) == ("a b.bin", content)
    for path, options, code in (
        ("/get/a b.bin", {"max_mb": 2}, "sftp.too_large"),
        ("/get", {}, "sftp.is_directory"),
        ("/get/none", {}, "sftp.not_found"),
    ):
        error = await refusal(sftp_get(connection=known, path=path, context=context, **options))
        assert (error.code, path in error.message) == (code, True)


async def test_a_file_appears_when_all_of_it_is_there(server: Server, context: PlainContext, tmp_path: Path) -> None:
    content = os.urandom(1_500_000)
    made(tmp_path, {"a.csv": content})
    known = connection(server)
    put = await sftp_put(connection=known, to="/put/deep/", path="a.csv", context=context)
    assert put == {"path": "/put/deep/a.csv", "bytes": 1_500_000}
    made(tmp_path, {"a.csv": b"new"})
    await sftp_put(File(tmp_path / "a.csv"), connection=known, to="/put/deep/a.csv", context=context)
    assert (server.folder / "put/deep/a.csv").read_bytes() == b"new"
    made(server.folder, {"old/a.csv": b"x", "locked/none": b"", "full/none": b""})
    # This part of the server knows no rename that replaces.
    await sftp_put(connection=known, to="/old/a.csv", path="a.csv", context=context)
    assert (server.folder / "old/a.csv").read_bytes() == b"new"
    codes = {"/locked/a.csv": "sftp.denied", "/full/a.csv": "sftp.failed", "/put/deep": "sftp.is_directory"}
    for to, code in codes.items():
        error = await refusal(sftp_put(connection=known, to=to, path="a.csv", context=context))
        assert (error.code, to in error.message) == (code, True)
    assert names_in(server.folder / "put") == ["deep"]
    assert names_in(server.folder / "put/deep") == ["a.csv"]
    assert names_in(server.folder / "locked") == ["none"]


async def test_a_file_that_is_there_stays(server: Server, context: PlainContext, tmp_path: Path) -> None:
    made(tmp_path, {"a.csv": b"mine"})
    made(server.folder, {"keep/other.csv": b"them", "keep/longer.csv": b"theirs"})
    known = connection(server)
    for to in ("/keep/other.csv", "/keep/longer.csv"):
        error = await refusal(sftp_put(connection=known, to=to, path="a.csv", mode="fail", context=context))
        assert (error.code, "overwrite" in error.message) == ("sftp.exists", True)
    for _ in range(2):
        await sftp_put(connection=known, to="/keep/new.csv", path="a.csv", mode="fail", context=context)
    assert names_in(server.folder / "keep") == ["longer.csv", "new.csv", "other.csv"]
    assert (server.folder / "keep/other.csv").read_bytes() == b"them"


async def test_a_folder_is_listed(server: Server, context: PlainContext) -> None:
    made(server.folder, {"list/b.csv": b"12", "list/a.csv": b"1", "list/.hidden.csv": b"", "list/in/c.csv": b"123"})
    os.utime(server.folder / "list/a.csv", (1_700_000_000, 1_700_000_000))
    (server.folder / "list/loop").symlink_to("in")
    (server.folder / "list/broken.csv").symlink_to("nowhere")
    known = connection(server)

    async def names(**options: Any) -> list[str]:
        return [one["path"] for one in await sftp_list(connection=known, folder="/list", context=context, **options)]

    assert await names() == ["/list/a.csv", "/list/b.csv"]
    assert await names(pattern="**/*.csv", order="largest") == ["/list/in/c.csv", "/list/b.csv", "/list/a.csv"]
    assert await names(pattern="*.csv", order="newest", hidden=True) != []
    assert await names(kind="folders") == ["/list/in", "/list/loop"]
    (oldest, *_) = await sftp_list(connection=known, folder="/list", order="oldest", context=context)
    assert oldest == {
        "path": "/list/a.csv",
        "name": "a.csv",
        "kind": "file",
        "bytes": 1,
        "modified": "2023-11-14T22:13:20Z",
    }
    many = await refusal(sftp_list(connection=known, folder="/list", pattern="**", limit=2, context=context))
    assert (many.code, "limit" in many.message) == ("file.too_many", True)
    none = await refusal(sftp_list(connection=known, folder="/nowhere", context=context))
    assert none.code == "sftp.not_found"


async def test_a_stranger_gets_nothing(server: Server, context: PlainContext) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    for values, code in (
        ({"host_key": None}, "sftp.host_key_missing"),
        ({"host_key": other}, "sftp.host_key_changed"),
        ({"host_key": "nonsense"}, "sftp.host_key"),
        ({"password": "s3cr3t-pass-word"}, "sftp.login_refused"),
    ):
        error = await refusal(sftp_list(connection=connection(server, **values), context=context))
        assert (error.code, error.details["sent"], "s3cr3t" in error.message) == (code, False, False)
    async with GuardedClient(EgressRules()) as client:
        stranger = PlainContext(context.workspace, http=client)
        assert (await refusal(sftp_list(connection=connection(server), context=stranger))).code == "http.egress_refused"


async def test_the_example_exchanges_files(server: Server, tmp_path: Path) -> None:
    made(server.folder, {"outgoing/old.csv": b"item\nrice\n", "outgoing/new.csv": b"item\ntea\ntea\n"})
    os.utime(server.folder / "outgoing/old.csv", (1, 1))
    processes = ProcessSettings(egress_allow=("127.0.0.1",), temporary=tmp_path)
    async with running_engine(
        tmp_path, connections={"sftp": connection(server)}, allow="127.0.0.1", processes=processes
    ) as harness:
        found = await harness.outputs(EXAMPLE.read_text())
        made(server.folder, {"orders/today.csv": b"item\ntea\n"})
        made(tmp_path, {"airlines.csv": b"carrier\nAA\n"})
        assert await harness.outputs(example_of("sftp.get")) == {"path": "in/today.csv"}
        assert await harness.outputs(example_of("sftp.list")) == {"names": ["today.csv"]}
        assert await harness.outputs(example_of("sftp.put")) == {"path": "incoming/airlines.csv"}
    assert found == {"from": "new.csv", "to": "incoming/items.csv"}
    assert (server.folder / "incoming/items.csv").read_text() == "item,orders\ntea,2\n"
