"""What coordinators work with, bound to the kernel: assessments, resources, files, figures."""

from __future__ import annotations

from cordee.access.guard import Guard
from cordee.app.store import KernelStore, system
from cordee.care.activity.report import AGENT as COUNTING
from cordee.care.activity.report import Activity
from cordee.care.assessments.desk import Assessments
from cordee.care.assessments.forms import load_forms
from cordee.care.assessments.questionnaires import questionnaire
from cordee.care.caseload.desk import Caseload
from cordee.care.concertations.desk import Concertations
from cordee.care.cpts.following import Following
from cordee.care.cpts.protocols import plan_definition, protocols
from cordee.care.cpts.register import Register
from cordee.care.cpts.rotation import AGENT as TURNING
from cordee.care.cpts.rotation import Rotation
from cordee.care.cpts.territory import Communities
from cordee.care.requests.desk import Requests
from cordee.care.resources.desk import Resources
from cordee.care.store import Write
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.database import Database
from cordee.runtime.errors import Deleted, NotFound
from cordee.runtime.looping import turning
from cordee.runtime.settings import Settings

_AGENT = "questionnaires"
_SECONDS = 5.0


def assessments(
    database: Database, kernel: Kernel, guard: Guard, settings: Settings
) -> Assessments:
    """The service of assessments; raises `FormBroken` for a form that does not hold together."""
    forms = load_forms(settings.questionnaires)
    return Assessments(database, KernelStore(kernel, guard), forms)


def activity(database: Database, kernel: Kernel, guard: Guard) -> Activity:
    """The reports of activity, counted by the platform itself."""
    return Activity(database, KernelStore(kernel, guard), system(COUNTING))


def caseload(database: Database, kernel: Kernel, guard: Guard) -> Caseload:
    """The files of coordinators."""
    store = KernelStore(kernel, guard)
    return Caseload(store, Workflow(database, store))


def concertations(database: Database, kernel: Kernel, guard: Guard) -> Concertations:
    """The service of concertations."""
    return Concertations(database, KernelStore(kernel, guard))


def register(database: Database, kernel: Kernel, guard: Guard) -> Register:
    """The register of people without an attending physician."""
    store = KernelStore(kernel, guard)
    desk = Requests(database, store, Workflow(database, store))
    return Register(database, store, desk, system(TURNING))


def communities(database: Database, kernel: Kernel, guard: Guard) -> Communities:
    """The CPTS of the region."""
    return Communities(database, KernelStore(kernel, guard))


def following(database: Database, kernel: Kernel, guard: Guard) -> Following:
    """The protocols that are followed for people."""
    return Following(database, KernelStore(kernel, guard))


def rotation(database: Database, kernel: Kernel, guard: Guard) -> Rotation:
    """What proposes them to physicians in turn."""
    store = KernelStore(kernel, guard)
    return Rotation(database, store, Workflow(database, store), system(TURNING))


async def keep_turning(database: Database, kernel: Kernel, guard: Guard) -> None:
    """Takes a turn every few seconds until cancelled; a database that is away is waited for."""
    rotating = rotation(database, kernel, guard)

    async def turn() -> None:
        await rotating.turn()  # what is left by a turn waits for the next

    await turning(turn, "rotation_stopped", _SECONDS)


def resources(database: Database, kernel: Kernel, guard: Guard) -> Resources:
    """The service that finds resources of the region and tells how they answer."""
    return Resources(database, KernelStore(kernel, guard))


async def keep_forms(kernel: Kernel, guard: Guard, settings: Settings) -> None:
    """Writes, once a start, the Questionnaires that have changed."""
    await publish_forms(kernel, guard, settings)


async def publish_forms(kernel: Kernel, guard: Guard, settings: Settings) -> int:
    """Writes the Questionnaires and PlanDefinitions that `/fhir` does not hold as they are."""
    store, principal, made = KernelStore(kernel, guard), system(_AGENT), 0
    forms = load_forms(settings.questionnaires).values()
    wanted = [*map(questionnaire, forms), *map(plan_definition, protocols().values())]
    for one in wanted:
        try:
            present = await store.read(principal, one["resourceType"], one["id"])
        except (NotFound, Deleted):
            present = {}
        if {key: present.get(key) for key in one} != one:
            await store.write(principal, [Write(one, "PUT")])
            made += 1
    return made
