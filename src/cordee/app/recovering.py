"""A base as it was at a moment: a copy of the cluster, and the log that was archived since.

Decision 0039. The log lies in `CORDEE_ARCHIVE`; without it a copy holds its own end only.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cordee.runtime.database import single_connection
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, Unavailable
from cordee.runtime.postgres.archiving import take_base
from cordee.runtime.postgres.binaries import Runner, runner_for
from cordee.runtime.postgres.cluster import Cluster
from cordee.runtime.settings import Settings

BASE, LOG = "base.tar", "pg_wal.tar"
_ARCHIVED, _SIGNAL = "cordee_archived", "recovery.signal"
_SEGMENT = 24
_LOOK_SECONDS, _LONGEST_SECONDS = 0.5, 4 * 3600


def copy_base(cluster: Cluster, folder: Path, settings: Settings) -> None:
    """Copies the running cluster; `Conflict` where a copy lies already."""
    if (folder / BASE).exists():
        raise Conflict(f"{folder}: there is a backup here already; give a new folder")
    take_base(cluster.addresses().superuser, folder, settings.pg_bin)
    for file in (BASE, LOG, "backup_manifest"):
        (folder / file).chmod(0o600)


def read_moment(text: str) -> datetime:
    """The moment of `--to`; raises `InvalidRequest` without a time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequest("--to: give a moment with its zone, as in 2026-11-22T09:10:00+01:00")
    return moment.astimezone(UTC)


def recover(folder: Path, settings: Settings, moment: datetime | None) -> None:
    """Makes the cluster of an installation that has none: all that is known, or until `moment`.

    Raises `Conflict` where a cluster lies, `Unavailable` when the log ends before the moment.
    """
    cluster = Cluster(settings.data, binaries=settings.pg_bin)
    if cluster.folder.exists():
        raise Conflict("this installation is not empty; restore into a new data folder")
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    runner = runner_for(cluster.folder)
    try:
        _lay_out(folder, cluster.folder, settings.archive)
        _tell(cluster.folder, moment)
        _hand_over(cluster.folder, runner)
        with cluster as addresses:
            asyncio.run(_wait_for_end(addresses.superuser))
            _forget(cluster.folder)
    except BaseException as error:
        cluster.stop()
        log = cluster.folder / "server.log"
        said = log.read_text(errors="replace") if log.exists() else ""
        shutil.rmtree(cluster.folder, ignore_errors=True)
        if "before configured recovery target" in said:
            raise NotFound("--to: the archived log ends before this moment") from error
        raise


def _lay_out(folder: Path, place: Path, archive: Path | None) -> None:
    place.mkdir(mode=0o700)
    for name, target in ((BASE, place), (LOG, place / "pg_wal")):
        with tarfile.open(folder / name) as packed:
            packed.extractall(target, filter="data")
    (place / "server.log").unlink(missing_ok=True)
    archived = place / _ARCHIVED
    archived.mkdir(mode=0o700)
    if archive is None or not archive.is_dir():
        return
    first = min(one.name for one in (place / "pg_wal").iterdir() if len(one.name) == _SEGMENT)
    for file in archive.iterdir():
        # What was not full yet when it broke off has `.partial` behind its name.
        name = file.name.removesuffix(".partial")
        is_later = len(name) != _SEGMENT or name[8:] >= first[8:]
        if is_later and not (archived / name).exists():
            shutil.copyfile(file, archived / name)


def _tell(place: Path, moment: datetime | None) -> None:
    lines = [f"restore_command = 'cp {_ARCHIVED}/%f %p'", "recovery_target_action = 'promote'"]
    if moment is not None:
        lines.append(f"recovery_target_time = '{moment.isoformat()}'")
    own = place / "postgresql.auto.conf"
    own.write_text(own.read_text() + "\n".join(lines) + "\n")
    (place / _SIGNAL).touch()


def _hand_over(place: Path, runner: Runner) -> None:
    place.chmod(0o700)
    if runner.uid is None or runner.gid is None:
        return
    for parent, folders, files in os.walk(place):
        for name in [".", *folders, *files]:
            os.chown(Path(parent) / name, runner.uid, runner.gid)


async def _wait_for_end(url: str) -> None:
    """Returns when the log was read to its end, or to the moment, and writes are taken."""
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        async with single_connection(url) as connection:
            if not await connection.fetchval("SELECT pg_is_in_recovery()"):
                return
        await asyncio.sleep(_LOOK_SECONDS)
    raise Unavailable("the log was not read to its end in four hours; see postgres/server.log")


def _forget(place: Path) -> None:
    """Removes what the recovery was told: the next start is an ordinary one."""
    own = place / "postgresql.auto.conf"
    kept = [
        line
        for line in own.read_text().splitlines(keepends=True)
        if not line.startswith(("restore_command", "recovery_target"))
    ]
    own.write_text("".join(kept))
    shutil.rmtree(place / _ARCHIVED)
