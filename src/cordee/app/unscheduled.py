"""Slots of unscheduled care for the floor, bound to the kernel and to the vendors. C3.1, C3.3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cordee.app.regulation import box_of
from cordee.app.slots import slots
from cordee.app.store import KernelStore, system
from cordee.care.slots.publishing import BUSY, FREE, standing
from cordee.care.store import Resource, Write
from cordee.care.unscheduled.booking import Bookings
from cordee.care.unscheduled.holds import TAKEN
from cordee.care.unscheduled.search import Answer, Search, Told
from cordee.care.unscheduled.service import Unscheduled
from cordee.gateways.sas.aggregator import Aggregator, Flow, Vendor, Wanted
from cordee.runtime.clock import now
from cordee.runtime.errors import Conflict, Deleted, NotFound, VersionConflict

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

AGENT = "unscheduled"


def unscheduled(parts: Parts) -> Unscheduled:
    """The slots that this process finds and books."""
    vendors = [_vendor(one) for one in parts.settings.vendors]
    store = KernelStore(parts.kernel, parts.guard)
    search = Search(parts.database, slots(parts), store, SasVendors(Aggregator(vendors)))
    return Unscheduled(search, Bookings(parts.database, box_of(parts), KernelSlots(store)))


class SasVendors:
    """See `care.unscheduled.search.Vendors`: vendors on the guide of the SAS."""

    def __init__(self, aggregator: Aggregator) -> None:
        """The aggregator keeps what it heard for a minute."""
        self._aggregator = aggregator

    async def free(self, numbers: Sequence[str], start: datetime, end: datetime) -> Answer:
        """The free slots of these professionals."""
        found = await self._aggregator.search(Wanted(numbers=numbers, start=start, end=end))
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

    async def seize(self, slot: str) -> None:
        """Free to taken, under the version that was read."""
        try:
            held = await self._store.read(system(AGENT), "Slot", slot)
            if held.get("status") != FREE:
                raise Conflict(TAKEN)
            await self._put(held, BUSY)
        except (NotFound, Deleted, VersionConflict) as error:
            raise Conflict(TAKEN) from error

    async def free(self, slot: str) -> None:
        """Taken to free."""
        held = await self._store.read(system(AGENT), "Slot", slot)
        if held.get("status") == BUSY:
            await self._put(held, FREE)

    async def _put(self, held: Resource, status: str) -> None:
        version = int(held["meta"]["versionId"])
        after = Write(standing(held, status, now()), "PUT", version)
        await self._store.write(system(AGENT), [after])


def _vendor(text: str) -> Vendor:
    """A vendor of the settings: `name=https://…`, its individual slots."""
    name, _, url = text.partition("=")
    return Vendor(name, url, frozenset({Flow.INDIVIDUAL}))
