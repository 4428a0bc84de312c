"""The planners of discharges, for people: their board, one of them, what is planned and ticked.

The rules are not here: what is written is judged in its transaction. Requirements B5.1 to B5.3.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.discharges.admitting import MACHINE
from cordee.care.requests.desk import Request, Requests
from cordee.care.requests.offers import Offer, of_residence
from cordee.care.store import Resource, Store, Write
from cordee.care.workflow.checklists import LABELS, Check, still_open, with_checks
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted, facts_of, machine_of, party, state_of, with_facts
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken, VersionConflict
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.discharges")
PREPARING: Final = ("opened", "prepared", "ready")
AFTER: Final = ("left", "called")
MOST: Final = 200
_ATTEMPTS: Final = 4
_DISPOSITION: Final = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_DISPOSITIONS: Final = {
    "home": "home", "relative": "alt-home", "had": "home", "smr": "rehab", "ehpad": "long",
    "hospital": "other-hcf",
}  # fmt: skip
_AROUND: Final = (
    "&_include=Task:patient&_include=Task:encounter&_include=Task:owner:Organization"
    "&_include=Task:requester:Organization"
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One planner: its Task, the person, the stay, the names of structures, what is due."""

    task: Resource
    patient: Resource
    encounter: Resource | None
    names: Mapping[str, str]
    due: Due | None

    @property
    def number(self) -> str:
        """The id of its Task."""
        return str(self.task["id"])


