"""Treatments compared at the return of a resident: proposed by the home, validated by a physician.

Rules: B7.9, the machine `reconciliation`; decision 0067.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from cordee.care.circle.finding import human_name
from cordee.care.homes.comparing import Line
from cordee.care.homes.deciding import Decision, check, list_of
from cordee.care.record.ports import RecordRows
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    facts_of,
    machine_of,
    new_task,
    party,
    with_facts,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

MACHINE: Final = "reconciliation"
PHYSICIAN: Final = "10"
"""Code of physicians in TRE_G15."""
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison: its Task, the List where one was proposed, what is due."""

    task: Resource
    decided: Resource | None
    due: Due | None

    @property
    def stay(self) -> str:
        """The Encounter of the stay, "" where none is named."""
        return party(self.task, "encounter")


def opened(passage: Resource) -> Write:
    """The comparison that the return of a passage opens, to be written with that return."""
    home = party(passage, "requester")
    left = str(facts_of(passage).get("sent-at", ""))
    asked = Asked(
        MACHINE, party(passage, "for"), home, home, focus=f"Task/{passage['id']}",
        encounter=party(passage, "encounter"), facts={"departed-at": left},
    )  # fmt: skip
    return Write(new_task(asked, clock.now()))


class Reconciliations:
    """The comparisons of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._workflow = workflow
        self._forms = Forms(database)

    async def start(self, principal: Principal, patient: str, number: str, left: str) -> str:
        """The id of a comparison that the resident's home begins itself; `left` is a moment.

        The same form sent again gives the same. Raises `NotFound`, `AccessDenied`.
        """
        person = await self._store.read(principal, "Patient", patient)
        home = principal.structure
        if not home or party(person, "managingOrganization") != home:
            raise AccessDenied("Seule la structure où la personne réside compare ses traitements.")
        asked = Asked(MACHINE, f"Patient/{patient}", home, home, facts={"departed-at": left})

        async def write(also: Also) -> str:
            return (await self._workflow.start(principal, asked, (), also)).id

        return await self._forms.once(number, write)

    async def of_patient(self, principal: Principal, patient: str) -> list[Resource]:
        """The Tasks of a person, the newest first; at most 200."""
        return await self._tasks(principal, f"patient=Patient/{patient}")

    async def running(self, principal: Principal) -> Mapping[str, str]:
        """The running comparison of each resident of a home, by the reference of the person."""
        if not principal.structure:
            return {}
        criteria = f"requester={principal.structure}&status=requested,in-progress"
        found = await self._tasks(principal, criteria)
        return {party(one, "for"): str(one["id"]) for one in reversed(found)}

    async def one(self, principal: Principal, patient: str, key: str) -> Reconciliation:
        """A comparison about a person; raises `NotFound`."""
        task = await self._store.read(principal, "Task", key)
        machine = machine_of(task)
        if machine is None or machine.code != MACHINE or party(task, "for") != f"Patient/{patient}":
            raise NotFound("there is no such comparison")
        kept = str(facts_of(task).get("comparison", ""))
        decided = None
        if kept.startswith("List/"):
            decided = await self._store.read(principal, "List", kept.removeprefix("List/"))
        due = await self._workflow.due([key])
        return Reconciliation(task, decided, due.get(key))

    async def story(self, key: str) -> list[Stage]:
        """What a comparison went through, the oldest first; for who has read it."""
        return await self._workflow.story(key)

    async def physicians(self, principal: Principal, rows: RecordRows) -> Mapping[str, str]:
        """Who can validate, by reference: the médecin traitant, then those of the home."""
        found: dict[str, str] = {}
        for one in rows.patient.get("generalPractitioner", ()):
            reference = str(one.get("reference", ""))
            if reference.startswith("Practitioner/"):
                name = str(one.get("display") or rows.names.get(reference, ""))
                found[reference] = f"{name}, médecin traitant" if name else "Médecin traitant"
        criteria = (
            f"organization={principal.structure}&role={PHYSICIAN}&active=true&_count=50"
            "&_include=PractitionerRole:practitioner"
        )
        for one in await self._store.search(principal, "PractitionerRole", criteria):
            if one["resourceType"] == "Practitioner":
                name = human_name(one) or "Médecin"
                found.setdefault(f"Practitioner/{one['id']}", f"{name}, médecin de l’établissement")
        return found

    async def note_typed(self, principal: Principal, present: Reconciliation, text: str) -> None:
        """Keeps what was typed of the list that came back; raises what the machine refuses."""
        facts = {"typed": text}
        after = with_facts(present.task, machines()[MACHINE], facts, clock.now())
        version = int(present.task["meta"]["versionId"])
        await self._store.write(principal, [Write(after, "PUT", version)])

    async def propose(
        self,
        principal: Principal,
        present: Reconciliation,
        lines: Sequence[Line],
        decisions: Mapping[str, Decision],
        physician: str,
    ) -> None:
        """Hands the decided lines over to a physician (one of `physicians`).

        Raises `ResourceInvalid` with each line that is not decided, `RuleBroken`.
        """
        check(lines, decisions)
        if not physician:
            raise RuleBroken("Choisissez le médecin qui valide.", expression=("Task.owner",))
        about = (party(present.task, "for"), present.stay)
        made = list_of(lines, decisions, principal, about, clock.instant(clock.now()))
        reference = f"urn:uuid:{uuid4()}"
        write = Write(made, key=reference)
        if present.decided is not None:
            reference = f"List/{present.decided['id']}"
            version = int(present.decided["meta"]["versionId"])
            write = Write(made | {"id": present.decided["id"]}, "PUT", version)
        wanted = Wanted("propose", {"comparison": reference}, owner=physician)
        await self._move(principal, present, wanted, [write])

    async def move(self, principal: Principal, present: Reconciliation, wanted: Wanted) -> None:
        """Makes another move; only a physician validates. Raises what the machine refuses."""
        if wanted.move == "propose":
            raise RuleBroken("Décidez de chaque ligne.")
        if wanted.move == "validate" and principal.profession != PHYSICIAN:
            raise AccessDenied("Seul un médecin valide cette liste.")
        home = party(present.task, "requester")
        owner = home if wanted.move in {"send-back", "take-back"} else ""
        await self._move(
            principal, present, Wanted(wanted.move, wanted.facts, wanted.reason, owner)
        )

    async def _move(
        self,
        principal: Principal,
        present: Reconciliation,
        wanted: Wanted,
        others: Sequence[Write] = (),
    ) -> None:
        version = int(present.task["meta"]["versionId"])
        key = str(present.task["id"])
        await self._workflow.move(principal, key, wanted, if_match=version, others=others)

    async def _tasks(self, principal: Principal, criteria: str) -> list[Resource]:
        whole: Any = f"{criteria}&code={MACHINES}|{MACHINE}&_sort=-authored-on&_count={_MOST}"
        return await self._store.search(principal, "Task", whole)
