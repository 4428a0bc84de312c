"""`cordee trail`: the audit trail as syslog, into a file or to a repository (ATNA)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from cordee.access.trail.sending import sealed_lines, send_lines
from cordee.access.trail.syslog import syslog_message
from cordee.app.wiring import Place, database_place, open_parts
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Writes or sends the lines that are sealed; says how many.

    `send` goes on where it stopped; `export` takes all lines after `--after`.
    """
    with database_place(settings) as place:
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
