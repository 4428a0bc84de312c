"""`cordee import`: items shared out to processes, a progress bar, a summary, a repair file."""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

import orjson

from cordee.app.housekeeping import settle
from cordee.app.progress import Bar
from cordee.app.wiring import Parts, Place, bring_up_to_date, database_place, open_parts
from cordee.fhir.bulk.intake import Progress, take
from cordee.fhir.bulk.sources import Item, items
from cordee.fhir.model.definitions import type_number
from cordee.runtime.clock import now
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Settings

_BATCH_BYTES = 4_000_000
_AT_ONCE = 2
_SHOWN = 20
_CHECKED = 10_000


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Takes in files; prints a JSON summary line on standard output."""
    paths: list[Path] = options.paths
    for path in paths:
        if not path.exists():
            raise InvalidRequest(f"{path}: there is no such file or folder")
    started = time.monotonic()
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        bar = Bar("import", _size(paths))
        total = Progress()
        with _pool(settings, place) as pool:
            _run(pool, _all_items(paths), total, bar, last=False)
            if total.waiting:
                again, total.waiting = total.waiting, []
                _run(pool, again, total, bar, last=True)
        loose = asyncio.run(_still_loose(settings, place, total.loose))
        asyncio.run(settle(place.owner_url))
        bar.end()
    repair = _repair_file(settings, total)
    summary = {
        "resources": total.written,
        "rejected": len(total.problems),
        "skipped": total.skipped,
        "loose_references": len(loose),
        "loose_examples": [f"{kind}/{key}" for kind, key in sorted(loose)[:_SHOWN]],
        "repair_file": str(repair) if repair else None,
        "seconds": round(time.monotonic() - started, 1),
    }
    sys.stdout.write(orjson.dumps(summary).decode() + "\n")


def _all_items(paths: Iterable[Path]) -> Iterator[Item]:
    for path in paths:
        yield from items(path)


def _run(
    pool: ProcessPoolExecutor, source: Iterable[Item], total: Progress, bar: Bar, *, last: bool
) -> None:
    """Keeps the processes busy, a bounded number of items in flight."""
    flying: dict[Future[Progress], int] = {}

    def gather(most: int) -> None:
        while len(flying) > most:
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                bar.forward(flying.pop(future))
                _add(total, future.result())
                bar.say(f"{total.written} resources, {len(total.problems)} rejected")

    for batch in _batches(source):
        gather(2 * _workers())
        flying[pool.submit(_work, batch, last)] = sum(len(item.body) for item in batch)
    gather(0)


def _batches(source: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in source:
        batch.append(item)
        size += len(item.body)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _add(total: Progress, part: Progress) -> None:
    total.written += part.written
    total.skipped += part.skipped
    total.problems += part.problems
    total.loose |= part.loose
    total.waiting += part.waiting


def _workers() -> int:
    return max(1, min(4, os.cpu_count() or 1))


def _pool(settings: Settings, place: Place) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        _workers(),
        mp_context=multiprocessing.get_context("forkserver"),
        initializer=_start,
        initargs=(settings, place.url, place.owner_url),
    )


_worker: dict[str, Any] = {}


def _start(settings: Settings, url: str, owner_url: str) -> None:
    """A worker process: one loop, one set of parts, for as long as the pool lives."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    loop = asyncio.new_event_loop()
    context = open_parts(settings, Place(url, owner_url, None), pool=_AT_ONCE)
    _worker["loop"] = loop
    _worker["context"] = context
    _worker["parts"] = loop.run_until_complete(context.__aenter__())


def _work(batch: list[Item], last: bool) -> Progress:
    return _worker["loop"].run_until_complete(_take_all(_worker["parts"], batch, last=last))


async def _take_all(parts: Parts, batch: list[Item], *, last: bool) -> Progress:
    total = Progress()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(item: Item) -> None:
        async with gate:
            _add(total, await take(parts.kernel, item, last=last))

    async with asyncio.TaskGroup() as group:
        for item in batch:
            group.create_task(one(item))
    return total


async def _still_loose(
    settings: Settings, place: Place, loose: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """References that lead nowhere now that everything is in."""
    wanted = sorted(loose)
    missing: set[tuple[str, str]] = set()
    async with (
        open_parts(settings, place, pool=1) as parts,
        parts.database.write.acquire() as connection,
    ):
        for start in range(0, len(wanted), _CHECKED):
            part = wanted[start : start + _CHECKED]
            rows = await connection.fetch(
                "SELECT n.i FROM unnest($1::int2[], $2::text[]) WITH ORDINALITY n(type, id, i)"
                " WHERE NOT EXISTS (SELECT FROM resource r WHERE r.type = n.type"
                " AND r.id = n.id AND r.lab & 16384 = 0)",
                [type_number(kind) for kind, _ in part],
                [key for _, key in part],
            )
            missing |= {part[row["i"] - 1] for row in rows}
    return missing


def _size(paths: Iterable[Path]) -> int:
    """Bytes to come, as far as they are known before reading: archives count eightfold."""
    total = 0
    for path in paths:
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file():
                packed = file.suffix in {".xz", ".gz", ".zip", ".tgz", ".bz2"}
                total += file.stat().st_size * (50 if file.suffix == ".xz" else 8 if packed else 1)
    return total


def _repair_file(settings: Settings, total: Progress) -> Path | None:
    if not total.problems:
        return None
    folder = settings.data / "repair"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"import-{now():%Y%m%d-%H%M%S}.ndjson"
    with path.open("wb") as file:
        path.chmod(0o600)
        for problem in total.problems:
            file.write(problem.line())
    return path
