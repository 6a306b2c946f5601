"""The control-flow patterns: every example runs on the real engine and does what its pattern demands."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.storage.data_folder import hold_data_folder
from documentation import ROOT
from execution_trace import Trace, trace_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES = {int(path.name[:2]): path for path in sorted((ROOT / "examples" / "patterns").glob("*.yaml"))}
ENDS = {f"execution.{status}" for status in FINAL_EXECUTION}
Law = Callable[[Trace], None]
LAWS: dict[int, tuple[dict[str, Any], Law]] = {}


def pattern(number: int, **outputs: Any) -> Callable[[Law], Law]:
    """What an example gives, and what must have happened."""

    def keep(law: Law) -> Law:
        assert number not in LAWS
        LAWS[number] = (outputs, law)
        return law

    return keep


class Patterns:
    """The examples on a server of their own."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def start(self, number: int, **inputs: Any) -> str:
        """Publish an example and start it."""
        text, headers = EXAMPLES[number].read_text(), {"Content-Type": "application/yaml"}
        name = (await self.client.post("/workflows", content=text, headers=headers)).raise_for_status().json()["name"]
        answer = await self.client.post(f"/workflows/{name}/executions", json={"inputs": inputs})
        return answer.raise_for_status().json()["id"]

    async def until(self, execution_id: str, kind: str) -> None:
        """Follow its events until one of this kind."""
        after = 0
        async with asyncio.timeout(30):
            while True:
                query = {"after": after, "wait": 10}
                page = (await self.client.get(f"/executions/{execution_id}/events", params=query)).json()
                kinds = {event["kind"] for event in page["items"]}
                if kind in kinds:
                    return
                assert not kinds & ENDS, page["items"][-1]
                after = page["next"]

    async def end(self, execution_id: str, status: str = "succeeded") -> Trace:
        """Wait for its end, which must be this."""
        await self.until(execution_id, f"execution.{status}")
        return await trace_of(self.client, execution_id)

    async def run(self, number: int, **inputs: Any) -> Trace:
        """All of it."""
        return await self.end(await self.start(number, **inputs))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def patterns(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Patterns]:
    settings = Settings(workspace=tmp_path_factory.mktemp("patterns"), secret_key="a key for tests only")
    with hold_data_folder(settings):
        async with (
            build(settings) as runtime,
            make_client(create_app(runtime, local_token=TOKEN), headers=LOCAL) as client,
        ):
            yield Patterns(client)


@pattern(1, done=["ordered", "packed", "shipped"])
def sequence(t: Trace) -> None:
    assert t.after("pack", "order")
    assert t.after("ship", "pack")


@pattern(2)
def parallel_split(t: Trace) -> None:
    assert t.overlap("police", "firefighters")


@pattern(3, send="sent")
def synchronization(t: Trace) -> None:
    assert t.after("send", "invoice", "goods")


@pattern(4, signs="head of department")
def exclusive_choice(t: Trace) -> None:
    assert t.status("clerk", "head", "board") == ["skipped", "succeeded", "skipped"]


@pattern(5, receipt="receipt: paid in cash")
def simple_merge(t: Trace) -> None:
    assert t.status("count", "charge", "receipt") == ["succeeded", "skipped", "succeeded"]


@pattern(6)
def multi_choice(t: Trace) -> None:
    assert t.status("firefighters", "ambulance", "police", "talk") == ["succeeded", "succeeded", "skipped", "skipped"]


@pattern(7, booked=["hotel", "car"])
def structured_synchronizing_merge(t: Trace) -> None:
    assert t.status("flight") == ["skipped"]
    assert t.after("booked", "hotel", "car")


@pattern(8, inspected=["foundation inspected", "electricity inspected"])
def multi_merge(t: Trace) -> None:
    # Once for each branch, and the fast one does not wait for the slow one.
    assert len(t.named("inspect")) == 2
    assert t.ended("branches/inspect[1]") < t.ended("branches/dig[0]")


@pattern(9, patient="treated")
def structured_discriminator(t: Trace) -> None:
    assert t.after("treat", "search_here")
    assert t.during("treat", "search_there")
    assert t.status("search_there") == ["succeeded"]


@pattern(10, trail=["review", "draft", "review", "layout", "review", "layout"])
def arbitrary_cycles(t: Trace) -> None:
    assert [len([n for n in t.named(f"/{s}[") if t.runs[n].status == "succeeded"]) for s in ("draft", "layout")] == [
        1,
        2,
    ]


