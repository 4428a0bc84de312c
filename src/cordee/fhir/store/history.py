"""Versions of a resource, of a type, of the whole system, newest first.

What is published and the unpublished tail of the journal are read together, so that a writer sees
its own write at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cordee.fhir.model.definitions import type_name, type_number
from cordee.fhir.store.partitions import table, type_condition
from cordee.fhir.store.repository import LEAVING, Version, version_of
from cordee.fhir.store.scope import CONTAINED, DELETED, Scope
from cordee.fhir.store.visibility import former_sql, named, values_of, visible
from cordee.runtime.database import Database, search_errors

_NEWEST = """
SELECT DISTINCT r.type, r.id, r.ver FROM unnest($1::int2[], $2::text[]) n(type, id)
CROSS JOIN LATERAL (SELECT * FROM resource o WHERE o.type = n.type AND o.id = n.id OFFSET 0) r
WHERE r.lab & 16384 = 0
"""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What part of the history is asked for; `before` is the key of the last row seen."""

    type: str | None = None
    id: str | None = None
    since: datetime | None = None
    at: tuple[datetime, datetime] | None = None
    before: tuple[datetime, int, int] | None = None
    count: int = 100


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One version and its place in the order."""

    version: Version
    place: tuple[datetime, int, int]


async def version_read(
    database: Database, scope: Scope, resource_type: str, resource_id: str, version: int
) -> Version | None:
    """One version by number, None where the caller sees none; audited when it returns."""
    sql = (
        f"WITH r AS MATERIALIZED (SELECT r.* FROM {table(resource_type)} r WHERE "
        f"{type_condition(resource_type, 'r')} AND r.id = $1 AND {_scope('r', 5)}),"
        " v AS MATERIALIZED ("
        "SELECT ver, upd, lab, method, dict, body, pat FROM r WHERE ver = $2 UNION ALL "
        "SELECT h.ver, h.upd, h.lab, h.method, h.dict, h.body, h.pat FROM history h JOIN r "
        f"ON r.rid = h.rid WHERE h.ver = $2 AND {visible('r', named(5), lab='h.lab')}), traced AS ("
        "INSERT INTO audit (acting, actor, action, type, pats, detail) SELECT $4, $3, 'R', "
        f"{type_number(resource_type)}, CASE WHEN pat IS NULL THEN '{{}}' ELSE ARRAY[pat] END, "
        "'vread ' || $1 FROM v) SELECT ver, upd, lab, method, dict, body FROM v"
    )
    async with database.steady.acquire() as connection:
        row = await connection.fetchrow(
            sql, resource_id, version, scope.agent, scope.acting, *values_of(scope)
        )
    found = version_of(resource_type, resource_id, row) if row else None
    await _note_former(database, [found] if found else [])
    return found


async def history(database: Database, scope: Scope, query: HistoryQuery) -> list[HistoryRow]:
    """Versions newest first, one more than asked for when there are more; audited."""
    sql, values = _statement(query, scope)
    with search_errors():
        async with database.search.acquire() as connection:
            rows = await connection.fetch(sql, *values)
    found = [
        HistoryRow(
            version_of(type_name(row["type"]), row["id"], row),
            (row["upd"], row["rid"], row["ver"]),
        )
        for row in rows
    ]
    await _note_former(database, [one.version for one in found])
    return found


async def _note_former(database: Database, versions: Sequence[Version]) -> None:
    """Marks what is not the newest version, for the types of which not all may leave."""
    kept = [one for one in versions if one.type in LEAVING]
    if not kept:
        return
    types = [type_number(one.type) for one in kept]
    async with database.write.acquire() as connection:
        rows = await connection.fetch(_NEWEST, types, [one.id for one in kept])
    newest = {(type_name(row["type"]), row["id"]): row["ver"] for row in rows}
    for one in kept:
        one.former = newest.get((one.type, one.id)) != one.version


def _statement(query: HistoryQuery, scope: Scope) -> tuple[str, list[Any]]:
    values: list[Any] = [query.count + 1, scope.agent, scope.acting, *values_of(scope)]
    conditions = [_scope("r", 4), visible("r", named(4), lab="coalesce(h.lab, r.lab)")]

    def add(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    closed = [type_number(one) for one, letters in scope.only.items() if "r" not in letters]
    if query.type is None and closed:  # of all types: those that the caller may read
        conditions.append(f"r.type <> ALL ({add(closed)}::int2[])")
    if query.since is not None:
        conditions.append(f"j.upd >= {add(query.since)}")
    if query.at is not None:
        low, high = add(query.at[0]), add(query.at[1])
        conditions.append(
            f"j.upd < {high} AND NOT EXISTS (SELECT FROM history n WHERE n.rid = j.rid "
            f"AND n.ver = j.ver + 1 AND n.upd <= {low})"
            f" AND NOT (r.ver = j.ver + 1 AND r.upd <= {low})"
        )
    if query.before is not None:
        moment, rid, version = (add(part) for part in query.before)
        conditions.append(f"(j.upd, j.rid, j.ver) < ({moment}, {rid}::int8, {version}::int4)")
    source = _instance(query, add) if query.id is not None else _journal(query)
    number = "NULL" if query.type is None else str(type_number(query.type))
    sql = (
        "WITH v AS MATERIALIZED (SELECT r.type, r.id, j.rid, j.ver, j.upd, j.method,"
        " CASE WHEN j.method = 3 THEN 16384 ELSE 0 END AS lab, r.pat,"
        " coalesce(h.dict, r.dict) AS dict, coalesce(h.body, r.body) AS body"
        f" FROM {source} JOIN resource r ON r.type = j.type AND r.rid = j.rid"
        " LEFT JOIN history h ON h.rid = j.rid AND h.ver = j.ver AND r.ver <> j.ver"
        f" WHERE {' AND '.join(conditions)}"
        " ORDER BY j.upd DESC, j.rid DESC, j.ver DESC LIMIT $1), traced AS ("
        "INSERT INTO audit (acting, actor, action, type, pats, detail)"
        f" SELECT $3, $2, 'R', {number},"
        " coalesce((SELECT array_agg(DISTINCT pat) FROM v WHERE pat IS NOT NULL), '{}'), 'history')"
        " SELECT * FROM v ORDER BY upd DESC, rid DESC, ver DESC"
    )
    return sql, values


def _instance(query: HistoryQuery, add: Any) -> str:
    kind = query.type or ""
    wanted = add(query.id)
    row = f"{table(kind)} o WHERE {type_condition(kind, 'o')} AND o.id = {wanted}"
    return (
        f"(SELECT o.type, o.rid, o.ver, o.upd, o.method FROM {row} UNION ALL "
        "SELECT p.type, p.rid, p.ver, p.upd, p.method FROM history p "
        f"WHERE p.rid = (SELECT o.rid FROM {row})) j"
    )


def _journal(query: HistoryQuery) -> str:
    kind = f" WHERE {type_condition(query.type, 'p')}" if query.type else ""
    columns = "p.type, p.rid, p.ver, p.upd, p.method"
    return (
        f"(SELECT {columns} FROM journal_pub p{kind} UNION ALL "
        f"SELECT {columns} FROM journal p{kind}) j"
    )


def _scope(alias: str, first: int) -> str:
    names = named(first)
    return (
        f"{visible(alias, names)} AND {alias}.lab < {CONTAINED}"
        f" AND ({alias}.lab < {DELETED} OR {former_sql(alias, names)})"
    )
