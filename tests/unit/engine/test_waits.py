"""Waits for events and people, on the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench import QUICK_SLEEP, Bench, code, outputs_of, until
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, Invalid
from concertmaster.domain.events import Event
from concertmaster.domain.interfaces import Approval
from concertmaster.engine.items import CHUNK
from engine_harness import Harness, running_engine


def waits(config: str = "event: paid, key: k1", *, policy: str = "{}") -> str:
    return f"""
        concertmaster: 1
        name: waits
        nodes: {{w: {{type: flow.wait, config: {{{config}}}, policy: {policy}}}}}
        outputs: {{got: "{{{{ nodes.w }}}}"}}
        """


async def waiting(harness: Harness, execution_id: str, node: str = "w") -> None:
    """Wait until the node waits."""
    await harness.until(execution_id, lambda events: any(e.kind == "node.waiting" and e.node == node for e in events))


async def send(harness: Harness, name: str = "paid", *, key: str = "k1", data: Any = 1, **more: Any) -> list[str]:
    sent = await harness.waits.send(LOCAL_ADMIN, name, key=key, data=data, **more)
    return list(sent.delivered)


async def end_of(harness: Harness, execution_id: str) -> Any:
    """The outputs of an execution that has to succeed."""
    row = await harness.end(execution_id)
    assert row.status == "succeeded", row.error
    return outputs_of(await harness.journal.read(execution_id))


async def test_an_event_reaches_every_wait_with_its_name_and_key(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        ids = [await harness.start(waits()) for _ in range(2)]
        other = await harness.start(waits("event: paid, key: other"))
        for execution_id in (*ids, other):
            await waiting(harness, execution_id)
        assert await send(harness, "else") == []
        assert sorted(await send(harness, data={"sum": 5})) == sorted(ids)
        assert [await end_of(harness, execution_id) for execution_id in ids] == [{"got": {"sum": 5}}] * 2
        assert await send(harness, data=2) == []
        assert await send(harness, key="other", data=None) == [other]
        assert await end_of(harness, other) == {"got": None}


async def test_an_event_that_is_kept_reaches_later_waits_once_each(tmp_path: Path) -> None:
    twice = """
        concertmaster: 1
        name: twice
        nodes:
          first: {type: flow.wait, config: {event: paid, key: k1}}
          w: {type: flow.wait, config: {event: paid, key: k1}}
        edges: [first -> w]
        outputs: {got: "{{ [nodes.first, nodes.w] }}"}
        """
    async with running_engine(tmp_path) as harness:
        assert await send(harness, data="kept") == []
        assert await send(harness, "short", data="gone", keep_seconds=0) == []
        assert await end_of(harness, await harness.start(waits())) == {"got": "kept"}
        assert await end_of(harness, await harness.start(waits())) == {"got": "kept"}
        # Two waits of one execution are two.
        assert await end_of(harness, await harness.start(twice)) == {"got": ["kept", "kept"]}
        late = await harness.start(waits("event: short, key: k1"))
        await waiting(harness, late)
        assert await send(harness, "short", data="now", keep_seconds=0) == [late]
        assert await end_of(harness, late) == {"got": "now"}


async def test_the_rounds_of_a_loop_get_an_event_once(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: stream
        nodes:
          start: {type: data.set, config: {value: {all: []}}}
          loop:
            type: flow.until
            config: {condition: "{{ item.last == 'end' }}", maximum: 10}
            body:
              nodes:
                w: {type: flow.wait, config: {event: line, key: "{{ execution.id }}"}}
                add: {type: data.set, config: {value: {all: "{{ item.all + [nodes.w] }}", last: "{{ nodes.w }}"}}}
              edges: [w -> add]
        edges: [start -> loop]
        outputs: {got: "{{ nodes.loop.all }}"}
        """
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(document)
        for line in ("one", "two", "end"):
            await send(harness, "line", key=execution_id, data=line)
        assert await end_of(harness, execution_id) == {"got": ["one", "two", "end"]}


