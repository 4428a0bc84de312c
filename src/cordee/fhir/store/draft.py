"""A write to be done, and many of them as the parallel arrays that `write_resources` takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Any

from cordee.fhir.indexing.extract import Extracted
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import DELETED, Trace

ANY_VERSION = -1
ABSENT = 0


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


def write_arguments(
    drafts: Sequence[Draft],
    rids: Sequence[int],
    needs: Iterable[tuple[str, str]],
    traces: Sequence[Trace],
) -> list[Any]:
    """Arguments of `write_resources` after its moment, in its order."""
    out: list[Any] = [
        [type_number(d.type) for d in drafts],
        [int(d.method) for d in drafts],
        [d.expected for d in drafts],
        list(rids),
        [d.id for d in drafts],
        [d.rows.labels if d.rows else DELETED for d in drafts],
        [0] * len(drafts),
        [d.entity for d in drafts],
        [d.patient for d in drafts],
        [d.custodian for d in drafts],
        [d.dated[0] if d.dated else rid_moment(rid) for d, rid in zip(drafts, rids, strict=True)],
        [d.dated[1] if d.dated else None for d in drafts],
        [_signature(d) for d in drafts],
        [_numbers(d.rows.keys) if d.rows else "{}" for d in drafts],
        [_numbers(d.rows.has) if d.rows else "{}" for d in drafts],
        [_texts(d.rows.refs) if d.rows else "{}" for d in drafts],
        [d.body for d in drafts],
    ]
    kept = [(i, d.rows) for i, d in enumerate(drafts) if d.rows is not None]
    out += _side_columns(kept)
    out += _columns(2, ((i, actor) for i, d in enumerate(drafts) for actor in d.circle))
    out += _columns(2, ((type_number(kind), key) for kind, key in needs))
    out += _columns(
        5, ((t.agent, t.action, t.type, _numbers(t.patients), t.detail) for t in traces)
    )
    return out


def contained_arguments(found: Sequence[tuple[Inside, str, int]], rids: Sequence[int]) -> list[Any]:
    """Arguments of `write_contained`: what is contained, the type and row id of its container."""
    out: list[Any] = [
        [within for _, _, within in found],
        [type_number(kind) for _, kind, _ in found],
        list(rids),
        [type_number(one.type) for one, _, _ in found],
        [one.id for one, _, _ in found],
        [one.entity for one, _, _ in found],
        [one.dated[0] if one.dated else None for one, _, _ in found],
        [one.dated[1] if one.dated else None for one, _, _ in found],
        [_numbers(one.rows.keys) for one, _, _ in found],
        [_numbers(one.rows.has) for one, _, _ in found],
        [_texts(one.rows.refs) for one, _, _ in found],
        [one.body for one, _, _ in found],
    ]
    return out + _side_columns([(i, one.rows) for i, (one, _, _) in enumerate(found)])


def rid_moment(rid: int) -> datetime:
    """The moment that a row id carries, as `rid_moment()` of the schema."""
    return datetime.fromtimestamp(((rid >> 22) + 1_577_836_800_000) / 1000, UTC)


def _side_columns(kept: Sequence[tuple[int, Extracted]]) -> list[list[Any]]:
    """Rows of the side tables, by the place of their resource."""
    out = _columns(2, ((i, key) for i, rows in kept for key in rows.sort_keys))
    out += _columns(5, ((i, n, c, lo, hi) for i, rows in kept for n, lo, hi, c in rows.dates))
    out += _columns(9, ((i, *row) for i, rows in kept for row in rows.quantities))
    out += _columns(5, ((i, n, c, x, v) for i, rows in kept for n, v, x, c in rows.strings))
    out += _columns(4, ((i, *row) for i, rows in kept for row in rows.places))
    return out


def _columns(width: int, rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


def _numbers(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


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
    digest = blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
