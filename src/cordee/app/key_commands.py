"""`cordee keys`: which keys seal the bodies, their rotation, the sealing of what waits for it."""

from __future__ import annotations

import argparse
import asyncio
import sys

from cordee.app.progress import Bar
from cordee.app.sealed import SEALED_TABLES
from cordee.app.wiring import Place, bring_up_to_date, database_place
from cordee.fhir.store.resealing import (
    Opened,
    Resealer,
    check_sealed,
    count_clear,
    count_sealed,
    count_waiting,
)
from cordee.identity.patients.scans import count_scans, reseal_scans
from cordee.runtime.database import Connection, single_connection
from cordee.runtime.envelopes import FRESH_SECONDS, Ring
from cordee.runtime.errors import Unavailable
from cordee.runtime.resealing import TableResealer, check_tables, count_by_key
from cordee.runtime.resealing import count_waiting as count_rows
from cordee.runtime.rotating import next_wrapping, rotate
from cordee.runtime.settings import Settings

_MOST_ROUNDS, _MOST_NAMED, _PAUSE_SECONDS = 50, 10, 0.2
_KEYS = "SELECT number, name, wrapping, made FROM data_key ORDER BY number"
_AGE = "SELECT extract(epoch FROM now() - max(made))::float8 FROM data_key"


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Says or does what was asked, as the owner of the tables; raises `KeyMissing` by name.

    `status` counts bodies by key; `new` makes the next wrapping key and uses it for nothing yet;
    `rotate` wraps the data keys by it and begins a new one, with `--bodies` all is sealed anew;
    `seal` seals what waits, and goes on where it was broken off.
    """
    with database_place(settings) as place:
        sys.stdout.write(asyncio.run(_run(options, settings, place)) + "\n")


async def _run(options: argparse.Namespace, settings: Settings, place: Place) -> str:
    await bring_up_to_date(place)
    async with single_connection(place.owner_url) as connection:
        if options.action == "status":
            return await status(connection, settings)  # without any key too
        ring = Ring(settings.keys, lambda: single_connection(place.owner_url))
        await ring.open(connection)
        try:
            return await _do(options, settings, connection, ring)
        finally:
            ring.close()


async def _do(
    options: argparse.Namespace, settings: Settings, connection: Connection, ring: Ring
) -> str:
    match options.action:
        case "new":
            name = await next_wrapping(connection, settings.keys)
            return f"{settings.keys / name} is there; copy it to all machines, then rotate"
        case "rotate":
            made = await rotate(connection, settings.keys)
            await ring.refresh(connection, now=True)
            said = (
                f"{made.wrapping} wraps the data keys, data key {made.number} seals from now on."
                f"\nCopy {settings.keys / made.wrapping} to where your keys are kept, apart from"
                f" backups; backups made before now still need {made.former}."
            )
            if not options.bodies:
                return said
            sys.stderr.write(said + "\n")
            return await seal_waiting(connection, ring)
        case _:
            return await seal_waiting(connection, ring)


async def status(connection: Connection, settings: Settings) -> str:
    """One line a data key, then what is in clear and waits."""
    counts = {one.key: one for one in await count_sealed(connection)}
    scans = await count_scans(connection)
    texts = await count_by_key(connection, SEALED_TABLES)
    lines: list[str] = []
    for row in await connection.fetch(_KEYS):
        one = counts.get(row["number"])
        present, former = (one.present, one.former) if one else (0, 0)
        here = "" if (settings.keys / row["wrapping"]).exists() else " (NOT in the folder of keys)"
        lines.append(
            f"data key {row['number']} ({row['name'].hex()}) of {row['made']:%Y-%m-%d}, wrapped by"
            f" {row['wrapping']}{here}: {present} bodies, {former} former versions,"
            f" {scans.get(row['number'], 0)} pictures, {texts.get(row['name'], 0)} texts"
        )
    waiting = await count_clear(connection) + scans.get(0, 0)
    lines.append(
        f"in clear, to be sealed: {waiting}" + ("; run `cordee keys seal`" if waiting else "")
    )
    return "\n".join(lines)


async def seal_waiting(connection: Connection, ring: Ring, *, settle: float = FRESH_SECONDS) -> str:
    """Seals all that waits by the newest data key; what was done, in words.

    Servers that run go on with the former key for `settle` seconds at most: a last round comes
    after them. Raises `Unavailable` when some bodies do not open.
    """
    waiting = sum((await count_rows(connection, SEALED_TABLES, ring)).values())
    bar = Bar("bodies", await count_waiting(connection, ring.current.number) + waiting)
    resealer = Resealer(connection, ring, bar.forward)
    tables = TableResealer(connection, ring, bar.forward)
    age: float = await connection.fetchval(_AGE) or 0.0
    done = await _rounds(connection, ring, resealer)
    texts = await _table_rounds(connection, ring, tables)
    if age < settle:
        bar.say("waiting for the servers to take up the new key")
        await asyncio.sleep(settle - age)
        done += await _rounds(connection, ring, resealer)
        texts += await _table_rounds(connection, ring, tables)
    pictures = await reseal_scans(connection, ring)
    bar.end()
    if broken := sorted([*resealer.broken, *tables.broken.values()]):
        raise Unavailable(f"{done} bodies and {texts} texts sealed; {said_broken(broken)}")
    return (
        f"{done} bodies, {pictures} pictures and {texts} texts sealed by data key"
        f" {ring.current.number}"
    )


async def _rounds(connection: Connection, ring: Ring, resealer: Resealer) -> int:
    """Until nothing waits: what others were writing is left out of a round."""
    done = 0
    for _ in range(_MOST_ROUNDS):
        made = await resealer.run()
        done += made
        if made:
            continue
        if await count_waiting(connection, ring.current.number) <= len(resealer.broken):
            return done
        await asyncio.sleep(_PAUSE_SECONDS)
    raise Unavailable(f"{done} bodies sealed; others are written faster: run it again later")


async def _table_rounds(connection: Connection, ring: Ring, resealer: TableResealer) -> int:
    """As `_rounds`, for the texts of other tables."""
    done = 0
    for _ in range(_MOST_ROUNDS):
        made = await resealer.run(SEALED_TABLES)
        done += made
        if made:
            continue
        waiting = sum((await count_rows(connection, SEALED_TABLES, ring)).values())
        if waiting <= len(resealer.broken):
            return done
        await asyncio.sleep(_PAUSE_SECONDS)
    raise Unavailable(f"{done} texts sealed; others are written faster: run it again later")


async def checked(connection: Connection, *, whole: bool) -> str:
    """What `cordee check` says of the sealed bodies; raises `Unavailable` when some do not open."""
    found: Opened = await check_sealed(connection, whole=whole)
    texts, broken = await check_tables(connection, SEALED_TABLES) if whole else (0, [])
    if broken := found.broken + broken:
        raise Unavailable(said_broken(broken))
    if whole:
        return f"sealed bodies: all {found.whole} open; sealed texts: all {texts} open"
    return f"sealed bodies: the newest {found.whole} open"


def said_broken(places: list[str]) -> str:
    """Which bodies do not open, the first ones by name."""
    named = ", ".join(places[:_MOST_NAMED]) + (", …" if len(places) > _MOST_NAMED else "")
    return (
        f"{len(places)} sealed bodies do not open ({named}): changed, put in another's place, or"
        " their key is missing"
    )
