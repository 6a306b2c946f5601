"""Nothing below /api/v1 answers without a login; what each kind of login may, and when it ends."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api_client import BASE, LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.runtime import Runtime
from concertmaster.security.throttle import CAPACITY
from factories import document

ORIGIN = {"Origin": BASE}
OPEN = {"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs"}


@asynccontextmanager
async def logged_in(client: httpx.AsyncClient, app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that has only a session's cookie, as a browser."""
    link = (await client.post("/login-links")).raise_for_status().json()["path"]
    async with make_client(app, headers=ORIGIN) as browser:
        answer = await browser.post("/login", json={"token": link.removeprefix("/login#")})
        assert answer.status_code == 200
        yield browser


async def token(client: httpx.AsyncClient, name: str, *scopes: str, **more: str) -> tuple[str, dict[str, str]]:
    """Id of a fresh token, and the headers that show it."""
    made = (await client.post("/tokens", json={"name": name, "scopes": scopes, **more})).raise_for_status().json()
    assert made["token"].startswith("cm_")
    return made["id"], {"Authorization": f"Bearer {made['token']}"}


async def test_every_route_but_the_open_ones_needs_a_login(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as nobody:
        tried = 0
        for path, methods in app.openapi()["paths"].items():
            for method in methods:
                if not path.startswith("/api/v1/") or path == "/api/v1/login":
                    continue
                # Each from an address of its own, as far as the throttle can tell.
                transport = httpx.ASGITransport(app, client=(f"10.0.0.{tried % 250}", 1))
                async with httpx.AsyncClient(transport=transport, base_url=BASE) as one:
                    answer = await one.request(method, path)
                assert (answer.status_code, answer.json()["code"]) == (401, "access.login"), path
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "concertmaster user login-link" in answer.json()["detail"]
                tried += 1
        assert tried > 30
        for path in OPEN:
            assert (await nobody.get(path)).status_code == 200
        assert (await nobody.get("/login")).status_code == 200
        assert (await nobody.get("/hooks/nothing")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer cm_wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer "},
        {"Authorization": b"Bearer \xff\xfe"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Cookie": "concertmaster_8000=wrong"},
        {"Cookie": "concertmaster_9000=wrong; =; concertmaster_8000"},
        {"Cookie": f"concertmaster_8000={TOKEN}"},
    ],
)
async def test_what_is_no_login_is_none(app: FastAPI, headers: dict[str, Any]) -> None:
    async with make_client(app, headers=headers) as client:
        answer = await client.get("/info")
    assert (answer.status_code, answer.json()["code"]) == (401, "access.login")


async def test_without_a_local_token_nobody_has_it(runtime: Runtime) -> None:
    async with make_client(create_app(runtime)) as client:
        for value in ("Bearer None", "Bearer", "Bearer "):
            assert (await client.get("/info", headers={"Authorization": value})).status_code == 401


async def test_a_link_logs_a_browser_in_once(client: httpx.AsyncClient, app: FastAPI) -> None:
    path = (await client.post("/login-links")).json()["path"]
    body = {"token": path.removeprefix("/login#")}
    async with make_client(app, headers=ORIGIN) as browser:
        answer = await browser.post("/login", json=body)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("concertmaster_8000=")
        assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} <= set(cookie.split("; "))
        assert (await browser.get("/me")).json()["name"] == "owner"
        again = await browser.post("/login", json=body)
        assert (again.status_code, again.json()["code"]) == (401, "access.login")
        assert "concertmaster user login-link" in again.json()["detail"]
        assert (await browser.post("/workflows", json=document())).status_code == 201


async def test_a_logout_ends_this_session_alone(client: httpx.AsyncClient, app: FastAPI) -> None:
    async with logged_in(client, app) as one, logged_in(client, app) as other:
        secret = one.cookies["concertmaster_8000"]
        left = await one.post("/logout")
        assert (left.status_code, "Max-Age=0" in left.headers["set-cookie"]) == (204, True)
        assert "concertmaster_8000" not in one.cookies
        assert (await one.get("/me", headers={"Cookie": f"concertmaster_8000={secret}"})).status_code == 401
        assert (await other.get("/me")).status_code == 200


