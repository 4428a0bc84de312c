"""`cordee hub`: installs the official schemas, says how the Hub stands, names other centres."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import orjson

from cordee.app.hub import judge_of, ledger_of, schemas_folder
from cordee.app.wiring import Place, bring_up_to_date, database_place, open_parts
from cordee.care.overflow.peers import Peer, Peers
from cordee.formats.hub.judging import Schemas
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Installs, or says how it stands; one line of JSON on standard output."""
    if options.action == "install":
        told = install(options.folder, schemas_folder(settings))
    else:
        with database_place(settings) as place:
            asyncio.run(bring_up_to_date(place))
            told = asyncio.run(
                _status(settings, place)
                if options.action == "status"
                else _peer(settings, place, options)
            )
    sys.stdout.write(orjson.dumps(told).decode() + "\n")


def install(source: Path | None, target: Path) -> dict[str, object]:
    """Puts the schemas of a folder in their place, all or none; their version and number.

    Raises `InvalidRequest` for a folder that lacks one that is needed, and changes nothing then.
    """
    if source is None or not source.is_dir():
        raise InvalidRequest("cordee hub install: give the folder of the JSON schemas of the Hub")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".schemas-", dir=target.parent))
    try:
        for path in source.glob("*.schema.json"):
            shutil.copyfile(path, fresh / path.name)
        taken = Schemas(fresh)
        former = fresh.with_name(f"{fresh.name}-former")
        if target.is_dir():
            target.replace(former)
        fresh.replace(target)
        shutil.rmtree(former, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return {"version": taken.version, "schemas": len(taken.documents)}


async def _peer(settings: Settings, place: Place, options: argparse.Namespace) -> dict[str, object]:
    """Makes a centre of another installation known, or forgets it; those that are known then."""
    async with open_parts(settings, place, pool=2) as parts:
        peers = Peers(parts.database)
        if options.action == "forget":
            await peers.forget(options.centre)
        else:
            told = Peer(options.centre, options.client, options.name, options.department)
            await peers.know(told)
        return {"peers": {one.centre: one.hub for one in (await peers.all()).values()}}


async def _status(settings: Settings, place: Place) -> dict[str, object]:
    async with open_parts(settings, place, pool=2) as parts:
        figures = await ledger_of(parts).figures(clock.now() - timedelta(days=1))
    states: Counter[str] = Counter()
    for one in figures:
        states[f"{one.direction} {one.state}"] += one.number
    return {
        "linked": bool(settings.hub.url),
        "schemas": judge_of(settings).version or "none: our own list judges",
        "messages": dict(states),
    }
