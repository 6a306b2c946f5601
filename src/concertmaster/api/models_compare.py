"""The JSON of two executions side by side."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from concertmaster.api.models import ExecutionSummary
from concertmaster.domain.execution import NodeStatus


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ComparedInput(_Model):
    """An input of both; `values` has null where one has none of that name."""

    name: str
    same: bool
    values: tuple[Any, Any]


class ComparedNode(_Model):
    """A node in both; of one that only one of them has, the other side of each pair is null.

    Attributes:
        seconds: from its start to its end, waits included.
        config_changed: its type, config or policy differ between the versions.
        input_changed: other values came into it, or by other edges; null where that is not known.
        output: by the digests of what it gave; `unknown` where one of them is kept by nobody or was never stored.
        outlets: the same of each outlet.
    """

    node: str
    type: tuple[str | None, str | None]
    status: tuple[NodeStatus | None, NodeStatus | None]
    seconds: tuple[float | None, float | None]
    attempt: tuple[int | None, int | None]
    config_changed: bool
    input_changed: bool | None
    output: Literal["same", "different", "unknown"]
    outlets: dict[str, Literal["same", "different", "unknown"]]


class Divergence(_Model):
    """Where two executions part: the first node, along the edges and then by time, that is not as in the other.

    Attributes:
        node: null where nothing but the inputs differs.
        what: `missing` in one, `config`, `input`, `status`, `output`; `inputs`: those of the executions, which come
            before all nodes.
    """

    node: str | None
    what: Literal["inputs", "missing", "config", "input", "status", "output"]


class Comparison(_Model):
    """Two executions side by side: `executions` are this one and the one it is compared with."""

    executions: tuple[ExecutionSummary, ExecutionSummary]
    same_workflow: bool
    same_version: bool
    first_divergence: Divergence | None
    inputs: list[ComparedInput]
    nodes: list[ComparedNode]
