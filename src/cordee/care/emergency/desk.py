"""The board of an emergency department, and what is done for who is on it. C4.1, C4.2, C4.4, C4.5.

The Encounter, the Task of the stay and, for a resident, the Task of the home move in one
transaction: what is decided here is what the home and the médecin traitant are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.care.documents.tile import moment_of
from cordee.care.emergency.following import transport_order
from cordee.care.emergency.homes import passage_moved, told_home
from cordee.care.emergency.stay import (
    MACHINE,
    PLANNED,
    Entry,
    Standing,
    arrived,
    encounter_of,
    ended,
    placed,
    read_standing,
    taken,
)
from cordee.care.passages.sheet import MACHINE as PASSAGE
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    facts_of,
    machine_of,
    new_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken

MOST: Final = 300
_OLDEST: Final = timedelta(days=7)
_RUNNING: Final = "planned,arrived,triaged,in-progress,onleave"
_ENDS: Final = {"leave": "", "walk-out": "left", "die": "died"}
_PHYSICIAN: Final = "10"


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody on the board.

    `task` is that of the stay, None until somebody acts; `passage` is that of a home which sent
    the person; `due` is what is next.
    """

    encounter: Resource
    patient: Resource
    standing: Standing
    task: Resource | None = None
    passage: Resource | None = None
    due: Due | None = None
    papers: int = 0

    @property
    def state(self) -> str:
        """The state of the stay; who has just come waits for a doctor."""
        return state_of(self.task) if self.task else "waiting"

    @property
    def version(self) -> int:
        """The version of the Encounter that was read."""
        return int(self.encounter["meta"]["versionId"])


