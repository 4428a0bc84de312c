"""A form that is sent twice, by a cut or a second press, is taken once: by its number.

The number is drawn when the form is opened, and is the key of a row that is written with what the
form asks for. Decision 0057.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from cordee.care.store import Also, Placed
from cordee.care.workflow.courses import QUERIES
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict


class _Again(Conflict):
    """The same form came in at the same moment."""


class Forms:
    """The forms that an installation has taken."""

    def __init__(self, database: Database) -> None:
        """`database` holds their numbers."""
        self._database = database

    async def task(self, number: str) -> str:
        """The id of the Task that a form made, "" for one that has not come."""
        async with self._database.write.acquire() as connection:
            return await connection.fetchval(QUERIES["task_of_form"], number) or ""

    async def once(self, number: str, write: Callable[[Also], Awaitable[str]]) -> str:
        """The id of the Task of a form; `write` makes it, with what it is given, the first time."""
        known = await self.task(number)
        if known:
            return known

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            values = (number, placed[0].id, clock.now())
            if await connection.fetchval(QUERIES["form_sent"], *values) is None:
                raise _Again("Ce formulaire part deux fois au même moment.")

        try:
            return await write(also)
        except _Again:
            return await self.task(number)
