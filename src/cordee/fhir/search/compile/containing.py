"""The statement of a search for contained resources: `_contained=true` and `both`.

All contained resources that are found are gathered before the page is cut, as several may show one
container; it stands where its first one does. What a server holds of them is little beside the
rest. With `both`, what stands for itself is found page by page as ever, and a container that meets
the criteria itself stands for itself.
Rule: https://hl7.org/fhir/R4/search.html#contained.
"""

from __future__ import annotations

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.inclusions import pieces
from cordee.fhir.search.compile.order import after, order_by
from cordee.fhir.search.compile.predicates import Column, Predicate
from cordee.fhir.search.compile.shapes import count_sql, rows_sql
from cordee.fhir.search.compile.statement import MOST_INCLUDED, Page
from cordee.fhir.search.frequencies import Frequencies

_MOST = 1_000_000
_COLUMNS = "r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat"


def in_open_type(context: Context) -> Predicate | None:
    """Condition on the type of the container: one that the caller may search; None for all."""
    allowed = [kind for kind in sorted(RESOURCE_TYPES) if context.scope.may("s", kind)]
    if len(allowed) == len(RESOURCE_TYPES):
        return None
    numbers = context.builder.add([type_number(kind) for kind in allowed], "int2[]")
    return Column(
        f"{{a}}.rid IN (SELECT k.rid FROM contained k WHERE k.within_type = ANY ({numbers}))"
    )


def containing_statement(
    context: Context, frequencies: Frequencies, page: Page, *, containers: bool
) -> str:
    """SELECT of (part, place, sorts, resource columns): 0 matches, 1 included, 2 total in `place`.

    With `containers` a contained row is shown as the resource that contains it, once. One match
    more than the page holds is there when another page follows.
    """
    builder = context.builder
    order = page.selections[0].order
    names = [f"q.k{n}" for n in range(len(order.columns))]
    ordered = order_by(order, names, "q.rid")
    following = ""
    if page.start is not None:
        following = f" WHERE {after(order, names, 'q.rid', page.start, builder)}"
    sorts = ", ".join([f"{name}::text" for name in names] + ["q.rid::text"])
    parts = [
        _shown(builder, frequencies, page, containers=containers),
        f"found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY {ordered}) AS ord"
        f" FROM (SELECT * FROM shown{_beside(builder, frequencies, page)}) q{following}"
        f" ORDER BY {ordered} LIMIT {page.count + 1})",
        f"page AS MATERIALIZED (SELECT q.ord, ARRAY[{sorts}] AS sorts, r.rid, r.refs, r.ent,"
        f" {_COLUMNS} FROM found q JOIN resource r ON r.type = q.to_type AND r.rid = q.to_rid)",
        f"inc(type, rid) AS ({_included(context, page)})",
        f"others AS MATERIALIZED (SELECT {_COLUMNS} FROM (SELECT DISTINCT type, rid FROM inc i"
        " WHERE NOT EXISTS (SELECT FROM page p WHERE p.type = i.type AND p.rid = i.rid)"
        f" LIMIT {MOST_INCLUDED + 1}) i"
        " JOIN resource r ON r.type = i.type AND r.rid = i.rid)",
    ]
    return f"WITH RECURSIVE {', '.join(parts)} {_outputs(builder, page)}"


def containing_count(
    context: Context, frequencies: Frequencies, page: Page, *, containers: bool
) -> str:
    """SELECT of the total alone."""
    shown = _shown(context.builder, frequencies, page, containers=containers)
    return f"WITH {shown} SELECT {_total(context.builder, page)}"


