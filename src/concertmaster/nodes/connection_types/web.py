"""Connections to servers that speak HTTP, and what webhook triggers check callers with."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from concertmaster.nodes.connection_types.model import ConnectionModel, Text, when
from concertmaster.nodes.credentials import Secret

Url = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^https?://[^\s/@]+(/\S*)?$")]
HeaderName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Auth = Literal["none", "bearer", "basic", "header", "query", "oauth2"]
# What each way needs.
_NEEDED: dict[Auth, tuple[str, ...]] = {
    "none": (),
    "bearer": ("token",),
    "basic": ("username",),
    "header": ("header", "value"),
    "query": ("query_parameter", "value"),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
_USED: dict[Auth, tuple[str, ...]] = {
    **_NEEDED,
    "basic": ("username", "password"),
    "oauth2": (*_NEEDED["oauth2"], "scope"),
}
# In this order; a lone password or value is of a way that is not complete.
_TELLS: tuple[tuple[str, Auth], ...] = (
    ("token", "bearer"),
    ("username", "basic"),
    ("password", "basic"),
    ("query_parameter", "query"),
    ("header", "header"),
    ("value", "header"),
    ("token_url", "oauth2"),
    ("client_id", "oauth2"),
    ("client_secret", "oauth2"),
)


class Http(ConnectionModel):
    """A server that speaks HTTP: an API, a web service."""

    base_url: Annotated[
        Url | None, Field(description="Relative URLs start there, and the credentials go to that server only.")
    ] = None
    auth: Annotated[
        Auth | None, Field(description="How to log in; left out, the other fields tell.", title="Authentication")
    ] = None
    token: Annotated[
        Secret | None,
        Field(description="Sent as `Authorization: Bearer ...`.", json_schema_extra=when("auth", "bearer")),
    ] = None
    username: Annotated[Text | None, Field(json_schema_extra=when("auth", "basic"))] = None
    password: Annotated[Secret | None, Field(json_schema_extra=when("auth", "basic"))] = None
    header: Annotated[
        HeaderName | None,
        Field(description="Name of the header, such as X-Api-Key.", json_schema_extra=when("auth", "header")),
    ] = None
    query_parameter: Annotated[
        Text | None, Field(description="Name of the query parameter.", json_schema_extra=when("auth", "query"))
    ] = None
    value: Annotated[
        Secret | None,
        Field(
            description="The key that the header or parameter carries.",
            json_schema_extra=when("auth", "header", "query"),
        ),
    ] = None
    token_url: Annotated[
        Url | None,
        Field(description="Where tokens are asked for (client credentials).", json_schema_extra=when("auth", "oauth2")),
    ] = None
    client_id: Annotated[Text | None, Field(json_schema_extra=when("auth", "oauth2"))] = None
    client_secret: Annotated[Secret | None, Field(json_schema_extra=when("auth", "oauth2"))] = None
    scope: Annotated[
        Text | None, Field(description="Scopes, separated by spaces.", json_schema_extra=when("auth", "oauth2"))
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = {name for name, value in self if value is not None} - {"auth", "base_url"}
        if not given and self.base_url is None:
            raise PydanticCustomError("incomplete", "it needs `base_url`, or credentials such as `token`")
        auth = self.auth or auth_of(given)
        missing = [name for name in _NEEDED[auth] if name not in given]
        unused = sorted(given - set(_USED[auth]))
        if missing:
            raise PydanticCustomError(
                "incomplete", "with `auth: {auth}` it needs {missing}", {"auth": auth, "missing": " and ".join(missing)}
            )
        if unused:
            raise PydanticCustomError(
                "unused",
                "{unused} is not used with `auth: {auth}`; leave it out, or choose another `auth`",
                {"auth": auth, "unused": ", ".join(unused)},
            )
        return self


def auth_of(given: set[str]) -> Auth:
    """The way to log in that the given fields tell."""
    for name, auth in _TELLS:
        if name in given:
            return auth
    return "none"


class Slack(ConnectionModel):
    """An incoming webhook of Slack, Mattermost or another chat that takes the same."""

    url: Annotated[Secret, Field(title="Webhook URL", description="The whole address; whoever knows it can post.")]

    @model_validator(mode="after")
    def _is_url(self) -> Self:
        if not self.url.reveal().startswith(("https://", "http://")):
            raise PydanticCustomError("not_url", "`url` must begin with https://")
        return self


class Webhook(ConnectionModel):
    """What a webhook trigger checks its callers with: a secret for `hmac`, username and password for `basic`."""

    secret: Annotated[Secret | None, Field(description="That the caller signs with (`auth: hmac`).")] = None
    username: Annotated[Text | None, Field(description="Of `auth: basic`.")] = None
    password: Annotated[Secret | None, Field(description="Of `auth: basic`.")] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.secret is None and self.username is None:
            raise PydanticCustomError("incomplete", "it needs `secret`, or `username` and `password`")
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("incomplete", "`username` and `password` go together")
        return self
