"""`cordee backup` and `cordee restore`: the base as one dump; the keys are kept apart."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
from pathlib import Path

from cordee.app.wiring import Place, database_place
from cordee.runtime.database import single_connection
from cordee.runtime.errors import Conflict, NotFound, Unavailable
from cordee.runtime.postgres.binaries import Runner, find_binaries
from cordee.runtime.settings import Settings

_DUMP = "cordee.dump"


def backup(options: argparse.Namespace, settings: Settings) -> None:
    """Writes the dump into a folder; the folder of keys must be copied apart."""
    folder: Path = options.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database_place(settings) as place:
        _run(settings, ["pg_dump", "-Fc", "-f", str(folder / _DUMP), "-d", place.owner_url])
    (folder / _DUMP).chmod(0o600)


def restore(options: argparse.Namespace, settings: Settings) -> None:
    """Puts a dump into an installation that is empty."""
    dump = options.folder / _DUMP
    if not dump.exists():
        raise NotFound(f"{options.folder}: there is no backup here")
    with database_place(settings) as place:
        if asyncio.run(_has_schema(place)):
            raise Conflict("this installation is not empty; restore into a new data folder")
        _run(settings, ["pg_restore", "--no-owner", "-e", "-d", place.owner_url, str(dump)])


async def _has_schema(place: Place) -> bool:
    async with single_connection(place.owner_url) as connection:
        return bool(await connection.fetchval("SELECT to_regclass('resource') IS NOT NULL"))


def _run(settings: Settings, command: list[str]) -> None:
    programs = find_binaries(Runner(None, None, ""), settings.pg_bin)
    done = subprocess.run(  # noqa: S603 -- our own program and arguments
        [str(programs / command[0]), *command[1:]], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
