"""Only this machine, only our own pages; errors never tell more than they should; the web files."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api_client import BASE, LOCAL, TOKEN
from concertmaster.api import web
from concertmaster.api.app import create_app
from concertmaster.api.security import demand_loopback
from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.runtime import Runtime


@pytest.fixture
def plain(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=LOCAL)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST:8000"])
async def test_our_own_names_are_served(plain: httpx.AsyncClient, host: str) -> None:
    assert (await plain.get("/api/v1/info", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test:8000", "127.0.0.1", "127.0.0.1:9000", "127.0.0.1:8000.evil.test", "", "localhost:8000@evil"]
)
async def test_other_hosts_are_refused(plain: httpx.AsyncClient, host: str) -> None:
    for path in ("/api/v1/info", "/", "/readyz", "/api/docs"):
        answer = await plain.get(path, headers={"host": host})
        assert (answer.status_code, answer.json()["code"]) == (403, "access.host")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "https://127.0.0.1:8000", "http://127.0.0.1:9000", "null", "", "http://[::1", "http://a:x"],
)
async def test_writes_of_other_pages_are_refused(plain: httpx.AsyncClient, origin: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await plain.request(method, "/api/v1/workflows/x", headers={"origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "access.origin")


async def test_writes_of_our_own_page_and_of_programs_pass(plain: httpx.AsyncClient) -> None:
    for headers in ({"origin": "http://localhost:8000"}, {"origin": "http://127.0.0.1:8000"}, {}):
        answer = await plain.post("/api/v1/workflows/validate", content=b"a: 1", headers=headers)
        assert answer.status_code == 200
    cross = await plain.post("/api/v1/workflows/validate", content=b"{}", headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org", "localhost.evil.test"])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(UserError, match="no TLS yet"):
        demand_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]"])
def test_loopback_is_listened_on(host: str) -> None:
    demand_loopback(host)


async def test_unknown_routes_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).json()["code"] == "route.not_found"
    assert (await client.post("/info")).json()["code"] == "route.method_not_allowed"
    assert (await client.get("http://127.0.0.1:8000/api")).status_code == 404


async def test_a_bug_answers_500_with_the_id_that_the_log_has(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(runtime, local_token=TOKEN)

    @app.get("/api/v1/bug-for-test")
    async def bug() -> None:
        raise ZeroDivisionError("a detail that is nobody's business")

    # Before the route that answers everything else with the page.
    app.router.routes.insert(0, app.router.routes.pop())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=LOCAL) as http:
        with caplog.at_level(logging.ERROR):
            answer = await http.get("/api/v1/bug-for-test")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal.unexpected")
    assert "business" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    [record] = [record for record in caplog.records if record.exc_info]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)


async def test_an_outage_answers_503(runtime: Runtime) -> None:
    app = create_app(runtime, local_token=TOKEN)

    @app.get("/api/v1/full-for-test")
    async def full() -> None:
        raise OperationalError("disk.full", "The disk is full; make room")

    app.router.routes.insert(0, app.router.routes.pop())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=LOCAL) as http:
        answer = await http.get("/api/v1/full-for-test")
    assert (answer.status_code, answer.json()["code"]) == (503, "disk.full")
    assert answer.headers["retry-after"] == "1"


async def test_the_page_answers_every_route_of_the_browser_and_assets_live_for_ever(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>page</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    (tmp_path.parent / "secret.txt").write_text("secret")
    app = FastAPI()
    web.install(app, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        for path in ("/", "/workflows/flight-delays", "/runs/0197?node=a", "/index.html"):
            answer = await http.get(path)
            assert ("page" in answer.text, answer.headers["cache-control"]) == (True, "no-cache")
        asset = await http.get("/assets/index-abc.js")
        assert "immutable" in asset.headers["cache-control"]
        assert (await http.head("/")).status_code == 200
        for path in ("/assets/gone.js", "/gone.png", "/assets/../../secret.txt"):
            assert (await http.get(path)).status_code == 404
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt"):
            assert "secret" not in (await http.get(path)).text


async def test_without_a_build_the_page_says_what_to_do(tmp_path: Path) -> None:
    app = FastAPI()
    web.install(app, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        assert "make web" in (await http.get("/")).text
