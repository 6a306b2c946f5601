"""What each type of trigger can be told, read from `triggers.<name>.config`; every wrong value becomes a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from concertmaster.domain.document_fields import Fields
from concertmaster.domain.durations import format_duration
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.triggers_webhook import WebhookConfig, read_webhook

SHORTEST_INTERVAL = timedelta(seconds=1)
MISSED = ("last", "skip", "all")
MISSED_LIMIT = 100
TIMEZONE = "UTC"
HIGHEST_MISSED_LIMIT = 10_000
EXISTING = ("skip", "start")
LONGEST_SETTLE = timedelta(days=1)
# Keys of configs that hold expressions, over the same roots as the trigger's `inputs`.
EXPRESSION_KEYS = ("key", "when")
_WORKFLOW = re.compile(r"[a-z0-9][a-z0-9-]*")
_CODE = "trigger.config"


class ScheduleCheck(Protocol):
    """What validation has to know of cron expressions and time zones; there is a library behind it."""

    def cron_fault(self, cron: str) -> str | None:
        """What is wrong with an expression, None when it has a time to come."""
        ...

    def zones(self) -> Collection[str]:
        """The names of all time zones."""
        ...


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """Times by the clock; of `cron` and `interval` exactly one is there.

    Attributes:
        cron: 5 fields, or 6 with the seconds first, in the time of `timezone`.
        interval: counted from 1970-01-01T00:00:00Z, so that it is the same on every machine.
        timezone: an IANA name.
        missed: what becomes of times at which nobody was there to start anything.
        missed_limit: how many of them `all` makes up for at most, the newest.
    """

    cron: str | None = None
    interval: timedelta | None = None
    timezone: str = TIMEZONE
    missed: str = MISSED[0]
    missed_limit: int = MISSED_LIMIT


@dataclass(frozen=True, slots=True)
class EventConfig:
    """A named event; `when` and `key` are expressions over `trigger`.

    Attributes:
        when: only events for which it is true.
        key: only events with this key.
    """

    name: str
    when: Any = None
    key: Any = None


@dataclass(frozen=True, slots=True)
class FileConfig:
    """Files of the workspace whose path matches a glob.

    Attributes:
        settle: how long a file has to stay as it is before it counts as written.
        existing: what becomes of files that are there when the trigger is published.
    """

    path: str
    settle: timedelta = timedelta(seconds=2)
    existing: str = EXISTING[0]


@dataclass(frozen=True, slots=True)
class WorkflowConfig:
    """The end of another workflow's executions, in one of these statuses."""

    workflow: str
    statuses: tuple[str, ...] = ("succeeded",)


@dataclass(frozen=True, slots=True)
class ManualConfig:
    """A person."""


TriggerConfig = ManualConfig | ScheduleConfig | WebhookConfig | EventConfig | FileConfig | WorkflowConfig


def timezone_of(config: Mapping[str, Any]) -> str:
    """The zone of a schedule, by its published config."""
    return str(config.get("timezone") or TIMEZONE)


def read_trigger(
    type_: str, config: Mapping[str, Any], findings: Findings, *, at: str, schedules: ScheduleCheck | None
) -> TriggerConfig | None:
    """The config of a trigger; None when its type is unknown, or, and this is among the findings then, something that
    must be there is missing or wrong.

    Args:
        at: JSON pointer of the config.
        schedules: without it, cron expressions and time zones are not checked.
    """
    read = _READERS.get(type_)
    if read is None:
        return None
    fields = Fields(dict(config), findings, at=at, what=f"the config of a {type_} trigger")
    return read(fields, schedules)


def _read_manual(fields: Fields, schedules: ScheduleCheck | None) -> ManualConfig:  # noqa: ARG001
    fields.only(())
    return ManualConfig()


def _read_schedule(fields: Fields, schedules: ScheduleCheck | None) -> ScheduleConfig | None:
    fields.only(("cron", "interval", "timezone", "missed", "missed_limit"))
    cron, interval = fields.text("cron"), fields.duration("interval")
    given = [key for key in ("cron", "interval") if fields.data.get(key) is not None]
    if len(given) != 1:
        found = "has both `cron` and `interval`" if given else "has neither `cron` nor `interval`"
        fix = 'Give one of them: `cron: "0 6 * * *"` or `interval: 15m`'
        fields.problem(_CODE, f"the schedule {found}", fix=fix)
        return None
    if interval is not None and interval < SHORTEST_INTERVAL:
        fields.wrong("interval", f"must be at least {format_duration(SHORTEST_INTERVAL)}", code=_CODE)
        return None
    if cron is not None and schedules is not None and (fault := schedules.cron_fault(cron)) is not None:
        fields.wrong("cron", f"{brief(cron)!r}: {fault}", code="trigger.cron", fix=_CRON_FIX)
    zone = fields.text("timezone")
    if zone is not None and schedules is not None and zone not in schedules.zones():
        fix = _of_a_region(zone, schedules.zones())
        fields.wrong("timezone", f"{brief(zone)!r} is no time zone", code="trigger.timezone", fix=fix)
    missed = fields.choice("missed", MISSED, code=_CODE)
    limit = fields.number("missed_limit", at_least=1, whole=True, code=_CODE)
    if limit is not None and limit > HIGHEST_MISSED_LIMIT:
        fields.wrong("missed_limit", f"must be at most {HIGHEST_MISSED_LIMIT}", code=_CODE)
    if cron is None and interval is None:
        return None
    return ScheduleConfig(cron, interval, zone or "UTC", missed or MISSED[0], int(limit or MISSED_LIMIT))


