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
from dataclasses import dataclass, replace

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.links import Chain
from cordee.fhir.search.compile.order import after, order_by
from cordee.fhir.search.compile.predicates import (
    Keys,
    MainDate,
    OfPatient,
    Predicate,
    Side,
    Updated,
)
from cordee.fhir.search.compile.selection import Selection
from cordee.fhir.search.compile.sight import InScope
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.store.partitions import table
from cordee.fhir.store.visibility import TIED

_RARE = 2000
_COMMON = 10_000
_MOST_WALKS = 50
OTHER = "Basic"
"""A type of the partition that the rare types share."""
_WITH_DATE = frozenset({"sp_str", "sp_qty", "sp_date"})


@dataclass(frozen=True, slots=True)
class _Parts:
    codes: Keys | None
    covered: tuple[Predicate, ...]
    rest: tuple[Predicate, ...]
    side: Side | None

    @property
    def of_one_patient(self) -> bool:
        """Whether the rows are of one patient: few."""
        return any(isinstance(one, OfPatient) and len(one.patients) == 1 for one in self.covered)


def rows_sql(
    selection: Selection,
    builder: Builder,
    frequencies: Frequencies,
    start: Sequence[str | None] | None,
    limit: int,
) -> str:
    """SELECT of `type`, `rid`, the sort columns `k0`, `k1`...: at most `limit` rows, in order."""
    parts = _parts(selection)
    if selection.order.by_date and parts.side is not None:
        rows = f"({_beside(selection, parts.side, builder)} OFFSET 0)"
        return cut_sql(rows, selection, builder, start, limit)
    if selection.order.by_date and _walks(selection, parts, frequencies):
        return _walk(selection, parts, builder, start, limit)
    if selection.order.by_update and _follows_journal(selection, frequencies):
        rows = _by_update(selection, builder)
    else:
        rows = _filtered(selection, builder)
    if selection.order.by_date and _rare(selection, frequencies):
        rows += " OFFSET 0"  # the rows are found by their keys first, then sorted
    return cut_sql(f"({rows})", selection, builder, start, limit)


def cut_sql(
    rows: str,
    selection: Selection,
    builder: Builder,
    start: Sequence[str | None] | None,
    limit: int,
) -> str:
    """SELECT of the first `limit` of these rows after `start`, in order."""
    names = [f"q.k{n}" for n in range(len(selection.order.columns))]
    following = ""
    if start is not None:
        following = f" WHERE {after(selection.order, names, 'q.rid', start, builder)}"
    ordered = order_by(selection.order, names, "q.rid")
    return f"SELECT * FROM {rows} q{following} ORDER BY {ordered} LIMIT {limit}"


def gathered_sql(selection: Selection, builder: Builder) -> str | None:
    """SELECT of all rows where a side table leads and they are sorted as a whole: None elsewhere.

    Page and total then come from one reading of them, under the name `gathered`.
    """
    side = _parts(selection).side
    if side is None or not selection.order.by_date:
        return None
    return _beside(selection, side, builder)


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
            conditions = [selection.kind("r"), scope]
            conditions += [one.sql(builder, "r") for one in selection.predicates]
            source = f"SELECT FROM {selection.source} r WHERE {' AND '.join(conditions)}"
        totals.append(f"(SELECT count(*) FROM ({source}{limit}) c)")
    return " + ".join(totals)


def is_steady(selection: Selection) -> bool:
    """Whether one plan serves all values: a code, a patient, main dates, in the index's order."""
    parts = _parts(selection)
    if not selection.order.by_date or parts.rest or selection.scope.circle is not None:
        return False
    if len(selection.types) > 1 or any(isinstance(one, Chain) for one in parts.covered):
        return False
    if parts.codes is None:
        return parts.of_one_patient
    return len(parts.codes.keys) == 1


