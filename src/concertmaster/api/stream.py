"""One feed, three doors: WebSocket, SSE, and the long poll in `executions.py`; all carry the same events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import orjson
from fastapi import APIRouter, Header, Query, Response, WebSocket, WebSocketDisconnect
from starlette.responses import StreamingResponse

from concertmaster.api.dependencies import MAX_NUMBER, Asker, Parts, Still, StillThere, problems
from concertmaster.api.login import CLOSE_LOGIN
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import ConcertMasterError, UserError
from concertmaster.observability.stream_metrics import StreamMetrics
from concertmaster.runtime import Runtime
from concertmaster.services.stream import Batch

router = APIRouter(tags=["stream"])

INTERVAL_SECONDS = 0.05
HEARTBEAT_SECONDS = 15.0
MAX_TOPICS = 200
BACKLOGS = 4
ALL = "executions"
ONE = "execution:"
REGISTRY = "registry"
WORKFLOW = "workflow:"
TOPICS = "`execution:<id>`, `executions`, `workflow:<name>` and `registry`"


@router.websocket("/stream")
async def stream(socket: WebSocket, parts: Parts, asker: Asker, still: Still) -> None:
    """Many topics over one socket."""
    await socket.accept()
    follower = _Follower(socket, parts, asker)
    heart = asyncio.create_task(follower.beat(still))
    with parts.metrics.stream.connected("websocket"):
        try:
            while True:
                # None for a binary frame.
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                await follower.hear(message.get("text") or "")
        except (WebSocketDisconnect, RuntimeError):
            # RuntimeError: the other side went while something was being sent.
            pass
        finally:
            heart.cancel()
            await follower.close()


class _Follower:
    """One socket: a task for each topic it follows, each sending at its own pace."""

    def __init__(self, socket: WebSocket, parts: Runtime, asker: Actor) -> None:
        self._socket = socket
        self._parts = parts
        self._asker = asker
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # One frame and a few backlogs at a time: else a reader that stands still holds those of all its topics.
        self._turn = asyncio.Lock()
        self._backlogs = asyncio.Semaphore(BACKLOGS)

    async def hear(self, text: str) -> None:
        """Carry out one message of the client."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            await self._tell_error("", "stream.message", "Send a JSON object with subscribe, unsubscribe or ping")
            return
        asked = cast("dict[str, Any]", message)
        if "ping" in asked:
            await self._send({"pong": asked["ping"]})
        for topic in _strings(asked.get("unsubscribe")):
            await self._stop(topic)
        subscribe = asked.get("subscribe")
        if isinstance(subscribe, dict):
            for topic, after in cast("dict[str, Any]", subscribe).items():
                await self._start(topic, after)

    async def beat(self, still: StillThere) -> None:
        """Tell the client that the line is alive, until cancelled or its login is gone."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not await still():
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await self._socket.close(CLOSE_LOGIN, "access.login")
                return
            await self._send({"heartbeat": datetime.now(UTC)})

    async def close(self) -> None:
        """Stop following everything."""
        for topic in list(self._tasks):
            await self._stop(topic)

    async def _start(self, topic: str, after: object) -> None:
        await self._stop(topic)
        if len(self._tasks) >= MAX_TOPICS:
            # Those that ended with an error are followed no more.
            self._tasks = {name: task for name, task in self._tasks.items() if not task.done()}
        if len(self._tasks) >= MAX_TOPICS:
            await self._tell_error(topic, "stream.too_many", f"One socket follows at most {MAX_TOPICS} topics")
        elif not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= MAX_NUMBER:
            await self._tell_error(topic, "stream.after", "What the client has must be a number from 0")
        else:
            self._tasks[topic] = asyncio.create_task(self._follow(topic, after), name=f"topic-{topic}")

    async def _stop(self, topic: str) -> None:
        task = self._tasks.pop(topic, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self, topic: str, after: int) -> None:
        name = orjson.dumps(topic)
        metrics = self._parts.metrics.stream
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(metrics.following())
                opened = _open(self._parts, self._asker, topic, after=after, resync=True, backlogs=self._backlogs)
                async for batch in await stack.enter_async_context(aclosing(opened)):
                    async with self._turn:
                        await self._socket.send_text(_frame(name, batch).decode())
                    _count(metrics, "websocket", batch)
                    # What comes meanwhile waits in the feed and goes out as one frame.
                    await asyncio.sleep(INTERVAL_SECONDS)
        except ConcertMasterError as error:
            await self._tell_error(topic, error.code, error.message)
        except (WebSocketDisconnect, RuntimeError):
            # The socket is gone; `stream` hears of it too and closes everything.
            pass

    async def _tell_error(self, topic: str, code: str, message: str) -> None:
        await self._send({"topic": topic, "error": {"code": code, "message": message}})

    async def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_text(orjson.dumps(message, option=orjson.OPT_UTC_Z).decode())


@router.get(
    "/stream/sse",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **problems(404, 422)},
)
async def stream_sse(
    parts: Parts,
    asker: Asker,
    still: Still,
    topic: Annotated[
        str, Query(max_length=200, description="`execution:<id>`, `executions`, `workflow:<name>`, or `registry`")
    ],
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="What the client has; Last-Event-ID wins")] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Events as server-sent events: id is the seq, data the event."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19:
        after = int(last_event_id)
    batches = _open(parts, asker, topic, after=after, resync=topic == ALL)
    if topic.startswith(ONE):
        # A stream that has begun cannot answer 404 any more.
        await parts.executions.get(asker, topic.removeprefix(ONE))
    if topic.startswith(WORKFLOW):
        await parts.workflow_feed.demand_there(asker, topic.removeprefix(WORKFLOW))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    sent = _server_sent(batches, still, parts.metrics.stream)
    return StreamingResponse(sent, media_type="text/event-stream", headers=headers)


def _open(
    parts: Runtime,
    asker: Actor,
    topic: str,
    *,
    after: int,
    resync: bool,
    backlogs: asyncio.Semaphore | None = None,
) -> AsyncGenerator[Batch]:
    if topic == ALL:
        return parts.stream.follow_all(asker, cursor=after)
    if topic == REGISTRY:
        return parts.registry_feed.follow(asker, cursor=after)
    if topic.startswith(ONE):
        return parts.stream.follow(asker, topic.removeprefix(ONE), after_seq=after, resync=resync, backlogs=backlogs)
    if topic.startswith(WORKFLOW):
        return parts.workflow_feed.follow(asker, topic.removeprefix(WORKFLOW), cursor=after)
    raise UserError("stream.unknown_topic", f"There is no topic '{topic[:100]}'; topics are {TOPICS}")


async def _server_sent(
    batches: AsyncGenerator[Batch], still: StillThere, metrics: StreamMetrics
) -> AsyncIterator[bytes]:
    """Batches as SSE text, with a comment as heartbeat; the end when the login is gone."""
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        stack.push_async_callback(batches.aclose)
        stack.enter_context(metrics.connected("sse"))
        yield b": connected\n\n"
        asked_at = clock()
        coming = asyncio.ensure_future(anext(batches))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=HEARTBEAT_SECONDS)
                if clock() - asked_at >= HEARTBEAT_SECONDS:
                    asked_at = clock()
                    if not await still():
                        return
                if not done:
                    yield b": heartbeat\n\n"
                    continue
                try:
                    batch = coming.result()
                except ConcertMasterError as error:
                    # What was followed is gone.
                    told = orjson.dumps({"code": error.code, "message": error.message})
                    yield b"event: error\ndata: %b\n\n" % told
                    return
                if batch.resync is not None:
                    yield b"event: resync\ndata: %d\n\n" % batch.resync
                if batch.lines:
                    yield b"".join(b"id: %d\ndata: %b\n\n" % (line.seq, line.json) for line in batch.lines)
                if batch.notes:
                    # Without an id: whoever comes back later names the last event that has one.
                    yield b"".join(b"data: %b\n\n" % note for note in batch.notes)
                # Whoever asks for the next has handed on what he got.
                _count(metrics, "sse", batch)
                coming = asyncio.ensure_future(anext(batches))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _count(metrics: StreamMetrics, door: str, batch: Batch) -> None:
    committed_at = batch.lines[0].committed_at if batch.lines else None
    metrics.sent(door, len(batch.lines), committed_at, resync=batch.resync is not None)


def _frame(name: bytes, batch: Batch) -> bytes:
    """A message of the stream; events are joined, not encoded again."""
    if batch.resync is not None:
        return b'{"topic":%b,"resync":%d}' % (name, batch.resync)
    return b'{"topic":%b,"events":[%b]}' % (name, b",".join([*(line.json for line in batch.lines), *batch.notes]))


def _strings(value: object) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]
