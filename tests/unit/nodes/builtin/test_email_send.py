"""email.send against a real mail server of the tests' own."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from certificates import make_certificate
from concertmaster import Connection, File, OperationalError, UserError
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.nodes.builtin.email_send import email_send
from concertmaster.nodes.connection_types.catalog import check_values, with_defaults
from connection_servers import free_port
from engine_harness import example_of, running_engine
from mail_server import Mailbox, mail_server
from node_context import PlainContext
from node_tables import stored

EXAMPLE = Path(__file__).parents[4] / "examples" / "mail-report.yaml"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.reset()
    return server


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[PlainContext]:
    async with GuardedClient(EgressRules.parse("127.0.0.1")) as client:
        yield PlainContext(tmp_path, http=client)


def connection(port: int, **values: Any) -> Connection[Any]:
    given = {"host": "127.0.0.1", "port": port, "security": "none", "from_address": "robot@example.com", **values}
    checked, problems = check_values("smtp", given)
    assert problems == []
    return Connection("smtp", "mail", with_defaults("smtp", checked))


async def send(port: int, context: PlainContext, *, via: dict[str, Any] | None = None, **config: Any) -> Any:
    given: dict[str, Any] = {"to": ["ann@example.com"], "subject": "Hello", "text": "Hello, Ann!", **config}
    return await email_send(connection=connection(port, **(via or {})), context=context, **given)


async def refusal(port: int, context: PlainContext, **config: Any) -> UserError | OperationalError:
    with pytest.raises((UserError, OperationalError)) as caught:
        await send(port, context, **config)
    return caught.value


async def test_a_mail_says_what_it_was_told(mailbox: Mailbox, context: PlainContext) -> None:
    sent = await send(
        mailbox.port,
        context,
        to=["Ann Läe <ann@example.com>", "bob@bücher.example", "ann@example.com"],
        cc=["cy@example.com"],
        bcc=["dee@example.com"],
        reply_to=["help@example.com"],
        subject="Grüße, „alle“",
        text="Grüße\n.\nEnde",
        html="<p>Grüße</p>",
    )
    everybody = ["ann@example.com", "bob@xn--bcher-kva.example", "cy@example.com", "dee@example.com"]
    assert sent["accepted"] == everybody == mailbox.taken[0].rcpt_tos
    assert (sent["refused"], mailbox.taken[0].mail_from) == ([], "robot@example.com")
    (mail,) = mailbox.mails
    assert mail["to"].addresses[0].display_name == "Ann Läe"
    assert (mail["cc"], mail["bcc"], mail["reply-to"]) == ("cy@example.com", None, "help@example.com")
    assert (mail["subject"], mail["message-id"]) == ("Grüße, „alle“", sent["message_id"])
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == "Grüße\n.\nEnde\n"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"
    assert b"\xc3" not in mailbox.taken[0].content


async def test_another_attempt_has_the_same_message_id(mailbox: Mailbox, context: PlainContext) -> None:
    first = await send(mailbox.port, context)
    context.attempt = 2
    assert (await send(mailbox.port, context))["message_id"] == first["message_id"]
    context.idempotency_key = "execution/node/2"
    assert (await send(mailbox.port, context))["message_id"] != first["message_id"]


async def test_files_and_tables_are_attached(mailbox: Mailbox, context: PlainContext, tmp_path: Path) -> None:
    (tmp_path / "note.pdf").write_bytes(b"%PDF-\x00\xff")
    note = File(tmp_path / "note.pdf", name="../no\nte.pdf")
    await send(mailbox.port, context, attachments=[note, None, note])
    first, second = mailbox.mails[0].iter_attachments()
    assert (first.get_filename(), first.get_content_type()) == (".._no_te.pdf", "application/pdf")
    assert (second.get_filename(), second.get_content()) == (".._no_te-2.pdf", b"%PDF-\x00\xff")
    table = stored(tmp_path, {"carrier": ["UA", "=1+1"], "mean_delay": [30.0, None]})
    for format, read in (("csv", pl.read_csv), ("excel", pl.read_excel), ("parquet", pl.read_parquet)):
        await send(mailbox.port, context, attachments=[table], table_format=format)
        (attached,) = mailbox.mails[-1].iter_attachments()
        content = attached.get_content()
        (tmp_path / format).write_bytes(content if isinstance(content, bytes) else content.encode())
        assert read(tmp_path / format).rows() == [("UA", 30.0), ("=1+1", None)]
    assert attached.get_filename() == "table.parquet"
    wrong = await refusal(mailbox.port, context, attachments=[{"no": "file"}])
    assert (wrong.code, wrong.details["sent"]) == ("email.attachment", False)


async def test_what_is_too_large_is_not_sent(mailbox: Mailbox, context: PlainContext, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 2_500_000)
    big = File(tmp_path / "big")
    bounded = await refusal(mailbox.port, context, attachments=[big], max_mb=2)
    assert (bounded.code, "max_mb" in bounded.message) == ("email.too_large", True)
    told = await refusal(mailbox.port, context, attachments=[big])
    assert (told.code, "the mail server takes 2.9 MiB" in told.message) == ("email.too_large", True)
    assert mailbox.taken == []


@pytest.mark.parametrize(
    "config",
    [
        {"subject": "Hello\nBcc: eve@example.com"},
        {"to": ["ann@example.com\r\nBcc: eve@example.com"]},
        {"reply_to": ["a@example.com\n"]},
        {"sender": "Robot\n <robot@example.com>"},
    ],
)
async def test_nobody_adds_headers(mailbox: Mailbox, context: PlainContext, config: dict[str, Any]) -> None:
    error = await refusal(mailbox.port, context, **config)
    assert (error.code, mailbox.taken) == ("email.header_injection", [])


async def test_odd_addresses_are_named(mailbox: Mailbox, context: PlainContext) -> None:
    for text in ("ann", "ann@", "a b@example.com", "ann@example.com, bob@example.com", "<>", "a@" + "b" * 300):
        error = await refusal(mailbox.port, context, to=["ok@example.com", text])
        assert (error.code, text[:20] in error.message) == ("email.address", True)
    assert (await refusal(mailbox.port, context, to=[])).code == "email.no_recipient"
    nobody = await refusal(mailbox.port, context, via={"from_address": None})
    assert (nobody.code, "from_address" in nobody.message) == ("email.no_sender", True)


async def test_who_is_refused_is_named(mailbox: Mailbox, context: PlainContext) -> None:
    mailbox.refuse = {"bob@example.com": "550 no such user", "cy@example.com": "451 try later"}
    sent = await send(mailbox.port, context, to=["ann@example.com", "bob@example.com"])
    assert sent["accepted"] == ["ann@example.com"]
    assert sent["refused"] == [{"address": "bob@example.com", "status": 550, "reason": "no such user"}]
    nobody = await refusal(mailbox.port, context, to=["bob@example.com"])
    assert nobody.code == "email.all_refused"
    assert "bob@example.com (550 no such user)" in nobody.message
    assert (nobody.retryable, nobody.details["sent"]) == (False, False)
    later = await refusal(mailbox.port, context, to=["cy@example.com"])
    assert (later.code, later.retryable) == ("email.all_refused", True)


async def test_a_refused_mail_and_a_lost_connection_are_told_apart(mailbox: Mailbox, context: PlainContext) -> None:
    mailbox.answer = "554 looks like spam"
    refused = await refusal(mailbox.port, context)
    assert (refused.code, refused.retryable, refused.details["sent"]) == ("email.refused", False, False)
    mailbox.hang_up = True
    lost = await refusal(mailbox.port, context)
    assert (lost.code, lost.retryable, lost.details["sent"]) == ("email.connection_lost", True, True)


async def test_tls_is_checked(context: PlainContext, tmp_path: Path) -> None:
    own = make_certificate(tmp_path)
    for security, options in (("tls", {"tls": own.server_context()}), ("starttls", {"starttls": own.server_context()})):
        with mail_server(**options) as mailbox:
            via = {"security": security, "username": "ann", "password": "the-right-one"}
            stranger = await refusal(mailbox.port, context, via=via)
            assert (stranger.code, mailbox.taken) == ("smtp.tls_failed", [])
            await send(mailbox.port, context, via={**via, "ca_certificate": own.text})
            assert len(mailbox.taken) == 1
            bad = await refusal(
                mailbox.port, context, via={**via, "ca_certificate": own.text, "password": "s3cr3t-pass-word"}
            )
            assert (bad.code, "s3cr3t" in bad.message) == ("smtp.login_refused", False)


async def test_only_servers_that_may_be_reached_are(mailbox: Mailbox, tmp_path: Path) -> None:
    async with GuardedClient(EgressRules()) as client:
        error = await refusal(mailbox.port, PlainContext(tmp_path, http=client))
    assert (error.code, error.details["sent"]) == ("http.egress_refused", False)


async def test_a_server_that_is_not_there_is_named(context: PlainContext) -> None:
    port = free_port()
    error = await refusal(port, context)
    assert (error.code, error.retryable, error.details["sent"]) == ("network.connect_failed", True, False)
    assert f"127.0.0.1:{port}: Connection refused. Check host and port" in error.message


async def test_a_cancelled_mail_leaves_no_thread(context: PlainContext) -> None:
    import asyncio

    threads = threading.active_count
    with socket.create_server(("127.0.0.1", 0)) as silent:
        task = asyncio.create_task(send(silent.getsockname()[1], context))
        taken, _ = await asyncio.to_thread(silent.accept)
        busy = threads()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The end of the connection ended the thread's work; the pool keeps the thread itself.
        await asyncio.wait_for(asyncio.to_thread(taken.recv, 1), 10)
        assert threads() <= busy + 1
        taken.close()


async def test_the_example_mails_a_report(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("carrier,dest,dep_delay\nUA,IAH,20\nAA,MIA,NA\nUA,ORD,40\n")
    with_table = {"mail": connection(mailbox.port)}
    (tmp_path / "airlines.csv").write_text("carrier,name\nAA,American\n")
    async with running_engine(tmp_path, connections=with_table, allow="127.0.0.1") as harness:
        accepted = {"accepted": ["ann@example.com"]}
        assert await harness.outputs(EXAMPLE.read_text(), {"to": ["ann@example.com"], "format": "csv"}) == accepted
        assert await harness.outputs(example_of("email.send")) == accepted
        mail, other = mailbox.mails
        assert other["subject"] == "1 airlines"
        assert mail["subject"] == "1 carriers were late"
        (attached,) = mail.iter_attachments()
        assert attached.get_filename() == "delays.csv"
        assert attached.get_content().replace("\r\n", "\n") == "carrier,mean_delay\nUA,30.0\n"
