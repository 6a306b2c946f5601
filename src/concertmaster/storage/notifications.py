"""Hearing what other processes announce: a thread with a connection of its own that waits for notifications.

Announcements are hints, and may be lost with the connection: after each gap everybody is told to look for himself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import selectors
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, cast

from psycopg import Connection as DriverConnection
from psycopg.pq.abc import PGconn
from sqlalchemy import Connection

from concertmaster.storage.group_commit import drop, first_line
from concertmaster.storage.notices import Listeners
from concertmaster.storage.payloads import CHANNEL, Announcement, is_from, read_payload

_log = logging.getLogger(__name__)

_FIRST_BACKOFF_SECONDS = 0.1
_MAXIMUM_BACKOFF_SECONDS = 2.0
_CLOSING_SECONDS = 5.0


class Listener:
    """Runs from `open` to `close`.

    Args:
        connect: opens a connection, each statement a transaction.
        listeners: called on the loop.
        process: the name of this process, whose announcements are skipped.
        on_others: called in the thread when another process is heard.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        listeners: Listeners,
        process: str,
        *,
        on_others: Callable[[bool], None],
    ) -> None:
        self._connect = connect
        self._listeners = listeners
        self._process = process
        self._on_others = on_others
        self._closing = Event()
        self._wakeup = os.pipe()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    async def open(self) -> None:
        """Start; returns once it listens. Raises what connecting raises."""
        self._loop = asyncio.get_running_loop()
        connection = await asyncio.to_thread(self._listen)
        self._thread = Thread(target=self._work, args=(connection,), name="journal-listener", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Stop."""
        self._closing.set()
        os.write(self._wakeup[1], b".")
        if self._thread is not None:
            # It may be waiting for a server that says nothing.
            await asyncio.to_thread(self._thread.join, _CLOSING_SECONDS)
        if self._thread is None or not self._thread.is_alive():
            for end in self._wakeup:
                os.close(end)

    # --- in the listener's thread ---

    def _listen(self) -> Connection:
        connection = self._connect()
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        return connection

    def _work(self, connection: Connection) -> None:
        backoff = _FIRST_BACKOFF_SECONDS
        current: Connection | None = connection
        while not self._closing.is_set():
            try:
                if current is None:
                    current = self._listen()
                    _log.warning("Hearing other processes again")
                    self._call(self._listeners.gap)
                backoff = _FIRST_BACKOFF_SECONDS
                self._hear(current)
            except Exception as error:
                # Whatever it is: a listener that ends is missed by nobody, and slow without a word.
                if current is not None:
                    _log.warning("Lost the connection that hears other processes: %s", first_line(error))
                    drop(current)
                    current = None
                self._closing.wait(backoff)
                backoff = min(backoff * 2, _MAXIMUM_BACKOFF_SECONDS)
        if current is not None:
            current.close()

    def _hear(self, connection: Connection) -> None:
        """Wait for notifications until the end."""
        driver = cast("DriverConnection[Any]", connection.connection.driver_connection).pgconn
        with selectors.DefaultSelector() as selector:
            for waited_for in (driver.socket, self._wakeup[0]):
                selector.register(waited_for, selectors.EVENT_READ)
            self._hear_until_closed(driver, selector)

    def _hear_until_closed(self, driver: PGconn, selector: selectors.BaseSelector) -> None:
        while not self._closing.is_set():
            while (notification := driver.notifies()) is not None:
                if is_from(notification.extra, self._process):
                    continue
                self._on_others(True)
                announcement = read_payload(notification.extra)
                if announcement is not None:
                    self._call(self._tell, announcement)
            selector.select()
            driver.consume_input()

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            self._closing.set()

    # --- on the loop ---

    def _tell(self, announcement: Announcement) -> None:
        listeners = self._listeners
        if announcement.heads:
            listeners.remote_commit(announcement.heads)
        if announcement.wake:
            listeners.wake(announcement.wake)
        for resource in announcement.freed:
            listeners.freed(resource)
        if announcement.drafts:
            listeners.drafts(announcement.drafts)
        for version in announcement.versions:
            listeners.version(version)
        for person in announcement.people:
            listeners.person(person)
        if announcement.look:
            listeners.gap()
