"""Which rows of one type, in which order: the inner query, chosen by shape.

1. A sorted code, alone or with a patient, dates, a scope: walk `sp_sort`, index only.
2. Several codes: the same walk for each, merged.
3. A value of a side table (a name, a quantity): its rows carry date and scope, so they come first.
4. A patient: the patient's index.
5. Rare keys: the GIN index, then a sort, so that the planner cannot bet on a walk.
6. Anything else: the planner chooses, under the time bound of the search role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.order import Order, after, order_by
from cordee.fhir.search.compile.predicates import (
    InScope,
    Keys,
    MainDate,
    OfPatient,
    Predicate,
    Side,
    unhidden,
)
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.store.partitions import table, type_condition

_RARE = 2000
_MOST_WALKS = 50
_WITH_DATE = frozenset({"sp_str", "sp_qty", "sp_date"})


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of one type."""

    type: str
    predicates: tuple[Predicate, ...]
    scope: InScope
    order: Order


@dataclass(frozen=True, slots=True)
class _Parts:
    codes: Keys | None
    patient: OfPatient | None
    dates: tuple[MainDate, ...]
    rest: tuple[Predicate, ...]
    side: Side | None


def rows_sql(
    selection: Selection,
    builder: Builder,
    frequencies: Frequencies,
    start: Sequence[str | None] | None,
    limit: int,
) -> str:
    """SELECT of `rid` and the sort columns `k0`, `k1`..., at most `limit` rows, in order."""
    names = [f"q.k{n}" for n in range(len(selection.order.columns))]
    tail = order_by(selection.order, names, "q.rid")
    following = ""
    if start is not None:
        following = f" WHERE {after(selection.order, names, 'q.rid', start, builder)}"
    parts = _parts(selection)
    if selection.order.by_date and parts.side is not None:
        return _aside(selection, parts.side, builder, start, limit)
    if selection.order.by_date and _walks(selection, parts, frequencies):
        return _walk(selection, parts, builder, start, limit)
    if selection.order.by_update and not selection.predicates:
        source = _by_update(selection, builder)
    else:
        source = _filtered(selection, builder)
    if selection.order.by_date and _rare(selection, frequencies):
        # OFFSET 0: the rows are found by their keys first, then sorted.
        return f"SELECT * FROM ({source} OFFSET 0) q{following} ORDER BY {tail} LIMIT {limit}"
    return f"SELECT * FROM ({source}) q{following} ORDER BY {tail} LIMIT {limit}"


def count_sql(selection: Selection, builder: Builder, most: int | None) -> str:
    """Number of rows as a scalar expression, never more than `most` + 1."""
    limit = f" LIMIT {most + 1}" if most is not None else ""
    parts = _parts(selection)
    if parts.side is not None:
        return f"(SELECT count(*) FROM ({_beside(selection, parts.side, builder)}{limit}) c)"
    totals: list[str] = []
    for scope in _count_scopes(selection.scope, builder):
        if parts.codes is not None and len(parts.codes.keys) == 1 and not parts.rest:
            conditions = [f"r.key = {builder.add(parts.codes.keys[0])}", scope]
            conditions += _inner(parts, builder, "r")
            source = f"SELECT FROM sp_sort r WHERE {' AND '.join(conditions)}"
        else:
            conditions = [type_condition(selection.type, "r"), scope]
            conditions += [one.sql(builder, "r") for one in selection.predicates]
            source = f"SELECT FROM {table(selection.type)} r WHERE {' AND '.join(conditions)}"
        totals.append(f"(SELECT count(*) FROM ({source}{limit}) c)")
    return " + ".join(totals)


def estimated(selection: Selection, frequencies: Frequencies) -> int | None:
    """Estimated rows where the statistics can tell (keys only), else None."""
    groups = [one.keys for one in selection.predicates if isinstance(one, Keys)]
    if len(groups) != len(selection.predicates) or selection.scope.actors is not None:
        return None
    return frequencies.estimate(table(selection.type), groups)


def _parts(selection: Selection) -> _Parts:
    codes = next(
        (
            one
            for one in selection.predicates
            if isinstance(one, Keys) and one.sorted and len(one.keys) <= _MOST_WALKS
        ),
        None,
    )
    patient = next(
        (
            one
            for one in selection.predicates
            if isinstance(one, OfPatient) and len(one.patients) == 1
        ),
        None,
    )
    dates = tuple(one for one in selection.predicates if isinstance(one, MainDate))
    rest = tuple(
        one
        for one in selection.predicates
        if one is not codes and one is not patient and not isinstance(one, MainDate)
    )
    side = next((one for one in rest if isinstance(one, Side) and one.table in _WITH_DATE), None)
    if patient is not None or (codes is not None and side is not None and not side.has_code):
        side = None
    return _Parts(codes, patient, dates, rest, side)


def _walks(selection: Selection, parts: _Parts, frequencies: Frequencies) -> bool:
    if parts.codes is None:
        return False
    if parts.patient is not None or not parts.rest:
        return True
    return not _rare(selection, frequencies)


