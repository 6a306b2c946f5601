"""Reading the file of a declarative node: parsed, never executed, and every problem has its line."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from concertmaster.domain.document import locate_all, nearest_line
from concertmaster.domain.errors import UserError
from concertmaster.domain.expression import CompiledConfig, compile_value
from concertmaster.domain.findings import Findings, Fix
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import Problem, plain_message, pointer
from concertmaster.domain.schemas import faults, schema_faults
from concertmaster.domain.yaml_read import YamlReader
from concertmaster.nodes.declared.document import FORMAT, ConnectionPart, Declaration, file_schema
from concertmaster.nodes.declared.url import UrlTemplate, compile_url

BEFORE = ("config", "input")
AFTER = ("answer", *BEFORE)
EACH = ("item", "index", *AFTER)
# They are parameters of the node's own, or of every node.
RESERVED = frozenset({"connection", "context", "input"})
_LONGEST_BYTES = 1024 * 1024
_LINE = re.compile(r"line (\d+)\b")


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration with its templates compiled.

    Attributes:
        request: headers, query and body.
        value: of the response, None where the body is the result.
        each: None where items stay as they are.
    """

    declaration: Declaration
    url: UrlTemplate = field(repr=False)
    request: CompiledConfig = field(repr=False)
    value: CompiledConfig | None = field(repr=False)
    each: CompiledConfig | None = field(repr=False)

    @property
    def connection(self) -> ConnectionPart | None:
        """The credentials that it takes."""
        found = self.declaration.connection
        return ConnectionPart(type=found) if isinstance(found, str) else found

    @property
    def reads_input(self) -> bool:
        """Whether a template looks at what comes in."""
        compiled = (self.request, self.value, self.each)
        references = self.url.references.union(*(one.references for one in compiled if one is not None))
        return any(reference.root == "input" for reference in references)


def read_declared(text: bytes, *, place: str) -> Declared:
    """Read a file.

    Args:
        place: its path, for messages.
    Raises:
        UserError: `node.bad_declaration`; the message has a line `FILE:LINE: what (remedy)` for each problem, the
            details the first one's file and line.
    """
    problems: list[Problem] = []
    shown = text.decode(errors="replace")
    found = _read(text, problems)
    if found is not None and not problems:
        return found
    lines = locate_all(shown) if len(text) <= _LONGEST_BYTES else {"": 1}
    placed = sorted(((_line_of(one, lines), one) for one in problems), key=lambda pair: pair[0])
    told = [f"{place}:{line}: {_said(problem)}" for line, problem in placed]
    raise UserError("node.bad_declaration", "\n".join(told), file=place, line=placed[0][0])


def _line_of(problem: Problem, lines: Mapping[str, int]) -> int:
    """What cannot be read has no pointers, and says its line itself."""
    said = _LINE.match(problem.message) if not problem.pointer else None
    return int(said[1]) if said else nearest_line(lines, problem.pointer)


def _said(problem: Problem) -> str:
    where = f"{problem.pointer}: " if problem.pointer else ""
    return f"{where}{problem.message}{f' ({problem.fix})' if problem.fix else ''}"


def _read(text: bytes, problems: list[Problem]) -> Declared | None:
    raw = _raw(text, problems)
    if raw is None:
        return None
    for fault in faults(_schema(), raw):
        problems.append(Problem(f"node.{fault.kind}", pointer(*fault.path), fault.message, fix=_fix(fault.fix)))
    if problems:
        return None
    try:
        declaration = Declaration.model_validate(raw)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            problems.append(Problem("node.invalid", pointer(*item["loc"]), plain_message(item["msg"])))
        return None
    problems.extend(_fields(declaration))
    declared = _compiled(declaration, problems)
    problems.extend(_rest(declaration))
    return declared


