"""Addresses: what a document asks for that belongs to another workflow."""

from __future__ import annotations

from concertmaster.domain.findings import Findings
from concertmaster.domain.interfaces import TriggerStore
from concertmaster.domain.problems import Problem
from concertmaster.domain.triggers import read_trigger
from concertmaster.domain.triggers_webhook import WebhookConfig
from concertmaster.domain.validation_inputs import report_taken_path
from concertmaster.domain.workflow import Workflow


async def taken_paths(triggers: TriggerStore, workflow: Workflow) -> list[Problem]:
    """Webhook paths that belong to other workflows."""
    findings = Findings()
    for name, trigger in workflow.triggers.items():
        config = read_trigger(trigger.type, trigger.config, Findings(), at="", schedules=None)
        if not isinstance(config, WebhookConfig):
            continue
        for row in await triggers.at_address("webhook", config.path):
            if row.workflow != workflow.name:
                report_taken_path(name, config.path, f"the trigger {row.name} of the workflow {row.workflow}", findings)
    return findings.problems()
