"""What processes tell each other: notices as short JSON texts, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from concertmaster.storage.notices import Notices

CHANNEL = "concertmaster"
# The server takes less than 8,000 bytes a notification; a hundred are for what stands around the items.
_LIMIT_BYTES = 7_890
_MOST_PAYLOADS = 20


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notification, read.

    Attributes:
        look: more changed than it names.
    """

    wake: Sequence[str]
    freed: Sequence[str]
    heads: Sequence[tuple[str, int]]
    drafts: Sequence[str]
    versions: Sequence[Mapping[str, Any]]
    people: Sequence[Mapping[str, Any]]
    look: bool


def payloads(notices: Notices, process: str, *, heads: bool) -> list[str]:
    """The notices in as few texts as they fit in; what is too much becomes "look for yourself".

    Args:
        heads: with the heads of executions.
    """
    items: list[tuple[str, Any]] = [("w", name) for name in notices.wake]
    items += [("f", name) for name in notices.freed]
    items += [("h", head) for head in notices.heads.items()] if heads else []
    items += [("d", name) for name in notices.drafts]
    items += [("v", one) for one in notices.versions]
    items += [("o", one) for one in notices.people]
    parts: list[dict[str, Any]] = []
    room = 0
    for kind, item in items:
        length = len(orjson.dumps(item)) + 1
        if length > room:
            parts.append({"p": process})
            room = _LIMIT_BYTES
        room -= length
        parts[-1].setdefault(kind, []).append(item)
        if room < 0 or len(parts) > _MOST_PAYLOADS:
            parts = [{"p": process, "l": 1}]
            break
    else:
        if notices.look:
            parts.append({"p": process, "l": 1})
    return [orjson.dumps(part).decode() for part in parts]


def is_from(text: bytes, process: str) -> bool:
    """Whether a payload is of this process, without reading it."""
    return text.startswith(b'{"p":"%b"' % process.encode())


def read_payload(text: bytes) -> Announcement | None:
    """None for what is not one of ours, or of a version that says it differently."""
    try:
        data = orjson.loads(text)
        return Announcement(
            wake=[str(item) for item in data.get("w", ())],
            freed=[str(item) for item in data.get("f", ())],
            heads=[(str(item), int(seq)) for item, seq in data.get("h", ())],
            drafts=[str(item) for item in data.get("d", ())],
            versions=[dict(item) for item in data.get("v", ())],
            people=[dict(item) for item in data.get("o", ())],
            look=bool(data.get("l")),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