def _raw(text: bytes, problems: list[Problem]) -> Mapping[str, Any] | None:
    start = f"start with `concertmaster_node: {FORMAT}`"
    if len(text) > _LONGEST_BYTES:
        problems.append(Problem("node.too_large", "", f"it has {len(text):,} bytes; {_LONGEST_BYTES:,} are allowed"))
        return None
    try:
        shown = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem("node.encoding", "", f"byte {error.start} is not UTF-8", fix="save it as UTF-8"))
        return None
    findings = Findings()
    raw: Any = YamlReader(findings).read(shown) if shown.strip() else {}
    problems.extend(findings.problems())
    if problems:
        return None
    if not isinstance(raw, Mapping) or "concertmaster_node" not in raw:
        problems.append(Problem("node.no_declaration", "", "this declares no node", fix=start))
        return None
    return cast("Mapping[str, Any]", raw)


@functools.cache
def _schema() -> Mapping[str, Any]:
    return file_schema()


def _fix(fix: Fix) -> str | None:
    return fix() if callable(fix) else fix


def _fields(declaration: Declaration) -> Iterator[Problem]:
    """What is wrong with the fields themselves."""
    for name, schema in declaration.config.items():
        at = pointer("config", name)
        if not name.isidentifier() or name in RESERVED:
            told = f"`{name[:40]}` cannot be the name of a field"
            yield Problem("node.field_name", at, told, fix="use letters, digits and underscores; not a reserved name")
        wrong = schema_faults(schema)
        for fault in wrong:
            place = at + pointer(*fault.path)
            yield Problem("node.field_schema", place, fault.message, fix=_fix(fault.fix))
        if not wrong and schema.get("default") is not None:
            for fault in faults(schema, schema["default"]):
                told = f"the default does not fit: {fault.message}"
                yield Problem("node.field_default", at + pointer("default"), told)
    if declaration.summary is not None and declaration.summary not in declaration.config:
        told = f"there is no field `{declaration.summary}`{hint(declaration.summary, declaration.config)}"
        yield Problem("node.summary", "/summary", told)


def _compiled(declaration: Declaration, problems: list[Problem]) -> Declared:
    request, response = declaration.request, declaration.response
    known = {*declaration.config}

    def compiled(at: str, value: Any, roots: tuple[str, ...]) -> CompiledConfig:
        made = compile_value(value, roots=roots)
        problems.extend(Problem(one.code, at + one.pointer, one.message) for one in made.problems)
        note_unknown(at, made)
        return made

    def note_unknown(at: str, made: CompiledConfig | UrlTemplate) -> None:
        for name in sorted(
            {one.name for one in made.references if one.root == "config" and one.name is not None} - known
        ):
            told = f"there is no field `{name}`{hint(name, known)}"
            problems.append(Problem("node.unknown_field", at, told, fix=f"declare it: config: {{{name}: ...}}"))

    url = compile_url(request.url, roots=BEFORE)
    if url.problem is not None:
        problems.append(Problem("node.url", "/request/url", url.problem))
    note_unknown("/request/url", url)
    sent = {"headers": request.headers, "query": request.query, "body": request.body}
    return Declared(
        declaration,
        url,
        compiled("/request", sent, BEFORE),
        None if response.value is None else compiled("/response/value", response.value, AFTER),
        None if response.each is None else compiled("/response/each", response.each, EACH),
    )


def _rest(declaration: Declaration) -> Iterator[Problem]:
    request = declaration.request
    if declaration.paging is not None and (request.method != "GET" or request.body is not None):
        yield Problem(
            "node.paging", "/paging", "pages are fetched with GET and without a body", fix="leave `paging` out"
        )
    if declaration.paging is not None and request.response not in ("auto", "json"):
        yield Problem("node.paging", "/request/response", "pages are JSON", fix="leave `response` out")
    schema = declaration.response.json_schema
    for fault in schema_faults(schema) if schema is not None else ():
        yield Problem("node.result_schema", "/response/schema" + pointer(*fault.path), fault.message)
