"""A URL with expressions: what they give is escaped, so that a value stays within the part that it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from concertmaster.domain.errors import UserError
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.expression_steps import Reference
from concertmaster.domain.expression_template import Part, compiled_parts
from concertmaster.domain.expression_values import Budget, ExpressionError, to_text


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A compiled URL; `problem` says why it could not be compiled."""

    parts: tuple[str | Part, ...] = ()
    references: frozenset[Reference] = field(default_factory=frozenset[Reference])
    problem: str | None = None

    @property
    def host(self) -> str | None:
        """The host, where no expression has a say in it."""
        first = self.parts[0] if self.parts else ""
        if not isinstance(first, str):
            return None
        parts = urlsplit(first)
        return parts.netloc.rpartition("@")[2] or None if parts.path or len(self.parts) == 1 else None

    def render(self, scope: Mapping[str, Any]) -> str:
        """The URL.

        Raises:
            ExpressionError: an expression fails.
            UserError: `http.url_part`, a value leads to another folder (`..`).
        """
        budget, texts = Budget(), list[str]()
        for number, part in enumerate(self.parts):
            if isinstance(part, str):
                texts.append(part)
                continue
            text = to_text(part.run(scope, budget), budget)
            # The beginning of a URL is where it leads: a base that somebody has configured.
            texts.append(text.rstrip("/") if number == 0 else quote(text, safe=""))
        url = "".join(texts)
        if any(segment in (".", "..") for segment in urlsplit(url).path.split("/")):
            raise UserError(
                "http.url_part", "A part of the URL is '.' or '..', which would lead to another place", sent=False
            )
        return url


def compile_url(text: str, *, roots: tuple[str, ...]) -> UrlTemplate:
    """Compile a URL. Never raises: what is wrong is in `problem`."""
    if not has_expression(text):
        return UrlTemplate((text,))
    try:
        parts = tuple(compiled_parts(text, roots=roots))
    except ExpressionError as error:
        return UrlTemplate(problem=error.message)
    references = frozenset[Reference]().union(*(part.expression.references for part in parts if isinstance(part, Part)))
    return UrlTemplate(parts, references)
