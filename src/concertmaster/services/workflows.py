"""Workflows: check, save, publish, list. The only door to the workflow store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.document import Format, parse, to_json
from concertmaster.domain.errors import Invalid, NotFound, UserError
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import (
    ExecutionStore,
    FromDraft,
    Page,
    StoredWorkflow,
    TriggerStore,
    WorkflowLine,
    WorkflowStore,
)
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.domain.recent import Looks, Recent
from concertmaster.domain.spec import Specs
from concertmaster.domain.triggers import ScheduleCheck
from concertmaster.domain.validation import check_document, pin_types, validate
from concertmaster.domain.workflow import Workflow
from concertmaster.engine.loading import code_of
from concertmaster.services.addresses import taken_paths
from concertmaster.services.callees import callee_problems
from concertmaster.services.documents import beside, read

# A thousand schedules may be due at one moment, each of another workflow. A document takes ten times its text.
TEXT_BYTES_KEPT = 8 * 2**20
LEAST_TEXT_BYTES = 4 * 2**10
VERSIONS_KEPT = TEXT_BYTES_KEPT // LEAST_TEXT_BYTES


@dataclass(frozen=True, slots=True)
class WorkflowVersion:
    """One version, read: `problems` are those that it has now, with the node types and connections of now."""

    stored: StoredWorkflow
    workflow: Workflow
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that was checked and not stored; `workflow` is None when it could not be read completely."""

    workflow: Workflow | None
    problems: tuple[Problem, ...]

    def document(self) -> dict[str, Any] | None:
        """The canonical JSON document."""
        return None if self.workflow is None else to_json(self.workflow)


@dataclass(frozen=True, slots=True)
class WorkflowEntry:
    """One line of the list with the newest execution."""

    line: WorkflowLine
    last_execution: ExecutionRow | None


