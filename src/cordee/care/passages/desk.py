"""Residents on their way: sent with a sheet, received, oriented, back; for both sides. Rule: B2.6.

The Encounter follows the Task in the same transaction, so that who reads FHIR sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.documents.tile import moment_of
from cordee.care.homes.reconciling import opened
from cordee.care.passages.sheet import CCMU, MACHINE, Sheet, check, lot
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import Wanted, machine_of, party
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.passages")
_MOST: Final = 200
_DISPOSITION: Final = "http://terminology.hl7.org/CodeSystem/discharge-disposition"


@dataclass(frozen=True, slots=True)
class Department:
    """An emergency department: the Organization that answers for it, and its name."""

    reference: str
    name: str
    town: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage with its person and Encounter; `due` is what has to be done next."""

    task: Resource | None
    patient: Resource
    encounter: Resource | None
    due: Due | None = None


class Passages:
    """The passages of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._database = database
        self._store = store
        self._workflow = workflow
        self._forms = Forms(database)

    async def send(self, principal: Principal, patient: str, sheet: Sheet) -> str:
        """The id of the Task of a resident who leaves; the same form sent again gives the same.

        `patient` is an id. Raises `ResourceInvalid` with each problem of the sheet, `NotFound` for
        a patient who is not seen.
        """
        await self._store.read(principal, "Patient", patient)
        check(sheet, clock.now())
        asked, others = lot(sheet, principal, f"Patient/{patient}")

        async def write(also: Also) -> str:
            return (await self._workflow.start(principal, asked, others, also)).id

        return await self._forms.once(sheet.number, write)

    async def one(self, principal: Principal, task: str) -> Passage:
        """A passage; raises `NotFound` for what is none, or is not seen."""
        criteria = f"_id={task}&_include=Task:patient&_include=Task:encounter"
        rows = await self._store.search(principal, "Task", criteria)
        found = [one for one in rows if one["resourceType"] == "Task"]
        machine = machine_of(found[0]) if found else None
        if machine is None or machine.code != MACHINE:
            raise NotFound("there is no such passage")
        due = await self._workflow.due([task])
        return _passages(rows, due)[0]

    async def sent_by(self, principal: Principal) -> list[Passage]:
        """The passages that a structure has sent, the newest first; at most 200."""
        return await self._tasks(principal, f"requester={principal.structure}")

    async def move(self, principal: Principal, task: str, wanted: Wanted) -> None:
        """Makes a move, and writes the Encounter with it; raises what the machine refuses."""
        passage = await self.one(principal, task)
        others = [] if passage.encounter is None else _encounter(passage.encounter, wanted)
        if wanted.move == "back" and passage.task is not None:
            others.append(opened(passage.task))
        await self._workflow.move(principal, task, wanted, others=others)

    async def story(self, task: str) -> list[Stage]:
        """What a passage went through, the oldest first; for who has read it."""
        return await self._workflow.story(task)

    async def departments(self, principal: Principal) -> list[Department]:
        """The emergency departments of the region, by name."""
        criteria = "service-type=urgences&_include=HealthcareService:organization&_count=100"
        rows = await self._store.search(principal, "HealthcareService", criteria)
        owners = _by_reference(rows, "Organization")
        found: dict[str, Department] = {}
        for one in rows:
            if one["resourceType"] != "HealthcareService" or one.get("active") is False:
                continue
            unit = party(one, "providedBy")
            owner = party(owners.get(unit, {}), "partOf") or unit
            phone = next((str(t.get("value", "")) for t in one.get("telecom", ())), "")
            found[owner] = Department(owner, str(one.get("name", "")), phone=phone)
        return sorted(found.values(), key=lambda one: one.name)

    async def _tasks(self, principal: Principal, criteria: str) -> list[Passage]:
        if not principal.structure:
            return []
        whole = (
            f"{criteria}&code={MACHINES}|{MACHINE}&_sort=-authored-on&_count={_MOST}"
            "&_include=Task:patient&_include=Task:encounter"
        )
        rows = await self._store.search(principal, "Task", whole)
        tasks = [str(one["id"]) for one in rows if one["resourceType"] == "Task"]
        return _passages(rows, await self._workflow.due(tasks))


def is_passage(resource: Resource) -> bool:
    """Whether a resource is the Task of a passage; a stay may have others."""
    machine = machine_of(resource) if resource["resourceType"] == "Task" else None
    return machine is not None and machine.code == MACHINE


def _passages(rows: Sequence[Resource], due: Mapping[str, Due]) -> list[Passage]:
    people, encounters = _by_reference(rows, "Patient"), _by_reference(rows, "Encounter")
    return [
        Passage(
            one, people[party(one, "for")], encounters.get(party(one, "encounter")),
            due.get(str(one["id"])),
        )
        for one in rows
        if one["resourceType"] == "Task" and party(one, "for") in people
    ]  # fmt: skip


def _by_reference(rows: Sequence[Resource], kind: str) -> dict[str, Resource]:
    return {f"{kind}/{one['id']}": one for one in rows if one["resourceType"] == kind}


def _encounter(present: Resource, wanted: Wanted) -> list[Write]:
    """The Encounter after a move; nothing where it says nothing of it."""
    change = _CHANGES.get(wanted.move)
    if change is None or (present["status"] == "cancelled"):
        return []
    after: dict[str, Any] = {key: value for key, value in present.items() if key != "meta"}
    change(after, wanted)
    return [Write(after, "PUT", int(present["meta"]["versionId"]))]


def _arrive(encounter: dict[str, Any], wanted: Wanted) -> None:
    encounter["status"] = "in-progress"
    encounter["period"] = {"start": wanted.facts["arrived-at"]}
    ccmu = wanted.facts.get("ccmu")
    if ccmu:
        encounter["priority"] = {"coding": [{"system": CCMU, "code": ccmu}]}


def _cancel(encounter: dict[str, Any], _: Wanted) -> None:
    encounter["status"] = "cancelled"


def _leave(encounter: dict[str, Any], wanted: Wanted) -> None:
    _end(encounter, str(wanted.facts.get("departure", "")), "snf")


def _admit(encounter: dict[str, Any], wanted: Wanted) -> None:
    _end(encounter, str(wanted.facts.get("at", "")), "other-hcf")


def _die(encounter: dict[str, Any], _: Wanted) -> None:
    _end(encounter, "", "exp")


def _end(encounter: dict[str, Any], at: str, disposition: str) -> None:
    end = at or clock.instant(clock.now().replace(microsecond=0))
    if encounter["status"] == "finished":
        return
    start = str(encounter.get("period", {}).get("start", ""))
    begun, over = moment_of(start), moment_of(end)
    if begun is None or over is None or over >= begun:
        encounter["period"] = encounter.get("period", {}) | {"end": end}
    encounter["status"] = "finished"
    stay = dict(encounter.get("hospitalization") or {})
    stay["dischargeDisposition"] = {"coding": [{"system": _DISPOSITION, "code": disposition}]}
    encounter["hospitalization"] = stay


_CHANGES: Final = {
    "arrive": _arrive, "cancel": _cancel, "return": _leave, "admit": _admit, "die": _die,
}  # fmt: skip
