"""Checks of code in configs: it is parsed and compiled, never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class CodeFault:
    """What is wrong with code, and in which line (from 1) when that is known."""

    kind: str
    message: str


def code_faults(schema: Mapping[str, Any], config: Mapping[str, Any]) -> list[tuple[str, CodeFault]]:
    """Name and fault of each field of a config that holds wrong code (`format: code`, `x-lang: python`).

    Args:
        schema: of the config; `x-defines` names a function that the code of a field has to define.
    """
    found: list[tuple[str, CodeFault]] = []
    properties = cast("Mapping[str, Any]", schema.get("properties") or {})
    for name, field in properties.items():
        code = config.get(name)
        if isinstance(code, str) and field.get("format") == "code" and field.get("x-lang") == "python":
            fault = python_fault(code, defines=field.get("x-defines"))
            if fault is not None:
                found.append((name, fault))
    return found


def python_fault(code: str, *, defines: str | None = None) -> CodeFault | None:
    """What keeps Python code from running, as far as reading it can tell."""
    if len(code) > _LONGEST:
        return CodeFault("code.too_long", f"the code has {len(code):,} characters; {_LONGEST:,} is the limit")
    try:
        # Doubtful escapes and the like are for whoever runs it.
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code, "code")
            compile(code, "code", "exec", dont_inherit=True)
    except SyntaxError as error:
        place = f"line {error.lineno}: " if error.lineno else ""
        return CodeFault("code.syntax", f"{place}{error.msg}")
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        return CodeFault("code.syntax", str(error) or "the code is nested too deeply")
    if defines is not None and not any(_defines(statement, defines) for statement in tree.body):
        return CodeFault("code.no_function", f"the code defines no function `{defines}`")
    return None


def _defines(statement: ast.stmt, name: str) -> bool:
    """Whether a statement may give the name a value; what stands inside of `if` or `try` may."""
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
                pass
            case ast.Name(id=found, ctx=ast.Store()):
                pass
            case ast.alias(name=imported, asname=asname):
                found = asname or imported
            case _:
                continue
        if found in (name, "*"):
            return True
    return False