@pattern(11)
def implicit_termination(t: Trace) -> None:
    assert t.status("short", "long") == ["succeeded", "succeeded"]


@pattern(12, case="closed")
def instances_without_synchronization(t: Trace) -> None:
    assert t.ended("close") < t.ended("notices")
    assert t.status(*t.named("notice[")) == ["succeeded"] * 3


@pattern(13, file="6 have signed")
def instances_known_at_design_time(t: Trace) -> None:
    assert len(t.named("sign[")) == 6
    assert t.after("file", *t.named("sign["))


@pattern(14, checked=["engine checked", "wing checked", "cabin checked"])
def instances_known_at_run_time(t: Trace) -> None:
    assert t.after("sign", *t.named("check["))
    assert t.overlap("checks/look[0]", "checks/look[1]")


@pattern(15, heard=[1, 2, 3])
def instances_not_known_at_run_time(t: Trace) -> None:
    # The others were started while the first one ran, and all were waited for.
    assert t.during("next:next:look", "statement")
    assert t.after("all", "statement", "next:statement", "next:next:statement")


@pattern(16, answer="yes")
def deferred_choice(t: Trace) -> None:
    assert t.status("offers/answer[0]", "offers/complaint[0]", "offers/silence[0]") == [
        "succeeded",
        "cancelled",
        "cancelled",
    ]
    assert t.status("go_on", "escalate") == ["succeeded", "skipped"]


@pattern(17, findings="written")
def interleaved_parallel_routing(t: Trace) -> None:
    never_together(t, ["blood/take_blood[0]", "stress_test/run[0]", "x_ray/expose[0]"])
    assert t.after("stress_test/run[0]", "blood/take_blood[0]")


@pattern(18, in_time=1, too_late=0)
def milestone(t: Trace) -> None:
    assert t.during("booking/changes[0]/change[0]", "booking/open[0]")
    assert t.status("booking/changes[0]", "booking/changes[0]/request[1]") == ["cancelled", "cancelled"]


@pattern(19, claim="withdrawn")
def cancel_task(t: Trace) -> None:
    assert t.status("assess/assessment[0]", "close") == ["cancelled", "succeeded"]
    assert t.runs["assess/assessment[0]"].started is not None


@pattern(20, decision="decided")
def cancel_case(t: Trace) -> None:
    assert t.status("decide") == ["succeeded"]  # let alone; see below


@pattern(21, bites=3, thrown=3)
def structured_loop(t: Trace) -> None:
    assert (len(t.named("bite[")), len(t.named("throw["))) == (3, 3)
    assert not [name for name in t.named("never[") if t.runs[name].status == "succeeded"]


@pattern(22, factorial=24)
def recursion(t: Trace) -> None:
    assert t.status("less", "less:less", "less:less:less", "less:less:less:less") == ["succeeded"] * 3 + ["skipped"]


@pattern(23, first="wait.timeout", second="second")
def transient_trigger(t: Trace) -> None:
    assert t.status("listen", "listen_again") == ["failed", "succeeded"]


@pattern(24, read="dear all", at_once=0)
def persistent_trigger(t: Trace) -> None:
    assert t.after("read", "letter", "holidays")


@pattern(25, ended_by="cancel")
def cancel_region(t: Trace) -> None:
    region = ["region/price[0]", "region/bank[0]", "region/insurance[0]", "region/contract[0]"]
    assert t.status(*region) == ["succeeded", "cancelled", "cancelled", "cancelled"]
    assert t.status("outside", "after") == ["succeeded", "succeeded"]


@pattern(26, ended_by="cancel")
def cancel_instances(t: Trace) -> None:
    instances = [f"tests/samples[0]/analyse[{index}]" for index in range(3)]
    assert t.status("tests/samples[0]", *instances) == ["cancelled", "succeeded", "cancelled", "cancelled"]


@pattern(27, answered="2 of 4")
def complete_instances(t: Trace) -> None:
    instances = [f"answers/reply[{index}]/answer[0]" for index in range(4)]
    assert t.status("answers", *instances) == ["succeeded", "succeeded", "succeeded", "cancelled", "cancelled"]
    assert t.after("evaluate", "closes")


