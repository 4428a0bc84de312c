"""What happened to a person makes their plan to be revised, by itself. Rule: B3.5.

The events are those that people are told of (`care/notifications`): an arrival at an emergency
department, an admission, a critical result, an alert of telemonitoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from cordee.care.notifications.kinds import kind_of
from cordee.care.notifications.outbox import Event, tell
from cordee.care.plans.judging import MACHINE
from cordee.care.store import Placed, Store, Write
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted, moved_task, state_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.errors import ProductError, Unavailable, VersionConflict
from cordee.runtime.queries import load_queries

AGENT: Final = "plans"
QUERIES: Final = load_queries("cordee.care.plans")
ACUTE: Final = frozenset(
    {"emergency-arrival", "admission", "critical-result", "telemonitoring-alert"}
)
_ATTEMPTS: Final = 5


class Revising:
    """Moves active plans to their review, in the name of the platform."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself."""
        self._database = database
        self._store = store
        self._principal = principal

    async def hear(self, events: Sequence[Event]) -> int:
        """How many plans these events move."""
        acute = [one for one in events if one.kind in ACUTE and one.patient]
        if not acute:
            return 0
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["active"], sorted({one.patient for one in acute}))
        made = 0
        for row in rows:
            event = next(one for one in acute if one.patient == row["patient"])
            try:
                made += await self._moved(row["task"], row["owner"], event)
            except Unavailable:
                raise
            except ProductError as error:
                structlog.get_logger().info("plan_not_moved", slug=error.slug)
            except Exception as error:  # an odd resource: the reader goes on
                if is_outage(error):
                    raise
                structlog.get_logger().error("plan_not_moved", kind=type(error).__name__)
        return made

    async def _moved(self, task: str, owner: str, event: Event) -> int:
        for attempt in range(_ATTEMPTS):
            try:
                return await self._move(task, owner, event)
            except VersionConflict:  # words were written meanwhile
                if attempt == _ATTEMPTS - 1:
                    raise
        return 0

    async def _move(self, task: str, owner: str, event: Event) -> int:
        present = await self._store.read(self._principal, "Task", task)
        if state_of(present) != "active":
            return 0
        day = event.at.astimezone(PARIS)
        said = f"{kind_of(event.kind).label}, le {day:%d/%m/%Y}"
        wanted = Wanted("acute", {"trigger": said})
        moved = moved_task(present, machines()[MACHINE], wanted, clock.now())
        version = int(present["meta"]["versionId"])

        path = f"/patients/{event.patient.partition('/')[2]}/plans"

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            told = Event(
                "plan-review", clock.now(), f"Task/{task}/review/{placed[0].version}",
                event.patient, focus=f"Task/{task}", to=(owner,),
                detail={"kind": event.kind, "path": path},
            )  # fmt: skip
            await tell(connection, told)

        await self._store.write(self._principal, [Write(moved, "PUT", version)], also)
        return 1
