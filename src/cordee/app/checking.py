"""`cordee check`: is everything in order, one line a part."""

from __future__ import annotations

import argparse
import asyncio
import stat
import sys

from cordee.access import sealing
from cordee.access.acting import changed_acting
from cordee.app.key_commands import checked
from cordee.app.wiring import Place, database_place, open_parts
from cordee.runtime.database import single_connection
from cordee.runtime.errors import Unavailable
from cordee.runtime.keys import secret
from cordee.runtime.postgres.archiving import SLOT
from cordee.runtime.settings import Settings

_ARCHIVE = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1"


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Prints what is in order; raises `Unavailable` with what is not.

    `check audit` reads the whole audit trail again and compares it with its seals; `check bodies`
    opens all sealed bodies.
    """
    with database_place(settings) as place:
        if options.what == ["audit"]:
            sys.stdout.write(asyncio.run(_audit(settings, place)) + "\n")
            return
        if options.what == ["bodies"]:
            sys.stdout.write(asyncio.run(_bodies(settings, place)) + "\n")
            return
        lines = asyncio.run(_lines(settings, place))
    loose = [
        path.name
        for path in settings.keys.iterdir()
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if loose:
        raise Unavailable(
            f"keys that others can read: {', '.join(loose)}; `chmod 600` them in {settings.keys}"
        )
    lines.append("keys: closed to others")
    sys.stdout.write("\n".join(lines) + "\n")


async def _audit(settings: Settings, place: Place) -> str:
    async with (
        open_parts(settings, place, pool=1) as parts,
        parts.database.write.acquire() as connection,
    ):
        report = await sealing.check(connection, secret(settings.keys, sealing.KEY))
        changed = await changed_acting(connection, parts.kernel.keys)
    if changed:
        raise Unavailable(
            f"the audit trail is not whole: as what {changed} acted was changed; tell the DPO"
        )
    if report.breach is not None:
        raise Unavailable(f"the audit trail is not whole: {report.breach}; tell the DPO")
    return (
        f"audit trail: {report.lines} lines in {report.blocks} blocks, whole;"
        f" {report.open} lines not sealed yet"
    )


async def _bodies(settings: Settings, place: Place) -> str:
    async with (
        open_parts(settings, place, pool=1),
        single_connection(place.owner_url) as connection,
    ):
        return await checked(connection, whole=True)


async def _lines(settings: Settings, place: Place) -> list[str]:
    async with (
        open_parts(settings, place, pool=1) as parts,
        parts.database.write.acquire() as connection,
    ):
        version = await connection.fetchval("SHOW server_version")
        schema = await connection.fetchval("SELECT max(version) FROM schema_version")
        head = await connection.fetchval("SELECT n FROM journal_head")
        count = await connection.fetchval("SELECT count(*) FROM journal_pub")
        last = await connection.fetchval("SELECT coalesce(max(n), 0) FROM journal_pub")
        waiting = await connection.fetchval("SELECT count(*) FROM reindex WHERE finished IS NULL")
        archive = await connection.fetchval(_ARCHIVE, SLOT) if settings.archive else "none"
        sealed = await checked(connection, whole=False)
    if count != head or last != head:
        raise Unavailable(f"the journal has a gap: {count} lines for number {head}")
    if archive in {None, "lost", "unreserved"}:
        raise Unavailable("the archived log has a hole; empty its folder and take a backup")
    return [
        f"archive of the log: {archive}",
        f"PostgreSQL {version}",
        f"schema: {schema}",
        f"journal: {head} writes, no gap",
        f"types being indexed again: {waiting}",
        sealed,
    ]
