"""What follows from a governed write, in its transaction: state, step, clocks, the one that wins.

Whatever door the write came by. What has to be written of other resources is done by a clock that
is due at once: durable, and made again until it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cordee.care.store import Resource
from cordee.care.workflow.durations import parse_duration
from cordee.care.workflow.judging import Actor, Step, judge
from cordee.care.workflow.machines import Clock
from cordee.care.workflow.tasks import facts_of, group_of, party, reason_of
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.care.workflow")
LOSE: Final = "lose"
"""The clock of a Task whose lot another has won."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, for the record of steps: login and as what they act."""

    actor: Actor
    agent: str
    acting: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """A write of a Task: its id, what stood, what is to stand."""

    task: str
    before: Resource | None
    after: Resource


async def govern(
    connection: Connection, changes: Sequence[Change], author: Author, at: datetime
) -> list[Step]:
    """Judges writes of Tasks and notes what follows; raises what `judge` raises, for the first.

    Raises `Conflict` too for a Task whose lot another has won.
    """
    steps: list[Step] = []
    for change in changes:
        step = judge(change.before, change.after, author.actor)
        if step is not None and step.enters:
            await _enter(connection, change, step, author, at)
        elif step is not None and change.before is not None:
            await _reset(connection, change, step)
        if step is not None:
            steps.append(step)
    return steps


async def _enter(
    connection: Connection, change: Change, step: Step, author: Author, at: datetime
) -> None:
    machine, after = step.machine, change.after
    await connection.execute(
        QUERIES["enter"], change.task, machine.code, step.after, party(after, "owner"),
        party(after, "requester"), group_of(after), party(after, "for"), at,
        machine.is_final(step.after),
    )  # fmt: skip
    await connection.execute(
        QUERIES["step"], change.task, at, author.agent, author.acting, step.move, step.before,
        step.after, reason_of(after),
    )  # fmt: skip
    if step.before:
        await connection.execute(QUERIES["end_clocks"], change.task, at)
    clocks = [
        (change.task, one.name, step.after, due_of(one, after, at))
        for one in machine.states[step.after].clocks
    ]
    await connection.executemany(QUERIES["set_clock"], clocks)
    if machine.wins and group_of(after):
        await _compete(connection, change, step, at)


async def _reset(connection: Connection, change: Change, step: Step) -> None:
    """Clocks that count from a day that a Task names follow that day."""
    before, after = facts_of(change.before or {}), facts_of(change.after)
    for one in step.machine.states[step.after].clocks:
        if _named(one, after) is not None and before.get(one.after) != after.get(one.after):
            due = due_of(one, change.after, clock.now())
            await connection.execute(QUERIES["end_clock"], change.task, one.name, clock.now())
            await connection.execute(QUERIES["set_clock"], change.task, one.name, step.after, due)


def due_of(declared: Clock, task: Resource, at: datetime) -> datetime:
    """When a clock of a state that begins at a moment rings."""
    named = _named(declared, facts_of(task))
    if named is not None:
        return parse_duration(declared.within).due(named) if declared.within else named
    return declared.duration.due(at)


def _named(declared: Clock, facts: Mapping[str, Any]) -> datetime | None:
    """The day or the moment that a Task names, in UTC."""
    if not declared.after:
        return None
    try:
        found = datetime.fromisoformat(str(facts.get(declared.after, "")))
        return (found if found.tzinfo else found.replace(tzinfo=clock.PARIS)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def _compete(connection: Connection, change: Change, step: Step, at: datetime) -> None:
    """Of a lot one wins; it closes the others, or leaves the lot to them."""
    machine, group = step.machine, group_of(change.after)
    if step.after == machine.wins:
        winner = await connection.fetchval(QUERIES["win"], group, change.task, at)
        if winner != change.task:
            raise Conflict(f"{machine.title} : un autre destinataire vient de l’accepter.")
    if step.after == (machine.closes or machine.wins):
        for row in await connection.fetch(QUERIES["losers"], group, change.task):
            await connection.execute(QUERIES["set_clock"], row["task"], LOSE, row["state"], at)
    if machine.gives_up(step.after):
        await connection.execute(QUERIES["give_up"], group, change.task)
