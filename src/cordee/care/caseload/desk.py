"""The running files of a DAC by coordinator; given to a colleague in one write. Rule: B4.11.

The owner of a request is the structure, which answers for it; who follows it is a fact of the
request, `coordinator`, a reference to a Practitioner: FHIR R4 Task has one owner and no performer,
and an EpisodeOfCare with its careManager would open more of the record than the request does before
any support begins. Decision 0063.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.care.caseload.weights import ADJUST, FURTHEST, WHY, weight
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.desk import Due, Workflow
from cordee.care.workflow.tasks import MACHINE, machine_of, named_of, party, state_of, with_facts
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken

CODE: Final = "dac-request"
COORDINATOR: Final = "coordinator"
MOST: Final = 500
_RUNNING: Final = "requested,received,accepted,in-progress,on-hold"
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class File:
    """One file: its request and person, who follows it (a reference and a name), its weight."""

    task: Resource
    patient: Resource
    coordinator: str
    name: str
    weight: int
    due: Due | None

    @property
    def key(self) -> str:
        """The id of its request."""
        return str(self.task["id"])


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody follows: files, points, how many are late; `reference` is "" for nobody."""

    reference: str
    name: str
    files: int
    weight: int
    late: int


class Caseload:
    """The files of the structures of one installation."""

    def __init__(self, store: Store, workflow: Workflow) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._workflow = workflow

    async def files(self, principal: Principal) -> list[File]:
        """The running files of a structure, the heaviest first; at most 500."""
        if not principal.structure:
            return []
        query = (
            f"owner={principal.structure}&code={MACHINE}|{CODE}&status={_RUNNING}"
            f"&_sort=-authored-on&_count={MOST}&_include=Task:patient"
        )
        rows = await self._store.search(principal, "Task", query)
        people = {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
        tasks = [one for one in rows if one["resourceType"] == "Task"]
        due = await self._workflow.due([str(one["id"]) for one in tasks])
        found = [
            File(
                one, people[party(one, "for")], *named_of(one, COORDINATOR), weight(one),
                due.get(str(one["id"])),
            )
            for one in tasks
            if party(one, "for") in people
        ]  # fmt: skip
        return sorted(found, key=lambda one: -one.weight)

    async def coordinators(self, principal: Principal) -> Mapping[str, str]:
        """Who can follow files in a structure: names by reference, in their order."""
        if not principal.structure:
            return {}
        query = (
            f"organization={principal.structure}&active=true&_count=200"
            "&_include=PractitionerRole:practitioner"
        )
        rows = await self._store.search(principal, "PractitionerRole", query)
        found = {
            f"Practitioner/{one['id']}": person_name(one)
            for one in rows
            if one["resourceType"] == "Practitioner"
        }
        return dict(sorted(found.items(), key=lambda one: one[1].casefold()))

    async def give(
        self, principal: Principal, tasks: Sequence[str], to: str, why: str, at: datetime
    ) -> int:
        """Gives files to a colleague, all or none, and tells them; how many.

        Raises `RuleBroken` for nobody, no file or no reason, `VersionConflict` when one of them
        has just changed.
        """
        known = await self.coordinators(principal)
        if to not in known:
            raise RuleBroken("Choisissez à qui vous confiez ces dossiers.")
        if len(why.strip()) < _SHORTEST:
            raise RuleBroken("Dites pourquoi, en 5 lettres au moins.")
        if not tasks:
            raise RuleBroken("Cochez les dossiers à confier.")
        by_key = {one.key: one for one in await self.files(principal)}
        chosen = [by_key[key] for key in dict.fromkeys(tasks) if key in by_key]
        if len(chosen) != len(set(tasks)):
            raise NotFound("there is no such file here")
        writes = [
            _write(one.task, {COORDINATOR: {"reference": to, "display": known[to]}},
                   _note(principal, f"Confié à {known[to]} : {why.strip()}", at), at)
            for one in chosen
        ]  # fmt: skip

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            for file, one in zip(chosen, placed, strict=True):
                await tell(connection, _event(principal, file, one, to, at))

        await self._store.write(principal, writes, also)
        return len(chosen)

    async def weigh(self, principal: Principal, task: str, by: int, why: str, at: datetime) -> None:
        """Moves the weight of a file up or down; raises `RuleBroken` without a reason."""
        if abs(by) > FURTHEST:
            raise RuleBroken(f"Ajustez de {FURTHEST} points au plus.")
        if by and len(why.strip()) < _SHORTEST:
            raise RuleBroken("Dites pourquoi, en 5 lettres au moins.")
        present = await self._store.read(principal, "Task", task)
        machine = machine_of(present)
        if (
            machine is None
            or machine.code != CODE
            or party(present, "owner") != principal.structure
        ):
            raise NotFound("there is no such file here")
        note = _note(principal, f"Poids ajusté de {by:+d} : {why.strip()}", at)
        facts = {ADJUST: by, WHY: why.strip()}
        await self._store.write(principal, [_write(present, facts, note, at)])


def loads(files: Sequence[File], known: Mapping[str, str], at: datetime) -> list[Load]:
    """What each coordinator follows, the heaviest load first; what nobody follows comes first."""
    names = {**known, **{one.coordinator: one.name for one in files if one.coordinator}, "": ""}
    found = [
        Load(
            reference, name, len(own), sum(one.weight for one in own),
            sum(one.due is not None and one.due.at < at for one in own),
        )
        for reference, name in names.items()
        if (own := [one for one in files if one.coordinator == reference]) or reference
    ]  # fmt: skip
    return sorted(found, key=lambda one: (bool(one.reference), -one.weight, one.name.casefold()))


def person_name(practitioner: Resource) -> str:
    """`Dr Anne Le Goff`."""
    first: Mapping[str, Any] = next(iter(practitioner.get("name", ())), {})
    parts = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return str(first.get("text") or " ".join(filter(None, parts)))


def state_label(task: Resource) -> str:
    """The state of a file in French."""
    machine = machine_of(task)
    return machine.states[state_of(task)].label if machine else ""


def _write(task: Resource, facts: Mapping[str, Any], note: dict[str, Any], at: datetime) -> Write:
    machine = machine_of(task)
    assert machine is not None  # noqa: S101 -- looked at before
    after = with_facts(task, machine, facts, at)
    after["note"] = [*task.get("note", ()), note]
    return Write(after, "PUT", int(task["meta"]["versionId"]))


def _note(principal: Principal, text: str, at: datetime) -> dict[str, Any]:
    author = principal.practitioner or principal.structure
    return {"authorReference": {"reference": author}, "time": instant(at), "text": text}


def _event(principal: Principal, file: File, placed: Placed, to: str, at: datetime) -> Event:
    return Event(
        "task", at, f"given:{placed.id}:{placed.version}", patient=party(file.task, "for"),
        focus=placed.reference, to=(to,), detail={"machine": CODE, "by": principal.user},
    )  # fmt: skip
