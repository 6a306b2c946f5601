"""slack.send: a message through an incoming webhook of Slack, Mattermost, Teams or what takes the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from concertmaster import Connection, Context, OperationalError, UserError, node
from concertmaster.nodes.builtin.http_request import retry_after

_TIMEOUT = timedelta(seconds=30)
_LARGEST_ANSWER = 65_536
_SHOWN = 300
_NEW_WEBHOOK = "copy the address of the webhook anew, or make a new one"
# Of Slack; https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_FIXES = {
    "invalid_payload": "check `blocks` and `extra`",
    "invalid_blocks": "check `blocks`",
    "channel_is_archived": "choose a channel that is in use",
    "action_prohibited": "ask the owner of the workspace to allow it",
    "no_text": "fill in `text`",
}


@node(
    id="slack.send",
    category="messages",
    effect="write",
    idempotent=False,
    summary="text",
    icon="message-square",
    title="Send chat message",
)
async def slack_send(
    *,
    connection: Connection[Literal["slack"]],
    text: Annotated[str, Field(min_length=1, max_length=40_000, json_schema_extra={"format": "textarea"})],
    format: Literal["slack", "teams"] = "slack",
    title: Annotated[str, Field(max_length=200)] | None = None,
    channel: Annotated[str, Field(max_length=200)] | None = None,
    username: Annotated[str, Field(max_length=200)] | None = None,
    blocks: Sequence[Mapping[str, Any]] | None = None,
    extra: Mapping[str, Any] | None = None,
    context: Context,
) -> dict[str, int]:
    """Send a message to a chat through an incoming webhook.

    Slack, Mattermost, Rocket.Chat and Discord (its `/slack` address) take the same; `format: teams` is for workflows of
    Microsoft Teams, which get an adaptive card. When the chat asks to wait (429), a retry policy waits as long. These
    servers cannot tell a message that comes twice, so what may have arrived is not sent again by itself.

    The example needs a chat, and a connection `chat` with the address of a webhook.

    Args:
        connection: The webhook, a connection of type `slack`.
        text: What it says, in the chat's own markup; also what notifications show where there are `blocks`.
        format: Whose message it is.
        title: A heading above the text.
        channel: Another channel than that of the webhook, where the chat allows it.
        username: Who it seems to be from, where the chat allows it.
        blocks: Slack's Block Kit, in place of the text; of Teams, the body of the card.
        extra: Further keys of the message.

    Example:
        ```yaml
        concertmaster: 1
        name: tell-the-team
        nodes:
          tell: {type: slack.send, config: {connection: chat, text: "Execution {{ execution.id }} is done"}}
        outputs: {status: "{{ nodes.tell.status }}"}
        ```
    """
    url = connection.secret("url").reveal()
    body = _card(text, title, blocks) if format == "teams" else _message(text, title, channel, username, blocks)
    answer = await _posted(url, {**body, **(extra or {})}, context)
    if not answer.is_success:
        raise _refused(answer, urlsplit(url).hostname or "the chat")
    return {"status": answer.status_code}


async def _posted(url: str, body: Mapping[str, Any], context: Context) -> httpx.Response:
    try:
        # The address is the secret: it goes nowhere else, and into no message.
        return await context.http.post(
            url, json=dict(body), timeout=_TIMEOUT, max_bytes=_LARGEST_ANSWER, follow_redirects=False
        )
    except OperationalError as error:
        path = urlsplit(url).path
        message = error.message.replace(path, "/***") if len(path) > 1 else error.message
        raise OperationalError(error.code, message, retryable=error.retryable, **error.details) from None


def _message(
    text: str, title: str | None, channel: str | None, username: str | None, blocks: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    given = {
        "text": f"*{title}*\n{text}" if title else text,
        "channel": channel,
        "username": username,
        "blocks": None if blocks is None else [dict(block) for block in blocks],
    }
    return {name: value for name, value in given.items() if value is not None}


def _card(text: str, title: str | None, blocks: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """A message with a card; https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/"""
    heading = (
        [{"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": True}] if title else []
    )
    shown = [dict(block) for block in blocks] if blocks else [{"type": "TextBlock", "text": text, "wrap": True}]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [*heading, *shown],
        "fallbackText": text,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _refused(answer: httpx.Response, host: str) -> OperationalError | UserError:
    status, said = answer.status_code, " ".join(answer.text.split())[:_SHOWN]
    told = f"{host} answered {status} {answer.reason_phrase}".rstrip() + (f": {said}" if said else "")
    if status == 429:
        wait = retry_after(answer.headers.get("retry-after", ""))
        details: dict[str, Any] = {} if wait is None else {"retry_after_seconds": wait}
        fix = "it takes no more for a while; send less, or set a retry policy"
        return OperationalError("slack.too_many", f"{told}; {fix}", status=status, sent=False, **details)
    if status >= 500:
        # It may have come through all the same.
        return OperationalError("slack.unavailable", f"{told}; try again later", status=status, sent=True)
    moved = status in (301, 302, 303, 307, 308, 401, 403, 404, 410)
    fix = _FIXES.get(said, _NEW_WEBHOOK if moved else "check `text`, `blocks` and `extra`")
    return OperationalError("slack.refused", f"{told}; {fix}", retryable=False, status=status, sent=False)
