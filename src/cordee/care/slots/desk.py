"""The slots of unscheduled care: published, seen by CPTS and SAS alone, booked once. Rule: B6.2.

A slot is taken by one write of it, of the Appointment and of the Task that opens the record to its
physician, under the version that was read: of two who book at once one wins. Decision 0069.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from cordee.care.agenda.interventions import ended
from cordee.care.cpts.membership import Membership
from cordee.care.notifications.outbox import Event, tell
from cordee.care.slots.holding import held, patient_of
from cordee.care.slots.publishing import (
    BUSY,
    FREE,
    WITHDRAWN,
    Community,
    Offer,
    Slot,
    is_opened,
    is_unscheduled,
    moments,
    new_appointment,
    new_schedule,
    new_slot,
    read_slots,
    schedule_id,
    standing,
)
from cordee.care.slots.shares import DONE, MISSED, Share, shares_of
from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.unscheduled.holds import OWN, follow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task, party
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, Deleted, NotFound, RuleBroken, VersionConflict

MACHINE: Final = "unscheduled-visit"
AHEAD: Final = timedelta(days=14)
BEHIND: Final = timedelta(days=28)
MOST: Final = 500
_TAKEN: Final = "Ce créneau vient d’être pris : choisissez-en un autre."
_PATH: Final = "/soins-non-programmes"
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Booked:
    """An Appointment of a slot with its patient, as far as the reader may see them."""

    id: str
    patient: Resource
    words: str


class Slots:
    """The slots of one installation."""

    def __init__(self, database: Database, store: Store, door: Store) -> None:
        """`store` is the guard's; `door` is the same for one person, with slots open beside."""
        self._store = store
        self._door = door
        self._membership = Membership(store)
        self._forms = Forms(database)

    async def communities(self, principal: Principal) -> list[Community]:
        """The CPTS whose slots somebody sees: all for the SAS, else those they are members of."""
        if REGULATION not in principal.functions:
            return await self.memberships(principal)
        return await self._found(principal, "")

    async def memberships(self, principal: Principal) -> list[Community]:
        """The CPTS that somebody works in or is a member of."""
        mine = await self._structures(principal)
        return await self._found(principal, f"&organization={','.join(mine)}") if mine else []

    async def _found(self, principal: Principal, owners: str) -> list[Community]:
        query = f"service-type=cpts&active=true&_count=200{owners}"
        rows = await self._store.search(principal, "HealthcareService", query)
        return [
            Community(
                f"HealthcareService/{one['id']}", party(one, "providedBy"), str(one.get("name", ""))
            )
            for one in rows
        ]

    async def members(self, principal: Principal, community: Community) -> dict[str, str]:
        """For whom somebody may publish: themselves, or every member for who runs the CPTS."""
        runs = principal.structure == community.structure
        known = await self._membership.members(principal, community.structure)
        return {
            one.reference: one.name
            for one in known.values()
            if one.cares and (runs or one.reference == principal.practitioner)
        }

    async def between(
        self,
        principal: Principal,
        communities: Sequence[Community],
        first: datetime,
        last: datetime,
    ) -> list[Slot]:
        """The slots of these CPTS that begin between two moments, at most 500."""
        if not communities:
            return []
        services = ",".join(one.service for one in communities)
        return read_slots(
            await self._starting(principal, f"schedule.actor={services}", first, last)
        )

    async def own(self, principal: Principal, first: datetime, last: datetime) -> list[Slot]:
        """The slots of who asks that begin between two moments, withdrawn ones too: 500 at most."""
        whose = f"schedule.actor={principal.practitioner}"
        rows = await self._starting(principal, whose, first, last)
        kept = [one for one in rows if one["resourceType"] == "Schedule" or is_opened(one)]
        return [one for one in read_slots(kept) if one.member == principal.practitioner]

    async def _starting(
        self, principal: Principal, whose: str, first: datetime, last: datetime
    ) -> list[Resource]:
        span = f"start=ge{quote(first.isoformat())}&start=lt{quote(last.isoformat())}"
        query = f"{whose}&{span}&_sort=start&_count={MOST}&_include=Slot:schedule"
        return await self._door.search(principal, "Slot", query)

    async def booked(self, principal: Principal, slots: Sequence[Slot]) -> dict[str, Booked]:
        """The bookings of slots that somebody may see, by the id of the slot."""
        taken = [one.id for one in slots if one.status == BUSY][:200]
        return {
            key: Booked(str(one["id"]), patient, str(one.get("description", "")))
            for key, one, patient in await held(self._door, principal, taken)
            if is_unscheduled(one)
        }

    async def publish(
        self, principal: Principal, community: Community, member: str, offer: Offer, number: str
    ) -> int:
        """How many slots a member now offers; the same form sent again is one.

        Raises `RuleBroken` for what cannot be, or meets a slot that is there already.
        """
        known = await self.members(principal, community)
        if member not in known:
            raise RuleBroken("Choisissez le membre de la CPTS.", expression=("membre",))
        now = clock.now()
        spans = moments(offer, now)
        schedule = schedule_id(community, member)
        query = f"schedule=Schedule/{schedule}&_count={MOST}&_include=Slot:schedule&_sort=start"
        query += f"&start=ge{quote((spans[0][0] - timedelta(hours=4)).isoformat())}"
        present = read_slots(await self._door.search(principal, "Slot", query))
        if any(one.is_open and _meets(one, spans) for one in present) and not (
            await self._forms.task(number)
        ):
            raise RuleBroken("Un créneau de ce membre couvre déjà ce moment.", expression=("jour",))
        writes = [Write(new_slot(schedule, one, now)) for one in spans]
        if await self._is_missing(principal, schedule):
            writes.append(Write(new_schedule(community, member, known[member]), "PUT"))

        async def write(also: Also) -> str:
            return (await self._door.write(principal, writes, also))[0].id

        await self._forms.once(number, write)
        return len(spans)

    async def withdraw(self, principal: Principal, key: str) -> None:
        """Takes back a free slot of one's own; raises `Conflict` for one that was taken."""
        slot, raw, community = await self._one(principal, key)
        if slot.member not in await self.members(principal, community):
            raise NotFound("this is the slot of another member")
        if slot.status != FREE:
            raise Conflict(_TAKEN)
        await self._put(principal, [_kept(raw, slot, WITHDRAWN)])

    async def book(
        self, principal: Principal, patient: str, key: str, words: str, number: str
    ) -> str:
        """The id of the Appointment that takes a slot for a patient; the same form gives one.

        Raises `Conflict` for who comes second, `NotFound` for a patient or slot that is not seen.
        """
        await self._store.read(principal, "Patient", patient)
        known = await self._forms.task(number)
        if known:
            return known
        slot, raw, _community = await self._one(principal, key)
        now = clock.now()
        if slot.status != FREE:
            raise Conflict(_TAKEN)
        if slot.starts <= now:
            raise RuleBroken("Ce créneau est passé.")
        made = new_appointment(f"Patient/{patient}", slot, words, now)
        key = f"urn:uuid:{uuid4()}"
        requester = principal.structure or principal.practitioner
        visit = new_task(
            Asked(MACHINE, f"Patient/{patient}", slot.member, requester, focus=key, text=words), now
        )
        writes = [Write(made, key=key), Write(visit), _kept(raw, slot, BUSY)]

        async def write(also: Also) -> str:
            async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                await also(connection, placed)
                if slot.member != principal.practitioner:
                    await tell(connection, _told(slot, f"Patient/{patient}", placed[0], now))

            return await self._put(principal, writes, both)

        return await self._forms.once(number, write)

    async def end(self, principal: Principal, key: str, gesture: str, reason: str) -> None:
        """Says of a booking that the person came, did not, or that it is called off.

        What is called off frees the slot. Raises `NotFound` for what is not seen.
        """
        if gesture not in {CANCELLED, DONE, MISSED}:
            raise NotFound("there is no such gesture")
        one = await self._door.read(principal, "Appointment", key)
        slots = [str(each.get("reference", "")) for each in one.get("slot", ())]
        if not slots or not is_unscheduled(one):
            raise NotFound("this is no booking of unscheduled care")
        slot, raw, _community = await self._one(principal, slots[0].removeprefix("Slot/"))
        if gesture != CANCELLED and slot.starts > clock.now():
            raise RuleBroken("Ce créneau n’a pas encore commencé.")
        changed = Write(ended(one, gesture, reason), "PUT", int(one["meta"]["versionId"]))
        is_freed = gesture == CANCELLED
        left = _kept(raw, slot, FREE if is_freed else BUSY, "" if is_freed else gesture)
        writes = [changed, left]
        for task in await self._store.search(principal, "Task", f"focus=Appointment/{key}"):
            if task.get("status") in {"accepted", "in-progress"}:
                moved = moved_task(
                    task, machines()[MACHINE], Wanted(gesture, reason=reason), clock.now()
                )
                writes.append(Write(moved, "PUT", int(task["meta"]["versionId"])))
        now = clock.now()

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            await _floor_follows(connection, slot, gesture)
            if is_freed and slot.member != principal.practitioner:
                await tell(connection, _told(slot, patient_of(one), placed[0], now))

        await self._put(principal, writes, also)

    async def shares(
        self, principal: Principal, communities: Sequence[Community], now: datetime
    ) -> list[Share]:
        """What became of the slots of four weeks, by member: counts of nobody cared for."""
        found = await self.between(principal, communities, now - BEHIND, now)
        return shares_of(found)

    async def _structures(self, principal: Principal) -> list[str]:
        found = [principal.structure] if principal.structure else []
        if principal.practitioner.startswith("Practitioner/"):
            query = f"practitioner={principal.practitioner}&active=true&_count=50"
            rows = await self._store.search(principal, "PractitionerRole", query)
            found += [party(one, "organization") for one in rows]
        return [one for one in dict.fromkeys(found) if one]

    async def _one(self, principal: Principal, key: str) -> tuple[Slot, Resource, Community]:
        """A slot of a CPTS of the caller's; raises `NotFound` for any other."""
        rows = await self._door.search(principal, "Slot", f"_id={key}&_include=Slot:schedule")
        slots = {one.id: one for one in read_slots(rows)}
        slot = slots.get(key)
        if slot is not None:
            for community in await self.communities(principal):
                if community.service == slot.service:
                    raw = next(one for one in rows if one["resourceType"] == "Slot")
                    return slot, raw, community
        raise NotFound("there is no such slot")

    async def _is_missing(self, principal: Principal, schedule: str) -> bool:
        try:
            await self._door.read(principal, "Schedule", schedule)
        except (NotFound, Deleted):
            return True
        return False

    async def _put(
        self, principal: Principal, writes: Sequence[Write], also: Also | None = None
    ) -> str:
        try:
            return (await self._door.write(principal, writes, also))[0].id
        except VersionConflict as error:
            raise Conflict(_TAKEN) from error


def _told(slot: Slot, patient: str, placed: Placed, at: datetime) -> Event:
    """The member whose slot it is learns that it was taken, or freed."""
    return Event(
        "task", at, f"slot:{placed.reference}:{placed.version}", patient=patient,
        focus=placed.reference, to=(slot.member,), detail={"machine": MACHINE, "path": _PATH},
    )  # fmt: skip


def _kept(raw: Resource, slot: Slot, status: str, outcome: str = "") -> Write:
    return Write(standing(raw, status, clock.now(), outcome), "PUT", slot.version)


def _meets(slot: Slot, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(slot.starts < end and start < slot.ends for start, end in spans)


async def _floor_follows(connection: Connection, slot: Slot, gesture: str) -> None:
    """What became of a slot that a case of the floor has; only its floor calls that one off."""
    if await follow(connection, OWN, slot.id, gesture) and gesture == CANCELLED:
        raise RuleBroken("Ce rendez-vous a été pris par le SAS : dites-le au 15.")
