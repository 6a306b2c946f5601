"""Whatever comes in, reading and validating answer with problems and never fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workflow_strategies import json_values, names, texts, workflows

from concertmaster.domain.document import content_hash, dump, locate_all, parse
from concertmaster.domain.document_read import DOCUMENT_KEYS, NODE_KEYS
from concertmaster.domain.document_write import to_json
from concertmaster.domain.problem_codes import CODES
from concertmaster.domain.spec import NodeSpec
from concertmaster.domain.validation import check_document, check_inputs
from concertmaster.domain.workflow import Workflow

SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SPEC = NodeSpec(
    "table.sql",
    schema={
        "type": "object",
        "properties": {
            "query": {"type": "string", "format": "sql"},
            "n": {"anyOf": [{"type": "integer"}, {"enum": ["a"]}]},
        },
        "required": ["query"],
        "additionalProperties": False,
    },
)


class OneSpec:
    """A registry of one node type."""

    def spec(self, type_id: str, version: int | None = None) -> NodeSpec | None:
        return SPEC if type_id == SPEC.id and version in (None, 1) else None

    def quarantined(self, reference: str) -> str | None:
        return None

    def ids(self) -> tuple[str, ...]:
        return (SPEC.id,)


expressions = st.one_of(
    json_values, st.builds("{{{{ {}.{} }}}}".format, st.sampled_from(["nodes", "inputs", "vars", "item", "x"]), names)
)
wrong_nodes = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["table.sql", "table.sql@2", "flow.for_each", "??"])},
        optional={
            "config": st.dictionaries(st.one_of(st.sampled_from(["query", "n"]), texts), expressions, max_size=3),
            **{key: json_values for key in NODE_KEYS if key not in ("type", "config")},
        },
    ),
)
wrong_documents = st.dictionaries(st.one_of(st.sampled_from(DOCUMENT_KEYS), texts), json_values, max_size=6).flatmap(
    lambda document: st.builds(
        lambda nodes, edges, inputs: document | {"name": "x", "nodes": nodes, "edges": edges, "inputs": inputs},
        st.dictionaries(st.one_of(names, texts), wrong_nodes, max_size=4),
        st.lists(st.one_of(json_values, st.builds("{} -> {}".format, names, names)), max_size=5),
        st.dictionaries(names, json_values, max_size=3),
    )
)


def check(source: str | bytes | Mapping[str, Any]) -> None:
    parsed = check_document(source, OneSpec(), connections={}.get)
    for problem in parsed.problems:
        assert problem.code in CODES
        assert problem.pointer == "" or problem.pointer.startswith("/")
    if parsed.workflow is None:
        assert not parsed.ok
    else:
        content_hash(parsed.workflow)
        dump(parsed.workflow)


@SLOW
@given(wrong_documents)
def test_wrong_documents_give_problems(document: dict[str, Any]) -> None:
    check(document)
    parsed = parse(document)
    if parsed.workflow is not None:
        _, problems = check_inputs(parsed.workflow, document["nodes"])
        assert all(problem.code in CODES for problem in problems)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(st.sampled_from("ab:-[]{}&*!|>'\"\\ \n\t#%?,<~0."), max_size=60)))
def test_any_text_gives_problems(text: str) -> None:
    check(text)
    locate_all(text.encode("utf-8", "replace").decode())


@given(st.binary(max_size=60))
def test_any_bytes_give_problems(data: bytes) -> None:
    check(data)


@SLOW
@given(workflows, st.data())
def test_a_document_cut_or_changed_anywhere_gives_problems(workflow: Workflow, data: st.DataObject) -> None:
    text = dump(workflow)
    at = data.draw(st.integers(0, len(text)))
    check(text[:at])
    check(
        text[:at]
        + data.draw(st.sampled_from(["\t", ": ", "[", "&a ", "*a ", "!x ", "\n", '"', "- ", "\x00"]))
        + text[at:]
    )
    check(to_json(workflow))