class Emergency:
    """The emergency departments of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._workflow = workflow
        self._forms = Forms(database)

    async def board(self, principal: Principal) -> list[Stay]:
        """Who is expected or here in the principal's department; at most 300."""
        if not principal.structure.startswith("Organization/"):
            return []
        criteria = (
            f"service-provider={principal.structure}&class=EMER&_sort=date&_count={MOST}"
            f"&status={_RUNNING}&_include=Encounter:patient&_revinclude=Task:encounter"
            "&_revinclude=DocumentReference:encounter"
        )
        rows = await self._store.search(principal, "Encounter", criteria)
        tasks = [str(one["id"]) for one in rows if _follows(one, MACHINE)]
        due = await self._workflow.due(tasks) if tasks else {}
        stays = stays_of(rows)
        return [replace(one, due=due.get(str((one.task or {}).get("id")))) for one in stays]

    async def one(self, principal: Principal, key: str) -> Stay:
        """A stay in the principal's department; raises `NotFound` for any other."""
        criteria = (
            f"_id={key}&service-provider={principal.structure or 'Organization/none'}&class=EMER"
            "&_include=Encounter:patient&_revinclude=Task:encounter"
            "&_revinclude=DocumentReference:encounter"
        )
        found = stays_of(await self._store.search(principal, "Encounter", criteria))
        if not found:
            raise NotFound("there is no such stay")
        task = found[0].task
        due = await self._workflow.due([str(task["id"])]) if task else {}
        return replace(found[0], due=due.get(str((task or {}).get("id"))))

    async def story(self, stay: Stay) -> list[Stage]:
        """What a stay went through; for who has read it."""
        return await self._workflow.story(str(stay.task["id"])) if stay.task else []

    async def enter(self, principal: Principal, patient: str, number: str, entry: Entry) -> str:
        """The id of the Encounter of who comes in; the same form gives the same.

        Raises `ResourceInvalid`, `NotFound` for who is not seen, `Conflict` for who is here or is
        expected: that line is moved instead.
        """
        if not principal.structure.startswith("Organization/"):
            raise AccessDenied("Seul un service d’urgences note une entrée.")
        made = encounter_of(entry, principal.structure, f"Patient/{patient}", number)
        known = await self._forms.task(number)
        if known:
            return await self._encounter_of(principal, known)
        await self._store.read(principal, "Patient", patient)
        running = await self._running(principal, patient)
        if running is not None:
            raise Conflict(
                "Cette personne est attendue : notez son arrivée sur sa ligne."
                if running.get("status") == PLANNED
                else "Cette personne est déjà présente aux urgences."
            )
        key = f"urn:uuid:{uuid5(NAMESPACE_URL, f'passage/{number}')}"
        asked = _asked(principal, f"Patient/{patient}", key)

        async def write(also: Also) -> str:
            return (await self._workflow.start(principal, asked, [Write(made, key=key)], also)).id

        return await self._encounter_of(principal, await self._forms.once(number, write))

    async def place(self, principal: Principal, stay: Stay, box: str, ccmu: str) -> None:
        """Puts somebody in a box, with a gravity; raises `VersionConflict`, `Conflict`.

        A box holds one person: who is there already is said.
        """
        name = box.strip()
        if name and name != stay.standing.box:
            for other in await self.board(principal):
                is_other = other.standing.key != stay.standing.key
                if is_other and other.standing.box.casefold() == name.casefold():
                    raise Conflict(f"{name} est occupé : libérez-le, ou choisissez-en un autre.")
        after = placed(_bare(stay.encounter), name, ccmu, clock.now())
        if after == _bare(stay.encounter):
            return
        await self._store.write(principal, [Write(after, "PUT", stay.version)])

    async def arrive(self, principal: Principal, stay: Stay, at: datetime) -> None:
        """Notes that who was expected is here, for the department and for the home."""
        if not stay.standing.is_expected:
            raise Conflict("Son arrivée est déjà notée.")
        if at > clock.now():
            raise RuleBroken("L’heure d’arrivée est passée, pas à venir.")
        if at < clock.now() - _OLDEST:
            raise RuleBroken("Cette arrivée est trop ancienne : vérifiez la date.")
        writes = [Write(arrived(_bare(stay.encounter), at), "PUT", stay.version)]
        if stay.passage is not None and state_of(stay.passage) == "expected":
            writes.append(
                passage_moved(stay.passage, Wanted("arrive", {"arrived-at": instant(at)}))
            )
        if stay.task is None:
            writes.append(Write(new_task(_asked_for(principal, stay), clock.now())))
        await self._store.write(principal, writes)

    async def cancel(self, principal: Principal, stay: Stay, why: str) -> None:
        """Takes who does not come off the board; raises `RuleBroken` without a reason."""
        if not stay.standing.is_expected:
            raise Conflict("La personne est là : notez plutôt son départ.")
        if not why.strip():
            raise RuleBroken("Dites pourquoi la personne n’est plus attendue.")
        gone = {**_bare(stay.encounter), "status": "cancelled"}
        writes = [Write(gone, "PUT", stay.version)]
        if stay.passage is not None and state_of(stay.passage) == "expected":
            writes.append(passage_moved(stay.passage, Wanted("cancel", reason=why.strip())))
        await self._store.write(principal, writes)

    async def move(self, principal: Principal, stay: Stay, wanted: Wanted, name: str = "") -> None:
        """Makes a move of a stay, with what follows for the Encounter and for the home.

        `name` is that of who acts. Raises what the machine refuses, `VersionConflict`.
        """
        if stay.standing.is_expected:
            raise RuleBroken("La personne n’est pas arrivée.")
        if wanted.move == "take" and principal.profession != _PHYSICIAN:
            raise AccessDenied("Seul un médecin prend en charge.")
        if wanted.move == "decide" and principal.profession != _PHYSICIAN:
            raise AccessDenied("Seul un médecin décide la suite.")
        task = stay.task or await self._begun(principal, stay)
        others = self._following(principal, replace(stay, task=task), wanted, name)
        await self._workflow.move(principal, str(task["id"]), wanted, others=others)

    def _following(
        self, principal: Principal, stay: Stay, wanted: Wanted, name: str
    ) -> list[Write]:
        """What is written with a move: the Encounter, and the home's own Task."""
        now = clock.now()
        writes: list[Write] = []
        if wanted.move == "take":
            after = taken(_bare(stay.encounter), principal.practitioner, name, now)
            writes.append(Write(after, "PUT", stay.version))
        if wanted.move in _ENDS:
            left = moment_of(str(wanted.facts.get("left-at", ""))) or now
            facts = facts_of(stay.task or {})
            code = _ENDS[wanted.move] or str(facts.get("orientation", "home"))
            words = str(facts.get("destination", ""))
            after = ended(_bare(stay.encounter), code, words, min(left, now))
            writes.append(Write(after, "PUT", stay.version))
        if wanted.move == "decide":
            order = transport_order(stay.encounter, wanted.facts, principal.practitioner)
            writes += [Write(order)] if order else []
        passage = told_home(stay.passage, wanted)
        return [*writes, *([passage] if passage else [])]

    async def _begun(self, principal: Principal, stay: Stay) -> Resource:
        """The Task of a stay, made once however many act first."""
        number = str(uuid5(NAMESPACE_URL, f"emergency-stay/{stay.standing.key}"))
        asked = _asked_for(principal, stay)

        async def write(also: Also) -> str:
            return (await self._workflow.start(principal, asked, (), also)).id

        key = await self._forms.once(number, write)
        return await self._store.read(principal, "Task", key)

    async def _running(self, principal: Principal, patient: str) -> Resource | None:
        criteria = (
            f"patient=Patient/{patient}&service-provider={principal.structure}&class=EMER"
            f"&status={_RUNNING}&_count=1"
        )
        return next(iter(await self._store.search(principal, "Encounter", criteria)), None)

    async def _encounter_of(self, principal: Principal, task: str) -> str:
        found = await self._store.read(principal, "Task", task)
        return party(found, "encounter").removeprefix("Encounter/")


def stays_of(rows: Sequence[Resource]) -> list[Stay]:
    """The stays of a board, in the order of the search."""
    people = {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
    own: dict[str, Resource] = {}
    homes: dict[str, Resource] = {}
    papers: dict[str, int] = {}
    for one in rows:
        if _follows(one, MACHINE):
            own[party(one, "encounter")] = one
        elif _follows(one, PASSAGE):
            homes[party(one, "encounter")] = one
        elif one["resourceType"] == "DocumentReference":
            for stay in (one.get("context") or {}).get("encounter", ()):
                where = str(stay.get("reference", ""))
                papers[where] = papers.get(where, 0) + 1
    found: list[Stay] = []
    for one in rows:
        person = people.get(party(one, "subject"))
        if one["resourceType"] != "Encounter" or person is None:
            continue
        where = f"Encounter/{one['id']}"
        found.append(
            Stay(
                one, person, read_standing(one), own.get(where), homes.get(where),
                papers=papers.get(where, 0),
            )
        )  # fmt: skip
    return found


def _follows(resource: Resource, code: str) -> bool:
    machine = machine_of(resource) if resource["resourceType"] == "Task" else None
    return machine is not None and machine.code == code


def _asked(principal: Principal, patient: str, encounter: str) -> Asked:
    here = principal.structure
    return Asked(MACHINE, patient, here, here, focus=encounter, encounter=encounter)


def _asked_for(principal: Principal, stay: Stay) -> Asked:
    return _asked(principal, stay.standing.patient, f"Encounter/{stay.standing.key}")


def _bare(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "meta"}
