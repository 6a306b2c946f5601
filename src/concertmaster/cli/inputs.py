"""Values on the command line: `-i month=7` by the type of the input, `-d` of a field, and a file of inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.domain.errors import Invalid, UserError
from concertmaster.domain.findings import Findings
from concertmaster.domain.problems import Problem, has_errors, pointer
from concertmaster.domain.yaml_read import YamlReader


def read_inputs(schemas: dict[str, Any], given: list[str], *, file: Path | None = None) -> dict[str, Any]:
    """The inputs by name; those of the command line win over those of the file.

    Args:
        schemas: JSON Schema of each input of the document.
        given: `name=value` each.
        file: YAML or JSON mapping of names to values.
    Raises:
        Invalid: a value that cannot be of its input's type.
        UserError: `inputs.file`, `inputs.syntax`.
    """
    inputs = {} if file is None else _from_file(file)
    values, problems = _read(schemas, given, option="-i", at="inputs")
    if problems:
        raise Invalid("execution.inputs_invalid", "The inputs do not fit the workflow", problems)
    return {**inputs, **values}


def read_form(schemas: dict[str, Any], given: list[str]) -> dict[str, Any]:
    """What the fields of an approval's form are filled in with.

    Args:
        schemas: JSON Schema of each field.
        given: `name=value` each.
    Raises:
        Invalid: `approval.form_invalid`, a value that cannot be of its field's type.
    """
    values, problems = _read(schemas, given, option="-d", at="data")
    if problems:
        raise Invalid("approval.form_invalid", "The form is not filled in as it asks", problems)
    return values


def _read(schemas: dict[str, Any], given: list[str], *, option: str, at: str) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or not name:
            message = f"{option} {item}: write it as name=value"
            problems.append(Problem("input.syntax", pointer(at), message, "error", f"For example {option} month=7"))
            continue
        schema = cast("dict[str, Any]", schemas.get(name) or {})
        try:
            values[name] = _value(text, schema)
        except ValueError:
            message = f"{text!r} is not of type {_types(schema)}"
            problems.append(Problem("input.invalid", pointer(at, name), message))
    return values, problems


def _from_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("file.missing", f"{file}: cannot be read as text: {error}") from error
    findings = Findings()
    found = YamlReader(findings).read(text)
    problems = findings.problems()
    if has_errors(problems):
        raise Invalid("execution.inputs_invalid", f"{file}: is neither YAML nor JSON", problems)
    if not isinstance(found, dict):
        problem = Problem("input.syntax", "", f"{file}: must map names of inputs to values")
        raise Invalid("execution.inputs_invalid", problem.message, [problem])
    return cast("dict[str, Any]", found)


def _types(schema: dict[str, Any]) -> str:
    declared: object = schema.get("type")
    return " or ".join(cast("list[str]", declared)) if isinstance(declared, list) else str(declared)


def _value(text: str, schema: dict[str, Any]) -> Any:
    """The text as the first of the schema's types that it can be; without a type as JSON, else as text."""
    declared: object = schema.get("type")
    if declared is None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    types = cast("list[str]", declared) if isinstance(declared, list) else [str(declared)]
    # Text fits everything, so it is tried last.
    for type_ in sorted(types, key=lambda type_: type_ == "string"):
        try:
            return _of_type(text, type_)
        except ValueError:
            continue
    raise ValueError(text)


def _of_type(text: str, type_: str) -> Any:
    match type_:
        case "string":
            return text
        case "boolean":
            return _one_of(
                text.lower(), {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            )
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "null":
            return _one_of(text, {"null": None, "": None})
        case _:
            found: object = orjson.loads(text)
            expected = dict if type_ == "object" else list
            if not isinstance(found, expected):
                raise ValueError(text)
            return cast("object", found)


def _one_of(text: str, words: dict[str, bool | None]) -> bool | None:
    if text not in words:
        raise ValueError(text)
    return words[text]