def _shown(builder: Builder, frequencies: Frequencies, page: Page, *, containers: bool) -> str:
    """One row for each resource that contained ones show, with the sort values of its first."""
    inside = [one for one in page.selections if one.scope.contained]
    drivers = " UNION ALL ".join(
        f"({rows_sql(one, builder, frequencies, None, _MOST)})" for one in inside
    )
    order = page.selections[0].order
    names = [f"h.k{n}" for n in range(len(order.columns))]
    columns = ", ".join(f"q.k{n}" for n in range(len(order.columns)))
    to = ("k.within_type", "k.within") if containers else ("q.type", "q.rid")
    return (
        "shown AS MATERIALIZED (SELECT DISTINCT ON (h.to_type, h.to_rid) h.* FROM (SELECT q.type,"
        f" q.rid, {columns}, {to[0]} AS to_type, {to[1]} AS to_rid FROM ({drivers}) q"
        f" JOIN contained k ON k.rid = q.rid{_not_by_itself(builder, page, containers=containers)}"
        f" OFFSET 0) h ORDER BY h.to_type, h.to_rid, {order_by(order, names, 'h.rid')})"
    )


def _not_by_itself(builder: Builder, page: Page, *, containers: bool) -> str:
    """Condition that the container does not meet the criteria of what stands for itself."""
    conditions = [
        " AND ".join(
            [
                one.kind("r"),
                one.scope.sql(builder, "r"),
                *(part.sql(builder, "r") for part in one.predicates),
            ]
        )
        for one in page.selections
        if not one.scope.contained
    ]
    if not conditions or not containers:
        return ""
    return (
        " WHERE NOT EXISTS (SELECT FROM resource r WHERE r.type = k.within_type"
        f" AND r.rid = k.within AND (({') OR ('.join(conditions)})) OFFSET 0)"
    )


def _beside(builder: Builder, frequencies: Frequencies, page: Page) -> str:
    """Rows that stand for themselves: those of this page are enough."""
    columns = [f"q.k{n}" for n in range(len(page.selections[0].order.columns))]
    return "".join(
        f" UNION ALL SELECT q.type, q.rid, {', '.join(columns)}, q.type, q.rid"
        f" FROM ({rows_sql(one, builder, frequencies, page.start, page.count + 1)}) q"
        for one in page.selections
        if not one.scope.contained
    )


def _total(builder: Builder, page: Page) -> str:
    """Number of all that is found as a scalar; what stands for itself up to a limit."""
    beside = [
        f" + {count_sql(one, builder, page.most_counted)}"
        for one in page.selections
        if not one.scope.contained
    ]
    return f"(SELECT count(*) FROM shown){''.join(beside)}"


def _included(context: Context, page: Page) -> str:
    types = sorted(RESOURCE_TYPES)
    first = pieces(context, context.builder, page.inclusions, types)
    if not first:
        return "SELECT NULL::int2, NULL::int8 WHERE FALSE"
    base = (
        f"SELECT x.type, x.rid FROM page s CROSS JOIN LATERAL ({' UNION ALL '.join(first)})"
        f" x(type, rid) WHERE s.ord <= {page.count}"
    )
    iterated = [one for one in page.inclusions if one.iterate]
    again = pieces(context, context.builder, iterated, types)
    if again:
        base += (
            " UNION SELECT x.type, x.rid FROM inc i JOIN resource s ON s.type = i.type"
            f" AND s.rid = i.rid CROSS JOIN LATERAL ({' UNION ALL '.join(again)}) x(type, rid)"
        )
    return base


def _outputs(builder: Builder, page: Page) -> str:
    columns = "type, id, ver, upd, lab, method, dict, body, pat"
    parts = [
        f"SELECT 0::int4 AS part, ord AS place, sorts, {columns} FROM page",
        f"SELECT 1, 0, NULL, {columns} FROM others",
    ]
    if page.counted:
        empty = (
            "NULL::int2, NULL::text, NULL::int4, NULL::timestamptz, NULL::int2, NULL::int2,"
            " NULL::int2, NULL::bytea, NULL::int8"
        )
        parts.append(f"SELECT 2, {_total(builder, page)}, NULL, {empty}")
    return f"{' UNION ALL '.join(parts)} ORDER BY 1, 2"
