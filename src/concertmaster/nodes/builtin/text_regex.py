"""text.regex: finding, splitting and replacing by a pattern, in time that grows with the text and never explodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.texts import LARGEST_BYTES, text_of
from concertmaster.nodes.deferred import deferred

MOST_MATCHES = 100_000
_re2 = deferred("re2")


@node(id="text.regex", category="text", effect="none", summary="pattern", icon="regex", title="Regular expression")
def text_regex(
    value: Input[Any] = None,
    *,
    pattern: Annotated[
        str, Field(min_length=1, max_length=10_000, json_schema_extra={"examples": [r"(?P<name>\w+)=(\d+)"]})
    ],
    mode: Literal["find", "find_all", "test", "replace", "split"] = "find_all",
    replacement: str = "",
    ignore_case: bool = False,
    multiline: bool = False,
    dot_all: bool = False,
    text: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
) -> Any:
    r"""Find, test, replace or split text by a regular expression.

    The syntax is RE2's, nearly that of Python and Perl, without look-around and back-references in the pattern: no
    pattern takes longer than its text is long. What is found comes as `{match, start, end, groups, named}`, with null
    for groups that took no part; `find` gives null when there is nothing.

    Args:
        pattern: What to look for; `(...)` makes a group, `(?P<name>...)` a named one.
        mode: `find` the first match, `find_all` matches, `test` whether there is one, `replace` all matches, or `split`
            the text at them.
        replacement: With `mode: replace`, what to put there; `\1` or `\g<name>` stand for groups.
        ignore_case: `a` matches `A`.
        multiline: `^` and `$` match at each line.
        dot_all: `.` matches ends of lines too.
        text: The text, in place of what is wired in (a text, a file, or the answer of `http.request`).

    Example:
        ```yaml
        concertmaster: 1
        name: find-orders
        inputs: {mail: {type: string, default: "Orders A-17 and B-4 are late"}}
        nodes:
          orders:
            type: text.regex
            config: {text: "{{ inputs.mail }}", pattern: '(?P<shop>[A-Z])-(?P<number>\d+)'}
        outputs: {numbers: "{{ nodes.orders | map(attribute='named.number') }}"}
        ```
    """
    subject = text_of(value, text)
    found = _compiled(pattern, ignore_case=ignore_case, multiline=multiline, dot_all=dot_all)
    match mode:
        case "test":
            return found.search(subject) is not None
        case "find":
            first = found.search(subject)
            return None if first is None else _shown(first)
        case "find_all":
            return [_shown(match) for match in _matches(found, subject)]
        case "split":
            return _split(found, subject)
        case "replace":
            return _replaced(found, subject, replacement)


def _compiled(pattern: str, *, ignore_case: bool, multiline: bool, dot_all: bool) -> Any:
    flags = "".join(sign for sign, wanted in (("i", ignore_case), ("m", multiline), ("s", dot_all)) if wanted)
    options = _re2.Options()
    options.log_errors = False
    try:
        return _re2.compile(f"(?{flags}:{pattern})" if flags else pattern, options)
    except _re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise UserError(
            "regex.pattern",
            f"The pattern {pattern[:100]!r} cannot be used: {reason}; it is in RE2's syntax, which has no look-around "
            "(?=...) and no back-references",
        ) from error


def _matches(pattern: Any, subject: str) -> Iterator[Any]:
    for number, match in enumerate(pattern.finditer(subject)):
        if number >= MOST_MATCHES:
            raise UserError(
                "regex.too_many",
                f"There are more than {MOST_MATCHES:,} matches; split the text before, or read it as "
                "a table with file.read and use table.filter",
            )
        yield match


def _shown(match: Any) -> dict[str, Any]:
    return {
        "match": match.group(),
        "start": match.start(),
        "end": match.end(),
        "groups": list(match.groups()),
        "named": match.groupdict(),
    }


def _split(pattern: Any, subject: str) -> list[str]:
    parts: list[str] = []
    at = 0
    for match in _matches(pattern, subject):
        if match.end() > match.start():
            parts.append(subject[at : match.start()])
            at = match.end()
    return [*parts, subject[at:]]


def _replaced(pattern: Any, subject: str, replacement: str) -> str:
    parts: list[str] = []
    at = size = 0
    for match in _matches(pattern, subject):
        try:
            new = match.expand(replacement) if "\\" in replacement else replacement
        except (IndexError, KeyError, _re2.error) as error:
            raise UserError(
                "regex.replacement",
                f"The replacement {replacement[:100]!r} cannot be used: {error}; the pattern has {pattern.groups} "
                f"groups{_names(pattern)}",
            ) from error
        size += match.start() - at + len(new)
        if size > LARGEST_BYTES:
            raise UserError("text.too_large", f"With the replacements the text is longer than {LARGEST_BYTES:,} signs")
        parts += (subject[at : match.start()], new)
        at = match.end()
    return "".join((*parts, subject[at:]))


def _names(pattern: Any) -> str:
    names = ", ".join(pattern.groupindex)
    return f", named {names}" if names else ""
