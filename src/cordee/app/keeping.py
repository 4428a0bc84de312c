"""`cordee backup` and `cordee restore`: the base as one dump; the keys are kept apart.

Where the log is archived (`CORDEE_ARCHIVE`), a backup is a copy of the cluster instead, from which
`restore --to` goes forward to any later moment (`recovering`).
The dump leads nowhere without the key of the index, so the backup notes which one it was, as a
digest that says nothing of it, and a restore refuses another.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from cordee.app.housekeeping import settle
from cordee.app.recovering import BASE, copy_base, read_moment, recover
from cordee.app.wiring import INDEX_KEY, Place, database_place
from cordee.runtime.database import single_connection
from cordee.runtime.envelopes import wrapping_key
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, Unavailable
from cordee.runtime.keys import secret
from cordee.runtime.postgres.binaries import Runner, find_binaries
from cordee.runtime.settings import Settings

_DUMP, _KEY_MARK, _BODY_MARK = "cordee.dump", "index.key.digest", "body.key.digest"
_WRAPPING = "SELECT DISTINCT wrapping FROM data_key ORDER BY wrapping"


def backup(options: argparse.Namespace, settings: Settings) -> None:
    """Writes the backup into a folder, and says that the keys are not in it."""
    folder: Path = options.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database_place(settings) as place:
        if settings.archive is not None and place.cluster is not None:
            copy_base(place.cluster, folder, settings)
        else:
            _run(settings, place, ["pg_dump", "-Fc", "-f", str(folder / _DUMP)])
            (folder / _DUMP).chmod(0o600)
        wrapping = asyncio.run(_wrapping(place))
    (folder / _KEY_MARK).write_text(_key_mark(settings) + "\n")
    marks = [f"{name} {_digest(settings, name)}\n" for name in wrapping]
    (folder / _BODY_MARK).write_text("".join(marks))
    needed = ", ".join([INDEX_KEY, *wrapping])
    sys.stdout.write(
        f"backup in {folder}. The keys are not in it: without {needed} of {settings.keys} nothing"
        " that is sealed can ever be read again. Keep a copy of that folder, apart from backups.\n"
    )


def restore(options: argparse.Namespace, settings: Settings) -> None:
    """Puts a backup into an installation that is empty: all of it, or nothing."""
    dump = options.folder / _DUMP
    moment = read_moment(options.to) if options.to else None
    if (options.folder / BASE).exists():
        if settings.database_url:
            raise InvalidRequest("this backup is of an embedded PostgreSQL; give no --database-url")
        _check_keys(options.folder, settings)
        recover(options.folder, settings, moment)
        return
    if moment is not None:
        raise InvalidRequest("--to: this backup is a dump of one moment; see CORDEE_ARCHIVE")
    if not dump.exists():
        raise NotFound(f"{options.folder}: there is no backup here")
    _check_keys(options.folder, settings)
    with database_place(settings) as place:
        if asyncio.run(_has_schema(place)):
            raise Conflict("this installation is not empty; restore into a new data folder")
        _run(settings, place, ["pg_restore", "--no-owner", "--single-transaction", str(dump)])
        asyncio.run(_adopt(place))


def _check_keys(folder: Path, settings: Settings) -> None:
    mark = folder / _KEY_MARK
    if not (settings.keys / INDEX_KEY).exists():
        raise NotFound(
            f"{settings.keys}: the key {INDEX_KEY} of the backed-up installation is not here; "
            "copy its folder of keys first"
        )
    if mark.exists() and mark.read_text().strip() != _key_mark(settings):
        raise Conflict(
            f"{settings.keys / INDEX_KEY} is not the key that the backup was made with: nothing "
            "would be found; copy that installation's folder of keys first"
        )
    bodies = folder / _BODY_MARK
    for line in bodies.read_text().splitlines() if bodies.exists() else ():
        name, _, digest = line.partition(" ")
        if _digest(settings, name) != digest:
            raise Conflict(
                f"{settings.keys / name} is not the key that the backup was made with: no body"
                " would open; copy that installation's folder of keys first"
            )


def _key_mark(settings: Settings) -> str:
    return hmac.digest(secret(settings.keys, INDEX_KEY), b"cordee backup", "sha256").hex()


def _digest(settings: Settings, name: str) -> str:
    """A digest that says nothing of a wrapping key; raises `KeyMissing` when it is not here."""
    return hmac.digest(wrapping_key(settings.keys, name), b"cordee backup", "sha256").hex()


async def _wrapping(place: Place) -> list[str]:
    async with single_connection(place.owner_url) as connection:
        if not await connection.fetchval("SELECT to_regclass('data_key') IS NOT NULL"):
            return []
        return [row["wrapping"] for row in await connection.fetch(_WRAPPING)]


async def _has_schema(place: Place) -> bool:
    async with single_connection(place.owner_url) as connection:
        return bool(await connection.fetchval("SELECT to_regclass('resource') IS NOT NULL"))


async def _adopt(place: Place) -> None:
    """Makes the base at home in its new cluster: transaction numbers, statistics, visibility."""
    async with single_connection(place.owner_url) as connection:
        # What was not published yet waits for transactions of the former cluster: all are over.
        await connection.execute("UPDATE journal SET xid = '3'::xid8")
    await settle(place.owner_url)


def _run(settings: Settings, place: Place, command: list[str]) -> None:
    program = find_binaries(Runner(None, None, ""), settings.pg_bin) / command[0]
    with _without_password(place.owner_url) as address:
        done = subprocess.run(  # noqa: S603 -- our own program and arguments
            [str(program), "-d", address, *command[1:]], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


@contextmanager
def _without_password(url: str) -> Iterator[str]:
    """The address without its password, which stands in a file: arguments can be seen by all."""
    scheme, _, rest = url.partition("://")
    end = next((i for i, character in enumerate(rest) if character in "/?"), len(rest))
    login, at, servers = rest[:end].rpartition("@")
    user, _, password = login.partition(":")
    if not password:
        yield url
        return
    descriptor, path = tempfile.mkstemp(prefix="cordee-pass-")
    try:
        with os.fdopen(descriptor, "w") as file:
            escaped = unquote(password).replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
        tail = rest[end:]
        tail += ("&" if "?" in tail else "?") + f"passfile={quote(path, safe='')}"
        yield f"{scheme}://{user}{at}{servers}{tail}"
    finally:
        Path(path).unlink()
