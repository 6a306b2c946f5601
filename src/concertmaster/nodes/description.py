"""Description: what a module offers, as plain data, and what is told when it offers nothing.

It is made in a child process (`describe.py`) and is all that the server needs to list, check and draw node types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.spec import NodeSpec
from concertmaster.domain.spec_json import spec_from_json, spec_to_json


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """A node type, and where its function is.

    Attributes:
        module: as it is imported; in a folder without the package that stands for it, `acme.deep`; of a declaration
            its file there, `issues.yaml`.
        function: qualified name in there, "" for a declaration.
        file, line: where it is written.
    """

    spec: NodeSpec
    module: str
    function: str
    file: str = ""
    line: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "spec": spec_to_json(self.spec),
            "module": self.module,
            "function": self.function,
            "file": self.file,
            "line": self.line,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> TypeDescription:
        """Inverse of `as_json`. Raises UserError, KeyError for anything else."""
        spec = spec_from_json(data["spec"])
        return TypeDescription(spec, str(data["module"]), str(data["function"]), str(data["file"]), int(data["line"]))


@dataclass(frozen=True, slots=True)
class Description:
    """What a candidate offers.

    Attributes:
        digests: hash of each file that was executed for it, by name in the folder; of an entry point by path.
    """

    types: tuple[TypeDescription, ...]
    digests: Mapping[str, str] = field(default_factory=lambda: {})

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"types": [type_.as_json() for type_ in self.types], "digests": dict(self.digests)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Description:
        """Inverse of `as_json`. Raises UserError, KeyError for anything else."""
        types = tuple(TypeDescription.from_json(type_) for type_ in data["types"])
        return Description(types, {str(name): str(hash_) for name, hash_ in data["digests"].items()})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a candidate offers nothing.

    Attributes:
        code: `registry.import_failed`, `registry.timed_out`, `registry.out_of_memory`, `registry.crashed`,
            `registry.forks`, `node.already_defined`, `node.schema_changed`, `node.bad_description`,
            `node.bad_declaration`.
        error: a traceback, or what there is to say.
        file, line: where it shows, when it is known.
        digests: as in `Description`, of what had been read until then.
    """

    code: str
    error: str
    file: str | None = None
    line: int | None = None
    digests: Mapping[str, str] = field(default_factory=lambda: {})

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "code": self.code,
            "error": self.error,
            "file": self.file,
            "line": self.line,
            "digests": dict(self.digests),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Failure:
        """Inverse of `as_json`."""
        return Failure(data["code"], data["error"], data["file"], data["line"], data["digests"])
