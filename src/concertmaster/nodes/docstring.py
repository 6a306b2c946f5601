"""Docstring: title, help, parameter texts and example out of a Google-style docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SECTION = re.compile(r"^(Args|Arguments|Returns|Yields|Raises|Example|Examples|Note|Notes|Attributes):\s*$")
_CALL = re.compile(r"^\s*>>> ", re.MULTILINE)
_ITEM = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring, taken apart.

    Attributes:
        summary: the first paragraph as one line.
        markdown: everything but the parameter texts and the workflow; calls (`>>> `) are in it as Python.
        parameters: name to text.
        example: the Example section with a workflow, without its fence, or "".
    """

    summary: str = ""
    markdown: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: {})
    example: str = ""


def read_docstring(text: str | None) -> Docstring:
    """Take a docstring apart; any text is accepted, unknown sections stay in the help."""
    if not text:
        return Docstring()
    body, sections = _sections(inspect.cleandoc(text))
    parameters: dict[str, str] = {}
    markdown = [body]
    example = ""
    for title, content in sections:
        if title in ("Args", "Arguments"):
            parameters.update(_items(content))
        elif title in ("Example", "Examples") and _CALL.search(content):
            # Calls belong to the help, as Python; a fence of their own would be taken for what they print.
            markdown.append(f"**{title}**\n\n```python\n{_unfenced(content)}```")
        elif title in ("Example", "Examples") and not example:
            example = _unfenced(content)
        else:
            markdown.append(f"**{title}**\n\n{content}")
    summary = " ".join(body.split("\n\n", 1)[0].split())
    return Docstring(summary, "\n\n".join(part for part in markdown if part), parameters, example)


def _sections(text: str) -> tuple[str, list[tuple[str, str]]]:
    body: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        match = _SECTION.match(line)
        if match:
            sections.append((match[1], []))
        elif sections and line and not line[0].isspace() and not _fence(line):
            # Text back at the margin ends the section: it belongs to the help again.
            body.extend(["", line])
            sections.append(("", body))
        else:
            (sections[-1][1] if sections else body).append(line)
    named = [(title, inspect.cleandoc("\n".join(lines))) for title, lines in sections if title]
    return "\n".join(body).strip(), named


def _fence(line: str) -> bool:
    return line.startswith("```")


def _items(content: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in content.splitlines():
        match = None if line[:1].isspace() else _ITEM.match(line)
        if match:
            name = match[1]
            found[name] = match[2].strip()
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _unfenced(content: str) -> str:
    lines = content.strip().splitlines()
    if len(lines) > 1 and _fence(lines[0]) and lines[-1].strip() == "```":
        lines = lines[1:-1]
    return inspect.cleandoc("\n".join(lines)) + "\n" if lines else ""
