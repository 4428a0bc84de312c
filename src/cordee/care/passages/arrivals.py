"""What a hospital's own software tells of a stay moves the passage that was announced.

An admission (ADT A01, as an Encounter) of somebody who is expected is their arrival; nobody types
it again. Rules: B2.6, SC1; HL7 v2 tables 0112 as FHIR discharge dispositions.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from cordee.care.passages.desk import QUERIES
from cordee.care.store import Resource, Store, Write
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.tasks import Wanted, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import Deleted, NotFound, ProductError, Unavailable, VersionConflict

AGENT: Final = "passages"
_ATTEMPTS: Final = 5
_PATIENT: Final = re.compile(r"Patient/[A-Za-z0-9.-]{1,64}")
_HERE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_HOME: Final = frozenset({"home", "alt-home", "snf", "long"})
_LETTER: Final = "Voir le compte rendu de l’établissement."
_DEATH: Final = "Décès déclaré par l’établissement."


@dataclass(frozen=True, slots=True)
class Stay:
    """What an Encounter says of a stay."""

    reference: str
    patient: str
    provider: str
    kind: str  # class: EMER, IMP ...
    status: str
    start: str
    end: str
    disposition: str
    unit: str


class Arrivals:
    """Follows stays, in the name of the platform."""

    def __init__(
        self, database: Database, store: Store, workflow: Workflow, principal: Principal
    ) -> None:
        """`principal` is the platform itself."""
        self._database = database
        self._store = store
        self._workflow = workflow
        self._principal = principal

    async def hear(self, encounters: Sequence[Resource]) -> int:
        """Moves the passages that these Encounters tell of; how many moves were made."""
        made = 0
        for one in encounters:
            stay = read_stay(one)
            if stay is None:
                continue
            try:
                made += await self._followed(stay)
            except Unavailable:
                raise
            except ProductError as error:
                structlog.get_logger().info("stay_not_followed", slug=error.slug)
        return made

    async def _followed(self, stay: Stay) -> int:
        """The same once more where somebody wrote in the Task at that moment: a stay comes once."""
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(VersionConflict):
                return await self._follow(stay)
        return await self._follow(stay)

    async def _follow(self, stay: Stay) -> int:
        made = await self._announced(stay)
        while True:
            async with self._database.write.acquire() as connection:
                row = await connection.fetchrow(QUERIES["away"], stay.patient)
            if row is None or not await self._answers_for(row["owner"], stay.provider):
                return made
            wanted = next_move(row["state"], stay)
            if wanted is None:
                return made
            others = await self._planned(row["task"], stay) if wanted.move == "arrive" else []
            await self._workflow.move(self._principal, row["task"], wanted, others=others)
            made += 1

    async def _announced(self, stay: Stay) -> int:
        """Whom a SAMU announced and the hospital has admitted is expected no more.

        The hospital's own Encounter takes who sent the person, so that they hear of what follows.
        """
        if _arrival(stay) is None or stay.status == "finished":
            return 0
        criteria = f"patient={stay.patient}&class=EMER&status=planned&_revinclude=Task:encounter"
        found = await self._store.search(self._principal, "Encounter", criteria)
        followed = {party(one, "encounter") for one in found if one["resourceType"] == "Task"}
        writes: list[Write] = []
        origin: Any = None
        for one in found:
            is_other = (
                one["resourceType"] == "Encounter" and f"Encounter/{one['id']}" not in followed
            )
            if is_other and await self._answers_for(party(one, "serviceProvider"), stay.provider):
                origin = origin or (one.get("hospitalization") or {}).get("origin")
                writes.append(_changed(one, {"status": "cancelled"}))
        if writes and origin:
            own = await self._store.read(self._principal, *stay.reference.split("/", 1))
            said = dict(own.get("hospitalization") or {})
            if "origin" not in said:
                writes.append(_changed(own, {"hospitalization": {**said, "origin": origin}}))
        if writes:
            await self._store.write(self._principal, writes)
        return bool(writes)

    async def _answers_for(self, owner: str, provider: str) -> bool:
        """Whether the provider of a stay is who was asked, or a part of it."""
        for _ in range(3):
            if provider == owner:
                return True
            if not provider.startswith("Organization/"):
                return False
            try:
                unit = await self._store.read(
                    self._principal, "Organization", provider.removeprefix("Organization/")
                )
            except (NotFound, Deleted):
                return False
            provider = party(unit, "partOf")
        return False

    async def _planned(self, task: str, stay: Stay) -> list[Write]:
        """The announced Encounter, which gives way to the hospital's own."""
        present = await self._store.read(self._principal, "Task", task)
        planned = party(present, "encounter")
        if not planned or planned == stay.reference:
            return []
        found = await self._store.read(self._principal, *planned.split("/", 1))
        if found["status"] != "planned":
            return []
        return [_changed(found, {"status": "cancelled"})]


def _changed(resource: Resource, change: dict[str, Any]) -> Write:
    after = {key: value for key, value in resource.items() if key != "meta"}
    return Write({**after, **change}, "PUT", int(resource["meta"]["versionId"]))


def read_stay(encounter: Resource) -> Stay | None:
    """A stay in a hospital; None for other contacts, and for what says not enough."""
    kind = str((encounter.get("class") or {}).get("code", ""))
    patient, provider = party(encounter, "subject"), party(encounter, "serviceProvider")
    if kind not in {"EMER", "IMP", "ACUTE", "NONAC", "SS"} or not provider:
        return None
    if not _PATIENT.fullmatch(patient):
        return None  # a logical reference, or one that leads to another server
    period = encounter.get("period") or {}
    stay = encounter.get("hospitalization") or {}
    codings = (stay.get("dischargeDisposition") or {}).get("coding", ())
    return Stay(
        f"Encounter/{encounter['id']}",
        patient,
        provider,
        "EMER" if kind == "EMER" else "IMP",
        str(encounter.get("status", "")),
        _instant(str(period.get("start", ""))),
        _instant(str(period.get("end", ""))),
        next((str(one.get("code", "")) for one in codings), ""),
        _unit(encounter),
    )


def next_move(state: str, stay: Stay) -> Wanted | None:
    """The move that a stay means for a passage in a state; None for none."""
    if state == "expected":
        return _arrival(stay)
    if stay.disposition == "exp" and state in {"arrived", "admitted"}:
        return Wanted("die", reason=_DEATH)
    if stay.kind == "IMP" and stay.status in _HERE and state == "arrived":
        return Wanted("admit", {"unit": stay.unit})
    is_out = stay.status == "finished" and stay.disposition in _HOME and stay.end
    if is_out and state == ("arrived" if stay.kind == "EMER" else "admitted"):
        return Wanted("return", {"departure": stay.end, "advice": _LETTER})
    return None


def _arrival(stay: Stay) -> Wanted | None:
    if stay.kind == "EMER" and stay.status in {*_HERE, "finished"} and stay.start:
        return Wanted("arrive", {"arrived-at": stay.start}, encounter=stay.reference)
    return None


def _instant(text: str) -> str:
    """A moment with its hour; "" for a day, a month or a year alone, and for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return instant(moment) if "T" in text and moment.tzinfo is not None else ""
    except (ValueError, OverflowError):
        return ""


def _unit(encounter: Resource) -> str:
    places = [
        str((one.get("location") or {}).get("display", "")) for one in encounter.get("location", ())
    ]
    service = (encounter.get("serviceType") or {}).get("text", "")
    return next((one for one in (service, *places) if one), "Hospitalisation")
