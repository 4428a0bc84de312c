"""Who opposes the warehouse: asked before each turn, and remembered as the lake last applied it.

Rule: G1.2, A6.3. What holds is the register of what patients have said (`access.registers`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordee.runtime.database import Connection

_OPPOSED: Final = """
SELECT patient FROM (
  SELECT DISTINCT ON (patient) patient, holds FROM consent_statement
  WHERE what = 'warehouse-opposed' ORDER BY patient, n DESC) said
WHERE holds
"""
_KNOWN: Final = "SELECT person FROM lake_opposition WHERE reader = $1"
_FORGET: Final = "DELETE FROM lake_opposition WHERE reader = $1 AND person <> ALL ($2::int8[])"
_KEEP: Final = """
INSERT INTO lake_opposition (reader, person) SELECT $1, unnest($2::int8[]) ON CONFLICT DO NOTHING
"""


class Oppositions:
    """The oppositions of an installation and those that one reader has applied."""

    def __init__(self, keys: Callable[[str], int], reader: str) -> None:
        """`keys` hash persons as the base does."""
        self._keys = keys
        self._reader = reader

    async def now(self, connection: Connection) -> frozenset[int]:
        """Who opposes at this moment, as the base hashes them."""
        rows = await connection.fetch(_OPPOSED)
        return frozenset(self._keys(f"Patient/{row['patient']}") for row in rows)

    async def known(self, connection: Connection) -> frozenset[int]:
        """Who was left out at the last turn."""
        rows = await connection.fetch(_KNOWN, self._reader)
        return frozenset(row["person"] for row in rows)

    async def keep(self, connection: Connection, opposed: frozenset[int]) -> None:
        """Remembers who is left out, in the transaction of the turn."""
        await connection.execute(_FORGET, self._reader, list(opposed))
        await connection.execute(_KEEP, self._reader, list(opposed))
