"""Plans bound to the kernel: desk, narrow door of effectors, reader of what happens to people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import structlog

from cordee.access.guard import Guard
from cordee.app.oppositions import open_to
from cordee.app.store import KernelStore, system
from cordee.care.notifications.deriving import Written, derive
from cordee.care.plans.desk import Plans
from cordee.care.plans.effecting import Effecting, own_criteria
from cordee.care.plans.revising import AGENT, Revising
from cordee.care.plans.rounds import Rounds
from cordee.care.plans.versions import MOST
from cordee.care.store import Resource, Write
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.tasks import party
from cordee.fhir.interactions.history import history_bundle
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Limit, Scope
from cordee.fhir.store.tailing import Changed, Tail, contents
from cordee.identity.principal import Principal
from cordee.runtime.database import AWAY, Database, is_outage
from cordee.runtime.errors import AccessDenied, NotFound, ProductError
from cordee.runtime.looping import turning

_TOLD: Final = frozenset(map(type_number, ("Encounter", "Flag", "Observation")))
_IDLE_SECONDS: Final = 0.5
_ROUND_SECONDS: Final = 3600.0


def plans(database: Database, kernel: Kernel, guard: Guard) -> Plans:
    """The service of plans."""
    store = KernelStore(kernel, guard)
    return Plans(database, store, Workflow(database, store), system(AGENT))


def rounds(database: Database, kernel: Kernel, guard: Guard) -> Rounds:
    """The service of planned acts."""
    return Rounds(database, KernelStore(kernel, guard))


async def keep_rounds(database: Database, kernel: Kernel, guard: Guard) -> None:
    """Looks each hour for acts that nobody did; a database that is away is waited for."""
    desk = rounds(database, kernel, guard)
    while True:
        await asyncio.sleep(_ROUND_SECONDS)
        try:
            await desk.watch(system(AGENT))
        except ProductError as error:
            structlog.get_logger().warning("rounds_failed", reason=error.slug)
        except AWAY as error:
            if not is_outage(error):
                structlog.get_logger().warning("rounds_failed", reason=type(error).__name__)


def effecting(database: Database, kernel: Kernel, guard: Guard) -> Effecting:
    """The actions of effectors."""
    store = KernelStore(kernel, guard)
    return Effecting(OwnTaskStore(database, kernel, guard), Workflow(database, store))


class KernelHistories:
    """See `care.plans.versions.Histories`."""

    def __init__(self, kernel: Kernel, guard: Guard) -> None:
        """Both are open."""
        self._kernel = kernel
        self._guard = guard

    async def of(self, principal: Principal, kind: str, key: str) -> list[Resource]:
        """The versions that are not deletions, the newest first, traced."""
        scope = await self._guard.scope(principal)
        pairs = [("_count", str(MOST))]
        found = orjson.loads(await history_bundle(self._kernel, scope, kind, key, pairs))
        return [one["resource"] for one in found.get("entry", ()) if "resource" in one]


class PlanReader:
    """The loop that hears of what makes a plan to be revised; one process at a time reads."""

    def __init__(self, database: Database, kernel: Kernel, guard: Guard) -> None:
        """Nothing is read before `run`."""
        self._tail = Tail(database, AGENT)
        self._revising = Revising(database, KernelStore(kernel, guard), system(AGENT))

    async def begin(self) -> None:
        """Makes the mark, so that what is written from here on is heard."""
        await self._tail.begin()

    async def run(self) -> None:
        """Follows until cancelled; a database that is away is waited for."""
        await turning(self.follow, "plans_not_followed", _IDLE_SECONDS)

    async def follow(self) -> bool:
        """Takes a turn; whether there was something to read."""
        async with self._tail.turn() as turn:
            if turn is None or not turn.changes:
                return False
            wanted = [one for one in turn.changes if one.type in _TOLD]
            if wanted:
                found = await contents(turn.connection, wanted)
                await self._revising.hear([one for row in found for one in derive(_written(row))])
            return True


def _written(changed: Changed) -> Written:
    return Written(
        changed.type, changed.id, _body(changed.now), _body(changed.before), changed.change.updated
    )


def _body(version: Version | None) -> dict[str, Any] | None:
    return None if version is None else orjson.loads(version.whole())


@dataclass(frozen=True, slots=True)
class _Narrow:
    """A door that gives the same scope to whoever asks."""

    given: Scope

    async def scope(self, principal: Principal) -> Scope:  # noqa: ARG002 -- the shape of a guard
        return self.given


class OwnTaskStore:
    """See `care.plans.effecting.OwnTasks`: a scope of some Tasks, and of whom they are about.

    It stands on that of the guard: who may read no Task, or has shown too little, has none here.
    """

    def __init__(self, database: Database, kernel: Kernel, guard: Guard) -> None:
        """All are open."""
        self._database = database
        self._kernel = kernel
        self._guard = guard

    async def find(self, principal: Principal, machine: str, criteria: str) -> list[Resource]:
        """Their Tasks, then the Patients of these; none of who opposes, or whose record is shut."""
        if not (principal.practitioner or principal.structure):
            return []
        asked = tuple(own_criteria(principal, machine))
        store = await self._through(principal, (Limit("Task", "rs", "", asked),))
        tasks = await store.search(principal, "Task", criteria)
        patients = {party(one, "for") for one in tasks}
        shown = await self._open(principal, {one for one in patients if one.startswith("Patient/")})
        tasks = [one for one in tasks if party(one, "for") in shown]
        if not tasks:
            return []
        ids = ",".join(one.partition("/")[2] for one in sorted(shown))
        store = await self._through(principal, (Limit("Patient", "rs", "", (("_id", ids),)),))
        query = f"_id={ids}&_count={len(shown)}"
        return [*tasks, *await store.search(principal, "Patient", query)]

    async def write(self, principal: Principal, task: Resource, patient: str) -> None:
        """Replaces a Task of theirs; the machine is asked whether they may."""
        if patient not in await self._open(principal, {patient}):
            raise NotFound("there is nothing here")
        store = await self._through(principal, (Limit("Task", "ru", patient),))
        made = {key: value for key, value in task.items() if key != "meta"}
        await store.write(principal, [Write(made, "PUT", int(task["meta"]["versionId"]))])

    async def _through(self, principal: Principal, limits: Sequence[Limit]) -> KernelStore:
        whole = await self._guard.scope(principal)
        if whole.actors is None or whole.stepped or not whole.may("s", "Task"):
            raise AccessDenied("actions of plans are for professionals who showed two factors")
        return KernelStore(
            self._kernel,
            _Narrow(replace(whole, actors=None, ties=None, rights={}, limits=tuple(limits))),
        )

    async def _open(self, principal: Principal, patients: set[str]) -> set[str]:
        return await open_to(self._database, self._kernel, principal, patients)
