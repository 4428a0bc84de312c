"""Passages bound to the kernel: their service, and the reader of the journal that follows stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from cordee.access.guard import Guard
from cordee.app.store import KernelStore, system
from cordee.care.homes.reconciling import Reconciliations
from cordee.care.passages.arrivals import AGENT, Arrivals, read_stay
from cordee.care.passages.desk import Passages
from cordee.care.ruptures.watching import AGENT as WATCH
from cordee.care.ruptures.watching import Ruptures
from cordee.care.workflow.desk import Workflow
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.tailing import Changed, Tail, contents
from cordee.runtime.database import Database
from cordee.runtime.looping import turning

_ENCOUNTER: Final = type_number("Encounter")
_IDLE_SECONDS: Final = 0.5


def passages(database: Database, kernel: Kernel, guard: Guard) -> Passages:
    """The service of residents who are sent to an emergency department."""
    store = KernelStore(kernel, guard)
    return Passages(database, store, Workflow(database, store))


def reconciliations(database: Database, kernel: Kernel, guard: Guard) -> Reconciliations:
    """The service of treatments compared at a return."""
    store = KernelStore(kernel, guard)
    return Reconciliations(database, store, Workflow(database, store))


def ruptures(database: Database, kernel: Kernel, guard: Guard) -> Ruptures:
    """The watch over what should follow a discharge."""
    return Ruptures(database, KernelStore(kernel, guard), system(WATCH))


class StayReader:
    """The loop that hears of stays; one process at a time has its turn."""

    def __init__(self, database: Database, kernel: Kernel, guard: Guard) -> None:
        """Nothing is read before `run`."""
        store = KernelStore(kernel, guard)
        self._tail = Tail(database, AGENT)
        self._arrivals = Arrivals(database, store, Workflow(database, store), system(AGENT))
        self._ruptures = ruptures(database, kernel, guard)

    async def run(self) -> None:
        """Follows until cancelled; a database that is away is waited for."""
        await turning(self.follow, "stays_not_followed", _IDLE_SECONDS)

    async def follow(self) -> bool:
        """Takes a turn; whether there was something to read."""
        async with self._tail.turn() as turn:
            if turn is None or not turn.changes:
                return False
            stays = [one for one in turn.changes if one.type == _ENCOUNTER]
            if stays:
                heard = _present(await contents(turn.connection, stays))
                await self._arrivals.hear(heard)
                told = [stay for one in heard if (stay := read_stay(one)) is not None]
                await self._ruptures.note(turn.connection, told)
            return True


def _present(changed: Sequence[Changed]) -> list[dict[str, object]]:
    return [orjson.loads(one.now.whole()) for one in changed if one.now is not None]
