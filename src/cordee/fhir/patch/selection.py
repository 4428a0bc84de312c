"""Selection of the one node that an XML Patch operation names.

Only the XPath of RFC 5261 is read: steps of child elements, attributes and node tests, with
positions and comparisons as predicates. Names without a prefix are in the namespace of FHIR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from cordee.fhir.model.xml_names import FHIR, XHTML
from cordee.runtime.errors import InvalidRequest, RuleBroken

TOKEN = re.compile(
    r"""\s*(?:(?P<literal>"[^"]*"|'[^']*')|(?P<number>[0-9]+)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?)"""
    r"""|(?P<mark>[/@\[\]=()*.]))"""
)
FUNCTIONS = frozenset({"text", "comment", "processing-instruction", "id", "last", "position"})
OPERATORS = frozenset({"and", "or"})
PREFIXES = {"f": FHIR, "fhir": FHIR, "h": XHTML, "html": XHTML, "xhtml": XHTML}
DEFAULT = "default-namespace"
MAXIMUM_LENGTH = 1000


def select_one(root: etree._Element, selector: str, scope: Mapping[str | None, str]) -> object:
    """Element, attribute or text that `selector` names; `scope` holds its prefixes.

    Raises `InvalidRequest` when the selector is no path of RFC 5261, `RuleBroken` when it does not
    name exactly one node.
    """
    namespaces = {**PREFIXES, **{prefix: url for prefix, url in scope.items() if prefix}}
    namespaces[DEFAULT] = scope.get(None) or FHIR
    path = "".join(_rewritten(selector))
    try:
        found = root.getroottree().xpath(
            path if path[:1] == "/" else "/" + path, namespaces=namespaces
        )
    except etree.XPathError as caught:
        raise InvalidRequest("the selector of a patch operation is no path; correct it") from caught
    if not isinstance(found, list) or len(found) != 1:
        raise RuleBroken("a selector of the patch does not name exactly one node; correct it")
    return found[0]


def _rewritten(selector: str) -> Iterator[str]:
    """Tokens of the selector, with a prefix for the names that have none."""
    tokens = list(_tokens(selector))
    for index, (kind, text) in enumerate(tokens):
        following = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        before = tokens[index - 1][1] if index else ""
        if text == "/" == before or (text == "." == before):
            raise InvalidRequest("the selector of a patch operation: // and .. are not allowed")
        if kind != "name":
            yield text
        elif following == "(":
            yield _function(text)
        elif text in OPERATORS and before not in ("", "/", "@", "["):
            yield f" {text} "
        elif ":" in text or before == "@":
            yield text
        else:
            yield f"{DEFAULT}:{text}"


def _tokens(selector: str) -> Iterator[tuple[str, str]]:
    if not selector.strip() or len(selector) > MAXIMUM_LENGTH:
        raise InvalidRequest("the selector of a patch operation is empty or too long; correct it")
    position, end = 0, len(selector.rstrip())
    while position < end:
        found = TOKEN.match(selector, position)
        if found is None or found.lastgroup is None:
            raise InvalidRequest("the selector of a patch operation is no path of RFC 5261")
        yield found.lastgroup, found[found.lastgroup]
        position = found.end()


def _function(name: str) -> str:
    if name not in FUNCTIONS:
        raise InvalidRequest("the selector of a patch operation calls an unknown function")
    return name
