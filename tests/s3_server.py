"""A real object store for tests: SeaweedFS in one process on free loopback ports, speaking S3.

Its keys are checked, buckets are not made by themselves, and it keeps to conditional writes.
"""

from __future__ import annotations

import contextlib
import functools
import json
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from connection_servers import free_port, running

REGION = "us-east-1"
OWNER = ("AKIAOWNER", "owner-s3cret-key")
READER = ("AKIAREADER", "reader-s3cret-key")
"""May read and list, and not write."""


@dataclass(frozen=True)
class S3Server:
    """Where it listens, and who may do what there."""

    endpoint_url: str

    @property
    def port(self) -> int:
        return int(self.endpoint_url.rpartition(":")[2])

    def values(self, bucket: str | None = None, *, keys: tuple[str, str] = OWNER, **others: str) -> dict[str, Any]:
        """The values of a connection of type `s3`."""
        found = {
            "region": REGION,
            "endpoint_url": self.endpoint_url,
            "access_key_id": keys[0],
            "secret_access_key": keys[1],
        }
        return {**found, **({} if bucket is None else {"bucket": bucket}), **others}

    def client(self, *, keys: tuple[str, str] = OWNER) -> Any:
        """A client of another make than the code under test."""
        return _client(self.endpoint_url, *keys)

    def make_bucket(self, name: str) -> str:
        """A bucket of this name, empty."""
        self.client().create_bucket(Bucket=name)
        return name

    def keys_of(self, bucket: str) -> list[str]:
        """All keys that the bucket holds."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]


@functools.cache
def _client(endpoint_url: str, key: str, secret: str) -> Any:
    # A new one costs half a second.
    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=2),
    )


def _identity(name: str, keys: tuple[str, str], *actions: str) -> dict[str, Any]:
    return {"name": name, "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}], "actions": list(actions)}


@contextlib.contextmanager
def s3_server(folder: Path) -> Generator[S3Server]:
    """An S3 without buckets; gone, with all that it holds, at the end of the block."""
    identities = [_identity("owner", OWNER, "Admin"), _identity("reader", READER, "Read", "List")]
    known = folder / "identities.json"
    known.write_text(json.dumps({"identities": identities}))
    data = folder / "data"
    data.mkdir()
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    command = [str(Path(sys.executable).parent / "weed"), f"-logdir={folder}", "-stderrthreshold=0", "server"]
    command += [f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-filer", "-s3"]
    inner = {name: free_port() for name in ports}
    for name, port in ports.items():
        command += [f"-{name}.port={port}", f"-{name}.port.grpc={inner[name]}"]
    command += [f"-s3.config={known}", "-s3.iam=false", "-s3.autoCreateBucket=false", "-s3.port.iceberg=0"]
    command += ["-s3.port.lance=0", f"-s3.localSocket={folder / 's3.sock'}", f"-filer.localSocket={folder / 'f.sock'}"]
    command += ["-volume.max=1000", "-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=0"]
    server = S3Server(f"http://127.0.0.1:{ports['s3']}")

    def ready() -> bool:
        """Whether it takes what it is given: the parts of it come up one after another."""
        client = server.client()
        with contextlib.suppress(BotoCoreError, ClientError):
            with contextlib.suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket="first")
            client.put_object(Bucket="first", Key="ready", Body=b"ready")
            return True
        return False

    env = {"GOMAXPROCS": "2", "HOME": str(folder)}
    with running(command, ready=ready, log=folder / "seaweedfs.log", env=env, gently=False):
        yield server
    for name, port in inner.items():
        Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock").unlink(missing_ok=True)
