"""`concertmaster up`: API, web UI and engine in one process, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import signal
import socket
import sys
import webbrowser
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn
import uvloop
from rich.text import Text

from concertmaster.api.app import create_app
from concertmaster.api.security import demand_loopback
from concertmaster.bootstrap import Runtime, build
from concertmaster.cli.client import TIMEOUT, Api, bearer
from concertmaster.cli.demo import install_files, run_demo
from concertmaster.cli.http_door import Door, raise_descriptors
from concertmaster.cli.terminal import console, explain
from concertmaster.cli.user import login_link
from concertmaster.config import SERVER_FILE, TOKEN_FILE, Settings, read
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.inspection import not_common, other_servers, unknown_limits
from concertmaster.observability.logging import configure
from concertmaster.security.tokens import new_secret
from concertmaster.storage.data_folder import hold_data_folder

SHUTDOWN_SECONDS = 3


def serve(*, host: str | None, port: int | None, data_dir: Path | None, demo: bool, open_browser: bool) -> None:
    """Serve until SIGINT or SIGTERM. Raises on what keeps it from starting; nothing is left behind then."""
    settings = read(host=host, port=port, data_dir=data_dir)
    configure(settings.log_level, settings.log_format)
    demand_loopback(settings.host)
    with ExitStack() as stack:
        folder = stack.enter_context(hold_data_folder(settings))
        listener = stack.enter_context(contextlib.closing(listen(settings.host, settings.port)))
        # A copy of the process, as `multiprocessing` in a node makes it, would keep the port when the server is gone.
        os.register_at_fork(after_in_child=partial(_let_go, listener))
        if demo:
            install_files(settings.resolved_workspace, console())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, folder, listener, demo=demo, open_browser=open_browser))


def _let_go(listener: socket.socket) -> None:
    # `close` would wait for the event loop, which does not run in a copy.
    with contextlib.suppress(OSError):
        os.close(listener.detach())


class _Server(uvicorn.Server):
    """Ends on signals without raising them once more: the runtime around it still has to close in order."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def _serve(settings: Settings, folder: Path, listener: socket.socket, *, demo: bool, open_browser: bool) -> None:
    out = console()
    port = listener.getsockname()[1]
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{name}:{port}"
    _warn(not_common(settings, await other_servers(settings)))
    async with build(settings, early=True) as runtime:
        token = new_secret()
        app = create_app(
            runtime, host=settings.host, port=port, max_body_bytes=settings.max_body_bytes, local_token=token
        )
        door = Door(raise_descriptors())
        config = uvicorn.Config(
            app,
            loop="none",
            http=door.protocol,
            backlog=door.backlog,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=64 * 1024,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        server = _Server(config)
        _announce(folder, host=settings.host, port=port, url=url, token=token)
        if runtime.recovered:
            noun = "execution" if runtime.recovered == 1 else "executions"
            out.print(f"going on with {runtime.recovered} unfinished {noun}")
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False, headers=bearer(token))
        showing = asyncio.create_task(_show(runtime, server, out, http, demo=demo, open_browser=open_browser))
        try:
            await serving
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
            for name in (SERVER_FILE, TOKEN_FILE):
                (folder / name).unlink(missing_ok=True)


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        console(error=True).print(Text.assemble(("warning: ", "yellow"), line))


async def _show(
    runtime: Runtime, server: uvicorn.Server, out: Any, http: httpx.AsyncClient, *, demo: bool, open_browser: bool
) -> None:
    """What `up` tells once it is ready: the demo's run when asked for, the address, and a link to log in with."""
    async with http:
        api = Api(http)
        await runtime.loaded.wait()
        types = [item["id"] for item in runtime.node_types.list(LOCAL_ADMIN)]
        names = [item.name for item in await runtime.connections.list(LOCAL_ADMIN)]
        _warn(unknown_limits(runtime.settings, types, names))
        # Connections wait in the listener's queue until the server takes them.
        await http.get("/readyz")
        if demo:
            try:
                await run_demo(api, out)
            except ConcertMasterError as error:
                explain(error)
        # `--port 0` and programs that start us read the address from this line.
        out.print(Text.assemble("ConcertMaster is ready: ", (api.url, "bold underline")), soft_wrap=True)
        page = api.url
        try:
            page = await login_link(api)
        except ConcertMasterError as error:
            explain(error)
        else:
            told = ("  (opens once, within 15 minutes; then: concertmaster user login-link)", "dim")
            out.print(Text.assemble("log in: ", (page, "bold underline"), told), soft_wrap=True)
    out.print(Text("Ctrl+C ends it; executions go on at the next start", style="dim"))
    sys.stdout.flush()
    if open_browser and not server.should_exit:
        await asyncio.to_thread(webbrowser.open, page)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OperationalError: `port.in_use`, `port.refused`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        in_use = error.errno == errno.EADDRINUSE
        reason = "is in use by another program" if in_use else f"cannot be opened: {error.strerror or error}"
        raise OperationalError(
            "port.in_use" if in_use else "port.refused",
            f"Port {port} on {host} {reason}; stop that program, or choose another port with --port",
            retryable=False,
            host=host,
            port=port,
        ) from error
    listener.setblocking(False)
    return listener


def _announce(folder: Path, *, host: str, port: int, url: str, token: str) -> None:
    """Write where we serve, and the owner's token; each file appears whole or not at all."""
    about = {
        "pid": os.getpid(),
        "host": host,
        "port": port,
        "url": url,
        "started_at": datetime.now(UTC),
    }
    _write_private(folder / TOKEN_FILE, token.encode())
    _write_private(folder / SERVER_FILE, orjson.dumps(about, option=orjson.OPT_UTC_Z))


def _write_private(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    draft.replace(path)
