"""Plan: a workflow version compiled for running: indexes instead of names, policies and specs looked up once.

A plan is immutable and shared by all executions of a version; what changes lives in `state.ExecutionState`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.expression import CompiledConfig, compile_config, compile_value
from concertmaster.domain.policy import NodePolicy
from concertmaster.domain.spec import Effect, NodeSpec
from concertmaster.domain.workflow import Edge, Workflow
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.registry import Registry

ERROR_OUTLET = "error"
_THRESHOLDS = {"any": 1}


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node ready to be decided about and run.

    Attributes:
        incoming, outgoing: indexes into `Plan.edges`, in document order.
        threshold: taken edges that start the node; None means all edges must be decided first.
        ports_of_edges: port that each incoming edge feeds.
        required: ports that must have a value.
        outlets: names of this use's outlets, without `error`.
        effect: of this use, which may depend on the config.
        handled: a final failure does not fail the execution.
        continues: `on_error: continue`: a failure skips all outgoing edges, `error` too.
        fixed_config: the checked config where no expression can change it; shared, so only built-ins may be given it.
        inline: it may run inside the drive: a built-in that only computes, on the loop, without a context.
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
    inline: bool

    @property
    def spec(self) -> NodeSpec:
        """The node type as plain data."""
        return self.type.spec

    @property
    def repeatable(self) -> bool:
        """Whether an attempt that may have reached the outside can be made again blindly."""
        return self.effect != "write" or self.idempotent


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled workflow version."""

    workflow: Workflow
    version: int
    nodes: Mapping[str, PlanNode]
    edges: tuple[Edge, ...]
    outputs: CompiledConfig


def compile_plan(workflow: Workflow, version: int, registry: Registry) -> Plan:
    """Compile a validated workflow.

    Raises:
        OperationalError: `node_type_missing`, a type is not in the registry (any more).
    """
    incoming: dict[str, list[int]] = {node_id: [] for node_id in workflow.nodes}
    outgoing: dict[str, list[int]] = {node_id: [] for node_id in workflow.nodes}
    for index, edge in enumerate(workflow.edges):
        outgoing[edge.source].append(index)
        incoming[edge.target].append(index)
    nodes = {
        node_id: _compile_node(node_id, workflow, registry, tuple(incoming[node_id]), tuple(outgoing[node_id]))
        for node_id in workflow.nodes
    }
    return Plan(workflow, version, nodes, tuple(workflow.edges), compile_value(dict(workflow.outputs)))


def _compile_node(
    node_id: str, workflow: Workflow, registry: Registry, incoming: tuple[int, ...], outgoing: tuple[int, ...]
) -> PlanNode:
    node = workflow.nodes[node_id]
    node_type = registry.find(node.type_id, node.type_version)
    if node_type is None:
        raise OperationalError(
            "node_type_missing",
            f"Node {node_id!r} is a {node.type}, which no module provides; install it again and resume",
            retryable=False,
            node=node_id,
        )
    spec, policy = node_type.spec, node.policy
    continues = policy.on_error == "continue"
    has_error_edge = any(workflow.edges[index].outlet == ERROR_OUTLET for index in outgoing)
    config, effect = compile_config(node.config, spec.schema), spec.effect_of(node.config)
    return PlanNode(
        id=node_id,
        type=node_type,
        config=config,
        policy=policy,
        disabled=node.disabled,
        incoming=incoming,
        outgoing=outgoing,
        threshold=_THRESHOLDS.get(policy.join) if isinstance(policy.join, str) else policy.join,
        ports_of_edges={index: workflow.edges[index].port for index in incoming},
        required=frozenset(port.name for port in spec.ports if port.required),
        outlets=tuple(outlet.name for outlet in spec.outlets_of(node.config)),
        effect=effect,
        idempotent=spec.idempotent if policy.idempotent is None else policy.idempotent,
        handled=continues or (has_error_edge and policy.on_error != "fail"),
        continues=continues,
        fixed_config=_fixed_config(node_type, config),
        inline=effect == "none" and node_type.call == "loop" and node_type.context is None,
    )


def _fixed_config(node_type: NodeType, config: CompiledConfig) -> BaseModel | None:
    """The config as the function gets it; None when it has expressions, or is wrong and fails each attempt."""
    if config.references or config.problems:
        return None
    try:
        return node_type.config_model.model_validate(config.render({}))
    except (ConcertMasterError, ValidationError):
        return None
