"""Requests bound to the kernel."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.store import KernelStore
from cordee.care.requests.desk import Requests
from cordee.care.workflow.agenda import Agenda
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


def agenda(database: Database, kernel: Kernel, guard: Guard) -> Agenda:
    """The worklists of home pages."""
    store = KernelStore(kernel, guard)
    return Agenda(database, store, Workflow(database, store))


def requests(database: Database, kernel: Kernel, guard: Guard) -> Requests:
    """The service of requests to a DAC, a facility, a service."""
    store = KernelStore(kernel, guard)
    return Requests(database, store, Workflow(database, store))
