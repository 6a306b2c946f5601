"""text.parse_html: what CSS selectors find in a page, in a child process: its author is somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from cssselect import SelectorError
from lxml import etree, html
from pydantic import BaseModel, ConfigDict, Field

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.texts import bytes_of


class HtmlField(BaseModel):
    """What to take of an element."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    selector: str = Field(default="", description="CSS selector; empty is the element itself.")
    attribute: str | None = Field(default=None, description="Take this attribute, in place of the text.")
    html: bool = Field(default=False, description="Take the HTML inside, in place of the text.")
    all: bool = Field(default=False, description="A list of all that are found, in place of the first.")


@node(id="text.parse_html", category="text", effect="none", isolation="process", icon="file-code-2", title="Parse HTML")
def text_parse_html(
    value: Input[Any] = None,
    *,
    fields: Annotated[Mapping[str, str | HtmlField], Field(min_length=1)],
    each: Annotated[str, Field(min_length=1, json_schema_extra={"examples": ["table tr"]})] | None = None,
    base_url: str | None = None,
    text: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
) -> Any:
    """Take data out of an HTML page.

    Broken HTML is read as browsers do. Text is taken with its white space made one blank; scripts and styles do not
    count. Nothing that the page refers to is loaded.

    Args:
        fields: Name of a field to a CSS selector, such as `h1` or `.price`; `a@href` takes an attribute. An
            object says more: `{selector: a, attribute: href, all: true}`. What is not found is null.
        each: CSS selector of elements that repeat, such as `table tr`: what comes out is a list with an object for
            each, and `fields` are looked for inside of it.
        base_url: Address of the page: links and pictures in attributes are made complete with it.
        text: The page, in place of what is wired in (a text, a file, or the answer of `http.request`).

    Example:
        ```yaml
        concertmaster: 1
        name: headlines
        inputs: {page: {type: string, default: "<ul><li><a href='/1'>One</a><li><a href='/2'>Two</a></ul>"}}
        nodes:
          links:
            type: text.parse_html
            config: {text: "{{ inputs.page }}", each: li, fields: {title: a, link: a@href}, base_url: "https://a.example"}
        outputs: {links: "{{ nodes.links }}"}
        ```
    """
    page = _parsed(bytes_of(value, text), base_url, known_encoding=text is not None or not hasattr(value, "read_bytes"))
    wanted = {name: _field(field) for name, field in fields.items()}
    found = [page] if each is None else _select(page, each, "each")
    made = [{name: _taken(element, field, name) for name, field in wanted.items()} for element in found]
    return made[0] if each is None else made


def _parsed(source: bytes, base_url: str | None, *, known_encoding: bool) -> html.HtmlElement:
    # Text is UTF-8 here whatever a tag in it says; of a file, the tag may know.
    parser = html.HTMLParser(encoding="utf-8" if known_encoding else None, huge_tree=False, no_network=True)
    if not source.strip():
        raise UserError("html.empty", "The page is empty; look at what gives it")
    try:
        page = html.document_fromstring(source, parser=parser)
        for noise in list(page.iter("script", "style", "template", "noscript")):
            noise.drop_tree()
        if base_url is not None:
            page.make_links_absolute(base_url, handle_failures="ignore")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UserError("html.invalid", f"The page cannot be read: {error}; look at what gives it") from error
    return page


def _field(field: str | HtmlField) -> HtmlField:
    if isinstance(field, HtmlField):
        return field
    selector, at, attribute = field.rpartition("@")
    # An @ inside of [href="a@b"] belongs to the selector.
    if at and "]" not in attribute and '"' not in attribute:
        return HtmlField(selector=selector.strip(), attribute=attribute.strip())
    return HtmlField(selector=field.strip())


def _select(element: html.HtmlElement, selector: str, name: str) -> list[html.HtmlElement]:
    try:
        return element.cssselect(selector)
    except SelectorError as error:
        raise UserError("html.selector", f"The selector {selector!r} of {name} is no CSS selector: {error}") from error


def _taken(element: html.HtmlElement, field: HtmlField, name: str) -> Any:
    found = _select(element, field.selector, f"the field '{name}'") if field.selector else [element]
    if field.all:
        return [_value(one, field) for one in found]
    return _value(found[0], field) if found else None


def _value(element: html.HtmlElement, field: HtmlField) -> str | None:
    if field.attribute is not None:
        return element.get(field.attribute)
    if field.html:
        inside = "".join(html.tostring(child, encoding="unicode") for child in element)
        return (element.text or "") + inside
    return " ".join(element.text_content().split())
