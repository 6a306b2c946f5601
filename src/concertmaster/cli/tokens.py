"""`concertmaster token`: a token is printed once, alone on standard output, so that programs can take it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from concertmaster.cli.client import Api, with_api
from concertmaster.cli.terminal import console, print_json
from concertmaster.domain.access import SCOPES
from concertmaster.domain.durations import parse_duration
from concertmaster.domain.errors import Invalid, NotFound
from concertmaster.domain.problems import Problem


def create_token(name: str, *, scope: str, expires: str | None, as_json: bool, data_dir: Path | None) -> None:
    """Make one and print it."""
    if scope not in SCOPES:
        raise _wrong("--scope", f"is '{scope}'", f"Choose one of {', '.join(SCOPES)}")
    body = {"name": name, "scopes": [scope], "expires_at": None if expires is None else _moment(expires)}

    made = with_api(lambda api: api.post("/tokens", body), data_dir, makes=True)
    if as_json:
        print_json(made)
        return
    sys.stdout.write(f"{made['token']}\n")
    sys.stdout.flush()
    until = f", until {_day(made['expires_at'])}" if made["expires_at"] else ", until it is revoked"
    console(error=True).print(f"token {made['name']} ({scope}{until}), id {made['id']}; it is not shown again")


def list_tokens(*, as_json: bool, data_dir: Path | None) -> None:
    """Print them, without their secrets."""
    page = with_api(lambda api: api.get("/tokens"), data_dir)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("no tokens yet; make one with: concertmaster token create NAME")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "name", "scopes", "state", "created", "last used"):
        table.add_column(heading)
    for item in page["items"]:
        created, used = _day(item["created_at"]), _day(item["last_used_at"])
        table.add_row(item["id"], item["name"], " ".join(item["scopes"]), _state(item), created, used)
    console().print(table)


def revoke_token(id_: str, *, data_dir: Path | None) -> None:
    """Revoke the one with this id, or the one in use with this name."""

    async def work(api: Api) -> str:
        known = (await api.get("/tokens"))["items"]
        named = [item for item in known if item["name"] == id_ and _state(item) not in ("revoked", "expired")]
        found = next((item for item in known if item["id"] == id_), named[0] if named else None)
        if found is None:
            raise NotFound("token.not_found", f"There is no token {id_}; `concertmaster token list` shows all")
        await api.delete(f"/tokens/{found['id']}")
        return found["name"]

    console().print(f"token {with_api(work, data_dir)} revoked")


def _moment(expires: str) -> str:
    try:
        lasts = parse_duration(expires)
        return (datetime.now(UTC) + lasts).isoformat()
    except (ValueError, OverflowError) as error:
        raise _wrong("--expires", str(error), "For example 90d") from error


def _state(item: dict[str, Any]) -> str:
    if item["revoked_at"]:
        return "revoked"
    if item["expires_at"] is None:
        return "in use"
    if datetime.fromisoformat(item["expires_at"]) <= datetime.now(UTC):
        return "expired"
    return f"until {_day(item['expires_at'])}"


def _day(instant: str | None) -> str:
    return "never" if instant is None else instant[:16].replace("T", " ")


def _wrong(option: str, message: str, fix: str) -> Invalid:
    return Invalid("token.invalid", f"{option} {message}", [Problem("token.invalid", option, message, "error", fix)])
