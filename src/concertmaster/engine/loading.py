"""Loading: the modules of node types that a workflow uses, and which code that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.spec import Specs
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.nodes.registry import DeferredType, Registry


def unloaded_types(workflow: Workflow, registry: Registry) -> list[DeferredType]:
    """The types of its nodes, those in bodies too, whose modules are not imported yet."""
    found = (registry.unloaded(node.type_id, node.type_version) for node in _nodes(workflow.nodes))
    return list(dict.fromkeys(type_ for type_ in found if type_ is not None))


def load_types(types: Iterable[DeferredType]) -> None:
    """Import their modules. Blocks.

    Raises:
        OperationalError: `node_type_broken`, a module does not import any more.
    """
    for type_ in types:
        try:
            type_.resolve()
        # It is code of others: it may raise SystemExit as well.
        except BaseException as error:
            raise OperationalError(
                "node_type_broken",
                f"The module of {type_.spec.reference} cannot be imported: {type(error).__name__}: {error}; mend it, "
                "`concertmaster nodes show` says where it is, and resume",
                retryable=False,
            ) from error


def code_of(workflow: Workflow, specs: Specs) -> dict[str, str]:
    """What `ExecutionCreated.code` records: the hash of each type whose code is kept, by `type@version`."""
    found = (specs.spec(node.type_id, node.type_version) for node in _nodes(workflow.nodes))
    return {spec.reference: spec.source_hash for spec in found if spec is not None and spec.kept}


def _nodes(nodes: Mapping[str, Node]) -> Iterator[Node]:
    for node in nodes.values():
        yield node
        if node.body is not None:
            yield from _nodes(node.body.nodes)
