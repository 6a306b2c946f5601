"""python.code: Python written into the workflow, run in a process of its own."""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Context, File, Input, Table, UserError, node

# What tracebacks and messages call the code, and the module it lives in.
_FILE = "code"
_MODULE = "workflow_code"

Code = Annotated[
    str,
    Field(
        min_length=1,
        json_schema_extra={
            "format": "code",
            "x-lang": "python",
            "x-expression": False,
            "x-defines": "main",
            "examples": ["def main(input):\n    return input\n"],
        },
    ),
]


@node(
    id="python.code",
    category="code",
    effect="write",
    effect_by=("effect", ("none", "read")),
    idempotent=False,
    isolation="process",
    summary="code",
    icon="file-code",
    title="Python code",
)
def python_code(
    value: Input[Any] = None,
    *,
    code: Code,
    arguments: Mapping[str, Any] | None = None,
    effect: Literal["none", "read", "write"] = "write",  # noqa: ARG001  (the engine reads it)
    context: Context,
) -> Any:
    """Run Python code in a process of its own.

    The code defines `def main(...)`, or `async def main(...)`; what it returns is the result: JSON, a frame, a `Path`
    or `File`, or an iterator of frames. Its parameters are filled by name: `input` with the value that came in (a
    table is a Polars LazyFrame, a file a path), `context` with what nodes written as plugins get as well, and the
    others with the `arguments` of that name. What it prints goes to the node's log.

    It runs with limits of time, memory and CPU, without the server's environment, and a crash of it harms nobody
    else. But it is no sandbox: it may do whatever the user may who runs the server.

    Code that writes is not repeated by itself when the server died in the middle of it, because nobody knows whether
    the write arrived; say `policy: {idempotent: true}` where a repetition does no harm.

    Args:
        code: Python with a function `main`.
        arguments: Values for further parameters of `main`; `{{ }}` in them is computed.
        effect: What the code does to the world: `none` (same input, same output), `read` (looks at it) or `write`.

    Example:
        ```yaml
        concertmaster: 1
        name: python
        inputs: {factor: {type: integer, default: 3}}
        nodes:
          numbers: {type: data.set, config: {value: [1, 2, 3]}}
          sum:
            type: python.code
            config:
              code: |
                def main(input, factor):
                    print("adding", len(input), "numbers")
                    return {"sum": sum(input) * factor}
              arguments: {factor: "{{ inputs.factor }}"}
              effect: none
        edges: [numbers -> sum]
        outputs: {sum: "{{ nodes.sum.sum }}"}
        ```
    """
    main = _main(code)
    return main(**_given(main, {"input": _seen(value), "context": context}, arguments or {}))


def _main(code: str) -> Any:
    """The function that the code defines.

    Raises:
        UserError: `python.syntax`, `python.no_main`.
    """
    # Tracebacks show the lines of it; None instead of a time keeps them there.
    linecache.cache[_FILE] = (len(code), None, code.splitlines(keepends=True), _FILE)
    module = ModuleType(_MODULE)
    module.__file__ = _FILE
    # Dataclasses and pickles of the code look for their module.
    sys.modules[_MODULE] = module
    try:
        compiled = compile(code, _FILE, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise UserError("python.syntax", f"The code cannot be compiled: line {error.lineno}: {error.msg}") from error
    exec(compiled, module.__dict__)  # noqa: S102  (the node is for that, and this is a process of its own)
    main = getattr(module, "main", None)
    if not callable(main):
        raise UserError("python.no_main", "The code defines no function main; write def main(input): ...")
    return main


def _given(main: Any, known: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of `main`: of the known ones those it has a parameter for, and all further arguments.

    Raises:
        UserError: `python.arguments`.
    """
    parameters = inspect.signature(main).parameters
    given = {name: value for name, value in known.items() if name in parameters} | dict(arguments)
    try:
        inspect.signature(main).bind(**given)
    except TypeError as error:
        raise UserError(
            "python.arguments",
            f"main({', '.join(parameters)}) cannot be called with {', '.join(given) or 'nothing'}: {error}; its "
            "parameters are filled by name: input, context, and what stands in the arguments",
        ) from error
    return given


def _seen(value: Any) -> Any:
    if isinstance(value, Table):
        return value.scan()
    return value.path if isinstance(value, File) else value
