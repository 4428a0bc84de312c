"""The one statement of a search: page, total, inclusions and the line in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordee.fhir.model.definitions import type_number
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.inclusions import pieces
from cordee.fhir.search.compile.order import order_by
from cordee.fhir.search.compile.selection import Selection
from cordee.fhir.search.compile.shapes import count_sql, rows_sql
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.search.query import Inclusion

MOST_INCLUDED = 1000
_COLUMNS = "r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat"
_EMPTY = (
    "NULL::int2, NULL::text, NULL::int4, NULL::timestamptz, NULL::int2, NULL::int2, NULL::int2,"
    " NULL::bytea, NULL::int8"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What one page needs beside its selections."""

    selections: Sequence[Selection]
    count: int
    start: Sequence[str | None] | None
    counted: bool
    most_counted: int | None
    inclusions: Sequence[Inclusion]
    detail: str


def page_statement(context: Context, builder: Builder, frequencies: Frequencies, page: Page) -> str:
    """SELECT of (part, ord, sorts, resource columns): 0 matches, 1 included, 2 the total in `ord`.

    Only the last match has its sort values: the next page starts there.

    The caller's reading is written to the audit trail by the same statement.
    """
    order = page.selections[0].order
    names = [f"q.k{n}" for n in range(len(order.columns))]
    drivers = " UNION ALL ".join(
        f"({rows_sql(one, builder, frequencies, page.start, page.count + 1)})"
        for one in page.selections
    )
    only = page.selections[0]
    single = len(page.selections) == 1 and len(only.types) == 1
    source = only.source if single else "resource"
    kind = f"{only.kind('r')} AND " if single else "r.type = q.type AND "
    sorts = ", ".join([f"{name}::text" for name in names] + ["q.rid::text"])
    ordered = order_by(order, names, "q.rid")
    parts = [
        f"found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY {ordered}) AS ord "
        f"FROM ({drivers}) q ORDER BY {ordered} LIMIT {page.count + 1})",
        f"page AS MATERIALIZED (SELECT q.ord, CASE WHEN q.ord = {page.count} THEN ARRAY[{sorts}]"
        " END AS sorts, r.rid, r.refs, r.ent,"
        f" {_COLUMNS} FROM found q JOIN {source} r ON {kind}r.rid = q.rid)",
    ]
    outputs = [
        "SELECT 0::int4, ord, sorts, type, id, ver, upd, lab, method, dict, body, pat FROM page"
    ]
    parts += _included(context, builder, page)
    if page.inclusions:
        outputs.append(
            "SELECT 1, 0, NULL, type, id, ver, upd, lab, method, dict, body, pat FROM others"
        )
    parts.append(_traced(context, builder, page))
    if page.counted:
        counts = " + ".join(
            f"({count_sql(one, builder, page.most_counted)})" for one in page.selections
        )
        outputs.append(f"SELECT 2, {counts}, NULL, {_EMPTY}")
    return f"WITH RECURSIVE {', '.join(parts)} {' UNION ALL '.join(outputs)} ORDER BY 1, 2"


def count_statement(context: Context, builder: Builder, page: Page) -> str:
    """SELECT of the total alone, traced."""
    counts = " + ".join(
        f"({count_sql(one, builder, page.most_counted)})" for one in page.selections
    )
    agent, detail = builder.add(context.scope.agent, "text"), builder.add(page.detail, "text")
    kind = type_number(page.selections[0].types[0])
    return (
        f"WITH traced AS (INSERT INTO audit (actor, action, type, detail) "
        f"VALUES ({agent}, 'E', {kind}, {detail})) SELECT {counts}"
    )


def _included(context: Context, builder: Builder, page: Page) -> list[str]:
    if not page.inclusions:
        return []
    types = [kind for one in page.selections for kind in one.types]
    first = pieces(context, builder, page.inclusions, types)
    again = pieces(context, builder, [one for one in page.inclusions if one.iterate], types)
    if not first:
        first = ["SELECT NULL::int2, NULL::int8 WHERE FALSE"]
    base = (
        f"SELECT x.type, x.rid FROM page s CROSS JOIN LATERAL ({' UNION ALL '.join(first)})"
        f" x(type, rid) WHERE s.ord <= {page.count}"
    )
    if again:
        base += (
            " UNION SELECT x.type, x.rid FROM inc i JOIN resource s ON s.type = i.type"
            f" AND s.rid = i.rid CROSS JOIN LATERAL ({' UNION ALL '.join(again)}) x(type, rid)"
        )
    return [
        f"inc(type, rid) AS ({base})",
        f"others AS MATERIALIZED (SELECT {_COLUMNS} FROM (SELECT DISTINCT type, rid FROM inc i"
        " WHERE NOT EXISTS (SELECT FROM page p WHERE p.type = i.type AND p.rid = i.rid"
        f" AND p.ord <= {page.count}) LIMIT {MOST_INCLUDED + 1}) i"
        " JOIN resource r ON r.type = i.type AND r.rid = i.rid)",
    ]


def _traced(context: Context, builder: Builder, page: Page) -> str:
    agent, detail = builder.add(context.scope.agent, "text"), builder.add(page.detail, "text")
    seen = f"SELECT pat FROM page WHERE ord <= {page.count}"
    if page.inclusions:
        seen += " UNION SELECT pat FROM others"
    return (
        "traced AS (INSERT INTO audit (actor, action, type, pats, detail) SELECT "
        f"{agent}, 'E', {type_number(page.selections[0].types[0])},"
        f" coalesce((SELECT array_agg(DISTINCT pat) FROM ({seen}) p WHERE pat IS NOT NULL),"
        " '{}'),"
        f" {detail})"
    )
