"""Requests made and moved by people, in their own name; and what became of one.

The rule is not here: whatever is written is judged in its transaction (`courses`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.workflow.courses import QUERIES
from cordee.care.workflow.judging import Actor, possible
from cordee.care.workflow.machines import Move
from cordee.care.workflow.tasks import Asked, Wanted, machine_of, moved_task, new_task
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class Stage:
    """A state that a Task entered: when, by whose move, and why."""

    at: datetime
    agent: str
    move: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for a Task: the name of its clock, and when."""

    name: str
    at: datetime


class Workflow:
    """The state machines of one installation, for people."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` writes through the guard."""
        self._database = database
        self._store = store

    async def start(
        self,
        principal: Principal,
        asked: Asked,
        others: Sequence[Write] = (),
        also: Also | None = None,
    ) -> Placed:
        """A new Task, written together with other resources, whose keys it may name.

        Raises what the machine refuses, and what the store raises.
        """
        first = Write(new_task(asked, clock.now()))
        return (await self._store.write(principal, [first, *others], also))[0]

    async def move(
        self,
        principal: Principal,
        task: str,
        wanted: Wanted,
        *,
        if_match: int | None = None,
        others: Sequence[Write] = (),
    ) -> Placed:
        """Makes a move, and writes what goes with it; `task` is the id.

        Raises `NotFound` for a Task that follows no machine or is not seen, `VersionConflict` when
        somebody was there first, and what the machine refuses.
        """
        present = await self._store.read(principal, "Task", task)
        machine = machine_of(present)
        if machine is None:
            raise NotFound("this task follows no state machine")
        version = int(present["meta"]["versionId"]) if if_match is None else if_match
        moved = moved_task(present, machine, wanted, clock.now())
        first = Write(moved, "PUT", version)
        return (await self._store.write(principal, [first, *others]))[0]

    async def story(self, task: str) -> list[Stage]:
        """What a Task went through, the oldest first; for who has read the Task."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["story"], task)
        return [Stage(*row) for row in rows]

    async def due(self, tasks: Sequence[str]) -> Mapping[str, Due]:
        """What is due next for each of these Tasks."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["clocks"], list(tasks))
        found: dict[str, Due] = {}
        for row in rows:
            found.setdefault(row["task"], Due(row["name"], row["due"]))
        return found


def moves_of(principal: Principal, task: Resource) -> list[Move]:
    """What a person can do now with a Task, in the order of its machine."""
    return possible(task, actor_of(principal))


def actor_of(principal: Principal) -> Actor:
    """A person as who makes moves: themselves and their structure."""
    if principal.is_system:
        return Actor(None)
    return Actor(frozenset({principal.practitioner, principal.structure} - {""}))


def late(due: Due | None, at: datetime) -> bool:
    """Whether something should have been done."""
    return due is not None and due.at < at
