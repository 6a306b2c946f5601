"""Limits of node types and connections, as the setting `limits` writes them: `connection:warehouse=4`, `...=10/s`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from concertmaster.domain.errors import UserError

_RULE = re.compile(
    r"(?P<resource>(node_type|connection):[^\s=]+)\s*=\s*(?:(?P<places>\d+)|(?P<rate>\d+(\.\d+)?)/(?P<unit>s|m|h))"
)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds for a resource.

    Attributes:
        places: attempts at one time, over all processes; None: as many as want.
        per_second: attempts that may start in a second, in each process; None: as many as want.
    """

    places: int | None = None
    per_second: float | None = None


def parse_limits(rules: Iterable[str]) -> Mapping[str, Limit]:
    """The limits by resource; two rules of one resource add up to one limit.

    Raises:
        UserError: `settings.invalid`, a rule cannot be read.
    """
    limits: dict[str, Limit] = {}
    for rule in rules:
        match = _RULE.fullmatch(rule.strip())
        places = int(match["places"]) if match and match["places"] else None
        per_second = float(match["rate"]) / _SECONDS[match["unit"]] if match and match["rate"] else None
        if match is None or places == 0 or per_second == 0:
            raise UserError(
                "settings.invalid",
                f"Limit {rule!r} cannot be read; write node_type:http.request=20 (at one time) or "
                "connection:warehouse=10/s (starts; s, m or h), separated by commas, with numbers above 0",
            )
        known = limits.get(match["resource"], Limit())
        limits[match["resource"]] = replace(
            known,
            places=known.places if places is None else places,
            per_second=known.per_second if per_second is None else per_second,
        )
    return limits
