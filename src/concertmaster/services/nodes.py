"""Node types: what the palette, the forms and the reference show."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import orjson

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import Problem, has_errors
from concertmaster.domain.spec import NodeSpec, OutletSpec
from concertmaster.domain.spec_changes import spec_changes
from concertmaster.domain.validation import validate
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.nodes.registry import Registry, Source

MIGRATE_SECONDS = 10.0
_PROBE = "node"
_CONFIG_AT = f"/nodes/{_PROBE}/config"


class LiveRegistry(Protocol):
    """The registry in service; see `registering.live`."""

    @property
    def current(self) -> Registry:
        """The snapshot."""
        ...

    @property
    def mode(self) -> str:
        """`dynamic` or `static`."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why the manifest is served although the setting says otherwise."""
        ...

    def sources(self) -> list[Source]:
        """Where node types come from, those that are being probed too."""
        ...

    async def reload(self, *, accept: Collection[str] = ()) -> None:
        """Look at everything anew."""
        ...

    async def freeze(self) -> Path:
        """Write the manifest."""
        ...


class NodeTypeService:
    """Use cases around the registry."""

    def __init__(self, live: LiveRegistry, *, refused: Callable[[], None] = lambda: None) -> None:
        """Args:
        refused: called when a config does not fit its schema.
        """
        self._live = live
        self._refused = refused

    def list(self, actor: Actor, *, every: bool = False) -> list[dict[str, Any]]:
        """Every node type in its newest version, by id; `every`: in every version, oldest first."""
        demand(actor, "registry:read")
        registry, statuses = self._live.current, self._statuses()
        specs = registry.specs() if every else registry.newest()
        return [describe(spec, registry, statuses) for spec in specs]

    def get(self, actor: Actor, type_id: str, *, version: int | None = None) -> dict[str, Any]:
        """One node type, the newest version when none is given. Raises NotFound `node_type.not_found`."""
        demand(actor, "registry:read")
        return describe(self._spec(type_id, version), self._live.current, self._statuses())

    def validate(
        self, actor: Actor, type_id: str, config: Mapping[str, Any], *, version: int | None = None
    ) -> list[Problem]:
        """Check one node's config, with pointers relative to it. Raises NotFound `node_type.not_found`."""
        demand(actor, "registry:read")
        spec = self._spec(type_id, version)
        # A document of this one node: config is then checked by the very rules that check documents.
        workflow = Workflow("probe", nodes={_PROBE: Node(spec.reference, config)})
        found = [
            replace(problem, pointer=problem.pointer.removeprefix(_CONFIG_AT))
            for problem in validate(workflow, self._live.current, connections=None)
            if problem.pointer.startswith(_CONFIG_AT)
        ]
        if has_errors(found):
            self._refused()
        return found

    def changes(self, actor: Actor, type_id: str, since: int, *, until: int | None = None) -> dict[str, Any]:
        """What differs between two versions of a type. Raises NotFound `node_type.not_found`."""
        demand(actor, "registry:read")
        old, new = self._spec(type_id, since), self._spec(type_id, until)
        found = spec_changes(old, new)
        return {
            "from": old.version,
            "to": new.version,
            "breaking": any(change.breaking for change in found),
            "migrates": new.migrates,
            "changes": [change.as_json() for change in found],
        }

    async def migrate(
        self, actor: Actor, type_id: str, config: Mapping[str, Any], since: int, *, until: int | None = None
    ) -> dict[str, Any]:
        """A config for a newer version of its type, which nothing but the answer has yet.

        Without a `migrate` of the type the config stays as it is; either way the answer says what is wrong with it.

        Raises:
            NotFound: `node_type.not_found`.
            UserError: `node_type.migrate_failed`, the type's own function did not work, or not in time.
        """
        told = self.changes(actor, type_id, since, until=until)
        found = dict(config)
        for version in self._live.current.versions(type_id):
            if since < version <= told["to"]:
                found = await _apart(
                    partial(migrated, self._live.current, type_id, version, found), seconds=MIGRATE_SECONDS
                )
        problems = self.validate(actor, type_id, found, version=told["to"])
        return {**told, "config": found, "problems": [problem.as_json() for problem in problems]}

    def state(self, actor: Actor) -> dict[str, Any]:
        """How the registry was loaded: sources, and what is quarantined with its traceback."""
        demand(actor, "registry:read")
        live = self._live
        return {
            "mode": live.mode,
            "trouble": live.trouble,
            "sources": [source.as_json() for source in live.sources()],
        }

    async def reload(self, actor: Actor, *, accept: Collection[str] = ()) -> dict[str, Any]:
        """Look at everything anew; after a fallback, return to dynamic loading. See `LiveRegistry.reload`."""
        demand(actor, "registry:control")
        await self._live.reload(accept=accept)
        return self.state(actor)

    async def freeze(self, actor: Actor) -> dict[str, Any]:
        """Write what is in service as the manifest. Raises UserError `registry.not_writable`."""
        demand(actor, "registry:control")
        path = await self._live.freeze()
        plugins = [source for source in self._live.current.sources if source.kind != "builtin" and source.types]
        return {"path": str(path), "sources": len(plugins), "types": sum(len(source.types) for source in plugins)}

    def _statuses(self) -> dict[str, str]:
        """The references that are not simply active."""
        found: dict[str, str] = {}
        for source in self._live.current.sources:
            if source.status == "quarantined":
                found |= dict.fromkeys(source.types, "last_good")
            found |= dict.fromkeys(source.retained, "retained")
        return found

    def _spec(self, type_id: str, version: int | None) -> NodeSpec:
        registry = self._live.current
        spec = registry.spec(type_id, version)
        if spec is None:
            named = type_id if version is None else f"{type_id}@{version}"
            raise NotFound("node_type.not_found", f"There is no node type {named}{hint(type_id, registry.ids())}")
        return spec


