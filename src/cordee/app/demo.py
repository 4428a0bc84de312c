"""`cordee demo`: the fictional region, made, validated and loaded by several processes."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import multiprocessing
import os
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from queue import Queue
from typing import Any

import orjson

from cordee.app.demo_content import MARK, region_is_made
from cordee.app.demo_population import make_population
from cordee.app.housekeeping import settle
from cordee.app.population import refresh
from cordee.app.progress import Bar
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.region.generator import region_resources
from cordee.app.region.habilitations import decide_habilitations
from cordee.app.region.identities import TO_CHECK, identity_resources
from cordee.app.region.mandates import give_mandates
from cordee.app.region.talks import make_talks
from cordee.app.serving import serve
from cordee.app.wiring import INDEX_KEY, Parts, Place, bring_up_to_date, database_place, open_parts
from cordee.fhir.bulk.intake import SCOPE
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.entries import head_of
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import Trace
from cordee.runtime.database import single_connection
from cordee.runtime.errors import Conflict
from cordee.runtime.keys import secret
from cordee.runtime.settings import Settings

_BATCH = 400
_A_PERSON = 30


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Makes the region where it is not there yet, then serves it."""
    settings = replace(settings, mode="demo")
    make_region(settings, patients=options.patients, seed=options.seed)
    _list_accounts()
    serve(settings)


def _list_accounts() -> None:
    """Says who one can be: the sign-in page has a button for each."""
    lines = [f"  {one.user:22} {one.name}, {one.role}\n" for one in DEMO_ACCOUNTS]
    sys.stderr.write("Demo accounts, one click each on the sign-in page:\n" + "".join(lines))


def make_region(settings: Settings, *, patients: int, seed: int) -> None:
    """Makes the region in an installation that has none yet; a second call does nothing.

    What a stopped attempt left behind is taken up where it was.
    """
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        if asyncio.run(region_is_made(place)):
            return
        parts = max(1, min(4, os.cpu_count() or 1))
        bar = Bar("region", patients * _A_PERSON)
        context = multiprocessing.get_context("forkserver")
        with context.Manager() as manager:
            counts = manager.Queue()
            with ProcessPoolExecutor(parts, mp_context=context) as pool:
                shares = [_Share(seed, patients, part, parts) for part in range(parts)]
                place_apart = Place(place.url, place.owner_url, None)
                jobs = [
                    pool.submit(_load, settings, place_apart, share, counts) for share in shares
                ]
                total, running = 0, parts
                while running:
                    count = counts.get()
                    if count is None:
                        running -= 1
                        continue
                    total += count
                    bar.forward(count)
                    bar.say(f"{total} resources")
                for job in jobs:
                    job.result()
        asyncio.run(settle(place.owner_url))
        asyncio.run(_talk(settings, place))
        make_population(settings, patients=patients, seed=seed)
        asyncio.run(_feed(settings, place))
        asyncio.run(_remember(settings, place, (seed, patients, total)))
        bar.end()


@dataclass(frozen=True, slots=True)
class _Share:
    seed: int
    patients: int
    part: int
    parts: int


def _load(settings: Settings, place: Place, share: _Share, counts: Queue[int | None]) -> None:
    """One process: its share of the people, from the first resource to the last."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        made = region_resources(share.seed, share.patients, share.part, share.parts)
        if share.part == 0:
            made = chain(made, map(orjson.dumps, identity_resources()))
        asyncio.run(_write_all(settings, place, made, counts))
    finally:
        counts.put(None)


async def _write_all(
    settings: Settings, place: Place, made: Iterator[bytes], counts: Queue[int | None]
) -> None:
    async with open_parts(settings, place, pool=3) as opened, _publishing(opened):
        writing: asyncio.Task[int] | None = None
        while True:
            batch = _prepared(opened, made)
            if writing is not None:
                counts.put(await writing)
            if not batch:
                return
            writing = asyncio.create_task(_write(opened, batch))
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _publishing(parts: Parts) -> AsyncIterator[None]:
    """The journal is published while the region is written, not all at the end."""
    task = asyncio.create_task(parts.kernel.publisher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _prepared(parts: Parts, made: Iterator[bytes]) -> list[Any]:
    batch = []
    for body in made:
        head = head_of(body)
        batch.append(prepare(parts.kernel, body, head.resourceType, head.id or ""))
        if len(batch) == _BATCH:
            break
    return batch


async def _write(parts: Parts, batch: list[Any]) -> int:
    drafts = [one.draft for one in batch]
    trace = Trace(SCOPE.agent, "C", None, (), f"region {len(drafts)}")
    try:
        await parts.kernel.repository.write(drafts, traces=[trace])
    except Conflict:
        # A former attempt was stopped: what it wrote is whole, the rest is missing.
        present = await _present(parts, [(draft.type, draft.id) for draft in drafts])
        missing = [draft for draft in drafts if (draft.type, draft.id) not in present]
        if missing:
            await parts.kernel.repository.write(missing, traces=[trace])
    return len(drafts)


async def _present(parts: Parts, wanted: list[tuple[str, str]]) -> set[tuple[str, str]]:
    async with parts.database.write.acquire() as connection:
        rows = await connection.fetch(
            "SELECT n.i FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY n(type, id, i)"
            " JOIN resource r ON r.type = n.type AND r.id = n.id",
            [type_number(kind) for kind, _ in wanted],
            [key for _, key in wanted],
        )
    return {wanted[row["i"] - 1] for row in rows}


async def _talk(settings: Settings, place: Place) -> None:
    """What people say to each other, by the services that they would say it with."""
    async with open_parts(settings, Place(place.url, place.owner_url, None), pool=3) as parts:
        await make_talks(parts)


async def _feed(settings: Settings, place: Place) -> None:
    """The lake of the region and what is counted from it."""
    async with open_parts(settings, Place(place.url, place.owner_url, None), pool=3) as parts:
        await refresh(settings, parts.kernel)


async def _remember(settings: Settings, place: Place, made: tuple[int, int, int]) -> None:
    seed, patients, resources = made
    async with single_connection(place.owner_url) as connection:
        await decide_habilitations(connection)
        await give_mandates(connection, KeyMaker(secret(settings.keys, INDEX_KEY)))
        value = orjson.dumps({"seed": seed, "patients": patients, "resources": resources}).decode()
        await connection.execute(
            "INSERT INTO installation (key, value) VALUES ($1, $2)", MARK, value
        )
        await connection.executemany(
            "INSERT INTO identity_call (patient, asked_by) VALUES ($1, 'insi')",
            [(patient,) for patient in TO_CHECK],
        )
