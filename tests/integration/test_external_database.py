"""A PostgreSQL of somebody else, over TCP with a password: migrate, serve, write, restart, dump."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import pytest

import given
from cordee.runtime.postgres.binaries import find_binaries, runner_for
from cordee.runtime.postgres.cluster import Cluster
from running import Server, forget_sockets, run

PASSWORD = "s3cret: d'être/à@Lure%20\\"
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class External:
    """A cluster that listens on loopback and asks for passwords."""

    cluster: Cluster
    port: int

    def url(self, user: str, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def control(self, *arguments: str) -> None:
        folder = self.cluster.folder
        runner = runner_for(folder)
        program = str(find_binaries(runner) / "pg_ctl")
        done = runner.run(
            [program, "-D", "/proc/self/cwd", "-w", "-l", "server.log", *arguments], folder
        )
        assert done.returncode == 0, done.stdout


async def say(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture(scope="module")
def external() -> Iterator[External]:
    literal = "'" + PASSWORD.replace("'", "''") + "'"
    with tempfile.TemporaryDirectory(prefix="cordee-test-") as folder:
        cluster = Cluster(Path(folder) / "data")
        running = External(cluster, free_port())
        with cluster as addresses:
            asyncio.run(
                say(
                    addresses.superuser,
                    "ALTER SYSTEM SET listen_addresses = '127.0.0.1'",
                    f"ALTER SYSTEM SET port = {running.port}",
                    f"ALTER ROLE cordee_owner PASSWORD {literal}",
                    f"ALTER ROLE cordee_app PASSWORD {literal}",
                    f"CREATE ROLE region LOGIN PASSWORD {literal} IN ROLE cordee_app",
                    "CREATE DATABASE two OWNER cordee_owner",
                    "CREATE DATABASE one OWNER region",
                    "CREATE DATABASE again_two OWNER cordee_owner",
                    "CREATE DATABASE again_one OWNER region",
                )
            )
            with (cluster.folder / "pg_hba.conf").open("a") as file:
                file.write(HBA)
            running.control("restart")
            yield running
        forget_sockets(cluster.data)


@pytest.fixture(scope="module", params=["two roles", "one role"])
def addresses(external: External, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of an installation, with an owner apart and with one role for all."""
    if request.param == "one role":
        return {"CORDEE_DATABASE_URL": external.url("region", "one")}
    return {
        "CORDEE_DATABASE_URL": external.url("cordee_app", "two"),
        "CORDEE_MIGRATE_URL": external.url("cordee_owner", "two"),
    }


@pytest.fixture(scope="module")
def server(addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("external") / "data"
    done = run("migrate", data=data, **addresses)
    assert done.returncode == 0, done.stderr
    running = Server(data, **addresses).start()
    yield running
    running.stop()


def test_writes_are_there_after_a_restart(server: Server) -> None:
    with server.client() as client:
        made = client.post("Patient", json=given.patient()).json()
        assert client.get(f"Patient/{made['id']}").json() == made
    assert server.stop() == 0
    server.start()

    with server.client() as client:
        found = client.get("Patient", params={"_id": made["id"]}).json()
        changed = client.put(f"Patient/{made['id']}", json=made)

    assert found["total"] == 1
    assert changed.json()["meta"]["versionId"] == "2"
    assert not (server.data / "postgres").exists()


def test_the_database_may_restart_under_the_server(external: External, server: Server) -> None:
    with server.client() as client:
        made = client.post("Patient", json=given.patient()).json()
        external.control("restart", "-m", "fast")

        statuses = settled(client, f"Patient/{made['id']}")

    assert statuses[-1] == 200
    assert set(statuses) <= {200, 503}


@pytest.mark.requirement("A6.12")
def test_the_password_is_in_no_message(external: External, server: Server, tmp_path: Path) -> None:
    wrong = external.url("cordee_app", "two", "wrong-pass-word")
    done = run("migrate", data=tmp_path / "data", CORDEE_DATABASE_URL=wrong)

    assert done.returncode == 1
    assert "database" in done.stderr
    assert "Traceback" not in done.stderr
    for text in (done.stderr, server.errors):
        assert PASSWORD not in text
        assert quote(PASSWORD, safe="") not in text
        assert "wrong-pass-word" not in text


@pytest.mark.requirement("A6.8")
def test_dump_and_restore_over_tcp(external: External, server: Server, tmp_path: Path) -> None:
    target = {
        name: url.replace("/two", "/again_two").replace("/one", "/again_one")
        for name, url in server.environment.items()
    }
    with server.client() as client:
        made = client.post("Patient", json=given.patient()).json()
    backup = run("backup", str(tmp_path / "dump"), data=server.data, **server.environment)
    assert backup.returncode == 0, backup.stderr
    shutil.copytree(server.settings.keys, tmp_path / "new" / "keys")

    restored = run("restore", str(tmp_path / "dump"), data=tmp_path / "new", **target)

    assert restored.returncode == 0, restored.stderr
    again = Server(tmp_path / "new", **target).start()
    with again.client() as client:
        assert client.get(f"Patient/{made['id']}").json() == made
    assert again.stop() == 0


def settled(client: httpx.Client, path: str) -> list[int]:
    """Statuses until the first 200, twenty seconds at most."""
    statuses: list[int] = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and statuses[-1:] != [200]:
        statuses.append(client.get(path).status_code)
        time.sleep(0.05)
    return statuses
