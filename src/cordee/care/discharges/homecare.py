"""Services near a home asked one after the other, before the person leaves. Requirement B5.6.

Who is asked is not in the circle: they read what their request needs (what, where, from when, the
age) and nothing that names the person, until they accept. The platform reads it for them, traced
under their own name, and answers in their place once it has seen that they are the one asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

from cordee.care.circle.territory import town_of
from cordee.care.discharges.planner import QUERIES, Discharges, names_of
from cordee.care.requests.offers import Offer, criteria, offers
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import Asked, Wanted, machine_of, new_task, party, state_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken

MACHINE: Final = "home-care"
SERVICES: Final = {
    "nurse": ("idel", "ssiad"), "had": ("had",), "physio": ("kine",), "help": ("saad",),
    "equipment": ("psad",), "pharmacy": ("pharmacie",), "transport": ("transport",),
    "telemonitoring": ("had", "psad"),
}  # fmt: skip
"""Codes of `HealthcareService.type` that answer a need."""
LONGEST: Final = 6
_MOST: Final = 100
_PARTIES: Final = "&_include=Task:patient&_include=Task:requester:Organization"


class Glances(Protocol):
    """The trail of what is read for somebody who is not in the circle."""

    async def trace(self, principal: Principal, patients: Sequence[str], detail: str) -> None:
        """A line of reading about people, under the name of who reads."""
        ...

    async def open_to(self, principal: Principal, patients: set[str]) -> set[str]:
        """Of these patients (references) those who do not keep this person out."""
        ...


@dataclass(frozen=True, slots=True)
class ListOf:
    """Who is asked for what, in which order; `number` is that of the form (a UUID)."""

    number: str
    kind: str
    owners: tuple[str, ...]
    from_day: date
    text: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a service reads of a request; `patient` is empty until it has accepted."""

    task: Resource
    patient: Resource
    age: int | None
    hospital: str
    due: Due | None


