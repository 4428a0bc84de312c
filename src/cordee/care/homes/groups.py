"""Active records by group of homes, counted each day, shown as numbers. Rule: B7.6, decision 0071.

The platform counts each home by the definition of the day and keeps two numbers. The head office of
a group reads its own homes, the agency (steering) all; neither reads a record for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from cordee.care.homes.active import Counter, definition
from cordee.care.homes.exports import finess_of
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.homes")
AGENT: Final = "dui"
MOST: Final = 2000
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Member:
    """One home of a group on the day of its count."""

    home: str
    name: str
    category: str
    total: int
    active: int


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its head office and homes; `counts` where it has as many as are asked."""

    head: str
    name: str
    day: date
    rule: str
    members: tuple[Member, ...]
    counts: bool

    @property
    def total(self) -> int:
        """All records of its homes."""
        return sum(one.total for one in self.members)

    @property
    def active(self) -> int:
        """Those that are active."""
        return sum(one.active for one in self.members)


class Groups:
    """The counts of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads through the guard."""
        self._database = database
        self._store = store

    async def of(self, principal: Principal, day: date) -> list[Group]:
        """The groups that the principal may see, as last counted on or before a day.

        Raises `AccessDenied` for who is of no head office and does not steer.
        """
        values = (_scope(principal), day, MOST)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["dui_groups"], *values)
        if not rows and STEERING not in principal.functions:
            await self._need_head(principal)
        return grouped(rows, definition().group_of)

    async def count(self, platform: Principal, now: datetime) -> int:
        """How many homes are counted now; each once a day."""
        day = now.astimezone(PARIS).date()
        async with self._database.write.acquire() as connection:
            done = {row["home"] for row in await connection.fetch(QUERIES["dui_counted"], day)}
        rule, counter, made = definition(), Counter(self._store), 0
        words = f"{rule.name} ; {rule.days} j ; {', '.join(rule.needs)} ; {rule.source}"
        for home, head, category in await self._homes(platform):
            place = f"Organization/{home['id']}"
            if place in done:
                continue
            files = await counter.files(replace(platform, structure=place), now)
            values = (
                place, day, _named(home), f"Organization/{head['id']}", _named(head), category,
                len(files), sum(one.is_active for one in files), words, now,
            )  # fmt: skip
            async with self._database.write.acquire() as connection:
                await connection.execute(QUERIES["dui_count"], *values)
            made += 1
        return made

    async def _homes(self, platform: Principal) -> list[tuple[Resource, Resource, str]]:
        """The homes of the categories of the programme that have a head office, with it."""
        wanted = frozenset(definition().categories)
        criteria = f"type={','.join(sorted(wanted))}&_sort=_lastUpdated&_count={_PAGE}"
        known: dict[str, Resource] = {}
        since = ""
        while True:
            more = f"&_lastUpdated=ge{since}" if since else ""
            query = f"{criteria}{more}&_include=Organization:partof"
            rows = await self._store.search(platform, "Organization", query)
            homes = [one for one in rows if _category(one, wanted)]
            is_new = any(f"Organization/{one['id']}" not in known for one in homes)
            known |= {f"Organization/{one['id']}": one for one in rows}
            if not is_new:
                break
            since = max(str(one["meta"]["lastUpdated"]) for one in homes)
        found: list[tuple[Resource, Resource, str]] = []
        for one in known.values():
            head = known.get(party(one, "partOf"))
            category = _category(one, wanted)
            if category and head is not None:
                found.append((one, head, category))
        return found

    async def _need_head(self, principal: Principal) -> None:
        """Raises `AccessDenied` unless homes of the programme are part of their structure."""
        criteria = f"partof={principal.structure}&type={','.join(definition().categories)}&_count=1"
        if not await self._store.search(principal, "Organization", criteria):
            raise AccessDenied("Les DUI actifs d’un groupe sont pour son siège et pour l’agence.")


def grouped(rows: Sequence[Mapping[str, Any]], fewest: int) -> list[Group]:
    """The groups of counts that come sorted by head office. Pure."""
    found: list[Group] = []
    for head, each in groupby(rows, key=lambda one: str(one["head"])):
        mine = list(each)
        members = tuple(
            Member(one["home"], one["home_name"], one["category"], one["total"], one["active"])
            for one in mine
        )
        first = mine[0]
        found.append(
            Group(
                head, first["head_name"], first["day"], first["rule"], members,
                len(members) >= fewest,
            )
        )  # fmt: skip
    return found


def _scope(principal: Principal) -> str | None:
    if STEERING in principal.functions:
        return None
    if not principal.structure.startswith("Organization/"):
        raise AccessDenied("Les DUI actifs d’un groupe sont pour son siège et pour l’agence.")
    return principal.structure


def _category(home: Resource, wanted: frozenset[str]) -> str:
    codes = [str(c.get("code", "")) for one in home.get("type", ()) for c in one.get("coding", ())]
    return next((one for one in codes if one in wanted), "")


def _named(place: Resource) -> str:
    finess = finess_of(place)
    name = str(place.get("name", "")) or str(place["id"])
    return f"{name} ({finess})" if finess else name
