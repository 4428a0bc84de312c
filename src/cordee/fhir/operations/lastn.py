"""Observation/$lastn: the newest observations of each code.

Rule: https://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.bundle import search_bundle
from cordee.fhir.search.query import MOST, SortKey, read_query
from cordee.fhir.search.run import Found
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import InvalidRequest, TooCostly

_MOST_PAGES = 20
_NEEDED = {"patient", "subject"}


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []
    text: str = ""


class _Coded(msgspec.Struct):
    code: _Concept


_code_of = msgspec.json.Decoder(_Coded).decode


async def lastn(kernel: Kernel, scope: Scope, pairs: Iterable[tuple[str, str]]) -> bytes:
    """Bundle of at most `max` (1 by default) observations of each code, newest first.

    Raises `InvalidRequest` when no patient is named.
    """
    given = list(pairs)
    wanted = _wanted(given)
    query = read_query("Observation", [pair for pair in given if pair[0] != "max"])
    if not {name.partition(":")[0] for name, _ in query.criteria} & _NEEDED:
        raise InvalidRequest("$lastn: patient or subject is needed")
    if query.contained != "false":
        raise InvalidRequest("_contained: $lastn gives resources that stand for themselves")
    query.sort, query.count, query.total = (SortKey("date", True),), MOST, "none"
    groups: dict[str, str] = {}
    counts: dict[str, int] = {}
    kept: list[Version] = []
    for _ in range(_MOST_PAGES):
        found = await kernel.searcher.search(query, scope)
        for version in found.matches:
            group = _group(version, groups)
            counts[group] = counts.get(group, 0) + 1
            if counts[group] <= wanted:
                kept.append(version)
        if found.next is None:
            result = Found(kept, total=len(kept), used=given)
            return search_bundle(result, query, kernel.base, "Observation/$lastn")
        query.cursor = found.next
    raise TooCostly("$lastn: too many observations; add a category, a code or a date")


def _wanted(pairs: list[tuple[str, str]]) -> int:
    text = next((value for name, value in pairs if name == "max"), "1")
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequest("max: use a positive whole number")
    return int(text)


def _group(version: Version, groups: dict[str, str]) -> str:
    """Name of the code's group: observations that share a coding are of one group."""
    concept = _code_of(version.json()).code
    names = [f"{coding.system}|{coding.code}" for coding in concept.coding if coding.code]
    names = names or [concept.text]
    group = next((groups[name] for name in names if name in groups), names[0])
    for name in names:
        groups[name] = group
    return group