def estimated(selection: Selection, frequencies: Frequencies) -> int | None:
    """Estimated rows where the statistics can tell (keys only), else None."""
    groups = [one.keys for one in selection.predicates if isinstance(one, Keys)]
    if len(groups) != len(selection.predicates) or selection.scope.actors is not None:
        return None
    tables = {table(one) for one in selection.types}
    if not groups and table(OTHER) in tables and len(selection.types) < len(RESOURCE_TYPES):
        return None  # one type's share of the table that the rare types have together is not known
    return _estimate(selection, frequencies)


def _parts(selection: Selection) -> _Parts:
    codes = next(
        (
            one
            for one in selection.predicates
            if isinstance(one, Keys) and one.sorted and len(one.keys) <= _MOST_WALKS
        ),
        None,
    )
    covered = tuple(one for one in selection.predicates if _is_covered(one))
    rest = tuple(one for one in selection.predicates if one is not codes and not _is_covered(one))
    parts = _Parts(codes, covered, rest, None)
    if parts.of_one_patient or len(selection.types) > 1:
        return parts
    side = next((one for one in rest if isinstance(one, Side) and one.table in _WITH_DATE), None)
    if codes is not None and side is not None and not side.has_code:
        return parts
    return replace(parts, side=side)


def _is_covered(one: Predicate) -> bool:
    """Whether a row of sp_sort has all that the condition looks at."""
    return isinstance(one, MainDate | OfPatient) or (isinstance(one, Chain) and one.on_patient)


def _walks(selection: Selection, parts: _Parts, frequencies: Frequencies) -> bool:
    if parts.codes is None or len(selection.types) > 1:
        return False
    if parts.of_one_patient or not parts.rest:
        return True
    return not _rare(selection, frequencies)


def _follows_journal(selection: Selection, frequencies: Frequencies) -> bool:
    """Whether a walk from the last change on soon has a page: nothing asked, or common keys."""
    if selection.scope.circle is not None or selection.scope.contained:
        return False  # what is contained is not in the journal
    rest = [one for one in selection.predicates if not isinstance(one, Updated)]
    if not all(isinstance(one, Keys) for one in rest):
        return False
    return not rest or _estimate(selection, frequencies) > _COMMON


def _estimate(selection: Selection, frequencies: Frequencies) -> int:
    groups = [one.keys for one in selection.predicates if isinstance(one, Keys)]
    tables = {table(one) for one in selection.types}
    return sum(frequencies.estimate(one, groups) for one in tables)


def _rare(selection: Selection, frequencies: Frequencies) -> bool:
    """Whether the keys alone leave few rows."""
    groups = [one.keys for one in selection.predicates if isinstance(one, Keys)]
    if not groups:
        return False
    return _estimate(selection, frequencies) <= _RARE


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
            f"EXISTS (SELECT FROM {selection.source} r WHERE "
            f"{selection.kind('r')} AND r.rid = s.rid AND {rest} OFFSET 0)"
        )
    where = " AND ".join(conditions)
    inner = order_by(selection.order, ["s.sd"], "s.rid")
    if len(codes.keys) == 1:
        key = builder.add(codes.keys[0])
        return (
            f"SELECT {selection.type_column('s')}, s.rid, s.sd AS k0 FROM sp_sort s "
            f"WHERE s.key = {key} AND {where} ORDER BY {inner} LIMIT {limit}"
        )
    keys = builder.add(list(codes.keys), "int8[]")
    outer = order_by(selection.order, ["k0"], "rid")
    return (
        f"SELECT DISTINCT {selection.type_column('s')}, w.rid, w.sd AS k0 "
        f"FROM unnest({keys}) k(key) CROSS JOIN LATERAL ("
        f"SELECT s.rid, s.sd FROM sp_sort s WHERE s.key = k.key AND {where} "
        f"ORDER BY {inner} LIMIT {limit}) w ORDER BY {outer} LIMIT {limit}"
    )


