"""Patient/$everything: the compartment, and what it refers to.

Rule: https://hl7.org/fhir/R4/patient-operation-everything.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from cordee.fhir.indexing.intervals import interval
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.model.definitions import (
    RESOURCE_TYPES,
    compartment,
    type_name,
    type_number,
)
from cordee.fhir.search.bundle import bundle, entry
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.clauses.limiting import know_limits
from cordee.fhir.search.compile.inclusions import pieces
from cordee.fhir.search.cursor import Cursor, read_cursor, write_cursor
from cordee.fhir.search.query import Inclusion
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import Scope
from cordee.runtime.database import search_errors
from cordee.runtime.errors import InvalidRequest

_DEFAULT, _MOST = 1000, 5000
_COLUMNS = "r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat"


async def patient_everything(
    kernel: Kernel, scope: Scope, patient_id: str, pairs: Iterable[tuple[str, str]]
) -> bytes:
    """Bundle of all that is known of a patient, by pages of `_count`.

    Raises `NotFound` or `Deleted` for the patient, `InvalidRequest` for a parameter.
    """
    await read(kernel, scope, "Patient", patient_id)
    given = list(pairs)
    context = kernel.searcher.context(scope)
    await know_limits(context)
    count, conditions = _conditions(context, given)
    sql = _statement(context, patient_id, count, conditions)
    with search_errors():
        async with kernel.database.search.acquire() as connection:
            text, values = context.builder.bound(sql)
            rows = await connection.fetch(text, *values)
    own = [row for row in rows if row["part"] == 0]
    shown = own[:count] + [row for row in rows if row["part"] == 1]
    entries = []
    for row in shown:
        version = version_of(type_name(row["type"]), row["id"], row)
        mode = "match" if row["part"] == 0 else "include"
        entries.append(entry(kernel.base, version.json(), version, mode))
    path = f"Patient/{patient_id}/$everything"
    links = [("self", _url(kernel.base, path, given))]
    if len(own) > count:
        cursor = write_cursor(Cursor((str(own[count - 1]["rid"]),), None, False))
        rest = [pair for pair in given if pair[0] != "_cursor"]
        links.append(("next", _url(kernel.base, path, [*rest, ("_cursor", cursor)])))
    return bundle("searchset", None, links, entries)


def _statement(context: Context, patient_id: str, count: int, conditions: list[str]) -> str:
    builder = context.builder
    entity = context.keys(f"Patient/{patient_id}")
    others = [
        entity ^ context.keys(f"{kind}.{code}")
        for kind, codes in compartment("Patient").items()
        for code in codes
        if code not in context.registry.patient_parameters(kind)
    ]
    member = f"(r.pat = {builder.add(entity)} OR r.idx && {builder.add(others, 'int8[]')})"
    allowed = [kind for kind in sorted(RESOURCE_TYPES) if context.scope.may("r", kind)]
    if len(allowed) < len(RESOURCE_TYPES):
        numbers = ", ".join(str(type_number(kind)) for kind in allowed) or "0"
        conditions.append(f"r.type IN ({numbers})")
    seen = [context.in_scope(None).sql(builder, "r"), context.limits_sql("r", "r")]
    where = " AND ".join([member, *seen, *conditions])
    included = pieces(context, builder, [Inclusion(False, "*", "*", None, False)], ["Patient"])
    agent, acting = builder.add(context.scope.agent, "text"), builder.add(context.scope.acting)
    detail = builder.add(f"everything {patient_id}", "text")
    return (
        f"WITH page AS MATERIALIZED (SELECT r.rid, r.refs, r.ent, {_COLUMNS} FROM resource r"
        f" WHERE {where} ORDER BY r.rid LIMIT {count + 1}),"
        " inc AS (SELECT DISTINCT x.type, x.rid FROM page s CROSS JOIN LATERAL"
        f" ({' UNION ALL '.join(included)}) x(type, rid)),"
        f" others AS (SELECT i.rid, {_COLUMNS} FROM inc i JOIN resource r ON r.type = i.type"
        " AND r.rid = i.rid WHERE r.pat IS NULL AND NOT EXISTS (SELECT FROM page p WHERE"
        " p.type = i.type AND p.rid = i.rid)),"
        " traced AS (INSERT INTO audit (acting, actor, action, type, pats, detail) VALUES"
        f" ({acting}, {agent}, 'E',"
        f" {type_number('Patient')}, ARRAY[{builder.add(entity)}], {detail}))"
        " SELECT 0 AS part, rid, type, id, ver, upd, lab, method, dict, body FROM page UNION ALL"
        " SELECT 1, rid, type, id, ver, upd, lab, method, dict, body FROM others ORDER BY 1, 2"
    )


def _conditions(  # noqa: C901 -- one line a parameter
    context: Context, pairs: list[tuple[str, str]]
) -> tuple[int, list[str]]:
    count, found = _DEFAULT, []
    add = context.builder.add
    for name, text in pairs:
        match name:
            case "_count":
                if not text.isdecimal() or int(text) < 1:
                    raise InvalidRequest("_count: use a positive whole number")
                count = min(int(text), _MOST)
            case "_since":
                found.append(f"r.upd >= {add(interval(text)[0], 'timestamptz')}")
            case "start":
                found.append(f"(r.hi IS NULL OR r.hi > {add(interval(text)[0], 'timestamptz')})")
            case "end":
                found.append(f"(r.hi IS NULL OR r.sd < {add(interval(text)[1], 'timestamptz')})")
            case "_type":
                found.append(_types(text))
            case "_cursor":
                found.append(f"r.rid > {add(read_cursor(text).values[0], 'text')}::int8")
            case "_format" | "_pretty":
                continue
            case _:
                raise InvalidRequest(f"{name}: start, end, _since, _type and _count are known here")
    return count, found


def _types(text: str) -> str:
    names = [name.strip() for name in text.split(",")]
    if not set(names) <= RESOURCE_TYPES:
        raise InvalidRequest("_type: there is no such resource type")
    return f"r.type IN ({', '.join(str(type_number(name)) for name in names)})"


def _url(base: str, path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")
