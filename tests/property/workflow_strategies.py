"""Hypothesis strategies for workflows whose texts, numbers and names are as nasty as JSON allows."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from concertmaster.domain.policy import Concurrency, NodePolicy, RetryPolicy, WorkflowPolicy
from concertmaster.domain.workflow import Body, Edge, Node, Trigger, Workflow

NASTY = (
    "", " ", "on", "yes", "no", "y", "null", "~", "true", "1e3", "1.0", ".5", "0x1f", "0o17", "012", "1_000", "1:30",
    "2024-01-01", "2024-01-01T00:00:00Z", ".inf", ".nan", "-", "--- a", "...", "? a", ": a", "a: b", "a #b", "#a", "a:",
    "- a", "[a", "{a", "{{ a }}", "&a", "*a", "!a", "|", ">", "'", '"', "%a", "@a", "`a", "<<", "=", " a", "a ", "\ta",
    "a\t", "a\n", "\na", "\n\na", "a\n\n", "a\n b", " a\nb", "\ta\nb", "a\n\n\nb\n", "\n", "\n\n", " \n", "\n \na",
    "a \nb", "a\n \n", "a\rb", "a\r\nb", "\x00", "\x1b", "\x7f", "\x85", "a\x85b", "\u2028", "a\u2029b\n", "\ufeff",
    "\ufffe", "ä", "日本語", "😀", "a😀\nb", "\\", '\\n"', "'\"", "a: |\n  b", "#\n#", "---\na", "...\nb", "x" * 1100,
    "x " * 600, "/", "~0", "a/b~c", "\u00a0a\u00a0",
)  # fmt: skip

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    st.text(st.sampled_from("ab \n\t:#-'\"{}[]|>&*!%@,?\\0e.~"), max_size=20),
)
numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1.0, -0.0, 1e16, 1e300, 5e-324, 2.0**70, 0.1]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)
durations = st.timedeltas(timedelta(microseconds=1), timedelta(days=400))


@st.composite
def node_policies(draw: st.DrawFn) -> NodePolicy:
    """Policies of nodes, defaults included."""
    retry = RetryPolicy(
        maximum_attempts=draw(st.integers(1, 9)),
        initial_interval=draw(st.one_of(st.just(timedelta(seconds=1)), durations)),
        backoff_coefficient=draw(st.sampled_from([1, 2, 2.0, 1.5])),
        maximum_interval=draw(st.one_of(st.just(timedelta(seconds=30)), durations)),
    )
    return NodePolicy(
        timeout=draw(st.one_of(st.none(), durations)),
        retry=retry,
        on_error=draw(st.sampled_from([None, "fail", "continue"])),
        cache=draw(st.sampled_from([None, True, False])),
        on_interrupt=draw(st.sampled_from(["stop", "retry", "fail"])),
        join=draw(st.sampled_from(["all", "any", 1, 3])),
        idempotent=draw(st.sampled_from([None, True, False])),
        undo=draw(st.one_of(st.none(), names)),
    )


def nodes(*, depth: int) -> st.SearchStrategy[Node]:
    """Nodes; up to `depth` bodies within each other."""
    return st.builds(
        Node,
        type=st.sampled_from(["table.sql", "table.sql@1", "flow.for_each", "keep_above@12"]),
        config=json_objects,
        title=st.one_of(st.none(), texts),
        policy=node_policies(),
        disabled=st.booleans(),
        body=st.none() if depth == 0 else st.one_of(st.none(), bodies(depth=depth - 1)),
    )


def bodies(*, depth: int) -> st.SearchStrategy[Body]:
    """Graphs inside containers."""
    return st.builds(
        Body, nodes=st.dictionaries(names, nodes(depth=depth), max_size=2), edges=st.lists(edges, max_size=2).map(tuple)
    )


edges = st.builds(
    Edge,
    source=names,
    target=names,
    outlet=st.one_of(st.just("out"), names),
    port=st.one_of(st.just("in"), names),
)
triggers = st.builds(Trigger, type=st.sampled_from(["manual", "schedule"]), config=json_objects, inputs=json_objects)
concurrency = st.builds(
    Concurrency,
    limit=st.integers(1, 9),
    key=st.one_of(st.none(), texts),
    when_full=st.sampled_from(["queue", "skip", "cancel_oldest"]),
)
workflow_policies = st.builds(
    WorkflowPolicy,
    timeout=st.one_of(st.none(), durations),
    priority=st.integers(-5, 5),
    concurrency=st.one_of(st.none(), concurrency),
    on_failure=st.lists(st.one_of(st.just("compensate"), names), max_size=3, unique=True).map(tuple),
    finally_=st.lists(names, max_size=2, unique=True).map(tuple),
)
positions = st.tuples(numbers, numbers)
workflows = st.builds(
    Workflow,
    name=st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True),
    title=st.one_of(st.none(), texts),
    description=st.one_of(st.none(), texts),
    labels=st.dictionaries(texts, texts, max_size=3),
    inputs=st.dictionaries(names, json_objects, max_size=3),
    vars=json_objects,
    triggers=st.dictionaries(names, triggers, max_size=2),
    nodes=st.dictionaries(names, nodes(depth=2), max_size=3),
    edges=st.lists(edges, max_size=4).map(tuple),
    outputs=st.dictionaries(names, json_values, max_size=3),
    policy=workflow_policies,
    notes=json_values,
    groups=json_values,
    layout=st.dictionaries(texts, positions, max_size=3),
)
