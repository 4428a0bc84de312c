"""Versions in and out of PostgreSQL: one call, one statement, one round trip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg
import orjson

from cordee.fhir.indexing.spans import BOUNDED
from cordee.fhir.model.definitions import type_name, type_number
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import (
    PUT_TERMS,
    WRITE,
    WRITE_CONTAINED,
    Draft,
    Inside,
    contained_arguments,
    term_arguments,
    write_arguments,
)
from cordee.fhir.store.identifiers import RowIds
from cordee.fhir.store.partitions import table
from cordee.fhir.store.scope import DELETED, Scope, Trace
from cordee.fhir.store.sealing import Sealed, Sealing, opened_body, sealing_of
from cordee.fhir.store.visibility import (
    COLUMNS,
    former_sql,
    named,
    of_table,
    row_values,
    values_of,
    visible,
)
from cordee.runtime.clock import now
from cordee.runtime.database import Database, is_outage
from cordee.runtime.envelopes import Ring
from cordee.runtime.errors import (
    CircleOpen,
    Conflict,
    Issue,
    ProductError,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
    VersionConflict,
)

METHODS: Final = ("", "POST", "PUT", "DELETE", "PATCH")
_UNSEEN = """
SELECT n.i FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY n(type, id, i)
CROSS JOIN LATERAL (
  SELECT r.type, r.rid, r.pat, r.org, r.lab FROM resource r
  WHERE r.type = n.type AND r.id = n.id OFFSET 0) r
WHERE NOT {seen}
ORDER BY n.i
"""
_READ = """
WITH n AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int2[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[]) WITH ORDINALITY
    n(id, agent, acting, {columns}, i)
), got AS MATERIALIZED (
  SELECT n.i, n.agent, n.acting, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.pat, r.body
  FROM n JOIN {table} r ON r.type = {number} AND r.id = n.id
  WHERE {seen} AND r.lab < 24576 AND (r.lab < 16384 OR {former})
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT acting, agent, 'R', {number}, CASE WHEN pat IS NULL THEN '{{}}' ELSE ARRAY[pat] END,
    'read ' || id FROM got
)
SELECT i, ver, upd, lab, method, dict, body FROM got
"""


TRACE = """
INSERT INTO audit (acting, actor, action, type, pats, detail)
SELECT x.acting, x.actor, x.action::"char", x.type, x.pats::int8[], x.detail
FROM unnest($1::int8[], $2::text[], $3::text[], $4::int2[], $5::text[], $6::text[])
  x(acting, actor, action, type, pats, detail)
"""
_MISSING = """
SELECT n.i FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY n(type, id, i)
WHERE NOT EXISTS (
  SELECT FROM resource r WHERE r.type = n.type AND r.id = n.id AND r.lab & 16384 = 0)
