"""The purge of the audit trail: whole sealed blocks, the oldest first, by its owner's command.

What is gone leaves a record under the key of the seals: how many lines, up to which number, on
which seal the next block stands. Blocks that are gone without such a record are a breach. The
newest block stays: the next one stands on it. Requirement A6.11; decision 0041.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict

_PURGED: Final = b"Cordee audit purge"
_RECORDS: Final = "SELECT * FROM audit_purge ORDER BY purge"
_LEFT: Final = "SELECT count(*) FROM audit WHERE n <= $1"
_HELD: Final = "SELECT FROM audit_head FOR UPDATE"
_BLOCKS: Final = """
SELECT s.seal, s.upto, s.lines, s.mac,
  (SELECT max(a.at) FROM audit a WHERE a.n > s.after AND a.n <= s.upto) AS last
FROM audit_seal s WHERE s.seal < (SELECT max(seal) FROM audit_seal) ORDER BY s.seal
"""
_SENT: Final = "SELECT (value ->> 'n')::int8 FROM installation WHERE key = 'trail-sent'"
_KEEP: Final = """
INSERT INTO audit_purge (purge, seal, upto, lines, before, last, by, at, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_TAKE: Final = """
WITH gone AS (DELETE FROM audit WHERE n <= $1 RETURNING 1) SELECT count(*) FROM gone
"""
_TRACE: Final = "INSERT INTO audit (actor, action, detail) VALUES ($1, 'D', $2)"


@dataclass(frozen=True, slots=True)
class Purged:
    """How far the trail is gone: block, number of the line, and the seal that comes before."""

    purge: int = 0
    seal: int = 0
    upto: int = 0
    last: bytes = b""
    mac: bytes = _PURGED


@dataclass(frozen=True, slots=True)
class Purge:
    """What a purge takes out; nothing where `blocks` is 0."""

    blocks: int
    lines: int
    upto: int


async def last_purge(connection: Connection, key: bytes) -> Purged | str:
    """How far the trail was purged by its records; a text says what is wrong with them."""
    found = Purged()
    for row in await connection.fetch(_RECORDS):
        facts = (row["purge"], row["seal"], row["upto"], row["lines"])
        told = _mac(key, found.mac, facts, (row["before"], row["at"], row["by"], row["last"]))
        if row["purge"] != found.purge + 1 or not hmac.compare_digest(told, row["mac"]):
            return f"the record of the purge up to line {row['upto']} was not made here"
        found = Purged(row["purge"], row["seal"], row["upto"], row["last"], row["mac"])
    if await connection.fetchval(_LEFT, found.upto):
        return f"lines up to {found.upto} were purged, and some are there"
    return found


async def purge(  # noqa: PLR0913 -- what before when, by whom, and whether really
    connection: Connection, key: bytes, *, before: datetime, by: str, at: datetime, really: bool
) -> Purge:
    """Takes out the whole blocks whose lines are all older, with the record; as the owner.

    Raises `Conflict` when the trail is not whole, or when lines were not sent yet to the syslog
    repository that it is sent to. Without `really` nothing is changed.
    """
    async with connection.transaction():
        await connection.execute(_HELD)
        found = await last_purge(connection, key)
        if isinstance(found, str):
            raise Conflict(f"the audit trail is not whole: {found}")
        blocks = []
        for row in await connection.fetch(_BLOCKS):
            if row["last"] is not None and row["last"] >= before:
                break
            blocks.append(row)
        if not blocks:
            return Purge(0, 0, found.upto)
        end, lines = blocks[-1], sum(row["lines"] for row in blocks)
        sent = await connection.fetchval(_SENT)
        if sent is not None and sent < end["upto"]:
            raise Conflict("lines were not sent yet; run `cordee trail send` first")
        if really:
            await _take_out(connection, key, found, (end, lines), (before, at, by))
    return Purge(len(blocks), lines, end["upto"])


async def _take_out(
    connection: Connection,
    key: bytes,
    found: Purged,
    what: tuple[Mapping[str, Any], int],
    said: tuple[datetime, datetime, str],
) -> None:
    (end, lines), (before, at, by) = what, said
    gone = await connection.fetchval(_TAKE, end["upto"])
    if gone != lines:
        raise Conflict(f"{lines} lines were sealed, {gone} are there: run `cordee check audit`")
    await connection.execute("DELETE FROM audit_seal WHERE seal <= $1", end["seal"])
    facts = (found.purge + 1, end["seal"], end["upto"], lines)
    mac = _mac(key, found.mac, facts, (before, at, by, end["mac"]))
    await connection.execute(_KEEP, *facts, before, end["mac"], by, at, mac)
    told = f"trail purge up to {end['upto']}: {lines} lines, mac {mac.hex()}"
    await connection.execute(_TRACE, by, told)


def _mac(
    key: bytes, former: bytes, facts: tuple[int, ...], said: tuple[datetime, datetime, str, bytes]
) -> bytes:
    before, at, by, last = said
    moments = (round(one.timestamp() * 1e6) for one in (before, at))
    parts = [former, *(str(one).encode() for one in (*facts, *moments)), by.encode(), last]
    return hmac.digest(key, _PURGED + b"|" + b"|".join(parts), "sha256")
