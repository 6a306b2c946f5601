"""Whatever two servers do with the same artifacts, and in whatever order: what is named can be read.

Time is a clock of the test's own in a depot; in a folder the files grow older.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.depot import Depot
from s3_server import OWNER, REGION, S3Server

GRACE = timedelta(days=1)
# An event is committed within half of the grace after its artifact was made or reused.
COMMITTED_HOURS = 11
CONTENTS = [b"", b"a" * 10, b"b" * 100_000]
SERVERS = st.sampled_from([0, 1])
KINDS = ["s3", "fsspec", "folder"]


class Clock:
    """Tells the time of all servers."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Between:
    """A filesystem in which something happens after the next time that somebody has looked."""

    def __init__(self, files: Any) -> None:
        self._files = files
        self.then: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def ls(self, *args: Any, **options: Any) -> Any:
        try:
            return self._files.ls(*args, **options)
        finally:
            then, self.then = self.then, None
            if then is not None:
                then()


@dataclass
class Place:
    """Where a machine has its artifacts."""

    stores: list[ArtifactStore]
    read: ArtifactStore
    clock: Clock
    folder: Path | None

    def grow_older(self, hours: float) -> None:
        self.clock.now += hours * 3600
        for file in self.folder.glob("??/*") if self.folder else ():
            found = file.stat()
            os.utime(file, (found.st_atime, found.st_mtime - hours * 3600))

    def evict(self, store: ArtifactStore) -> None:
        """What a cache has is forgotten."""
        for folder in store.root.glob("??") if self.folder is None else ():
            shutil.rmtree(folder)

    def after_a_look(self, server: int, then: Callable[[], None]) -> None:
        depot = self.stores[server]._depot
        if depot is not None:
            depot._files.then = then


Opener = Callable[[Path], Place]


def machine(opened: Opener) -> type[RuleBasedStateMachine]:
    """Two servers at a new place."""

    class Servers(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.tmp = Path(tempfile.mkdtemp())
            self.place = opened(self.tmp)
            # Made or reused, and not named by an event yet: digest, and how long ago in hours.
            self.pending: list[tuple[str, float]] = []
            self.named: list[str] = []
            self.known: dict[str, bytes] = {}

        def teardown(self) -> None:
            shutil.rmtree(self.tmp)

        @initialize(content=st.sampled_from(CONTENTS))
        def first(self, content: bytes) -> None:
            self.put(0, content)

        @rule(server=SERVERS, content=st.sampled_from(CONTENTS))
        def put(self, server: int, content: bytes) -> None:
            digest = self.place.stores[server].put_bytes(content)
            self.known[digest] = content
            self.pending.append((digest, 0))

        @rule(server=SERVERS, data=st.data())
        def reuse(self, server: int, data: st.DataObject) -> None:
            self._reuse(server, data.draw(st.sampled_from(sorted(self.known))))

        def _reuse(self, server: int, digest: str) -> None:
            if self.place.stores[server].reuse(digest):
                self.pending.append((digest, 0))
            else:
                assert digest not in self.named

        @precondition(lambda self: self.pending)
        @rule(data=st.data())
        def commit(self, data: st.DataObject) -> None:
            digest, _ = self.pending.pop(data.draw(st.integers(0, len(self.pending) - 1)))
            self.named.append(digest)

        @precondition(lambda self: self.named)
        @rule(data=st.data())
        def forget(self, data: st.DataObject) -> None:
            self.named.pop(data.draw(st.integers(0, len(self.named) - 1)))

        @rule(server=SERVERS)
        def evict(self, server: int) -> None:
            self.place.evict(self.place.stores[server])

        @rule(hours=st.sampled_from([1, 6, 11, 13, 25, 60]))
        def wait(self, hours: float) -> None:
            # What takes longer is given up, as an attempt that has lost its lease.
            self.pending = [(digest, age + hours) for digest, age in self.pending if age + hours <= COMMITTED_HOURS]
            self.place.grow_older(hours)

        @rule(cleaner=SERVERS, meanwhile=st.sampled_from(["nothing", "before", "inside"]), data=st.data())
        def clean(self, cleaner: int, meanwhile: str, data: st.DataObject) -> None:
            """As `RetentionService` does it; the other one reuses it, and names it, at the worst moments."""
            store = self.place.stores[cleaner]
            for digest in [one for folder in store.folders() for one in store.older_than(folder, GRACE)]:
                if digest in self.named:
                    continue

                def name_it(digest: str = digest) -> None:
                    if self.place.stores[1 - cleaner].reuse(digest):
                        self.named.append(digest)

                if meanwhile == "before":
                    name_it()
                elif meanwhile == "inside":
                    self.place.after_a_look(cleaner, name_it)
                store.remove_old(digest, GRACE)

        @rule(server=SERVERS, data=st.data())
        def renew_while_another_cleans(self, server: int, data: st.DataObject) -> None:
            digest = data.draw(st.sampled_from(sorted(self.known)))
            if digest not in self.named:
                cleaner = self.place.stores[1 - server]
                self.place.after_a_look(server, lambda: cleaner.remove_old(digest, GRACE) and None)
            self._reuse(server, digest)

        @invariant()
        def what_is_named_can_be_read(self) -> None:
            for digest in {*self.named, *(one for one, _ in self.pending)}:
                self.place.evict(self.place.read)
                assert self.place.read.read_bytes(digest) == self.known[digest]

    return Servers


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest) -> Opener:
    """Opens a new place of the kind."""
    kind = request.param
    if kind == "s3":
        server: S3Server = request.getfixturevalue("s3")
        server.make_bucket("properties")
        options = {"endpoint": server.endpoint_url, "region": REGION}
        options |= {"access_key_id": OWNER[0], "secret_access_key": OWNER[1]}

    def of_depot(tmp: Path) -> Place:
        clock = Clock()
        url = f"s3://properties/{uuid.uuid4().hex}" if kind == "s3" else (tmp / "depot").as_uri()

        def store(name: str) -> ArtifactStore:
            depot = Depot(url, options=options if kind == "s3" else {}, now=clock)
            depot._files = Between(depot._files)
            return ArtifactStore(tmp / name, depot=depot)

        return Place([store("a"), store("b")], store("reader"), clock, None)

    def of_folder(tmp: Path) -> Place:
        stores = [ArtifactStore(tmp / "artifacts") for _ in range(3)]
        return Place(stores[:2], stores[2], Clock(), tmp / "artifacts")

    return of_folder if kind == "folder" else of_depot


def test_what_is_named_can_be_read(opened: Opener) -> None:
    bounds = settings(
        max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(machine(opened), settings=bounds)
