"""What the platform knows of a checklist by itself: written once it is so, taken back when not.

A letter of that stay, discharge prescriptions, a service that accepted, an appointment within
seven days, a plan that was changed. What a person has said stands. Requirement B5.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from cordee.care.ruptures.rules import LETTERS, moment_of
from cordee.care.store import Resource, Store
from cordee.care.workflow.checklists import DOING, DONE, OPEN, VOID, Check
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import facts_of, group_of, machine_of, party, state_of
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant

EXHAUSTED: Final = "Liste épuisée : personne n’a accepté."
_TAKEN: Final = frozenset({"accepted", "begun", "confirmed", "admitted"})
_WAITING: Final = frozenset({"queued", "asked", "sent", "examined"})
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands in the record about a stay."""

    letters: Sequence[Resource]
    prescriptions: Sequence[Resource]
    requests: Sequence[Resource]
    appointments: Sequence[Resource]
    plans: Sequence[Resource]


async def read_around(
    store: Store, principal: Principal, task: Resource, encounter: Resource
) -> Around:
    """What the record says since the beginning of a stay."""
    patient = party(task, "for")
    start = moment_of(str((encounter.get("period") or {}).get("start", "")))
    since = instant(start) if start else str(task.get("authoredOn", ""))
    leaves = moment_of(str(facts_of(task).get("leaves-at", "")))
    letters = ",".join(LETTERS)
    codes = ",".join(f"{MACHINES}|{one}" for one in ("home-care", "facility-request"))

    def ask(kind: str, criteria: str) -> Any:
        return store.search(principal, kind, f"patient={patient}&{criteria}")

    async def nothing() -> list[Resource]:
        return []

    dated = ""
    if leaves is not None:
        dated = f"date=ge{leaves.date()}&date=le{(leaves + _WEEK).date()}"
    found = await asyncio.gather(
        ask("DocumentReference", f"type={letters}&status=current&date=ge{since}&_count=1"),
        ask("MedicationRequest", f"category=discharge&authoredon=ge{since}&_count=1"),
        ask("Task", f"code={codes}&authored-on=ge{since}&_count=100"
            "&_include=Task:owner:Organization&_include=Task:owner:Practitioner"),
        ask("Appointment", f"status=booked,arrived,fulfilled&{dated}&_count=20")
        if dated else nothing(),
        ask("CarePlan", f"status=active&date=ge{since}&_count=1"),
    )  # fmt: skip
    return Around(*found)


def known(around: Around, patient: Resource) -> dict[str, Check]:
    """The lines of which the platform can say something, by code."""
    found: dict[str, Check] = {}
    if around.letters:
        found["letter"] = Check(DONE, note=_moment(str(around.letters[0].get("date", ""))))
    if around.prescriptions:
        found["prescriptions"] = Check(DONE)
    if around.plans:
        found["plan"] = Check(DONE)
    doctors = {str(one.get("reference", "")) for one in patient.get("generalPractitioner", ())}
    visit = next((one for one in around.appointments if doctors & set(_actors(one))), None)
    if visit is not None:
        found["gp-visit"] = Check(DONE, note=_moment(str(visit.get("start", ""))))
    return found | _requested(around.requests)


def changes(before: Mapping[str, Check], now: Mapping[str, Check], at: str) -> dict[str, Check]:
    """The lines to write: what a person has settled stands, what the platform said may go back."""
    found: dict[str, Check] = {}
    for line in {*before, *now}:
        old, new = before.get(line, Check()), now.get(line)
        if old.status == VOID or (old.by and old.status == DONE):
            continue
        if new is None:
            if old.status != OPEN and not old.by and old.at:
                found[line] = Check(OPEN, at=at)
        elif (old.status, old.owner, old.note) != (new.status, new.owner, new.note) and not (
            old.by and new.status == OPEN
        ):
            found[line] = replace(new, at=at)
    return found


def _requested(rows: Sequence[Resource]) -> dict[str, Check]:
    """What services near the home, and facilities, have answered; the newest list of a kind."""
    names = {f"{one['resourceType']}/{one['id']}": _name(one) for one in rows}
    lots: dict[str, dict[str, list[Resource]]] = {}
    for one in rows:
        machine = machine_of(one) if one["resourceType"] == "Task" else None
        if machine is not None:
            kind = str(facts_of(one).get("kind", ""))
            lots.setdefault(kind, {}).setdefault(group_of(one) or str(one["id"]), []).append(one)
    return {
        kind: _answer(max(groups.values(), key=_newest), names) for kind, groups in lots.items()
        if kind in _OF_KIND
    }  # fmt: skip


_OF_KIND: Final = frozenset(
    {"nurse", "had", "physio", "help", "equipment", "pharmacy", "transport", "telemonitoring"}
)


def _answer(tasks: Sequence[Resource], names: Mapping[str, str]) -> Check:
    taken = next((one for one in tasks if state_of(one) in _TAKEN), None)
    if taken is not None:
        facts = facts_of(taken)
        said = str(facts.get("first-visit") or facts.get("place-from") or "")
        return Check(DONE, names.get(party(taken, "owner"), ""), _moment(said))
    waiting = [one for one in tasks if state_of(one) in _WAITING]
    if not waiting:
        return Check(OPEN, note=EXHAUSTED)
    asked = next((one for one in waiting if state_of(one) != "queued"), None)
    owner = names.get(party(asked, "owner"), "") if asked is not None else ""
    declined = len(tasks) - len(waiting)
    note = f"{declined} sans suite" if declined else ""
    return Check(DOING, owner, note)


def _newest(tasks: Sequence[Resource]) -> str:
    return max(str(one.get("authoredOn", "")) for one in tasks)


def _actors(appointment: Resource) -> list[str]:
    parts = appointment.get("participant") or ()
    return [str((one.get("actor") or {}).get("reference", "")) for one in parts]


def _name(resource: Resource) -> str:
    name = resource.get("name", "")
    if isinstance(name, str):
        return name
    first: Mapping[str, Any] = next(iter(name), {})
    parts = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return str(first.get("text") or " ".join(filter(None, parts)))


def _moment(text: str) -> str:
    moment = moment_of(text)
    if moment is None:
        return ""
    here = moment.astimezone(PARIS)
    return f"le {here:%d/%m}" if "T" not in text else f"le {here:%d/%m à %H:%M}"
