"""Callees: what a document calls is looked up once for all calls of it."""

from __future__ import annotations

from pathlib import Path

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.document import parse
from concertmaster.domain.interfaces import StoredWorkflow
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.services.callees import callee_problems
from concertmaster.storage.migrate import upgrade
from storage_backends import Storage


async def test_what_is_called_many_times_is_read_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'concertmaster.db'}"
    upgrade(url)
    asked: list[tuple[str, int | None]] = []
    async with Storage.opened(url) as storage:

        async def called(name: str, *, version: int | None = None) -> tuple[StoredWorkflow, Workflow]:
            asked.append((name, version))
            stored = await storage.workflows.get(name, version)
            workflow = parse(stored.document, format="json").workflow
            assert workflow is not None
            return stored, workflow

        callee = Workflow("callee", nodes={"a": Node("data.set@1", {"value": 1})})
        await storage.workflows.save(callee, publish=True, expected_version=None, actor=LOCAL_ADMIN)
        nodes = {f"fine{n}": Node("flow.call@1", {"workflow": "callee"}) for n in range(100)}
        nodes |= {f"old{n}": Node("flow.call@1", {"workflow": "callee", "version": 1 + n // 2}) for n in range(4)}
        nodes |= {f"gone{n}": Node("flow.call@1", {"workflow": "nobody"}) for n in range(3)}
        problems = await callee_problems(Workflow("caller", nodes=nodes), called, storage.workflows)
    assert sorted(asked, key=str) == [("callee", 1), ("callee", 2), ("callee", None), ("nobody", None)]
    told = [problem.pointer.split("/")[2] for problem in problems]
    assert sorted(told) == ["gone0", "gone1", "gone2", "old2", "old3"]
