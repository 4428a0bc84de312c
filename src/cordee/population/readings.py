"""The register of questions: who read which figures of population health, with the text.

Rule: G1.7. `callers.REGISTER` says who reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from cordee.identity.principal import Principal
from cordee.population.callers import REGISTER, need
from cordee.runtime.database import Database

WHAT: Final = (
    "answer", "cohort", "elsewhere", "followed", "layer", "own_structure", "siting",
)  # fmt: skip
"""What is written down: each figure that somebody reads; lists and drawings are not."""
_LONGEST: Final = 20_000
_NOTE: Final = """
INSERT INTO population_reading (person, name, what, asked) VALUES ($1, $2, $3, $4)
"""
_PAGE: Final = """
SELECT number, at, name, what, asked, count(*) OVER () AS total FROM population_reading
WHERE ($1 = '' OR what = $1)
  AND ($2 = '' OR position(lower($2) IN lower(name || ' ' || asked)) > 0)
ORDER BY number DESC LIMIT $3 OFFSET $4
"""


@dataclass(frozen=True, slots=True)
class Read:
    """A line: when, who, what was read, the text of the question."""

    at: datetime
    name: str
    what: str
    asked: str


class Readings:
    """The register of an installation."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    async def note(self, principal: Principal, what: str, told: Sequence[Any]) -> None:
        """Writes a question down, where it is one that reads figures."""
        if what not in WHAT:
            return
        text = orjson.dumps(list(told)).decode()[:_LONGEST]
        async with self._database.write.acquire() as connection:
            await connection.execute(_NOTE, principal.user, principal.name, what, text)

    async def page(
        self, principal: Principal, asked: tuple[str, str], first: int, most: int
    ) -> tuple[list[Read], int]:
        """Lines from a place on, the newest first, and how many there are.

        `asked`: one of `WHAT` and a part of a name or text; empty for all. Raises `AccessDenied`.
        """
        need(principal, REGISTER)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_PAGE, *asked, most, first)
        lines = [Read(row["at"], row["name"], row["what"], row["asked"]) for row in rows]
        return lines, rows[0]["total"] if rows else 0
