"""The workflow of a docstring, tried: it runs, gives what was promised, shows no secret, and ends when cancelled."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import orjson

from concertmaster.cli.authoring.canaries import Canaries, connections_in, secret_fields
from concertmaster.cli.authoring.findings import Finding, Severity
from concertmaster.cli.client import Api
from concertmaster.domain.errors import ConcertMasterError, Invalid
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.ports import ANY
from concertmaster.domain.schemas import faults
from concertmaster.nodes.description import TypeDescription

RUN_SECONDS = 60.0
_SLACK_SECONDS = 15.0
# The other side is not here; what the node does with its answer is for its own tests.
_ELSEWHERE = frozenset(
    {"http.egress_refused", "http.dns_failed", "http.connect_failed", "http.tls_failed", "http.timeout"}
)
_ROWS = 1_000
_LOGS = 1_000


class Reporter(Protocol):
    """Where findings go."""

    def stage(self, node: str, what: str, seconds: float) -> None: ...

    def found(self, finding: Finding) -> None: ...

    def secrets(self, known: Mapping[str, str]) -> None: ...


@dataclass(slots=True)
class _Trial:
    """One example on its way."""

    api: Api
    type: TypeDescription
    report: Reporter
    canaries: Canaries = field(default_factory=Canaries)
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    own: list[str] = field(default_factory=list[str])
    connections: bool = False
    cancel_seconds: float = 0.0

    def found(self, code: str, message: str, fix: str, *, severity: Severity = "error") -> None:
        spec = self.type.spec
        self.report.found(
            Finding(code, message, fix, spec.reference, self.type.file, self.type.line, severity=severity)
        )


async def try_example(api: Api, type_: TypeDescription, report: Reporter, *, cancel_seconds: float) -> None:
    """Try it, and report what is wrong.

    Args:
        cancel_seconds: that it may take to end once it was cancelled.
    """
    trial = _Trial(api, type_, report, cancel_seconds=cancel_seconds)
    reference = type_.spec.reference
    report.stage(reference, "run", RUN_SECONDS + _SLACK_SECONDS)
    if not await _read(trial) or not await _equip(trial):
        return
    ended = await _run(trial)
    if ended is None:
        return
    report.stage(reference, "cancel", RUN_SECONDS + cancel_seconds + _SLACK_SECONDS)
    await _cancel(trial)


async def _read(trial: _Trial) -> bool:
    """Read the example; False when it cannot be tried."""
    spec = trial.type.spec
    checked = await trial.api.post_text("/workflows/validate", spec.example.encode(), json=False)
    wrong = [item for item in checked["items"] if item["severity"] == "error" and item["code"] != "connection.missing"]
    for item in wrong[:5]:
        fix = item.get("fix") or "correct the example"
        trial.found("example.invalid", f"the example is no valid workflow: {item['pointer']}: {item['message']}", fix)
    if wrong or checked["document"] is None:
        return False
    trial.document = checked["document"]
    nodes = cast("dict[str, dict[str, Any]]", trial.document.get("nodes") or {})
    trial.own = [name for name, node in nodes.items() if str(node.get("type", "")).partition("@")[0] == spec.id]
    if not trial.own:
        trial.found("example.unused", f"no node of the example is of the type {spec.id}", "use it in its own example")
        return False
    declared = cast("dict[str, dict[str, Any]]", trial.document.get("inputs") or {})
    trial.inputs = {name: schema["default"] for name, schema in declared.items() if "default" in schema}
    if missing := sorted(declared.keys() - trial.inputs.keys()):
        told = f"the input `{missing[0]}` of the example has no default, so nobody can run it as it is"
        trial.found("example.input", told, "give it a default")
        return False
    return True


async def _equip(trial: _Trial) -> bool:
    """Put made-up secrets in the place of those that the example names."""
    spec = trial.type.spec
    for name in trial.own:
        config = cast("dict[str, Any]", trial.document["nodes"][name].setdefault("config", {}))
        for field_ in secret_fields(spec.schema, config):
            config[field_] = trial.canaries.make(f"the value of `{field_}`")
        for connection, type_ in connections_in(spec.schema, config):
            trial.connections = True
            if not await _connect(trial, connection, type_):
                return False
    trial.report.secrets(trial.canaries.known)
    return True


async def _connect(trial: _Trial, name: str, type_: str) -> bool:
    for values in trial.canaries.connection(name, type_):
        try:
            body = {"name": name, "type": type_, "values": values}
            await trial.api.post("/connections", body)
        except Invalid:
            continue
        except ConcertMasterError as error:
            return error.code == "connection.exists"
        return True
    told = f"the example could not be tried: there are no made-up secrets for a connection of type {type_}"
    trial.found("secrets.not_tried", told, "try it with a real one", severity="warning")
    return False


async def _start(trial: _Trial) -> str:
    text = orjson.dumps(trial.document)
    saved = await trial.api.post_text("/workflows", text, json=True, publish=False)
    body: dict[str, Any] = {"inputs": trial.inputs, "version": saved["version"], "cache": False}
    return (await trial.api.post(f"/workflows/{saved['name']}/executions", body))["id"]


async def _run(trial: _Trial) -> dict[str, Any] | None:
    """Run it to its end; None when it is no use to go on."""
    try:
        id_ = await _start(trial)
    except ConcertMasterError as error:
        trial.found("example.refused", f"the example does not start: {error.message}", "correct the example")
        return None
    ended = await _ended(trial, id_, seconds=RUN_SECONDS)
    if ended is None:
        told = f"its example runs for more than {RUN_SECONDS:g} s"
        trial.found("example.timed_out", told, "let the example do less")
        return None
    await _look_for_secrets(trial, ended)
    if ended["status"] == "succeeded":
        await _outputs(trial, ended)
        return ended
    error = cast("dict[str, Any]", ended.get("error") or {})
    told = f"{error.get('node') or 'the example'}: {error.get('message') or ended['status']}"
    if trial.connections or error.get("code") in _ELSEWHERE:
        trial.found(
            "example.not_tried",
            f"its example needs a server, which was not to be reached: {told}",
            "test it against a real one",
            severity="warning",
        )
    else:
        told = f"its example does not succeed: {told}"
        trial.found("example.failed", told, "correct the node or the example, which may need nothing but itself")
    return ended


async def _outputs(trial: _Trial, ended: Mapping[str, Any]) -> None:
    """What it gave has to be what its outlets promise."""
    spec = trial.type.spec
    promised = {outlet.name: outlet.type for outlet in spec.outlets}
    for name in trial.own:
        for outlet, value in cast("dict[str, dict[str, Any]]", ended["nodes"][name]["outputs"]).items():
            want = promised.get(outlet, ANY)
            if want.kind in ("table", "file") and value["kind"] not in (want.kind, "null"):
                told = f"the outlet '{outlet}' gave {value['kind']}, and its type says {want.kind}"
                trial.found("output.type", told, "correct the return annotation")
            elif want.schema is not None and value["kind"] == "json":
                at = f"/executions/{ended['id']}/nodes/{name}/output"
                page = await trial.api.get(at, outlet=outlet)
                for fault in faults(want.schema, page["value"]):
                    told = f"what the outlet '{outlet}' gave does not fit its type: {fault.message}"
                    trial.found("output.schema", told, "correct the return annotation")
                    break


async def _look_for_secrets(trial: _Trial, ended: Mapping[str, Any]) -> None:
    """Outputs, logs and errors may not show a secret, not even where the masks of ConcertMaster would hide it."""
    if not trial.canaries.known:
        return
    texts: dict[str, Any] = {}
    at = f"/executions/{ended['id']}"
    for name, run in cast("dict[str, dict[str, Any]]", ended["nodes"]).items():
        texts[f"the error of {name}"] = run["error"]
        for outlet in run["outputs"]:
            texts[f"the output '{outlet}' of {name}"] = await trial.api.get(
                f"{at}/nodes/{name}/output", outlet=outlet, limit=_ROWS
            )
    lines = (await trial.api.get(f"{at}/logs", limit=_LOGS))["items"]
    texts["the log"] = [line["text"] for line in lines]
    texts["the error"], texts["the outputs"] = ended["error"], ended["outputs"]
    seen: set[str] = set()
    for where, value in texts.items():
        shown = orjson.dumps(value, default=str).decode()
        whose = trial.canaries.found(shown, opened=trial.connections)
        if whose is not None and whose not in seen:
            seen.add(whose)
            told = f"{where} shows {whose}"
            trial.found("secrets.shown", told, "give secrets to nobody but the one they are for, errors included")


async def _cancel(trial: _Trial) -> None:
    """Cancel it while the node runs; what was over before that has ended in time as well."""
    id_ = await _start(trial)
    at, after = f"/executions/{id_}", 0
    deadline = time.monotonic() + RUN_SECONDS
    running = False
    while not running and time.monotonic() < deadline:
        page = await trial.api.get(f"{at}/events", after=after, wait=1)
        after = page["next"]
        kinds = {(event["kind"], event.get("node")) for event in page["items"]}
        if any(kind.removeprefix("execution.") in FINAL_EXECUTION for kind, _ in kinds):
            return
        running = any(("node.started", name) in kinds for name in trial.own)
    try:
        await trial.api.post(f"{at}/cancel")
    except ConcertMasterError:
        return
    if await _ended(trial, id_, seconds=trial.cancel_seconds) is None:
        told = f"it runs on for more than {trial.cancel_seconds:g} s after it was cancelled"
        fix = "ask `context.cancelled()` in loops and return, or say @node(isolation='process')"
        trial.found("cancel.ignored", told, fix)


async def _ended(trial: _Trial, id_: str, *, seconds: float) -> dict[str, Any] | None:
    """The execution once it has ended, None when it does not in this time."""
    at, after, deadline = f"/executions/{id_}", 0, time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        page = await trial.api.get(f"{at}/events", after=after, wait=min(1.0, left))
        after = page["next"]
        if any(event["kind"].removeprefix("execution.") in FINAL_EXECUTION for event in page["items"]):
            return await trial.api.get(at)
    return None
