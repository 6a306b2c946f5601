"""IsolatedJob: an attempt as a child process gets it, in plain JSON; data goes by reference to the artifact store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from concertmaster.domain.values import from_json, to_json
from concertmaster.engine.calling import Inputs
from concertmaster.engine.plain_config import config_of, plain_config
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.module_files import PACKAGE_PREFIX
from concertmaster.nodes.node_type import NodeType


@dataclass(frozen=True, slots=True)
class Code:
    """Where a node's function is.

    Attributes:
        module: name of its module; of a workspace's without the package that exists in memory only.
        function: its qualified name in there.
        source_hash: of the code when it was described; "" for a built-in.
        stored: whether it is to be imported from the code store; else it is installed.
    """

    module: str
    function: str
    source_hash: str
    stored: bool

    @staticmethod
    def of(type_: NodeType) -> Code:
        """Where the function of a node type is."""
        function = type_.function
        package, _, module = function.__module__.partition(".")
        stored = package.startswith(PACKAGE_PREFIX)
        return Code(module if stored else function.__module__, function.__qualname__, type_.spec.source_hash, stored)


@dataclass(frozen=True, slots=True)
class IsolatedJob:
    """One attempt.

    Attributes:
        config: rendered, not validated: the child has the model.
        opened: the connections of the config, with their values.
        workspace, data_dir, artifacts: folders.
        options: the function for options that is asked instead of the node's own, and what was typed.
    """

    code: Code
    config: Mapping[str, Any]
    inputs: Inputs
    opened: Mapping[str, Connection | None]
    outlets: tuple[str, ...]
    execution_id: str
    node: str
    attempt: int
    idempotency_key: str
    workspace: Path
    data_dir: Path
    artifacts: Path
    options: tuple[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        code = self.code
        return {
            "code": [code.module, code.function, code.source_hash, code.stored],
            "config": plain_config(self.config),
            "inputs": {
                port: [to_json(item) for item in value] if isinstance(value, list) else to_json(value)
                for port, value in self.inputs.items()
            },
            "opened": {
                name: None if connection is None else connection_json(connection)
                for name, connection in self.opened.items()
            },
            "outlets": self.outlets,
            "names": [self.execution_id, self.node, self.attempt, self.idempotency_key],
            "folders": [str(self.workspace), str(self.data_dir), str(self.artifacts)],
            "options": self.options,
        }

    @staticmethod
    def read(data: Mapping[str, Any]) -> IsolatedJob:
        """Inverse of `as_json`."""
        inputs = cast("Mapping[str, Any]", data["inputs"])
        workspace, data_dir, artifacts = (Path(folder) for folder in data["folders"])
        execution_id, node, attempt, idempotency_key = data["names"]
        return IsolatedJob(
            code=Code(*data["code"]),
            config=config_of(data["config"]),
            inputs={
                port: [from_json(item) for item in cast("list[Any]", value)]
                if isinstance(value, list)
                else from_json(value)
                for port, value in inputs.items()
            },
            opened={
                name: None if connection is None else connection_of(connection)
                for name, connection in data["opened"].items()
            },
            outlets=tuple(data["outlets"]),
            execution_id=execution_id,
            node=node,
            attempt=attempt,
            idempotency_key=idempotency_key,
            workspace=workspace,
            data_dir=data_dir,
            artifacts=artifacts,
            options=None if data["options"] is None else (data["options"][0], data["options"][1]),
        )


def connection_json(connection: Connection) -> dict[str, Any]:
    """A connection with its values, for the child only."""
    return {"type": connection.type, "name": connection.name, "values": dict(connection.values)}


def connection_of(data: Mapping[str, Any]) -> Connection:
    """Inverse of `connection_json`."""
    return Connection(data["type"], data["name"], data["values"])
