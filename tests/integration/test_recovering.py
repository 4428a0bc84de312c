"""Point-in-time recovery: write, back up, write more, lose the disk, stand at a moment between."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import given
from cordee.runtime.postgres.cluster import Cluster
from running import Server, forget_sockets, run


@dataclass(frozen=True, slots=True)
class Loss:
    """What is left of an installation whose disk is gone."""

    keys: Path
    backup: Path
    archive: Path
    between: str


def put(server: Server, *names: str) -> None:
    with server.client() as client:
        for name in names:
            assert client.put(f"Patient/{name}", json=given.patient(id=name)).status_code == 201


@pytest.fixture(scope="module")
def loss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loss]:
    """Written before the backup, after it, after the moment; then everything was killed."""
    folder = tmp_path_factory.mktemp("lost")
    told = {"CORDEE_ARCHIVE": str(folder / "archive")}
    server = Server(folder / "data", **told).start()
    put(server, "before")
    done = run("backup", str(folder / "backup"), data=server.data, **told)
    assert done.returncode == 0, done.stderr
    put(server, "between")
    time.sleep(1)
    between = datetime.now(UTC).isoformat()
    time.sleep(1)
    put(server, "after")
    with server.client() as client:
        client.delete("Patient/between")
    time.sleep(3)  # the archive follows within a second
    pid = Cluster(server.data).pid()
    server.kill()
    os.kill(pid or 0, signal.SIGKILL)
    forget_sockets(server.data)
    shutil.copytree(server.data / "keys", folder / "keys")
    shutil.rmtree(server.data)
    yield Loss(folder / "keys", folder / "backup", folder / "archive", between)


def restored(loss: Loss, data: Path, *options: str, archive: bool = True) -> dict[str, int]:
    """Restores into `data`, serves, and gives the status of each patient."""
    shutil.copytree(loss.keys, data / "keys")
    told = {"CORDEE_ARCHIVE": str(loss.archive)} if archive else {}
    done = run("restore", str(loss.backup), *options, data=data, **told)
    assert done.returncode == 0, done.stderr
    server = Server(data).start()
    try:
        with server.client() as client:
            found = {
                name: client.get(f"Patient/{name}").status_code
                for name in ("before", "between", "after")
            }
            assert client.post("Patient", json=given.patient()).status_code == 201
        checked = run("check", data=data)
        assert checked.returncode == 0, checked.stderr
        audit = run("check", "audit", data=data)
        assert audit.returncode == 0, audit.stderr
    finally:
        server.stop()
        forget_sockets(data)
    return found


@pytest.mark.requirement("A6.8")
def test_the_base_stands_as_it_was_at_the_moment(loss: Loss, tmp_path: Path) -> None:
    found = restored(loss, tmp_path / "data", "--to", loss.between)

    assert found == {"before": 200, "between": 200, "after": 404}
    assert not (tmp_path / "data" / "postgres" / "recovery.signal").exists()
    assert "recovery" not in (tmp_path / "data" / "postgres" / "postgresql.auto.conf").read_text()


@pytest.mark.requirement("A6.8")
def test_without_a_moment_nothing_that_was_archived_is_lost(loss: Loss, tmp_path: Path) -> None:
    found = restored(loss, tmp_path / "data")

    assert found == {"before": 200, "between": 410, "after": 200}


def test_without_the_archive_a_backup_holds_its_own_moment(loss: Loss, tmp_path: Path) -> None:
    found = restored(loss, tmp_path / "data", archive=False)

    assert found == {"before": 200, "between": 404, "after": 404}


def test_a_moment_that_is_none_or_not_archived_is_refused(loss: Loss, tmp_path: Path) -> None:
    told = {"CORDEE_ARCHIVE": str(loss.archive)}
    shutil.copytree(loss.keys, tmp_path / "data" / "keys")

    none = run("restore", str(loss.backup), "--to", "yesterday", data=tmp_path / "data", **told)
    late = run(
        "restore", str(loss.backup), "--to", "2099-01-01T00:00:00Z", data=tmp_path / "data", **told
    )

    assert none.returncode == 2
    assert "--to" in none.stderr
    assert late.returncode == 1, late.stderr
    assert "ends before" in late.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_base_that_is_there_is_left_alone(loss: Loss, tmp_path: Path) -> None:
    shutil.copytree(loss.keys, tmp_path / "data" / "keys")
    (tmp_path / "data" / "postgres").mkdir()

    done = run("restore", str(loss.backup), data=tmp_path / "data")

    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (tmp_path / "data" / "postgres").exists()
