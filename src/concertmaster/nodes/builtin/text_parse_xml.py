"""text.parse_xml: XML text as data, in a child process: its author is often somebody else."""

# The class of elements has no public name.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from lxml import etree
from pydantic import Field

from concertmaster import Input, UserError, node
from concertmaster.nodes.builtin.texts import bytes_of

_DEEPEST = 150


@node(id="text.parse_xml", category="text", effect="none", isolation="process", icon="code-xml", title="Parse XML")
def text_parse_xml(
    value: Input[Any] = None,
    *,
    each: Annotated[str, Field(min_length=1, json_schema_extra={"examples": ["//book"]})] | None = None,
    fields: Mapping[str, str] | None = None,
    namespaces: Mapping[str, str] | None = None,
    lists: Sequence[str] = (),
    text: Annotated[str, Field(json_schema_extra={"format": "textarea"})] | None = None,
) -> Any:
    """Make data of XML text.

    Without `fields` an element becomes an object of its children by name, with attributes as `@name` and its own text
    as `#text`; an element with text alone becomes that text, an empty one null, and several of one name a list.
    Namespaces of names are left out. Nothing that the text refers to is loaded, and entities are not replaced.

    Args:
        each: XPath of elements that repeat, as in `//book`: what comes out is a list with an object for each.
        fields: Name of a field to an XPath from the element, such as `title`, `@id`, `count(item)` or `author/name`;
            several values become a list, none null.
        namespaces: Prefix to address, for the XPaths.
        lists: Names of elements that become a list also where there is only one.
        text: The text, in place of what is wired in (a text, a file, or the answer of `http.request`).

    Example:
        ```yaml
        concertmaster: 1
        name: parse-books
        inputs: {feed: {type: string, default: "<shop><book id='1'><title>Emma</title></book><book id='2'/></shop>"}}
        nodes:
          books:
            type: text.parse_xml
            config: {text: "{{ inputs.feed }}", each: //book, fields: {id: "@id", title: title}}
        outputs: {books: "{{ nodes.books }}"}
        ```
    """
    root = _parsed(bytes_of(value, text))
    known = dict(namespaces or {})
    found = [root] if each is None else _selected(root, each, known)
    if fields is None:
        made: list[Any] = [_data(element, frozenset(lists), 0) for element in found]
    else:
        made = [{name: _field(element, path, known) for name, path in fields.items()} for element in found]
    return made[0] if each is None else made


def _parsed(source: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UserError("xml.invalid", f"The text is no XML: {error}; mend it where it is made") from error


def _selected(root: etree._Element, path: str, namespaces: dict[str, str]) -> list[etree._Element]:
    found = _evaluated(root, path, namespaces)
    if isinstance(found, list) and all(isinstance(one, etree._Element) for one in found):
        return found
    raise UserError("xml.not_elements", f"The XPath {path!r} in `each` gives no elements; write one such as //book")


def _evaluated(element: etree._Element, path: str, namespaces: dict[str, str]) -> Any:
    try:
        return element.xpath(path, namespaces=namespaces or None)
    except etree.XPathError as error:
        prefix = "; say what its prefixes stand for in `namespaces`" if "prefix" in str(error).lower() else ""
        raise UserError("xml.xpath", f"The XPath {path!r} cannot be used: {error}{prefix}") from error


def _field(element: etree._Element, path: str, namespaces: dict[str, str]) -> Any:
    found = _evaluated(element, path, namespaces)
    if not isinstance(found, list):
        return found if isinstance(found, bool | float) else str(found)
    values = [_text(one) if isinstance(one, etree._Element) else str(one) for one in found]
    return None if not values else values[0] if len(values) == 1 else values


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()


def _data(element: etree._Element, lists: frozenset[str], depth: int) -> Any:
    if depth > _DEEPEST:
        raise UserError(
            "xml.too_deep", f"The XML is nested more than {_DEEPEST} deep; pick what you need with `fields`"
        )
    made: dict[str, Any] = {f"@{_name(name)}": str(text) for name, text in element.attrib.items()}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name, inside = _name(child.tag), _data(child, lists, depth + 1)
        if name in lists:
            made.setdefault(name, []).append(inside)
        elif name not in made:
            made[name] = inside
        elif isinstance(made[name], list):
            made[name].append(inside)
        else:
            made[name] = [made[name], inside]
    own = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if not made:
        return own or None
    return {**made, "#text": own} if own else made


def _name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
