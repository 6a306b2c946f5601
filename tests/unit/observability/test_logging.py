"""Log lines: one JSON object each, with the extras and the request id, or one readable line."""

from __future__ import annotations

import json
import logging
import sys

from concertmaster.observability.logging import ConsoleFormatter, JsonFormatter, request_id


def _record(**extra: object) -> logging.LogRecord:
    record = logging.LogRecord("concertmaster.x", logging.WARNING, "x.py", 1, "request %s", ("failed",), None)
    vars(record).update(extra)
    return record


def test_a_json_line_holds_the_extras_and_the_request_id() -> None:
    token = request_id.set("abc")
    try:
        line = json.loads(JsonFormatter().format(_record(code="disk.full", path=object())))
    finally:
        request_id.reset(token)
    assert (line["level"], line["message"], line["code"]) == ("warning", "request failed", "disk.full")
    assert line["request_id"] == "abc"
    assert line["at"].endswith("Z")


def test_a_traceback_stays_inside_its_line() -> None:
    record = _record()
    try:
        raise ValueError("no")
    except ValueError:
        record.exc_info = sys.exc_info()
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "ValueError: no" in json.loads(text)["traceback"]


def test_the_console_line_is_short() -> None:
    line = ConsoleFormatter().format(_record(code="disk.full"))
    assert line[9:] == "warning request failed  code=disk.full"


def test_values_cannot_pass_for_lines_of_their_own() -> None:
    forged = "12:00:00 info    all is well"
    record = _record(path=f"a\n{forged}\r\x1b[2J\x9b\u2028b", code="größe")
    record.args = (f"failed\n{forged}",)
    try:
        raise ValueError(f"no\n{forged}\x1b")
    except ValueError:
        record.exc_info = sys.exc_info()
    lines = ConsoleFormatter().format(record).splitlines()
    assert [line for line in lines if line.startswith(forged)] == []
    assert r"\n12:00:00 info    all is well\r\x1b[2J\x9b\u2028b code=größe" in lines[0]
    assert lines[-1] == f"  {forged}\\x1b"