async def test_so_do_the_rounds_of_a_loop_that_needs_more_than_one_child(tmp_path: Path) -> None:
    document = f"""
        concertmaster: 1
        name: long-stream
        nodes:
          loop:
            type: flow.until
            config: {{condition: "{{{{ index == {CHUNK + 1} }}}}", maximum: 1000, result: "{{{{ nodes.w }}}}"}}
            body:
              nodes:
                w: {{type: flow.wait, config: {{event: line, key: "{{{{ execution.id }}}}"}}}}
        outputs: {{got: "{{{{ nodes.loop }}}}"}}
        """
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(document)
        for number in range(CHUNK + 2):
            await send(harness, "line", key=execution_id, data=number)
        # Had the second child's rounds begun at the first event again, this were 1.
        assert await end_of(harness, execution_id) == {"got": CHUNK + 1}


async def test_the_same_event_sent_again_is_one(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        first = await harness.start(waits())
        await waiting(harness, first)
        assert await send(harness, data="first", idempotency_key="order-1") == [first]
        await end_of(harness, first)
        second = await harness.start(waits())
        assert set(await send(harness, data="first", idempotency_key="order-1")) <= {first, second}
        assert await end_of(harness, second) == {"got": "first"}


@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_wait_that_is_in_vain_fails_and_may_be_tried_again(tmp_path: Path, attempts: int) -> None:
    policy = f"{{retry: {{maximum_attempts: {attempts}, initial_interval: 1ms}}}}"
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(waits("event: paid, key: k1, timeout: 60ms", policy=policy))
        assert await send(harness, keep_seconds=0) == [], "nobody waits any more"
    assert code(row) == "wait.timeout"
    assert sum(event.kind == "timer.fired" for event in events) >= 1
    assert [event.kind for event in events].count("node.waiting") >= 1


async def test_an_event_before_the_time_out_ends_it(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: before
        nodes:
          w: {type: flow.wait, config: {event: paid, timeout: 100ms}}
          after: {type: flow.wait, config: {duration: 200ms}}
        edges: [w -> after]
        """
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(document)
        await waiting(harness, execution_id)
        await send(harness, key="")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert [event.node for event in events if event.kind == "timer.fired"] == ["after"]


async def test_waits_sleep_over_a_restart_and_hear_what_comes_meanwhile(tmp_path: Path) -> None:
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        execution_id = await harness.start(waits())
        row = await harness.settled(execution_id, "waiting")
        await until(lambda: harness.placement.running == 0)
        assert row.wake_at is None or row.wake_at > row.created_at
    async with running_engine(tmp_path, dispatch=False) as harness:
        assert await send(harness, data="while nobody drove it") == [execution_id]
    async with running_engine(tmp_path) as harness:
        assert await end_of(harness, execution_id) == {"got": "while nobody drove it"}


async def test_a_cancelled_or_retried_wait_is_forgotten(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(waits())
        await waiting(harness, execution_id)
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        assert await send(harness, data="late", keep_seconds=0) == []
        await harness.ask(execution_id, "retry")
        await harness.until(execution_id, lambda events: sum(e.kind == "node.waiting" for e in events) == 2)
        assert await send(harness, data="again") == [execution_id]
        assert await end_of(harness, execution_id) == {"got": "again"}


async def test_an_event_that_came_before_an_interruption_is_not_lost(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    document = """
        concertmaster: 1
        name: both
        nodes:
          w: {type: flow.wait, config: {event: paid, key: k1}}
          pay: {type: t.work, config: {number: 2}}
        outputs: {got: "{{ [nodes.w, nodes.pay] }}"}
        """
    pay = bench.work(effect="write", idempotent=False)
    async with running_engine(tmp_path, [pay]) as harness:
        execution_id = await harness.start(document)
        await waiting(harness, execution_id)
        await until(lambda: bench.inside == 1)
    async with running_engine(tmp_path, [pay], dispatch=False) as harness:
        assert await send(harness, data="paid", keep_seconds=0) == [execution_id]
    bench.open.set()
    async with running_engine(tmp_path, [pay]) as harness:
        assert (await harness.end(execution_id)).status == "interrupted"
        await harness.ask(execution_id, "retry")
        assert await end_of(harness, execution_id) == {"got": ["paid", 2]}


APPROVAL = """
    concertmaster: 1
    name: approval
    nodes:
      ask: {type: flow.approve, config: {title: "Publish?"%s}}
      yes: {type: data.set, config: {value: "{{ nodes.ask.approved.decision }} {{ nodes.ask.approved.by }}"}}
      no: {type: data.set, config: {value: "{{ nodes.ask.rejected.decision }} {{ nodes.ask.rejected.by }}"}}
    edges: [ask.approved -> yes, ask.rejected -> no]
    outputs: {got: "{{ nodes.yes or nodes.no }}"}
    """


async def asked(harness: Harness, execution_id: str) -> Approval:
    """The open question of an execution, once it is asked."""
    await waiting(harness, execution_id, "ask")
    page = await harness.waits.approvals(LOCAL_ADMIN, execution_id=execution_id)
    assert len(page.items) == 1
    return page.items[0]


@pytest.mark.parametrize("approve", [True, False])
async def test_a_person_decides_once(tmp_path: Path, approve: bool) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(APPROVAL % "")
        question = await asked(harness, execution_id)
        answers = await asyncio.gather(
            *(harness.waits.decide(LOCAL_ADMIN, question.id, approve=approve) for _ in range(3)), return_exceptions=True
        )
        conflicts = [answer for answer in answers if isinstance(answer, Conflict)]
        assert [conflict.code for conflict in conflicts] == ["approval.answered"] * 2
        decision = "approved" if approve else "rejected"
        assert await end_of(harness, execution_id) == {"got": f"{decision} {LOCAL_ADMIN.name}"}
        closed = await harness.waits.approval(LOCAL_ADMIN, question.id)
    assert (closed.status, closed.decided_by) == (decision, LOCAL_ADMIN.name)


async def test_a_form_is_checked_and_its_data_goes_out(tmp_path: Path) -> None:
    form = ", form: {amount: {type: integer, minimum: 1}, note: {type: string, default: none}}"
    document = (APPROVAL % form).replace("nodes.ask.approved.by", "nodes.ask.approved.data")
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(
            document.replace("{{ nodes.yes or nodes.no }}", "{{ nodes.ask.approved.data }}")
        )
        question = await asked(harness, execution_id)
        for data in ({}, {"amount": 0}, {"amount": 1, "more": 1}):
            with pytest.raises(Invalid):
                await harness.waits.decide(LOCAL_ADMIN, question.id, approve=True, data=data)
        await harness.waits.decide(LOCAL_ADMIN, question.id, approve=True, data={"amount": 3})
        assert await end_of(harness, execution_id) == {"got": {"amount": 3, "note": "none"}}


@pytest.mark.parametrize(("when_due", "got"), [("fail", None), ("approve", "approved"), ("reject", "rejected")])
async def test_what_happens_when_nobody_decides_in_time(tmp_path: Path, when_due: str, got: str | None) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(APPROVAL % f", due: 50ms, when_due: {when_due}")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
        page = await harness.waits.approvals(LOCAL_ADMIN, status=None, execution_id=execution_id)
        with pytest.raises(Conflict) as conflict:
            await harness.waits.decide(LOCAL_ADMIN, page.items[0].id, approve=True)
    assert conflict.value.code == "approval.answered"
    assert [question.status for question in page.items] == ["expired"]
    if got is None:
        assert code(row) == "approval.expired"
    else:
        assert row.status == "succeeded", row.error
        assert outputs_of(events)["got"].startswith(got)


async def test_what_counts_as_approved_has_the_defaults_of_its_form(tmp_path: Path) -> None:
    form = ", due: 50ms, when_due: approve, form: {amount: {type: integer, default: 3}, note: {type: string}}"
    text = APPROVAL % form
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(text.replace("nodes.yes or nodes.no", "nodes.ask.approved.data"))
        assert await end_of(harness, execution_id) == {"got": {"amount": 3}}


async def test_who_answers_at_the_moment_of_being_due_wins_or_hears_of_it(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        for number in range(8):
            execution_id = await harness.start(APPROVAL % ", due: 30ms, when_due: reject")
            question = await asked(harness, execution_id)
            assert question.due_at is not None
            late = (question.due_at - harness.engine.clock.now()).total_seconds() + (number - 4) * 0.001
            await asyncio.wait([asyncio.create_task(asyncio.sleep(late))])
            try:
                await harness.waits.decide(LOCAL_ADMIN, question.id, approve=True)
                decision = "approved"
            except Conflict:
                decision = "rejected"
            assert (await end_of(harness, execution_id))["got"].startswith(decision)


async def test_a_question_of_an_execution_that_ends_is_withdrawn_and_asked_again_by_a_retry(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(APPROVAL % "")
        question = await asked(harness, execution_id)
        await harness.cancel(execution_id)
        await harness.end(execution_id)
        with pytest.raises(Conflict, match="not asked any more"):
            await harness.waits.decide(LOCAL_ADMIN, question.id, approve=True)
        await harness.ask(execution_id, "retry")
        await harness.until(execution_id, lambda events: sum(e.kind == "node.waiting" for e in events) == 2)
        second = await asked(harness, execution_id)
        assert second.id != question.id
        await harness.waits.decide(LOCAL_ADMIN, second.id, approve=True)
        assert (await end_of(harness, execution_id))["got"].startswith("approved")


async def test_questions_in_a_loop_show_the_execution_that_people_know(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: many
        nodes:
          each:
            type: flow.for_each
            config: {items: [1, 2], result: "{{ nodes.ask.approved.comment }}"}
            body: {nodes: {ask: {type: flow.approve, config: {title: "Item {{ item }}?"}}}}
        outputs: {got: "{{ nodes.each }}"}
        """
    async with running_engine(tmp_path, settings=QUICK_SLEEP) as harness:
        execution_id = await harness.start(document)
        questions: list[Approval] = []
        while len(questions) < 2:
            await asyncio.sleep(0.005)
            page = await harness.waits.approvals(LOCAL_ADMIN, execution_id=execution_id)
            questions = sorted(page.items, key=lambda one: one.title)
        assert [question.title for question in questions] == ["Item 1?", "Item 2?"]
        for question in reversed(questions):
            await harness.waits.decide(LOCAL_ADMIN, question.id, approve=True, comment=question.title)
        assert await end_of(harness, execution_id) == {"got": ["Item 1?", "Item 2?"]}


async def test_a_server_that_dies_while_a_person_thinks_keeps_the_question(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(APPROVAL % ", due: 1h")
        question = await asked(harness, execution_id)
    async with running_engine(tmp_path) as harness:
        again = await asked(harness, execution_id)
        assert (again.id, again.due_at) == (question.id, question.due_at)
        await harness.waits.decide(LOCAL_ADMIN, question.id, approve=False)
        assert (await end_of(harness, execution_id))["got"].startswith("rejected")


async def test_a_node_sends_an_event_once(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: sender
        nodes:
          send: {type: flow.event, config: {name: paid, key: k1, data: {from: "{{ execution.id }}"}}}
        outputs: {got: "{{ nodes.send.delivered }}"}
        """
    async with running_engine(tmp_path) as harness:
        receiver = await harness.start(waits())
        await waiting(harness, receiver)
        sender = await harness.start(document)
        assert await end_of(harness, sender) == {"got": 1}
        assert await end_of(harness, receiver) == {"got": {"from": sender}}
        await harness.ask(sender, "retry")
        await harness.end(sender)
        events: list[Event] = await harness.journal.read(sender)
    assert events[-1].kind == "execution.succeeded"
