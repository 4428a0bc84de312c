"""The ledger of counts in the base: what each person was told of one load. Rule: G1.10.

See `disclosure.ledger.Ledger`: an advisory lock a person, so that two questions at once are judged
one after the other, in whatever processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from cordee.population.disclosure.bands import Band
from cordee.population.disclosure.ledger import Entry
from cordee.runtime.database import Database

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('population_question ' || $1, 0))"
_TOLD: Final = """
SELECT definition, members, low, high FROM population_question
WHERE person = $1 AND facts = $2 ORDER BY number
"""
_KEEP: Final = """
INSERT INTO population_question (person, facts, definition, members, low, high)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_PAST: Final = """
SELECT at, definition, low, high FROM population_question
WHERE person = $1 AND facts = $2 ORDER BY number DESC LIMIT 100
"""


class DatabaseLedger:
    """See `Ledger`; `facts` is the load that is counted."""

    def __init__(self, database: Database, facts: str) -> None:
        """Nothing is read yet."""
        self._database = database
        self._facts = facts

    async def settle(self, person: str, decide: Callable[[Sequence[Entry]], Entry | None]) -> None:
        """See `Ledger.settle`."""
        async with self._database.transaction() as connection:
            await connection.execute(_LOCK, person)
            rows = await connection.fetch(_TOLD, person, self._facts)
            told = [
                Entry(
                    row["definition"], np.array(row["members"], np.int64),
                    Band(row["low"], row["high"]),
                )
                for row in rows
            ]  # fmt: skip
            entry = decide(told)
            if entry is not None:
                await connection.execute(
                    _KEEP, person, self._facts, entry.definition, entry.members.tolist(),
                    entry.band.low, entry.band.high,
                )  # fmt: skip

    async def past(self, person: str) -> list[tuple[str, str]]:
        """What a person has asked and was told, the newest first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_PAST, person, self._facts)
        return [(row["definition"], Band(row["low"], row["high"]).text) for row in rows]
