"""What waits for somebody, whatever machine it follows: the worklist of a home page. B1.11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from cordee.care.store import Resource, Store
from cordee.care.workflow.courses import QUERIES
from cordee.care.workflow.desk import Due, Workflow
from cordee.care.workflow.machines import Machine, machines
from cordee.care.workflow.tasks import machine_of, party
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits for somebody: the Task, its machine and person, what is due."""

    task: Resource
    machine: Machine
    patient: Resource
    due: Due | None


class Agenda:
    """The worklists of one installation."""

    def __init__(self, database: Database, store: Store, workflow: Workflow) -> None:
        """`store` reads through the guard."""
        self._database = database
        self._store = store
        self._workflow = workflow

    async def todo(self, principal: Principal, most: int = MOST) -> list[Todo]:
        """What waits for a person or their structure, the most pressing first; at most 50."""
        names = [one for one in (principal.structure, principal.practitioner) if one]
        if not names:
            return []
        values = (names, turns("owner"), turns("requester"), most)
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["todo"], *values)
        order = {row["task"]: place for place, row in enumerate(rows)}
        if not order:
            return []
        criteria = f"_id={','.join(order)}&_count={most}&_include=Task:patient"
        found = await self._store.search(principal, "Task", criteria)
        due = await self._workflow.due(list(order))
        return sorted(_todos(found, due), key=lambda one: order[str(one.task["id"])])


@cache
def turns(role: str) -> list[str]:
    """The states, as `machine/state`, in which it is the turn of the owner or the requester."""
    return [
        f"{code}/{name}"
        for code, machine in machines().items()
        for name, state in machine.states.items()
        if state.turn == role
    ]


def _todos(rows: Sequence[Resource], due: Mapping[str, Due]) -> list[Todo]:
    people = {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
    return [
        Todo(one, machine, people[party(one, "for")], due.get(str(one["id"])))
        for one in rows
        if one["resourceType"] == "Task"
        and (machine := machine_of(one)) is not None
        and party(one, "for") in people
    ]
