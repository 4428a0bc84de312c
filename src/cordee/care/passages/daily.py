"""The summaries of a day for one emergency department, through the guard. Rule: B2.10."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from cordee.care.documents.tile import moment_of
from cordee.care.passages.desk import is_passage
from cordee.care.passages.rpu import PassageData, Rpu, ordered, summary
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant

MOST: Final = 1000
_FINESS: Final = ("urn:oid:1.2.250.1.71.4.2.2", "https://finess.esante.gouv.fr")


class Summaries:
    """The summaries of one installation."""

    def __init__(self, store: Store) -> None:
        """`store` reads through the guard."""
        self._store = store

    async def of_day(self, principal: Principal, day: date) -> list[Rpu]:
        """Passages of the principal's structure that began on a day and are over, in one search."""
        start = datetime.combine(day, time(), PARIS)
        end = datetime.combine(day + timedelta(days=1), time(), PARIS)
        criteria = (
            f"service-provider={principal.structure}&class=EMER&status=finished"
            f"&date=ge{instant(start)}&date=lt{instant(end)}&_sort=date&_count={MOST}"
            "&_include=Encounter:patient&_revinclude=Task:encounter"
            "&_revinclude=Condition:encounter&_revinclude=Procedure:encounter"
        )
        rows = await self._store.search(principal, "Encounter", criteria)
        return [summary(one) for one in passages(rows, (start, end))]

    async def finess(self, principal: Principal) -> str:
        """The FINESS number of the principal's structure, "" where none is known."""
        found = await self._store.read(principal, *_place(principal.structure))
        for one in found.get("identifier", ()):
            if one.get("system") in _FINESS:
                return str(one.get("value", "")).removeprefix("1")[-9:]
        return ""


def passages(rows: Sequence[Resource], day: tuple[datetime, datetime]) -> list[PassageData]:
    """What each passage that began in these bounds is made of."""
    people = {f"Patient/{one['id']}": one for one in _of(rows, "Patient")}
    tasks = {party(one, "encounter"): one for one in _of(rows, "Task") if is_passage(one)}
    found: list[PassageData] = []
    for one in _of(rows, "Encounter"):
        own = f"Encounter/{one['id']}"
        person = people.get(party(one, "subject"))
        start = moment_of((one.get("period") or {}).get("start"))
        if person is None or start is None or not day[0] <= start < day[1]:
            continue
        conditions = [c for c in _of(rows, "Condition") if party(c, "encounter") == own]
        procedures = [p for p in _of(rows, "Procedure") if party(p, "encounter") == own]
        found.append(PassageData(one, person, tasks.get(own), ordered(one, conditions), procedures))
    return found


def _of(rows: Sequence[Resource], kind: str) -> list[Resource]:
    return [one for one in rows if one["resourceType"] == kind]


def _place(reference: str) -> tuple[str, str]:
    kind, _, key = reference.partition("/")
    return kind, key
