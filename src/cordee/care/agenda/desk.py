"""The shared agenda of patients and of those who come to them, through the guard. B1.7."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from cordee.care.agenda.interventions import (
    CANCELLED,
    DONE,
    MISSED,
    Intervention,
    Planned,
    ended,
    in_order,
    moved,
    new_appointments,
    read_intervention,
)
from cordee.care.circle.finding import human_name
from cordee.care.slots.publishing import is_unscheduled
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken

_MOST: Final = 400
_ACTORS: Final = "".join(
    f"&_include=Appointment:actor:{kind}"
    for kind in ("Practitioner", "RelatedPerson", "HealthcareService", "Location")
)
ENDS: Final = frozenset({CANCELLED, DONE, MISSED})


@dataclass(frozen=True, slots=True)
class Span:
    """Days of an agenda, the last one included."""

    first: date
    last: date

    @property
    def criteria(self) -> str:
        """The search of what begins in these days, as clocks show in Paris."""
        begins = datetime.combine(self.first, time(), PARIS).isoformat()
        ends = datetime.combine(self.last + timedelta(days=1), time(), PARIS).isoformat()
        return f"date=ge{_escaped(begins)}&date=lt{_escaped(ends)}&_sort=date&_count={_MOST}"


@dataclass(frozen=True, slots=True)
class Seen:
    """Interventions with the patients whom they are for, by reference."""

    interventions: Sequence[Intervention]
    patients: dict[str, Resource]

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are shown."""
        return len(self.interventions) >= _MOST


