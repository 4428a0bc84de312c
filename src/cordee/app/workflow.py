"""State machines bound to the kernel: a write of a governed Task is judged in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from cordee.access.guard import Guard
from cordee.app.store import KernelStore, system
from cordee.care.notifications.outbox import Event, tell
from cordee.care.workflow.clocks import AGENT, Clocks, Late
from cordee.care.workflow.courses import Author, Change, govern
from cordee.care.workflow.judging import Actor
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import machine_of
from cordee.fhir.interactions.kernel import Governor, Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import ABSENT, ANY_VERSION, Draft
from cordee.fhir.store.repository import Version, version_of
from cordee.fhir.store.scope import Scope
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import RuleBroken, VersionConflict

GOVERNED: Final = frozenset({"Task"})
_NUMBER: Final = type_number("Task")
_PRESENT: Final = """
SELECT id, ver, upd, lab, method, dict, body FROM r_task WHERE type = $1 AND id = ANY ($2::text[])
"""


def governor() -> Governor:
    """What the kernel asks before Tasks are written; raises `MachineBroken`."""
    machines()

    async def ask(scope: Scope, drafts: Sequence[Draft], connection: Connection) -> None:
        present = await _present(connection, [draft.id for draft in drafts])
        changes: list[Change] = []
        for draft in drafts:
            former = present.get(draft.id)
            before = _json(former)
            _need_expected(draft, former, is_there=before is not None)
            if draft.rows is None:
                _refuse_deletion(before)
                continue
            after = _after(draft)
            if before is not None and former is not None and draft.expected == ANY_VERSION:
                draft.expected = former.version  # what was judged is what is replaced
            changes.append(Change(draft.id, before, after))
        names = scope.keeps
        author = Author(Actor(names), scope.agent, scope.acting)
        await govern(connection, changes, author, clock.now())

    return ask


def _need_expected(draft: Draft, former: Version | None, *, is_there: bool) -> None:
    """Raises `VersionConflict` for what is not to be replaced, before anything is said of it.

    Who does not see a Task writes as if there were none: its state is not told to them.
    """
    stands = former.version if former is not None and is_there else ABSENT
    if draft.expected not in {ANY_VERSION, stands}:
        raise VersionConflict("Task: there is another version; read it again")


async def _present(connection: Connection, ids: list[str]) -> dict[str, Version]:
    rows = await connection.fetch(_PRESENT, _NUMBER, ids)
    return {row["id"]: version_of("Task", row["id"], row) for row in rows}


def _json(version: Version | None) -> dict[str, Any] | None:
    return None if version is None or version.deleted else orjson.loads(version.whole())


def _after(draft: Draft) -> dict[str, Any]:
    return orjson.loads(rendered(draft.type, draft.id, 1, clock.now()) + draft.body)


def _refuse_deletion(before: dict[str, Any] | None) -> None:
    if before is not None and machine_of(before) is not None:
        raise RuleBroken("Une demande suivie ne s’efface pas : elle se retire ou se clôt.")


async def tell_late(connection: Connection, late: Late) -> None:
    """Tells who has to act that something is due, once for each clock."""
    event = Event(
        "task",
        late.due,
        f"clock:{late.number}",
        patient=late.patient,
        focus=f"Task/{late.task}",
        to=late.to,
        detail={"machine": late.machine.code, "clock": late.clock.name},
    )
    await tell(connection, event)


def clocks(database: Database, kernel: Kernel, guard: Guard) -> Clocks:
    """The loop that rings what is due."""
    return Clocks(database, KernelStore(kernel, guard), system(AGENT), tell_late)
