"""`cordee population`: feeds the lake, changes its key, freezes it, takes in areas and sources."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow.parquet as pq

from cordee.app.campaign_drafts import draft_due
from cordee.app.population import home_of, loader_of, make_facts, publish, refresh
from cordee.app.wiring import Place, bring_up_to_date, database_place, open_parts
from cordee.population import omop
from cordee.population.areas.files import Folder
from cordee.population.facts.kinds import EVENT_COLUMNS, KINDS, PERSON, PERSON_COLUMNS
from cordee.population.facts.making import OWN
from cordee.population.home import Home
from cordee.population.sources.records import is_records, take_records
from cordee.population.sources.taking import take
from cordee.population.synthesis.lake import write_lake
from cordee.population.synthesis.writing import Plan, write_facts
from cordee.runtime.clock import now, today
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound
from cordee.runtime.settings import Settings

_ON_THE_BASE: Final = ("refresh", "rotate-key")


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Does one action; prints a JSON line."""
    if options.action in _ON_THE_BASE:
        with database_place(settings) as place:
            asyncio.run(bring_up_to_date(place))
            told = asyncio.run(_on_the_base(options.action, settings, place))
    else:
        told = _ACTIONS[options.action](options, home_of(settings))
    sys.stdout.write(orjson.dumps(told).decode() + "\n")


async def _on_the_base(action: str, settings: Settings, place: Place) -> dict[str, Any]:
    async with open_parts(settings, place, pool=3) as parts:
        if action == "refresh":
            done = asdict(await refresh(settings, parts.kernel))
            if home_of(settings).is_there():
                done["published"] = await asyncio.to_thread(publish, home_of(settings))
                done["drafted"] = await draft_due(parts.database, home_of(settings), now())
            return done
        done = await loader_of(settings, parts.kernel).rotate()
        await asyncio.to_thread(make_facts, home_of(settings))
        return asdict(done)


def _freeze(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    if not options.name:
        raise InvalidRequest("cordee population freeze: give --name")
    home.source(options.name)  # the same rule for names
    home.lake.tables().freeze(options.name)
    return {"snapshot": options.name}


def _areas(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """Takes in the files of areas, all or none."""
    if options.folder is None:
        raise InvalidRequest("cordee population areas: give the folder of the files")
    found = Folder(options.folder).geography()
    if not found.communes:
        raise NotFound(f"{options.folder} holds no communes.csv")
    shutil.copytree(options.folder, home.areas.path, dirs_exist_ok=True)
    return {"communes": len(found.communes), "atoms": len(found.atoms)}


def _source(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """Takes in, or out, another source of facts."""
    target = home.source(options.name)
    counts: dict[str, Any] = {"removed": options.name}
    if options.remove:
        home.forget_source(options.name)
    else:
        counts = _taken(options, home, target)
    make_facts(home)
    return counts


def _taken(options: argparse.Namespace, home: Home, target: Path) -> dict[str, Any]:
    """Puts the files of a source in the place of those of before, once all are read."""
    folder: Path | None = options.folder
    if folder is None:
        raise InvalidRequest("cordee population source: give the folder of the files")
    fresh = home.folder / f".source-{target.name}"
    shutil.rmtree(fresh, ignore_errors=True)
    if is_records(folder):
        counts: dict[str, Any] = dict(take_records(folder, target.name, fresh))
    else:
        counts = _checked(folder)
        shutil.copytree(folder, fresh)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh.rename(target)
    return counts


def _sources(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """Takes in open data as they are."""
    if options.folder is None:
        raise InvalidRequest("cordee population sources: give the folder of the files")
    return take(options.folder, home.open)


def _checked(folder: Path) -> dict[str, Any]:
    if not (folder / f"{PERSON}.parquet").exists():
        raise InvalidRequest(f"{folder} holds neither person.parquet nor personnes.csv")
    counts: dict[str, Any] = {}
    for kind in (PERSON, *KINDS):
        file = folder / f"{kind}.parquet"
        if not file.exists():
            continue
        told = pq.read_metadata(file)
        missing = set(PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS) - set(told.schema.names)
        if missing:
            raise InvalidRequest(f"{file.name}: no column {min(missing)}")
        counts[kind] = told.num_rows
    return counts


def _synthesise(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """Draws a synthetic source over the areas, or a lake of its own in another folder."""
    if options.folder is not None:
        return _apart(options, home)
    name = options.name or "synthese"
    plan = Plan(options.people, today(), options.seed, source=name)
    target = home.source(name)
    shutil.rmtree(target, ignore_errors=True)
    counts = write_facts(home.geography(), plan, target)
    make_facts(home)
    return dict(counts)


def _apart(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """A synthetic lake with its facts, beside the installation: nobody real is near it."""
    apart = Home(options.folder)
    if apart.lake.era():
        raise Conflict(f"{options.folder} holds a lake: give an empty folder")
    apart.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copytree(home.areas.path, apart.areas.path, dirs_exist_ok=True)
    plan = Plan(options.people, today(), options.seed, source=OWN)
    counts = write_lake(home.geography(), plan, apart.lake)
    make_facts(apart)
    return dict(counts)


def _status(_: argparse.Namespace, home: Home) -> dict[str, Any]:
    tables = home.lake.tables()
    return {
        "era": home.lake.era(),
        "facts": home.facts.version(),
        "sources": home.sources(),
        "snapshots": sorted(tables.snapshots()),
        "tables": {kind: tables.mark(kind) for kind in tables.kinds()},
    }


def _omop(options: argparse.Namespace, home: Home) -> dict[str, Any]:
    """Writes the OMOP tables; how much of them has a standard concept, and what has none."""
    if options.folder is None:
        raise InvalidRequest("cordee population omop: give the folder of the tables")
    return asdict(omop.write(home.facts, options.folder))


_ACTIONS: Final = {
    "omop": _omop,
    "freeze": _freeze, "areas": _areas, "source": _source, "sources": _sources,
    "synthesise": _synthesise,
    "status": _status,
}  # fmt: skip
