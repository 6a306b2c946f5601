"""Secret and Connection never show what they hold."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from concertmaster import Connection, Secret, UserError
from concertmaster.nodes.connection_types.catalog import TYPES
from concertmaster.nodes.docstring import read_docstring

HTTP = TypeAdapter[Connection](Connection["http"])


class Login(BaseModel):
    token: Secret


def test_a_secret_shows_nothing() -> None:
    secret = Secret("hunter2")
    record = logging.LogRecord("x", 20, "", 1, "%s %r", (secret, secret), None)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", record.getMessage(), repr({"a": [secret]})]
    login = Login(token=secret)
    shown += [repr(login), str(login), login.model_dump_json(), str(login.model_dump(mode="json"))]
    assert not [text for text in shown if "hunter2" in text]
    assert (secret.reveal(), len(secret), bool(Secret(""))) == ("hunter2", 7, False)
    assert (secret == Secret("hunter2"), secret == Secret("other"), secret == "hunter2") == (True, False, False)


def test_an_invalid_secret_is_not_echoed() -> None:
    with pytest.raises(ValidationError) as caught:
        Login.model_validate({"token": 5})
    assert caught.value.errors()[0]["loc"] == ("token",)


@pytest.mark.parametrize("type_", TYPES)
def test_what_the_form_hides_is_masked_and_nothing_else(type_: str) -> None:
    known = TYPES[type_]
    connection = Connection(type_, "shop", {name: f"value of {name}" for name in known.model.model_fields})
    assert connection.secrets() == {f"value of {name}" for name in known.secret_fields}


def test_a_connection_gives_its_fields_as_secrets() -> None:
    connection = Connection("http", "crm", {"token": "hunter2"})
    assert "hunter2" not in f"{connection!r} {connection}"
    assert connection.secret("token").reveal() == "hunter2"
    with pytest.raises(UserError, match="it has token") as caught:
        connection.secret("password")
    assert caught.value.code == "connection.field_missing"


def test_a_config_names_a_connection_of_a_type() -> None:
    assert HTTP.validate_python("crm") == Connection("http", "crm")
    full = Connection("http", "crm", {"token": "x"})
    assert HTTP.validate_python(full) is full
    assert HTTP.dump_python(full) == "crm"
    for wrong in ("", 5, Connection("postgres", "db")):
        with pytest.raises(ValidationError):
            HTTP.validate_python(wrong)
    same = TypeAdapter[Connection](Connection[Literal["http"]])
    assert same.json_schema() == HTTP.json_schema()
    assert TypeAdapter(Annotated[Connection, "any type"]).json_schema() == {"type": "string", "format": "connection"}


@pytest.mark.parametrize(
    ("text", "summary", "parameters", "example"),
    [
        (None, "", {}, ""),
        ("One line.", "One line.", {}, ""),
        ("Two\nlines.\n\nMore.", "Two lines.", {}, ""),
        (
            "S.\n\nArgs:\n    a (int): one\n        more\n    **b: two: three\n",
            "S.",
            {"a": "one more", "b": "two: three"},
            "",
        ),
        ("S.\n\nExample:\n    a: 1\n    b:\n      c: 2\n", "S.", {}, "a: 1\nb:\n  c: 2\n"),
        ("S.\n\nExample:\n    ```yaml\n    a: 1\n    ```\n\nArgs:\n    x: y\n", "S.", {"x": "y"}, "a: 1\n"),
        ("S.\n\nArgs:\n    x: y\n\nBack at the margin.", "S.", {"x": "y"}, ""),
    ],
)
def test_docstrings_are_taken_apart(text: str | None, summary: str, parameters: dict[str, str], example: str) -> None:
    found = read_docstring(text)
    assert (found.summary, dict(found.parameters), found.example) == (summary, parameters, example)
    assert ("Back at the margin." in found.markdown) is ("Back" in (text or ""))