async def test_a_cookie_changes_nothing_without_an_origin(client: httpx.AsyncClient, app: FastAPI) -> None:
    async with logged_in(client, app) as browser:
        del browser.headers["Origin"]
        assert (await browser.get("/me")).status_code == 200
        for headers in ({}, {"Origin": "http://evil.test"}, {"Origin": "null"}):
            answer = await browser.post("/workflows", json=document(), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "access.origin")


async def test_scopes_say_what_a_token_may(client: httpx.AsyncClient, app: FastAPI) -> None:
    (await client.post("/workflows", json=document())).raise_for_status()
    runs = "/workflows/hello/executions"
    wanted = {
        "read": (200, 403, 403, 403, 403),
        "run": (200, 200, 202, 403, 403),
        "admin": (200, 200, 202, 200, 200),
    }
    for scope, statuses in wanted.items():
        _, headers = await token(client, f"the {scope} one", scope)
        async with make_client(app, headers=headers) as program:
            answers = [
                await program.get("/workflows"),
                await program.get("/connections"),
                await program.post(runs, json={}),
                await program.put("/workflows/hello", json=document()),
                await program.get("/tokens"),
            ]
            assert tuple(answer.status_code for answer in answers) == statuses, scope
            assert {answer.json()["code"] for answer in answers if answer.is_error} <= {"access.denied", "access.scope"}
            assert (await program.get("/me")).json()["name"] == f"the {scope} one"
            # No form of asking nothing of the server is a way around.
            assert (await program.post("/login-links")).status_code == (201 if scope == "admin" else 403)
    async with make_client(app, headers=LOCAL) as local:
        used = {item["name"]: item["last_used_at"] for item in (await local.get("/tokens")).json()["items"]}
    assert used.keys() == {"the read one", "the run one", "the admin one"}


async def test_what_people_are_asked_no_program_that_runs_workflows_answers(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    ask = {"type": "flow.approve", "config": {"title": "Publish?"}}
    (await client.post("/workflows", json=document(nodes={"ask": ask}, edges=[], outputs={}))).raise_for_status()
    _, headers = await token(client, "ci", "run")
    async with make_client(app, headers=headers) as program, logged_in(client, app) as person, asyncio.timeout(30):
        (await program.post("/workflows/hello/executions", json={"inputs": {"n": 1}})).raise_for_status()
        while not (asked := (await program.get("/approvals")).json()["items"]):
            await asyncio.sleep(0.02)
        answer, approve = f"/approvals/{asked[0]['id']}", {"decision": "approved"}
        refused = await program.post(answer, json=approve)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
        assert "approval:decide" in refused.json()["detail"]
        # What else steers executions it may.
        assert (await program.post("/events/paid", json={})).is_success
        assert (await person.post(answer, json=approve)).json()["status"] == "approved"


async def test_a_token_works_until_it_is_revoked_or_has_expired(client: httpx.AsyncClient, app: FastAPI) -> None:
    id_, headers = await token(client, "ci", "read")
    async with make_client(app, headers=headers) as program:
        assert (await program.get("/me")).json()["kind"] == "token"
        taken = await client.post("/tokens", json={"name": "ci"})
        assert (taken.status_code, taken.json()["code"]) == (409, "token.exists")
        assert (await client.delete(f"/tokens/{id_}")).status_code == 204
        assert (await program.get("/me")).status_code == 401
        # Whoever is logged in as well is not let in under another name by mistake.
        async with logged_in(client, app) as browser:
            assert (await browser.get("/me", headers=headers)).status_code == 401
    [item] = (await client.get("/tokens")).json()["items"]
    assert item["revoked_at"] is not None
    assert headers["Authorization"].removeprefix("Bearer ") not in str(item)
    assert (await client.delete("/tokens/none")).json()["code"] == "token.not_found"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "local"}, "/name"),
        ({"name": "Owner"}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "ci", "scopes": []}, "/scopes"),
        ({"name": "ci", "scopes": ["root"]}, "/scopes/0"),
        ({"name": "ci", "expires_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}, "/expires_at"),
        ({"name": "ci", "expires_at": "2099-01-01T00:00:00"}, "/expires_at"),
    ],
)
async def test_a_wrong_token_is_not_made(client: httpx.AsyncClient, body: dict[str, object], pointer: str) -> None:
    answer = await client.post("/tokens", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await client.get("/tokens")).json()["items"] == []


