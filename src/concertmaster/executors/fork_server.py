"""Fork server: a process without threads and without node code, out of which children are forked in milliseconds.

`python -P -m concertmaster.executors.fork_server CONTROL PARENT TEMPORARY`: started when the first isolated node runs.
Nothing here may start a thread, or load what does (polars, pyarrow): locks that they hold would stay shut in a fork.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import traceback
from importlib import import_module
from typing import Any

import orjson

from concertmaster.executors import guard
from concertmaster.executors.process_tree import become_subreaper, die_with, kill_descendants, reap

# What nearly every child needs; loaded once, and shared by all of them as long as nobody writes to it.
_LOADED = ("asyncio", "concertmaster.executors.child", "concertmaster.nodes.builtin.python_code")
_MESSAGE_BYTES = 64 * 1024
_TIDY_SECONDS = 1.0
_END_SECONDS = 4.0


def main(control: socket.socket, *, parent: int, temporary: str) -> None:
    """Fork a guard for each message, until the server is gone or closes its end; then end what is left.

    Args:
        control: brings `{"memory_bytes", "cpu_seconds", "store"}` with four descriptors: leash, channel, out, err.
        parent: process id of the server.
        temporary: folder for the homes of children.
    """
    if not die_with(parent, signal.SIGKILL):
        return
    become_subreaper()
    # It has done its work, and would lead astray other Pythons that node code may start.
    os.environ.pop("PYTHONPATH", None)
    for name in _LOADED:
        import_module(name)
    # Counting references writes to every object that a collection looks at, and would unshare its page.
    gc.collect()
    gc.freeze()
    guards: set[int] = set()
    while True:
        if not select.select([control], [], [], _TIDY_SECONDS)[0]:
            _tidy(guards)
            continue
        message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 4)
        if not message:
            break
        pid = _fork(control, orjson.loads(message), descriptors, temporary)
        if pid is not None:
            guards.add(pid)
        _tidy(guards)
    # Guards end by themselves when their leash is let go; whatever is still there after a while is killed.
    for _ in range(int(_END_SECONDS / 0.01)):
        _tidy(guards)
        if not guards:
            break
        select.select([], [], [], 0.01)
    kill_descendants(within_seconds=_END_SECONDS)


def _fork(control: socket.socket, spec: dict[str, Any], descriptors: list[int], temporary: str) -> int | None:
    """The process id of a new guard; None when the machine has no room for one, which ends nothing but this child."""
    try:
        pid = os.fork()
    except OSError as error:
        print(f"no child process could be forked: {error}", file=sys.stderr, flush=True)
        pid = None
    if pid != 0:
        # Without a guard that has them too, their other ends say at once that nobody is there.
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    code = 1
    try:
        server = os.getppid()
        control.close()
        guard.main(guard.Spec.read(spec, temporary), *descriptors, parent=server)
        code = 0
    except BaseException:
        # To the server's stderr: this is a bug of ours.
        traceback.print_exc()
    finally:
        # Never back into the loop above, whatever happened.
        os._exit(code)


def _tidy(guards: set[int]) -> None:
    """Forget guards that have ended. What a dead guard left behind has come to us as the next subreaper."""
    ended = reap()
    failed = [pid for pid in guards & ended.keys() if ended[pid][0] != 0]
    guards.difference_update(ended)
    if failed:
        guard.kill_strangers(guards)


if __name__ == "__main__":
    main(
        socket.socket(fileno=int(sys.argv[1])),
        parent=int(sys.argv[2]),
        temporary=sys.argv[3],
    )
