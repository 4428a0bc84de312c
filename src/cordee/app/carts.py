"""The carts of homes bound to the kernel."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.discharges import KernelGlances
from cordee.app.requests import requests
from cordee.app.store import KernelStore, system
from cordee.care.carts.sessions import AGENT, Carts
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


def carts(database: Database, kernel: Kernel, guard: Guard) -> Carts:
    """Consents and sessions of the carts of homes."""
    store, glances = KernelStore(kernel, guard), KernelGlances(database, kernel, guard)
    asking = requests(database, kernel, guard)
    return Carts(database, store, asking, glances, system(AGENT))
