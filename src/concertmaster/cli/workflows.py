"""`concertmaster workflows list | push | pull | diff`: between files, as in git, and what is stored."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from concertmaster.cli.client import Api, with_api
from concertmaster.cli.run import read_text
from concertmaster.cli.terminal import FAILED, INVALID, STYLES, console, print_json, print_problems, problems_from
from concertmaster.domain.document import dump, parse
from concertmaster.domain.errors import ConcertMasterError, Conflict, Invalid, NotFound, UserError
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.domain.validation_inputs import PATH_TAKEN
from concertmaster.services.callees import settled_among

PAGE = 500


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file that was checked; `document` is as it was read, in canonical JSON, None when it cannot be."""

    file: Path
    text: bytes
    document: dict[str, Any] | None
    problems: list[Problem]

    @property
    def name(self) -> str:
        """The workflow that it is a version of."""
        return str((self.document or {})["name"])


def list_workflows(*, as_json: bool, data_dir: Path | None) -> None:
    """Print all of them, newest change first."""

    async def work(api: Api) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        before: str | None = None
        while True:
            page = await api.get("/workflows", limit=PAGE, before=before)
            items += page["items"]
            before = page["next"]
            if before is None:
                return items

    items = with_api(work, data_dir)
    if as_json:
        print_json({"items": items, "next": None})
        return
    if not items:
        console().print("no workflows yet; store one with: concertmaster workflows push FILE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "version", "published", "nodes", "updated", "last run"):
        table.add_column(heading, no_wrap=heading == "name")
    for item in items:
        published = str(item["published"] or "no")
        last = item["last_execution"]
        sign, style = STYLES[last["status"]] if last else ("", "")
        shown = Text(f"{sign} {last['status']}" if last else "never", style=style)
        updated = item["updated_at"][:19].replace("T", " ")
        table.add_row(item["name"], str(item["version"]), published, str(item["node_count"]), updated, shown)
    console().print(table)


def push_files(files: list[Path], *, publish: bool, as_json: bool, data_dir: Path | None) -> None:
    """Store each as the next version of the workflow that it names; all are checked before the first is stored."""
    texts = [(file, read_text(file)) for file in files]

    async def work(api: Api) -> list[dict[str, Any]]:
        sound = _sound([await _check(api, file, text) for file, text in texts], publish=publish)
        if len(sound) < len(texts):
            return []
        _demand_distinct(sound)
        stored: list[dict[str, Any]] = []
        try:
            for item in sound:
                stored.append(await _push(api, item, publish=publish))
        except ConcertMasterError:
            _tell(stored)
            raise
        return stored

    pushed = with_api(work, data_dir, makes=True)
    if not pushed:
        console(error=True).print("nothing was stored")
        sys.exit(INVALID)
    if as_json:
        print_json({"items": pushed})
        return
    _tell(pushed)


def _tell(pushed: list[dict[str, Any]]) -> None:
    for item in pushed:
        state = "published" if item["published"] else "not published"
        console().print(f"{item['name']}: version {item['version']}, {state}{'' if item['new'] else ' (unchanged)'}")


def pull_workflows(names: list[str], *, to: Path, version: int | None, replace: bool, data_dir: Path | None) -> None:
    """Write each to `NAME.yaml`; exits with 1 when a file that differs was left as it is."""

    async def work(api: Api) -> list[tuple[dict[str, Any], str]]:
        found = [await api.get(f"/workflows/{name}", version=version) for name in names]
        return [(item, _canonical(item["document"])) for item in found]

    left = False
    for item, text in with_api(work, data_dir):
        file = to / f"{item['name']}.yaml"
        if file.exists() and file.read_text() == text:
            console().print(f"{file}: is version {item['version']} already")
        elif file.exists() and not replace:
            left = True
            console(error=True).print(
                f"{file}: differs from version {item['version']} and was left as it is; look with: concertmaster "
                f"workflows diff {file}, or overwrite it with --replace"
            )
        else:
            to.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            console().print(f"{file}: version {item['version']}")
    if left:
        sys.exit(FAILED)


def diff_file(file: Path, *, version: int | None, data_dir: Path | None) -> None:
    """Print a unified diff from what is stored to the file, both in canonical form, and exit: 0 same, 1 different."""
    text = read_text(file)

    async def work(api: Api) -> tuple[str, str, str] | None:
        sound = _sound([await _check(api, file, text)], publish=False)
        if not sound:
            return None
        checked = sound[0]
        newest = {item["id"]: item["version"] for item in (await api.get("/node-types"))["items"]}
        here = _canonical(_pinned(checked.document or {}, newest))
        try:
            stored = await api.get(f"/workflows/{checked.name}", version=version)
        except NotFound:
            if version is not None:
                raise
            return "", here, f"{checked.name} (not stored yet)"
        return _canonical(stored["document"]), here, f"{checked.name} version {stored['version']}"

    found = with_api(work, data_dir)
    if found is None:
        sys.exit(INVALID)
    stored, here, title = found
    out = console()
    lines = list(difflib.unified_diff(stored.splitlines(), here.splitlines(), title, str(file), lineterm=""))
    for line in lines:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        out.print(Text(line, style="bold" if line.startswith(("+++", "---")) else style))
    if lines:
        sys.exit(FAILED)
    out.print(f"{file}: the same as {title}")


async def _check(api: Api, file: Path, text: bytes) -> _Checked:
    answer = await api.post_text("/workflows/validate", text, json=_is_json(file))
    return _Checked(file, text, answer["document"], problems_from(answer["items"]))


def _sound(checked: list[_Checked], *, publish: bool) -> list[_Checked]:
    """Those without errors, when all of them count as stored; the problems of all are told."""
    sound: list[_Checked] = []
    parsed = [parse(item.document).workflow if item.document else None for item in checked]
    together = {workflow.name: workflow for workflow in parsed if workflow is not None}
    for item, workflow in zip(checked, parsed, strict=True):
        problems = item.problems if workflow is None else settled_among(item.problems, workflow, together)
        if publish:
            problems = [_refused(problem, together) for problem in problems]
        print_problems(problems, file=item.file, text=item.text.decode(errors="replace"))
        if item.document is not None and not has_errors(problems):
            sound.append(item)
    return sound


def _refused(problem: Problem, together: Collection[str]) -> Problem:
    """A path that another workflow has is an error for who publishes, unless that one changes at the same time."""
    if problem.code != PATH_TAKEN or any(problem.message.endswith(f" of the workflow {name}") for name in together):
        return problem
    return replace(problem, severity="error")


def _demand_distinct(checked: list[_Checked]) -> None:
    named: dict[str, Path] = {}
    for item in checked:
        if item.name in named:
            message = f"{named[item.name]} and {item.file} are both named {item.name}; rename one, or push one of them"
            raise UserError("workflows.same_name", message)
        named[item.name] = item.file


async def _push(api: Api, item: _Checked, *, publish: bool) -> dict[str, Any]:
    try:
        before = (await api.get(f"/workflows/{item.name}"))["version"]
    except NotFound:
        before = None
    try:
        saved = await api.post_text("/workflows", item.text, json=_is_json(item.file), publish=publish)
    except Invalid as error:
        # It passed the check a moment ago: a connection or a node type has gone meanwhile.
        print_problems(error.problems, file=item.file, text=item.text.decode(errors="replace"))
        raise
    except Conflict as error:
        if error.code != "trigger.address_taken":
            raise
        # The document has to change; the check has warned of the place.
        raise Invalid(error.code, error.message, ()) from error
    return {
        "name": saved["name"],
        "version": saved["version"],
        "published": saved["published"] == saved["version"],
        "new": saved["version"] != before,
        "file": str(item.file),
    }


def _canonical(document: Mapping[str, Any]) -> str:
    """The YAML of a document in its canonical form."""
    workflow = parse(document).workflow
    if workflow is None:
        raise UserError(
            "workflow.unreadable", f"{document.get('name')} was stored by a newer release; use its `concertmaster`"
        )
    return dump(workflow)


def _pinned(body: Mapping[str, Any], newest: Mapping[str, int]) -> dict[str, Any]:
    """The document with the versions that saving fills in."""
    nodes = cast("dict[str, dict[str, Any]]", body.get("nodes") or {})
    return {**body, "nodes": {name: _pinned_node(node, newest) for name, node in nodes.items()}}


def _pinned_node(node: dict[str, Any], newest: Mapping[str, int]) -> dict[str, Any]:
    type_ = str(node.get("type"))
    made = {**node, "type": f"{type_}@{newest[type_]}" if type_ in newest else type_}
    return {**made, "body": _pinned(node["body"], newest)} if isinstance(node.get("body"), dict) else made


def _is_json(file: Path) -> bool:
    return file.suffix == ".json"