class AgendaDesk:
    """The agendas of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._forms = Forms(database)

    async def of_patient(
        self, principal: Principal, patient: str, span: Span
    ) -> Sequence[Intervention]:
        """What is planned around a patient (an id), and what was, by moment."""
        criteria = f"patient=Patient/{patient}&{span.criteria}{_ACTORS}"
        return _seen(await self._store.search(principal, "Appointment", criteria)).interventions

    async def own(self, principal: Principal, span: Span) -> Seen:
        """Where the caller, or a service of their structure, is expected, by moment."""
        tail = f"&{span.criteria}{_ACTORS}&_include=Appointment:patient"
        asked: list[str] = []
        if principal.practitioner:
            asked.append(f"actor={principal.practitioner}{tail}")
        if principal.structure:
            place = f"actor:HealthcareService.organization={principal.structure}"
            asked.append(f"{place}{tail}")
        found = await asyncio.gather(
            *(self._store.search(principal, "Appointment", one) for one in asked)
        )
        known = {f"{one['resourceType']}/{one['id']}": one for rows in found for one in rows}
        return _seen(known.values())

    async def one(self, principal: Principal, patient: str, number: str) -> Intervention:
        """An intervention of this patient; raises `NotFound` for any other."""
        found = read_intervention(await self._one(principal, patient, number), {})
        assert found is not None  # noqa: S101 -- it was read to be found
        return found

    async def plan(self, principal: Principal, patient: str, planned: Planned, number: str) -> str:
        """The id of the first Appointment planned; the same form sent again gives the same.

        Raises `NotFound` for a patient who is not seen, `RuleBroken` for what cannot be planned.
        """
        await self._store.read(principal, "Patient", patient)
        named = await self._named(principal, patient, planned)
        series = str(uuid5(UUID(number), "series"))
        writes = [Write(one) for one in new_appointments(f"Patient/{patient}", named, series)]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        return await self._forms.once(number, write)

    async def end(  # noqa: PLR0913 -- whose, which, how, why
        self,
        principal: Principal,
        patient: str,
        number: str,
        status: str,
        reason: str,
        *,
        rest: bool = False,
    ) -> None:
        """Says of an intervention that it was kept, missed, or is called off.

        `rest` calls off those of its series that come after it too. Raises as `ended`, and
        `NotFound` for what is not seen.
        """
        if status not in ENDS:
            raise NotFound("there is no such gesture")
        one = await self._one(principal, patient, number)
        later = await self._later(principal, one) if rest and status == CANCELLED else []
        _stands_alone(one)
        writes = [_put(each, ended(each, status, reason)) for each in (one, *later)]
        await self._store.write(principal, writes)

    async def move(self, principal: Principal, patient: str, number: str, starts: datetime) -> None:
        """Puts an intervention at another moment; raises as `end`."""
        one = await self._one(principal, patient, number)
        _stands_alone(one)
        await self._store.write(principal, [_put(one, moved(one, starts))])

    async def _one(self, principal: Principal, patient: str, number: str) -> Resource:
        """An Appointment of this patient; raises `NotFound` for any other."""
        found = await self._store.read(principal, "Appointment", number)
        known = read_intervention(found, {})
        if known is None or known.patient != f"Patient/{patient}":
            raise NotFound("there is no such intervention")
        return found

    async def _named(self, principal: Principal, patient: str, planned: Planned) -> Planned:
        """Who comes, in the words of the directory or of the record, never those of the page."""
        if not planned.actor:
            if not planned.name.strip():
                raise RuleBroken("Dites qui passe.")
            return planned
        kind, _, key = planned.actor.partition("/")
        try:
            found = await self._store.read(principal, kind, key)
        except NotFound as error:
            raise RuleBroken("Choisissez qui passe dans la liste.") from error
        if kind == "RelatedPerson":
            if (found.get("patient") or {}).get("reference") != f"Patient/{patient}":
                raise RuleBroken("Choisissez qui passe dans la liste.")
            return _called(planned, planned.actor, human_name(found))
        if kind == "Practitioner":
            return _called(planned, planned.actor, human_name(found))
        if kind != "Organization":
            raise RuleBroken("Choisissez qui passe dans la liste.")
        # FHIR R4 lets no Organization take part: its service does, where the directory has one.
        criteria = f"organization={planned.actor}&active=true&_count=1"
        services = await self._store.search(principal, "HealthcareService", criteria)
        reference = f"HealthcareService/{services[0]['id']}" if services else ""
        return _called(planned, reference, str(found.get("name", "")))

    async def _later(self, principal: Principal, one: Resource) -> Sequence[Resource]:
        known = read_intervention(one, {})
        if known is None or not known.series:
            return []
        criteria = (
            f"patient={known.patient}&identifier={known.series}&_count={_MOST}"
            f"&date=gt{_escaped(known.starts.isoformat())}&status=booked,pending,proposed"
        )
        found = await self._store.search(principal, "Appointment", criteria)
        return [each for each in found if each["id"] != one["id"]]


def _stands_alone(one: Resource) -> None:
    """Raises `RuleBroken` for what holds a slot of unscheduled care: its own page frees it."""
    if is_unscheduled(one):
        raise RuleBroken(
            "Ce rendez-vous tient un créneau : passez par « Soins non programmés », ou par la"
            " journée de vaccination."
        )


def _called(planned: Planned, actor: str, name: str) -> Planned:
    return Planned(
        planned.sort, planned.words, actor, name, planned.starts, planned.minutes, planned.days,
        planned.until,
    )  # fmt: skip


def _put(before: Resource, after: dict[str, Any]) -> Write:
    return Write(after, "PUT", int(before["meta"]["versionId"]))


def _seen(rows: Any) -> Seen:
    names: dict[str, str] = {}
    patients: dict[str, Resource] = {}
    appointments: list[Resource] = []
    for one in rows:
        reference = f"{one['resourceType']}/{one['id']}"
        if one["resourceType"] == "Appointment":
            appointments.append(one)
        elif one["resourceType"] == "Patient":
            patients[reference] = one
        else:
            name = one.get("name", "")
            names[reference] = name if isinstance(name, str) else human_name(one)
    found = [read_intervention(one, names) for one in appointments]
    return Seen(in_order([one for one in found if one is not None]), patients)


def _escaped(moment: str) -> str:
    return moment.replace("+", "%2B")
