"""A clock that rings on a day that somebody chose, instead of after the delay of its machine."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from cordee.care.workflow.courses import QUERIES
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection

_EVENING: Final = time(18)


async def set_day(
    connection: Connection, task: str, clock: tuple[str, str], day: date, now: datetime
) -> None:
    """Sets the clock of a Task to the evening of a day, in the transaction that made the Task.

    `clock` is its name and its state; the clock that the state began with ends.
    """
    name, state = clock
    due = datetime.combine(day, _EVENING, PARIS)
    await connection.execute(QUERIES["end_clocks"], task, now)
    await connection.execute(QUERIES["set_clock"], task, name, state, due)
