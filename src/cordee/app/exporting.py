"""`cordee export`: the whole base as NDJSON, one file a type."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import orjson

from cordee.app.progress import Bar
from cordee.app.wiring import Parts, Place, database_place, open_parts
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.store.partitions import table
from cordee.fhir.store.repository import version_of
from cordee.runtime.settings import Settings

_PREFETCH = 1000


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Writes `Type.ndjson` for each type that has resources; prints a JSON summary line."""
    folder: Path = options.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database_place(settings) as place:
        counts = asyncio.run(_all(settings, place, folder))
    sys.stdout.write(orjson.dumps(counts).decode() + "\n")


async def _all(settings: Settings, place: Place, folder: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    async with open_parts(settings, place, pool=1) as parts:
        bar = Bar("export", sum(parts.kernel.frequencies.known().values()))
        for name in sorted(RESOURCE_TYPES):
            count = await _one(parts, name, folder / f"{name}.ndjson", bar)
            if count:
                counts[name] = count
        bar.end()
    return counts


async def _one(parts: Parts, name: str, path: Path, bar: Bar) -> int:
    # The table and the number are ours, not a caller's text.
    sql = (
        f"SELECT id, ver, upd, lab, method, dict, body FROM {table(name)}"
        f" WHERE type = {type_number(name)} AND lab & 16384 = 0 ORDER BY rid"
    )
    count = 0
    file = None
    async with parts.database.write.acquire() as connection, connection.transaction():
        async for row in connection.cursor(sql, prefetch=_PREFETCH):
            if file is None:
                file = path.open("wb")
            # A line break in JSON is white space between tokens, never inside a string.
            body = version_of(name, row["id"], row).json()
            file.write(body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
            count += 1
            if count % _PREFETCH == 0:
                bar.forward(_PREFETCH)
                bar.say(name)
    if file is not None:
        file.close()
    return count
