"""Applies `migrations/*.sql` in order, forward only, each in its own transaction.

An older release refuses to start on a schema that no longer carries it (`compatible`).
"""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg

from cordee.runtime.errors import Unavailable
from cordee.runtime.resources import data_folder

COMPATIBLE = 24  # the oldest release, by its newest schema, that reads the newest one
_LOCK = 0x636F7264
# A migration that waits for a lock makes everybody behind it wait: better try again later.
_LOCK_TIMEOUT = "10s"


async def migrate(url: str) -> int:
    """Brings the database at `url` (the owner's) to the newest schema; its version."""
    try:
        connection = await asyncpg.connect(url, server_settings={"application_name": "migrate"})
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer: {error}") from error
    try:
        await _check_server(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        return await _apply_missing(connection)
    except asyncpg.LockNotAvailableError as error:
        raise Unavailable(
            "a table that the migration changes is in use; try again, or end what uses it"
        ) from error
    finally:
        await connection.close()


async def _apply_missing(connection: asyncpg.Connection) -> int:
    present = await _version(connection)
    for number, text in _migrations():
        if number <= present:
            continue
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            await connection.execute(text)
            await connection.execute(
                "INSERT INTO schema_version (version, compatible) VALUES ($1, $2)",
                number,
                COMPATIBLE,
            )
        present = number
    return present


async def check_schema(connection: asyncpg.Connection) -> None:
    """Raises `Unavailable` when this release and the schema do not fit."""
    newest = max(number for number, _ in _migrations())
    present = await _version(connection)
    if present < newest:
        raise Unavailable(
            f"the database has schema {present}, this release needs {newest}; run `cordee migrate`"
        )
    if present > newest:
        compatible = await connection.fetchval("SELECT max(compatible) FROM schema_version")
        if (compatible or 0) > newest:
            raise Unavailable(
                f"the database has schema {present}, which this release is too old for; "
                "install a newer one"
            )


async def _check_server(connection: asyncpg.Connection) -> None:
    if connection.get_server_version().major < 17:  # noqa: PLR2004 -- the floor that we document
        raise Unavailable("PostgreSQL 17 or newer is needed")


async def _version(connection: asyncpg.Connection) -> int:
    known = await connection.fetchval("SELECT to_regclass('schema_version')")
    if known is None:
        return 0
    return await connection.fetchval("SELECT max(version) FROM schema_version") or 0


def _migrations() -> Iterator[tuple[int, str]]:
    folder = data_folder("migrations")
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".sql"):
            yield int(file.name[:4]), file.read_text(encoding="utf-8")
