"""Calls: what `flow.call` has to know to start another workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.domain.errors import Invalid
from concertmaster.domain.problems import has_errors
from concertmaster.domain.validation import check_inputs
from concertmaster.services.start_keys import slot_of
from concertmaster.services.workflows import WorkflowService


class CallService:
    """Checks calls; the engine makes the execution, with the event that says so."""

    def __init__(self, workflows: WorkflowService) -> None:
        self._workflows = workflows

    async def prepare(
        self, workflow: str, inputs: Mapping[str, Any], *, version: int | None, itself: bool = False
    ) -> Mapping[str, Any]:
        """Workflow, version, inputs with defaults, concurrency limit and code of plugins; `engine.parts.Doors.call`.

        Args:
            itself: the caller runs this very version, and goes on with it also when it was deleted.
        Raises:
            NotFound: the workflow or version, or the workflow was deleted.
            Invalid: inputs or document have problems.
        """
        find = self._workflows.runnable if itself else self._workflows.called
        stored, document = await find(workflow, version=version)
        given, problems = check_inputs(document, inputs)
        if has_errors(problems):
            told = "; ".join(problem.message for problem in problems)
            raise Invalid(
                "execution.inputs_invalid", f"The inputs do not fit {workflow}: {told}", problems, inputs=told
            )
        code = await self._workflows.demand_runnable(stored, document)
        slot = slot_of(document, given, {"type": "call"})
        limit = None if slot is None else {"key": slot.key, "limit": slot.limit, "when_full": slot.when_full}
        called = {"workflow": workflow, "version": stored.version, "inputs": given, "slot": limit}
        return {**called, "code": code} if code else called
