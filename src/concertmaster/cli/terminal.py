"""What all commands share of the terminal: colour only for people, problems with their place, exit codes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from rich.console import Console
from rich.text import Text

from concertmaster.domain.document import locate_all, nearest_line
from concertmaster.domain.errors import ConcertMasterError, Invalid
from concertmaster.domain.problems import Problem

_PLACE = re.compile(r"line (\d+)(?:, column (\d+))?: ")

SUCCEEDED = 0
FAILED = 1
INVALID = 2
INTERRUPTED = 130

STYLES = {
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "dim"),
    "cancelled": ("■", "yellow"),
    "retrying": ("↻", "yellow"),
    "running": ("●", "blue"),
    "waiting": ("◷", "yellow"),
    "pending": ("○", "dim"),
    "queued": ("○", "dim"),
    "paused": ("‖", "yellow"),
    "interrupted": ("!", "red"),
}


def console(*, error: bool = False) -> Console:
    """A console that writes plain text when nobody watches."""
    stream = sys.stderr if error else sys.stdout
    made = Console(file=stream, highlight=False, soft_wrap=True)
    return made if made.is_terminal else Console(file=stream, highlight=False, no_color=True, width=160, soft_wrap=True)


def print_json(value: Any, *, indent: bool = False) -> None:
    """JSON for programs, on standard output."""
    option = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    sys.stdout.buffer.write(orjson.dumps(value, option=option, default=str))
    sys.stdout.flush()


def moment_text(at: str) -> str:
    """An instant of the API, to the second."""
    return at[:19].replace("T", " ")


def explain(error: ConcertMasterError) -> None:
    """Tell a person what went wrong, on standard error."""
    out = console(error=True)
    if isinstance(error, Invalid):
        # A message that is made of the only problem says it all.
        said = [problem for problem in error.problems if problem.fix or not error.message.endswith(problem.message)]
        print_problems(said)
    out.print(Text.assemble(("error: ", "bold red"), error.message))


def exit_code(error: ConcertMasterError) -> int:
    """2 when what was given is invalid, 1 for everything else."""
    return INVALID if isinstance(error, Invalid) or error.code in _INVALID_CODES else FAILED


_INVALID_CODES = frozenset(
    {
        "settings.invalid",
        "settings.file_invalid",
        "file.missing",
        "node.bad_name",
        "nodes.nothing_to_check",
        "host.not_loopback",
        "backfill.range",
        "backfill.time",
        "backfill.too_many",
    }
)


def print_problems(problems: Iterable[Problem], *, file: Path | None = None, text: str | None = None) -> None:
    """One line a problem on standard error, in the order of the lines: `file:line: pointer: message (fix)`.

    Args:
        text: the file's text, for the line numbers.
    """
    out = console(error=True)
    lines = locate_all(text or "")
    placed = [(*_place_of(problem, lines, file), problem) for problem in problems]
    for _, place, message, problem in placed if text is None else sorted(placed, key=lambda one: one[0]):
        style = "red" if problem.severity == "error" else "yellow"
        where = f"{problem.pointer}: " if problem.pointer else ""
        fix = f" ({problem.fix})" if problem.fix else ""
        word = "" if problem.severity == "error" else "warning: "
        out.print(Text.assemble((place, "bold"), (word, style), where, (message, style), fix))


def _place_of(problem: Problem, lines: Mapping[str, int], file: Path | None) -> tuple[int, str, str]:
    """Line, the place before the message, and the message; one that begins with its place says it there only."""
    line, column, message = nearest_line(lines, problem.pointer), "", problem.message
    found = _PLACE.match(message)
    if file is not None and found is not None:
        line, column, message = int(found[1]), f":{found[2]}" if found[2] else "", message[found.end() :]
    return line, "" if file is None else f"{file}:{line}{column}: ", message


def problems_from(items: Iterable[dict[str, Any]]) -> list[Problem]:
    """Problems as the API sends them."""
    return [
        Problem(item["code"], item["pointer"], item["message"], item["severity"], item.get("fix")) for item in items
    ]


def zoned_text(at: str, zone: str) -> str:
    """An instant of the API on the wall clock of a zone, with its name; in UTC where this machine does not know it."""
    try:
        local = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return f"{moment_text(at)} UTC"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"
