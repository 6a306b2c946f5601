"""Output: what a child prints, read line by line while it runs, and bounded in every way.

A child that prints without end is slowed down by its full pipe, and costs the server next to nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

# Beyond this a line is cut; the recorder has the same bound.
LINE_BYTES = 8_192
# Lines of one attempt that are kept, of both streams together; an execution keeps no more in its log.
LINES_KEPT = 10_000
_BLOCK_BYTES = 64 * 1024
# A second lets through this many blocks whose lines are kept, and this many that are only thrown away.
_KEPT_PER_SECOND = 16
_DROPPED_PER_SECOND = 256
_TAIL_BYTES = 4_096


class OutputBudget:
    """How much one attempt may still print."""

    def __init__(self) -> None:
        self.lines_left = LINES_KEPT


class Output:
    """Reads the pipe of one stream of a child.

    Attributes:
        tail: the last bytes read, to explain a crash.
    """

    def __init__(self, descriptor: int, on_line: Callable[[str], None], on_full: Callable[[], None]) -> None:
        """Args:
        descriptor: the reading end, from here on ours.
        on_line: called on the loop with each line.
        on_full: called once an attempt, when later lines are dropped.
        """
        os.set_blocking(descriptor, False)
        self.tail = b""
        self._descriptor = descriptor
        self._on_line = on_line
        self._on_full = on_full
        self._budget = OutputBudget()
        self._line = bytearray()
        self._cut = False
        self._kept = False
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._loop.add_reader(descriptor, self._ready)

    def begin(self, budget: OutputBudget) -> None:
        """A new attempt."""
        self._budget, self.tail = budget, b""

    def drain(self) -> None:
        """Read what is there now: all that the attempt has printed, once it has answered."""
        for _ in range(_KEPT_PER_SECOND):
            if self._closed or not self._read():
                break
        if self._line:
            self._end_line()

    def close(self) -> None:
        """Stop reading."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._descriptor)
        if self._timer is not None:
            self._timer.cancel()
        os.close(self._descriptor)

    def _ready(self) -> None:
        self._read()
        if self._closed:
            return
        # Come back later instead of at once: meanwhile the pipe fills and the child waits.
        self._loop.remove_reader(self._descriptor)
        rate = _KEPT_PER_SECOND if self._kept else _DROPPED_PER_SECOND
        self._timer = self._loop.call_later(1 / rate, self._listen)

    def _listen(self) -> None:
        self._timer = None
        if not self._closed:
            self._loop.add_reader(self._descriptor, self._ready)

    def _read(self) -> bool:
        """Whether there was something."""
        try:
            data = os.read(self._descriptor, _BLOCK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self.tail = (self.tail + data)[-_TAIL_BYTES:]
        if self._budget.lines_left <= 0:
            self._line.clear()
            self._kept = False
            return True
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._add(line)
            self._end_line()
        before = len(self._line)
        self._add(rest)
        # The rest of a line that is full already costs nothing but the reading.
        self._kept = bool(lines) or len(self._line) > before
        return True

    def _add(self, part: bytes) -> None:
        room = LINE_BYTES - len(self._line)
        self._cut = self._cut or len(part) > room
        self._line += part[:room]

    def _end_line(self) -> None:
        # Progress bars draw one line over the other, with a return between them; the last one counts.
        text = self._line.decode(errors="replace").rstrip("\r").rpartition("\r")[2]
        cut = " … (cut)" if self._cut else ""
        self._line.clear()
        self._cut = False
        if self._budget.lines_left <= 0:
            return
        self._budget.lines_left -= 1
        self._on_line(text + cut)
        if self._budget.lines_left == 0:
            self._on_full()
