"""Discharges bound to the kernel: their services, and the reader of the journal that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from cordee.access.guard import Guard
from cordee.app.oppositions import open_to
from cordee.app.requests import requests
from cordee.app.store import KernelStore, system
from cordee.care.discharges.admitting import Admissions
from cordee.care.discharges.calling import Calls
from cordee.care.discharges.desk import DischargeDesk
from cordee.care.discharges.figures import Figures
from cordee.care.discharges.following import AGENT, TYPES, Followed
from cordee.care.discharges.homecare import HomeCare
from cordee.care.discharges.letters import Letters
from cordee.care.discharges.planner import Discharges
from cordee.care.discharges.relays import Relays, Transfers
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import Trace
from cordee.fhir.store.tailing import Tail, contents
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.looping import turning

_ENCOUNTER: Final = type_number("Encounter")
_TASK: Final = type_number("Task")
_FOLLOWED: Final = frozenset(type_number(one) for one in TYPES)
_IDLE_SECONDS: Final = 0.5


class KernelGlances:
    """See `care.discharges.homecare.Glances`."""

    def __init__(self, database: Database, kernel: Kernel, guard: Guard) -> None:
        """The trail of this kernel."""
        self._database = database
        self._kernel = kernel
        self._guard = guard

    async def trace(self, principal: Principal, patients: Sequence[str], detail: str) -> None:
        """A line of reading, durable when this returns."""
        scope = await self._guard.scope(principal)
        keys = tuple(self._kernel.keys(one) for one in dict.fromkeys(patients))
        line = Trace(scope.agent, "R", _TASK, keys, detail, scope.acting)
        await self._kernel.coalescer.trace(line)

    async def open_to(self, principal: Principal, patients: set[str]) -> set[str]:
        """Those who keep neither everybody nor this person out."""
        return await open_to(self._database, self._kernel, principal, patients)


def discharge_desk(database: Database, kernel: Kernel, guard: Guard) -> DischargeDesk:
    """The services of discharges of this process."""
    store = KernelStore(kernel, guard)
    asking = requests(database, kernel, guard)
    planners = Discharges(database, store, Workflow(database, store), asking)
    glances, platform = KernelGlances(database, kernel, guard), system(AGENT)
    return DischargeDesk(
        planners,
        HomeCare(database, store, planners, glances, platform),
        Relays(database, store, asking),
        Calls(store, planners),
        Figures(database, store, platform),
        Letters(database, store),
        kernel.base.removesuffix("/fhir"),
    )


class DischargeReader:
    """The loop that hears of stays and of what is around them; one process has its turn."""

    def __init__(self, database: Database, kernel: Kernel, guard: Guard) -> None:
        """Nothing is read before `run`."""
        store = KernelStore(kernel, guard)
        self._tail = Tail(database, AGENT)
        self._admissions = Admissions(database, store, system(AGENT))
        self._followed = Followed(database, store, system(AGENT))
        self._transfers = Transfers(store, system(AGENT))

    async def run(self) -> None:
        """Follows until cancelled; a database that is away is waited for."""
        await turning(self.follow, "discharges_not_followed", _IDLE_SECONDS)

    async def follow(self) -> bool:
        """Takes a turn; whether there was something to read."""
        async with self._tail.turn() as turn:
            if turn is None or not turn.changes:
                return False
            wanted = [one for one in turn.changes if one.type in _FOLLOWED | {_ENCOUNTER}]
            if wanted:
                found = [
                    orjson.loads(one.now.whole())
                    for one in await contents(turn.connection, wanted)
                    if one.now is not None
                ]
                stays = [one for one in found if one["resourceType"] == "Encounter"]
                await self._admissions.hear(stays)
                others = [one for one in found if one["resourceType"] != "Encounter"]
                await self._transfers.hear(others)
                await self._followed.hear(others)
            return True
