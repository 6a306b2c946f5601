"""text.regex, text.parse_json, text.parse_xml and text.parse_html, and text that wants to do harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concertmaster import File, UserError
from concertmaster.nodes.builtin.text_parse_html import HtmlField, text_parse_html
from concertmaster.nodes.builtin.text_parse_json import text_parse_json
from concertmaster.nodes.builtin.text_parse_xml import text_parse_xml
from concertmaster.nodes.builtin.text_regex import text_regex
from concertmaster.nodes.node_type import node_type_of


def refused(call: Any, **config: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        call(**config)
    return caught.value


def test_the_text_may_be_wired_in_as_text_file_or_answer(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\ufeff[1]", encoding="utf-8")
    assert text_parse_json("[1]") == [1]
    assert text_parse_json(File(tmp_path / "a.json")) == [1]
    assert text_parse_json({"status": 200, "body": "[1]"}) == [1]
    assert text_parse_json("[2]", text="[1]") == [1]
    for value in (None, 7, {"status": 200, "body": {"a": 1}}):
        assert refused(text_parse_json, value=value).code == "text.missing"


def test_too_much_text_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    for call, config in ((text_parse_json, {}), (text_regex, {"pattern": "a"}), (text_parse_xml, {})):
        assert refused(call, value=File(tmp_path / "large.txt"), **config).code == "text.too_large"


def test_regex_modes() -> None:
    found = text_regex(text="é a1 b22", pattern=r"(?P<l>[a-z])(\d+)?")
    assert found[0] == {"match": "a1", "start": 2, "end": 4, "groups": ["a", "1"], "named": {"l": "a"}}
    assert text_regex(text="x", pattern=r"(y)|x", mode="find")["groups"] == [None]
    assert text_regex(text="x", pattern="y", mode="find") is None
    assert text_regex(text="abc", pattern="B", mode="test", ignore_case=True) is True
    assert text_regex(text="a, b;c", pattern=r"[,;]\s*", mode="split") == ["a", "b", "c"]
    assert text_regex(
        text="2026-11-30", pattern=r"(\d+)-(?P<m>\d+)-(\d+)", mode="replace", replacement=r"\3.\g<m>.\1"
    ) == ("30.11.2026")
    assert text_regex(text="a\nb", pattern="^b$", mode="test") is False
    assert text_regex(text="a\nb", pattern="^b$", mode="test", multiline=True) is True
    assert text_regex(text="a\nb", pattern="a.b", mode="test", dot_all=True) is True
    assert text_regex(text="abc", pattern="x*", mode="split") == ["abc"]


def test_a_pattern_that_explodes_elsewhere_ends_at_once() -> None:
    assert text_regex(text="a" * 200_000 + "!", pattern=r"(a*)*(a|aa)+$", mode="test") is False


def test_regex_says_what_is_wrong() -> None:
    assert "missing )" in refused(text_regex, text="a", pattern="(a").message
    assert "look-around" in refused(text_regex, text="a", pattern="(?<=a)b").message
    assert refused(text_regex, text="a", pattern="a" * 9 + "{1000}{1000}").code == "regex.pattern"
    wrong = refused(text_regex, text="a", pattern="(?P<x>a)", mode="replace", replacement=r"\2")
    assert (wrong.code, "named x" in wrong.message) == ("regex.replacement", True)
    assert refused(text_regex, text="a" * 100_001, pattern="a").code == "regex.too_many"
    grows = refused(text_regex, text="a" * 100_000, pattern="a", mode="replace", replacement="b" * 1_000)
    assert grows.code == "text.too_large"


def test_json_says_where_it_is_wrong() -> None:
    error = refused(text_parse_json, text='{"a": 1,\n "b": oops}')
    assert (error.code, error.details["line"]) == ("json.invalid", 2)
    assert "oops" in error.message
    assert text_parse_json(text="oops", on_error="null") is None
    assert text_parse_json(text='{"a":1}\n\n[2]\n', lines=True) == [{"a": 1}, [2]]
    assert "Line 2" in refused(text_parse_json, text="1\n{", lines=True).message
    assert refused(text_parse_json, text="[" * 100_000).code == "json.invalid"
    assert refused(text_parse_json, text="NaN").code == "json.invalid"


XML = """<?xml version="1.0"?><s:shop xmlns:s="urn:s" open="yes"><!-- no --><book id="1"><title>Emma</title>
<by>A</by><by>B</by></book><book id="2"><title/></book>tail</s:shop>"""


def test_xml_as_objects_and_by_xpath() -> None:
    assert text_parse_xml(text=XML) == {
        "@open": "yes",
        "book": [{"@id": "1", "title": "Emma", "by": ["A", "B"]}, {"@id": "2", "title": None}],
        "#text": "tail",
    }
    assert text_parse_xml(text="<a><b>1</b></a>", lists=["b"]) == {"b": ["1"]}
    rows = text_parse_xml(text=XML, each="//book", fields={"id": "@id", "by": "by", "n": "count(by)", "no": "nothing"})
    assert rows == [{"id": "1", "by": ["A", "B"], "n": 2.0, "no": None}, {"id": "2", "by": None, "n": 0.0, "no": None}]
    spaced = text_parse_xml(text=XML, fields={"open": "/x:shop/@open"}, namespaces={"x": "urn:s"})
    assert spaced == {"open": "yes"}


def test_xml_loads_nothing_and_grows_into_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    outside = f"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://{tmp_path}/secret.txt'>]><a>&x;</a>"
    assert "secret" not in str(text_parse_xml(text=outside))
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    bomb = f"<!DOCTYPE a [<!ENTITY l0 'ha'>{laughs}]><a>&l9;</a>"
    assert "amplification" in refused(text_parse_xml, text=bomb).message
    deep = "<a>" * 5_000 + "</a>" * 5_000
    assert refused(text_parse_xml, text=deep).code in ("xml.invalid", "xml.too_deep")
    assert refused(text_parse_xml, text="<a>" * 200 + "</a>" * 200).code == "xml.too_deep"


def test_xml_says_what_is_wrong() -> None:
    assert refused(text_parse_xml, text="<a><b></a>").code == "xml.invalid"
    assert refused(text_parse_xml, text="").code == "xml.invalid"
    assert refused(text_parse_xml, text=XML, each="//book[").code == "xml.xpath"
    assert "namespaces" in refused(text_parse_xml, text=XML, each="//x:shop").message
    assert refused(text_parse_xml, text=XML, each="//@id").code == "xml.not_elements"


HTML = """<title>Shop</title><script>var x = "price"</script><table><tr><td>Tea<td class=price data-x=1> 5
 €<tr><td>Rice<td class=price>2</table><a href=/more>more</a><a href="mailto:a@b.c">write</a>"""


def test_html_by_selectors() -> None:
    fields = {
        "name": "td",
        "price": ".price",
        "x": "td@data-x",
        "no": "h1",
        "every": HtmlField(selector="td", all=True),
    }
    assert text_parse_html(text=HTML, each="tr", fields=fields) == [
        {"name": "Tea", "price": "5 €", "x": None, "no": None, "every": ["Tea", "5 €"]},
        {"name": "Rice", "price": "2", "x": None, "no": None, "every": ["Rice", "2"]},
    ]
    page = {
        "title": "title",
        "mail": 'a[href="mailto:a@b.c"]',
        "links": HtmlField(selector="a", attribute="href", all=True),
    }
    assert text_parse_html(text=HTML, fields=page, base_url="https://x.example/a/") == {
        "title": "Shop",
        "mail": "write",
        "links": ["https://x.example/more", "mailto:a@b.c"],
    }
    assert (
        text_parse_html(text="<p>a <b>c</b> d</p>", fields={"p": HtmlField(selector="p", html=True)})["p"]
        == "a <b>c</b> d"
    )


def test_html_of_files_follows_their_own_encoding(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_bytes('<meta charset="windows-1252"><p>5 €'.encode("windows-1252"))
    assert text_parse_html(File(tmp_path / "old.html"), fields={"p": "p"}) == {"p": "5 €"}
    assert text_parse_html('<meta charset="windows-1252"><p>5 €', fields={"p": "p"}) == {"p": "5 €"}


def test_html_says_what_is_wrong() -> None:
    assert refused(text_parse_html, text=" ", fields={"a": "a"}).code == "html.empty"
    wrong = refused(text_parse_html, text=HTML, fields={"a": "a[["})
    assert (wrong.code, "'a'" in wrong.message) == ("html.selector", True)
    assert text_parse_html(text="<div>" * 3_000 + "deep", fields={"d": "div"})["d"] is not None


def test_what_reads_others_markup_runs_in_a_child_process() -> None:
    for function in (text_parse_xml, text_parse_html):
        found = node_type_of(function)
        assert found is not None
        assert found.call == "process"