class Discharges:
    """The planners of one installation."""

    def __init__(
        self, database: Database, store: Store, workflow: Workflow, requests: Requests
    ) -> None:
        """`store` reads and writes through the guard."""
        self._database = database
        self._store = store
        self._workflow = workflow
        self._requests = requests

    async def board(self, principal: Principal, states: Sequence[str]) -> list[Planned]:
        """The planners of a structure in some states, the next due first; at most 200."""
        names = names_of(principal)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["board"], names, list(states), MOST)
        return await self._tasks(principal, [row["task"] for row in rows])

    async def one(self, principal: Principal, number: str) -> Planned:
        """A planner; raises `NotFound` for what is none, or is not seen."""
        found = await self._tasks(principal, [number])
        if not found:
            raise NotFound("there is no such discharge")
        return found[0]

    async def of_patient(self, principal: Principal, patient: str) -> list[Planned]:
        """The planners of a person, the newest stay first; at most 20."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["of_stay"], f"Patient/{patient}")
        return await self._tasks(principal, [row["task"] for row in rows])

    async def requests(self, principal: Principal, patient: str) -> Sequence[Request]:
        """What was asked about a person: facilities, services at home, DAC, relays."""
        return await self._requests.of_patient(principal, patient)

    async def residence(self, principal: Principal, patient: Resource) -> Offer | None:
        """The DAC of where a person lives, whatever hospital they are in; None where none is."""
        offers = await self._requests.offers(principal, "dac-request", patient)
        return of_residence(offers)

    async def plan(self, principal: Principal, number: str, facts: Mapping[str, Any]) -> None:
        """Says when and where somebody leaves, and what they need; raises what is refused."""
        planned = await self.one(principal, number)
        state = state_of(planned.task)
        if state == "opened":
            await self._workflow.move(principal, number, Wanted("plan", facts))
            return
        if state != "prepared":
            raise RuleBroken("Reprenez d’abord la préparation de cette sortie.")
        if not facts.get("leaves-at") or not facts.get("destination"):
            raise RuleBroken("Donnez la date de la sortie et sa destination.")
        machine = machines()[MACHINE]
        await self._worded(
            principal, planned, lambda task: with_facts(task, machine, facts, clock.now())
        )

    async def tick(self, principal: Principal, number: str, line: str, check: Check) -> None:
        """Says what is of a line; others may say so of other lines at the same moment.

        Raises `NotFound` for a line that is none, `RuleBroken` without the reason of a line that is
        without object.
        """
        machine = machines()[MACHINE]
        declared = machine.checklist.get(line)
        if declared is None or check.status not in LABELS:
            raise NotFound("there is no such line")
        if check.status == "void" and declared.firm:
            raise RuleBroken(f"« {declared.label} » est toujours due.")
        if check.status == "void" and len(check.note.strip()) < 5:  # noqa: PLR2004 -- as judged
            raise RuleBroken(f"« {declared.label} » sans objet : dites pourquoi.")
        planned = await self.one(principal, number)
        if state_of(planned.task) not in PREPARING:
            raise RuleBroken("La personne est sortie : la liste ne change plus.")
        told = Check(
            check.status, check.owner, check.note, clock.instant(clock.now()), principal.user
        )
        await self._worded(
            principal, planned, lambda task: with_checks(task, machine, {line: told})
        )

    async def move(self, principal: Principal, number: str, wanted: Wanted) -> None:
        """Makes a move, and ends the stay with the discharge; raises what is refused."""
        planned = await self.one(principal, number)
        others: list[Write] = []
        if wanted.move == "force":
            missing = still_open(machines()[MACHINE], planned.task)
            facts = {**wanted.facts, "left-open": ", ".join(one.label for one in missing)}
            wanted = Wanted(wanted.move, facts, wanted.reason)
        elif wanted.move == "leave" and planned.encounter is not None:
            others = ended(planned.encounter, planned.task, str(wanted.facts.get("left-at", "")))
        await self._workflow.move(principal, number, wanted, others=others)

    async def story(self, number: str) -> Sequence[Stage]:
        """What a discharge went through, the oldest first; for who has read it."""
        return await self._workflow.story(number)

    async def _worded(
        self,
        principal: Principal,
        planned: Planned,
        change: Callable[[Resource], dict[str, Any]],
    ) -> None:
        """Writes words in the same state; what others wrote meanwhile stays."""
        task = planned.task
        for attempt in range(_ATTEMPTS):
            changed = change(task) | {"lastModified": clock.instant(clock.now())}
            try:
                write = Write(changed, "PUT", int(task["meta"]["versionId"]))
                await self._store.write(principal, [write])
            except VersionConflict:
                if attempt == _ATTEMPTS - 1:
                    raise
                task = await self._store.read(principal, "Task", str(task["id"]))
            else:
                return

    async def _tasks(self, principal: Principal, numbers: Sequence[str]) -> list[Planned]:
        if not numbers:
            return []
        criteria = f"_id={','.join(numbers)}&_count={len(numbers)}{_AROUND}"
        rows, due = await asyncio.gather(
            self._store.search(principal, "Task", criteria), self._workflow.due(numbers)
        )
        known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
        names = {
            place: str(one.get("name", ""))
            for place, one in known.items()
            if one["resourceType"] == "Organization"
        }
        order = {number: place for place, number in enumerate(numbers)}
        found = [
            Planned(
                one, known[party(one, "for")], known.get(party(one, "encounter")), names,
                due.get(str(one["id"])),
            )
            for one in rows
            if is_planner(one) and party(one, "for") in known
        ]  # fmt: skip
        return sorted(found, key=lambda one: order.get(one.number, MOST))


def is_planner(resource: Resource) -> bool:
    """Whether a resource is the Task of a discharge."""
    if resource["resourceType"] != "Task":
        return False
    machine = machine_of(resource)
    return machine is not None and machine.code == MACHINE


def names_of(principal: Principal) -> list[str]:
    """The references that somebody acts as: their structure and themselves."""
    return [one for one in (principal.structure, principal.practitioner) if one]


def ended(encounter: Resource, task: Resource, left: str) -> list[Write]:
    """The stay that ends with the discharge; nothing where its end was written before."""
    if encounter.get("status") not in {"arrived", "triaged", "in-progress", "onleave"}:
        return []
    after: dict[str, Any] = {key: value for key, value in encounter.items() if key != "meta"}
    after["status"] = "finished"
    after["period"] = {**encounter.get("period", {}), "end": left}
    stay = dict(encounter.get("hospitalization") or {})
    to = _DISPOSITIONS.get(destination_of(task), "oth")
    stay.setdefault("dischargeDisposition", {"coding": [{"system": _DISPOSITION, "code": to}]})
    after["hospitalization"] = stay
    return [Write(after, "PUT", int(encounter["meta"]["versionId"]))]


def destination_of(task: Resource) -> str:
    """Where a discharge leads, as a code; "" where it is not said."""
    return str(facts_of(task).get("destination", ""))
