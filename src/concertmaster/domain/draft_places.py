"""Places of a document, as operations on drafts name them: JSON pointers, taken apart."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Missing(Enum):
    """What a place holds that does not exist; null is a value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
Place = tuple[str, ...]
_ROOT_FRAMES = frozenset({"labels", "inputs", "vars", "triggers", "outputs", "policy"})
_GRAPH_FRAMES = frozenset({"nodes", "edges", "layout", "notes", "groups"})
_NODE_FRAMES = frozenset({"config", "policy", "body"})


def tokens(path: str) -> Place:
    """The parts of a JSON pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def is_edge(place: Place) -> bool:
    """Whether it is the place of one edge."""
    return len(place) > 1 and is_edges(place[:-1])


def is_edges(place: Place) -> bool:
    """Whether it is the place of all edges of a graph: at the root, and in each body."""
    *above, last = place or ("",)
    return (
        last == "edges"
        and len(above) % 3 == 0
        and all(above[index] == "nodes" and above[index + 2] == "body" for index in range(0, len(above), 3))
    )


def is_frame(place: Place) -> bool:
    """Whether it is a map that is made when something is put into it; empty, it is as if it was not there."""
    rest = place
    while len(rest) > 3 and rest[0] == "nodes" and rest[2] == "body":
        rest = rest[3:]
    match rest:
        case ():
            return True
        case (name,):
            return name in _GRAPH_FRAMES or (len(place) == 1 and name in _ROOT_FRAMES)
        case ("nodes", _, name):
            return name in _NODE_FRAMES
        case _:
            return False
