"""Child state: what belongs to the whole process of a child, so that one attempt would meet what another has set.

It is looked at before and after an attempt; a child in which it differs is not used again, because putting it back
would be a guess. Attributes of imported modules are not looked at.
"""

from __future__ import annotations

import builtins
import contextlib
import faulthandler
import gc
import locale
import logging
import os
import random
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping

# The place of an attempt's temporary files is another one for each; the second is set by Polars when it is imported.
_NOT_THEIRS = frozenset({"TMPDIR", "_RJEM_MALLOC_CONF"})
_LIMITS = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
_CHANNEL = 3
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def state() -> Mapping[str, object]:
    """What is set at the moment, comparable, by what it is called; what cannot be found out is unlike all else."""
    return {name: _found(look) for name, look in _LOOKS.items()}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """What differs."""
    return [name for name, value in before.items() if after[name] != value]


def refresh() -> None:
    """Before an attempt: random numbers that no earlier attempt has chosen the start of."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        with contextlib.suppress(Exception):
            numpy.random.seed()


def _found(look: Callable[[], object]) -> object:
    try:
        return look()
    except Exception:
        return object()


def _descriptors() -> object:
    """The standard ones and ours, and files: libraries keep sockets and pipes of their own."""
    found: dict[int, str] = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  (Path objects would cost most of it)
        try:
            target = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115  (likewise)
        except OSError:
            # The one of the listing itself.
            continue
        if int(name) <= _CHANNEL or target.startswith("/"):
            found[int(name)] = target
    return found


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _handlers() -> object:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}, _blocked()


def _blocked() -> object:
    return frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


_LOOKS: Mapping[str, Callable[[], object]] = {
    "builtins": lambda: {name: id(value) for name, value in vars(builtins).items() if name != "_"},
    "descriptors": _descriptors,
    "environment": lambda: {name: value for name, value in os.environ.items() if name not in _NOT_THEIRS},
    "fault handler": faulthandler.is_enabled,
    "garbage collection": lambda: (gc.isenabled(), gc.get_threshold()),
    "home": lambda: os.access(os.environ["HOME"], os.R_OK | os.W_OK | os.X_OK),
    "hooks": lambda: (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook),
    "import": lambda: (list(sys.path), list(sys.meta_path), list(sys.path_hooks), sys.dont_write_bytecode),
    "limits": lambda: {name: resource.getrlimit(getattr(resource, name)) for name in _LIMITS},
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "logging": lambda: (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
    "priority": lambda: (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), os.sched_getscheduler(0)),
    "recursion limit": sys.getrecursionlimit,
    "signals": _handlers,
    "sockets": socket.getdefaulttimeout,
    "standard streams": lambda: [
        (name, id(stream), stream.closed)
        for name in ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
        if (stream := getattr(sys, name)) is not None
    ],
    "switch interval": sys.getswitchinterval,
    "timers": lambda: [signal.getitimer(timer) != (0.0, 0.0) for timer in _TIMERS],
    "trace": lambda: (sys.gettrace(), sys.getprofile()),
    "umask": _umask,
}
