"""The workflow document: text or JSON in, Workflow and problems out, and back in canonical form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from concertmaster.domain.document_read import read_document
from concertmaster.domain.document_write import to_json
from concertmaster.domain.findings import Findings
from concertmaster.domain.json_read import check_json, read_json
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.domain.workflow import Workflow
from concertmaster.domain.yaml_read import YamlReader
from concertmaster.domain.yaml_write import write_yaml

Format = Literal["yaml", "json"]
MAX_SIZE_BYTES = 32 * 1024 * 1024
# As many as can be checked in about a second; the canvas and the eye end much earlier.
MAX_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was read.

    Attributes:
        workflow: None when there is nothing to work with. With errors among the problems it is what could be
            understood: fit for showing and checking, not for saving or running.
        problems: all of them, in document order.
        kept_edges: for each list of edges (by pointer) of which some could not be read, the index in the document
            of each that could.
    """

    workflow: Workflow | None
    problems: list[Problem]
    kept_edges: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: {})

    @property
    def ok(self) -> bool:
        """Whether the document was understood completely."""
        return self.workflow is not None and not has_errors(self.problems)


def parse(source: str | bytes | Mapping[str, Any], *, format: Format | None = None) -> Parsed:
    """Read a document. Nothing in it is ever executed.

    Args:
        source: YAML or JSON text, or JSON data.
        format: None guesses: text that starts with `{` and is JSON is read as JSON, all else as YAML.
    """
    findings = Findings()
    if isinstance(source, Mapping):
        raw: Any = check_json(source, findings)
    else:
        text = _decode(source, findings)
        raw = None if text is None else _read_text(text, format, findings)
    if findings.problems() and raw is None:
        return Parsed(None, findings.problems())
    if raw is None:
        message = "the document is empty"
        return Parsed(None, [Problem("document.empty", "", message, "error", "Start with `concertmaster: 1`")])
    if not isinstance(raw, dict):
        message = "the document must be a mapping of keys to values"
        return Parsed(None, [Problem("document.type", "", message, "error", "Start with `concertmaster: 1`")])
    if _count_nodes(cast("dict[str, Any]", raw)) > MAX_NODES:
        message = f"the document has more than {MAX_NODES:,} nodes"
        fix = "Split it into several workflows, or give the work to fewer nodes"
        return Parsed(None, [Problem("document.too_large", "/nodes", message, "error", fix)])
    workflow, kept_edges = read_document(cast("dict[str, Any]", raw), findings)
    return Parsed(workflow, findings.problems(), kept_edges)


def _count_nodes(part: dict[str, Any]) -> int:
    """Nodes of a document or body as it was written, bodies included; stops soon after there are too many."""
    nodes = part.get("nodes")
    if not isinstance(nodes, dict):
        return 0
    found = len(cast("dict[str, Any]", nodes))
    for node in cast("dict[str, Any]", nodes).values():
        if found > MAX_NODES:
            break
        if isinstance(node, dict) and isinstance(body := cast("dict[str, Any]", node).get("body"), dict):
            found += _count_nodes(cast("dict[str, Any]", body))
    return found


def dump(workflow: Workflow) -> str:
    """Canonical YAML: fixed key order, defaults left out, one form for each value."""
    return write_yaml(to_json(workflow), inline=lambda path: len(path) == 2 and path[0] == "layout")


def canonical_json(workflow: Workflow) -> str:
    """The one JSON text of a workflow, as it is stored and hashed."""
    return json.dumps(to_json(workflow), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def content_hash(workflow: Workflow) -> str:
    """SHA-256 of the canonical JSON, layout included, in hexadecimal."""
    return hashlib.sha256(canonical_json(workflow).encode()).hexdigest()


def locate_all(text: str) -> dict[str, int]:
    """Line (from 1) of every JSON pointer of a YAML or JSON text, as far as it can be read."""
    lines: dict[str, int] = {"": 1}
    if text.strip():
        YamlReader(Findings(), lines).read(text)
    return lines


def nearest_line(lines: Mapping[str, int], pointer: str) -> int:
    """Line of what the JSON pointer names, by `locate_all`; of the nearest thing around it where that is missing."""
    while pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines[pointer]


def _decode(source: str | bytes, findings: Findings) -> str | None:
    if len(source) > MAX_SIZE_BYTES:
        size = f"{len(source) / 2**20:.0f} MiB; the limit is {MAX_SIZE_BYTES // 2**20} MiB"
        fix = "Keep data in files that the workflow reads"
        findings.error("document.too_large", "", f"the document has {size}", fix=fix)
        return None
    try:
        if isinstance(source, bytes):
            return source.decode("utf-8-sig")
        source.encode()
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1 if isinstance(source, bytes) else 1
        message = f"line {line}: byte {error.start} is not UTF-8"
        findings.error("document.encoding", "", message, fix="Save the file as UTF-8")
        return None
    except UnicodeEncodeError as error:
        message = f"character {error.start} is half a surrogate pair"
        findings.error("document.encoding", "", message, fix="Save the file as UTF-8")
        return None
    return source.removeprefix("\ufeff")


def _read_text(text: str, format: Format | None, findings: Findings) -> Any:
    if format == "json":
        return read_json(text, findings)
    if format is None and text.lstrip().startswith("{"):
        attempt = Findings()
        value = read_json(text, attempt)
        if all(problem.code != "document.syntax" for problem in attempt.problems()):
            for problem in attempt.problems():
                findings.error(problem.code, problem.pointer, problem.message, fix=problem.fix)
            return value
    return YamlReader(findings).read(text)
