"""Plan: a workflow version compiled for running: indexes instead of names, policies and specs looked up once.

A plan is immutable and shared by all executions of a version; what changes lives in `state.ExecutionState`. The body
of a container is a plan of its own, `items.py` makes that of its child executions of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.expression import CompiledConfig, compile_config, compile_value
from concertmaster.domain.phases import Phase, phases_of
from concertmaster.domain.policy import NodePolicy
from concertmaster.domain.spec import Effect, NodeSpec
from concertmaster.domain.workflow import Body, Edge, Node, Workflow
from concertmaster.engine.fusing import with_groups
from concertmaster.engine.loading import code_of
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.registry import Registry

ERROR_OUTLET = "error"
_THRESHOLDS = {"any": 1}


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node ready to be decided about and run.

    Attributes:
        id: unique within the plan: the node's name, in a container's body with the item, `fetch[3]`.
        name: as the document has it.
        item: which item of a container's child execution it belongs to.
        phase: `main`, or when it runs instead: `undo`, `on_failure`, `finally`.
        undo: node that undoes this one.
        body: of a container.
        stops: the execution, or the item, ends with it.
        incoming, outgoing: indexes into `Plan.edges`, in document order.
        threshold: taken edges that start the node; None means all edges must be decided first.
        ports_of_edges: port that each incoming edge feeds.
        required: ports that must have a value.
        outlets: names of this use's outlets, without `error`.
        effect: of this use, which may depend on the config.
        handled: a final failure does not fail the execution.
        continues: `on_error: continue`: a failure skips all outgoing edges, `error` too.
        fixed_config: the checked config where no expression can change it; shared, so only built-ins may be given it.
        cached: its results are reused by later executions; what runs on the loop is computed sooner than looked up.
        inline: it may run inside the drive: a built-in that only computes, on the loop, without a context.
        group: the last of the nodes that it may be computed together with, see `fusing.py`.
    """

    id: str
    type: NodeType
    config: CompiledConfig
    policy: NodePolicy
    disabled: bool
    incoming: tuple[int, ...]
    outgoing: tuple[int, ...]
    threshold: int | None
    ports_of_edges: Mapping[int, str]
    required: frozenset[str]
    outlets: tuple[str, ...]
    effect: Effect
    idempotent: bool
    handled: bool
    continues: bool
    fixed_config: BaseModel | None
    cached: bool
    inline: bool
    name: str = ""
    item: int | None = None
    phase: Phase = "main"
    undo: str | None = None
    body: BodyPlan | None = None
    stops: bool = False
    group: str | None = None

    @property
    def spec(self) -> NodeSpec:
        """The node type as plain data."""
        return self.type.spec

    @property
    def repeatable(self) -> bool:
        """Whether an attempt that may have reached the outside can be made again blindly."""
        return self.effect != "write" or self.idempotent


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """The graph inside a container.

    Attributes:
        sinks: nodes without outgoing edges; their values are an item's result unless `deferred["result"]` says another.
        deferred: config values of the container that are rendered for each item.
        outer: what the body, and bodies in it, read of nodes around.
        inputs: the inputs of the workflow that they read, None for all.
        reads_trigger: whether they read what started the execution.
    """

    nodes: Mapping[str, PlanNode]
    edges: tuple[Edge, ...]
    sinks: tuple[str, ...]
    deferred: Mapping[str, CompiledConfig]
    outer: frozenset[str]
    inputs: frozenset[str] | None
    reads_trigger: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled workflow version.

    Attributes:
        phases: the nodes that do not run in the normal course, by when they do, in document order.
        items: for a child execution of a container: which.
        code: what it was made with, see `ExecutionCreated`.
    """

    workflow: Workflow
    version: int
    nodes: Mapping[str, PlanNode]
    edges: tuple[Edge, ...]
    outputs: CompiledConfig
    phases: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {})
    items: Items | None = None
    code: Mapping[str, str] = field(default_factory=lambda: {})


@dataclass(frozen=True, slots=True)
class Items:
    """What a plan of items knows beside its nodes, which are those of the body once for each item.

    Attributes:
        nodes: ids of each item's nodes, in the body's order.
    """

    kind: str
    body: BodyPlan
    nodes: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.nodes)


def compile_plan(workflow: Workflow, version: int, registry: Registry) -> Plan:
    """Compile a validated workflow.

    Raises:
        OperationalError: `node_type_missing`, a type is not in the registry (any more).
    """
    phases = phases_of(workflow)
    nodes = _compile_nodes(workflow, registry, phases, cache=workflow.policy.cache)
    outputs = compile_value(dict(workflow.outputs))
    return Plan(
        workflow,
        version,
        with_groups(nodes, workflow.edges, outputs),
        tuple(workflow.edges),
        outputs,
        {phase: tuple(n for n in nodes if phases.get(n) == phase) for phase in set(phases.values())},
        code=code_of(workflow, registry),
    )


def _compile_nodes(
    part: Workflow | Body, registry: Registry, phases: Mapping[str, Phase], above: str = "", *, cache: bool
) -> dict[str, PlanNode]:
    incoming: dict[str, list[int]] = {node_id: [] for node_id in part.nodes}
    outgoing: dict[str, list[int]] = {node_id: [] for node_id in part.nodes}
    for index, edge in enumerate(part.edges):
        outgoing[edge.source].append(index)
        incoming[edge.target].append(index)
    return {
        name: _compile_node(
            node,
            part.edges,
            registry,
            name=name,
            place=above + name,
            incoming=tuple(incoming[name]),
            outgoing=tuple(outgoing[name]),
            phase=phases.get(name, "main"),
            cache=cache,
        )
        for name, node in part.nodes.items()
    }


def _compile_node(
    node: Node,
    edges: Sequence[Edge],
    registry: Registry,
    *,
    name: str,
    place: str,
    incoming: tuple[int, ...],
    outgoing: tuple[int, ...],
    phase: Phase,
    cache: bool,
) -> PlanNode:
    node_type = registry.find(node.type_id, node.type_version)
    if node_type is None:
        raise OperationalError(
            "node_type_missing",
            f"Node {place!r} is a {node.type}, which no module provides; install it again and resume",
            retryable=False,
            node=place,
        )
    spec, policy = node_type.spec, node.policy
    continues = policy.on_error == "continue"
    has_error_edge = any(edges[index].outlet == ERROR_OUTLET for index in outgoing)
    config, effect = compile_config(node.config, spec.schema), spec.effect_of(node.config)
    return PlanNode(
        id=name,
        type=node_type,
        config=config,
        policy=policy,
        disabled=node.disabled,
        incoming=incoming,
        outgoing=outgoing,
        threshold=_THRESHOLDS.get(policy.join) if isinstance(policy.join, str) else policy.join,
        ports_of_edges={index: edges[index].port for index in incoming},
        required=frozenset(port.name for port in spec.ports if port.required),
        outlets=tuple(outlet.name for outlet in spec.outlets_of(node.config)),
        effect=effect,
        idempotent=spec.idempotent_of(node.config) if policy.idempotent is None else policy.idempotent,
        handled=continues or (has_error_edge and policy.on_error != "fail"),
        continues=continues,
        fixed_config=_fixed_config(node_type, config),
        cached=effect == "none"
        and (cache if policy.cache is None else policy.cache)
        and node_type.call != "loop"
        and not node_type.connections,
        inline=effect == "none" and node_type.call == "loop" and node_type.context is None,
        name=name,
        phase=phase,
        undo=policy.undo,
        body=_compile_body(node, spec, registry, place, cache=cache) if spec.container is not None else None,
        stops=spec.id == "flow.stop",
    )


def _compile_body(node: Node, spec: NodeSpec, registry: Registry, place: str, *, cache: bool) -> BodyPlan:
    body = node.body or Body({})
    nodes = _compile_nodes(body, registry, {}, f"{place}.", cache=cache)
    deferred = {key: compile_value(node.config[key]) for key in spec.deferred if key in node.config}
    configs = [*deferred.values(), *(one.config for one in nodes.values())]
    references = {reference for config in configs for reference in config.references}
    bodies = [one.body for one in nodes.values() if one.body is not None]
    read = {reference.name for reference in references if reference.root == "nodes" and reference.name is not None}
    inner = {name for one in bodies for name in one.outer}
    inputs = [{reference.name} for reference in references if reference.root == "inputs"]
    wanted = [*inputs, *(one.inputs for one in bodies)]
    everything = any(names is None or None in names for names in wanted)
    return BodyPlan(
        nodes,
        body.edges,
        sinks=tuple(name for name, one in nodes.items() if not one.outgoing),
        deferred=deferred,
        outer=frozenset((read | inner) - set(nodes)),
        inputs=None if everything else frozenset(name for names in wanted for name in names or () if name is not None),
        reads_trigger=any(reference.root == "trigger" for reference in references)
        or any(one.reads_trigger for one in bodies),
    )


def _fixed_config(node_type: NodeType, config: CompiledConfig) -> BaseModel | None:
    """The config as the function gets it; None when it has expressions, or is wrong and fails each attempt."""
    if config.references or config.problems:
        return None
    try:
        return node_type.config_model.model_validate(config.render({}))
    except (ConcertMasterError, ValidationError):
        return None