async def _apart(work: Callable[[], dict[str, Any]], *, seconds: float) -> dict[str, Any]:
    """Call a function of others in a thread of its own, which is left behind when it hangs."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[dict[str, Any]] = loop.create_future()

    def settle(set_: Callable[[Any], None], value: object) -> None:
        if not found.done():
            set_(value)

    def run() -> None:
        try:
            done = settle, found.set_result, work()
        except Exception as error:
            done = settle, found.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(*done)

    threading.Thread(target=run, name="migrate", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await found
    except TimeoutError:
        raise UserError(
            "node_type.migrate_failed",
            f"migrate did not answer within {seconds:g} s; change the config by hand, and mend the node type",
        ) from None


def migrated(registry: Registry, type_id: str, version: int, config: dict[str, Any]) -> dict[str, Any]:
    """The config that a version makes of one of the version before; unchanged when it has no function for that."""
    spec = registry.spec(type_id, version)
    if spec is None or not spec.migrates:
        return config
    try:
        type_ = registry.find(type_id, version)
        assert type_ is not None
        assert type_.migrate is not None
        found: Any = type_.migrate(orjson.loads(orjson.dumps(config)))
        if not isinstance(found, dict):
            raise TypeError(f"it returned {type(found).__name__} instead of a dict")
        return orjson.loads(orjson.dumps(found))
    # It is a function of others, and may raise anything.
    except BaseException as error:
        raise UserError(
            "node_type.migrate_failed",
            f"migrate of {type_id}@{version} failed: {type(error).__name__}: {error}; change the config by hand",
        ) from error


def describe(spec: NodeSpec, registry: Registry, statuses: Mapping[str, str]) -> dict[str, Any]:
    """`NodeType` of the REST contract."""
    return {
        "id": spec.id,
        "version": spec.version,
        "category": spec.category,
        "title": spec.title,
        "description": spec.description,
        "docs": spec.docs,
        "icon": spec.icon,
        "tags": list(spec.tags),
        "ports": [
            {"name": port.name, "type": port.type.as_json(), "required": port.required, "implicit": port.implicit}
            for port in spec.ports
        ],
        "any_port": spec.any_port is not None,
        "any_port_type": None if spec.any_port is None else spec.any_port.as_json(),
        "outlets": [_outlet(outlet) for outlet in spec.outlets],
        "dynamic_outlets": spec.dynamic_outlets,
        "schema": dict(spec.schema),
        "effect": spec.effect,
        "idempotent": spec.idempotent,
        "isolation": spec.isolation,
        "summary_field": spec.summary_field,
        "example": spec.example,
        "container": spec.container,
        "status": statuses.get(spec.reference, "active"),
        "versions": list(registry.versions(spec.id)),
        "migrates": spec.migrates,
        "source_hash": spec.source_hash,
        "disabled_reason": None if spec.switch is None else f"{spec.id} is off on this server. {spec.switch}",
    }


def _outlet(outlet: OutletSpec) -> dict[str, Any]:
    return {"name": outlet.name, "type": outlet.type.as_json(), "passthrough": outlet.passthrough}
