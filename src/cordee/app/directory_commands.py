"""`cordee directory`: takes the national directories in, and says which accounts they lack."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from cordee.app.progress import Bar
from cordee.app.wiring import Place, bring_up_to_date, database_place, open_parts
from cordee.directory.intake import Taken, structures_here, take, unlisted
from cordee.directory.mailboxes import mailboxes
from cordee.directory.professionals import professionals
from cordee.directory.structures import structures
from cordee.directory.tables import FINESS, MSSANTE, RPPS, Row, Table, rows_of, tables_of
from cordee.directory.vocabulary import Json
from cordee.fhir.interactions.kernel import Kernel
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings

_ORDER = (FINESS, RPPS, MSSANTE)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Imports files or a folder, or checks; one line of JSON on standard output."""
    if options.action == "import" and not options.paths:
        raise InvalidRequest("cordee directory import: give files or a folder")
    for path in options.paths:
        if not path.exists():
            raise InvalidRequest(f"{path}: there is no such file or folder")
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_run(options, settings, place))


async def _run(options: argparse.Namespace, settings: Settings, place: Place) -> None:
    started = time.monotonic()
    async with open_parts(settings, place, pool=2) as parts:
        taken: list[Taken] = []
        if options.action == "import":
            taken = await take_in(parts.kernel, options.paths, shrinks=options.shrinks)
        flagged = await unlisted(parts.kernel)
    told = {
        one.source: {"written": one.written, "same": one.same, "ended": one.ended, "here": one.here}
        for one in taken
    }
    accounts = [{"login": login, "name": name, "rpps": rpps} for login, name, rpps in flagged]
    summary = told | {
        "accounts_not_listed": accounts, "seconds": round(time.monotonic() - started, 1)
    }  # fmt: skip
    sys.stdout.write(orjson.dumps(summary).decode() + "\n")


async def take_in(kernel: Kernel, paths: Iterable[Path], *, shrinks: bool = False) -> list[Taken]:
    """Takes all tables of these files and folders in: structures, professionals, addresses."""
    tables = [table for path in paths for table in tables_of(path)]
    bar = Bar("directory", sum(table.size for table in tables))
    taken: list[Taken] = []
    for source in _ORDER:
        own = [table for table in tables if table.source == source]
        if own:
            made = await _resources(kernel, source, _rows(own, bar))
            taken.append(await take(kernel, source, made, lambda: None, shrinks=shrinks))
            bar.say(f"{source}: {taken[-1].written} written, {taken[-1].ended} ended")
    bar.end()
    return taken


async def _resources(kernel: Kernel, source: str, rows: Iterable[Row]) -> Iterable[Json]:
    if source == FINESS:
        return structures(rows)
    known = await structures_here(kernel)
    return professionals(rows, known) if source == RPPS else mailboxes(rows, known)


def _rows(tables: Iterable[Table], bar: Bar) -> Iterator[Row]:
    for table in tables:
        done = 0
        for row, at in rows_of(table):
            if at > done:
                bar.forward(at - done)
                done = at
            yield row
