"""Loader: from a description to a node type that runs: its module is imported from the text that was described."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from concertmaster.domain.errors import UserError
from concertmaster.domain.spec_changes import spec_changes
from concertmaster.nodes import builtin, builtin_file
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.code_store import CodeStore
from concertmaster.nodes.declared.node import declared_type
from concertmaster.nodes.declared.reading import read_declared
from concertmaster.nodes.describe import failure_of, types_of
from concertmaster.nodes.description import Failure, TypeDescription
from concertmaster.nodes.installed import import_installed
from concertmaster.nodes.module_files import StoredFiles, import_module, package_name
from concertmaster.nodes.node_type import NodeType, node_type_of
from concertmaster.nodes.registry import DeferredType, Registry, Source


def builtin_types() -> list[NodeType | DeferredType]:
    """The node types that come with ConcertMaster; a broken one is a bug, and raises."""
    known = builtin_file.described()
    found: list[NodeType | DeferredType] = []
    for name in builtin_file.builtin_modules():
        if name in known:
            found += [DeferredType(one.spec, partial(_load, one, None)) for one in known[name]]
        else:
            found += types_of(importlib.import_module(name))
    return found


def builtin_source(types: Sequence[NodeType | DeferredType]) -> Source:
    """What the registry says of them."""
    return Source("built-in", "builtin", builtin.__name__, tuple(sorted(type_.spec.reference for type_ in types)))


def builtin_registry() -> Registry:
    """A snapshot of the built-ins alone."""
    types = builtin_types()
    return Registry(types, [builtin_source(types)])


def deferred(described: TypeDescription, files: StoredFiles | None, hash_: str) -> DeferredType:
    """The node type of a description.

    Args:
        files: the text of its modules; None for an installed package.
        hash_: of the files, which the spec is to name.
    """
    spec = replace(described.spec, source_hash=hash_, kept=files is not None)
    return DeferredType(spec, partial(_load, replace(described, spec=spec), files))


def kept_type(store: CodeStore, reference: str, hash_: str) -> DeferredType | None:
    """A node type as it was in service with the code of this hash; None when that is not kept. Blocks."""
    files, types = store.get(hash_), store.types(hash_)
    found = next((type_ for type_ in types if type_.spec.reference == reference), None)
    return None if files is None or found is None else deferred(found, files, hash_)


def load_all(types: Sequence[DeferredType], candidate: Candidate, *, seconds: float) -> Failure | None:
    """Import the modules of a candidate's types, in a thread of its own that is left behind when it hangs.

    Returns:
        What went wrong, None when all is well.
    """
    found: list[Failure] = []

    def work() -> None:
        try:
            for type_ in types:
                type_.resolve()
        except BaseException as error:
            found.append(failure_of(error, candidate))

    thread = threading.Thread(target=work, name=f"import-{candidate.module}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        told = (
            f"{candidate.place}: it was described, but its import in the server takes more than {seconds:g} s; "
            "let it do less when it is imported\n"
        )
        return Failure("registry.timed_out", told, candidate.place)
    return found[0] if found else None


def _load(described: TypeDescription, files: StoredFiles | None) -> NodeType:
    if files is not None and not described.function:
        text = files.get(described.module) or b""
        return replace(declared_type(read_declared(text, place=described.file)), spec=described.spec)
    if files is None:
        module = import_installed(described.module)
    else:
        module = import_module(package_name(described.spec.source_hash, files.folder), described.module, files)
    function: object = module
    for name in described.function.split("."):
        function = getattr(function, name, None)
    type_ = node_type_of(function)
    if type_ is None or any(change.breaking for change in spec_changes(described.spec, type_.spec)):
        raise UserError(
            "node.code_changed",
            f"{described.file}:{described.line}: {described.spec.reference} is another when it is imported here than "
            "it was when it was described; its signature may depend on nothing but its own text, and an installed "
            "package that was changed needs a restart",
            file=described.file,
            line=described.line,
        )
    return replace(type_, spec=described.spec)
