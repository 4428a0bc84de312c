"""A search URL, read and checked: criteria, order, paging, what to include, what to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.search.cursor import Cursor, read_cursor
from cordee.runtime.errors import InvalidRequest

DEFAULT_COUNT = 20
MOST = 1000
TOTALS = ("none", "estimate", "accurate")
SUMMARIES = ("true", "text", "data", "count", "false")
CONTAINED = ("false", "true", "both")
CONTAINED_TYPES = ("container", "contained")
_RESULT = {
    "_sort", "_count", "_total", "_summary", "_elements", "_include", "_revinclude",
    "_contained", "_containedType", "_format", "_pretty", "_cursor", "_type", "_maxresults",
    "_score", "_include:iterate", "_revinclude:iterate", "_include:recurse", "_revinclude:recurse",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of the order."""

    code: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Inclusion:
    """`_include` or `_revinclude`: source type, parameter ("*" for all), target type if given."""

    reverse: bool
    source: str
    code: str
    target: str | None
    iterate: bool


@dataclass(slots=True)
class Query:
    """A search, read. `criteria` keep their order; the same name may stand twice (AND)."""

    types: tuple[str, ...]
    criteria: list[tuple[str, str]] = field(default_factory=list)
    sort: tuple[SortKey, ...] = ()
    count: int = DEFAULT_COUNT
    total: str | None = None
    summary: str = "false"
    elements: tuple[str, ...] = ()
    inclusions: list[Inclusion] = field(default_factory=list)
    cursor: Cursor | None = None
    contained: str = "false"
    contained_type: str = "container"
    lenient: bool = False
    given: list[tuple[str, str]] = field(default_factory=list)

    @property
    def only_count(self) -> bool:
        """True when no resource is asked for."""
        return self.summary == "count" or self.count == 0


def read_query(
    resource_type: str | None, pairs: Iterable[tuple[str, str]], *, lenient: bool = False
) -> Query:
    """Query of the parameters of a URL or a form.

    Raises `InvalidRequest` that names the parameter.
    """
    given = list(pairs)
    query = Query((resource_type,) if resource_type else (), lenient=lenient, given=given)
    for name, text in given:
        if "\0" in text or "\0" in name:
            raise InvalidRequest("a search parameter holds a character that no text may hold")
        if name not in _RESULT:
            query.criteria.append((name, text))
        elif text != "":
            _read_result(query, name, text)
    if not query.types and resource_type is None:
        query.types = ()
    return query


def _read_result(query: Query, name: str, text: str) -> None:  # noqa: C901 -- one line a parameter
    base, _, modifier = name.partition(":")
    match base:
        case "_sort":
            query.sort = _sort(text)
        case "_count" | "_maxresults":
            query.count = _count(text)
        case "_total":
            query.total = _one_of(name, text, TOTALS)
        case "_summary":
            query.summary = _one_of(name, text, SUMMARIES)
        case "_elements":
            query.elements = tuple(part.strip() for part in text.split(",") if part.strip())
        case "_include" | "_revinclude":
            query.inclusions.append(_inclusion(base == "_revinclude", text, bool(modifier)))
        case "_cursor":
            query.cursor = read_cursor(text)
        case "_type":
            query.types = _types(query, text)
        case "_contained":
            query.contained = _one_of(name, text, CONTAINED)
        case "_containedType":
            query.contained_type = _one_of(name, text, CONTAINED_TYPES)


def _sort(text: str) -> tuple[SortKey, ...]:
    keys = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(SortKey(key.lstrip("-"), key.startswith("-")) for key in keys)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise InvalidRequest(f"_count: use a whole number, 0 to {MOST}")
    return min(int(text), MOST)


def _one_of(name: str, text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise InvalidRequest(f"{name}: use one of {', '.join(choices)}")
    return text


def _types(query: Query, text: str) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [one for one in types if one not in RESOURCE_TYPES]
    if unknown:
        raise InvalidRequest("_type: there is no such resource type")
    if query.types:
        return tuple(one for one in types if one in query.types) or query.types
    return types


def _inclusion(reverse: bool, text: str, iterate: bool) -> Inclusion:
    name = "_revinclude" if reverse else "_include"
    if text == "*":
        return Inclusion(reverse, "*", "*", None, iterate)
    parts = text.split(":")
    if len(parts) not in {2, 3} or parts[0] not in RESOURCE_TYPES:
        raise InvalidRequest(f"{name}: Type:parameter or Type:parameter:Target is expected")
    target = parts[2] if len(parts) == 3 else None  # noqa: PLR2004 -- the third part
    if target is not None and target not in RESOURCE_TYPES:
        raise InvalidRequest(f"{name}: there is no such target type")
    return Inclusion(reverse, parts[0], parts[1], target, iterate)
