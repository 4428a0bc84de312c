"""Crisis cells: opened from the plan, told in, shared as numbers, closed. B6.5, decision 0072."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson

from cordee.care.cpts.membership import Belonging, Membership
from cordee.care.crisis.plan import KINDS, Line, Plan, check
from cordee.care.crisis.situation import Day, Told, total
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.crisis")
ROLE, CALL, STOCK, DAY, SHARE = "role", "call", "stock", "day", "share"
MOST: Final = 100
SHARED: Final = 500
CLOSED: Final = "Cette cellule est close : plus rien ne s’y écrit."
AMENDED: Final = "Quelqu’un vient de l’écrire aussi : relisez, puis corrigez."
_LONGEST_SUMMARY: Final = 2000
_SHORTEST_SUMMARY: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was told in a cell."""

    n: int
    sort: str
    key: str
    content: Mapping[str, Any]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, with all that was told in it, the oldest first."""

    id: str
    cpts: str
    cpts_name: str
    kind: str
    plan: Plan
    opened: datetime
    opened_name: str
    closed: datetime | None
    summary: str
    entries: Sequence[Entry]

    def last(self, sort: str) -> dict[str, Entry]:
        """What holds of a sort, by key."""
        return {one.key: one for one in self.entries if one.sort == sort}

    @property
    def stock(self) -> dict[str, tuple[Line, Entry | None]]:
        """The lines of stock by key, with what changed them last."""
        lines: dict[str, tuple[Line, Entry | None]] = {
            str(n): (one, None) for n, one in enumerate(self.plan.stock)
        }
        for key, one in self.last(STOCK).items():
            lines[key] = (msgspec.convert(dict(one.content), Line), one)
        return lines

    @property
    def days(self) -> dict[str, Day]:
        """The days of which something was told, the newest first."""
        told: dict[str, dict[str, list[Told]]] = {}
        for one in self.entries:
            if one.sort == DAY:
                day, _bar, who = one.key.partition("|")
                told.setdefault(day, {}).setdefault(who, []).append(_told(one))
        shares = self.last(SHARE)
        return {
            day: Day(day, told.get(day, {}), _told(shares[day]) if day in shares else None)
            for day in sorted({*told, *shares}, reverse=True)
        }

    def missing(self, day: date) -> list[tuple[str, str]]:
        """Who tells the numbers and has not, of a day: reference and name."""
        present = self.days.get(day.isoformat())
        known = present.told if present else {}
        return [one for one in self.plan.tellers if one[0] not in known]

    def is_late(self, now: datetime) -> bool:
        """Whether the hour of the day has passed."""
        return now.astimezone(PARIS).hour >= self.plan.hour


@dataclass(frozen=True, slots=True)
class Shared:
    """The numbers of a day that a CPTS has shared with the agency."""

    cpts: str
    kind: str
    day: str
    content: Mapping[str, Any]
    at: datetime
    by: str
    is_closed: bool


class Crises:
    """The plans and cells of one installation: members of a CPTS see theirs."""

    def __init__(self, database: Database, membership: Membership) -> None:
        """`database` holds them; nothing in them is about one person who is cared for."""
        self._database = database
        self.membership = membership

    async def plan(self, place: str) -> tuple[int, Plan]:
        """The number and the plan in force of a CPTS; 0 and an empty one where there is none."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["plan"], place)
        return (0, Plan()) if row is None else (row["n"], _plan(row["content"]))

    async def keep(
        self, principal: Principal, place: str, plan: Plan, follows: int, at: datetime
    ) -> None:
        """Keeps a plan that replaces the one numbered `follows`.

        Raises `AccessDenied`, `ResourceInvalid`, `Conflict` where another one was kept since.
        """
        _number, present = await self.plan(place)
        self._need(principal, await self.membership.need(principal, place), present)
        check(plan)
        text = orjson.dumps(msgspec.to_builtins(plan)).decode()
        async with self._database.write.acquire() as connection:
            values = (place, text, at, principal.user, follows)
            if (
                _number != follows
                or await connection.fetchval(QUERIES["keep_plan"], *values) is None
            ):
                raise Conflict("Le plan a changé depuis que vous l’avez ouvert : rouvrez-le.")

    async def open(
        self, principal: Principal, place: str, kind: str, number: str, at: datetime
    ) -> str:
        """The id of a cell opened from the plan; the one of that kind that runs, where there is.

        Raises `AccessDenied` for who holds no role, `RuleBroken` without a plan.
        """
        belonging = await self.membership.need(principal, place)
        key, plan = await self.plan(place)
        self._need(principal, belonging, plan)
        if kind not in KINDS:
            raise RuleBroken("Dites de quelle crise il s’agit.")
        if not key:
            raise RuleBroken("Préparez d’abord le plan de crise : qui, quels appels, quel stock.")
        values = (
            UUID(number),
            place,
            belonging.name,
            kind,
            key,
            at,
            principal.user,
            principal.name,
        )
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["open"], *values) is not None:
                return number
            found = await connection.fetchval(QUERIES["running"], place, kind)
        if found is None and await self._belongs(number, place):
            return number
        if found is None:
            raise Conflict("Cette cellule existe déjà.")
        return str(found)

    async def cells(self, principal: Principal) -> tuple[list[Belonging], list[Cell]]:
        """The CPTS of somebody and their cells, those that run first; at most 100."""
        places = await self.membership.of(principal)
        return places, await self._cells([one.structure for one in places]) if places else []

    async def one(self, principal: Principal, number: str) -> tuple[Cell, bool]:
        """A cell of one's CPTS, and whether one leads it; raises `NotFound` for any other."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["cell"], _key(number))
            rows = await connection.fetch(QUERIES["entries"], [row["id"]] if row else [])
        if row is not None:
            cell = _cell(row, [_entry(one) for one in rows])
            for place in await self.membership.of(principal):
                if place.structure == cell.cpts:
                    return cell, leads(principal, place, cell.plan)
        raise NotFound("there is no such crisis cell")

    async def tell(
        self,
        principal: Principal,
        cell: Cell,
        what: tuple[str, str, Mapping[str, Any]],
        follows: int,
        at: datetime,
    ) -> None:
        """Adds an entry (sort, key, content) that amends `follows`, 0 for the first.

        Raises `Conflict` where the cell is closed, or somebody has amended the same since.
        """
        sort, key, content = what
        last = cell.last(sort).get(key)
        if last is not None and last.n != follows:
            if dict(last.content) == dict(content):
                return  # pressed twice
            raise Conflict(AMENDED)
        values = (
            UUID(cell.id), sort, key, follows, orjson.dumps(content).decode(), at, principal.user,
            principal.name,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["tell"], *values) is None:
                raise Conflict(AMENDED if cell.closed is None else CLOSED)

    async def share(self, principal: Principal, cell: Cell, day: str, at: datetime) -> None:
        """Shares the numbers of a day with the agency, again where they have changed."""
        present = cell.days.get(day)
        if present is None or not present.told:
            raise RuleBroken("Aucun nombre n’est encore donné pour ce jour.")
        content = {
            "numbers": dict(present.total),
            "told": len(present.told),
            "expected": len(cell.plan.tellers),
            "low": sum(line.is_low for line, _entry in cell.stock.values()),
        }
        last = cell.last(SHARE).get(day)
        await self.tell(principal, cell, (SHARE, day, content), last.n if last else 0, at)

    async def close(self, principal: Principal, cell: Cell, summary: str, at: datetime) -> None:
        """Closes a cell with what is learnt from it; raises `RuleBroken`, `Conflict`."""
        if not _SHORTEST_SUMMARY <= len(summary) <= _LONGEST_SUMMARY:
            raise RuleBroken(
                f"Écrivez le retour d’expérience, de {_SHORTEST_SUMMARY} à {_LONGEST_SUMMARY}"
                " caractères.", expression=("bilan",)
            )  # fmt: skip
        async with self._database.write.acquire() as connection:
            values = (UUID(cell.id), at, principal.user, summary)
            if await connection.fetchval(QUERIES["close"], *values) is None:
                raise Conflict(CLOSED)

    async def shared(self, principal: Principal) -> list[Shared]:
        """What CPTS have shared, the newest day first; at most 500.

        Raises `AccessDenied` but for who steers the region.
        """
        if STEERING not in principal.functions:
            raise AccessDenied("what is shared is for the agency")
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["shared"], SHARED)
        return [
            Shared(
                row["cpts_name"], row["kind"], row["key"], orjson.loads(row["content"]),
                row["told"], row["told_name"], row["closed"] is not None,
            )
            for row in rows
        ]  # fmt: skip

    async def _cells(self, places: Sequence[str]) -> list[Cell]:
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["cells"], places, MOST)
            told = await connection.fetch(QUERIES["entries"], [one["id"] for one in rows])
        by_cell: dict[Any, list[Entry]] = {}
        for one in told:
            by_cell.setdefault(one["crisis"], []).append(_entry(one))
        return [_cell(one, by_cell.get(one["id"], [])) for one in rows]

    async def _belongs(self, number: str, place: str) -> bool:
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["cell"], UUID(number))
        return row is not None and row["cpts"] == place

    def _need(self, principal: Principal, place: Belonging, plan: Plan) -> None:
        if not leads(principal, place, plan):
            raise AccessDenied("only the CPTS and who holds a role in its plan may do this")


def leads(principal: Principal, place: Belonging, plan: Plan) -> bool:
    """Whether somebody may open, change, share and close: the CPTS itself, and who has a role."""
    return place.runs or plan.entitles(principal.practitioner)


def span(cell: Cell, now: datetime) -> list[str]:
    """The days of a cell that can still be told: today and the six before, from its opening on."""
    first, today = cell.opened.astimezone(PARIS).date(), now.astimezone(PARIS).date()
    days = [today - timedelta(days=n) for n in range(7)]
    return [one.isoformat() for one in days if one >= first]


def _told(entry: Entry) -> Told:
    numbers = {str(key): int(value) for key, value in dict(entry.content["numbers"]).items()}
    why = str(entry.content.get("why", ""))
    return Told(entry.n, total([numbers]), why, entry.at, entry.by)


def _plan(text: str) -> Plan:
    return msgspec.json.decode(text, type=Plan)


def _cell(row: Mapping[str, Any], entries: Sequence[Entry]) -> Cell:
    return Cell(
        str(row["id"]), row["cpts"], row["cpts_name"], row["kind"], _plan(row["content"]),
        row["opened"], row["opened_name"], row["closed"], row["summary"], entries,
    )  # fmt: skip


def _entry(row: Mapping[str, Any]) -> Entry:
    content = orjson.loads(row["content"])
    return Entry(row["n"], row["sort"], row["key"], content, row["told"], row["told_name"])


def _key(number: str) -> UUID:
    try:
        return UUID(number)
    except ValueError as error:
        raise NotFound("there is no such crisis cell") from error
