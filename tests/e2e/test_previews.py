"""What a node gave, looked into in the browser: a large table filtered, copied, saved and drawn; JSON searched."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page, Route, expect
from table_page import TablePreview

from factories import document
from server_process import ServerProcess, server_process

pytestmark = [pytest.mark.browser, pytest.mark.server]

ROWS = 100_000
CARRIERS = ("AA", "B6", "DL", "UA", "WN")
ORDER = {"id": 7, "lines": [{"sku": "A-1", "price": 12.5}, {"sku": "B-2", "price": 3}], "note": "leave at the door"}
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def flights() -> pl.DataFrame:
    """Rows by the hour; what stands in them follows from their number."""
    number = pl.int_range(ROWS, eager=True)
    start = pl.datetime(2013, 1, 1)
    return pl.select(
        number.alias("id"),
        (start + pl.duration(minutes=number)).alias("at"),
        pl.Series("carrier", CARRIERS).gather(number * number % 5).alias("carrier"),
        ((number * 7919) % 240 - 20).alias("delay"),
        pl.when(number % 10 == 0).then(None).otherwise(number / 8).alias("miles"),
        (pl.lit("flight ") + number.cast(pl.String) + pl.lit(", on time as planned and told to whoever asked")).alias(
            "note"
        ),
    )


@pytest.fixture
def server(tmp_path: Path) -> Generator[ServerProcess]:
    flights().write_parquet(tmp_path / "flights.parquet")
    (tmp_path / "hello.txt").write_text("Hello")
    with server_process(tmp_path) as running:
        yield running


def ran(server: ServerProcess, nodes: dict[str, Any]) -> str:
    """The id of a run of these nodes that has ended."""
    with server.client() as client:
        body = document("flights", inputs={}, outputs={}, edges=[], nodes=nodes)
        client.post("/api/v1/workflows", json=body).raise_for_status()
        run = client.post("/api/v1/workflows/flights/executions?wait=30", json={}).raise_for_status().json()
    assert run["status"] == "succeeded", run
    return run["id"]


@pytest.fixture
def table(page: Page, server: ServerProcess) -> TablePreview:
    run = ran(server, {"read": {"type": "file.read", "config": {"path": "flights.parquet"}}})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/runs/{run}?node=read")
    shown = TablePreview(page)
    shown.expect_rows("100,000 rows")
    return shown


def expect_accessible(page: Page) -> None:
    """In light and in dark, colours too."""
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.mantineColorScheme = '{theme}'")
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == [], theme


def test_a_large_table_is_filtered_on_the_server_and_saved_so(table: TablePreview, page: Page, tmp_path: Path) -> None:
    expected = flights().filter(pl.col("delay") >= 200)
    table.filter("delay", "at least", "200")
    table.expect_rows(f"{len(expected):,} of 100,000 rows")
    table.filter("carrier", "is", "B6")
    expected = expected.filter(carrier="B6").sort("delay", descending=True, maintain_order=True)
    table.expect_rows(f"{len(expected):,} of 100,000 rows")
    table.head("delay").click()
    table.about("delay").get_by_role("button", name="Highest first").click()
    expect(table.cell(0, 3)).to_have_text(str(expected["delay"][0]))

    saved = table.download("Parquet", tmp_path)
    assert pl.read_parquet(saved)["id"].to_list() == expected["id"].to_list()
    saved = table.download("CSV", tmp_path)
    assert len(saved.read_text().splitlines()) == len(expected) + 1

    # A condition is changed in its chip, and taken away.
    page.get_by_role("button", name="Change the filter: delay at least 200").click()
    form = page.get_by_role("form", name="Filter delay")
    form.get_by_label("Value").fill("218")
    form.get_by_role("button", name="Apply filter").click()
    expected = expected.filter(pl.col("delay") >= 218)
    table.expect_rows(f"{len(expected):,} of 100,000 rows")
    expect_accessible(page)
    page.get_by_role("button", name="Remove filters").click()
    table.expect_rows("100,000 rows")


def test_a_condition_that_cannot_be_read_says_so_and_leaves_a_way_out(table: TablePreview, page: Page) -> None:
    table.filter("at", "before", "next week")
    expect(page.get_by_role("alert")).to_contain_text("'next week' is no date or time")
    page.get_by_role("alert").get_by_role("button", name="Remove filters").click()
    expect(table.cell(0, 0)).to_have_text("0")


def test_rows_that_could_not_be_loaded_say_so_and_come_at_another_try(table: TablePreview, page: Page) -> None:
    def refuse(route: Route) -> None:
        body = json.dumps({"title": "Conflict", "status": 409, "detail": "The table is being removed"})
        route.fulfill(status=409, content_type="application/problem+json", body=body)

    page.route("**/output?*offset=99800*", refuse)
    table.grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+ArrowDown")
    note = page.get_by_role("alert")
    expect(note).to_contain_text("The table is being removed")
    page.unroute_all()
    note.get_by_role("button", name="Try again").click()
    expect(table.cell(ROWS - 1, 0)).to_have_text(str(ROWS - 1))
    expect(note).to_be_hidden()


def test_cells_are_walked_copied_and_opened_by_keyboard(table: TablePreview, page: Page) -> None:
    table.grid.focus()
    page.keyboard.press("ArrowDown")
    expect(table.cell(0, 0)).to_have_attribute("data-current", "true")
    page.keyboard.press("Control+End")
    # Its page is asked for when it is reached; nothing of it was on the screen before.
    expect(table.cell(ROWS - 1, 0)).to_have_text(str(ROWS - 1))
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    current = table.grid.locator("[data-current]")
    expect(current).to_have_attribute("data-column", "0")
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for key in ("Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Control+c")
    expect(page.get_by_text("2 rows of 2 columns copied")).to_be_visible()
    first = flights().head(2).select("carrier", "delay").rows()
    assert table.copied() == "\n".join(f"{carrier}\t{delay}" for carrier, delay in first)

    # More than is on the screen, with the names of its columns.
    table.cell(0, 0).click()
    for _ in range(20):
        page.keyboard.press("Shift+PageDown")
    chosen = int(table.grid.locator("[data-current]").locator("xpath=..").get_attribute("data-line") or 0) + 1
    assert chosen > 250
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("menuitem", name="Copy with column names").click()
    expect(page.get_by_text(f"{chosen:,} rows of 1 column copied")).to_be_visible()
    assert table.copied().splitlines() == ["id", *map(str, range(chosen))]

    table.grid.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    opened = page.get_by_role("dialog", name="note, row 1")
    expect(opened).to_contain_text("flight 0, on time as planned and told to whoever asked")
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(table.grid).to_be_focused()


def test_a_column_keeps_its_width_and_tells_what_is_in_it(table: TablePreview, page: Page) -> None:
    before = (table.cell(0, 2).bounding_box() or {})["width"]
    head = table.head("carrier")
    head.focus()
    for _ in range(4):
        head.press("Alt+ArrowRight")
    wide = (table.cell(0, 2).bounding_box() or {})["width"]
    assert wide > before + 40
    page.reload()
    table.expect_rows("100,000 rows")
    expect(table.cell(0, 2)).to_be_visible()
    assert (table.cell(0, 2).bounding_box() or {})["width"] == wide

    table.head("delay").click()
    about = table.about("delay")
    expect(about).to_contain_text(f"Mean{flights()['delay'].mean():.6g}")
    expect(about.get_by_role("img", name="How the values spread")).to_be_visible()
    expect_accessible(page)
    page.keyboard.press("Escape")
    table.head("carrier").click()
    table.about("carrier").get_by_role("button", name="WN").click()
    table.expect_rows(f"{len(flights().filter(carrier='WN')):,} of 100,000 rows")


def test_a_table_is_drawn_and_a_bar_leads_to_its_rows(table: TablePreview, page: Page) -> None:
    table.switch("How to show the table", "Chart")
    chart = page.get_by_role("slider")
    expect(chart.locator("canvas")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("combobox", name="Along").click()
    page.get_by_role("option", name="delay", exact=True).click()
    expect(chart).to_have_attribute("aria-label", re.compile("along delay"))
    table.switch("Drawn as", "Bars")
    lowest = len(flights().filter(pl.col("delay") < -12))
    chart.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", f"-20 to -13: {lowest:,}")
    page.keyboard.press("Enter")
    table.switch("How to show the table", "Rows")
    table.expect_rows(f"{lowest:,} of 100,000 rows")


def test_json_is_searched_and_a_file_is_saved(page: Page, server: ServerProcess, tmp_path: Path) -> None:
    nodes = {
        "order": {"type": "data.set", "config": {"value": ORDER}},
        "copy": {"type": "file.copy", "config": {"path": "hello.txt", "to": "copied.txt"}},
    }
    run = ran(server, nodes)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/runs/{run}?node=order")
    page.get_by_label("Search keys and values").fill("b-2")
    expect(page.get_by_text("1 match", exact=True)).to_be_visible()
    expect(page.get_by_text("A-1")).to_have_count(0)
    page.get_by_role("button", name="Copy the path lines[1].sku").click()
    assert page.evaluate("navigator.clipboard.readText()") == "lines[1].sku"
    expect(page.get_by_text("The path lines[1].sku was copied")).to_be_visible()
    expect_accessible(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as JSON").click()
    saved.value.save_as(tmp_path / "order.json")
    assert json.loads((tmp_path / "order.json").read_text()) == ORDER

    page.goto(f"/runs/{run}?node=copy")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download file").click()
    saved.value.save_as(tmp_path / "saved.txt")
    assert saved.value.suggested_filename == "copied.txt"
    assert (tmp_path / "saved.txt").read_text() == "Hello"
