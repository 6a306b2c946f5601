"""The file of a declarative node: what may stand in it, as models whose JSON Schema is that of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.domain.spec import Effect
from concertmaster.nodes.schema import DIALECT

FORMAT = 1
Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
DurationText = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(ms|s|m|h)$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestPart(_Part):
    """The request. Texts may hold expressions over `config` and `input`; a value in the URL is always escaped."""

    method: Method = Field(default="GET", description="What to do there.")
    url: str = Field(
        min_length=1,
        description="Where to; relative to the connection's `base_url` when that is set. What an expression gives is "
        "escaped, except where the URL begins with it.",
        examples=["https://api.example.com/cities/{{ config.city }}"],
    )
    headers: dict[str, Any] = Field(default={}, description="Further headers; those that are null are left out.")
    query: dict[str, Any] = Field(
        default={},
        description="Parameters put into the URL; a list repeats the name, those that are null are left out.",
    )
    body: Any = Field(default=None, description="Text is sent as it is, everything else as JSON.")
    timeout: DurationText = Field(default="30s", description="Of the whole exchange, or of each page.")
    response: Literal["auto", "json", "text", "base64"] = Field(
        default="auto", description="Form of the body; `auto` goes by the content type."
    )


class PagingPart(_Part):
    """How all pages of a list are fetched; see `http.paginate`."""

    by: Literal["link", "next_url", "cursor", "page", "offset"] = Field(
        description="How the next page is found: `link` by the header `Link`; `next_url` by a URL in the body; "
        "`cursor` by a value in the body; `page` and `offset` by counting until a page is empty."
    )
    items: str = Field(
        default="", description="Where the list is in the body, with dots; empty when the body is the list."
    )
    next: str = Field(default="next", description="Where the next URL or cursor is in the body, with dots.")
    parameter: str = Field(default="page", min_length=1, description="Query parameter that says which page.")
    start: int = Field(default=1, ge=0, description="Its value for the first page, with `page` and `offset`.")
    max_pages: int = Field(default=100, ge=1, le=10_000, description="More pages than this are a failure.")


class ResponsePart(_Part):
    """What the node gives. Texts may hold expressions over `answer`, `config` and `input`."""

    value: Any = Field(
        default=None,
        description="The result: expressions over `answer.status`, `answer.headers` and `answer.body`, or with paging "
        "`answer.items`. Default: the body, or all items.",
        examples=["{{ answer.body.data }}"],
    )
    each: Any = Field(
        default=None,
        description="Where the result is a list: what to make of each `item` (and `index`).",
        examples=[{"name": "{{ item.name }}"}],
    )
    json_schema: dict[str, Any] | None = Field(
        default=None, alias="schema", description="JSON Schema of the result, for whoever is wired to it."
    )


class ConnectionPart(_Part):
    """Credentials that the node may or must be given."""

    type: str = Field(default="http", min_length=1, description="Type of the connection.")
    required: bool = Field(default=True, description="Whether it does not work without.")


class Declaration(_Part):
    """A node type that sends HTTP requests, declared without Python."""

    concertmaster_node: Literal[1] = Field(description="Version of this format.")
    id: str = Field(
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", description="Dotted lower case, `weather.forecast`."
    )
    version: int = Field(
        default=1, ge=1, description="Raise it whenever the fields change so that workflows would break."
    )
    title: str = Field(default="", description="Default: the last part of the id in words.")
    description: str = Field(default="", description="What it does, in a sentence.")
    docs: str = Field(default="", description="More help, in Markdown.")
    category: str = Field(default="http", min_length=1, description="Group in the palette.")
    icon: str = Field(default="globe", description="Name of a Lucide icon.")
    tags: list[str] = Field(default=[], description="Further words to find it by.")
    effect: Effect | None = Field(
        default=None, description="Default: `read` for GET, HEAD and OPTIONS, `write` for everything else."
    )
    idempotent: bool = Field(default=True, description="False: a write is never repeated blindly.")
    connection: ConnectionPart | str | None = Field(
        default=None,
        description="Credentials: the type of a connection, which is required then, or `{type, required}`.",
    )
    config: dict[str, dict[str, Any]] = Field(
        default={},
        description="The fields: a JSON Schema by name. One without `default` is required; `default: null` makes it "
        "optional.",
    )
    request: RequestPart = Field(description="What is sent.")
    paging: PagingPart | None = Field(default=None, description="Where the answer is a list in pages.")
    response: ResponsePart = Field(
        default=ResponsePart(), description="What of the answer becomes the result; default: its body."
    )
    summary: str | None = Field(
        default=None, description="Field that is shown on the card; default the first required one."
    )
    example: str = Field(default="", description="A runnable workflow, as text.")


def file_schema() -> Mapping[str, Any]:
    """JSON Schema (draft 2020-12) of the file."""
    schema = Declaration.model_json_schema(by_alias=True)
    # Defaults that are models come as what they dump to; nobody needs them.
    schema["properties"]["response"].pop("default", None)
    return {"$schema": DIALECT, "title": "Declarative node of ConcertMaster", **schema}
