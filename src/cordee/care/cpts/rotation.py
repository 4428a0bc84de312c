"""People without an attending physician, proposed to the members of a CPTS in turn. Rule: B6.3.

The platform asks one physician at a time: the one who was asked longest ago. Who declines, or does
not answer in time (a clock of the offer), is followed by the next; when all have been asked, the
CPTS is told so. Each step is one write of the request and the offer together: two processes that do
it at once ask one physician. Decision 0064.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from cordee.care.caseload.desk import person_name
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.desk import Workflow
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, facts_of, new_task, party, with_facts
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.errors import ProductError, Unavailable
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.cpts")
REQUEST, OFFER = "attending-request", "attending-offer"
AGENT: Final = "rotation"
_PHYSICIAN: Final = "10"
_OVER: Final = "La recherche est close."
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Rotation:
    """Asks members in turn, in the name of the platform."""

    def __init__(
        self, database: Database, store: Store, workflow: Workflow, principal: Principal
    ) -> None:
        """`principal` is the platform itself."""
        self._database = database
        self._store = store
        self._workflow = workflow
        self._principal = principal

    async def turn(self) -> int:
        """Does what is due now; how many steps were made."""
        made = 0
        for row in await self._rows("accepted"):
            made += await self._step(self._match(row["task"], row["owner"]))
        for row in await self._rows("orphans"):
            wanted = Wanted("revoke", reason=_OVER)
            made += await self._step(self._move(row["task"], wanted))
        for row in await self._rows("to_propose"):
            made += await self._step(self._ask_next(row["task"]))
        return made

    async def _ask_next(self, task: str) -> None:
        request = await self._store.read(self._principal, "Task", task)
        cpts, now = party(request, "owner"), clock.now()
        asked = {row["owner"] for row in await self._rows("asked", task)}
        left = [one for one in await self.members(cpts) if one not in asked]
        if not left:
            await self._move(task, Wanted("exhaust"))
            return
        member = in_turn(
            left, {row["owner"]: row["last"] for row in await self._rows("turns", cpts)}
        )
        facts = {"priority": facts_of(request).get("priority", "autre")}
        offer = new_task(
            Asked(
                OFFER, party(request, "for"), member, cpts, focus=f"Task/{task}", group=task,
                text=str(request.get("description", "")), facts=facts,
            ),
            now,
        )  # fmt: skip
        same = with_facts(request, machines()[REQUEST], {}, now)

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            await tell(connection, _event(offer, placed[1], member, now))

        version = int(request["meta"]["versionId"])
        await self._store.write(self._principal, [Write(same, "PUT", version), Write(offer)], also)

    async def members(self, cpts: str) -> list[str]:
        """The physicians of a CPTS, as references."""
        query = f"organization={cpts}&active=true&_count=200"
        rows = await self._store.search(self._principal, "PractitionerRole", query)
        found = [party(one, "practitioner") for one in rows if _is_physician(one)]
        return list(dict.fromkeys(one for one in found if one))

    async def _match(self, task: str, member: str) -> None:
        found = await self._store.read(self._principal, *member.split("/", 1))
        named = {"reference": member, "display": person_name(found)}
        await self._move(task, Wanted("match", {"member": named}))

    async def _move(self, task: str, wanted: Wanted) -> None:
        await self._workflow.move(self._principal, task, wanted)

    async def _step(self, doing: Any) -> int:
        """1 for a step that was made; one that cannot be now is left for the next turn."""
        try:
            await doing
        except Unavailable:
            raise
        except ProductError as error:
            structlog.get_logger().info("rotation_left", slug=error.slug)
            return 0
        except Exception as error:  # an odd request stops no other
            if is_outage(error):
                raise
            structlog.get_logger().error("rotation_left", kind=type(error).__name__)
            return 0
        return 1

    async def _rows(self, name: str, *values: Any) -> list[Mapping[str, Any]]:
        async with self._database.write.acquire() as connection:
            return list(await connection.fetch(QUERIES[name], *values))


def in_turn(members: Sequence[str], last: Mapping[str, datetime]) -> str:
    """Who is to be asked: never asked first, then the one who was asked longest ago."""
    return min(members, key=lambda one: (last.get(one, _LONG_AGO), one))


def _is_physician(role: Resource) -> bool:
    return any(
        coding.get("code") == _PHYSICIAN
        for concept in role.get("code", ())
        for coding in concept.get("coding", ())
    )


def _event(offer: Resource, placed: Placed, member: str, at: datetime) -> Event:
    return Event(
        "task", at, f"offer:{placed.id}", patient=party(offer, "for"), focus=placed.reference,
        to=(member,), detail={"machine": OFFER},
    )  # fmt: skip
