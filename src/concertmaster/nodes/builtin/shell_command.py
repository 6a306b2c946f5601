"""shell.command: a program of the machine, in a child process, when a setting allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Connection, Context, Input, UserError, node
from concertmaster.nodes.builtin.shell.folder import collected, opened
from concertmaster.nodes.builtin.shell.process import PATH, Ended, program_of, run

_TAIL = 500
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
NoNul = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=100_000)]


@node(
    id="shell.command",
    category="code",
    effect="write",
    effect_by=("effect", ("read",)),
    idempotent=False,
    isolation="process",
    outlets=("ok", "nonzero", "file"),
    summary="command",
    icon="terminal",
    title="Shell command",
)
def shell_command(
    value: Input[Any] = None,
    *,
    command: Annotated[Sequence[NoNul], Field(min_length=1, max_length=1_000)],
    shell: bool = False,
    stdin: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
    environment: Mapping[VariableName, NoNul] | None = None,
    connection: Connection | None = None,
    nonzero: Literal["fail", "outlet"] = "fail",
    collect: Annotated[str, Field(min_length=1, max_length=500)] | None = None,
    max_output_kb: Annotated[int, Field(ge=1, le=16_384)] = 256,
    effect: Literal["read", "write"] = "write",  # noqa: ARG001  (the engine reads it)
    context: Context,
) -> dict[str, Any]:
    """Run a program of the machine.

    It is off unless the setting `SHELL_ALLOW` names the program. There is no shell in between: each item of `command`
    is one argument, whatever is in it. The program runs in an empty folder that is removed afterwards, with the bounds
    of memory and CPU time of isolated nodes and without the server's environment; what it prints is the node's log.
    When the node is cancelled or its time is over, everything that it started ends too.

    What comes out is `{exit_code, stdout, stderr, truncated}`, on `ok` for exit code 0. The example needs
    `CONCERTMASTER_SHELL_ALLOW=sort`.

    Args:
        command: The program and its arguments.
        shell: The first item is a script for `/bin/sh`, and the others are its `$1`, `$2`: values belong there and
            never into the script. It needs `SHELL_ALLOW=*`.
        stdin: What the program reads, in place of what is wired in: a file as it is, a table as CSV, text, and
            everything else as JSON.
        environment: Variables; besides them there are only `PATH`, `HOME`, `TMPDIR` and `LANG`.
        connection: Its fields become variables, their names in upper case, and their values stay out of the log.
        nonzero: Another exit code than 0 fails the node, or leaves through the outlet `nonzero`.
        collect: Files of the working folder that leave through the outlet `file`, such as `report.csv` or
            `out/**/*.png`; several are packed into a ZIP archive.
        max_output_kb: How many KiB of stdout and of stderr are kept.
        effect: `read` if it changes nothing outside of its folder.

    Example:
        ```yaml
        concertmaster: 1
        name: sort-lines
        nodes:
          sort: {type: shell.command, config: {command: [sort, -r], stdin: "a\\nb\\n"}}
        outputs: {lines: "{{ nodes.sort.ok.stdout }}"}
        ```
    """
    scratch = context.scratch()
    work = scratch / "work"
    work.mkdir()
    program = program_of(command[0], context.programs, shell=shell, work=work)
    arguments = ["sh", "-c", command[0], "sh", *command[1:]] if shell else list(command)
    variables = {"PATH": PATH, "HOME": str(work), "TMPDIR": str(work), "LANG": "C.UTF-8"}
    if connection is not None:
        variables |= {name.upper(): str(value) for name, value in connection.values.items()}
    with opened(value, stdin, scratch) as source:
        ended = run(
            arguments,
            program=program,
            work=work,
            environment={**variables, **(environment or {})},
            stdin=source,
            most_bytes=max_output_kb * 1024,
            context=context,
        )
    if ended.exit_code != 0 and nonzero == "fail":
        raise _failed(command[0] if not shell else "The script", ended)
    outlets: dict[str, Any] = {"ok" if ended.exit_code == 0 else "nonzero": asdict(ended)}
    if collect is not None and ended.exit_code == 0:
        outlets["file"] = collected(work, collect, scratch)
    return outlets


def _failed(what: str, ended: Ended) -> UserError:
    said = (ended.stderr or ended.stdout).strip()[-_TAIL:]
    code = ended.exit_code
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return UserError(
        "shell.exit_code",
        f"{what} {how}{f': {said}' if said else ''}. If that is no failure, set `nonzero: outlet`",
        exit_code=code,
        sent=True,
    )
