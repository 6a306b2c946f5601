"""Ending: how a child came to its end, and what that says about the node."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.errors import OperationalError

# What allocators and the run-time libraries of Rust and C++ write before they give up.
_NO_MEMORY = re.compile(rb"memory allocation of \d+ bytes failed|bad_alloc|[Oo]ut of memory|Cannot allocate memory")
_NEARLY = 0.9
# For these Python's fault handler writes a traceback to stderr.
_TRACED = frozenset({signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL})
REMEDY = (
    "work on the data in parts (a lazy frame, an iterator of tables), or raise the limit: the setting process_memory, "
    "or memory_mb of a node type that has a limit of its own"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """What the guard reports.

    Attributes:
        signal: that ended it, 0 for none.
        exit_code: when it ended by itself.
        reason: why the guard killed it: `memory`, `cpu`, `processes`, `told`, `server`; "" when it did not.
        memory_bytes: the most that was seen.
        machine_out_of_memory: the kernel has killed processes for lack of memory meanwhile.
        gone: nothing of it is left.
    """

    signal: int = 0
    exit_code: int = 0
    reason: str = ""
    memory_bytes: int = 0
    machine_out_of_memory: bool = False
    gone: bool = False


def explain(ending: Ending, node: str, limit_bytes: int, *, tail: bytes, closed: bool) -> OperationalError:
    """The error that an attempt ends with when its child died under it.

    Args:
        tail: the end of what it wrote to stderr.
        closed: it was still alive, but had closed the channel.
    """
    limit, details = _mebibytes(limit_bytes), _details(ending)
    match ending.reason:
        case "memory":
            used = _mebibytes(ending.memory_bytes)
            return OperationalError(
                "node.out_of_memory",
                f"Node {node!r} used {used} of memory and was stopped; the limit is {limit}; {REMEDY}",
                retryable=False,
                limit_bytes=limit_bytes,
                **details,
            )
        case "cpu":
            return OperationalError(
                "node.cpu_exceeded",
                f"Node {node!r} used more CPU time than it may and was stopped; let it do less, or raise the setting "
                "process_cpu_time",
                retryable=False,
                **details,
            )
        case "processes":
            return OperationalError(
                "node.too_many_processes",
                f"Node {node!r} started too many processes and was stopped; let it have fewer at once",
                retryable=False,
                **details,
            )
        case "server":
            return OperationalError("node.crashed", f"The process of node {node!r} was ended from outside", **details)
        case _:
            pass
    if closed:
        return OperationalError(
            "node.crashed",
            f"The process of node {node!r} closed its connection to the server and was stopped; its code closed "
            "a descriptor that is not its own",
            **details,
        )
    return _died(ending, node, limit_bytes, tail)


def _died(ending: Ending, node: str, limit_bytes: int, tail: bytes) -> OperationalError:
    limit, details = _mebibytes(limit_bytes), _details(ending)
    if ending.signal and (_NO_MEMORY.search(tail) or ending.memory_bytes > _NEARLY * limit_bytes):
        return OperationalError(
            "node.out_of_memory",
            f"Node {node!r} asked for more memory than it may use ({limit}), and the library it was in gave up "
            f"({_name(ending.signal)}); {REMEDY}",
            retryable=False,
            limit_bytes=limit_bytes,
            **details,
        )
    if ending.signal == signal.SIGKILL and ending.machine_out_of_memory:
        return OperationalError(
            "node.out_of_memory",
            f"The machine ran out of memory and the kernel killed node {node!r}, which was within its limit of "
            f"{limit}; let fewer run at once (setting processes), lower the limit, or add memory",
            limit_bytes=limit_bytes,
            **details,
        )
    if ending.signal:
        return OperationalError(
            "node.crashed",
            f"The process of node {node!r} was ended by {_name(ending.signal)}{_meaning(ending.signal)}"
            + ("; the node's log shows the line that it was in" if ending.signal in _TRACED else ""),
            **details,
        )
    return OperationalError(
        "node.crashed",
        f"The process of node {node!r} ended with exit code {ending.exit_code} before it had a result; return instead "
        "of ending the process, or raise an exception",
        **details,
    )


def _details(ending: Ending) -> dict[str, Any]:
    return {
        "signal": _name(ending.signal),
        "exit_code": ending.exit_code,
        "memory_bytes": ending.memory_bytes,
    }


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes // 2**20:,} MiB"


def _name(number: int) -> str:
    if not number:
        return ""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _meaning(number: int) -> str:
    text = signal.strsignal(number)
    return f" ({text.lower()})" if text else ""
