"""The examples of the documentation are true: documents validate, those that can run do, own nodes load.

A page is tried in a workspace that holds the files it tells to make, a few rows of the demo's data besides.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.document import dump, parse
from concertmaster.domain.validation import check_document
from concertmaster.nodes.registry import Registry
from documentation import PAGES, ROOT, Block, blocks, documents, files, name_of, shop
from engine_harness import Harness, running_engine
from plugins import load_registry

DATA = {
    "flights.csv": "carrier,origin,dest,month,dep_delay\nUA,EWR,IAH,1,20\nAA,LGA,MIA,1,NA\nUA,EWR,IAH,2,40\n",
    "airlines.csv": "carrier,name\nAA,American Airlines Inc.\nUA,United Air Lines Inc.\n",
    "airports.csv": "faa,name,lat\nIAH,George Bush,29.98\nMIA,Miami Intl,25.79\n",
    "cities.csv": "city,people,country\nLima,11,Peru\nOslo,1,Norway\nParis,2,France\nTokyo,14,Japan\n",
}
DOCUMENTS = [block for page in PAGES for block in documents(page)]
# Their servers, and connections, are not there.
ON_THE_NETWORK = ("http.request", "http.download", "http.graphql", "http.paginate", "weather.forecast", "forge.issues")
OTHER_FAMILIES = ("email", "nats", "rabbitmq", "redis", "s3", "sftp", "shell", "slack")
ELSEWHERE = (
    *("fetch-weather", "forecast", "open-issues", "tell-about-failures"),
    *("publish-cities", "read-a-month", "read-orders"),
)
OUTPUTS: dict[str, dict[str, Any]] = {
    "hello": {"text": "Hello, you!"},
    "big-cities": {"cities": 2, "file": "out/big-cities.csv"},
    "new-order": {"text": "Order 1"},
    "nightly-report": {"text": "Report of month 1"},
    "sizes": {"text": "7 is small"},
    "large-cities": {"cities": 2},
    "count-words": {"words": {"to": 2, "be": 2}},
    "remind": {"said": "time is up!"},
    "caught": {"text": "divide failed: ZeroDivisionError: division by zero (in code, line 2)"},
    "ask-price": {},
    "confirm-order": {"text": "Order 1 is confirmed"},
    "load-flights": {"text": "Loaded flights.csv"},
    "tell-people": {"text": "nightly has failed"},
    "region-report": {"done": "report of north"},
    "prices": {"sum": 35},
    "poll-until-ready": {"rounds": 3},
    "first-answer": {"winner": "near"},
    "one-writer": {"balance": 90},
    "greet": {"text": "Hello, you!"},
    "greet-both": {"texts": ["Hello, Ada!", "Hello, Grace!"]},
    "publish-report": {"text": "3 copies, approved by local"},
    "ship-order": {"text": "Order 17 is shipped, 12.5 paid"},
    "borrow-a-machine": {"work": "worked on m-3", "end": "gave back m-3"},
    "collect-failures": {"shares": [25, 50], "failures": 1},
    "hold-a-room": {"booked": "booked room 12", "given_back": None},
    "countdown": {"path": "out/countdown.txt"},
    "expressions": {
        "all": {"count": 3, "longest": "GRACE", "greeting": "Hello Ada and others!", "missing": "nobody"},
    },
    "sql-expressions": {"cities": 2},
    "checked-cities": {"good": 3, "bad": 1, "summary": "3 of 4 expectations are met; 1 of 4 rows are invalid"},
    "city-changes": {"changes": 1},
    "price-list": {"stored": 3, "cheap": 1},
    "load-prices": {"rows": 3, "made": True},
    "late-flights": {"path": "out/late-1.csv", "message": None},
}

# They fail, as their pages say.
FAILURES = {"book-a-trip": "The show is sold out"}


async def _approve(harness: Harness) -> None:
    (asked,) = (await harness.waits.approvals(LOCAL_ADMIN)).items
    await harness.waits.decide(LOCAL_ADMIN, asked.id, approve=True, data={"copies": 3})


async def _pay(harness: Harness) -> None:
    await harness.waits.send(LOCAL_ADMIN, "order-paid", key="17", data={"amount": 12.5})


# What others do while they wait.
OTHERS = {"publish-report": _approve, "ship-order": _pay}


def workspace_of(page: Path, folder: Path) -> Registry:
    """Make the files of a page; its own nodes must load."""
    for name, text in {**DATA, **dict(files(page))}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    registry = load_registry(folder, shell_allow="sort")
    assert [source.error for source in registry.sources if source.error] == []
    return registry


def _id(block: Block) -> str:
    workflow = parse(block.text).workflow
    return f"{name_of(block.page)}:{workflow.name if workflow else '?'}"


@pytest.mark.parametrize("block", DOCUMENTS, ids=_id)
def test_documents_validate_and_read_back_the_same(block: Block, tmp_path: Path) -> None:
    registry = workspace_of(block.page, tmp_path)
    checked = check_document(block.text, registry, format=None, connections=None)
    assert checked.problems == []
    workflow = parse(block.text).workflow
    assert workflow is not None
    assert parse(dump(workflow)).workflow == workflow


@pytest.mark.parametrize("block", DOCUMENTS, ids=_id)
async def test_documents_run(block: Block, tmp_path: Path) -> None:
    registry = workspace_of(block.page, tmp_path)
    workflow = parse(block.text).workflow
    assert workflow is not None
    types = [node.type_id for node in workflow.nodes.values()]
    if any(type_ in ON_THE_NETWORK or type_.partition(".")[0] in OTHER_FAMILIES for type_ in types):
        return
    own = [type_.function for type_ in registry.all() if type_.spec.source_hash]
    inputs = {name: schema["default"] for name, schema in workflow.inputs.items()}
    async with running_engine(tmp_path, own, connections={"shop": shop(tmp_path)}) as harness:
        for other in documents(block.page) if "flow.call" in block.text else []:
            await harness.save(other.text)
        id_ = await harness.start(block.text, inputs)
        if workflow.name in OTHERS:
            await harness.settled(id_, "waiting")
            await OTHERS[workflow.name](harness)
        row, events = await harness.end(id_), await harness.journal.read(id_)
    if workflow.name in FAILURES:
        assert (row.status, row.error and row.error.message) == ("failed", FAILURES[workflow.name])
        return
    assert row.status == "succeeded", row.error
    expected = OUTPUTS.get(workflow.name)
    if block.page.name != "nodes.md":
        assert expected is not None, f"say in OUTPUTS what {workflow.name} gives"
        assert events[-1].body.outputs == expected


def test_the_examples_written_by_hand_are_all_there() -> None:
    names = [_id(block).rpartition(":")[2] for block in DOCUMENTS if block.page.name != "nodes.md"]
    assert sorted(names) == sorted([*OUTPUTS, *FAILURES, *ELSEWHERE])


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_python_blocks_are_nodes(page: Path, tmp_path: Path) -> None:
    registry = workspace_of(page, tmp_path)
    loaded = {source.name for source in registry.sources if source.kind == "folder" and source.types}
    assert loaded == {Path(block.name).name for block in blocks(page, "python")}


def test_a_node_stays_a_function(tmp_path: Path) -> None:
    import polars as pl

    registry = workspace_of(ROOT / "docs" / "how-to" / "write-a-node.md", tmp_path)
    keep_above = registry.find("cities.keep_above").function
    kept = keep_above(pl.LazyFrame({"people": [1, 11]}), "people", 3).collect()
    assert kept["people"].to_list() == [11]


def test_toml_examples_are_settings(tmp_path: Path) -> None:
    found = [block.text for block in blocks(ROOT / "docs" / "how-to" / "settings.md", "toml")]
    assert len(found) == 1
    assert set(tomllib.loads(found[0])) <= set(Settings.model_fields)
