"""What is counted of discharges: by the département of the hospital and that of where people live.

A count below eleven, and what is made of it, is not shown. Requirements B5.3, B5.9.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final

from cordee.care.circle.territory import county_of
from cordee.care.discharges.planner import QUERIES, names_of
from cordee.care.ruptures.rules import LETTERS, moment_of
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import facts_of, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database

FEWEST: Final = 11
"""Below this a count could tell of somebody."""
MOST: Final = 5000
_LOT: Final = 100
_MONTH: Final = timedelta(days=30)


@dataclass(slots=True)
class Forced:
    """A discharge that went on with something open: when, by whom, why, what was open."""

    task: Resource
    patient: Resource
    at: datetime
    agent: str
    reason: str
    is_found: bool


@dataclass(slots=True)
class Flow:
    """The discharges from a département of hospital to one of residence, in a time."""

    hospital: str
    residence: str
    count: int = 0
    delays: list[float] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    again: int = 0
    letters: int = 0

    @property
    def is_shown(self) -> bool:
        """Whether there are enough to tell of."""
        return self.count >= FEWEST

    @property
    def delay(self) -> float | None:
        """Hours from ready to left, the median; None where too few were declared ready."""
        return median(self.delays) if len(self.delays) >= FEWEST else None


class Figures:
    """The figures of one installation, read in the name of the platform."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself: figures name nobody."""
        self._database = database
        self._store = store
        self._principal = principal

    async def forced(self, principal: Principal, start: date, end: date) -> list[Forced]:
        """What a structure forced between two days, the second left out; at most 200.

        Read through the guard: who does not see the person does not see the line.
        """
        async with self._database.steady.acquire() as connection:
            values = (names_of(principal), _midnight(start), _midnight(end), 200)
            rows = await connection.fetch(QUERIES["forced"], *values)
        if not rows:
            return []
        numbers = ",".join(dict.fromkeys(row["task"] for row in rows))
        criteria = f"_id={numbers}&_count=200&_include=Task:patient"
        found = await self._store.search(principal, "Task", criteria)
        known = {f"{one['resourceType']}/{one['id']}": one for one in found}
        return [
            Forced(task, patient, row["at"], row["agent"], row["reason"], row["move"] != "force")
            for row in rows
            if (task := known.get(f"Task/{row['task']}")) is not None
            and (patient := known.get(party(task, "for"))) is not None
        ]

    async def flows(self, principal: Principal | None, start: date, end: date) -> list[Flow]:
        """The flows of a structure, or of the region for None, between two days; 5,000 at most."""
        names = None if principal is None else names_of(principal)
        async with self._database.steady.acquire() as connection:
            values = (names, _midnight(start), _midnight(end), MOST)
            rows = await connection.fetch(QUERIES["left"], *values)
        flows: dict[tuple[str, str], Flow] = {}
        for first in range(0, len(rows), _LOT):
            await self._lot(rows[first : first + _LOT], flows)
        return sorted(flows.values(), key=lambda one: (one.hospital, one.residence))

    async def _lot(self, rows: Sequence[Any], flows: dict[tuple[str, str], Flow]) -> None:
        numbers = ",".join(dict.fromkeys(row["task"] for row in rows))
        people = ",".join(dict.fromkeys(row["patient"] for row in rows))
        around = "&_include=Task:patient&_include=Task:encounter&_include=Task:owner:Organization"
        since = min(row["left_at"] for row in rows) - timedelta(days=1)
        dated = f"patient={people}&date=ge{since.astimezone(PARIS).date()}&_count=1000"
        tasks, stays, letters = await asyncio.gather(
            self._search("Task", f"_id={numbers}&_count={_LOT}{around}"),
            self._search("Encounter", f"class=IMP&{dated}"),
            self._search("DocumentReference", f"type={','.join(LETTERS)}&status=current&{dated}"),
        )
        known = {f"{one['resourceType']}/{one['id']}": one for one in tasks}
        for row in rows:
            task = known.get(f"Task/{row['task']}")
            if task is None:
                continue
            patient = known.get(row["patient"], {})
            pair = (county_of(known.get(row["owner"], {})) or "?", county_of(patient) or "?")
            flow = flows.setdefault(pair, Flow(*pair))
            _count(flow, row, task)
            left = _left(task) or row["left_at"]
            own = party(task, "encounter")
            flow.again += any(_is_again(one, row["patient"], own, left) for one in stays)
            flow.letters += any(_is_of_day(one, row["patient"], left) for one in letters)

    async def _search(self, kind: str, criteria: str) -> list[Resource]:
        return await self._store.search(self._principal, kind, criteria)


def _count(flow: Flow, row: Any, task: Resource) -> None:
    facts, left = facts_of(task), _left(task) or row["left_at"]
    flow.count += 1
    if row["ready_at"] is not None:
        flow.delays.append(max(0.0, (left - row["ready_at"]).total_seconds() / 3600))
    try:
        fit = date.fromisoformat(str(facts.get("fit-on", "")))
    except ValueError:
        return
    days = (left.astimezone(PARIS).date() - fit).days
    if days > 0:
        cause = str(facts.get("delay-cause", ""))
        flow.lost[cause] = flow.lost.get(cause, 0) + days


def _left(task: Resource) -> datetime | None:
    return moment_of(str(facts_of(task).get("left-at", "")))


def _is_again(stay: Resource, patient: str, own: str, left: datetime) -> bool:
    """Whether a stay follows a discharge within thirty days; the same hour is a transfer."""
    if party(stay, "subject") != patient or f"Encounter/{stay['id']}" == own:
        return False
    starts = moment_of(str((stay.get("period") or {}).get("start", "")))
    return starts is not None and timedelta(hours=1) < starts - left <= _MONTH


def _is_of_day(letter: Resource, patient: str, left: datetime) -> bool:
    if party(letter, "subject") != patient:
        return False
    at = moment_of(str(letter.get("date", "")))
    return at is not None and at.astimezone(PARIS).date() <= left.astimezone(PARIS).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS)
