"""The one statement of a search: page, total and inclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_name
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.inclusions import pieces, reached
from cordee.fhir.search.compile.order import order_by
from cordee.fhir.search.compile.selection import Selection
from cordee.fhir.search.compile.shapes import count_sql, cut_sql, gathered_sql, rows_sql
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.search.query import Inclusion

MOST_INCLUDED = 1000
_COLUMNS = "r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body"
_MOMENT = """to_char(r.upd, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page needs beside its selections.

    With `base`, the address that entries stand under, rows are the entries of the Bundle as bytes.
    """

    selections: Sequence[Selection]
    count: int
    start: Sequence[str | None] | None
    counted: bool
    most_counted: int | None
    inclusions: Sequence[Inclusion]
    base: str | None = None


def page_statement(context: Context, builder: Builder, frequencies: Frequencies, page: Page) -> str:
    """SELECT of (n, total, sorts, pat, then the entry and its seal, or the columns of a version).

    `n` numbers the matches from 1, in order, and is 0 for what is included; there is one match more
    than the page holds where another page follows. Only the last match of the page has its sort
    values: the next page starts there. `total` is null unless it was asked for, and not there when
    nothing was found.
    """
    first = page.selections[0]
    names = [f"q.k{n}" for n in range(len(first.order.columns))]
    parts: list[str] = []
    if page.counted and len(page.selections) == 1 and (rows := gathered_sql(first, builder)):
        parts.append(f"gathered AS MATERIALIZED ({rows})")
    gathered = bool(parts)
    sorts = ", ".join([f"{name}::text" for name in names] + ["q.rid::text"])
    # What is found has its order already; the window only numbers and counts it.
    found = (
        "SELECT q.*, row_number() OVER () AS n,"
        f" {_total(builder, page, gathered=gathered)} AS total,"
        f" CASE WHEN row_number() OVER () = {page.count} THEN ARRAY[{sorts}] END AS sorts"
        f" FROM ({_ordered(builder, frequencies, page, gathered=gathered)}) q"
    )
    joined = f"({found}) q JOIN {_joined(page.selections)}"
    shown = _shown(builder, page, "match")
    if not page.inclusions:
        start = f"WITH {parts[0]} " if parts else ""
        return f"{start}SELECT q.n, q.total, q.sorts, r.pat, {shown} FROM {joined} ORDER BY q.n"
    included = _shown(builder, page, "include")
    parts += [
        f"page AS MATERIALIZED (SELECT q.n, q.total, q.sorts, r.rid, r.refs, r.ent, r.pat,"
        f" {_COLUMNS} FROM {joined})",
        *_included(context, builder, page),
    ]
    return (
        f"WITH RECURSIVE {', '.join(parts)} SELECT r.n, r.total, r.sorts, r.pat, {shown}"
        f" FROM page r UNION ALL SELECT 0, NULL, NULL, r.pat, {included} FROM others r ORDER BY 1"
    )


def count_statement(builder: Builder, page: Page) -> str:
    """SELECT of the total alone."""
    return f"SELECT {_counts(builder, page)}"


def _ordered(builder: Builder, frequencies: Frequencies, page: Page, *, gathered: bool) -> str:
    """SELECT of (type, rid, sort columns) in order, one row more than the page holds."""
    limit = page.count + 1
    if gathered:
        return cut_sql("gathered", page.selections[0], builder, page.start, limit)
    drivers = [rows_sql(one, builder, frequencies, page.start, limit) for one in page.selections]
    if len(drivers) == 1:
        return drivers[0]
    order = page.selections[0].order
    names = [f"u.k{n}" for n in range(len(order.columns))]
    every = " UNION ALL ".join(f"({one})" for one in drivers)
    return f"SELECT * FROM ({every}) u ORDER BY {order_by(order, names, 'u.rid')} LIMIT {limit}"


def _joined(selections: Sequence[Selection]) -> str:
    only = selections[0]
    if len(selections) == 1 and len(only.types) == 1:
        return f"{only.source} r ON {only.kind('r')} AND r.rid = q.rid"
    return "resource r ON r.type = q.type AND r.rid = q.rid"


def _total(builder: Builder, page: Page, *, gathered: bool) -> str:
    """What is found is all there is where it does not fill the page; else it is counted."""
    if not page.counted:
        return "NULL::int8"
    if gathered:
        return "(SELECT count(*) FROM gathered)"
    return (
        f"CASE WHEN count(*) OVER () <= {page.count} THEN count(*) OVER ()"
        f" ELSE {_counts(builder, page)} END"
    )


def _counts(builder: Builder, page: Page) -> str:
    return " + ".join(f"({count_sql(one, builder, page.most_counted)})" for one in page.selections)


def _shown(builder: Builder, page: Page, mode: str) -> str:
    """The entry of a Bundle around the stored bytes of a resource, or its columns.

    `seal` is null, or the type, id, version and moment of a row whose body is sealed: the entry is
    then the body as it is stored.
    """
    if page.base is None:
        return _COLUMNS
    # A sealed body cannot be joined here: it comes alone, with what goes before it as `seal`.
    types = {kind for one in page.selections for kind in one.types}
    kind = f"'{types.pop()}'" if len(types) == 1 and not page.inclusions else _type_name("r")
    address = builder.add(page.base, "text")
    head = [
        """'{"fullUrl":"'""", address, "'/'", kind, "'/'", "r.id",
        """'","resource":{"resourceType":"'""", kind,
        """'","id":"'""", "r.id",
        """'","meta":{"versionId":"'""", "r.ver",
        """'","lastUpdated":"'""", _MOMENT, """'"'""",
    ]  # fmt: skip
    tail = f"""convert_to(',"search":{{"mode":"{mode}"}}}}', 'UTF8')"""
    joined = f"convert_to({' || '.join(head)}, 'UTF8') || r.body || {tail}"
    return (
        f"CASE WHEN r.dict = 0 THEN {joined} ELSE r.body END AS entry, CASE WHEN r.dict <> 0 THEN"
        f" ARRAY[{kind}, r.id, r.ver::text, {_MOMENT}] END AS seal"
    )


def _type_name(alias: str) -> str:
    names = ",".join(type_name(number) for number in range(1, len(RESOURCE_TYPES) + 1))
    return f"('{{{names}}}'::text[])[{alias}.type]"


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
        f" x(type, rid) WHERE s.n <= {page.count}"
    )
    if again:
        base += (
            " UNION SELECT x.type, x.rid FROM inc i JOIN resource s ON s.type = i.type"
            f" AND s.rid = i.rid CROSS JOIN LATERAL ({' UNION ALL '.join(again)}) x(type, rid)"
        )
    rows = " UNION ALL ".join(
        f"SELECT {_COLUMNS}, r.pat FROM picked i JOIN {one} r ON r.type = i.type AND r.rid = i.rid"
        for one in reached(context, page.inclusions)
    )
    return [
        f"inc(type, rid) AS ({base})",
        "picked AS MATERIALIZED (SELECT DISTINCT type, rid FROM inc i WHERE NOT EXISTS"
        f" (SELECT FROM page p WHERE p.type = i.type AND p.rid = i.rid AND p.n <= {page.count})"
        f" LIMIT {MOST_INCLUDED + 1})",
        f"others AS MATERIALIZED ({rows})",
    ]