class WorkflowService:
    """Use cases around workflow documents; `connections` gives the type of every connection by name.

    Attributes:
        on_published: called when a version was published; whoever follows that puts himself there.
    """

    def __init__(
        self,
        store: WorkflowStore,
        executions: ExecutionStore,
        connections: Callable[[], Awaitable[Mapping[str, str]]],
        triggers: TriggerStore,
        *,
        specs: Callable[[], Specs],
        schedules: ScheduleCheck,
    ) -> None:
        self._store = store
        self._executions = executions
        self._connections = connections
        self._triggers = triggers
        self._specs = specs
        self._schedules = schedules
        self.on_published: Callable[[], None] = lambda: None
        # Versions never change, and their numbers are not used again after a deletion.
        self._parsed = Recent[tuple[str, int], tuple[StoredWorkflow, Workflow]](TEXT_BYTES_KEPT)
        # Versions that passed validation: the registry snapshot, connections and code they passed with.
        self._sound = Recent[tuple[str, int], tuple[Specs, Mapping[str, str | None], Mapping[str, str]]](VERSIONS_KEPT)
        self.looks: Mapping[str, Looks] = {"documents": self._parsed, "validations": self._sound}
        self._checking = asyncio.Lock()  # a thousand starts of a version that nobody has checked check it once

    async def list(self, actor: Actor, *, before: str | None = None, limit: int = 100) -> Page[WorkflowEntry]:
        """A page of workflows, newest change first."""
        demand(actor, "workflow:read")
        page = await self._store.list(before=before, limit=limit)
        latest = await self._executions.latest([line.name for line in page.items])
        return Page([WorkflowEntry(line, latest.get(line.name)) for line in page.items], page.next)

    async def get(self, actor: Actor, name: str, *, version: int | None = None) -> WorkflowVersion:
        """A version, the newest when none is given.

        Raises:
            NotFound: the workflow or the version.
        """
        demand(actor, "workflow:read")
        return await self._read(await self._store.get(name, version))

    async def newest(self, actor: Actor, name: str) -> Workflow:
        """The document of the newest version, as it is: nobody checks it. Raises NotFound."""
        demand(actor, "workflow:read")
        return await self._workflow(await self._store.get(name))

    async def validate(self, actor: Actor, source: bytes, *, format: Format | None = None) -> Checked:
        """Check a document without storing it."""
        demand(actor, "workflow:read")
        parsed = await read(source, format)
        known = await self._connection_types()
        if parsed.workflow is not None and parsed.ok:
            found = await self._validated(parsed.workflow, len(source), connections=known.get)
            taken = await taken_paths(self._triggers, parsed.workflow)
            return Checked(parsed.workflow, (*parsed.problems, *found, *taken))
        # Read again, because pointers have to be moved over what could not be read.
        check = partial(
            check_document, source, self._specs(), format=format, connections=known.get, schedules=self._schedules
        )
        both = await beside(check, len(source))
        return Checked(None, tuple(both.problems))

    async def save(
        self,
        actor: Actor,
        source: bytes,
        *,
        format: Format | None = None,
        publish: bool = True,
        name: str | None = None,
        expected_version: int | None = None,
        draft: FromDraft | None = None,
    ) -> tuple[WorkflowVersion, bool]:
        """Store a version of a document; unchanged content keeps the newest version.

        Args:
            publish: make it the version that executions use; any error among the problems refuses it.
            name: the name it must have.
            expected_version: the newest version the caller knows.
            draft: it is a draft's document.
        Returns:
            The version, and whether it is new.
        Raises:
            Invalid: it does not parse, or has errors and was to be published.
            PreconditionFailed: somebody else saved meanwhile.
            Conflict: the draft is another by now.
        """
        demand(actor, "workflow:write")
        parsed = await read(source, format)
        workflow = parsed.workflow
        if workflow is None or not parsed.ok:
            raise Invalid("workflow.invalid", "The document cannot be read", parsed.problems)
        if name is not None and workflow.name != name:
            raise _misnamed(workflow.name, name)
        known = await self._connection_types()
        problems = [*parsed.problems, *await self._validated(workflow, len(source), connections=known.get)]
        if publish and has_errors(problems):
            raise Invalid("workflow.invalid", count_errors(problems), problems)
        pinned = pin_types(workflow, self._specs())
        stored, is_new = await self._store.save(
            pinned, publish=publish, expected_version=expected_version, actor=actor, draft=draft
        )
        if publish:
            self.on_published()
        return WorkflowVersion(stored, pinned, tuple(problems)), is_new

    async def delete(self, actor: Actor, name: str) -> None:
        """Take a workflow out of the lists; its executions keep their versions."""
        demand(actor, "workflow:write")
        await self._store.delete(name, actor=actor)

    async def runnable(self, name: str, *, version: int | None = None) -> tuple[StoredWorkflow, Workflow]:
        """The version to run: the given one, else the published one.

        Raises:
            UserError: `workflow.not_published`.
        """
        known = None if version is None else self._parsed.get((name, version))
        if known is not None:
            return known
        stored = await self._store.get(name, version)
        if version is None:
            if stored.published is None:
                raise UserError(
                    "workflow.not_published",
                    f"No version of {name} is published; publish one, or name the version to run",
                )
            if stored.published != stored.version:
                stored = await self._store.get(name, stored.published)
        return stored, await self._workflow(stored)

    async def called(self, name: str, *, version: int | None = None) -> tuple[StoredWorkflow, Workflow]:
        """`runnable` for a call: nothing of a deleted workflow is called, not even a version by its number.

        Raises:
            NotFound: `workflow.not_found`, `workflow.version_not_found`.
            UserError: `workflow.not_published`.
        """
        if version is not None and (await self._store.get(name, version)).deleted:
            raise NotFound("workflow.not_found", f"The workflow {name} was deleted; save it again, or call another one")
        return await self.runnable(name, version=version)

    async def version(self, name: str, version: int) -> Workflow:
        """The document of one version, which needs no permission of its own: it is part of an execution."""
        return (await self.runnable(name, version=version))[1]

    async def demand_runnable(self, stored: StoredWorkflow, workflow: Workflow) -> Mapping[str, str]:
        """Raise unless the version has no errors now: node types and connections may have gone since it was saved.

        Returns:
            The code that it would run, as `ExecutionCreated` records it.
        Raises:
            Invalid: `workflow.invalid`.
        """
        key = (stored.name, stored.version)
        code = await self._sound_code(key)
        if code is not None:
            return code
        async with self._checking:
            code = await self._sound_code(key)
            return await self._check_runnable(stored, workflow) if code is None else code

    async def _sound_code(self, key: tuple[str, int]) -> Mapping[str, str] | None:
        """The code of a version that passed with what is there now."""
        sound = self._sound.get(key)
        if sound is None or sound[0] is not self._specs():
            return None
        # Most workflows use no connection, and then a start does not look for any.
        types = await self._connection_types() if sound[1] else dict[str, str]()
        return sound[2] if all(types.get(name) == type_ for name, type_ in sound[1].items()) else None

    async def _check_runnable(self, stored: StoredWorkflow, workflow: Workflow) -> Mapping[str, str]:
        specs = self._specs()
        types, used = await self._connection_types(), dict[str, str | None]()

        def look_up(name: str) -> str | None:
            used[name] = types.get(name)
            return used[name]

        check = partial(validate, workflow, specs, connections=look_up, schedules=self._schedules)
        problems = await beside(check, len(stored.document))
        if has_errors(problems):
            message = f"Version {stored.version} of {stored.name} has errors; mend them and save it again"
            raise Invalid("workflow.invalid", message, problems)
        code = code_of(workflow, specs)
        self._sound.put((stored.name, stored.version), (specs, used, code))
        return code

    async def _connection_types(self) -> Mapping[str, str]:
        """The type of every connection by name."""
        return await self._connections()

    async def _read(self, stored: StoredWorkflow) -> WorkflowVersion:
        workflow = await self._workflow(stored)
        known = await self._connection_types()
        problems = await self._validated(workflow, len(stored.document), connections=known.get)
        return WorkflowVersion(stored, workflow, tuple(problems))

    async def _validated(
        self, workflow: Workflow, size_bytes: int, *, connections: Callable[[str], str | None]
    ) -> list[Problem]:
        check = partial(validate, workflow, self._specs(), connections=connections, schedules=self._schedules)
        return [*await beside(check, size_bytes), *await callee_problems(workflow, self.called, self._store)]

    async def _workflow(self, stored: StoredWorkflow) -> Workflow:
        """The parsed document of a stored version."""
        key = (stored.name, stored.version)
        if (known := self._parsed.get(key)) is not None:
            return known[1]
        workflow = (await beside(partial(parse, stored.document, format="json"), len(stored.document))).workflow
        if workflow is None:
            raise UserError("workflow.unreadable", f"Version {key[1]} of {key[0]} was saved by a newer release")
        self._parsed.put(key, (stored, workflow), weight=max(len(stored.document), LEAST_TEXT_BYTES))
        return workflow


def _misnamed(found: str, wanted: str) -> Invalid:
    code, message = "workflow.name_differs", f"the document is named '{found}', the request '{wanted}'"
    return Invalid(code, message, [Problem(code, "/name", message, "error", f"Name it '{wanted}'")])


def count_errors(problems: Sequence[Problem]) -> str:
    """What to say of a document that was to be published."""
    errors = sum(problem.severity == "error" for problem in problems)
    return f"The document has {errors} error{'' if errors == 1 else 's'}; mend them, or save without publishing"
