"""Statistics of the quantities of some codes, in one statement over their index rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cordee.fhir.indexing.mixtures import mark
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.search.clauses.clause import criterion
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.clauses.tokens import key_text
from cordee.fhir.search.compile.predicates import Predicate
from cordee.fhir.store.partitions import table, type_condition
from cordee.fhir.store.repository import Version, version_of
from cordee.fhir.store.scope import Scope
from cordee.runtime.database import search_errors

OBSERVATION = "Observation"
PERCENTILES = (0.2, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8)
_WHOLE, _PARTS = "Observation.code", "Observation.component-code"


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured: a subject, codes as (system, code), a period [low, high)."""

    subject: str
    codings: tuple[tuple[str | None, str], ...]
    period: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one code that compare with one another, in base units where they have some.

    `values` are average, maximum, minimum, sum, standard deviation, variance, skew, kurtosis;
    `newest` is the observation that holds the newest of them, `unit` the key of their unit.
    """

    unit: int
    count: int
    values: tuple[float | None, ...]
    percentiles: tuple[float, ...]
    newest: Version


@dataclass(slots=True)
class Figures:
    """What was found of one code: observations, with or without a value, and groups of values."""

    total: int
    groups: list[Group]


async def figures(kernel: Kernel, scope: Scope, measured: Measured) -> list[Figures]:
    """Figures of each code, in order; the group with most values first.

    Raises `InvalidRequest` for a subject that is no reference, `TooCostly`.
    """
    context = kernel.searcher.context(scope)
    conditions = await _conditions(context, measured)
    text, values = context.builder.bound(_statement(context, measured, conditions))
    with search_errors():
        async with kernel.database.search.acquire() as connection:
            rows = await connection.fetch(text, *values)
    found = [Figures(0, []) for _ in measured.codings]
    for row in rows:
        one = found[row["place"]]
        one.total = row["total"]
        if row["n"] is not None:
            newest = version_of(OBSERVATION, row["id"], row)
            one.groups.append(
                Group(row["unit"], row["n"], tuple(row["figures"]), tuple(row["cuts"]), newest)
            )
    return found


async def _conditions(context: Context, measured: Measured) -> str:
    """Condition on a row r: seen, of the subject, in the period, not entered in error."""
    parts: list[Predicate] = [
        context.in_scope(OBSERVATION),
        await criterion(context, OBSERVATION, "subject", measured.subject),
        await criterion(context, OBSERVATION, "status:not", "entered-in-error"),
    ]
    texts = [type_condition(OBSERVATION, "r"), *(one.sql(context.builder, "r") for one in parts)]
    if measured.period is not None:
        low, high = (context.builder.add(edge, "timestamptz") for edge in measured.period)
        texts.append(f"r.hi IS NOT NULL AND r.sd >= {low} AND r.sd < {high}")
    return " AND ".join(texts)


def _statement(context: Context, measured: Measured, conditions: str) -> str:
    add, rows = context.builder.add, table(OBSERVATION)
    places = add(list(range(len(measured.codings))), "int4[]")
    agent, acting = add(context.scope.agent, "text"), add(context.scope.acting)
    detail = add(f"stats {measured.subject}", "text")
    keys = _total_keys(context, measured.codings)
    cuts = add(list(PERCENTILES), "float8[]")
    return (
        f"WITH o AS MATERIALIZED (SELECT r.rid, r.sd, r.idx, r.pat FROM {rows} r"
        f" WHERE {conditions}),"
        " v AS MATERIALIZED (SELECT DISTINCT c.place, x.unit, x.param, x.rid, x.sd, x.lo AS v"
        f" FROM o JOIN sp_qty x ON x.rid = o.rid JOIN {_wanted(context, measured.codings)}"
        " ON c.param = x.param AND c.ckey = x.ckey"
        " WHERE x.lo = x.hi AND (c.need IS NULL OR o.idx @> ARRAY[c.need])"
        " AND (c.bar IS NULL OR NOT o.idx @> ARRAY[c.bar])),"
        " g AS (SELECT place, unit, count(*) AS n, ARRAY[avg(v), max(v), min(v), sum(v),"
        " stddev_samp(v), var_samp(v), avg(d ^ 3) / nullif(stddev_pop(v), 0) ^ 3,"
        " avg(d ^ 4) / nullif(var_pop(v), 0) ^ 2] AS figures,"
        f" percentile_cont({cuts}) WITHIN GROUP (ORDER BY v) AS cuts,"
        " (array_agg(rid ORDER BY sd DESC, rid DESC))[1] AS newest"
        " FROM (SELECT v.*, v - avg(v) OVER (PARTITION BY place, unit) AS d FROM v) w"
        " GROUP BY place, unit),"
        f" t AS (SELECT p.place, (SELECT count(*) FROM o WHERE EXISTS (SELECT FROM {keys}"
        f" WHERE k.place = p.place AND o.idx @> ARRAY[k.key])) AS total FROM unnest({places})"
        " p(place)), traced AS (INSERT INTO audit (acting, actor, action, type, pats, detail)"
        f" SELECT {acting}, {agent}, 'E', {type_number(OBSERVATION)},"
        " coalesce((SELECT array_agg(DISTINCT pat)"
        f" FROM o WHERE pat IS NOT NULL), '{{}}'), {detail})"
        " SELECT t.place, t.total, g.unit, g.n, g.figures, g.cuts, n.id, n.ver, n.upd, n.lab,"
        f" n.method, n.dict, n.body FROM t LEFT JOIN g ON g.place = t.place LEFT JOIN {rows} n"
        f" ON {type_condition(OBSERVATION, 'n')} AND n.rid = g.newest"
        " ORDER BY t.place, g.n DESC NULLS LAST, g.unit"
    )


def _wanted(context: Context, codings: Sequence[tuple[str | None, str]]) -> str:
    """Rows that hold the values of each code, as c(place, param, ckey, need, bar).

    `need` is a key that the observation must have, `bar` one that it must not; see
    `indexing.mixtures`.
    """
    known = context.parameters(OBSERVATION)
    whole = known["value-quantity"].number
    part = known["component-value-quantity"].number
    found: list[tuple[int, int, int, int | None, int | None]] = []
    for place, (system, code) in enumerate(codings):
        bare = [context.keys(key_text(stem, None, code)) for stem in (_WHOLE, _PARTS)]
        if system is None:
            found += [(place, whole, bare[0], None, None), (place, part, bare[1], None, None)]
            continue
        exact = [context.keys(key_text(stem, system, code)) for stem in (_WHOLE, _PARTS)]
        found += [
            (place, whole, bare[0], exact[0], None),
            (place, part, bare[1], exact[1], context.keys(mark(_PARTS))),
            (place, part, exact[1], None, None),
        ]
    casts = ("int4[]", "int4[]", "int8[]", "int8[]", "int8[]")
    columns = zip(zip(*found, strict=True), casts, strict=True)
    arrays = ", ".join(context.builder.add(list(column), cast) for column, cast in columns)
    return f"unnest({arrays}) c(place, param, ckey, need, bar)"


def _total_keys(context: Context, codings: Sequence[tuple[str | None, str]]) -> str:
    """Keys of each code, alone or as a component, as k(place, key)."""
    found = [
        (place, context.keys(key_text(stem, system, code)))
        for place, (system, code) in enumerate(codings)
        for stem in (_WHOLE, _PARTS)
    ]
    places = context.builder.add([place for place, _ in found], "int4[]")
    keys = context.builder.add([key for _, key in found], "int8[]")
    return f"unnest({places}, {keys}) k(place, key)"
