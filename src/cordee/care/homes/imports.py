"""Files of TDDUI that a home takes in for a resident, and those that it gives. Rule: B7.2.

A file that is received is kept as a document of the record; what is written of it is shown before,
what is not understood stays in a queue until somebody has dealt with it. Decision 0071.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from cordee.care.documents.intake import Intake
from cordee.care.documents.metadata import Submission
from cordee.care.documents.opening import Openings
from cordee.care.documents.ports import Content
from cordee.care.homes.arriving import Arriving, Brought, arriving, differing, numbers
from cordee.care.homes.exports import SORTS, Exports
from cordee.care.homes.files import ResidentFiles
from cordee.care.homes.living import need_home
from cordee.care.homes.project import new_goal, new_project, with_aim, with_wishes
from cordee.care.homes.projects import MACHINE as PROJECT
from cordee.care.homes.projects import is_running
from cordee.care.homes.stays import Stays
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import MACHINE as CODE
from cordee.care.workflow.tasks import Asked, Wanted, machine_of, new_task, party, state_of
from cordee.formats.tddui.reading import Found, NotTddui, read_tddui
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, ResourceInvalid, RuleBroken

MACHINE: Final = "dui-import"
MOST: Final = 200
_OWN: Final = re.compile(r"-(?:SEJ|EVN|PPER)-([A-Za-z0-9.-]{1,64})$")


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received: its Task, its document, what it brings, documents inside."""

    task: Resource
    document: str
    brings: Arriving
    documents: tuple[str, ...]

    @property
    def state(self) -> str:
        """Where it is."""
        return state_of(self.task)


class Exchanges:
    """The files of residents that come and go, of one installation."""

    def __init__(
        self,
        database: Database,
        store: Store,
        documents: tuple[Intake, Openings],
        files: ResidentFiles,
    ) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._intake, self._openings = documents
        self._files = files
        self._exports = Exports(database, store, files)
        self._stays = Stays(database, store)
        self._workflow = Workflow(database, store)
        self._forms = Forms(database)

    async def export(self, principal: Principal, patient: str, at: datetime) -> tuple[bytes, bytes]:
        """The file of who lives here, see `Exports.of`."""
        return await self._exports.of(principal, patient, at)

    async def receive(self, principal: Principal, patient: str, data: bytes, at: datetime) -> str:
        """The id of the Task of a file that is received for who lives here; once for a file.

        Raises `RuleBroken` for what is no TDDUI or speaks of another person, and what the door of
        documents raises.
        """
        person, _stay = await need_home(self._store, self._stays, principal, patient)
        found = await asyncio.to_thread(_read, data)
        differ = differing(found, person)
        if differ:
            raise RuleBroken(
                "Ce fichier n’est pas repris : il diffère du dossier par "
                + ", ".join(differ)
                + ". Vérifiez l’identité avant tout ; si c’est bien elle, prévenez la cellule "
                "d’identitovigilance."
            )
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        number = uuid5(NAMESPACE_URL, f"tddui/{patient}/{digest}")
        known = await self._forms.task(str(number))
        if known:
            return known
        media = "application/xml" if data.lstrip()[:1] == b"<" else "text/plain"
        submission = Submission(
            "EXPORT_DUI", "Dossier usager reçu (TDDUI)", at, principal.practitioner,
            principal.structure, Content(media, data), f"urn:oid:2.25.{number.int}",
        )  # fmt: skip
        kept = await self._intake.deposit(principal, patient, submission, to_dmp=False)
        asked = Asked(
            MACHINE, f"Patient/{patient}", principal.structure, principal.structure,
            focus=f"DocumentReference/{kept.document}",
        )  # fmt: skip

        async def write(also: Any) -> str:
            return (await self._workflow.start(principal, asked, (), also)).id

        return await self._forms.once(str(number), write)

    async def one(self, principal: Principal, patient: str, key: str) -> Received:
        """A file that was received, read again with what is in the record now; `NotFound`."""
        task = await self._store.read(principal, "Task", key)
        machine = machine_of(task)
        if machine is None or machine.code != MACHINE or party(task, "for") != f"Patient/{patient}":
            raise NotFound("no such file was received")
        number = party(task, "focus").partition("/")[2]
        document = await self._openings.look(principal, patient, number)
        content = await self._openings.content(principal, document)
        found = await asyncio.to_thread(_read, content.data)
        known = await self._known(principal, patient, numbers(found))
        running = any(map(is_running, await self._projects(principal, patient)))
        brings = arriving(found, known)
        if brings.wishes is not None and (running or brings.project_number in known):
            why = "déjà repris" if brings.project_number in known else "un autre est en cours"
            if why != "déjà repris":
                brings.unknown.append(f"Projet personnalisé : {why}.")
            brings.wishes = None
        titles = tuple(one.title for one in found.documents)
        return Received(task, number, brings, titles)

    async def take(self, principal: Principal, received: Received) -> None:
        """Writes what a file brings; what is refused joins what is not understood.

        Raises `Conflict` for a file that was dealt with.
        """
        if received.state != "received":
            raise Conflict("Ce fichier a déjà été traité.")
        patient, brings = party(received.task, "for"), received.brings
        await need_home(self._store, self._stays, principal, patient.partition("/")[2])
        lots = [
            (f"{place}", one.sort, [_encounter(one, patient)])
            for place, one in enumerate(brings.things)
            if not one.is_known
        ]
        if brings.wishes is not None:
            try:
                made = _project(principal, patient, brings)
                lots.append(("projet", "Projet personnalisé", made))
            except ResourceInvalid:
                brings.unknown.append("Projet personnalisé du fichier, incomplet : à ressaisir.")
        count, refused = await self._written(principal, str(received.task["id"]), lots)
        left = [*brings.unknown, *refused]
        facts: dict[str, Any] = {"count": count}
        move = "take-part" if left else "take"
        if left:
            facts["left"] = "\n".join(dict.fromkeys(left))[:4000]
        await self._move(principal, received, Wanted(move, facts))

    async def settle(self, principal: Principal, received: Received, wanted: Wanted) -> None:
        """Drops a file, or says that what was left is dealt with; with its reason."""
        if wanted.move not in {"drop", "settle"}:
            raise RuleBroken("Choisissez ce que vous voulez faire.")
        await self._move(principal, received, wanted)

    async def queue(
        self, principal: Principal, patient: str = "", *, is_open: bool = True
    ) -> tuple[list[Resource], list[Resource]]:
        """The Tasks of files of a home, or of one person, with their Patients; at most 200."""
        if not principal.structure:
            return [], []
        query = f"owner={principal.structure}&code={CODE}|{MACHINE}&_sort=-modified&_count={MOST}"
        query += "&_include=Task:patient"
        query += f"&patient=Patient/{patient}" if patient else ""
        query += "&status=requested,in-progress" if is_open else ""
        rows = await self._store.search(principal, "Task", query)
        tasks = [one for one in rows if one["resourceType"] == "Task"]
        return tasks, [one for one in rows if one["resourceType"] == "Patient"]

    async def _written(
        self, principal: Principal, task: str, lots: Sequence[tuple[str, str, list[Write]]]
    ) -> tuple[int, list[str]]:
        """How many were written, each by itself, and what was refused, in words.

        Each has a number by its place in the file: two who take it in at once write it once.
        """
        count, refused = 0, list[str]()
        for place, sort, writes in lots:

            async def write(also: Also, writes: Sequence[Write] = writes) -> str:
                return (await self._store.write(principal, writes, also))[0].id

            try:
                await self._forms.once(str(uuid5(NAMESPACE_URL, f"tddui/{task}/{place}")), write)
            except (ResourceInvalid, InvalidRequest, RuleBroken):
                refused.append(f"{sort} du fichier, refusé : à ressaisir.")
            else:
                count += 1
        return count, refused

    async def _move(self, principal: Principal, received: Received, wanted: Wanted) -> None:
        version = int(received.task["meta"]["versionId"])
        key = str(received.task["id"])
        await self._workflow.move(principal, key, wanted, if_match=version)

    async def _projects(self, principal: Principal, patient: str) -> Sequence[Any]:
        return (await self._files.of(principal, patient)).projects

    async def _known(
        self, principal: Principal, patient: str, wanted: Sequence[str]
    ) -> frozenset[str]:
        """Those of these numbers that the record has already."""
        about = f"patient=Patient/{patient}"
        rows = await asyncio.gather(
            self._store.search(principal, "Encounter", f"{about}&type={SORTS}&_count=500"),
            self._store.search(principal, "CarePlan", f"{about}&_count=50"),
        )
        held = {
            str(each.get("value", ""))
            for found in rows
            for one in found
            for each in one.get("identifier", ())
        }
        own = {str(one["id"]) for found in rows for one in found}
        return frozenset(one for one in wanted if one in held or _tail(one) in own)


