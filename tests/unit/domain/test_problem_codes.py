"""The table of codes holds exactly the codes that the domain emits."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import concertmaster.domain
from concertmaster.domain.problem_codes import CODES

AREAS = {code.partition(".")[0] for code in CODES}
CODE = re.compile(rf"(?:{'|'.join(sorted(AREAS))})\.[a-z_]+")
# Built from two parts: the kind of a Fault gives the second.
COMPOSED = {"config.missing", "config.unknown_key", "config.invalid"}


def emitted() -> set[str]:
    found: set[str] = set(COMPOSED)
    domain = Path(concertmaster.domain.__path__[0])
    for path in (*domain.glob("*.py"), domain.parent / "services" / "callees.py"):
        if path.name in ("problem_codes.py", "events.py"):
            continue
        tree = ast.parse(path.read_text())
        docs = {id(node.body[0].value) for node in ast.walk(tree) if has_docstring(node)}
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
        found.update(node.value for node in constants if isinstance(node.value, str) and CODE.fullmatch(node.value))
    # What the store and the registry say, which is no problem of a document.
    return found - {"workflow.not_found", "node.bad_description"}


def has_docstring(node: ast.AST) -> bool:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, documented) and ast.get_docstring(node) is not None


def test_every_emitted_code_is_in_the_table_and_no_other() -> None:
    assert emitted() == set(CODES)


def test_every_meaning_is_one_sentence() -> None:
    assert all(meaning.endswith(".") and "\n" not in meaning for meaning in CODES.values())