def _rare(selection: Selection, frequencies: Frequencies) -> bool:
    """Whether the keys alone leave few rows."""
    groups = [one.keys for one in selection.predicates if isinstance(one, Keys)]
    if not groups:
        return False
    return frequencies.estimate(table(selection.type), groups) <= _RARE


def _walk(
    selection: Selection,
    parts: _Parts,
    builder: Builder,
    start: Sequence[str | None] | None,
    limit: int,
) -> str:
    codes = parts.codes
    if codes is None:
        raise AssertionError("a walk needs a code")
    conditions = [selection.scope.sql(builder, "s"), *_inner(parts, builder, "s")]
    if start is not None:
        conditions.append(after(selection.order, ["s.sd"], "s.rid", start, builder))
    if parts.rest:
        rest = " AND ".join(one.sql(builder, "r") for one in parts.rest)
        conditions.append(
            f"EXISTS (SELECT FROM {table(selection.type)} r WHERE "
            f"{type_condition(selection.type, 'r')} AND r.rid = s.rid AND {rest} OFFSET 0)"
        )
    where = " AND ".join(conditions)
    inner = order_by(selection.order, ["s.sd"], "s.rid")
    if len(codes.keys) == 1:
        key = builder.add(codes.keys[0])
        return (
            f"SELECT s.rid, s.sd AS k0 FROM sp_sort s WHERE s.key = {key} AND {where} "
            f"ORDER BY {inner} LIMIT {limit}"
        )
    keys = builder.add(list(codes.keys), "int8[]")
    outer = order_by(selection.order, ["k0"], "rid")
    return (
        f"SELECT DISTINCT w.rid, w.sd AS k0 FROM unnest({keys}) k(key) CROSS JOIN LATERAL ("
        f"SELECT s.rid, s.sd FROM sp_sort s WHERE s.key = k.key AND {where} "
        f"ORDER BY {inner} LIMIT {limit}) w ORDER BY {outer} LIMIT {limit}"
    )


def _aside(
    selection: Selection,
    side: Side,
    builder: Builder,
    start: Sequence[str | None] | None,
    limit: int,
) -> str:
    """OFFSET 0: the rows of the side table first, then their order."""
    following = ""
    if start is not None:
        following = f" WHERE {after(selection.order, ['q.k0'], 'q.rid', start, builder)}"
    return (
        f"SELECT * FROM ({_beside(selection, side, builder)} OFFSET 0) q{following}"
        f" ORDER BY {order_by(selection.order, ['q.k0'], 'q.rid')} LIMIT {limit}"
    )


def _beside(selection: Selection, side: Side, builder: Builder) -> str:
    rest = [one for one in selection.predicates if one is not side]
    conditions = [side.condition, selection.scope.sql(builder, "x")]
    if rest:
        others = " AND ".join(one.sql(builder, "r") for one in rest)
        conditions.append(
            f"EXISTS (SELECT FROM {table(selection.type)} r WHERE "
            f"{type_condition(selection.type, 'r')} AND r.rid = x.rid AND {others} OFFSET 0)"
        )
    return f"SELECT DISTINCT x.rid, x.sd AS k0 FROM {side.table} x WHERE {' AND '.join(conditions)}"


def _inner(parts: _Parts, builder: Builder, alias: str) -> list[str]:
    covered: list[Predicate] = list(parts.dates)
    if parts.patient is not None:
        covered.append(parts.patient)
    return [one.sql(builder, alias) for one in covered]


def _filtered(selection: Selection, builder: Builder) -> str:
    columns = ", ".join(
        f"{column.expression} AS k{n}" for n, column in enumerate(selection.order.columns)
    )
    conditions = [type_condition(selection.type, "r"), selection.scope.sql(builder, "r")]
    conditions += [one.sql(builder, "r") for one in selection.predicates]
    return (
        f"SELECT r.rid, {columns} FROM {table(selection.type)} r WHERE {' AND '.join(conditions)}"
    )


def _by_update(selection: Selection, builder: Builder) -> str:
    """Newest writes from the journal; a row counts where it is still the newest version."""
    kind = type_condition(selection.type, "j")
    scope = selection.scope.sql(builder, "r")
    return (
        "SELECT j.rid, j.upd AS k0 FROM (SELECT type, rid, ver, upd FROM journal_pub UNION ALL "
        f"SELECT type, rid, ver, upd FROM journal) j WHERE {kind} AND EXISTS (SELECT FROM "
        f"{table(selection.type)} r WHERE {type_condition(selection.type, 'r')} "
        f"AND r.rid = j.rid AND r.ver = j.ver AND {scope} OFFSET 0)"
    )


def _count_scopes(scope: InScope, builder: Builder) -> list[str]:
    """The scope written for counting: patients of the circle joined, and what has no patient."""
    seen = unhidden(scope.hidden, "r")
    if scope.actors is None:
        return [seen]
    actors = builder.add(list(scope.actors), "int8[]")
    return [
        f"{seen} AND r.pat IN (SELECT c.pat FROM care_circle c WHERE c.actor = ANY ({actors}))",
        f"{seen} AND r.pat IS NULL",
    ]
