"""The activity of coordination in a period: computed when it is asked for, of counts alone. B4.10.

Steps (when, which state) come from the tables of the workflow. What only a request says (who asks,
why, what came of it) is read by the platform itself, under a name of its own in the trail, a month
at a time; nothing of it leaves but counts. A structure reads its own; who steers the region reads
all structures together, with small counts kept back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from cordee.care.activity.hiding import Table, hidden, number, plain
from cordee.care.activity.periods import Period
from cordee.care.circle.territory import town_of
from cordee.care.requests.offers import KINDS
from cordee.care.resources.desk import answering_states
from cordee.care.store import Resource, Store
from cordee.care.workflow.durations import parse_duration
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import MACHINE, facts_of, party
from cordee.identity.principal import STEERING, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.activity")
AGENT: Final = "activity"
CODE: Final = "dac-request"
UNKNOWN, OPEN = "unknown", "open"
"""Codes of the lines of what is not said, and of what is not there yet."""
MISSIONS: Final = ("support", "coordination", "orientation", "information", "outside")
_A_MONTH: Final = 1000
_LOT: Final = 100
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay: its median, and how many were within its target; None where it is not told."""

    count: int | None
    median: timedelta | None
    within: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a resource was asked and has refused."""

    name: str
    asked: int | None
    refused: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period; `unmet` is there for whole years alone."""

    period: Period
    structure: str
    requests: int | None
    askers: Table
    motives: Table
    missions: Table
    outcomes: Table
    unmet: Table | None
    acknowledged: Delay
    evaluated: Delay
    refusals: tuple[Refusal, ...]
    is_cut: bool


class Activity:
    """The reports of one installation."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself, which reads for counting."""
        self._database = database
        self._store = store
        self._principal = principal

    async def report(self, principal: Principal, period: Period) -> Report:
        """The report of who asks: of their structure, or of the region for who steers it.

        Raises `AccessDenied` for everybody else.
        """
        owner = _structure(principal)
        is_region = not owner
        if is_region and not period.is_year:
            raise AccessDenied("the region is told by years alone")
        (courses, refusals), (tasks, is_cut) = await asyncio.gather(
            self._counted(period, owner), self._tasks(period, owner)
        )
        facts = [facts_of(one) for one in tasks]
        choices = machines()[CODE].facts
        table = hidden if is_region else plain

        def of(name: str, rest: str) -> Table:
            known = choices[name].choices
            return table(
                Counter(str(one[name]) if one.get(name) in known else rest for one in facts)
            )

        outcomes = of("outcome", OPEN)
        unmet = [
            one for one, said in zip(tasks, facts, strict=True) if said.get("outcome") == "unmet"
        ]
        return Report(
            period=period,
            structure=owner,
            requests=number(len(courses)) if is_region else len(courses),
            askers=of("asker", UNKNOWN),
            motives=of("motive", UNKNOWN),
            missions=table(Counter(map(_mission, courses))),
            outcomes=outcomes,
            unmet=_unmet(outcomes, await self._towns(unmet)) if period.is_year else None,
            acknowledged=_delay(courses, "begun", "acknowledged", "received", is_region=is_region),
            evaluated=_delay(
                courses, "acknowledged", "evaluated", "qualified", is_region=is_region
            ),
            refusals=await self._refusals(refusals, is_region=is_region),
            is_cut=is_cut,
        )

    async def _counted(
        self, period: Period, owner: str
    ) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        first, last = period.bounds
        asked = [one for one in KINDS if one != CODE]
        refuses = list(answering_states()[1])
        async with self._database.steady.acquire() as connection:
            courses = await connection.fetch(QUERIES["courses"], first, last, owner)
            refusals = await connection.fetch(
                QUERIES["refusals"], first, last, owner, asked, refuses
            )
        return list(courses), list(refusals)

    async def _tasks(self, period: Period, owner: str) -> tuple[list[Resource], bool]:
        """The requests of a period, and whether a month held more than is read."""
        of = f"&owner={owner}" if owner else ""
        months = _months(period)
        found: list[Resource] = []
        is_cut = False
        for place in range(0, len(months), _AT_ONCE):
            lots = await asyncio.gather(
                *(self._month(one, of) for one in months[place : place + _AT_ONCE])
            )
            is_cut = is_cut or any(len(lot) >= _A_MONTH for lot in lots)
            found += [one for lot in lots for one in lot]
        return found, is_cut

    async def _month(self, month: tuple[date, date], of: str) -> list[Resource]:
        first, last = month
        query = f"authored-on=ge{first}&authored-on=lt{last}{of}&_count={_A_MONTH}"
        return await self._store.search(self._principal, "Task", f"code={MACHINE}|{CODE}&{query}")

    async def _towns(self, tasks: Sequence[Resource]) -> Counter[str]:
        """How many of these requests are about somebody of each commune."""
        people = Counter(party(one, "for").removeprefix("Patient/") for one in tasks)
        found: Counter[str] = Counter()
        keys = list(people)
        for start in range(0, len(keys), _LOT):
            ids = ",".join(keys[start : start + _LOT])
            for one in await self._store.search(
                self._principal, "Patient", f"_id={ids}&_count={_LOT}"
            ):
                found[town_of(one)] += people[str(one["id"])]
        return found

    async def _refusals(
        self, rows: Sequence[Mapping[str, Any]], *, is_region: bool
    ) -> tuple[Refusal, ...]:
        keys = [row["owner"].removeprefix("Organization/") for row in rows]
        names: dict[str, str] = {}
        for start in range(0, len(keys), _LOT):
            ids = ",".join(keys[start : start + _LOT])
            for one in await self._store.search(
                self._principal, "Organization", f"_id={ids}&_count={_LOT}"
            ):
                names[f"Organization/{one['id']}"] = str(one.get("name", ""))
        found = [
            Refusal(
                names.get(row["owner"], ""),
                number(row["asked"]) if is_region else row["asked"],
                _refused(row) if is_region else row["refused"],
            )
            for row in rows
        ]
        return tuple(sorted(found, key=lambda one: (-(one.refused or 0), one.name)))