@pattern(28, visitors=["ann is in", "bob is in"])
def blocking_discriminator(t: Trace) -> None:
    rounds_block(t, "visitors/", first="let_in", branches=["badge", "background_check"], last="background_check")


@pattern(29, bought="near")
def cancelling_discriminator(t: Trace) -> None:
    assert t.status("quotes/near[0]", "quotes/far[0]", "quotes/farther[0]") == ["succeeded", "cancelled", "cancelled"]


@pattern(30, request="approved")
def structured_partial_join(t: Trace) -> None:
    assert t.after("approve", "ann", "bob")
    assert t.during("approve", "eve")
    assert t.status("eve") == ["succeeded"]


@pattern(31, requests=["desk approved", "chair approved"])
def blocking_partial_join(t: Trace) -> None:
    rounds_block(t, "requests/", first="approve", branches=["ann", "bob", "eve"], last="eve")
    assert t.after("requests/approve[0]", "requests/ann[0]", "requests/bob[0]")


@pattern(32, reviewers=["ann", "bob"])
def cancelling_partial_join(t: Trace) -> None:
    assert t.status("reviews/ann[0]", "reviews/bob[0]", "reviews/eve[0]") == ["succeeded", "succeeded", "cancelled"]


@pattern(33, cars=["car 1", "car 2", "car 3"])
def generalized_and_join(t: Trace) -> None:
    for index in range(3):
        assert t.after(f"cars/assemble[{index}]", f"cars/engine[{index}]", f"cars/chassis[{index}]")
    # One branch had come three times before the other came the second time.
    assert t.ended("engines") < t.ended("chassis")


@pattern(34, winner="announced")
def static_partial_join_of_instances(t: Trace) -> None:
    judges = [f"instances/judge[{index}]" for index in range(4)]
    assert t.status(*judges) == ["succeeded"] * 4
    assert t.after("announce", judges[0], judges[2])
    assert t.during("announce", judges[1])
    assert t.during("announce", judges[3])


@pattern(35, search="evaluated")
def cancelling_partial_join_of_instances(t: Trace) -> None:
    searches = [f"searches/search[{index}]" for index in range(4)]
    assert t.status(*searches) == ["succeeded", "cancelled", "succeeded", "cancelled"]


@pattern(36, result="4 votes")
def dynamic_partial_join_of_instances(t: Trace) -> None:
    for index in range(2):
        votes = [f"polls/votes[{index}]/vote[{voter}]" for voter in range(3)]
        assert t.status(*votes) == ["succeeded", "succeeded", "cancelled"]
    assert len(t.named("voters[")) == 2


@pattern(37, checked=["identity", "income"])
def local_synchronizing_merge(t: Trace) -> None:
    assert t.after("credit", "identity", "income")
    assert t.status("house") == ["skipped"]


@pattern(38, both=None, thanks="thanks")
def general_synchronizing_merge(t: Trace) -> None:
    assert t.status("customs", "stored", "both", "thanks") == ["failed", "succeeded", "skipped", "succeeded"]
    assert t.after("thanks", "delivered", "opened")


@pattern(39)
def critical_section(t: Trace) -> None:
    region = ["deposit/read[0]", "deposit/write[0]"]
    assert not any(t.overlap(name, "withdraw/pay[0]") for name in region)
    assert t.status(*region, "withdraw/pay[0]") == ["succeeded"] * 3


@pattern(40, car=["oil checked", "tyres checked", "lights checked"])
def interleaved_routing(t: Trace) -> None:
    checks = t.named("/check[")
    assert len(checks) == 3
    never_together(t, checks)


@pattern(41, books=["sheet 1 and sheet 2", "sheet 3 and sheet 4"])
def thread_merge(t: Trace) -> None:
    assert (len(t.named("print[")), len(t.named("book["))) == (4, 2)
    assert t.after("bind", *t.named("print["))


@pattern(42, articles=["confirmed 1", "confirmed 2", "confirmed 3"])
def thread_split(t: Trace) -> None:
    threads = t.named("journal[")
    assert len(threads) == 3
    assert all(t.overlap(one, other) for one, other in itertools.combinations(threads, 2))


@pattern(43)
def explicit_termination(t: Trace) -> None:
    assert t.status("search_attic", "search_cellar", "give_up") == ["succeeded", "cancelled", "cancelled"]


def never_together(t: Trace, names: list[str]) -> None:
    assert t.status(*names) == ["succeeded"] * len(names)
    for one, other in itertools.combinations(names, 2):
        assert not t.overlap(one, other), f"{one} and {other}"


