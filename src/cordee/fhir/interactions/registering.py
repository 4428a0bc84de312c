"""SearchParameters that are stored here, taken up by the registry, and their index rows.

A parameter that is new or changed makes the rows of its types incomplete: the leader makes them
again in the background, oldest first, while writes go on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import orjson
import structlog

from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_name, type_number
from cordee.fhir.store.draft import Draft, Method
from cordee.fhir.store.journal import changes_after, head
from cordee.fhir.store.partitions import table, type_condition
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import DELETED
from cordee.runtime.errors import ProductError

_log = structlog.get_logger()
STANDING: Final[list[Mapping[str, Any]]] = []
"""Parameters that every installation has; a stored one of the same address replaces it."""
_BATCH = 200
_PAUSE_SECONDS = 0.02
_SETTLE_SECONDS = 2.0
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_FINGERPRINTS = "indexed"


async def load_parameters(kernel: Kernel) -> None:
    """Takes up all stored SearchParameters that are not retired, and gives up the others."""
    sql = (
        f"SELECT id, ver, upd, lab, method, dict, body FROM {table('SearchParameter')} r"
        f" WHERE {type_condition('SearchParameter', 'r')} AND lab & 16384 = 0 ORDER BY rid"
    )
    async with kernel.database.write.acquire() as connection:
        rows = await connection.fetch(sql)
    stored: dict[str, dict[str, Any]] = {one["url"]: dict(one) for one in STANDING}
    for row in rows:
        one = orjson.loads(version_of("SearchParameter", row["id"], row).json())
        if one.get("status") != "retired" and one.get("url"):
            stored[one["url"]] = one
    for url in kernel.registry.custom() - stored.keys():
        kernel.registry.remove(url)
    for one in stored.values():
        try:
            kernel.registry.add(one)
        except ProductError as error:
            _log.warning("search_parameter_unusable", url=one["url"], reason=error.message)


async def follow_parameters(kernel: Kernel) -> None:
    """Keeps the registry of a process like the store; runs until cancelled."""
    number = type_number("SearchParameter")
    seen = await head(kernel.database)
    while True:
        await asyncio.sleep(_SETTLE_SECONDS / 4)
        with contextlib.suppress(*_AWAY):
            changes = await changes_after(kernel.database, seen)
            if changes:
                seen = changes[-1].n
            if any(change.type == number for change in changes):
                await load_parameters(kernel)


async def keep_indexed(kernel: Kernel) -> None:
    """Makes the index rows of changed types again; runs in the leading process until cancelled."""
    while True:
        with contextlib.suppress(*_AWAY):
            await _note_changes(kernel)
            while await _step(kernel):  # noqa: ASYNC110 -- the pause leaves room for others
                await asyncio.sleep(_PAUSE_SECONDS)
        await asyncio.sleep(_SETTLE_SECONDS)


async def _note_changes(kernel: Kernel) -> None:
    """Writes down the types whose rows were made under other parameters."""
    async with kernel.database.write.acquire() as connection:
        text = await connection.fetchval(
            "SELECT value FROM installation WHERE key = $1", _FINGERPRINTS
        )
        known: dict[str, str] = orjson.loads(text) if text else {}
        # Written by the migration that came with another extraction, where there were rows.
        before = await connection.fetchval(
            "SELECT value #>> '{}' FROM installation WHERE key = 'extraction'"
        )
        plain = kernel.registry.plain_fingerprint(*([before] if before else []))
        changed = {
            name: fingerprint
            for name in RESOURCE_TYPES
            if (fingerprint := kernel.registry.type_fingerprint(name)) != known.get(name, plain)
        }
        if not changed:
            return
        # Other processes take the parameters up meanwhile, so that what they write is complete.
        await asyncio.sleep(_SETTLE_SECONDS)
        for name, fingerprint in changed.items():
            await connection.execute(
                "INSERT INTO reindex (type, fingerprint, last, total)"
                f" SELECT $1, $2, coalesce(max(rid), 0), count(*) FROM {table(name)} r"
                f" WHERE {type_condition(name, 'r')} AND r.lab < {DELETED}"
                " HAVING count(*) > 0 ON CONFLICT (type) DO UPDATE SET"
                " fingerprint = excluded.fingerprint, upto = 0,"
                " last = excluded.last, done = 0, total = excluded.total, finished = NULL",
                type_number(name),
                fingerprint,
            )
        await connection.execute(
            "INSERT INTO installation (key, value) VALUES ($1, $2)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            _FINGERPRINTS,
            orjson.dumps(known | changed).decode(),
        )


async def _step(kernel: Kernel) -> bool:
    """One batch of one type; False when all is done."""
    async with kernel.database.write.acquire() as connection:
        job = await connection.fetchrow(
            "SELECT type, upto, last FROM reindex WHERE finished IS NULL ORDER BY type LIMIT 1"
        )
        if job is None:
            return False
        name = type_name(job["type"])
        rows = await connection.fetch(
            "SELECT r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body"
            f" FROM {table(name)} r WHERE {type_condition(name, 'r')} AND r.rid > $1"
            f" AND r.rid <= $2 ORDER BY r.rid LIMIT {_BATCH}",
            job["upto"],
            job["last"],
        )
    await _refresh(kernel, name, rows)
    done = len(rows) < _BATCH
    async with kernel.database.write.acquire() as connection:
        await connection.execute(
            "UPDATE reindex SET upto = $2, done = done + $3,"
            " finished = CASE WHEN $4 THEN now() END WHERE type = $1",
            job["type"],
            rows[-1]["rid"] if rows else job["last"],
            len(rows),
            done,
        )
    return True


async def _refresh(kernel: Kernel, name: str, rows: Sequence[asyncpg.Record]) -> None:
    drafts = [
        draft
        for row in rows
        if not row["lab"] & DELETED and (draft := _draft(kernel, name, row)) is not None
    ]
    if not drafts:
        return
    try:
        await kernel.repository.write(drafts)
    except ProductError:
        for draft in drafts:  # one was written meanwhile, and is complete by that
            with contextlib.suppress(ProductError):
                await kernel.repository.write([draft])


def _draft(kernel: Kernel, name: str, row: asyncpg.Record) -> Draft | None:
    version = version_of(name, row["id"], row)
    try:
        prepared = prepare(
            kernel,
            version.json(),
            name,
            version.id,
            method=Method.REFRESH,
            expected=version.version,
        )
    except ProductError:
        _log.warning("not_indexed_again", type=name)
        return None
    return prepared.draft
