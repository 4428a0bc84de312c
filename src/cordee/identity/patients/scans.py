"""Pictures of documents of identity: sealed as bodies are, under the number of their proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cordee.runtime.database import Connection
from cordee.runtime.envelopes import Ring, opened

_WAITING: Final = """
SELECT proof, dict, content FROM identity_scan WHERE dict <> $1::int2 AND proof > $2
ORDER BY proof LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_SET: Final = "UPDATE identity_scan SET dict = $2::int2, content = $3 WHERE proof = $1"
_COUNTS: Final = "SELECT dict, count(*) AS n FROM identity_scan GROUP BY dict ORDER BY dict"


def scan_place(proof: int) -> str:
    """What the picture of a proof is bound to."""
    return f"identity_scan/{proof}"


def opened_scan(row: Mapping[str, Any]) -> bytes:
    """The picture of a row of `identity_scan`: proof, dict, content.

    Raises `KeyMissing` or `SealBroken` when it does not open.
    """
    return opened(row["content"], scan_place(row["proof"])) if row["dict"] else row["content"]


async def count_scans(connection: Connection) -> dict[int, int]:
    """How many pictures each data key seals; 0 for those in clear."""
    return {row["dict"]: row["n"] for row in await connection.fetch(_COUNTS)}


async def reseal_scans(connection: Connection, ring: Ring) -> int:
    """Seals, as the owner, the pictures that the newest data key does not; how many."""
    done, last = 0, 0
    while True:
        async with connection.transaction():
            row = await connection.fetchrow(_WAITING, ring.current.number, last)
            if row is None:
                return done
            last = row["proof"]
            number, content = ring.seal(opened_scan(row), scan_place(last))
            await connection.execute(_SET, last, number, content)
        done += 1
