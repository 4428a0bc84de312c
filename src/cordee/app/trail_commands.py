"""`cordee trail`: the audit trail as syslog, into a file or to a repository (ATNA); its purge."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime
from getpass import getuser
from pathlib import Path

from cordee.access.purging import purge
from cordee.access.sealing import KEY
from cordee.access.trail.sending import sealed_lines, send_lines
from cordee.access.trail.syslog import syslog_message
from cordee.app.wiring import Place, database_place, open_parts
from cordee.runtime.clock import PARIS, now
from cordee.runtime.database import single_connection
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.keys import secret
from cordee.runtime.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Writes or sends the lines that are sealed; says how many.

    `send` goes on where it stopped; `export` takes all lines after `--after`; `purge` takes out
    whole sealed blocks that are older than `--before`, as the owner of the tables.
    """
    with database_place(settings) as place:
        if options.action == "purge":
            sys.stdout.write(asyncio.run(_purge(settings, place, options)) + "\n")
            return
        if options.action == "send":
            if not options.to:
                raise InvalidRequest("cordee trail send: give --to tls://host:port")
            sent = asyncio.run(_send(settings, place, options.to))
            sys.stdout.write(f"{sent} lines sent\n")
            return
        if options.file is None:
            raise InvalidRequest("cordee trail export: give --file FILE")
        written = asyncio.run(_export(settings, place, options.file, options.after))
    sys.stdout.write(f"{written} lines written to {options.file}\n")


async def _purge(settings: Settings, place: Place, options: argparse.Namespace) -> str:
    try:
        before = datetime.fromisoformat(options.before or "").replace(tzinfo=PARIS)
    except ValueError as error:
        raise InvalidRequest("cordee trail purge: give --before YYYY-MM-DD") from error
    at = now()
    if before > at:
        raise InvalidRequest("cordee trail purge: --before is to come")
    async with single_connection(place.owner_url) as connection:
        done = await purge(
            connection, secret(settings.keys, KEY), before=before, by=f"cordee trail, {getuser()}",
            at=at, really=not options.dry_run,
        )  # fmt: skip
    if not done.blocks:
        return "nothing to purge: no whole sealed block is that old"
    word = "would be purged" if options.dry_run else "purged"
    return f"{done.lines} lines in {done.blocks} blocks, up to line {done.upto}: {word}"


async def _send(settings: Settings, place: Place, address: str) -> int:
    async with (
        open_parts(settings, place, pool=1) as parts,
        parts.database.write.acquire() as connection,
    ):
        return await send_lines(connection, address, parts.kernel.base)


async def _export(settings: Settings, place: Place, file: Path, after: int) -> int:
    written = 0
    async with (
        open_parts(settings, place, pool=1) as parts,
        parts.database.write.acquire() as connection,
    ):
        with file.open("xb") as out:
            async for lines in sealed_lines(connection, after):
                for line in lines:
                    out.write(syslog_message(line, parts.kernel.base) + b"\n")
                written += len(lines)
    return written