_CRON_FIX = "Write minute, hour, day of month, month and day of week, like `0 6 * * MON-FRI`"


# What clocks show is not the same all year: the zone is that of a region.
_REGIONS = {
    **dict.fromkeys(("CEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("BST", "WEST"), "Europe/London"),
    **dict.fromkeys(("EEST",), "Europe/Athens"),
    **dict.fromkeys(("MSK",), "Europe/Moscow"),
    **dict.fromkeys(("ET", "EDT"), "America/New_York"),
    **dict.fromkeys(("CT", "CST", "CDT"), "America/Chicago"),
    **dict.fromkeys(("MT", "MDT"), "America/Denver"),
    **dict.fromkeys(("PT", "PST", "PDT"), "America/Los_Angeles"),
    **dict.fromkeys(("IST",), "Asia/Kolkata"),
    **dict.fromkeys(("JST",), "Asia/Tokyo"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
}


def _of_a_region(zone: str, zones: Collection[str]) -> str:
    region = _REGIONS.get(zone.upper())
    if region is not None:
        return f"Name the region, such as `{region}`: its clocks are put by themselves"
    fix = did_you_mean(zone.rpartition("/")[2], _by_city(zones)) or "Use a name like `Europe/Rome`"
    return _whole_name(fix, zones)


def _by_city(zones: Collection[str]) -> list[str]:
    return [zone.rpartition("/")[2] for zone in zones]


def _whole_name(fix: str, zones: Collection[str]) -> str:
    """`Rome` in a fix as `Europe/Rome`."""
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones)}
    city = fix.partition("`")[2].rstrip("`?")
    return fix.replace(f"`{city}`", f"`{cities[city]}`") if city in cities else fix


def _read_event(fields: Fields, schedules: ScheduleCheck | None) -> EventConfig | None:  # noqa: ARG001
    fields.only(("name", "when", "key"))
    name = fields.needed("name", fix="Name the event, like `name: orders.created`", code=_CODE)
    return EventConfig(name, fields.data.get("when"), fields.data.get("key")) if name else None


def _read_file(fields: Fields, schedules: ScheduleCheck | None) -> FileConfig | None:  # noqa: ARG001
    fields.only(("path", "settle", "existing"))
    path = fields.needed("path", fix="Name the files, like `path: incoming/*.csv`", code=_CODE)
    if path and (path.startswith(("/", "~")) or ".." in path.split("/")):
        fields.wrong("path", "leaves the workspace", code=_CODE, fix="Write it relative to the workspace")
        return None
    settle, existing = fields.duration("settle"), fields.choice("existing", EXISTING, code=_CODE)
    if settle is not None and settle > LONGEST_SETTLE:
        fields.wrong("settle", f"must be at most {format_duration(LONGEST_SETTLE)}", code=_CODE)
        return None
    settle = timedelta(seconds=2) if settle is None else settle
    return FileConfig(path, settle, existing or EXISTING[0]) if path else None


def _read_workflow(fields: Fields, schedules: ScheduleCheck | None) -> WorkflowConfig | None:  # noqa: ARG001
    fields.only(("workflow", "statuses"))
    fields.required("workflow", fix="Name the workflow whose executions are followed, like `workflow: nightly`")
    name = fields.text("workflow")
    if name is not None and not _WORKFLOW.fullmatch(name):
        fields.wrong("workflow", f"{brief(name)!r} is no name of a workflow", code=_CODE)
        return None
    statuses = fields.words("statuses", sorted(FINAL_EXECUTION), code=_CODE)
    return WorkflowConfig(name, statuses or ("succeeded",)) if name else None


_READERS: dict[str, Callable[[Fields, ScheduleCheck | None], TriggerConfig | None]] = {
    "manual": _read_manual,
    "schedule": _read_schedule,
    "webhook": lambda fields, _: read_webhook(fields),
    "event": _read_event,
    "file": _read_file,
    "workflow": _read_workflow,
}
TRIGGER_TYPES = tuple(_READERS)