ORDER BY n.i
"""


_UNSEEN_BY = _UNSEEN.format(seen=visible("r", named(3)))


@dataclass(slots=True)
class Version:
    """One version of one resource, ready to be served; `former` when a newer one is known."""

    type: str
    id: str
    version: int
    updated: datetime
    deleted: bool
    method: str
    body: bytes
    former: bool = False

    def json(self) -> bytes:
        """The resource as it is sent: without what may not leave."""
        departure = LEAVING.get(self.type)
        return self.whole() if departure is None else departure.version(self)

    def whole(self) -> bytes:
        """The resource as it is kept: for what stays inside, and to make the next version of it."""
        return rendered(self.type, self.id, self.version, self.updated) + self.body

    @property
    def place(self) -> str:
        """Its address after the base."""
        return f"{self.type}/{self.id}"


class Departure(Protocol):
    """What is sent of a resource of which not all may leave."""

    def version(self, version: Version) -> bytes:
        """A stored version as it is sent."""
        ...

    def entry(self, entry: bytes) -> bytes:
        """An entry of a Bundle as it is sent; one of another type stays as it is."""
        ...


LEAVING: Final[dict[str, Departure]] = {}
"""By type of resource. Set once, by `app/wiring`."""


def sent_entry(entry: bytes) -> bytes:
    """An entry that the database made, without what may not leave."""
    for departure in LEAVING.values():
        entry = departure.entry(entry)
    return entry


@dataclass(slots=True)
class Written:
    """What a write made: the version, and whether the resource is new (or back)."""

    version: Version
    created: bool


@dataclass(slots=True)
class Repository:
    """The store of one installation."""

    database: Database
    row_ids: RowIds = field(default_factory=RowIds)
    ring: Ring | None = None
    """Keys that bodies are sealed with; without them all are stored in clear."""

    async def write(
        self,
        drafts: Sequence[Draft],
        *,
        needs: Sequence[tuple[str, str]] = (),
        traces: Sequence[Trace] = (),
        connection: asyncpg.Connection | None = None,
    ) -> list[Written]:
        """Writes all drafts or none, durably, in the order given.

        `needs` are references that must be here. Raises `VersionConflict`, `Conflict` (the id was
        taken meanwhile) or `ResourceInvalid` (a reference leads nowhere).
        """
        moment = now()
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        rids = [self.row_ids() for _ in drafts]
        sealing = sealing_of(self.ring, drafts)

        def arguments() -> list[Any]:
            bodies = sealing.bodies if sealing else {}
            return [moment, *write_arguments(drafts, rids, needs, traces, bodies)]

        try:
            if connection is not None:
                rows = await self._put(connection, drafts, arguments, sealing)
            elif any(draft.contained or draft.type in BOUNDED for draft in drafts):
                async with self.database.transaction() as own:
                    rows = await self._put(own, drafts, arguments, sealing)
            else:
                async with self.database.write.acquire() as own:
                    rows = await self._put_alone(own, drafts, arguments, sealing)
        except asyncpg.PostgresError as error:
            raise _product_error(error, drafts) from error
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if not is_outage(error):
                raise
            raise Unavailable("the database does not answer; try again in a moment") from error
        written: list[Written | None] = [None] * len(drafts)
        for row in rows:
            draft = drafts[row["i"]]
            version = Version(
                draft.type, draft.id, row["ver"], row["upd"], draft.rows is None,
                METHODS[draft.method], draft.body,
            )  # fmt: skip
            written[row["i"]] = Written(version, row["created"])
        return [one for one in written if one is not None]

    async def trace(
        self, traces: Sequence[Trace], *, connection: asyncpg.Connection | None = None
    ) -> None:
        """Appends lines to the audit trail; they are there, durably, when this returns."""
        values = (
            [one.acting for one in traces],
            [one.agent for one in traces],
            [one.action for one in traces],
            [one.type for one in traces],
            ["{" + ",".join(map(str, one.patients)) + "}" for one in traces],
            [one.detail for one in traces],
        )
        if connection is not None:
            await connection.execute(TRACE, *values)
            return
        async with self.database.write.acquire() as own:
            await own.execute(TRACE, *values)

    async def _put(
        self,
        connection: asyncpg.Connection,
        drafts: Sequence[Draft],
        arguments: Callable[[], list[Any]],
        sealing: Sealing | None,
    ) -> list[asyncpg.Record]:
        """Rows of `write_resources`, once what the drafts contain is written too."""
        if sealing is not None:
            await sealing.prepare(connection)
        rows = await connection.fetch(WRITE, *arguments())
        if sealing is not None:
            made = [(row["i"], row["rid"], row["ver"]) for row in rows]
            await sealing.put_right(connection, made)
        inside = [
            (one, draft.type, row["rid"], self._contained(sealing, row, one))
            for row in rows
            if (draft := drafts[row["i"]]).contained
            for one in draft.contained
        ]
        if inside:
            rids = [self.row_ids() for _ in inside]
            await connection.execute(WRITE_CONTAINED, *contained_arguments(inside, rids))
        bounded = [(drafts[row["i"]], row["rid"]) for row in rows]
        bounded = [one for one in bounded if one[0].type in BOUNDED]
        if bounded:
            await connection.execute(PUT_TERMS, now(), *term_arguments(bounded))
        return rows

    async def _put_alone(
        self,
        connection: asyncpg.Connection,
        drafts: Sequence[Draft],
        arguments: Callable[[], list[Any]],
        sealing: Sealing | None,
    ) -> list[asyncpg.Record]:
        """As `_put`, by one statement where its versions are known; else in a transaction."""
        if sealing is None or sealing.sure:
            return await self._put(connection, drafts, arguments, sealing)
        if await sealing.prepare(connection, narrow=True):
            try:
                return await connection.fetch(WRITE, *arguments())
            except asyncpg.PostgresError as error:
                if getattr(error, "sqlstate", None) not in {"CD412", "23505"}:
                    raise  # somebody wrote meanwhile, or what was expected first is not so
        async with connection.transaction():
            return await self._put(connection, drafts, arguments, sealing)

    def _contained(self, sealing: Sealing | None, row: asyncpg.Record, one: Inside) -> Sealed:
        return sealing.contained(row["i"], one, row["ver"]) if sealing else (0, one.body)

    async def missing(
        self, needs: Sequence[tuple[str, str]], *, connection: asyncpg.Connection | None = None
    ) -> list[tuple[str, str]]:
        """Which of these (type, id) are not here, in their order."""
        values = [type_number(kind) for kind, _ in needs], [key for _, key in needs]
        if connection is not None:
            rows = await connection.fetch(_MISSING, *values)
        else:
            async with self.database.write.acquire() as own:
                rows = await own.fetch(_MISSING, *values)
        return [needs[row["i"] - 1] for row in rows]

    async def unseen(
        self,
        scope: Scope,
        names: Sequence[tuple[str, str]],
        *,
        connection: asyncpg.Connection | None = None,
    ) -> list[tuple[str, str]]:
        """Which of these (type, id) are here, hidden or of a patient in none of the circles."""
        values = (
            [type_number(kind) for kind, _ in names],
            [key for _, key in names],
            *values_of(scope),
        )
        if connection is not None:
            rows = await connection.fetch(_UNSEEN_BY, *values)
        else:
            async with self.database.steady.acquire() as own:
                rows = await own.fetch(_UNSEEN_BY, *values)
        return [names[row["i"] - 1] for row in rows]

    async def read_many(
        self,
        resource_type: str,
        wanted: Sequence[tuple[str, Scope]],
        *,
        connection: asyncpg.Connection | None = None,
    ) -> list[Version | None]:
        """Newest versions by id, each as its caller may see it; deleted ones are marked.

        The reads are in the audit trail when this returns. With a connection, they belong to its
        transaction and see its writes.
        """
        sql = read_statement(resource_type)
        values = (
            [key for key, _ in wanted],
            [scope.agent for _, scope in wanted],
            [scope.acting for _, scope in wanted],
            *zip(*(row_values(scope) for _, scope in wanted), strict=True),
        )
        if connection is not None:
            rows = await connection.fetch(sql, *values)
        else:
            async with self.database.steady.acquire() as own:
                rows = await own.fetch(sql, *values)
        found: list[Version | None] = [None] * len(wanted)
        for row in rows:
            place = row["i"] - 1
            found[place] = version_of(resource_type, wanted[place][0], row)
        return found


def read_statement(resource_type: str) -> str:
    """The statement that reads many resources of a type, each under its own scope."""
    names = of_table("n")
    return _READ.format(
        table=table(resource_type), number=type_number(resource_type), columns=COLUMNS,
        seen=visible("r", names), former=former_sql("r", names),
    )  # fmt: skip


def version_of(resource_type: str, resource_id: str, row: asyncpg.Record) -> Version:
    """A row of `resource` or `history` as a version, its body opened.

    Raises `KeyMissing` or `SealBroken` for a sealed body that does not open.
    """
    body = row["body"]
    if number := row["dict"]:
        body = opened_body((resource_type, resource_id, row["ver"]), number, body)
    return Version(
        resource_type, resource_id, row["ver"], row["upd"], bool(row["lab"] & DELETED),
        METHODS[row["method"]], body,
    )  # fmt: skip


_ONE_CIRCLE: Final = "active_circle_pkey"
_LIMITED: Final = "le traitement de ce dossier est limité à la demande de la personne"
_FROZEN: Final = "ce dossier est gelé : l’identitovigilance y sépare deux personnes"


def _product_error(error: asyncpg.PostgresError, drafts: Sequence[Draft]) -> Exception:
    state: str = getattr(error, "sqlstate", None) or ""
    detail: Any = getattr(error, "detail", None)
    if state == "CD412":
        place, present = orjson.loads(detail)[0]
        return VersionConflict(
            f"{drafts[place].type}: the version now is {present}; read it again and redo the change"
        )
    if state == "CD422":
        names = ", ".join(f"{type_name(number)}/{key}" for number, key in orjson.loads(detail))
        return ResourceInvalid(
            [Issue("error", "not-found", f"these references lead nowhere here: {names}")]
        )
    if state == "CD423":
        return RuleBroken(_LIMITED if detail == "limited" else _FROZEN)
    if state in {"23505", "40P01", "40001"}:
        return _clash(error)
    if state.startswith(("57", "08", "53")):
        return Unavailable("the database does not answer; try again in a moment")
    return error


def _clash(error: asyncpg.PostgresError) -> ProductError:
    if getattr(error, "constraint_name", "") == _ONE_CIRCLE:
        return CircleOpen(
            "CareTeam: a circle of care of this person is open in the region; search"
            " CareTeam?patient=...&status=active and join it"
        )
    return Conflict("the same resource was written at the same moment; try again")
