"""The pages of settings, problem codes and error codes; the last are read from the source, as they are raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from reference_markdown import code, table

import concertmaster
from concertmaster.api.errors import OF_CODES
from concertmaster.config import FILE_NAME, PREFIX, Settings, as_text
from concertmaster.domain.problem_codes import CODES

SOURCE = Path(concertmaster.__path__[0])
# Class of the error tree to what the API answers with.
KINDS = {
    "UserError": "422",
    "NotFound": "404",
    "Conflict": "409",
    "PreconditionFailed": "412",
    "Invalid": "422",
    "NotLoggedIn": "401",
    "TooManyRequests": "429",
    "OperationalError": "503",
    "Failure": "",
    "problem_response": "",
    "HTTPException": "",
}
# Most have a dot; those that the design names do not.
CODE = re.compile(r"[a-z0-9_]+([._][a-z0-9_]+)+")
SETTINGS = f"""\
# Settings

Order: command line, environment variable, `{FILE_NAME}` in the workspace (lower-case names without the prefix),
default. A wrong value stops the start with exit code 2 and a message that names the setting. See also
[how to change settings](../how-to/settings.md).
"""
PROBLEMS = """\
# Problem codes

What validation can find in a document. CLI, API and canvas show the same list: each problem has a code, a JSON
pointer (`/nodes/late/config/condition`), a severity (`error` keeps a document from running, `warning` does not), a
message, and where there is one a fix.
"""
ERRORS = """\
# Error codes

What can go wrong outside of a document: in a request, in a node that runs, on the machine. The API answers with
`application/problem+json`, whose `code` is one of these (the column HTTP says with which status); a failed node or
execution carries the code in its `error`; the command line prints the message. `…` stands for names and values.
Problems of documents have [codes of their own](problems.md).
"""


def settings_page() -> str:
    """Markdown of every setting."""
    parts = [SETTINGS]
    for name, field in Settings.model_fields.items():
        shown = as_text(name, field.get_default())
        parts.append(
            f"## {PREFIX}{name.upper()}\n\n{field.description}\n\n"
            f"- In `{FILE_NAME}`: `{name}`\n- Default: {code(shown) or 'empty'}\n"
        )
    return "\n".join(parts)


def problems_page() -> str:
    """Markdown of every problem code."""
    return "\n".join([PROBLEMS, *(f"## {name}\n\n{meaning}\n" for name, meaning in sorted(CODES.items()))])


def errors_page() -> str:
    """Markdown of every error code found in the source, in groups by the word before the dot."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for name, kind, message in _raised(ast.parse(path.read_text())):
            if name not in CODES and (name not in found or len(message) > len(found[name][1])):
                found[name] = (KINDS[kind], message)
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name in sorted(found):
        http, message = found[name]
        http = "403" if name.startswith("access.") and http in ("422", "") else str(OF_CODES.get(name, http))
        groups.setdefault(name.partition(".")[0], []).append((code(name), http, message))
    parts = [f"## {group}\n\n{table(['code', 'HTTP', 'message'], rows)}" for group, rows in groups.items()]
    return "\n".join([ERRORS, *parts])


def _raised(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Code, class and message of every error that is made with a constant code, or one out of a constant mapping."""
    mappings = _mappings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            name, message = map(_text, node.value.elts)
            if name.startswith("access."):
                yield name, "problem_response", message
        if not isinstance(node, ast.Call):
            continue
        call = node
        kind = call.func.id if isinstance(call.func, ast.Name) else ""
        if kind not in KINDS:
            continue
        texts = [_text(argument) for argument in call.args[:3]]
        at = 1 if kind == "problem_response" else 0
        if len(texts) > 1 and isinstance(chosen := call.args[at], ast.Subscript) and isinstance(chosen.value, ast.Name):
            for name in mappings.get(chosen.value.id, ()):
                yield name, kind, texts[at + 1]
        if len(texts) > at + 1 and CODE.fullmatch(texts[at]):
            yield texts[at], kind, texts[at + 1]


def _mappings(tree: ast.AST) -> dict[str, list[str]]:
    """The codes among the values of the module's constant mappings, by the mapping's name."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Dict):
            texts = [_text(value) for value in node.value.values]
            if texts and all("." in text and " " not in text and "…" not in text for text in texts):
                found[node.target.id] = texts
    return found


def _text(node: ast.expr) -> str:
    """The text of an expression; whatever is computed in it is an ellipsis."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_text(value) for value in values)
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            return _text(left) + _text(right)
        case _:
            return "…"
