"""The API as commands use it: through the server of the data folder, or, when there is none, inside this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import httpx
import orjson

from concertmaster.cli.terminal import problems_from
from concertmaster.config import SERVER_FILE, TOKEN_FILE, Settings, read
from concertmaster.domain.errors import (
    ConcertMasterError,
    Conflict,
    Invalid,
    NotFound,
    OperationalError,
    UserError,
)
from concertmaster.observability.logging import configure
from concertmaster.security.tokens import new_secret
from concertmaster.storage.data_folder import hold_data_folder

STARTING_SECONDS = 5.0
LOADING_LOOK_SECONDS = 0.2
TIMEOUT = httpx.Timeout(30, read=90)
# Of an id as it is written in full, and the most executions that one page has.
ID_LENGTH = 36
NEWEST = 1000
T = TypeVar("T")
INSIDE = "http://127.0.0.1:8000"


class Api:
    """Requests and their errors; what the server refuses is raised as the error that it was there."""

    def __init__(self, http: httpx.AsyncClient, *, served: bool = True) -> None:
        """Args:
        served: by a server, so that there are pages for a browser.
        """
        self._http = http
        self.served = served

    @property
    def url(self) -> str:
        """Where the server is, without a slash at the end."""
        return str(self._http.base_url).rstrip("/")

    async def get(self, path: str, /, **query: Any) -> dict[str, Any]:
        """GET below `/api/v1`; query values that are None are left out."""
        return await self._send("GET", path, params=_given(query))

    async def execution(self, id_: str) -> str:
        """The whole id of an execution that is named by its last characters, as the pages for a browser show it.

        Raises:
            NotFound: `execution.not_found`, none of the newest ones ends so.
            UserError: `execution.ambiguous`.
        """
        if len(id_) >= ID_LENGTH:
            return id_
        page = await self.get("/executions", limit=NEWEST)
        found = [item["id"] for item in page["items"] if item["id"].endswith(id_)] if id_ else []
        if not found:
            told = f"There is no execution {id_}, and none of the {NEWEST:,} newest ends so"
            raise NotFound("execution.not_found", told)
        if len(found) > 1:
            raise UserError("execution.ambiguous", f"{len(found):,} executions end with {id_}; give more of the id")
        return found[0]

    async def get_of(self, id_: str, path: str, /, **query: Any) -> dict[str, Any]:
        """GET below an execution, whose id may be a short one, as in `execution`."""
        return await self.get(f"/executions/{quote(await self.execution(id_), safe='')}{path}", **query)

    async def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """POST JSON below `/api/v1`."""
        return await self._send("POST", path, params=_given(query), json=body)

    async def put(self, path: str, body: Any) -> dict[str, Any]:
        """PUT JSON below `/api/v1`."""
        return await self._send("PUT", path, json=body)

    async def post_text(self, path: str, text: bytes, *, json: bool, **query: Any) -> dict[str, Any]:
        """POST a workflow document as it is written."""
        headers = {"Content-Type": "application/json" if json else "application/yaml"}
        return await self._send("POST", path, params=_given(query), content=text, headers=headers)

    async def delete(self, path: str) -> None:
        """DELETE below `/api/v1`."""
        await self._send("DELETE", path)

    async def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, f"/api/v1{path}", **options)
            if _is_loading(response):
                # It was refused before anything happened.
                await _until_loaded(self._http)
                response = await self._http.request(method, f"/api/v1{path}", **options)
        except httpx.HTTPError as error:
            raise OperationalError(
                "server.unreachable", f"The server at {self._http.base_url} does not answer: {error or type(error)}"
            ) from error
        if response.is_error:
            raise _error_of(response)
        return cast("dict[str, Any]", orjson.loads(response.content)) if response.content else {}


async def _until_loaded(http: httpx.AsyncClient) -> None:
    """Wait until the server has loaded its node types; it gives up by itself after a time."""
    while True:
        if not _is_loading(await http.get("/readyz")):
            return
        await asyncio.sleep(LOADING_LOOK_SECONDS)


def _is_loading(response: httpx.Response) -> bool:
    return response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and b'"registry.loading"' in response.content


@asynccontextmanager
async def connect(settings: Settings, *, inside: bool = True, makes: bool = False) -> AsyncGenerator[Api]:
    """The API of the data folder: its server's if one runs, else one inside this process for as long as it takes.

    Args:
        inside: whether it may be inside this process.
        makes: whether the data folder is made where there is none: who only looks finds nothing, and leaves nothing.
    Raises:
        Conflict: `data_folder.locked`, by a process that serves nobody (another `run`).
        OperationalError: `server.missing`, none runs and `inside` is false; `server.token`; `data_folder.missing`.
    """
    if inside and not makes:
        _demand_folder(settings)
    with ExitStack() as stack:
        url = await _held_or_url(settings, stack)
        if url is not None:
            token = _local_token(settings.resolved_data_dir)
            async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False, headers=bearer(token)) as http:
                yield Api(http)
            return
        if not inside:
            raise OperationalError(
                "server.missing",
                f"No server runs on the data folder {settings.resolved_data_dir}; start one with `concertmaster up`, "
                "or name its folder with --data-dir",
                retryable=False,
            )
        folder = settings.resolved_data_dir
        # So that whoever finds the folder locked can say by whom.
        stack.callback((folder / SERVER_FILE).unlink, missing_ok=True)
        try:
            (folder / SERVER_FILE).write_bytes(orjson.dumps({"pid": os.getpid()}))
        except OSError as error:
            raise OperationalError(
                "data_folder.not_writable",
                f"The data folder {folder} cannot be written: {error.strerror}; free some space, or choose another "
                "with --data-dir",
                retryable=False,
            ) from error
        # The server's parts take a second and more: who asks a server that runs does without.
        from concertmaster.api.app import create_app  # noqa: PLC0415
        from concertmaster.bootstrap import build  # noqa: PLC0415

        async with build(settings, recover=False) as runtime:
            # The check of logins is the same everywhere; nobody but this process knows this token.
            token = new_secret()
            transport = httpx.ASGITransport(create_app(runtime, local_token=token))
            async with httpx.AsyncClient(
                transport=transport, base_url=INSIDE, timeout=TIMEOUT, headers=bearer(token)
            ) as http:
                yield Api(http, served=False)


def with_api(work: Callable[[Api], Coroutine[Any, Any, T]], data_dir: Path | None, *, makes: bool = False) -> T:
    """Run something with the API of the data folder; `makes` as in `connect`."""
    settings = read(data_dir=data_dir)
    configure("warning", settings.log_format)

    async def connected() -> T:
        async with connect(settings, makes=makes) as api:
            return await work(api)

    return asyncio.run(connected())


def _demand_folder(settings: Settings) -> None:
    folder = settings.resolved_data_dir
    if not settings.database_url and not folder.exists():
        raise OperationalError(
            "data_folder.missing",
            f"There is no data folder {folder}: go to the folder of your workspace, or name its data folder with "
            "--data-dir; `concertmaster run FILE` and `concertmaster up` make one",
            retryable=False,
        )


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def _local_token(folder: Path) -> str:
    """The token that the server of this folder wrote for programs of its user."""
    try:
        return (folder / TOKEN_FILE).read_text().strip()
    except OSError as error:
        raise OperationalError(
            "server.token",
            f"{folder / TOKEN_FILE}: {error.strerror}; run this as the user who started the server, and restart the "
            "server if the file is gone",
            retryable=False,
        ) from error


def serves(settings: Settings) -> bool:
    """Whether a server seems to run on the data folder, found out without taking or making anything."""
    try:
        found = cast("dict[str, Any]", orjson.loads((settings.resolved_data_dir / SERVER_FILE).read_bytes()))
        os.kill(int(found["pid"]), 0)
    except PermissionError:
        return True
    except (OSError, KeyError, ValueError, TypeError):
        return False
    return isinstance(found.get("url"), str)


async def _held_or_url(settings: Settings, stack: ExitStack) -> str | None:
    """Take the data folder (None), or find the address of the server that has it; one that starts is waited for."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STARTING_SECONDS
    while True:
        try:
            stack.enter_context(hold_data_folder(settings))
        except Conflict as locked:
            holder = cast("dict[str, Any]", locked.details.get("holder") or {})
            if isinstance(holder.get("url"), str):
                return holder["url"]
            if loop.time() > deadline or "pid" in holder:
                raise
            await asyncio.sleep(0.1)
        else:
            return None


def _given(query: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }


def _error_of(response: httpx.Response) -> ConcertMasterError:
    try:
        body = cast("dict[str, Any]", orjson.loads(response.content))
        code, message = str(body["code"]), str(body["detail"])
        problems = problems_from(body.get("errors") or [])
    except (ValueError, KeyError, TypeError):
        return OperationalError("server.answer", f"The server answered {response.status_code} without an explanation")
    if problems:
        return Invalid(code, message, problems)
    kinds: dict[int, type[UserError]] = {404: NotFound, 409: Conflict}
    if response.status_code >= 500:
        return OperationalError(code, message)
    return kinds.get(response.status_code, UserError)(code, message)
