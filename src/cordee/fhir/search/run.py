"""Runs a search: one statement, one round trip, one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import asyncpg

from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_name, type_number
from cordee.fhir.search.clauses.clause import UnknownParameter, criterion
from cordee.fhir.search.clauses.context import Context, Terminology
from cordee.fhir.search.clauses.filtering import filtered
from cordee.fhir.search.clauses.limiting import know_limits
from cordee.fhir.search.compile.containing import (
    containing_count,
    containing_statement,
    in_open_type,
)
from cordee.fhir.search.compile.inclusions import problem
from cordee.fhir.search.compile.order import order_of
from cordee.fhir.search.compile.predicates import Predicate, flattened
from cordee.fhir.search.compile.selection import Selection, together
from cordee.fhir.search.compile.shapes import estimated, is_steady
from cordee.fhir.search.compile.sight import circle_of
from cordee.fhir.search.compile.statement import (
    MOST_INCLUDED,
    Page,
    count_statement,
    page_statement,
)
from cordee.fhir.search.compile.words import Words
from cordee.fhir.search.containing import gathered
from cordee.fhir.search.cursor import Cursor
from cordee.fhir.search.filter import parse_filter
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.search.opening import with_sealed
from cordee.fhir.search.query import Query, SortKey
from cordee.fhir.search.resolving import resolved
from cordee.fhir.search.sealed import opened_entry
from cordee.fhir.store.repository import Version, sent_entry, version_of
from cordee.fhir.store.scope import Scope, Trace
from cordee.runtime.database import Database, search_errors
from cordee.runtime.errors import AccessDenied

CAP = 10_000
SMALL = 2000
"""Most patients of a circle that are sent with a search."""
_MOST_TIES = 8 * SMALL
"""A patient has several: no more are looked at to know that a circle is not small."""
Tracing = Callable[[Trace, asyncpg.Connection | None], Awaitable[None]]
Narrowing = Callable[[Context, str], Awaitable[Predicate]]
NEWEST = (SortKey("_lastUpdated", descending=True),)
"""Order of a search over several types that asks for none: the journal has it."""
_CERTAINLY_MORE = 2 * CAP
_ROWS_OF = {"false": (False,), "true": (True,), "both": (False, True)}
"""What is searched under each value of `_contained`: rows of contained resources or others."""


@dataclass(slots=True)
class Found:
    """One page: matches in order, what was included, the total, where the next page starts."""

    matches: list[Version] = field(default_factory=list)
    included: list[Version] = field(default_factory=list)
    entries: list[bytes] | None = None
    """Matches, then what is included, as entries of the Bundle, where they were asked for so."""
    total: int | None = None
    estimated: bool = False
    next: Cursor | None = None
    warnings: list[str] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    cut: bool = False
    """More would be included than a page holds."""


@dataclass(slots=True)
class _Asking:
    """One search under way; `used` are the criteria that were understood."""

    query: Query
    context: Context
    narrowed: Narrowing | None
    connection: asyncpg.Connection | None
    base: str | None
    used: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Searcher:
    """What every search needs."""

    database: Database
    registry: Registry
    keys: KeyMaker
    frequencies: Frequencies
    terminology: Terminology
    bases: tuple[str, ...]
    tracing: Tracing

    def context(self, scope: Scope) -> Context:
        """A fresh context: each search has its own parameters."""
        return Context(self.registry, self.keys, scope, self.terminology, self.bases)

    async def search(
        self,
        query: Query,
        scope: Scope,
        *,
        narrowed: Narrowing | None = None,
        connection: asyncpg.Connection | None = None,
        base: str | None = None,
    ) -> Found:
        """The page that `query` asks for, in the audit trail when this returns.

        `narrowed` gives one more condition a type (compartments). With a connection, the search is
        part of its transaction. With `base`, the address of the server, resources come as entries.

        Raises `InvalidRequest`, `AccessDenied` or `TooCostly`.
        """
        types = query.types or tuple(sorted(RESOURCE_TYPES))
        for one in query.types:
            scope.need("s", one)
        asking = _Asking(query, self.context(scope), narrowed, connection, base)
        if scope.limits and query.contained != "false":
            raise AccessDenied("_contained: this token does not open what others contain")
        await know_limits(asking.context)
        await self._know_circle(asking.context, connection)
        selections: list[Selection] = []
        for contained in _ROWS_OF[query.contained]:
            asking.context.contained = contained
            made = [
                await self._selection(asking, one, many=len(types) > 1)
                for one in types
                if scope.may("s", one)
            ]
            selections += together(made) if made else []
        asking.context.contained = False
        if not selections:
            return Found(entries=[] if base is not None else None, total=0, used=list(query.given))
        _check_inclusions(asking)
        others = [pair for pair in query.given if pair not in query.criteria]
        run = self._run if query.contained == "false" else self._run_containing
        found = await run(asking, selections)
        found.warnings, found.used = asking.context.warnings, asking.used + others
        return found

    async def _selection(self, asking: _Asking, resource_type: str, *, many: bool) -> Selection:
        context, query = asking.context, asking.query
        predicates, used = await self._predicates(context, resource_type, query)
        asking.used += [pair for pair in used if pair not in asking.used]
        if asking.narrowed is not None:
            predicates.append(await asking.narrowed(context, resource_type))
        limit = context.limits.get(("s", resource_type))
        if limit is not None:
            predicates.append(limit)

        async def fetch(sql: str) -> Sequence[asyncpg.Record]:
            return await self._fetch(sql, context, asking.connection)

        made = [
            one
            if isinstance(one, Words)
            else await resolved(one, resource_type, context.builder, fetch)
            for one in flattened(predicates)
        ]
        sort = query.sort or (NEWEST if many else ())
        order = order_of(self.registry, self.keys, resource_type, sort)
        scope = context.in_scope(resource_type)
        if context.contained:
            scope = replace(scope, contained=True)
            made += [one for one in [in_open_type(context)] if one is not None]
        asked = Selection((resource_type,), tuple(made), scope, order)
        return await with_sealed(asked, context.builder, fetch)

    async def _know_circle(self, context: Context, connection: asyncpg.Connection | None) -> None:
        """A small circle is named, so that the planner knows how small it is."""
        if context.scope.actors is None:
            return
        actors = context.builder.add(list(context.scope.actors), "int8[]")
        sql = (
            "SELECT actor, pat, count(*) OVER () AS pairs, sum(n) OVER () AS n FROM"  # noqa: S608 -- placeholders of ours
            " (SELECT actor, pat, count(*) AS n FROM (SELECT actor, pat FROM care_circle"
            f" WHERE actor = ANY ({actors}) LIMIT {_MOST_TIES}) t GROUP BY actor, pat) g"
            f" LIMIT {SMALL + 1}"
        )
        rows = await self._fetch(sql, context, connection)
        if rows and (rows[0]["n"] >= _MOST_TIES or rows[0]["pairs"] > SMALL):
            return
        context.circle = circle_of(context.scope, [(row["actor"], row["pat"]) for row in rows])

    async def _predicates(
        self, context: Context, resource_type: str, query: Query
    ) -> tuple[list[Predicate], list[tuple[str, str]]]:
        predicates: list[Predicate] = []
        used: list[tuple[str, str]] = []
        for name, text in query.criteria:
            if text == "":
                continue
            try:
                if name == "_filter":
                    tree = parse_filter(text)
                    predicates.append(await filtered(context, resource_type, tree))
                else:
                    predicates.append(await criterion(context, resource_type, name, text))
            except UnknownParameter as error:
                if not query.lenient:
                    raise
                context.warnings.append(f"{error.message}; it was ignored")
                continue
            used.append((name, text))
        return predicates, used

    async def _run(self, asking: _Asking, selections: Sequence[Selection]) -> Found:
        context, query, connection = asking.context, asking.query, asking.connection
        guess = sum(estimated(one, self.frequencies) or 0 for one in selections)
        mode = "accurate" if query.only_count else query.total
        first = query.cursor is None
        surely = mode in {None, "estimate"} and guess > _CERTAINLY_MORE
        page = Page(
            selections,
            query.count,
            query.cursor.values if query.cursor else None,
            first and mode != "none" and not surely,
            None if mode == "accurate" else CAP,
            query.inclusions,
            asking.base,
        )
        if query.only_count:
            sql = count_statement(context.builder, page)
            rows = await self._fetch(sql, context, connection)
            await self._trace(asking, selections, set())
            return Found(total=rows[0][0])
        sql = page_statement(context, context.builder, self.frequencies, page)
        steady = all(is_steady(one) for one in selections) and not query.inclusions
        rows = await self._fetch(sql, context, connection, steady=steady)
        await self._trace(asking, selections, {row[3] for row in rows if row[0] <= query.count})
        found = _found(rows, query, counted=page.counted, base=asking.base)
        if first and surely:
            found.total, found.estimated = guess, True
        elif found.total is not None and found.total > CAP and mode != "accurate":
            found.total, found.estimated = max(guess, found.total), True
        if found.next is not None:
            found.next = Cursor(found.next.values, found.total, found.estimated)
        return found

    async def _run_containing(self, asking: _Asking, selections: Sequence[Selection]) -> Found:
        context, query = asking.context, asking.query
        page = Page(
            selections,
            query.count,
            query.cursor.values if query.cursor else None,
            query.cursor is None and query.total != "none",
            None if query.only_count or query.total == "accurate" else CAP,
            query.inclusions,
        )
        containers = query.contained_type == "container"
        shape = containing_count if query.only_count else containing_statement
        sql = shape(context, self.frequencies, page, containers=containers)
        rows = await self._fetch(sql, context, asking.connection)
        if query.only_count:
            await self._trace(asking, selections, set())
            return Found(total=rows[0][0])
        found = gathered(rows, query)
        await self._trace(asking, selections, found.patients)
        if page.counted and page.most_counted and (found.total or 0) > CAP:
            guess = sum(estimated(one, self.frequencies) or 0 for one in selections)
            found.total = max(guess, found.total or 0)
        return Found(
            found.matches, found.included, total=found.total, next=found.next, cut=found.cut
        )

    async def _trace(
        self, asking: _Asking, selections: Sequence[Selection], patients: set[int | None]
    ) -> None:
        """What was read is in the audit trail before anything of it is sent."""
        detail = "&".join(f"{name}={text}" for name, text in asking.query.given)
        seen = tuple(sorted(one for one in patients if one is not None))
        kind, scope = type_number(selections[0].types[0]), asking.context.scope
        await self.tracing(
            Trace(scope.agent, "E", kind, seen, detail, scope.acting), asking.connection
        )

    async def _fetch(
        self,
        sql: str,
        context: Context,
        connection: asyncpg.Connection | None,
        *,
        steady: bool = False,
    ) -> Sequence[asyncpg.Record]:
        text, values = context.builder.bound(sql)
        with search_errors():
            if connection is not None:
                return await connection.fetch(text, *values)
            pool = self.database.steady if steady else self.database.search
            async with pool.acquire() as own:
                return await own.fetch(text, *values)


def _check_inclusions(asking: _Asking) -> None:
    for one in list(asking.query.inclusions):
        wrong = problem(asking.context, one)
        if wrong is None:
            continue
        if not asking.query.lenient:
            raise UnknownParameter(wrong)
        asking.query.inclusions.remove(one)
        asking.context.warnings.append(f"{wrong}; it was ignored")


def _found(
    rows: Sequence[asyncpg.Record], query: Query, *, counted: bool, base: str | None
) -> Found:
    found = Found(entries=None if base is None else [], total=0 if counted else None)
    if query.cursor is not None:
        found.total, found.estimated = query.cursor.total, query.cursor.estimated
    elif counted and rows and rows[-1][0]:
        found.total = rows[-1][1]
    included: list[asyncpg.Record] = []
    matches: list[asyncpg.Record] = []
    for row in rows:
        (matches if row[0] else included).append(row)
    if len(matches) > query.count:
        matches.pop()
        found.next = Cursor(tuple(matches[-1][2]), None, False)
    if len(included) > MOST_INCLUDED:
        included.pop()
        found.cut = True
    if base is not None:
        found.entries = [
            sent_entry(row[4] if row[5] is None else opened_entry(base, row))
            for row in [*matches, *included]
        ]
    else:
        found.matches = [_version(row) for row in matches]
        found.included = [_version(row) for row in included]
    return found


def _version(row: asyncpg.Record) -> Version:
    return version_of(type_name(row["type"]), row["id"], row)
