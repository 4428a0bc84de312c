"""Backup and restore: the base of one installation stands whole in another."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
import subprocess
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import given
from cordee.runtime.postgres.binaries import Runner, find_binaries
from cordee.runtime.postgres.cluster import Cluster
from running import Server, forget_sockets, run

PEOPLE = 12


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a small base: versions, a deletion, a transaction, labels."""
    server = Server(tmp_path_factory.mktemp("original") / "data").start()
    with server.client() as client:
        for number in range(PEOPLE):
            name = [{"family": f"Exemple{number}"}]
            client.put(f"Patient/p{number}", json=given.patient(id=f"p{number}", name=name))
        for number in range(3):
            changed = given.patient(id="p0", birthDate=f"198{number}-01-01")
            assert client.put("Patient/p0", json=changed).status_code == 200
        client.delete("Patient/p1")
        entries = [given.entry("POST", "Observation", given.observation("Patient/p2"))] * 5
        client.post("", json=given.bundle("transaction", *entries))
    yield server
    server.stop()
    forget_sockets(server.data)


@pytest.fixture(scope="module")
def dump(original: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it, made while it runs and a write was not published yet."""
    folder = tmp_path_factory.mktemp("dump") / "backup"
    asyncio.run(leave_unpublished(original))
    done = run("backup", str(folder), data=original.data)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def restored(
    original: Server, dump: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server on what was restored into a folder of its own."""
    data = tmp_path_factory.mktemp("restored") / "data"
    shutil.copytree(original.settings.keys, data / "keys")
    done = run("restore", str(dump), data=data)
    assert done.returncode == 0, done.stderr
    server = Server(data).start()
    yield server
    server.stop()
    forget_sockets(data)


async def leave_unpublished(server: Server) -> None:
    """A line of the journal that no leader has seen: its transaction number is that of far later."""
    connection = await asyncpg.connect(Cluster(server.data).addresses().superuser)
    try:
        await connection.execute(
            "INSERT INTO journal (xid, type, method, ver, rid, upd)"
            " SELECT '4000000000', type, 2, ver, rid, upd FROM resource WHERE id = 'p3'"
        )
    finally:
        await connection.close()


async def table(server: Server, sql: str) -> list[Any]:
    connection = await asyncpg.connect(Cluster(server.data).addresses().superuser)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def everything(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """Entries of all pages, without the address of the server."""
    entries: list[dict[str, Any]] = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        entries += page.get("entry", ())
        path = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
    text = json.dumps(entries).replace(str(client.base_url).rstrip("/"), "base")
    return json.loads(text)


@pytest.mark.requirement("A6.2")
@pytest.mark.parametrize("name", ["body-1.key", "index.key"])
def test_a_backup_opens_nothing_without_the_keys(
    original: Server, dump: Path, tmp_path: Path, name: str
) -> None:
    assert not any(one.suffix == ".key" for one in dump.iterdir())
    shutil.copytree(original.settings.keys, tmp_path / "keys")
    (tmp_path / "keys" / name).unlink()

    without = run("restore", str(dump), data=tmp_path)
    (tmp_path / "keys" / name).write_bytes(bytes(32))
    another = run("restore", str(dump), data=tmp_path)

    assert without.returncode == another.returncode == 1
    assert name in without.stderr
    assert f"{name} is not the key that the backup was made with" in another.stderr
    assert not (tmp_path / "postgres").exists()


@pytest.mark.requirement("A6.2")
def test_a_backup_says_that_the_keys_are_kept_apart(original: Server, tmp_path: Path) -> None:
    done = run("backup", str(tmp_path / "backup"), data=original.data)

    assert "The keys are not in it" in done.stdout
    assert "index.key, body-1.key" in done.stdout


@pytest.mark.parametrize(
    "path",
    [
        "Patient?_count=5&_sort=_id", "Observation?patient=Patient/p2&_sort=_id",
        "Patient/_history?_count=50", "Patient/p0/_history", "Patient?family=Exemple7",
        "Observation?patient.birthdate=1980-02-29&code=http://loinc.org|29463-7&_sort=_id",
    ],
)  # fmt: skip
@pytest.mark.requirement("A6.8")
def test_a_restored_base_answers_the_same(original: Server, restored: Server, path: str) -> None:
    with original.client() as before, restored.client() as after:
        wanted = everything(before, path)
        assert wanted
        assert everything(after, path) == wanted
        assert after.get("Patient/p1").status_code == 410


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n, type, method, ver, rid, upd, pat FROM journal_pub WHERE n <= {head} ORDER BY n",
        "SELECT * FROM history ORDER BY rid, ver",
        "SELECT key, sd, rid, pat FROM sp_sort ORDER BY 1, 2, 3",
    ],
)
@pytest.mark.requirement("A6.8")
def test_rows_are_those_of_before(original: Server, restored: Server, sql: str) -> None:
    (head,) = asyncio.run(table(original, "SELECT n FROM journal_head"))[0]

    wanted = asyncio.run(table(original, sql.format(head=head)))

    assert wanted
    assert asyncio.run(table(restored, sql.format(head=head))) == wanted


def test_a_write_that_waited_for_its_number_gets_it(restored: Server) -> None:
    assert asyncio.run(table(restored, "SELECT count(*) FROM journal"))[0][0] == 0
    last = "SELECT method FROM journal_pub ORDER BY n DESC LIMIT 1"
    assert asyncio.run(table(restored, last)) == [(2,)]
    done = run("check", data=restored.data)
    assert done.returncode == 0, done.stderr


@pytest.mark.requirement("A6.8")
def test_a_restored_base_takes_writes(restored: Server) -> None:
    with restored.client() as client:
        made = client.post("Patient", json=given.patient())
        again = client.put("Patient/p0", json=given.patient(id="p0"))
        found = client.get("Patient", params={"_id": made.json()["id"]}).json()

    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["meta"]["versionId"] == "5"
    assert found["total"] == 1


@pytest.mark.requirement("A6.2")
def test_a_dump_is_for_its_owner_and_holds_no_key(original: Server, dump: Path) -> None:
    program = find_binaries(Runner(None, None, "")) / "pg_restore"
    command = [str(program), "-f", "-", str(dump / "cordee.dump")]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    text += (dump / "index.key.digest").read_bytes()

    assert stat.S_IMODE((dump / "cordee.dump").stat().st_mode) == 0o600
    assert b'"value":70.5'.hex().encode() in text
    assert b"Exemple7".hex().encode() not in text  # sealed; its index row says it in small letters
    assert b"exemple7" in text
    for key in original.settings.keys.iterdir():
        secret = key.read_bytes()
        for written in (
            secret,
            secret.hex().encode(),
            b64encode(secret),
            urlsafe_b64encode(secret),
        ):
            assert written not in text


def test_a_base_that_is_not_empty_is_left_alone(restored: Server, dump: Path) -> None:
    done = run("restore", str(dump), data=restored.data)

    assert done.returncode == 1
    assert "not empty" in done.stderr


def test_a_restore_without_the_key_is_refused(dump: Path, tmp_path: Path) -> None:
    missing = run("restore", str(dump), data=tmp_path / "a")
    (tmp_path / "b" / "keys").mkdir(parents=True)
    (tmp_path / "b" / "keys" / "index.key").write_bytes(b"x" * 32)
    other = run("restore", str(dump), data=tmp_path / "b")
    nothing = run("restore", str(tmp_path), data=tmp_path / "c")

    assert (missing.returncode, other.returncode, nothing.returncode) == (1, 1, 1)
    assert "copy its folder of keys" in missing.stderr
    assert "not the key" in other.stderr
    assert "no backup" in nothing.stderr