class HomeCare:
    """The requests to services near a home, of one installation."""

    def __init__(
        self,
        database: Database,
        store: Store,
        discharges: Discharges,
        glances: Glances,
        principal: Principal,
    ) -> None:
        """`principal` is the platform itself, who reads and answers for who is asked."""
        self._database = database
        self._store = store
        self._discharges = discharges
        self._glances = glances
        self._principal = principal
        self._forms = Forms(database)
        self._workflow = Workflow(database, store)

    async def offers(self, principal: Principal, kind: str, patient: Resource) -> list[Offer]:
        """The services of a need, those that cover the home first; raises `NotFound`."""
        if kind not in SERVICES:
            raise NotFound("there is no such need")
        codes = SERVICES[kind]
        rows = await self._store.search(principal, "HealthcareService", criteria(codes))
        return offers(rows, patient, codes)

    async def ask(self, principal: Principal, discharge: str, wanted: ListOf) -> None:
        """Puts down a list for a discharge; the first of it is asked at once.

        The same form sent again is one. Raises `RuleBroken` for a list that cannot be, what the
        machine refuses, and `NotFound` for a discharge that is not seen.
        """
        planned = await self._discharges.one(principal, discharge)
        near = {one.owner for one in await self.offers(principal, wanted.kind, planned.patient)}
        owners = tuple(dict.fromkeys(wanted.owners))
        if not owners:
            raise RuleBroken("Choisissez à qui demander d’abord.")
        if len(owners) > LONGEST or not set(owners) <= near:
            raise RuleBroken("Choisissez dans la liste des services, six au plus.")
        writes = [Write(one) for one in _tasks(principal, planned.task, planned.patient, wanted)]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        await self._forms.once(wanted.number, write)

    async def demands(self, principal: Principal) -> list[Demand]:
        """What a service is asked for, and what it has taken on; at most 100, the oldest first."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["asked_here"], names_of(principal), _MOST)
        return await self._read(principal, [row["task"] for row in rows])

    async def demand(self, principal: Principal, number: str) -> Demand:
        """One request to a service; raises `NotFound` for another's."""
        await self._need_asked(principal, number)
        found = await self._read(principal, [number])
        if not found:
            raise NotFound("there is no such request")
        return found[0]

    async def answer(self, principal: Principal, number: str, wanted: Wanted) -> None:
        """Accepts or declines, for who is asked; raises what the machine refuses.

        Raises `NotFound` for another's request, `VersionConflict` where it passed on meanwhile.
        """
        state = await self._need_asked(principal, number)
        if wanted.move not in {"accept", "decline"} or state != "asked":
            if state in {"accepted"} and wanted.move in {"begin", "give-up"}:
                await self._workflow.move(principal, number, wanted)
                return
            raise RuleBroken("Cette demande est passée au service suivant, ou vous y avez répondu.")
        if not await self._read(principal, [number]):
            raise NotFound("there is no such request")
        facts = {**wanted.facts, "answered-by": principal.name}
        told = Wanted(wanted.move, facts, wanted.reason)
        await self._workflow.move(self._principal, number, told)
        await self._glances.trace(principal, (), f"home care {wanted.move} Task/{number}")

    async def _need_asked(self, principal: Principal, number: str) -> str:
        """The state of a request to this person or their structure."""
        async with self._database.steady.acquire() as connection:
            values = (number, names_of(principal))
            state = await connection.fetchval(QUERIES["asked_of"], *values)
        if state is None or state == "queued":
            raise NotFound("there is no such request")
        return str(state)

    async def _read(self, principal: Principal, numbers: Sequence[str]) -> list[Demand]:
        if not numbers:
            return []
        query = f"_id={','.join(numbers)}&_count={len(numbers)}{_PARTIES}"
        rows = await self._store.search(self._principal, "Task", query)
        known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
        due = await self._workflow.due(numbers)
        tasks = [one for one in rows if one["resourceType"] == "Task" and _is_asked(one, principal)]
        about = {party(one, "for") for one in tasks}
        shown = await self._glances.open_to(principal, about)
        tasks = [one for one in tasks if party(one, "for") in shown]
        await self._glances.trace(
            principal, [party(one, "for") for one in tasks], "home care asked"
        )
        order = {number: place for place, number in enumerate(numbers)}
        tasks.sort(key=lambda one: order[str(one["id"])])
        return [_demand(one, known, due.get(str(one["id"]))) for one in tasks]


def _is_asked(task: Resource, principal: Principal) -> bool:
    machine = machine_of(task)
    is_theirs = party(task, "owner") in names_of(principal)
    return machine is not None and machine.code == MACHINE and is_theirs


def _demand(task: Resource, known: dict[str, Resource], due: Due | None) -> Demand:
    patient = known.get(party(task, "for"), {})
    hospital = str(known.get(party(task, "requester"), {}).get("name", ""))
    is_taken = state_of(task) in {"accepted", "begun"}
    return Demand(task, patient if is_taken else {}, _age(patient), hospital, due)


def _tasks(
    principal: Principal, discharge: Resource, patient: Resource, wanted: ListOf
) -> list[dict[str, Any]]:
    group = str(uuid5(NAMESPACE_URL, f"home-care/{wanted.number}"))
    requester = party(discharge, "requester")
    if principal.structure in {party(discharge, "owner"), requester}:
        requester = principal.structure
    return [
        new_task(
            Asked(
                MACHINE, party(discharge, "for"), owner, requester, focus=f"Task/{discharge['id']}",
                encounter=party(discharge, "encounter"), group=group, text=wanted.text,
                facts={
                    "kind": wanted.kind, "from-day": wanted.from_day.isoformat(), "rank": rank,
                    "town": town_of(patient),
                },
            ),
            clock.now(),
        )
        for rank, owner in enumerate(dict.fromkeys(wanted.owners), start=1)
    ]  # fmt: skip


def _age(patient: Resource) -> int | None:
    try:
        born = date.fromisoformat(str(patient.get("birthDate", "")))
    except ValueError:
        return None
    today = clock.today()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
