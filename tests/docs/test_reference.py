"""The generated reference is current, and everything there is has its heading or entry."""

from __future__ import annotations

import sys
from typing import Any, cast

import typer

from concertmaster.api.app import create_app
from concertmaster.cli.main import app
from concertmaster.config import PREFIX, Settings
from concertmaster.domain.document_read import DOCUMENT_KEYS, NODE_KEYS
from concertmaster.domain.events_json import BODIES
from concertmaster.domain.expression_filters import TEXT_FILTERS
from concertmaster.domain.expression_lists import LIST_FILTERS
from concertmaster.domain.expression_steps import ROOTS
from concertmaster.domain.expression_tests import BINARY, UNARY
from concertmaster.domain.policy_read import NODE_POLICY_KEYS, RETRY_KEYS, WORKFLOW_POLICY_KEYS
from concertmaster.domain.problem_codes import CODES
from concertmaster.nodes.loader import builtin_registry
from documentation import ROOT, headings

REFERENCE = ROOT / "docs" / "reference"


def test_the_reference_is_what_the_code_says() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import reference

    assert reference.stale() == [], "run: make docs"


def test_every_problem_code_has_its_heading() -> None:
    assert headings(REFERENCE / "problems.md")[1:] == sorted(CODES)


def test_every_setting_has_its_heading() -> None:
    assert headings(REFERENCE / "settings.md")[1:] == [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def test_every_builtin_node_type_has_its_heading() -> None:
    # The others are the models that configs are made of.
    types = [heading for heading in headings(REFERENCE / "nodes.md") if "." in heading]
    assert sorted(types) == sorted(builtin_registry().ids())


def test_every_command_has_its_heading() -> None:
    assert headings(REFERENCE / "cli.md")[1:] == list(_commands(typer.main.get_command(app), "concertmaster"))


def test_every_word_of_an_option_is_named() -> None:
    page = (REFERENCE / "cli.md").read_text()
    for section in page.split("\n## ")[1:]:
        command: Any = typer.main.get_command(app)
        for word in section.partition("\n")[0].split()[1:]:
            command = command.commands[word]
        words = [word for one in command.params for word in (*one.opts, *one.secondary_opts) if word.startswith("-")]
        assert [word for word in words if f"`{word}" not in section] == [], section.partition("\n")[0]


def test_every_route_has_its_heading() -> None:
    paths = create_app(None).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    assert routes <= set(headings(REFERENCE / "http.md"))


def test_the_pages_written_by_hand_name_everything() -> None:
    expressions = (ROOT / "docs" / "explanation" / "expressions.md").read_text()
    words = {name for name in (*TEXT_FILTERS, *LIST_FILTERS, *UNARY, *BINARY, *ROOTS) if name.isidentifier()}
    assert [word for word in sorted(words) if f"`{word}" not in expressions] == []
    document = (REFERENCE / "workflow-document.md").read_text()
    keys = (*DOCUMENT_KEYS, *NODE_KEYS, *NODE_POLICY_KEYS, *(f"retry.{key}" for key in RETRY_KEYS))
    keys = (*keys, *WORKFLOW_POLICY_KEYS)
    assert [key for key in keys if f"`{key}`" not in document and f"`{key}." not in document] == []
    stream = (REFERENCE / "stream.md").read_text()
    assert [kind for kind in BODIES if f"`{kind}`" not in stream] == []


def _commands(command: Any, name: str) -> list[str]:
    below = cast("dict[str, Any]", getattr(command, "commands", {}))
    if not below:
        return [name]
    return [found for word, inner in below.items() for found in _commands(inner, f"{name} {word}")]
