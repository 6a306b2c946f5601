"""The types of triggers, one entry each: what storage and services have to know of them. A new type is a new entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from concertmaster.domain.errors import UserError
from concertmaster.domain.findings import Findings
from concertmaster.domain.interfaces import TriggerPlan
from concertmaster.domain.triggers import (
    EventConfig,
    FileConfig,
    ScheduleConfig,
    TriggerConfig,
    WorkflowConfig,
    read_trigger,
)
from concertmaster.domain.triggers_webhook import WebhookConfig
from concertmaster.domain.workflow import Trigger
from concertmaster.triggers.schedule import Schedule, moment, schedule_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of trigger.

    Attributes:
        schedule: its times, None when it has none by the clock.
        address: what has to happen for it, None when nothing has to.
        info: what an execution is told, beside type and name.
    """

    schedule: Callable[[TriggerConfig], Schedule | None] = lambda _: None
    address: Callable[[TriggerConfig], str | None] = lambda _: None
    info: Callable[[TriggerConfig, datetime], Mapping[str, Any]] = lambda _, at: {"at": at.isoformat()}


class Kinds:
    """`TriggerKinds` of `domain/interfaces`."""

    def plan(self, trigger: Trigger, at: datetime) -> TriggerPlan:
        """See `TriggerKinds`."""
        config, kind = _read(trigger)
        schedule = kind.schedule(config)
        return TriggerPlan(None if schedule is None else schedule.following(at), kind.address(config))

    def upcoming(self, trigger: Trigger, after: datetime, *, count: int) -> Sequence[datetime]:
        """See `TriggerKinds`."""
        config, kind = _read(trigger)
        schedule = kind.schedule(config)
        return [] if schedule is None else list(itertools.islice(schedule.times(after), count))

    def between(self, trigger: Trigger, after: datetime, until: datetime) -> Iterator[datetime]:
        """See `TriggerKinds`."""
        config, kind = _read(trigger)
        schedule = kind.schedule(config)
        if schedule is None:
            raise UserError("trigger.no_times", f"A {trigger.type} trigger has no times; only a schedule has")
        yield from itertools.takewhile(lambda at: at <= until, schedule.times(after))

    def info(self, trigger: Trigger, name: str, at: datetime) -> dict[str, Any]:
        """See `TriggerKinds`."""
        config, kind = _read(trigger)
        return {"type": trigger.type, "name": name, **kind.info(config, at)}


def config_of(trigger: Trigger) -> TriggerConfig:
    """The config of a trigger of a validated document.

    Raises:
        UserError: `trigger.unreadable`, a newer release made it.
    """
    config = read_trigger(trigger.type, trigger.config, Findings(), at="", schedules=None)
    if config is None:
        raise UserError("trigger.unreadable", f"The config of the {trigger.type} trigger cannot be read")
    return config


def _read(trigger: Trigger) -> tuple[TriggerConfig, Kind]:
    config = config_of(trigger)
    return config, _KINDS[type(config)]


def _schedule(config: TriggerConfig) -> Schedule | None:
    assert isinstance(config, ScheduleConfig)
    return schedule_of(config)


def _scheduled_at(config: TriggerConfig, at: datetime) -> Mapping[str, Any]:
    assert isinstance(config, ScheduleConfig)
    return {"scheduled_at": moment(at, config.timezone)}


def _request(config: TriggerConfig, at: datetime) -> Mapping[str, Any]:  # noqa: ARG001
    assert isinstance(config, WebhookConfig)
    return {"method": config.methods[0], "path": config.path, "headers": {}, "query": {}, "body": None}


def _event(config: TriggerConfig, at: datetime) -> Mapping[str, Any]:
    assert isinstance(config, EventConfig)
    return {"event": config.name, "key": "", "data": None, "id": 0, "at": at.astimezone(UTC).isoformat(), "depth": 1}


def _file(config: TriggerConfig, at: datetime) -> Mapping[str, Any]:
    assert isinstance(config, FileConfig)
    modified_at = at.astimezone(UTC).isoformat()
    return {"path": config.path, "file": PurePosixPath(config.path).name, "bytes": 0, "modified_at": modified_at}


def _ended(config: TriggerConfig, at: datetime) -> Mapping[str, Any]:
    assert isinstance(config, WorkflowConfig)
    ended = {"workflow": config.workflow, "version": 1, "status": config.statuses[0], "outputs": None, "error": None}
    return {"execution": None, **ended, "at": at.astimezone(UTC).isoformat(), "depth": 1}


_KINDS: dict[type[TriggerConfig], Kind] = {
    ScheduleConfig: Kind(schedule=_schedule, info=_scheduled_at),
    WebhookConfig: Kind(address=lambda config: getattr(config, "path", None), info=_request),
    EventConfig: Kind(address=lambda config: getattr(config, "name", None), info=_event),
    FileConfig: Kind(info=_file),
    WorkflowConfig: Kind(address=lambda config: getattr(config, "workflow", None), info=_ended),
}
