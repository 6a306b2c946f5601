"""Lazy: what lets a node type be computed together with its neighbours instead of through stored tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from concertmaster.domain.values import Column

if TYPE_CHECKING:
    from concertmaster.data.table import Table
    from concertmaster.nodes.context import Context
    from concertmaster.nodes.node_type import NodeType


class NotTogetherError(Exception):
    """These nodes would not give together, for certain, what they give one after the other."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the nodes that are computed together.

    Attributes:
        config: checked.
        inputs: port to what its edges bring, in their order: a table, a lazy frame of a source, or the place of the
            member that makes it, which comes before this one.
    """

    type: NodeType
    config: Any
    inputs: Mapping[str, Sequence[Table | Any | int]]
    context: Context


@dataclass(frozen=True, slots=True)
class Together:
    """What came of it.

    Attributes:
        result: of the last member, as its function might have returned it.
        columns: of the table of each of the others.
    """

    result: Any
    columns: Sequence[Sequence[Column]]


class Family(Protocol):
    """Node types that can be computed together."""

    def compute(self, members: Sequence[Member]) -> Together:
        """Compute the last of them, by way of the others; blocks.

        Raises:
            NotTogetherError: it cannot be known that nothing else would come of it.
            Exception: what a member raises; which one it belongs to is not said.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lazy:
    """The trait of a node type.

    Attributes:
        family: which it belongs to; None for a source, whose lazy frame members of any family can read.
        inner: asked with the checked config whether others may follow it; a node that is there to fail, for example,
            has to look at rows which they do not ask for.
        size: asked with the checked config of a source and its context how many bytes there are to read.
    """

    family: Family | None = None
    inner: Callable[[Any], bool] | None = None
    size: Callable[[Any, Context], int] | None = None

    def followed(self, config: Any) -> bool:
        """Whether a use with this config may be another than the last."""
        return self.inner is None or self.inner(config)
