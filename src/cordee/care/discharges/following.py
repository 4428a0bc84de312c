"""What follows from writes around a discharge: lines that tick themselves, the next of a list.

Run by the one reader of the journal that has its turn. Each step is a move that is judged, with
the version that it was decided on: read twice, it is made once. Requirements B5.2, B5.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from cordee.care.discharges.knowing import EXHAUSTED, changes, known, read_around
from cordee.care.discharges.planner import QUERIES
from cordee.care.discharges.trying import attempt
from cordee.care.notifications.outbox import Event, tell
from cordee.care.ruptures.rules import LETTERS
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.checklists import checks_of, with_checks
from cordee.care.workflow.tasks import (
    GROUP,
    Wanted,
    facts_of,
    group_of,
    machine_of,
    moved_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Deleted, NotFound

AGENT: Final = "discharges"
TYPES: Final = frozenset(
    {"DocumentReference", "MedicationRequest", "Task", "Appointment", "CarePlan"}
)
"""What is written of a person that may change what is known of their discharge."""
_ENGAGED: Final = frozenset({"asked", "accepted", "begun"})


class Followed:
    """What the platform does around discharges, in its own name."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself."""
        self._database = database
        self._store = store
        self._principal = principal

    async def hear(self, written: Sequence[Resource]) -> None:
        """Takes in what was written; what cannot be done is left, and stops no other."""
        for group in sorted({group_of(one) for one in _of(written, "home-care")} - {""}):
            await attempt(partial(self._cascade, group), "cascade")
        for one in written:
            if one["resourceType"] == "DocumentReference" and _is_letter(one):
                await attempt(partial(self._announce, one), "letter")
        people = sorted({one for each in written for one in _people(each)})
        if people:
            async with self._database.write.acquire() as connection:
                rows = await connection.fetch(QUERIES["running"], people)
            for row in rows:
                await attempt(partial(self._refresh, row["task"]), "refresh")

    async def _announce(self, letter: Resource) -> None:
        """Tells the médecin traitant of a letter of somebody who has a planner, once."""
        patient = party(letter, "subject")
        place = party(letter, "custodian")
        event = Event(
            "letter", clock.now(), f"letter/{letter['id']}", patient=patient,
            place=place if place.startswith("Organization/") else "",
            focus=f"DocumentReference/{letter['id']}",
        )  # fmt: skip
        async with self._database.transaction() as connection:
            if await connection.fetch(QUERIES["of_stay"], patient):
                await tell(connection, event)

    async def _cascade(self, group: str) -> None:
        """Asks the next of a list where nobody is asked, nor has accepted."""
        found = await self._store.search(
            self._principal, "Task", f"group-identifier={GROUP}|{group}&_count=50"
        )
        queued = [one for one in found if state_of(one) == "queued"]
        if not queued or any(state_of(one) in _ENGAGED for one in found):
            return
        following = min(queued, key=lambda one: int(facts_of(one).get("rank", 0)))
        machine = machine_of(following)
        if machine is None:
            return
        moved = moved_task(following, machine, Wanted("ask"), clock.now())
        version = int(following["meta"]["versionId"])

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            await tell(connection, _asked(following, placed[0]))

        await self._store.write(self._principal, [Write(moved, "PUT", version)], also)

    async def _refresh(self, number: str) -> None:
        """Writes what the platform knows of a checklist, and tells of a list that is exhausted."""
        task = await self._store.read(self._principal, "Task", number)
        machine, encounter = machine_of(task), party(task, "encounter")
        if machine is None or not encounter:
            return
        try:
            stay = await self._store.read(self._principal, *encounter.split("/", 1))
            patient = await self._store.read(self._principal, *party(task, "for").split("/", 1))
        except (NotFound, Deleted):
            return
        around = await read_around(self._store, self._principal, task, stay)
        before = checks_of(task)
        told = changes(before, known(around, patient), clock.instant(clock.now()))
        if not told:
            return
        ends = [
            line for line, one in told.items()
            if one.note == EXHAUSTED and (line not in before or before[line].note != EXHAUSTED)
        ]  # fmt: skip

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            for line in ends:
                await tell(connection, _exhausted(task, line, placed[0]))

        write = Write(with_checks(task, machine, told), "PUT", int(task["meta"]["versionId"]))
        await self._store.write(self._principal, [write], also)


def _is_letter(document: Resource) -> bool:
    codings = (document.get("type") or {}).get("coding", ())
    is_known = party(document, "subject").startswith("Patient/")
    is_typed = any(one.get("code") in LETTERS for one in codings)
    return document.get("status") == "current" and is_known and is_typed


def _of(written: Iterable[Resource], code: str) -> list[Resource]:
    found: list[Resource] = []
    for one in written:
        if one["resourceType"] != "Task":
            continue
        try:
            machine = machine_of(one)
        except KeyError:
            continue
        if machine is not None and machine.code == code:
            found.append(one)
    return found


def _people(resource: Resource) -> list[str]:
    """The patients that a resource is about."""
    given = [party(resource, name) for name in ("subject", "patient", "for")]
    given += [party(one, "actor") for one in resource.get("participant") or ()]
    return [one for one in given if one.startswith("Patient/")]


def _asked(task: Resource, placed: Placed) -> Event:
    """Who is asked learns that there is something, and nothing of whom."""
    return Event(
        "task", clock.now(), f"home-care:{placed.reference}:asked", to=(party(task, "owner"),),
        detail={"machine": "home-care", "clock": "answer", "path": "/relais-domicile"},
    )  # fmt: skip


def _exhausted(task: Resource, line: str, placed: Placed) -> Event:
    return Event(
        "task", clock.now(), f"exhausted:{placed.reference}:{line}:{placed.version}",
        patient=party(task, "for"), focus=placed.reference, to=(party(task, "owner"),),
        detail={"machine": "discharge", "clock": "exhausted"},
    )  # fmt: skip