def _refused(row: Mapping[str, Any]) -> int | None:
    """Refusals as they can be told: what is left of what was asked is not small either."""
    refused, rest = row["refused"], row["asked"] - row["refused"]
    if number(row["asked"]) is None or (number(refused) is None or number(rest) is None):
        return None
    return refused


def _structure(principal: Principal) -> str:
    """Whose report this is: a structure, "" for the region."""
    if STEERING in principal.functions:
        return ""
    if principal.structure and principal.practitioner.startswith("Practitioner/"):
        return principal.structure
    raise AccessDenied("the activity of coordination is told to its teams and to who steers")


def _unmet(outcomes: Table, towns: Mapping[str, int]) -> Table:
    """Unmet needs by commune; their total is kept back where the line of outcomes is."""
    found = hidden(towns)
    kept_back = any(one.code == "unmet" and one.count is None for one in outcomes.cells)
    return Table(found.cells, None) if kept_back else found


def _mission(row: Mapping[str, Any]) -> str:
    """The furthest that a request went."""
    return next((one for one in MISSIONS if row[one]), OPEN)


def _delay(
    rows: Sequence[Mapping[str, Any]], since: str, until: str, state: str, *, is_region: bool
) -> Delay:
    both = [(row[since], row[until]) for row in rows if row[since] and row[until]]
    told = number(len(both)) if is_region else len(both)
    if is_region and number(len(rows) - len(both)) is None:
        told = None
    if not both or told is None:
        return Delay(told, None, None)
    clock = machines()[CODE].states[state].clocks[0]
    target = parse_duration(clock.within)
    within = sum(end <= target.due(start) for start, end in both)
    middle = timedelta(seconds=median((end - start).total_seconds() for start, end in both))
    late = number(len(both) - within) if is_region else 0
    is_told = not is_region or (number(within) is not None and late is not None)
    return Delay(told, middle, within if is_told else None)


def _months(period: Period) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    day = period.first
    while day < period.last:
        following = (day + timedelta(days=31)).replace(day=1)
        found.append((day, following))
        day = following
    return found
