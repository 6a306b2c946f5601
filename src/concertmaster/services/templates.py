"""Templates: whole workflows with sample data that come with the package, to be looked at and used."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import yaml

from concertmaster.data.guard import confine
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.document import canonical_json, parse
from concertmaster.domain.errors import NotFound, OperationalError, UserError
from concertmaster.domain.workflow import Trigger, Workflow
from concertmaster.services.workflows import WorkflowService

FOLDER = Path(__file__).resolve().parent.parent / "templates"
SAMPLES = "samples"
_NAMES_TRIED = 1000


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow of the gallery.

    Attributes:
        shows: what can be learnt from it, short sentences.
        files: its sample data, by the path in the workspace that the workflow reads.
    """

    name: str
    categories: tuple[str, ...]
    shows: tuple[str, ...]
    workflow: Workflow
    text: str
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class SampleFile:
    """What became of a sample file: it was written, was there as it should be, or another one was there and stays."""

    path: str
    state: Literal["written", "there", "kept"]


@dataclass(frozen=True, slots=True)
class Used:
    """The workflow that was made of a template, and its files."""

    workflow: str
    version: int
    files: tuple[SampleFile, ...]


class _Entry(TypedDict):
    name: str
    categories: list[str]
    shows: list[str]


@cache
def load_templates(folder: Path = FOLDER) -> Mapping[str, Template]:
    """All templates by name, in the order of the gallery; read once."""
    entries = cast("list[_Entry]", yaml.safe_load((folder / "gallery.yaml").read_text(encoding="utf-8")))
    return {entry["name"]: _load(folder / entry["name"], entry) for entry in entries}


def _load(folder: Path, entry: _Entry) -> Template:
    text = (folder / "workflow.yaml").read_text(encoding="utf-8")
    workflow = parse(text).workflow
    if workflow is None:
        raise ValueError(f"the template {folder.name} cannot be read")
    files = folder / "files"
    samples = sorted(files.iterdir()) if files.is_dir() else []
    return Template(
        name=folder.name,
        categories=tuple(entry["categories"]),
        shows=tuple(entry["shows"]),
        workflow=workflow,
        text=text,
        files={f"{SAMPLES}/{folder.name}/{file.name}": file for file in samples},
    )


class TemplateService:
    """Use cases around templates; their files go into the workspace."""

    def __init__(self, workflows: WorkflowService, *, workspace: Path, data_dir: Path) -> None:
        self._workflows = workflows
        self._workspace = workspace
        self._data_dir = data_dir
        # Two people who use the same template get workflows of two names.
        self._naming = asyncio.Lock()

    async def list(self, actor: Actor) -> Sequence[Template]:
        """All of them, in the order of the gallery."""
        demand(actor, "workflow:read")
        return list((await asyncio.to_thread(load_templates)).values())

    async def get(self, actor: Actor, name: str) -> Template:
        """One of them.

        Raises:
            NotFound: `template.not_found`.
        """
        demand(actor, "workflow:read")
        found = (await asyncio.to_thread(load_templates)).get(name)
        if found is None:
            raise NotFound("template.not_found", f"There is no template {name[:100]!r}; GET /templates lists them")
        return found

    async def use(self, actor: Actor, name: str) -> Used:
        """Make a published workflow of it, under its name or, where that is taken, with a number behind.

        Its files are written first, so that it runs as soon as it is there; no file of the workspace is changed.

        Raises:
            NotFound: `template.not_found`.
            UserError: a sample cannot lie where it should, because something else is in the way.
            OperationalError: `template.not_writable`.
            Invalid: it cannot be published here, because it has a webhook at an address that is taken.
        """
        demand(actor, "workflow:write")
        template = await self.get(actor, name)
        files = await asyncio.to_thread(self._write_all, template.files)
        async with self._naming:
            free = await self._free_name(actor, template.name)
            workflow = _named(template.workflow, free)
            saved, _ = await self._workflows.save(actor, canonical_json(workflow).encode(), format="json")
        return Used(free, saved.stored.version, tuple(files))

    async def _free_name(self, actor: Actor, name: str) -> str:
        for number in range(1, _NAMES_TRIED):
            candidate = name if number == 1 else f"{name}-{number}"
            try:
                await self._workflows.get(actor, candidate)
            except NotFound:
                return candidate
        raise UserError(
            "template.too_often", f"There are {_NAMES_TRIED} workflows of the template {name}; delete some of them"
        )

    def _write_all(self, files: Mapping[str, Path]) -> Iterable[SampleFile]:
        place = partial(confine, self._workspace, data_dir=self._data_dir, write=True)
        wanted = {path: place(path) for path in files}
        try:
            return [SampleFile(path, _write(files[path], target)) for path, target in wanted.items()]
        except OSError as error:
            raise OperationalError(
                "template.not_writable",
                f"The samples cannot be written to {self._workspace / SAMPLES}: {error.strerror}; "
                "make that folder writable, or move away what is in its place",
                retryable=False,
            ) from error


def _named(workflow: Workflow, name: str) -> Workflow:
    """The workflow under that name; a webhook whose path was the former name goes along."""
    former = workflow.name

    def moved(trigger: Trigger) -> Trigger:
        config: dict[str, Any] = dict(trigger.config)
        if trigger.type == "webhook" and config.get("path") == former:
            config["path"] = name
        return replace(trigger, config=config)

    return replace(workflow, name=name, triggers={key: moved(trigger) for key, trigger in workflow.triggers.items()})


def _write(source: Path, target: Path) -> Literal["written", "there", "kept"]:
    """Copy a file unless there is one; it appears whole, and never in place of another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would take the place of what somebody else has just put there.
        os.link(draft, target)
    except FileExistsError:
        return "there" if target.is_file() and target.read_bytes() == content else "kept"
    finally:
        draft.unlink(missing_ok=True)
    return "written"
