"""The services of homes bound to the kernel."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.shelf import KernelShelf
from cordee.app.store import KernelStore
from cordee.app.wiring import Parts
from cordee.care.documents.intake import Intake
from cordee.care.documents.opening import Openings
from cordee.care.homes.desk import HomeDesk
from cordee.care.homes.files import ResidentFiles
from cordee.care.homes.imports import Exchanges
from cordee.care.homes.projects import Projects
from cordee.care.homes.stays import Stays
from cordee.care.homes.transmissions import Transmissions
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database


def home_desk(database: Database, kernel: Kernel, guard: Guard) -> HomeDesk:
    """The services of homes of this process."""
    store = KernelStore(kernel, guard)
    told = Transmissions(database, store)
    return HomeDesk(
        Stays(database, store),
        Projects(database, store, Workflow(database, store)),
        told,
        ResidentFiles(store, told),
    )


def exchanges(parts: Parts) -> Exchanges:
    """The service of files of residents that come and go."""
    store = KernelStore(parts.kernel, parts.guard)
    shelf = KernelShelf(parts.kernel, parts.guard)
    documents = (
        Intake(parts.database, shelf, parts.settings.scanner),
        Openings(parts.database, shelf, parts.kernel.keys),
    )
    files = ResidentFiles(store, Transmissions(parts.database, store))
    return Exchanges(parts.database, store, documents, files)
