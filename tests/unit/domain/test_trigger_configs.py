"""What triggers may be told, and what validation says about the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from spec_snapshot import Snapshot

from concertmaster.domain.document import parse
from concertmaster.domain.findings import Findings
from concertmaster.domain.problem_codes import CODES
from concertmaster.domain.triggers import ScheduleConfig, TriggerConfig, read_trigger
from concertmaster.domain.triggers_webhook import WebhookConfig
from concertmaster.domain.validation import validate
from concertmaster.triggers.schedule import Schedules


def read(type_: str, **config: object) -> TriggerConfig | None:
    findings = Findings()
    found = read_trigger(type_, config, findings, at="/c", schedules=Schedules())
    assert findings.problems() == []
    return found


@pytest.mark.parametrize(
    ("type_", "config", "code", "pointer", "fix"),
    [
        ("manual", "{a: 1}", "document.unknown_key", "/a", None),
        ("schedule", "{}", "trigger.config", "", "cron"),
        ("schedule", '{cron: "0 6 * * *", interval: 5m}', "trigger.config", "", "one of them"),
        ("schedule", '{crom: "0 6 * * *", interval: 5m}', "document.unknown_key", "/crom", "`cron`"),
        ("schedule", '{cron: "0 0 30 2 *"}', "trigger.cron", "/cron", None),
        ("schedule", '{cron: "every day"}', "trigger.cron", "/cron", "MON-FRI"),
        ("schedule", "{cron: 5}", "document.type", "/cron", None),
        ("schedule", "{interval: 5}", "document.duration", "/interval", None),
        ("schedule", "{interval: 0s}", "trigger.config", "/interval", None),
        ("schedule", "{interval: 20ms}", "trigger.config", "/interval", None),
        ("schedule", "{interval: 5m, timezone: Rome}", "trigger.timezone", "/timezone", "`Europe/Rome`"),
        ("schedule", "{interval: 5m, timezone: Europe/Rom}", "trigger.timezone", "/timezone", "`Europe/Rome`"),
        ("schedule", "{interval: 5m, timezone: CEST}", "trigger.timezone", "/timezone", "`Europe/Berlin`"),
        ("schedule", "{interval: 5m, timezone: pst}", "trigger.timezone", "/timezone", "`America/Los_Angeles`"),
        ("schedule", "{interval: 5m, timezone: ../etc}", "trigger.timezone", "/timezone", None),
        ("schedule", "{interval: 5m, timezone: Factory}", "trigger.timezone", "/timezone", None),
        ("schedule", "{interval: 5m, timezone: localtime}", "trigger.timezone", "/timezone", None),
        ("schedule", "{interval: 5m, missed: lst}", "trigger.config", "/missed", "`last`"),
        ("schedule", "{interval: 5m, missed_limit: 0}", "trigger.config", "/missed_limit", None),
        ("schedule", "{interval: 5m, missed_limit: 99999}", "trigger.config", "/missed_limit", None),
        ("webhook", "{}", "document.missing_key", "/path", None),
        ("webhook", '{path: ""}', "trigger.config", "/path", "orders/created"),
        ("webhook", '{path: "/"}', "trigger.config", "/path", "orders/created"),
        ("webhook", "{path: 5}", "document.type", "/path", None),
        ("webhook", "{path: a//b}", "trigger.config", "/path", None),
        ("webhook", "{path: a, methods: [FETCH]}", "trigger.config", "/methods/0", None),
        ("webhook", "{path: a, methods: []}", "trigger.config", "/methods", None),
        ("webhook", "{path: a, auth: hmac}", "trigger.config", "", "connection"),
        ("webhook", "{path: a, connection: x}", "trigger.config", "/connection", "Remove"),
        ("webhook", "{path: a, respond: later}", "trigger.config", "/respond", None),
        ("webhook", "{path: a, wait: 1h}", "trigger.config", "/wait", None),
        ("webhook", '{path: a, signature_header: "x y"}', "trigger.config", "/signature_header", None),
        ("event", "{}", "document.missing_key", "/name", None),
        ("event", '{name: ""}', "trigger.config", "/name", "orders.created"),
        ("event", "{name: null}", "document.missing_key", "/name", None),
        ("event", '{name: a, when: "{{ inputs.x }}"}', "expression.root_unavailable", "/when", "trigger"),
        ("file", '{path: ""}', "trigger.config", "/path", "incoming"),
        ("file", "{path: ../x}", "trigger.config", "/path", None),
        ("workflow", '{workflow: ""}', "trigger.config", "/workflow", None),
        ("workflow", "{workflow: Other}", "trigger.config", "/workflow", None),
        ("workflow", "{workflow: other, statuses: [running]}", "trigger.config", "/statuses/0", None),
    ],
)
def test_what_is_wrong(type_: str, config: str, code: str, pointer: str, fix: str | None) -> None:
    text = (
        "{concertmaster: 1, name: x, nodes: {a: {type: data.set@1, config: {value: 1}}}, triggers: {t: {type: "
        f"{type_}, config: {config}}}}}}}"
    )
    parsed = parse(text)
    assert parsed.problems == []
    assert parsed.workflow is not None
    (problem,) = validate(parsed.workflow, Snapshot(), schedules=Schedules())
    assert (problem.code, problem.pointer) == (code, f"/triggers/t/config{pointer}")
    assert code in CODES
    assert fix is None or fix in (problem.fix or "")


@pytest.mark.parametrize("value", ["", "/", " ", "//", 0, None, [], {}, False])
@pytest.mark.parametrize(
    ("type_", "key"),
    [
        *(("webhook", "path"), ("event", "name"), ("file", "path"), ("workflow", "workflow")),
        *(("schedule", "cron"), ("schedule", "interval")),
    ],
)
def test_what_cannot_be_read_is_always_told(type_: str, key: str, value: object) -> None:
    findings = Findings()
    found = read_trigger(type_, {key: value}, findings, at="/c", schedules=None)
    assert found is not None or findings.problems()


def test_defaults() -> None:
    assert read("schedule", interval="PT15M") == ScheduleConfig(interval=timedelta(minutes=15))
    assert read("schedule", cron="0 6 * * *") == ScheduleConfig(cron="0 6 * * *", timezone="UTC", missed="last")
    assert read("webhook", path="/orders/") == WebhookConfig("orders", ("POST",), "token")


def test_nobody_who_knows_schedules_is_there() -> None:
    findings = Findings()
    config = {"cron": "every day", "timezone": "Rome"}
    assert read_trigger("schedule", config, findings, at="", schedules=None) is not None
    assert findings.problems() == []
