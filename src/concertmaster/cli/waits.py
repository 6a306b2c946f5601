"""`concertmaster approvals list | show | approve | reject` and `events send`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import orjson
from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import Api, serves, with_api
from concertmaster.cli.inputs import read_form
from concertmaster.cli.terminal import console, moment_text, print_json
from concertmaster.config import read
from concertmaster.domain.errors import Invalid
from concertmaster.domain.problems import Problem

_STYLES = {"approved": ("✓", "green"), "rejected": ("✗", "red"), "open": ("◷", "yellow")}
_CLOSED = ("■", "dim")


def list_approvals(*, status: str, execution: str | None, limit: int, as_json: bool, data_dir: Path | None) -> None:
    """Print them, newest first."""
    server = ""

    async def work(api: Api) -> dict[str, Any]:
        nonlocal server
        server = api.url
        return await api.get("/approvals", status=status, execution=execution, limit=limit)

    page = with_api(work, data_dir)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("nobody is asked anything" if status == "open" else "no approvals like these")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "title", "workflow", "asked (UTC)", "due (UTC)", "status"):
        table.add_column(heading, no_wrap=heading == "id")
    for item in page["items"]:
        due = moment_text(item["due_at"]) if item["due_at"] else ""
        asked = moment_text(item["created_at"])
        table.add_row(item["id"], Text(item["title"]), item["workflow"], asked, due, _status(item))
    out = console()
    out.print(table)
    links = [_link(server, item) for item in page["items"] if item["status"] == "open"]
    if links and serves(read(data_dir=data_dir)):
        out.print("in the browser, with a login:")
        # A link that is broken into lines is none.
        for link in links:
            out.print(Text(f"  {link}"), soft_wrap=True)


def show_approval(id_: str, *, as_json: bool, data_dir: Path | None) -> None:
    """Print one: the question, what the form asks for, and the answer."""
    server = ""

    async def work(api: Api) -> dict[str, Any]:
        nonlocal server
        server = api.url
        return await api.get(f"/approvals/{quote(id_, safe='')}")

    shown = with_api(work, data_dir)
    if as_json:
        print_json(shown)
        return
    out = console()
    out.print(Text.assemble((shown["title"], "bold"), "  ", _status(shown)))
    out.print(Text(f"  asked by {shown['workflow']} at {shown['node']}, execution {shown['execution']}"))
    if shown["instructions"]:
        out.print(Text(f"  {shown['instructions']}"))
    if shown["assignees"]:
        out.print(Text(f"  for {', '.join(shown['assignees'])}"))
    if shown["due_at"] and shown["status"] == "open":
        out.print(Text(f"  due {moment_text(shown['due_at'])} UTC, then {_then(shown['when_due'])}"))
    if shown["status"] == "open" and serves(read(data_dir=data_dir)):
        # Without a server there is no page behind the link.
        out.print(Text(f"  in the browser, with a login: {_link(server, shown)}"))
    for name, schema in shown["form"].items():
        out.print(Text(f"  -d {name}=  {_field(schema)}"))
    if shown["status"] == "expired":
        by_then = moment_text(shown["due_at"] or shown["decided_at"])
        out.print(Text(f"  Nobody answered by {by_then} UTC: {_became(shown['when_due'])}"))
    elif shown["decided_at"]:
        comment = f": {shown['comment']}" if shown["comment"] else ""
        by = shown["decided_by"] or "nobody"
        out.print(Text(f"  {shown['status']} by {by} at {moment_text(shown['decided_at'])} UTC{comment}"))
        given: dict[str, Any] = shown["data"] or {}
        for name, value in given.items():
            out.print(Text(f"  {name}: {value}"))


def decide(
    id_: str, decision: Literal["approved", "rejected"], *, data: list[str], comment: str, data_dir: Path | None
) -> None:
    """Answer one.

    Args:
        data: `name=value` each, read by the types of the form.
    """

    async def work(api: Api) -> dict[str, Any]:
        path = f"/approvals/{quote(id_, safe='')}"
        form: dict[str, Any] = (await api.get(path))["form"] if data else {}
        return await api.post(path, {"decision": decision, "comment": comment, "data": read_form(form, data)})

    answered = with_api(work, data_dir)
    watch = f"watch it with: concertmaster executions show {answered['execution']}"
    console().print(Text(f"{id_}: {decision}; {watch}"))


def send_event(
    name: str, *, key: str, data: str | None, keep: str | None, as_json: bool, data_dir: Path | None
) -> None:
    """Send one, and say whom it has reached.

    Raises:
        Invalid: `event.invalid`, the data is not JSON.
    """
    body: dict[str, Any] = {"key": key, "data": _json(data)}
    if keep is not None:
        body["keep"] = keep
    sent = with_api(lambda api: api.post(f"/events/{quote(name, safe='')}", body), data_dir)
    if as_json:
        print_json(sent)
        return
    reached = f"{sent['delivered']} wait has" if sent["delivered"] == 1 else f"{sent['delivered']} waits have"
    console().print(Text(f"{name}: sent; {reached} got it"))


def _json(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        problem = Problem(
            "input.syntax", "/data", f"--data is not JSON: {error}", "error", "Text needs quotes: '\"yes\"'"
        )
        raise Invalid("event.invalid", "The event was not sent", [problem]) from error


def _link(server: str, item: dict[str, Any]) -> str:
    """The page of an approval."""
    return f"{server}/approvals?id={quote(item['id'], safe='')}"


def _status(item: dict[str, Any]) -> Text:
    sign, style = _STYLES.get(item["status"], _CLOSED)
    return Text(f"{sign} {item['status']}", style=style)


def _then(when_due: str) -> str:
    return {"approve": "it counts as approved", "reject": "it counts as rejected"}.get(when_due, "it fails")


def _became(when_due: str) -> str:
    return {"approve": "counted as approved", "reject": "counted as rejected"}.get(when_due, "the node failed")


def _field(schema: dict[str, Any]) -> str:
    """What a field takes, in a few words."""
    kind = schema.get("type")
    words = [str(schema["title"])] if "title" in schema else []
    if "enum" in schema:
        words.append(f"one of {', '.join(str(one) for one in schema['enum'])}")
    elif isinstance(kind, str):
        words.append(kind)
    if "default" in schema:
        words.append(f"default {schema['default']}")
    return ", ".join(words) or "any value"
