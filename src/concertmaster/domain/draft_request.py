"""What clients send to change a draft: bounded, and in the one form that `draft_ops` takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from concertmaster.domain.draft_ops import MISSING, Change
from concertmaster.domain.draft_places import is_edge, tokens
from concertmaster.domain.errors import Conflict, Invalid, UserError
from concertmaster.domain.findings import Findings
from concertmaster.domain.json_read import check_json
from concertmaster.domain.plain_json import MAX_DEPTH
from concertmaster.domain.problems import Problem, pointer

MAX_CHANGES = 10_000
MAX_DRAFT_BYTES = 16 * 2**20
# Who changed what nobody changed by hand: a version took its canonical form, or another one took the draft's place.
SERVER = "server"
_MAX_ID = 100
_MAX_PATH = 4_000
_POINTER = re.compile(r"(/([^/~]|~[01])*)*")


def demand_client(client: str) -> str:
    """The id that a client gave itself.

    Raises:
        UserError: `draft.client`.
    """
    if client != SERVER and 0 < len(client) <= _MAX_ID and _is_text(client):
        return client
    raise UserError(
        "draft.client",
        f"A client is named by 1 to {_MAX_ID} characters, and not '{SERVER}'; take a random id for each tab",
    )


def demand_changes(given: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Changes as they came in: `{id, path, before?, after?}`.

    Raises:
        UserError: `draft.too_many_ops`.
        Invalid: `draft.op`, with the place of each that cannot be understood.
    """
    if len(given) > MAX_CHANGES:
        raise UserError(
            "draft.too_many_ops",
            f"A request changes at most {MAX_CHANGES:,} places, this one {len(given):,}; send them in several",
        )
    findings = Findings()
    changes = [_change(("ops", index), one, findings) for index, one in enumerate(given)]
    if len(changes) > 1:
        for index, one in enumerate(given):
            if not one["path"]:
                fix = "Send it in a request of its own"
                findings.error("draft.op", pointer("ops", index), "it changes the whole document", fix=fix)
    if problems := findings.problems():
        first: Problem = problems[0]
        raise Invalid("draft.op", f"{first.pointer}: {first.message}", problems)
    return changes


def draft_moved(workflow: str, found: int, known: int) -> Conflict:
    """A version was to be made of a draft that has another revision by now."""
    return Conflict(
        "draft.moved",
        f"The draft of {workflow} has revision {found} by now, not {known}; take over what changed and save again",
        revision=found,
    )


def _change(at: tuple[str | int, ...], given: Mapping[str, Any], findings: Findings) -> Change:
    id_, path = str(given["id"]), str(given["path"])
    if not (0 < len(id_) <= _MAX_ID and _is_text(id_)):
        message = f"an id has 1 to {_MAX_ID} characters"
        findings.error(
            "draft.op", pointer(*at, "id"), message, fix="Take a random id, and the same one to send it again"
        )
    if len(path) > _MAX_PATH or not _is_text(path) or _POINTER.fullmatch(path) is None:
        fix = "Begin each part with /, and write ~ as ~0 and / as ~1 inside of one"
        findings.error("draft.op", pointer(*at, "path"), "this is no JSON pointer", fix=fix)
        return Change("", id=id_)
    place = tokens(path)
    before, after = (_value(place, (*at, name), given, findings) for name in ("before", "after"))
    if not place and not isinstance(cast("object", after), dict):
        findings.error("draft.op", pointer(*at, "after"), "the document is an object", fix="Send all of it")
    if is_edge(place):
        for name, value in (("before", before), ("after", after)):
            if value is not MISSING and value is not True:
                fix = "Leave it out for an edge that is not there"
                findings.error("draft.op", pointer(*at, name), "an edge holds true", fix=fix)
    return Change(path, before, after, id_)


def _value(place: tuple[str, ...], at: tuple[str | int, ...], given: Mapping[str, Any], findings: Findings) -> Any:
    name = at[-1]
    if name not in given:
        return MISSING
    own = Findings()
    value = check_json(given[str(name)], own)
    for problem in own.problems():
        findings.error(problem.code, pointer(*at) + problem.pointer, problem.message, fix=problem.fix)
    if len(place) + _depth(value) > MAX_DEPTH:
        findings.error("document.too_deep", pointer(*at), f"more than {MAX_DEPTH} levels", fix="Flatten the document")
    return value


def _depth(value: Any) -> int:
    """Levels below; `check_json` has bounded them."""
    match value:
        case dict():
            below: Iterable[Any] = cast("dict[str, Any]", value).values()
        case list():
            below = cast("list[Any]", value)
        case _:
            return 0
    return 1 + max((_depth(item) for item in below), default=0)


def _is_text(text: str) -> bool:
    """Whether every database can hold it."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