def rounds_block(t: Trace, loop: str, *, first: str, branches: list[str], last: str) -> None:
    """What follows comes early in each round, and the second round comes when the first one is over."""
    for index in range(2):
        assert t.during(f"{loop}{first}[{index}]", f"{loop}{last}[{index}]")
    for branch in branches:
        assert t.after(f"{loop}{branch}[1]", *(f"{loop}{other}[0]" for other in branches))


async def test_there_is_an_example_of_each_and_each_is_small() -> None:
    assert sorted(EXAMPLES) == sorted(LAWS) == list(range(1, 44))
    for path in EXAMPLES.values():
        text = path.read_text()
        assert len(text.splitlines()) < 60, path.name
        assert yaml.safe_load(text)["name"] == f"pattern-{path.stem}"


@pytest.mark.parametrize("number", sorted(EXAMPLES), ids=lambda number: EXAMPLES[number].stem)
async def test_the_example_does_what_the_pattern_demands(patterns: Patterns, number: int) -> None:
    outputs, law = LAWS[number]
    text, headers = EXAMPLES[number].read_text(), {"Content-Type": "application/yaml"}
    checked = await patterns.client.post("/workflows/validate", content=text, headers=headers)
    assert checked.raise_for_status().json()["items"] == []
    trace = await patterns.run(number)
    assert trace.outputs == outputs
    law(trace)


@pytest.mark.parametrize(
    ("number", "inputs", "outputs"),
    [
        (4, {"amount": 5}, {"signs": "clerk"}),
        (4, {"amount": 5000}, {"signs": "board"}),
        (5, {"cash": False}, {"receipt": "receipt: paid by card"}),
        (7, {"wishes": []}, {"booked": None}),
        (7, {"wishes": ["flight", "hotel", "car"]}, {"booked": ["flight", "hotel", "car"]}),
        (10, {"start": "draft"}, {"trail": ["draft", "review", "layout", "review", "layout"]}),
        (15, {"witnesses": 1}, {"heard": [1]}),
        (37, {"checks": ["house"]}, {"checked": ["income", "house"]}),
    ],
)
async def test_with_other_inputs_it_goes_other_ways(
    patterns: Patterns, number: int, inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    assert (await patterns.run(number, **inputs)).outputs == outputs


async def test_a_multi_choice_without_a_choice_takes_the_default(patterns: Patterns) -> None:
    trace = await patterns.run(6, caller={"fire": False, "hurt": False, "theft": False})
    assert trace.status("firefighters", "ambulance", "police", "talk") == ["skipped"] * 3 + ["succeeded"]


async def test_an_unpublished_version_calls_itself(patterns: Patterns) -> None:
    unpublished = yaml.safe_load(EXAMPLES[22].read_text()) | {"outputs": {"depth": "{{ 1 + (nodes.less.depth or 0) }}"}}
    saved = await patterns.client.post("/workflows", json=unpublished, params={"publish": False})
    body = {"inputs": {}, "version": saved.raise_for_status().json()["version"]}
    started = await patterns.client.post(f"/workflows/{unpublished['name']}/executions", json=body)
    trace = await patterns.end(started.raise_for_status().json()["id"])
    assert trace.outputs == {"depth": 4}


async def test_a_case_is_cancelled_as_a_whole(patterns: Patterns) -> None:
    id_ = await patterns.start(20)
    await patterns.until(id_, "node.waiting")
    (await patterns.client.post(f"/executions/{id_}/cancel", json={})).raise_for_status()
    trace = await patterns.end(id_, "cancelled")
    assert trace.status("apply", "check", "wait_for_papers", "decide") == ["succeeded"] + ["cancelled"] * 3


async def test_a_critical_section_is_one_over_all_executions(patterns: Patterns) -> None:
    ids = [await patterns.start(39) for _ in range(3)]
    merged = Trace({}, {})
    for id_ in ids:
        merged.runs |= {f"{id_}:{name}": run for name, run in (await patterns.end(id_)).runs.items()}
    sections = {name.rsplit("/", 1)[0] for name in merged.runs if "/" in name}
    inside = {section: merged.named(f"{section}/") for section in sections}
    assert len(inside) == 6
    for one, other in itertools.combinations(inside.values(), 2):
        assert not any(merged.overlap(a, b) for a in one for b in other)