def _beside(selection: Selection, side: Side, builder: Builder) -> str:
    conditions = [side.condition, selection.scope.sql(builder, "x")]
    rest: list[Predicate] = []
    for one in selection.predicates:
        if isinstance(one, OfPatient):
            conditions.append(one.sql(builder, "x"))
        elif isinstance(one, Keys) and one.sorted and len(one.keys) == 1:
            conditions.append(
                f"EXISTS (SELECT FROM sp_sort s WHERE s.key = {builder.add(one.keys[0])}"
                " AND s.sd = x.sd AND s.rid = x.rid OFFSET 0)"
            )
        elif one is not side:
            rest.append(one)
    if rest:
        others = " AND ".join(one.sql(builder, "r") for one in rest)
        conditions.append(
            f"EXISTS (SELECT FROM {selection.source} r WHERE "
            f"{selection.kind('r')} AND r.rid = x.rid AND {others} OFFSET 0)"
        )
    return (
        f"SELECT DISTINCT {selection.type_column('x')}, x.rid, x.sd AS k0 FROM {side.table} x "
        f"WHERE {' AND '.join(conditions)}"
    )


def _inner(parts: _Parts, builder: Builder, alias: str) -> list[str]:
    return [one.sql(builder, alias) for one in parts.covered]


def _filtered(selection: Selection, builder: Builder) -> str:
    columns = ", ".join(
        f"{column.expression} AS k{n}" for n, column in enumerate(selection.order.columns)
    )
    conditions = [selection.kind("r"), selection.scope.sql(builder, "r")]
    conditions += [one.sql(builder, "r") for one in selection.predicates]
    return (
        f"SELECT {selection.type_column('r')}, r.rid, {columns} FROM {selection.source} r "
        f"WHERE {' AND '.join(conditions)}"
    )


def _by_update(selection: Selection, builder: Builder) -> str:
    """Newest writes from the journal; a row counts where it is still the newest version."""
    on_journal = [one for one in selection.predicates if isinstance(one, Updated)]
    rest = [one for one in selection.predicates if not isinstance(one, Updated)]
    conditions = [selection.kind("j"), *(one.sql(builder, "j") for one in on_journal)]
    scope = " AND ".join(one.sql(builder, "r") for one in [selection.scope, *rest])
    own = f"{selection.kind('r')} AND " if len(selection.types) == 1 else "r.type = j.type AND "
    return (
        f"SELECT {selection.type_column('j')}, j.rid, j.upd AS k0 FROM (SELECT type, rid, ver, upd"
        " FROM journal_pub UNION ALL SELECT type, rid, ver, upd FROM journal) j"
        f" WHERE {' AND '.join(conditions)} AND EXISTS (SELECT FROM {selection.source} r "
        f"WHERE {own}r.rid = j.rid AND r.ver = j.ver AND {scope} OFFSET 0)"
    )


def _count_scopes(scope: InScope, builder: Builder) -> list[str]:
    """The scope written for counting, as parts without a row in common.

    Patients of the circle are joined; what is restricted is little, and asks row by row.
    """
    if scope.actors is None or scope.by_authors:
        return [scope.sql(builder, "r")]
    seen = " AND ".join(one for one in (scope.present("r"), scope.labels(builder, "r")) if one)
    loose = f"{seen} AND {scope.loose('r')}"
    if scope.circle is not None:
        return [f"{seen} AND {scope.named(builder, 'r')}", loose]
    actors = builder.add(list(scope.actors), "int8[]")
    among = f"r.pat IN (SELECT c.pat FROM care_circle c WHERE c.actor = ANY ({actors}))"
    if scope.ties is None:
        return [f"{seen} AND {among}", loose]
    return [
        f"{seen} AND (r.lab & {TIED}) < 1 AND {among}",
        f"{seen} AND (r.lab & {TIED}) > 0 AND {scope.probe(builder, 'r')}",
        loose,
    ]