def _tail(number: str) -> str:
    """The id of ours that a number ends with where it left from here, else ""."""
    found = _OWN.search(number)
    return found[1] if found else ""


def _encounter(one: Brought, patient: str) -> Write:
    return Write(
        {"resourceType": "Encounter", **(one.encounter or {}), "subject": {"reference": patient}}
    )


def _project(principal: Principal, patient: str, brings: Arriving) -> list[Write]:
    """The project of a file as a draft of this home: CarePlan, Task, Goals."""
    assert brings.wishes is not None  # noqa: S101 -- asked by the caller
    now, owner = clock.now(), principal.practitioner or principal.structure
    course, place = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    plan = new_project(patient, brings.project_number, course, owner, now)
    plan = with_wishes(plan, brings.wishes)
    goals: list[Write] = []
    keys = {one.key: f"urn:uuid:{uuid4()}" for one in brings.aims}
    for one in brings.aims:
        key = keys[one.key]
        goals.append(Write(new_goal(place, patient, one, now.date()), key=key))
        plan = with_aim(plan, key)
    for deed in brings.deeds:
        detail: dict[str, Any] = {
            "goal": [{"reference": keys[deed.aim]}], "status": "in-progress",
            "description": deed.text, "performer": [{"display": deed.who}],
        }  # fmt: skip
        if deed.when:
            detail["scheduledString"] = deed.when
        plan["activity"] = [*plan.get("activity", ()), {"detail": detail}]
    task = new_task(Asked(PROJECT, patient, owner, principal.structure, focus=place), now)
    return [Write(plan, key=place), Write(task, key=course), *goals]


def _read(data: bytes) -> Found:
    """What a file holds; raises `RuleBroken` with why it cannot be read."""
    try:
        found = read_tddui(data)
        arriving(found)  # an odd shape shows here, before anything is kept
    except NotTddui as error:
        raise RuleBroken(str(error)) from error
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise RuleBroken(
            "Ce fichier ne suit pas la forme de TDDUI : rien n’en est repris."
        ) from error
    return found
