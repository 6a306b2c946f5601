"""Checks of inputs: their schemas, the values that triggers give, and the values that start an execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.json_read import check_json
from concertmaster.domain.near_miss import did_you_mean, one_of
from concertmaster.domain.problems import Problem, pointer
from concertmaster.domain.schemas import faults, fits_schema, schema_faults
from concertmaster.domain.triggers import TRIGGER_TYPES, ScheduleCheck, read_trigger
from concertmaster.domain.triggers_webhook import WebhookConfig, responders
from concertmaster.domain.validation_config import Connections, has_expressions
from concertmaster.domain.workflow import Trigger, Workflow


def check_inputs(workflow: Workflow, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The inputs of an execution with defaults filled in, in the workflow's order, and what is wrong with them.

    An input without default that accepts null may be left out. Pointers are like `/inputs/month`.
    """
    findings = Findings()
    given: dict[str, Any] = check_json({"inputs": inputs}, findings)["inputs"]
    for name in given:
        if name not in workflow.inputs:
            message = f"the workflow {workflow.name} has no input {brief(name)!r}"
            fix = lambda name=name: one_of(name, workflow.inputs)  # noqa: E731
            findings.error("input.unknown", pointer("inputs", name), message, fix=fix)
    filled: dict[str, Any] = {}
    for name, schema in workflow.inputs.items():
        if name in given:
            filled[name] = given[name]
        elif "default" in schema:
            filled[name] = schema["default"]
        elif fits_schema(schema, None):
            filled[name] = None
        else:
            message = f"the input {name} is required"
            findings.error("input.missing", pointer("inputs", name), message, fix=f"Give a value for {name}")
            continue
        _check_value(schema, filled[name], findings, code="input.invalid", at=("inputs", name))
    return filled, findings.problems()


def check_input_schemas(workflow: Workflow, findings: Findings) -> None:
    """Report input schemas that are none, and defaults that do not fit them."""
    for name, schema in workflow.inputs.items():
        codes = ("input.schema", "input.default")
        check_schema(schema, findings, codes=codes, at=("inputs", name))


def check_schema(
    schema: Mapping[str, Any], findings: Findings, *, codes: tuple[str, str], at: tuple[str, str], within: str = ""
) -> None:
    """Report a schema that is none (the first code), and a default that does not fit it (the second).

    Args:
        at: the place of the schema, below the pointer `within`; it ends with the name of the value.
    """
    wrong = schema_faults(schema)
    for fault in wrong:
        message = f"no valid JSON Schema: {fault.message}"
        findings.error(codes[0], within + pointer(*at, *fault.path), message, fix=fault.fix)
    if not wrong and "default" in schema:
        _check_value(schema, schema["default"], findings, code=codes[1], at=(*at, "default"), within=within)


def check_triggers(
    workflow: Workflow, findings: Findings, *, schedules: ScheduleCheck | None, connections: Connections | None = None
) -> None:
    """Report unknown types of triggers, wrong configs, and inputs that do not fit the workflow's."""
    paths: dict[str, str] = {}
    for name, trigger in workflow.triggers.items():
        if trigger.type and trigger.type not in TRIGGER_TYPES:
            message = f"there is no trigger type {brief(trigger.type)!r}"
            fix = lambda trigger=trigger: one_of(trigger.type, TRIGGER_TYPES)  # noqa: E731
            findings.error("trigger.unknown_type", pointer("triggers", name, "type"), message, fix=fix)
        at, before = pointer("triggers", name, "config"), findings.errors
        config = read_trigger(trigger.type, trigger.config, findings, at=at, schedules=schedules)
        if config is None and trigger.type in TRIGGER_TYPES and findings.errors == before:
            # No reader keeps silent; if one did, publishing would fail without a place.
            findings.error("trigger.config", at, f"the config of the {trigger.type} trigger cannot be read")
        if isinstance(config, WebhookConfig):
            _check_webhook(name, config, paths, findings, connections=connections)
            if config.respond == "node" and not responders(workflow):
                message = "no node of the type http.respond answers, so the caller gets an empty answer at the end"
                fix = "Add an `http.respond` node outside of loops, or choose `respond: outputs`"
                findings.warning("trigger.no_answer", pointer("triggers", name, "config", "respond"), message, fix=fix)
        _check_trigger_inputs(workflow, name, trigger, findings)


def _check_webhook(
    name: str, config: WebhookConfig, paths: dict[str, str], findings: Findings, *, connections: Connections | None
) -> None:
    at = ("triggers", name, "config")
    taken = paths.setdefault(config.path, name)
    if taken != name:
        message = f"the path {config.path} belongs to the trigger {taken} already"
        findings.error("trigger.config", pointer(*at, "path"), message, fix="Choose another path")
    if config.connection is not None and connections is not None and connections(config.connection) is None:
        message = f"there is no connection {brief(config.connection)!r}"
        fix = f"Add it: `concertmaster connection add {brief(config.connection)} --type webhook`"
        findings.error("connection.missing", pointer(*at, "connection"), message, fix=fix)


PATH_TAKEN = "trigger.path_taken"


def report_taken_path(name: str, path: str, owner: str, findings: Findings) -> None:
    """Report that the path of a webhook belongs to another workflow.

    A warning: the document can run as it is, and the other one may be gone when it is published, which is refused
    until then.
    """
    message = f"the path {path} belongs to {owner}"
    fix = "Choose another path, or change that one first; it cannot be published before"
    findings.warning(PATH_TAKEN, pointer("triggers", name, "config", "path"), message, fix=fix)


def _check_trigger_inputs(workflow: Workflow, name: str, trigger: Trigger, findings: Findings) -> None:
    for key, value in trigger.inputs.items():
        at = ("triggers", name, "inputs", key)
        if key not in workflow.inputs:
            message = f"the workflow has no input {brief(key)!r}"
            fix = lambda key=key: did_you_mean(key, workflow.inputs) or f"Declare `{key}` under `inputs`"  # noqa: E731
            findings.error("trigger.unknown_input", pointer(*at), message, fix=fix)
        elif not has_expressions(value):
            _check_value(workflow.inputs[key], value, findings, code="trigger.input", at=at)
    if trigger.type == "manual":
        return  # a person fills in the rest
    for key, schema in workflow.inputs.items():
        if key not in trigger.inputs and "default" not in schema and not fits_schema(schema, None):
            message = f"the trigger gives no value for the input {key}, which has no default"
            fix = f"Add `{key}` to the trigger's `inputs`, or a default to the input"
            findings.error("trigger.missing_input", pointer("triggers", name, "inputs"), message, fix=fix)


def _check_value(
    schema: Mapping[str, Any], value: Any, findings: Findings, *, code: str, at: tuple[str, ...], within: str = ""
) -> None:
    if fits_schema(schema, value):
        return
    for fault in faults(schema, value):
        message = fault.message.replace("it", f"`{at[1]}`", 1) if not fault.path else fault.message
        findings.error(code, within + pointer(*at, *fault.path), message, fix=fault.fix)
