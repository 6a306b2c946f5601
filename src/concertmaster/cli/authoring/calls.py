"""The calls of a docstring (`>>> `), run as tests, and the line of each that is not true."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, cast

from concertmaster.cli.authoring.findings import Finding
from concertmaster.nodes.description import TypeDescription
from concertmaster.nodes.module_files import DiskFiles, import_module, package_name

_SHOWN = 2_000


def try_calls(type_: TypeDescription, folder: str) -> list[Finding]:
    """Run them, in the module that is in the folder."""
    module = import_module(package_name(uuid.uuid4().hex), type_.module, DiskFiles(folder))
    function: Any = module
    for name in type_.function.split("."):
        function = getattr(function, name)
    runner = _Runner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    finder = doctest.DocTestFinder(recurse=False)
    # The function belongs to its module by another name than the finder would expect.
    tests = finder.find(function, type_.function, module=cast("Any", False), globs=dict(vars(module)))
    with contextlib.redirect_stdout(sys.stderr):
        for test in tests:
            runner.run(test, out=lambda _: None, clear_globs=False)
    start = _docstring_line(function)
    return [
        Finding(
            "example.call",
            f"an example of the docstring is not true:\n{told[:_SHOWN]}",
            "correct the example, or the function",
            type_.spec.reference,
            type_.file,
            type_.line if start is None else start + line,
        )
        for line, told in runner.failures_found
    ]


# ruff: noqa: ARG002  (the signatures are those of doctest)
class _Runner(doctest.DocTestRunner):
    """Keeps what failed: the line in the docstring, and what doctest says about it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.failures_found: list[tuple[int, str]] = []

    def report_failure(
        self, out: Callable[[str], object], test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        """See `doctest.DocTestRunner`."""
        told = self._checker.output_difference(example, got, self.optionflags)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
        self.failures_found.append((example.lineno, f"{example.source}{told}".rstrip()))

    def report_unexpected_exception(
        self, out: Callable[[str], object], test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        """See `doctest.DocTestRunner`."""
        self.failures_found.append((example.lineno, f"{example.source}{exc_info[0].__name__}: {exc_info[1]}"))


def _docstring_line(function: Any) -> int | None:
    """Where a function's docstring begins."""
    code = cast("CodeType", inspect.unwrap(function).__code__)
    try:
        tree = ast.parse(Path(code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == code.co_firstlineno:
                return node.body[0].lineno
    return None
