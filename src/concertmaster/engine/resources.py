"""Which limited or breakable resources an attempt uses, known once its config is rendered."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel

from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.node_type import NodeType


def resources_of(type_: NodeType, model: BaseModel) -> list[str]:
    """`node_type:<id>`, then `connection:<name>` for each connection, and `host:<host>` of the type or of a `url`."""
    found = [f"node_type:{type_.spec.id}"]
    for parameter in type_.connections:
        reference = getattr(model, type_.fields[parameter])
        if isinstance(reference, Connection):
            found.append(f"connection:{reference.name}")
    if type_.host is not None:
        found.append(f"host:{type_.host.lower()}")
    url = getattr(model, type_.fields["url"], None) if "url" in type_.fields else None
    if isinstance(url, str) and (host := _host(url)):
        found.append(f"host:{host.lower()}")
    return found


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        # It is no URL; what the node says about it is better than anything said here.
        return ""
