"""A server whose artifacts are in a bucket: what it says, what it keeps, and what another one finds there."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.opening import open_depot
from concertmaster.registering.opening import MEMORY_FILE
from concertmaster.storage.data_folder import hold_data_folder
from s3_server import OWNER, REGION, S3Server

DOCUMENT = """
concertmaster: 1
name: numbers
nodes:
  rows: {type: table.sql, config: {query: "select range as n, repeat('x', 100) as text from range(1000)"}}
  apart:
    type: python.code
    config:
      code: |
        import polars as pl
        def main(input, context):
            if not context.path("go").exists():
                raise ValueError("not yet")
            return input.select(n=pl.col("n") * 2)
  large: {type: data.set, config: {value: "{{ 'x' * 100000 }}"}}
edges: [rows -> apart, apart -> large]
"""


def settings_of(s3: S3Server, workspace: Path, bucket: str) -> Settings:
    options = {"endpoint": s3.endpoint_url, "region": REGION}
    options |= {"access_key_id": OWNER[0], "secret_access_key": OWNER[1]}
    given = {"artifacts_url": f"s3://{bucket}/artifacts", "artifacts_options": json.dumps(options)}
    return Settings(workspace=workspace, secret_key="a key for tests only", **given)


@asynccontextmanager
async def served(settings: Settings, described: list[bytes]) -> AsyncGenerator[httpx.AsyncClient]:
    with hold_data_folder(settings):
        if described:
            (settings.resolved_data_dir / MEMORY_FILE).write_bytes(described[0])
        async with build(settings) as runtime:
            app = create_app(runtime, max_body_bytes=64 * 1024, local_token=TOKEN)
            async with make_client(app, headers=LOCAL) as client:
                yield client


async def test_outputs_are_in_the_bucket_and_outlive_the_disk(
    s3: S3Server, tmp_path: Path, described: list[bytes]
) -> None:
    settings = settings_of(s3, tmp_path, s3.make_bucket("company"))
    async with served(settings, described) as client:
        assert (await client.get("http://127.0.0.1:8000/readyz")).status_code == 200
        posted = await client.post("/workflows", content=DOCUMENT, headers={"Content-Type": "application/yaml"})
        assert posted.is_success, posted.text
        failed = (await client.post("/workflows/numbers/executions?wait=60", json={"inputs": {}})).json()
        assert (failed["status"], failed["error"]["node"]) == ("failed", "apart")
    assert [key for key in s3.keys_of("company") if key.endswith(f"-{size_of(settings)}")]
    shutil.rmtree(settings.resolved_artifacts_dir)
    (tmp_path / "go").touch()
    async with served(settings, described) as client:
        # What a child reads has to be on the disk before.
        (await client.post(f"/executions/{failed['id']}/retry")).raise_for_status()
        after = f"/executions/{failed['id']}"
        async with asyncio.timeout(60):
            while (ended := (await client.get(after)).json())["status"] != "succeeded":
                assert ended["status"] in ("queued", "running"), ended
                await client.get(f"{after}/events?after={ended['seq']}&wait=20")
        table = (await client.get(f"{after}/nodes/rows/output?limit=1&offset=999")).json()
        assert (table["total"], table["items"][0]["n"]) == (1000, 999)
        apart = (await client.get(f"{after}/nodes/apart/output?limit=2")).json()
        assert [row["n"] for row in apart["items"]] == [0, 2]
        assert len((await client.get(f"{after}/nodes/large/output")).json()["value"]) == 100_000


def size_of(settings: Settings) -> int:
    """Of the one artifact that there is."""
    (file,) = settings.resolved_artifacts_dir.glob("??/*")
    return file.stat().st_size


async def test_a_start_without_a_bucket_says_so(s3: S3Server, tmp_path: Path) -> None:
    settings = settings_of(s3, tmp_path, "nowhere")
    with hold_data_folder(settings), pytest.raises(ConcertMasterError) as told:
        async with build(settings):
            pass
    assert told.value.code == "artifacts.no_bucket"
    assert "s3://nowhere/artifacts" in told.value.message


def test_options_are_json_and_stay_hidden(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path, artifacts_url="s3://a/b", artifacts_options="secret=abc")
    with pytest.raises(ConcertMasterError) as told:
        open_depot(settings)
    assert (told.value.code, "abc" in told.value.message) == ("settings.invalid", False)
