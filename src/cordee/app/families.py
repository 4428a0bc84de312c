"""The pages of families bound to the kernel."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.discharges import KernelGlances
from cordee.app.store import KernelStore, system
from cordee.care.families.news import AGENT, Families
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


def families(database: Database, kernel: Kernel, guard: Guard) -> Families:
    """What homes tell those close to their residents."""
    store, glances = KernelStore(kernel, guard), KernelGlances(database, kernel, guard)
    return Families(database, store, glances, system(AGENT))
