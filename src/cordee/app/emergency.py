"""The services of emergency departments bound to the kernel."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.store import KernelStore
from cordee.care.emergency.capacity import Capacities
from cordee.care.emergency.desk import Emergency
from cordee.care.emergency.rooms import EmergencyRooms
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


def emergency_rooms(database: Database, kernel: Kernel, guard: Guard) -> EmergencyRooms:
    """The services of emergency departments of this process."""
    store = KernelStore(kernel, guard)
    stays = Emergency(database, store, Workflow(database, store))
    return EmergencyRooms(stays, Capacities(store), store)
