"""Process tree: a process and all that descends from it, as `/proc` shows it: its memory, its CPU time, its end.

With `become_subreaper` the kernel hands orphans among the descendants to the caller, so that not even a process that
left session and group (`setsid`, two forks) gets out of sight. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Collection, Iterable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAUSE_SECONDS = 0.002
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, number: signal.Signals) -> bool:
    """Have the kernel send this process a signal when `parent` dies; False when it is dead already.

    Trap: the parent's *thread* that made this process counts, so make it in one that lives as long as the process.
    """
    _prctl(_PR_SET_PDEATHSIG, number)
    # It may have died before the line above; 1 would be no proof, for in a container the server is often process 1.
    return os.getppid() == parent


def become_subreaper() -> None:
    """Have orphans among the descendants become children of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(root: int, *, but: Collection[int] = ()) -> set[int]:
    """All processes below `root`, zombies included, except for some and what is below those.

    It is one look for both: of two, what is made between them would seem to belong to nobody.
    """
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  (called ten times a second, and Path objects cost most of it)
        if name.isdigit() and (stat := _stat(int(name))):
            children.setdefault(int(stat[1]), []).append(int(name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), []) if pid not in but]
        found.update(below)
        waiting.extend(below)
    return found


def memory_bytes(processes: Iterable[int]) -> int:
    """Memory that is theirs alone to free: anonymous and shared pages, but not those of files.

    What forks share is counted once for each of them, so with several it is rather too much; `exact_memory_bytes` is
    right, and slow.
    """
    total = 0
    for pid in processes:
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith((b"RssAnon:", b"RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def exact_memory_bytes(processes: Iterable[int]) -> int:
    """The same with shared pages divided by those who share them; walks the page tables (10 ms for some GiB)."""
    total = 0
    for pid in processes:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")):
                total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(processes: Iterable[int]) -> float:
    """CPU time that they and their ended children have used."""
    ticks = 0
    for pid in processes:
        stat = _stat(pid)
        ticks += sum(int(part) for part in stat[11:15]) if stat else 0
    return ticks / _TICKS_PER_SECOND


def command(pid: int) -> bytes:
    """What a process was started with; a copy of another that runs no other program has the same."""
    return _read(f"/proc/{pid}/cmdline")


def out_of_memory_kills() -> int:
    """How many processes the kernel has killed for lack of memory since it started."""
    for line in _read("/proc/vmstat").splitlines():
        if line.startswith(b"oom_kill "):
            return int(line.split()[1])
    return 0


def kill_descendants(*, within_seconds: float) -> bool:
    """Kill everything below this process, which has to be the subreaper, and take the dead off the kernel's list.

    They are stopped before they are killed, because what is stopped makes no children meanwhile.

    Returns:
        False when something still lives: it hangs inside the kernel.
    """
    deadline = time.monotonic() + within_seconds
    stopped: set[int] = set()
    while time.monotonic() < deadline:
        found = descendants(os.getpid())
        if not found:
            return True
        if found <= stopped:
            _signal(found, signal.SIGKILL)
            reap()
            time.sleep(_PAUSE_SECONDS)
        else:
            _signal(found - stopped, signal.SIGSTOP)
            stopped |= found
    _signal(descendants(os.getpid()), signal.SIGKILL)
    return False


def reap() -> dict[int, tuple[int, int]]:
    """The children that have ended: process id to wait status and the most memory it had at a time, in bytes."""
    ended: dict[int, tuple[int, int]] = {}
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status, usage.ru_maxrss * 1024


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for pid in processes:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _stat(pid: int) -> list[bytes]:
    """The fields after the command's name (which may hold blanks): state, parent, ...; empty when it is gone."""
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
