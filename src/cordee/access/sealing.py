"""The audit trail in sealed blocks: a line that is changed or taken out afterwards is found.

Each block is bound to the one before by a digest under a key of the installation, which the
database does not hold: its owner can take lines out, not hide it. What a purge takes out by rule is
bound by the same key (`access.purging`). Requirement A6.1; decisions 0014 and 0041.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cordee.access.purging import last_purge
from cordee.runtime.database import Connection

KEY = "audit.key"
_BLOCK = 20_000
_START = b"Cordee audit trail"
_ROUND = """
UPDATE audit_head h SET
  marked = CASE WHEN s.due THEN s.given ELSE h.marked END,
  waited = CASE WHEN s.due THEN h.marked ELSE h.waited END,
  horizon = CASE WHEN s.due THEN s.next ELSE h.horizon END
FROM (
  SELECT o.waited, n.given, pg_snapshot_xmax(n.now) AS next,
    -- A horizon that lies ahead comes from another cluster: a backup that was restored.
    pg_snapshot_xmin(n.now) >= o.horizon OR o.horizon > pg_snapshot_xmax(n.now) AS due
  FROM audit_head o, (SELECT pg_current_snapshot() AS now,
    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM audit_n_seq) AS given) n
  FOR UPDATE OF o
) s
RETURNING CASE WHEN s.due THEN s.waited ELSE 0 END
"""
_LAST = "SELECT seal, upto, mac FROM audit_seal ORDER BY seal DESC LIMIT 1"
_SEAL = """
INSERT INTO audit_seal (seal, after, upto, lines, digest, mac) VALUES ($1, $2, $3, $4, $5, $6)
"""
_DIGEST = "SELECT lines, digest FROM audit_digest($1, $2)"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of the whole trail found; `breach` says what is wrong, None when nothing is."""

    lines: int
    blocks: int
    open: int
    breach: str | None


async def seal(connection: Connection, key: bytes) -> int:
    """Seals the lines that are certain to be all there; how many.

    A line is sealed in the third round after it was written, once no transaction that was open then
    runs: numbers are given before they are seen. One process at a time; another waits.
    """
    sealed = 0
    async with connection.transaction():
        upto: int = await connection.fetchval(_ROUND) or 0
        last = await connection.fetchrow(_LAST)
        number, after, mac = (last["seal"], last["upto"], last["mac"]) if last else (0, 0, _START)
        while after < upto:
            number, end = number + 1, min(after + _BLOCK, upto)
            lines, digest = await _digest(connection, after, end)
            mac = _mac(key, mac, (number, after, end, lines), digest)
            await connection.execute(_SEAL, number, after, end, lines, digest, mac)
            after, sealed = end, sealed + lines
    return sealed


async def check(connection: Connection, key: bytes) -> Report:
    """The whole trail read again, block by block, from the last purge on."""
    lines = 0
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        purged = await last_purge(connection, key)
        if isinstance(purged, str):
            return Report(0, 0, 0, purged)
        blocks, after, mac = purged.seal, purged.upto, purged.last or _START
        async for row in connection.cursor("SELECT * FROM audit_seal ORDER BY seal"):
            blocks += 1
            where = f"lines {row['after'] + 1} to {row['upto']}"
            if row["seal"] != blocks or row["after"] != after:
                return Report(lines, blocks, 0, f"a block is missing before {where}")
            facts = (blocks, after, row["upto"], row["lines"])
            if not hmac.compare_digest(_mac(key, mac, facts, row["digest"]), row["mac"]):
                return Report(lines, blocks, 0, f"the seal of {where} was not made here")
            count, digest = await _digest(connection, after, row["upto"])
            if count != row["lines"]:
                what = f"{row['lines']} lines were sealed, {count} are there"
                return Report(lines, blocks, 0, f"{where}: {what}")
            if digest != row["digest"]:
                return Report(lines, blocks, 0, f"{where}: a line was changed")
            lines, after, mac = lines + count, row["upto"], row["mac"]
        waiting = await connection.fetchval("SELECT count(*) FROM audit WHERE n > $1", after)
    return Report(lines, blocks - purged.seal, waiting or 0, None)


async def _digest(connection: Connection, after: int, upto: int) -> tuple[int, bytes]:
    row = await connection.fetchrow(_DIGEST, after, upto)
    if row is None:
        raise AssertionError("an aggregate is one row")
    return row["lines"], row["digest"]


def _mac(key: bytes, before: bytes, facts: tuple[int, ...], digest: bytes) -> bytes:
    text = b"|".join([before, *(str(one).encode() for one in facts), digest])
    return hmac.digest(key, text, "sha256")