async def test_who_guesses_is_slowed_down_and_nobody_else(client: httpx.AsyncClient, app: FastAPI) -> None:
    _, headers = await token(client, "ci", "read")
    link = (await client.post("/login-links")).json()["path"]
    async with make_client(app) as guesser:
        statuses: list[int] = []
        while 429 not in statuses:
            answer = await guesser.get("/info", headers={"Authorization": f"Bearer cm_{len(statuses)}"})
            statuses.append(answer.status_code)
            assert len(statuses) < 10 * CAPACITY
        assert len(statuses) > CAPACITY
        assert answer.json()["code"] == "access.too_many"
        assert int(answer.headers["retry-after"]) >= 1
        assert (await guesser.post("/login", json={"token": "guess"})).status_code == 429
        # The same address, and good: no harm done.
        assert (await client.get("/info")).status_code == 200
        assert (await guesser.get("/info", headers=headers)).status_code == 200
        assert (await guesser.post("/login", json={"token": link.removeprefix("/login#")})).status_code == 200
    elsewhere = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url=BASE) as other:
        assert (await other.get("/api/v1/info")).status_code == 401


async def test_the_audit_names_who_did_it(client: httpx.AsyncClient, app: FastAPI, workspace: Path) -> None:
    _, headers = await token(client, "deploy bot", "admin")
    async with make_client(app, headers=headers) as program, logged_in(client, app) as browser:
        for number, one in enumerate((client, program, browser)):
            (await one.post("/workflows", json=document(f"flow-{number}"))).raise_for_status()
    query = "SELECT target, actor FROM audit WHERE target LIKE 'workflow:%'"
    with closing(sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")) as database:
        named = dict(database.execute(query))
    assert named == {"workflow:flow-0": "local", "workflow:flow-1": "deploy bot", "workflow:flow-2": "owner"}


async def test_a_session_in_use_is_prolonged_with_its_cookie(
    client: httpx.AsyncClient, app: FastAPI, workspace: Path
) -> None:
    async with logged_in(client, app) as browser:
        assert "set-cookie" not in (await browser.get("/me")).headers
        with closing(sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")) as database:
            # As if it had been two hours ago.
            database.execute("UPDATE sessions SET last_seen = last_seen - 7200000000, expires_at = expires_at - 1")
            database.commit()
        answer = await browser.get("/me")
        assert f"concertmaster_8000={browser.cookies['concertmaster_8000']}" in answer.headers["set-cookie"]
        assert "Max-Age=2592000" in answer.headers["set-cookie"]
        while "set-cookie" in answer.headers:
            answer = await browser.get("/me")


async def test_only_who_manages_the_instance_may_remove_data(client: httpx.AsyncClient, app: FastAPI) -> None:
    _, shown = await token(client, "runs", "run")
    async with make_client(app, headers=shown) as runs:
        for refused in (
            await runs.post("/outputs/clean", params={"dry_run": "true"}),
            await runs.get("/outputs/clean"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
    assert (await client.get("/outputs/clean")).json()["status"] == "never"
    begun = await client.post("/outputs/clean", params={"dry_run": "true"})
    assert (begun.status_code, begun.json()["status"]) == (202, "running")
    while (shown := (await client.get("/outputs/clean")).json())["status"] == "running":
        await asyncio.sleep(0.01)
    assert shown == {
        "status": "done",
        "dry_run": True,
        "executions": 0,
        "artifacts": 0,
        "size_bytes": 0,
        "message": None,
    }
