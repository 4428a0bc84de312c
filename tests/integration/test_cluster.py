"""The embedded PostgreSQL and the commands on a data folder: start, join, refuse, stop, mend."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

import given
from cordee.runtime.postgres.cluster import Cluster
from running import PROGRAM, Server, forget_sockets, run, served


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cordee-test-") as folder:
        data = Path(folder) / "data"
        yield data
        forget_sockets(data)


def alive(pid: int | None) -> bool:
    """Whether a process runs; one that has ended may wait for its parent to look."""
    if pid is None or not Path(f"/proc/{pid}").exists():
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for_end(data: Path) -> None:
    while Cluster(data).pid() is not None:
        time.sleep(0.02)


def modes(data: Path) -> list[int]:
    socket = Path(json.loads((data / "postgres.json").read_text())["socket"])
    return [stat.S_IMODE(folder.stat().st_mode) for folder in (socket, data / "postgres", data)]


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_cluster_starts_joins_and_stops_with_its_last_user() -> None:
    with fresh_folder() as data:
        with Cluster(data) as addresses:
            first = Cluster(data).pid()
            with Cluster(data) as again:
                assert Cluster(data).pid() == first
                assert again == addresses
            assert alive(first)
            assert await ask(addresses.application, "SELECT current_user") == "cordee_app"
        assert not alive(first)
        assert not (data / "postgres" / "postmaster.pid").exists()


async def test_cluster_comes_back_after_a_kill_with_what_was_written() -> None:
    with fresh_folder() as data, Cluster(data) as addresses:
        await ask(addresses.owner, "CREATE TABLE kept AS SELECT 42 AS n")
        os.kill(Cluster(data).pid() or 0, signal.SIGKILL)
        await asyncio.to_thread(wait_for_end, data)

        assert await asyncio.to_thread(Cluster(data).revive)
        assert await ask(addresses.owner, "SELECT n FROM kept") == 42
        assert not Cluster(data).revive()


async def test_nobody_else_comes_in() -> None:
    with fresh_folder() as data, Cluster(data) as addresses:
        assert await ask(addresses.superuser, "SHOW listen_addresses") == ""
        assert await ask(addresses.superuser, "SHOW fsync") == "on"
        assert modes(data) == [0o700, 0o700, 0o700]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_root_runs_it_as_another_user_and_changes_nobodys_permissions() -> None:
    parents = [Path(sys.prefix), Path(tempfile.gettempdir()), *Path(sys.prefix).parents]
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in parents]

    with fresh_folder() as data, Cluster(data):
        pid = Cluster(data).pid()
        assert Path(f"/proc/{pid}").stat().st_uid != 0
        assert (data / "postgres").stat().st_uid == Path(f"/proc/{pid}").stat().st_uid

    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in parents] == before


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user then")
def test_an_ordinary_user_runs_it_as_themselves() -> None:
    nobody = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="cordee-test-"))
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    code = (
        "import os, sys; from pathlib import Path\n"
        "import asyncio, asyncpg\n"
        "from cordee.runtime.postgres.cluster import Cluster\n"
        "async def ask(url):\n"
        "    connection = await asyncpg.connect(url)\n"
        "    print(await connection.fetchval('SELECT current_user'))\n"
        "    await connection.close()\n"
        "os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))\n"
        "data = Path(sys.argv[1]) / 'data'\n"
        "with Cluster(data) as addresses:\n"
        "    pid = Cluster(data).pid()\n"
        "    assert Path(f'/proc/{pid}').stat().st_uid == os.geteuid() != 0\n"
        "    asyncio.run(ask(addresses.application))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(nobody.pw_uid), str(nobody.pw_gid)],
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip

    forget_sockets(folder / "data")
    shutil.rmtree(folder)
    assert done.stdout.strip() == "cordee_app", done.stderr


def test_second_server_on_a_folder_is_refused(live_server: Server) -> None:
    done = run("serve", "--port", "0", data=live_server.data)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "already runs" in done.stderr
    assert str(live_server.data) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_port_in_use_is_refused_with_what_to_do(live_server: Server, tmp_path: Path) -> None:
    port = live_server.url.rpartition(":")[2]

    done = run("serve", "--port", port, data=tmp_path / "data")

    forget_sockets(tmp_path / "data")
    assert done.returncode == 1
    assert "--port" in done.stderr


def test_other_commands_join_the_running_server(live_server: Server) -> None:
    before = Cluster(live_server.data).pid()

    migrated = run("migrate", data=live_server.data)
    token = run("token", "--system", data=live_server.data)

    assert migrated.returncode == 0, migrated.stderr
    assert token.returncode == 0
    assert Cluster(live_server.data).pid() == before
    with live_server.client() as client:
        answer = client.get("Patient", headers={"authorization": f"Bearer {token.stdout.strip()}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--port", "many"), ("serve", "--workers", "0"), ("nonsense",), ("token",), (),
        ("token", "--system", "--minutes", "0"), ("token", "--system", "--scope", "nonsense"),
        ("serve", "--port", "70000"), ("import",),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_two(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*arguments, data=tmp_path) if arguments else subprocess.run(
        [str(PROGRAM)], capture_output=True, text=True, check=False
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_setting_names_its_variable(tmp_path: Path) -> None:
    done = run("serve", data=tmp_path, CORDEE_REFERENCES="sometimes")

    assert done.returncode == 2
    assert "CORDEE_REFERENCES" in done.stderr


def test_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    done = run("migrate", "--database-url", "postgresql://127.0.0.1:1/x", data=tmp_path)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "database" in done.stderr


def test_keys_are_for_their_owner_only(live_server: Server) -> None:
    keys = list(live_server.settings.keys.iterdir())

    assert {key.name for key in keys} >= {"index.key", "token.key"}
    assert stat.S_IMODE(live_server.settings.keys.stat().st_mode) == 0o700
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.requirement("A6.12")
def test_keys_stay_from_start_to_start_and_are_in_no_log() -> None:
    with served() as server:
        with server.client() as client:
            made = client.post("Patient", json=given.patient()).json()
        token = server.token()
        before = {key.name: key.read_bytes() for key in server.settings.keys.iterdir()}
        assert server.stop() == 0
        server.start()

        with server.client() as client:
            client.headers["authorization"] = f"Bearer {token}"
            assert client.get(f"Patient/{made['id']}").json() == made
        after = {key.name: key.read_bytes() for key in server.settings.keys.iterdir()}
        assert after == before
        for secret in before.values():
            assert secret.hex() not in server.errors


def test_server_ends_cleanly_within_five_seconds() -> None:
    with served() as server:
        pid = Cluster(server.data).pid()
        started = time.monotonic()

        code = server.stop()

        assert code == 0
        assert time.monotonic() - started < 5
        assert not alive(pid)
        assert "Traceback" not in server.errors


def test_requests_in_flight_are_finished_at_the_end() -> None:
    with served() as server, server.client() as client:
        entries = [given.entry("POST", "Patient", given.patient()) for _ in range(1500)]
        ended: list[int] = []

        def write() -> None:
            answer = client.post("", json=given.bundle("transaction", *entries))
            ended.append(answer.status_code)

        writing = threading.Thread(target=write)
        writing.start()
        time.sleep(0.3)
        code = server.stop()
        writing.join(10)

        assert code == 0
        assert ended == [200]


def test_several_workers_serve_one_base() -> None:
    with served("--workers", "2") as server, server.client() as client:
        made = client.post("Patient", json=given.patient()).json()

        for _ in range(10):
            with server.client() as other:
                assert other.get(f"Patient/{made['id']}").json() == made
        assert server.stop() == 0


def test_workers_that_never_start_are_given_up() -> None:
    code = (
        "from cordee.app import workers\n"
        "workers._SHORTEST_SECONDS = 0.01\n"
        "def work(told, *, leads):\n"
        "    raise ValueError('broken')\n"
        "workers.Workers(2, work).supervise(lambda: print('ready'))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode == 1
    assert "the workers do not start" in done.stderr
    assert "ready" not in done.stdout
    assert "ValueError: broken" in done.stdout + done.stderr


def test_health_and_metrics_answer_from_here(live_server: Server) -> None:
    with live_server.client() as client:
        base = live_server.url
        live, ready, metrics = (
            client.get(f"{base}/{path}", headers={"authorization": ""})
            for path in ("health/live", "health/ready", "metrics")
        )

    assert (live.status_code, ready.status_code, metrics.status_code) == (200, 200, 200)
    assert "cordee_" in metrics.text


def test_server_outlives_its_database() -> None:
    with served() as server, server.client() as client:
        made = client.post("Patient", json=given.patient()).json()
        os.kill(Cluster(server.data).pid() or 0, signal.SIGKILL)

        deadline = time.monotonic() + 20
        statuses = set()
        while time.monotonic() < deadline:
            answer = client.get(f"Patient/{made['id']}")
            statuses.add(answer.status_code)
            if answer.status_code == 200:
                break
            time.sleep(0.1)

        assert answer.status_code == 200
        assert answer.json() == made
        assert statuses <= {200, 503}
