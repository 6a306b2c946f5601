"""The built web UI: hashed assets for ever, everything else the page that routes itself."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

STATIC = Path(__file__).resolve().parent.parent / "static"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ConcertMaster</title>
<body style="font: 16px/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>ConcertMaster runs</h1>
<p>The web UI is not part of this installation: it has not been built yet.
In a clone of the repository run <code>make web</code> and load this page again.</p>
<p>The API works: <a href="/api/docs">documentation</a>, <a href="/api/v1/info">info</a>.</p></body></html>"""


def install(app: FastAPI, static: Path = STATIC) -> None:
    """Serve the built files; must come after all other routes.

    Args:
        static: folder with `index.html` and `assets/`; looked at on every request, so a build shows at once.
    """
    root = static.resolve()

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(path: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if path == "api" or path.startswith(("api/", "hooks/")):
            raise HTTPException(404)
        found = _file(root, path)
        if found is not None and found.name != "index.html":
            return FileResponse(found, headers=_FOREVER if path.startswith("assets/") else _ASK_AGAIN)
        if path.startswith("assets/") or ("." in path and "/" not in path and path != "index.html"):
            # A missing file must not look like a page: the browser would take HTML for a script.
            # Deeper down a dot is part of a name, as in /node-types/table.sql.
            raise HTTPException(404)
        index = root / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, headers=_ASK_AGAIN)
        return FileResponse(index, headers=_ASK_AGAIN, media_type="text/html")


def _file(root: Path, path: str) -> Path | None:
    """The built file of a URL's path, if there is one; never one outside of `root`."""
    try:
        found = (root / path).resolve()
        return found if found.is_relative_to(root) and found.is_file() else None
    except (OSError, ValueError):
        # Longer than a name may be, or with a NUL in it.
        return None
