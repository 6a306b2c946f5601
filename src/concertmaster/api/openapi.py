"""What FastAPI does not see of the check that stands before the routes: the ways to log in, in the schema."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

SCHEMES: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token: `concertmaster token create NAME`"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "concertmaster_8000",
        "description": "Set by a login link; the number is the server's port",
    },
}


def describe_logins(app: FastAPI) -> None:
    """Let the schema say which routes need a login, and how to show one."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        schema = plain()
        schema.setdefault("components", {})["securitySchemes"] = SCHEMES
        for path, item in schema["paths"].items():
            if path.startswith("/api/v1/") and path != "/api/v1/login":
                for operation in item.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return schema

    app.openapi = described
