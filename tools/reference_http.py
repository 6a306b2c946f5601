"""The page of the REST API, from its OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from reference_markdown import code, literal, table, type_words

from concertmaster.api.app import create_app

INTRODUCTION = """\
# HTTP API

OpenAPI is served at `/api/openapi.json` (or printed by `concertmaster openapi`), a page to try it at `/api/docs`.

- Times are ISO 8601 in UTC. Lists answer `{"items": [...], "next": cursor or null}`; give the cursor back as `before`.
- Errors are RFC 9457 problem details, `application/problem+json`, with `code` and `errors` (see
  [error codes](errors.md) and [problem codes](problems.md)).
- Every request below `/api/v1` but the login needs one: a session's cookie, or `Authorization: Bearer TOKEN`; see
  [how to log in](../how-to/login-and-tokens.md). Without one: 401 `access.login`, or 429 after many of them.
- Only this machine is served, and requests of other web pages are refused: see [security](../explanation/security.md).
- Live events: [the stream](stream.md).
"""
METHODS = ("get", "post", "put", "patch", "delete")


def http_page() -> str:
    """Markdown of every route and of the models they use."""
    document = create_app(None).openapi()
    routes: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = str((item[method].get("tags") or ["other"])[0])
                routes.setdefault(tag, []).append(_route(method, path, item[method]))
    parts = [INTRODUCTION]
    for tag, sections in routes.items():
        parts += [f"## {tag.capitalize()}\n", *sections]
    schemas = cast("dict[str, dict[str, Any]]", document["components"]["schemas"])
    parts.append("## Models\n")
    parts += [_model(name, schemas[name]) for name in sorted(schemas) if schemas[name].get("properties")]
    return "\n".join(parts)


def _route(method: str, path: str, route: Mapping[str, Any]) -> str:
    parts = [f"### {method.upper()} {path}", str(route.get("description") or route.get("summary") or "")]
    rows = [
        (code(one["name"]), one["in"], type_words(one["schema"]), _parameter_help(one))
        for one in route.get("parameters", [])
    ]
    parts.append(table(["parameter", "in", "type", "meaning"], rows))
    body = cast("dict[str, Any]", (route.get("requestBody") or {}).get("content") or {})
    if body:
        kinds = [f"`{kind}` {_schema_words(content)}".strip() for kind, content in body.items()]
        parts.append(f"Body: {', '.join(kinds)}")
    parts.append("Answers: " + ", ".join(_answer(status, one) for status, one in route["responses"].items()))
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _parameter_help(parameter: Mapping[str, Any]) -> str:
    text = str(parameter.get("description") or "")
    default = parameter["schema"].get("default")
    return "; ".join(part for part in (text, f"default {literal(default)}" if default is not None else "") if part)


def _answer(status: str, response: Mapping[str, Any]) -> str:
    content = cast("dict[str, Any]", response.get("content") or {})
    words = dict.fromkeys(_schema_words(one) for one in content.values())
    return " ".join([f"`{status}`", " or ".join(word for word in words if word)]).strip()


def _schema_words(content: Mapping[str, Any]) -> str:
    schema = cast("dict[str, Any]", content.get("schema") or {})
    return type_words(schema) if schema and schema.get("type") != "string" else ""


def _model(name: str, schema: Mapping[str, Any]) -> str:
    required = cast("list[str]", schema.get("required") or [])
    rows = [
        (code(field), type_words(one), "" if field in required else "optional", str(one.get("description") or ""))
        for field, one in cast("dict[str, dict[str, Any]]", schema["properties"]).items()
    ]
    parts = [f"### {name}", str(schema.get("description") or ""), table(["field", "type", "", "meaning"], rows)]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"
