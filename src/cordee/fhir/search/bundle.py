"""Bundles as bytes: stored JSON passes through unparsed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec
import orjson

from cordee.fhir.model.definitions import type_definition
from cordee.fhir.model.outcome import outcome
from cordee.fhir.search.compile.statement import MOST_INCLUDED
from cordee.fhir.search.cursor import write_cursor
from cordee.fhir.search.query import Query
from cordee.fhir.search.run import Found
from cordee.fhir.store.body import members_of
from cordee.fhir.store.repository import Version
from cordee.runtime.clock import instant, now
from cordee.runtime.errors import Issue

_SUBSETTED = (
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
)
_CUT = Issue(
    "warning",
    "too-costly",
    f"_include, _revinclude: only {MOST_INCLUDED} resources are included in a page, others are "
    "left out; ask for fewer matches by _count, or search for the others",
)
_ALWAYS = {"resourceType", "id", "meta", "implicitRules"}


def search_bundle(found: Found, query: Query, base: str, path: str, *, mark: str = "") -> bytes:
    """Bundle of type searchset, with its links; totals as docs/operator says.

    `mark` stands before the cursor of the next page, for who reads pages of several sources.
    """
    links = [("self", _url(base, path, found.used))]
    if found.next is not None:
        pairs = [pair for pair in found.used if pair[0] != "_cursor"]
        following = [*pairs, ("_cursor", mark + write_cursor(found.next))]
        links.append(("next", _url(base, path, following)))
    entries = found.entries or [
        entry(base, shown(version, query), version, mode)
        for mode, versions in (("match", found.matches), ("include", found.included))
        for version in versions
    ]
    issues = [Issue("warning", "not-supported", text) for text in sorted(set(found.warnings))]
    if found.cut:
        issues.append(_CUT)
    if issues:
        entries.append(
            b'{"resource":' + orjson.dumps(outcome(issues)) + b',"search":{"mode":"outcome"}}'
        )
    return bundle("searchset", found.total, links, entries)


def entry_base(query: Query, base: str) -> str | None:
    """What a search is given as `base`: resources that are shown whole come as entries."""
    return None if query.elements or query.summary != "false" else base


def bundle(
    kind: str, total: int | None, links: Sequence[tuple[str, str]], entries: Sequence[bytes]
) -> bytes:
    """A Bundle of entries that are bytes already."""
    parts = [
        b'{"resourceType":"Bundle","meta":{"lastUpdated":"',
        instant(now()).encode(),
        b'"},"type":"',
        kind.encode(),
        b'"',
    ]
    if total is not None:
        parts += [b',"total":', str(total).encode()]
    if links:
        shown_links = [{"relation": relation, "url": url} for relation, url in links]
        parts += [b',"link":', orjson.dumps(shown_links)]
    if entries:
        parts += [b',"entry":[', b",".join(entries), b"]"]
    parts.append(b"}")
    return b"".join(parts)


def entry(base: str, body: bytes, version: Version, mode: str) -> bytes:
    """One entry of a searchset."""
    return (
        f'{{"fullUrl":"{base}/{version.place}","resource":'.encode()
        + body
        + f',"search":{{"mode":"{mode}"}}}}'.encode()
    )


def shown(version: Version, query: Query) -> bytes:
    """The resource as `_summary` and `_elements` want it; all of it as a rule."""
    if query.elements:
        names = _elements(version.type, query.elements)
        return subset(version, names) if names else version.json()
    if query.summary == "false":
        return version.json()
    definition = type_definition(version.type)
    if query.summary == "data":
        names = {name for name in definition.elements if name != "text"}
    elif query.summary == "text":
        names = {"text"}
    else:
        names = {name for name, one in definition.elements.items() if one.in_summary}
    return subset(version, names)


def _elements(resource_type: str, asked: Iterable[str]) -> set[str]:
    """Top-level elements asked of a type: `name` of every type, `Patient.name` of one."""
    pairs = [name.partition(".") for name in asked]
    return {
        rest.partition(".")[0] if first[:1].isupper() else first
        for first, _, rest in pairs
        if not first[:1].isupper() or first == resource_type
    }


def subset(version: Version, names: set[str]) -> bytes:
    """Only these top-level elements, the mandatory ones, and the tag SUBSETTED."""
    definition = type_definition(version.type)
    wanted = names | {name for name, one in definition.elements.items() if one.minimum > 0}
    parts: list[bytes] = []
    members = members_of(version.json())
    members.setdefault("meta", msgspec.Raw(b"{}"))  # a contained resource has none
    for name, value in members.items():
        stem = name.removeprefix("_")
        element = definition.properties.get(stem)
        if name == "meta":
            parts.append(b'"meta":' + _tagged(value))
        elif name in _ALWAYS or (element is not None and element[0].name in wanted):
            parts.append(f'"{name}":'.encode() + bytes(value))
    return b"{" + b",".join(parts) + b"}"


def _tagged(meta: msgspec.Raw) -> bytes:
    members = members_of(meta)
    tags = bytes(members.pop("tag", msgspec.Raw(b"[]"))).rstrip()
    inside = tags[1:-1].strip()
    tags = b"[" + (inside + b"," if inside else b"") + _SUBSETTED + b"]"
    parts = [f'"{name}":'.encode() + bytes(value) for name, value in members.items()]
    return b"{" + b",".join([*parts, b'"tag":' + tags]) + b"}"


def _url(base: str, path: str, pairs: Iterable[tuple[str, str]]) -> str:
    text = "&".join(
        f"{quote(name, safe=':._-')}={quote(value, safe=':,._-/|$')}" for name, value in pairs
    )
    return f"{base}/{path}" + (f"?{text}" if text else "")
