"""`concertmaster nodes check`: described in a child, tried in another one; what is wrong, and the remedy."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.text import Text

from concertmaster.cli.authoring.described import STYLE, findings_of, has_calls
from concertmaster.cli.authoring.findings import Finding
from concertmaster.cli.authoring.trial_process import try_types
from concertmaster.cli.terminal import FAILED, console, print_json
from concertmaster.config import read
from concertmaster.domain.errors import UserError
from concertmaster.executors.probe import Prober
from concertmaster.executors.probe_process import ProbeSettings
from concertmaster.nodes.assembly import ALREADY_DEFINED
from concertmaster.nodes.candidates import ENTRY_POINT_GROUP, Candidate, candidates_in
from concertmaster.nodes.description import Description, Failure, TypeDescription


@dataclass(slots=True)
class _Checked:
    """What came out of it."""

    nodes: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list[Finding])

    @property
    def wrong(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


def check_paths(paths: Sequence[Path], *, cancel_seconds: float, strict: bool, as_json: bool) -> None:
    """Check everything that paths hold, and exit with 1 when something is wrong.

    Args:
        cancel_seconds: that a node may take to end once it was cancelled.
        strict: documentation and examples that are missing are errors.
    Raises:
        UserError: `nodes.nothing_to_check`.
    """
    candidates: dict[str, Candidate] = {}
    for path in paths:
        found = {candidate.place: candidate for candidate in _candidates(path)}
        if not found:
            raise UserError(
                "nodes.nothing_to_check",
                f"{path}: there are no node types; name a file (.py, .yaml), a package, or a folder of them",
            )
        candidates |= found
    checked = _check(list(candidates.values()), cancel_seconds)
    checked.findings = [_judged(replace(one, file=_shown(one.file)), strict) for one in checked.findings]
    if as_json:
        items = [finding.as_json() for finding in checked.findings]
        print_json({"ok": not checked.wrong, "nodes": checked.nodes, "items": items})
    else:
        _print(checked)
    if checked.wrong:
        sys.exit(FAILED)


def _candidates(path: Path) -> Iterator[Candidate]:
    """The candidates of a file, of a package, of a folder, or of a pack (a folder with pyproject.toml)."""
    place = path.resolve()
    if (place / "pyproject.toml").is_file():
        for package in _packages(place):
            yield from _candidates(package)
    elif (place / "__init__.py").is_file() or place.is_file():
        yield from (one for one in candidates_in(place.parent) if one.name == place.name)
    else:
        yield from candidates_in(place)


def _packages(pack: Path) -> Iterator[Path]:
    """The modules that the entry points of a pack name, where its source is."""
    try:
        project = tomllib.loads((pack / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        points: dict[str, Any] = project.get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    except (OSError, ValueError, AttributeError) as error:
        raise UserError("nodes.nothing_to_check", f"{pack / 'pyproject.toml'} cannot be read: {error}") from error
    for module in dict.fromkeys(str(point).partition(":")[0] for point in points.values()):
        name = module.replace(".", "/")
        for place in (pack / "src" / name, pack / name, pack / "src" / f"{name}.py", pack / f"{name}.py"):
            if place.exists():
                yield place
                break


def _check(candidates: Sequence[Candidate], cancel_seconds: float) -> _Checked:
    checked, good = _Checked(), list[tuple[Candidate, Description]]()
    for candidate, told in _described(candidates):
        if isinstance(told, Failure):
            checked.findings.append(_failed(candidate, told))
        elif not told.types:
            message, fix = "it defines no node type", "decorate a function with @node"
            checked.findings.append(Finding("nodes.none", message, fix, file=candidate.place))
        else:
            good.append((candidate, told))
    types = [type_ for _, told in good for type_ in told.types]
    checked.nodes = [type_.spec.reference for type_ in types]
    if twice := next((type_ for type_ in types if checked.nodes.count(type_.spec.reference) > 1), None):
        message, fix = f"two of them are called {twice.spec.reference}", "give one another id with @node(id=...)"
        checked.findings.append(Finding(ALREADY_DEFINED, message, fix, twice.spec.reference, twice.file, twice.line))
        return checked
    for type_ in types:
        checked.findings += findings_of(type_)
        if has_calls(type_) and not type_.spec.example:
            checked.findings.append(_without_workflow(type_))
    with tempfile.TemporaryDirectory(prefix="concertmaster-check-", ignore_cleanup_errors=True) as home:
        checked.findings += try_types(good, home=Path(home), cancel_seconds=cancel_seconds)
    return checked


def _described(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Description | Failure]]:
    """What each candidate tells, in a child that is bounded as those of the registry are."""
    settings = read()
    prober = Prober(ProbeSettings(settings.registry_timeout.total_seconds(), settings.registry_memory))
    try:
        for candidate in candidates:
            yield candidate, prober.describe(candidate)
    finally:
        prober.close()


def _without_workflow(type_: TypeDescription) -> Finding:
    told = "its docstring has no workflow under `Example:`, so that cancellation and secrets were not tried"
    return Finding(
        "example.workflow", told, "add one", type_.spec.reference, type_.file, type_.line, severity="warning"
    )


def _failed(candidate: Candidate, failure: Failure) -> Finding:
    """What the registry would quarantine it for."""
    text = failure.error.strip()
    return Finding(failure.code, text, "", file=failure.file or candidate.place, line=failure.line)


def _judged(finding: Finding, strict: bool) -> Finding:
    if finding.code not in STYLE:
        return finding
    return replace(finding, severity="error" if strict else "warning")


def _shown(file: str) -> str:
    """Relative to where we are, when it is below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if file and path.is_relative_to(Path.cwd()) else file


def _print(checked: _Checked) -> None:
    out = console()
    for finding in checked.findings:
        style = "red" if finding.severity == "error" else "yellow"
        sign = "✗" if finding.severity == "error" else "!"
        node = f"{finding.node}: " if finding.node else ""
        fix = f" ({finding.fix})" if finding.fix else ""
        out.print(
            Text.assemble((f"{sign} ", style), (f"{finding.place}: ", "bold"), node, (finding.message, style), fix)
        )
    for node in checked.nodes:
        if not any(finding.node == node for finding in checked.findings):
            out.print(Text.assemble(("✓ ", "green"), node))
    errors = sum(finding.severity == "error" for finding in checked.findings)
    warnings = len(checked.findings) - errors
    names = f"{len(checked.nodes)} node type{'s' if len(checked.nodes) != 1 else ''}"
    out.print(f"{names}, {errors} error{'s' if errors != 1 else ''}, {warnings} warning{'s' if warnings != 1 else ''}")
