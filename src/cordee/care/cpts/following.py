"""A protocol followed for a person: a CarePlan, and a Task a step with its owner and day. B6.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from cordee.care.cpts.protocols import Protocol, protocols
from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.workflow.days import set_day
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import BASE, Asked, new_task
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken

MACHINE: Final = "protocol-step"
CATEGORY: Final = BASE + "plan"
CODE: Final = "protocole"
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Start:
    """Which protocol begins when, with whom by role (references); `number` is that of the form."""

    code: str
    number: str
    owners: Mapping[str, str]
    day: date


class Following:
    """The protocols that are followed in one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._forms = Forms(database)

    async def of_patient(self, principal: Principal, patient: str) -> list[Resource]:
        """The protocols of a person, the newest first, then their steps; at most 50 of each."""
        query = f"patient=Patient/{patient}&category={CATEGORY}|{CODE}&_sort=-date&_count={_MOST}"
        plans = await self._store.search(principal, "CarePlan", query)
        if not plans:
            return []
        focus = ",".join(f"CarePlan/{one['id']}" for one in plans)
        steps = await self._store.search(
            principal, "Task", f"focus={focus}&_sort=authored-on&_count={_MOST * 4}"
        )
        return [*plans, *steps]

    async def begin(self, principal: Principal, patient: str, wanted: Start, now: datetime) -> str:
        """Follows a protocol for a person from a day on; the id of its plan.

        Raises `RuleBroken` where a role has nobody.
        """
        protocol, owners, start = protocols().get(wanted.code), wanted.owners, wanted.day
        if protocol is None:
            raise NotFound("there is no such protocol")
        for role, label in protocol.roles.items():
            if not owners.get(role):
                raise RuleBroken(f"{label} : choisissez quelqu’un.", expression=(role,))
        if abs((start - now.date()).days) > 31:  # noqa: PLR2004 -- a month
            raise RuleBroken("Commencez à un mois d’aujourd’hui au plus.", expression=("debut",))
        plan = f"urn:uuid:{uuid4()}"
        keys = [f"urn:uuid:{uuid4()}" for _ in protocol.steps]
        made = _plan(protocol, principal, patient, (start, keys), now)
        days = [start + timedelta(days=one.day) for one in protocol.steps]
        asked_by = principal.structure or principal.practitioner
        tasks = [
            new_task(
                Asked(
                    MACHINE, f"Patient/{patient}", owners[step.role], asked_by, focus=plan,
                    text=f"{step.title}. {step.text}", facts={"until": day.isoformat()},
                ),
                now,
            )
            for step, day in zip(protocol.steps, days, strict=True)
        ]  # fmt: skip
        writes = [Write(made, key=plan)]
        writes += [Write(task, key=key) for task, key in zip(tasks, keys, strict=True)]

        async def write(also: Also) -> str:
            async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                await also(connection, placed)
                for day, task in zip(days, placed[1:], strict=True):
                    await set_day(connection, task.id, ("do", "todo"), day, now)

            return (await self._store.write(principal, writes, both))[0].id

        return await self._forms.once(wanted.number, write)


def _plan(
    protocol: Protocol,
    principal: Principal,
    patient: str,
    when: tuple[date, Sequence[str]],
    now: datetime,
) -> dict[str, Any]:
    start, keys = when
    last = max(step.day for step in protocol.steps)
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "instantiatesCanonical": [protocol.canonical],
        "category": [{"coding": [{"system": CATEGORY, "code": CODE, "display": "Protocole"}]}],
        "title": protocol.title,
        "description": protocol.purpose,
        "subject": {"reference": f"Patient/{patient}"},
        "created": instant(now),
        "period": {
            "start": start.isoformat(),
            "end": (start + timedelta(days=last)).isoformat(),
        },
        "author": {"reference": principal.practitioner or principal.structure},
        "activity": [{"reference": {"reference": one}} for one in keys],
    }
