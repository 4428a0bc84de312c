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

_URN = re.compile(rb'"(urn:(?:uuid|oid):[^"\\#]+)(#[^"\\]*)?"')
_NAME = re.compile(rb'"(\w+)"\s*:\s*$')
_BEFORE = 40
_LINKS = re.compile(rb'(?P<start>(?:href|src)=\\")(?P<text>[^"\\]+)(?P<end>\\")')
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"(?P<text>[A-Z][A-Za-z]+\?(?:[^"\\]|\\.)+)"')
_PLAIN = frozenset(
    {b"value", b"display", b"text", b"div", b"valueString", b"title", b"name", b"id"}
)


class Links(dict[bytes, bytes]):
    """What each link becomes; those that are no `urn:` are also kept apart, as they are few."""

    def __init__(self) -> None:
        """No link yet."""
        super().__init__()
        self.others: list[bytes] = []

    def add(self, link: bytes, target: bytes) -> None:
        """`link`, as JSON escapes it, becomes `target`."""
        if not link.startswith(b"urn:"):
            self.others.append(link)
        self[link] = target


def rewritten(raw: bytes, links: Links) -> bytes:
    """The resource with each known link replaced by what it became."""
    if not links:
        return raw
    done = _URN.sub(lambda found: _replaced(found, links), raw) if b'"urn:' in raw else raw
    others = [link for link in links.others if link in done]
    if others:
        pattern = b'"(' + b"|".join(re.escape(link) for link in others) + rb')(#[^"\\]*)?"'
        done = re.sub(pattern, lambda found: _replaced(found, links), done)

    def narrative(found: re.Match[bytes]) -> bytes:
        new = links.get(found["text"])
        return found[0] if new is None else found["start"] + new + found["end"]

    return _LINKS.sub(narrative, done) if b'=\\"' in done else done


def conditional_references(raw: bytes) -> set[bytes]:
    """Texts `Type?criteria` that stand as references, still as JSON escapes them."""
    if b"?" not in raw:
        return set()
    return {
        found["text"]
        for found in _CONDITIONAL.finditer(raw)
        if found["text"].partition(b"?")[0].decode() in RESOURCE_TYPES
    }


def _replaced(found: re.Match[bytes], links: Mapping[bytes, bytes]) -> bytes:
    """A JSON string as it becomes: names of members and plain strings stay."""
    new = links.get(found[1])
    if new is None:
        return found[0]
    start, end = found.span()
    if found.string[end : end + 8].lstrip().startswith(b":"):
        return found[0]
    name = _NAME.search(found.string, max(0, start - _BEFORE), start)
    if name is not None and name[1] in _PLAIN:
        return found[0]
    return b'"' + new + (found[2] or b"") + b'"'
