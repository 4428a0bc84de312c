"""Slots of unscheduled care for the floor, bound to the kernel and to the vendors. C3.1, C3.3."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from cordee.app.regulation import box_of
from cordee.app.sas import entering, vendors_of
from cordee.app.slots import slots
from cordee.app.store import KernelStore, system
from cordee.care.agenda.interventions import CANCELLED
from cordee.care.slots.publishing import (
    BUSY,
    FREE,
    SERVICE,
    UNSCHEDULED,
    new_appointment,
    read_slots,
    standing,
)
from cordee.care.store import Placed, Resource, Write
from cordee.care.unscheduled.booking import Bookings, Own, Then
from cordee.care.unscheduled.feedback import Feedback
from cordee.care.unscheduled.figures import AppointmentFigures, Fill
from cordee.care.unscheduled.holds import CHANGED, TAKEN
from cordee.care.unscheduled.search import Answer, Search, Told
from cordee.care.unscheduled.service import Unscheduled
from cordee.gateways.sas.aggregator import Aggregator, Wanted
from cordee.runtime.clock import now
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict, Deleted, NotFound, VersionConflict

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

AGENT = "unscheduled"
LEFT = "La personne a annulé."


def unscheduled(parts: Parts) -> Unscheduled:
    """The slots that this process finds and books."""
    vendors = vendors_of(parts.settings.sas)
    store = KernelStore(parts.kernel, parts.guard)
    search = Search(
        parts.database,
        slots(parts),
        store,
        SasVendors(Aggregator(vendors), parts.settings.sas.structures),
    )
    own, box = KernelSlots(store), box_of(parts)
    bookings, feedback = Bookings(parts.database, box, own), Feedback(parts.database, box)
    figures = AppointmentFigures(parts.database, own)
    return Unscheduled(search, bookings, feedback, figures, entering(parts))


class SasVendors:
    """See `care.unscheduled.search.Vendors`: vendors on the guide of the SAS."""

    def __init__(self, aggregator: Aggregator, structures: Sequence[str] = ()) -> None:
        """The aggregator keeps what it heard for a minute; `structures` are of SOS Médecins."""
        self._aggregator, self._structures = aggregator, tuple(structures)

    async def free(self, numbers: Sequence[str], start: datetime, end: datetime) -> Answer:
        """The free slots of these professionals, of their CPTS and of SOS Médecins."""
        found = await self._aggregator.search(Wanted(numbers, self._structures, start, end))
        told = [
            Told(
                one.vendor, one.id, one.start, one.end, one.number, one.name, one.address,
                one.postal_code, one.city,
            )
            for one in found.slots
        ]  # fmt: skip
        return Answer(told, found.missing, found.as_of)


class KernelSlots:
    """See `care.unscheduled.booking.OwnSlots`."""

    def __init__(self, store: KernelStore) -> None:
        """It writes as the platform: who may book for a case is judged before."""
        self._store = store

    async def seize(self, booking: Own, then: Then) -> None:
        """Free to taken, under the version that was read, with the Appointment."""
        try:
            query = f"_id={booking.slot}&_include=Slot:schedule"
            rows = await self._store.search(system(AGENT), "Slot", query)
            raw = next((one for one in rows if one["resourceType"] == "Slot"), None)
            if raw is None or raw.get("status") != FREE:
                raise Conflict(TAKEN)
            (slot,) = read_slots(rows)
            patient = f"Patient/{booking.patient}" if booking.patient else ""
            made = new_appointment(patient, slot, "", now()) | {"id": str(booking.key)}
            await self._put([_kept(raw, BUSY), Write(made, "PUT")], then)
        except (NotFound, Deleted, VersionConflict) as error:
            raise Conflict(TAKEN) from error

    async def end(self, booking: Own, state: str, then: Then) -> None:
        """What became of an Appointment and of its slot."""
        raw = await self._store.read(system(AGENT), "Slot", booking.slot)
        is_freed = state == CANCELLED
        left = _kept(raw, FREE if is_freed else BUSY, "" if is_freed else state)
        writes = [left] if raw.get("status") == BUSY else []
        with contextlib.suppress(NotFound, Deleted):  # one booked before decision 0106 has none
            known = await self._store.read(system(AGENT), "Appointment", str(booking.key))
            why = {"cancelationReason": {"text": LEFT}} if is_freed else {}
            changed = {**known, "status": state, **why}
            writes.append(Write(changed, "PUT", int(known["meta"]["versionId"])))
        try:
            await self._put(writes, then)
        except VersionConflict as error:
            raise Conflict(CHANGED) from error

    async def fill(self, first: datetime, last: datetime) -> Fill:
        """See `care.unscheduled.figures.Opened`: counted, no slot is read."""
        span = f"start=ge{quote(first.isoformat())}&start=lt{quote(last.isoformat())}"
        kind = f"service-type={quote(SERVICE)}|{UNSCHEDULED}"
        free, busy = [
            await self._store.count(system(AGENT), "Slot", f"{span}&{kind}&status={status}")
            for status in (FREE, BUSY)
        ]
        return Fill(free + busy, busy)

    async def _put(self, writes: Sequence[Write], then: Then) -> None:
        async def also(connection: Connection, _placed: Sequence[Placed]) -> None:
            await then(connection)

        await self._store.write(system(AGENT), writes, also)


def _kept(raw: Resource, status: str, outcome: str = "") -> Write:
    return Write(standing(raw, status, now(), outcome), "PUT", int(raw["meta"]["versionId"]))
