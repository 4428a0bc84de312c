"""A write to be done, and many of them as the parallel arrays that `write_resources` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from cordee.fhir.indexing.extract import Extracted
from cordee.fhir.indexing.spans import BOUNDED
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import DELETED, Trace

ANY_VERSION = -1
ABSENT = 0
_Kinds = tuple[str, ...]
_NUMBERS = frozenset({"int2", "int4", "int8", "float8"})
"""Kinds of column that are sent as text: the driver asks of each number what it is, which costs
more than writing and reading its digits."""
_ROW: _Kinds = (
    "int2", "int2", "int4", "int8", "text", "int2", "int2", "int8", "int8", "int8",
    "timestamptz", "timestamptz", "int8", "text", "text", "text", "bytea",
)  # fmt: skip
_SORT: _Kinds = ("int4", "int8")
_DATES: _Kinds = ("int4", "int4", "int8", "timestamptz", "timestamptz")
_QUANTITIES: _Kinds = (
    "int4", "int4", "int8", "int8", "float8", "float8", "int8", "float8", "float8",
)  # fmt: skip
_STRINGS: _Kinds = ("int4", "int4", "int8", "int8", "text")
_PLACES: _Kinds = ("int4", "int4", "float8", "float8")
_SIDES: _Kinds = (*_SORT, *_DATES, *_QUANTITIES, *_STRINGS, *_PLACES)
_CIRCLE: _Kinds = ("int4", "int8")
_NEEDS: _Kinds = ("int2", "text")
_TRACES: _Kinds = ("int8", "text", "text", "int2", "text", "text")
_INSIDE: _Kinds = (
    "int8", "int2", "int8", "int2", "text", "int8", "timestamptz", "timestamptz",
    "text", "text", "text", "int2", "bytea",
)  # fmt: skip


def _places(kinds: _Kinds, first: int) -> str:
    return ", ".join(
        f"${n}::text::{kind}[]" if kind in _NUMBERS else f"${n}"
        for n, kind in enumerate(kinds, first)
    )


_ALL = (*_ROW, *_SIDES, *_CIRCLE, *_NEEDS, *_TRACES)
WRITE = f"SELECT * FROM write_resources($1, {_places(_ALL, 2)})"
PUT_TERMS = "SELECT put_terms($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
WRITE_CONTAINED = f"SELECT write_contained({_places((*_INSIDE, *_SIDES), 1)})"


class Method(IntEnum):
    """How a version came to be."""

    REFRESH = 0
    POST = 1
    PUT = 2
    DELETE = 3
    PATCH = 4


@dataclass(slots=True)
class Inside:
    """A contained resource: its id is `Type/id` of the container, `#`, and its own id."""

    type: str
    id: str
    body: bytes
    rows: Extracted
    entity: int
    dated: tuple[datetime, datetime] | None


@dataclass(slots=True)
class Draft:
    """One version to be written. `rows` is None for a deletion."""

    type: str
    id: str
    method: Method
    expected: int
    body: bytes
    rows: Extracted | None
    entity: int
    patient: int | None
    custodian: int | None
    dated: tuple[datetime, datetime] | None
    circle: Sequence[int] = ()
    contained: Sequence[Inside] = ()
    terms: Sequence[tuple[int, datetime, datetime]] = ()


class SealedDraft(NamedTuple):
    """What is written of a draft whose body is sealed: data key, body, the version expected."""

    number: int
    body: bytes
    expected: int


def write_arguments(
    drafts: Sequence[Draft],
    rids: Sequence[int],
    needs: Iterable[tuple[str, str]],
    traces: Sequence[Trace],
    sealed: Mapping[int, SealedDraft] = MappingProxyType({}),
) -> list[Any]:
    """Arguments of `write_resources` after its moment, in its order; `sealed` is by place."""
    rows = [
        (
            type_number(d.type),
            int(d.method),
            sealed[i].expected if i in sealed else d.expected,
            rid,
            d.id,
            d.rows.labels if d.rows else DELETED,
            sealed[i].number if i in sealed else 0,
            d.entity,
            d.patient,
            d.custodian,
            d.dated[0] if d.dated else rid_moment(rid),
            d.dated[1] if d.dated else None,
            _signature(d),
            _numbers(d.rows.keys) if d.rows else "{}",
            _numbers(d.rows.has) if d.rows else "{}",
            _texts(d.rows.refs) if d.rows else "{}",
            sealed[i].body if i in sealed else d.body,
        )
        for i, (d, rid) in enumerate(zip(drafts, rids, strict=True))
    ]
    out = _columns(_ROW, rows)
    out += _side_columns([(i, d.rows) for i, d in enumerate(drafts) if d.rows is not None])
    out += _columns(_CIRCLE, [(i, actor) for i, d in enumerate(drafts) for actor in d.circle])
    out += _columns(_NEEDS, [(type_number(kind), key) for kind, key in needs])
    out += _columns(
        _TRACES,
        [(t.acting, t.agent, t.action, t.type, _numbers(t.patients), t.detail) for t in traces],
    )
    return out


def contained_arguments(
    found: Sequence[tuple[Inside, str, int, tuple[int, bytes]]], rids: Sequence[int]
) -> list[Any]:
    """Arguments of `write_contained`: what is contained, the type and row id of its container.

    Then the number of the data key (0 for none) and the body as it is stored.
    """
    rows = [
        (
            within,
            type_number(kind),
            rid,
            type_number(one.type),
            one.id,
            one.entity,
            one.dated[0] if one.dated else None,
            one.dated[1] if one.dated else None,
            _numbers(one.rows.keys),
            _numbers(one.rows.has),
            _texts(one.rows.refs),
            *sealed,
        )
        for (one, kind, within, sealed), rid in zip(found, rids, strict=True)
    ]
    out = _columns(_INSIDE, rows)
    return out + _side_columns([(i, one.rows) for i, (one, _, _, _) in enumerate(found)])


def term_arguments(found: Sequence[tuple[Draft, int]]) -> list[Any]:
    """Arguments of `put_terms` after its moment: drafts of bounded types, with their row ids."""
    terms = [
        (rid, actor, draft.patient, starts, ends)
        for draft, rid in found
        if draft.patient is not None
        for actor, starts, ends in draft.terms
    ]
    circles = [
        (rid, draft.patient, draft.rows.circle_ends)
        for draft, rid in found
        if draft.patient is not None and draft.rows and draft.rows.circle_ends
    ]
    columns = [list(one) for one in zip(*terms, strict=True)] or [[] for _ in range(5)]
    columns += [list(one) for one in zip(*circles, strict=True)] or [[] for _ in range(3)]
    return [[rid for _, rid in found], *columns]


def rid_moment(rid: int) -> datetime:
    """The moment that a row id carries, as `rid_moment()` of the schema."""
    return datetime.fromtimestamp(((rid >> 22) + 1_577_836_800_000) / 1000, UTC)


def _side_columns(kept: Sequence[tuple[int, Extracted]]) -> list[Any]:
    """Rows of the side tables, by the place of their resource."""
    return [
        *_columns(_SORT, [(i, key) for i, rows in kept for key in rows.sort_keys]),
        *_columns(_DATES, [(i, n, c, lo, hi) for i, rows in kept for n, lo, hi, c in rows.dates]),
        *_columns(_QUANTITIES, [(i, *row) for i, rows in kept for row in rows.quantities]),
        *_columns(_STRINGS, [(i, n, c, x, v) for i, rows in kept for n, v, x, c in rows.strings]),
        *_columns(_PLACES, [(i, *row) for i, rows in kept for row in rows.places]),
    ]


def _columns(kinds: _Kinds, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    columns: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return [
        _numbers(column) if kind in _NUMBERS else list(column)
        for kind, column in zip(kinds, columns, strict=True)
    ]


def _numbers(values: Sequence[float | None]) -> str:
    text = ",".join(map(str, values))
    return "{" + (text.replace("None", "NULL") if "N" in text else text) + "}"


def _texts(values: Sequence[str]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


def _signature(draft: Draft) -> int:
    """Digest of the index rows: an update that leaves it alone leaves them in place."""
    rows = draft.rows
    if rows is None:
        return 0
    parts = (
        rows.sort_keys, rows.dates, rows.quantities, rows.strings, rows.places, rows.labels,
        draft.dated, draft.patient, draft.custodian, list(draft.circle),
    )  # fmt: skip
    if draft.type in BOUNDED:
        parts = (*parts, list(draft.terms), rows.circle_ends)
    digest = blake2b(orjson.dumps(parts), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
