"""What is written is read again as it was, byte for byte, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from workflow_strategies import NASTY, durations, json_objects, texts, workflows

from concertmaster.domain.document import content_hash, dump, locate_all, parse
from concertmaster.domain.document_write import to_json
from concertmaster.domain.durations import format_duration, parse_duration
from concertmaster.domain.findings import Findings
from concertmaster.domain.json_read import check_json
from concertmaster.domain.problems import pointer
from concertmaster.domain.workflow import Workflow
from concertmaster.domain.yaml_read import YamlReader
from concertmaster.domain.yaml_write import write_yaml

SLOW = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def read(text: str) -> Any:
    findings = Findings()
    value = YamlReader(findings).read(text)
    assert findings.problems() == [], text
    return value


@SLOW
@given(workflows)
def test_a_dumped_workflow_is_read_as_it_was_and_dumps_to_the_same_bytes(workflow: Workflow) -> None:
    text = dump(workflow)
    parsed = parse(text)
    assert parsed.problems == []
    assert parsed.workflow == workflow
    assert dump(parsed.workflow) == text
    assert content_hash(parsed.workflow) == content_hash(workflow)


@SLOW
@given(workflows)
def test_json_and_yaml_are_the_same_document(workflow: Workflow) -> None:
    as_text = json.dumps(to_json(workflow))
    parsed = parse(as_text, format="json")
    assert parsed.problems == []
    assert dump(parsed.workflow or workflow) == dump(workflow)
    assert parsed.workflow == workflow
    assert parse(json.loads(as_text)).workflow == workflow


@SLOW
@given(json_objects)
def test_any_json_object_survives_yaml(value: dict[str, Any]) -> None:
    canonical = check_json(value, Findings())
    text = write_yaml(canonical)
    assert read(text) == canonical
    assert write_yaml(read(text)) == text
    text.encode()
    assert all(ord(character) >= 32 or character in "\n\t" for character in text)


@pytest.mark.parametrize("text", NASTY)
def test_each_nasty_text_survives_as_value_item_and_key(text: str) -> None:
    value = {"a": text, "b": [text, [text, {text: text}], {"c": text, text: [text]}], text: {"d": text}}
    assert read(write_yaml(value)) == value


@given(texts)
def test_a_text_is_text_for_readers_of_yaml_1_1_too(text: str) -> None:
    assert yaml.safe_load(write_yaml({"a": text})) == {"a": text}


@settings(deadline=None)
@given(json_objects)
def test_every_place_of_a_written_document_has_its_line(value: dict[str, Any]) -> None:
    canonical = check_json(value, Findings())
    lines = locate_all(write_yaml(canonical))
    total = write_yaml(canonical).count("\n")
    for place in places(canonical, ""):
        assert 1 <= lines[place] <= total


def places(value: Any, at: str) -> list[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, item in children for place in places(item, at + pointer(key)))]


@given(durations)
def test_durations_survive(duration: Any) -> None:
    assert parse_duration(format_duration(duration)) == duration
