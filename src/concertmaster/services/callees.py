"""Callees: whether the workflows that a document calls, or waits for in triggers, are there and take what they get."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from concertmaster.domain.document_read import WORKFLOW_NAME
from concertmaster.domain.errors import ConcertMasterError, NotFound
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.interfaces import StoredWorkflow, WorkflowStore
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.problems import Problem, pointer
from concertmaster.domain.validation import check_inputs
from concertmaster.domain.validation_config import has_expressions
from concertmaster.domain.workflow import Node, Workflow

_NAMES_LOOKED_AT = 1_000
_OF_CALLEES = ("call.unknown_workflow", "call.unknown_version", "call.not_published", "call.inputs")


class Called(Protocol):
    """`WorkflowService.called`: a version, without a number the published one."""

    def __call__(self, name: str, *, version: int | None = None) -> Awaitable[tuple[StoredWorkflow, Workflow]]: ...


@dataclass(frozen=True, slots=True)
class _Mention:
    """A place that names another workflow: a call, or with `inputs` None a trigger."""

    at: str
    workflow: str
    version: int | None = None
    inputs: Mapping[str, Any] | None = None


async def callee_problems(workflow: Workflow, called: Called, store: WorkflowStore | None) -> list[Problem]:
    """Warnings and no errors: what is called may be saved later than what calls it.

    Args:
        store: where the names are that might have been meant; None where nothing is stored yet.
    """
    findings, names = Findings(), list[str]()
    find = _Once(called)
    for mention in _mentions(workflow):
        if not WORKFLOW_NAME.fullmatch(mention.workflow) and mention.inputs is not None:
            continue  # an error already, see `domain.validation_flow`
        at = f"{mention.at}/workflow"
        if mention.workflow == workflow.name and mention.version is None:
            callee = workflow
        else:
            try:
                callee = await find(mention.workflow, mention.version)
            except NotFound as error:
                if error.code == "workflow.not_found":
                    # Read once, however many are not there.
                    names = names or await _names(store)
                    message = f"there is no workflow {brief(mention.workflow)!r}"
                    fix = did_you_mean(mention.workflow, names) or "Save that workflow first"
                    findings.warning("call.unknown_workflow", at, message, fix=fix)
                else:
                    message = f"the workflow {mention.workflow} has no version {mention.version}"
                    fix = "Leave `version` away for the published one"
                    findings.warning("call.unknown_version", f"{mention.at}/version", message, fix=fix)
                continue
            except ConcertMasterError as error:
                if mention.inputs is not None:
                    findings.warning("call.not_published", at, error.message, fix="Publish it before this one runs")
                continue
        if mention.inputs is not None:
            _check_given(mention, mention.inputs, callee, findings)
    return findings.problems()


class _Once:
    """Reads a callee once, however many calls name it."""

    def __init__(self, called: Called) -> None:
        self._called = called
        self._found: dict[tuple[str, int | None], Workflow | ConcertMasterError] = {}

    async def __call__(self, name: str, version: int | None) -> Workflow:
        """The version to call. Raises what `Called` raises."""
        found = self._found.get((name, version))
        if found is None:
            try:
                _, found = await self._called(name, version=version)
            except ConcertMasterError as error:
                found = error
            self._found[name, version] = found
        if isinstance(found, ConcertMasterError):
            raise found
        return found


async def _names(store: WorkflowStore | None) -> list[str]:
    return [] if store is None else [line.name for line in (await store.list(limit=_NAMES_LOOKED_AT)).items]


def settled_among(problems: Iterable[Problem], workflow: Workflow, others: Mapping[str, Workflow]) -> list[Problem]:
    """What is left of the problems, and what comes to them, when other documents count as stored and published.

    Args:
        others: those that are about to be stored together with the workflow, by name.
    """
    kept, findings = list(problems), Findings()
    for mention in _mentions(workflow):
        callee = others.get(mention.workflow)
        if callee is None or mention.version is not None:
            continue
        kept = [one for one in kept if one.code not in _OF_CALLEES or not one.pointer.startswith(f"{mention.at}/")]
        if mention.inputs is not None:
            _check_given(mention, mention.inputs, callee, findings)
    return [*kept, *findings.problems()]


def _mentions(workflow: Workflow) -> Iterator[_Mention]:
    yield from _calls("", workflow.nodes)
    for name, trigger in workflow.triggers.items():
        named = trigger.config.get("workflow")
        if trigger.type == "workflow" and _is_plain(named):
            yield _Mention(pointer("triggers", name, "config"), cast("str", named))


def _calls(above: str, nodes: Mapping[str, Node]) -> Iterator[_Mention]:
    for name, node in nodes.items():
        at, config = above + pointer("nodes", name), node.config
        named, version, inputs = config.get("workflow"), config.get("version"), config.get("inputs", {})
        if node.type_id == "flow.call" and _is_plain(named) and (version is None or type(version) is int):
            given = cast("Mapping[str, Any]", inputs) if isinstance(inputs, Mapping) else None
            yield _Mention(f"{at}/config", cast("str", named), version, given)
        if node.body is not None:
            yield from _calls(f"{at}/body", node.body.nodes)


def _is_plain(named: object) -> bool:
    return isinstance(named, str) and named != "" and not has_expressions(named)


def _check_given(mention: _Mention, given: Mapping[str, Any], callee: Workflow, findings: Findings) -> None:
    _, problems = check_inputs(callee, given)
    for problem in problems:
        name = problem.pointer.split("/")[2] if problem.pointer.count("/") > 1 else ""
        if problem.code == "input.invalid" and has_expressions(given.get(name)):
            continue  # known only when it runs
        # What is missing has no place of its own.
        at = "/inputs" if problem.code == "input.missing" else problem.pointer
        message = f"{callee.name}: {problem.message}"
        findings.warning("call.inputs", mention.at + at, message, fix=problem.fix)
