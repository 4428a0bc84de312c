"""References between the entries of a transaction, rewritten in the bytes.

Every whole JSON string that equals a known full URL is replaced, wherever an element can hold a
link: Reference.reference, uri, url, oid, uuid, and `href` and `src` of the narrative. Plain strings
(Identifier.value, text) stay as they are.
Rule: https://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cordee.fhir.model.definitions import RESOURCE_TYPES

_STRINGS = re.compile(
    rb'("(?P<name>[A-Za-z_]\w*)"\s*:\s*)?"(?P<text>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?'
)
_LINKS = re.compile(rb'(?P<start>(?:href|src)=\\")(?P<text>[^"\\]+)(?P<end>\\")')
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"(?P<text>[A-Z][A-Za-z]+\?(?:[^"\\]|\\.)+)"')
_PLAIN = frozenset(
    {b"value", b"display", b"text", b"div", b"valueString", b"title", b"name", b"id"}
)


def rewritten(raw: bytes, links: Mapping[bytes, bytes]) -> bytes:
    """The resource with each known link replaced by what it became."""
    if not links or not _mentions(raw, links):
        return raw

    def whole(found: re.Match[bytes]) -> bytes:
        text = found["text"]
        fragment = b""
        if text not in links and b"#" in text:
            text, _, rest = text.partition(b"#")
            fragment = b"#" + rest
        new = links.get(text)
        if new is None or found["colon"] or found["name"] in _PLAIN:
            return found[0]
        return (found[1] or b"") + b'"' + new + fragment + b'"'

    def narrative(found: re.Match[bytes]) -> bytes:
        new = links.get(found["text"])
        return found[0] if new is None else found["start"] + new + found["end"]

    return _LINKS.sub(narrative, _STRINGS.sub(whole, raw))


def conditional_references(raw: bytes) -> set[bytes]:
    """Texts `Type?criteria` that stand as references, still as JSON escapes them."""
    if b"?" not in raw:
        return set()
    return {
        found["text"]
        for found in _CONDITIONAL.finditer(raw)
        if found["text"].partition(b"?")[0].decode() in RESOURCE_TYPES
    }


def _mentions(raw: bytes, links: Mapping[bytes, bytes]) -> bool:
    if b"urn:" in raw:
        return True
    return any(link in raw for link in links if not link.startswith(b"urn:"))
