"""State machines bound to the kernel: a Task, a plan is judged in the transaction of its write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from cordee.access.guard import Guard
from cordee.app.store import KernelStore, system
from cordee.care.notifications.outbox import Event, tell
from cordee.care.plans.judging import MACHINE, OPINION, Written, is_course, judge_plans
from cordee.care.plans.plan import ACTION
from cordee.care.plans.vocabulary import MACHINES, PROJECT
from cordee.care.workflow.clocks import AGENT, Clocks, Late
from cordee.care.workflow.courses import Author, Change, govern
from cordee.care.workflow.judging import Actor
from cordee.care.workflow.machines import machines
from cordee.fhir.indexing.asking import governed_by
from cordee.fhir.interactions.kernel import Governor, Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.body import rendered
from cordee.fhir.store.draft import ABSENT, ANY_VERSION, Draft
from cordee.fhir.store.repository import Version, version_of
from cordee.fhir.store.scope import Scope
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import RuleBroken, VersionConflict

GOVERNED: Final = frozenset({"Task", "CarePlan", "Goal"})
_LOOKED_AT: Final = GOVERNED | {"Patient"}
_PRESENT: Final = """
SELECT id, ver, upd, lab, method, dict, body FROM resource
WHERE type = $1 AND id = ANY ($2::text[]) ORDER BY id
"""
_HELD: Final = f"{_PRESENT} FOR UPDATE"
"""The same, held until the end of the transaction: who writes next is judged after."""


def governor() -> Governor:
    """What the kernel asks before Tasks, plans and goals are written; raises `MachineBroken`."""
    machines()

    async def ask(
        scope: Scope, drafts: Sequence[Draft], connection: Connection, *, adopts: bool = False
    ) -> None:
        lot = await _lot(drafts, connection)
        actor = Actor(scope.keeps, adopts)
        changes: list[Change] = []
        for one in lot.values():
            if not one.reference.startswith("Task/"):
                continue
            if one.after is None:
                _refuse_deletion(one.before)
            else:
                changes.append(Change(one.reference.partition("/")[2], one.before, one.after))
        await govern(connection, changes, Author(actor, scope.agent, scope.acting), clock.now())
        if {one.type for one in drafts} != {"Task"} or _has_plan(changes):
            await judge_plans(lot, partial(_look, connection), actor)

    return ask


async def _lot(drafts: Sequence[Draft], connection: Connection) -> dict[str, Written]:
    """What stood and what is to stand, by reference; a draft replaces what was looked at."""
    found: dict[str, Written] = {}
    for kind in dict.fromkeys(one.type for one in drafts):
        mine = [one for one in drafts if one.type == kind]
        present = await _present(connection, _HELD, kind, [one.id for one in mine])
        for draft in mine:
            former = present.get(draft.id)
            before = _json(former)
            _need_expected(draft, former, is_there=before is not None)
            if draft.rows is not None and former and before and draft.expected == ANY_VERSION:
                draft.expected = former.version  # what was judged is what is replaced
            after = None if draft.rows is None else _after(draft)
            place = f"{kind}/{draft.id}"
            found[place] = Written(place, before, after)
    return found


def _has_plan(changes: Sequence[Change]) -> bool:
    return any(is_course(one.after) for one in changes)


async def _look(connection: Connection, reference: str) -> dict[str, Any] | None:
    """What is stored at a reference of a governed type, whoever writes; it is not told."""
    kind, _, key = reference.partition("/")
    if kind not in _LOOKED_AT or not key:
        return None
    return _json((await _present(connection, _PRESENT, kind, [key])).get(key))


def _need_expected(draft: Draft, former: Version | None, *, is_there: bool) -> None:
    """Raises `VersionConflict` for what is not to be replaced, before anything is said of it.

    Who does not see a Task writes as if there were none: its state is not told to them.
    """
    stands = former.version if former is not None and is_there else ABSENT
    if draft.expected not in {ANY_VERSION, stands}:
        raise VersionConflict(f"{draft.type}: there is another version; read it again")


async def _present(
    connection: Connection, query: str, kind: str, ids: list[str]
) -> dict[str, Version]:
    rows = await connection.fetch(query, type_number(kind), ids)
    return {row["id"]: version_of(kind, row["id"], row) for row in rows}


def _json(version: Version | None) -> dict[str, Any] | None:
    return None if version is None or version.deleted else orjson.loads(version.whole())


def _after(draft: Draft) -> dict[str, Any]:
    return orjson.loads(rendered(draft.type, draft.id, 1, clock.now()) + draft.body)


def _refuse_deletion(before: Mapping[str, Any] | None) -> None:
    if before is not None and governed_by(before) is not None:
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
        detail={"machine": late.machine.code, "clock": late.clock.name} | _path(late),
    )
    await tell(connection, event)


def _path(late: Late) -> dict[str, str]:
    """Where what is late of a plan is done; nothing for what stands among the requests."""
    if late.machine.code == ACTION:
        return {"path": f"/mes-actions/{late.task}"}
    if late.machine.code in {MACHINE, OPINION}:
        return {"path": f"/patients/{late.patient.partition('/')[2]}/plans"}
    if late.machine.code == "dui-import":
        return {"path": f"/patients/{late.patient.partition('/')[2]}/dui/reprises/{late.task}"}
    if late.machine.code == MACHINES[PROJECT]:
        return {"path": f"/patients/{late.patient.partition('/')[2]}/projet"}
    return {}


def clocks(database: Database, kernel: Kernel, guard: Guard) -> Clocks:
    """The loop that rings what is due."""
    return Clocks(database, KernelStore(kernel, guard), system(AGENT), tell_late)
