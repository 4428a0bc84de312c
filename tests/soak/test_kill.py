"""kill -9 in the middle of writes: what was acknowledged is there, nothing is there by half."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest

import given
from cordee.runtime.postgres.cluster import Cluster
from running import Server, run, served

WRITERS = 4
ENTRIES = 5


@dataclass
class Load:
    """Writers that note what was acknowledged, until told to end."""

    server: Server
    created: list[str] = field(default_factory=list)
    bundled: list[tuple[str, list[str]]] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    failures: list[int] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[threading.Thread]:
        threads = [
            threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _write(self, number: int) -> None:
        turn = 0
        with self.server.client() as client:
            while not self.ending.is_set():
                turn += 1
                try:
                    if (number + turn) % 2:
                        self._create(client)
                    else:
                        self._transaction(client)
                except httpx.HTTPError:
                    time.sleep(0.02)

    def _create(self, client: httpx.Client) -> None:
        answer = client.post("Patient", json=given.patient())
        if answer.status_code == 201:
            self.created.append(answer.json()["id"])
        else:
            self.failures.append(answer.status_code)

    def _transaction(self, client: httpx.Client) -> None:
        mark = given.identifier()
        self.tried.add(mark["value"])
        entries = [
            given.entry("POST", "Patient", given.patient(identifier=[mark])) for _ in range(ENTRIES)
        ]
        answer = client.post("", json=given.bundle("transaction", *entries))
        if answer.status_code == 200:
            places = [one["response"]["location"] for one in answer.json()["entry"]]
            ids = [place.split("/_history")[0].rpartition("/")[2] for place in places]
            self.bundled.append((mark["value"], ids))
        else:
            self.failures.append(answer.status_code)


def check(load: Load, client: httpx.Client) -> None:
    """Every acknowledged write is there; of every transaction there is all or nothing."""
    ids = [*load.created, *(key for _, keys in load.bundled for key in keys)]
    for start in range(0, len(ids), 50):
        part = ids[start : start + 50]
        answer = client.get("Patient", params={"_id": ",".join(part), "_count": 50})
        assert answer.status_code == 200, answer.text
        found = {entry["resource"]["id"] for entry in answer.json().get("entry", ())}
        assert found == set(part)
    for value in load.tried:
        total = client.get("Patient", params={"identifier": value}).json()["total"]
        assert total in {0, ENTRIES}, f"half a transaction: {total}"
    numbers = client.get("Patient", params={"_summary": "count"}).json()["total"]
    versions = client.get("Patient/_history", params={"_count": 1000})
    assert versions.status_code == 200
    assert numbers >= len(ids)


def round_of_kills(server: Server, *, database: bool, moment: random.Random) -> int:
    """One round; the number of acknowledged writes."""
    load = Load(server)
    threads = load.run()
    time.sleep(moment.uniform(0.3, 1.2))
    if database:
        killed = Cluster(server.data).pid() or 0
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while Cluster(server.data).pid() in {None, killed} and time.monotonic() < deadline:
            time.sleep(0.05)
        before = len(load.created)
        while len(load.created) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(load.created) > before, "no write was taken again"
    else:
        server.kill()
    load.ending.set()
    for thread in threads:
        thread.join(60)
    if not database:
        server.start()
    assert set(load.failures) <= {503}
    with server.client() as client:
        check(load, client)
    return len(load.created) + len(load.bundled)


def workers(server: Server) -> list[int]:
    """Process ids of the serving processes, oldest first."""
    pid = server.process.pid
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(happens: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("leads", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_a_worker_that_falls_is_replaced_and_the_other_goes_on(leads: bool) -> None:
    with served("--workers", "2") as server:
        before = workers(server)
        load = Load(server)
        threads = load.run()
        wait_until(lambda: len(load.created) > 10, "no write")
        killed, other = before if leads else reversed(before)
        os.kill(killed, signal.SIGKILL)
        acknowledged = len(load.created)
        wait_until(lambda: len(load.created) > acknowledged + 10, "nobody went on")
        wait_until(
            lambda: len(workers(server)) == 2 and killed not in workers(server), "not replaced"
        )
        assert other in workers(server)
        acknowledged = len(load.created)
        wait_until(lambda: len(load.created) > acknowledged + 10, "nobody went on")
        load.ending.set()
        for thread in threads:
            thread.join(60)

        assert load.failures == []
        with server.client() as client:
            check(load, client)
        wait_until(lambda: journal_is_whole(server), "the journal is not published")
        assert "worker_fell" in server.errors
        assert server.stop() == 0


def test_workers_end_with_their_parent() -> None:
    with served("--workers", "2") as server:
        former = workers(server)
        server.process.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in former), "orphans")
        server.kill()

        server.start()

        with server.client() as client:
            assert client.post("Patient", json=given.patient()).status_code == 201


def test_worker_and_database_killed_together_come_back() -> None:
    with served("--workers", "2") as server, server.client() as client:
        made = client.post("Patient", json=given.patient()).json()
        os.kill(workers(server)[0], signal.SIGKILL)
        os.kill(Cluster(server.data).pid() or 0, signal.SIGKILL)

        def is_back() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return client.get(f"Patient/{made['id']}").json() == made
            return False

        wait_until(is_back, "the database did not come back")
        wait_until(lambda: len(workers(server)) == 2, "not replaced")


def journal_is_whole(server: Server) -> bool:
    """Every version has its number: nothing waits to be published."""
    done = run("check", data=server.data)
    assert done.returncode == 0, done.stderr
    return asyncio.run(waiting(server)) == 0


async def waiting(server: Server) -> int:
    connection = await asyncpg.connect(Cluster(server.data).addresses().owner)
    try:
        return await connection.fetchval("SELECT count(*) FROM journal")
    finally:
        await connection.close()


def rounds(number: int) -> None:
    moment = random.Random(7)
    acknowledged = 0
    with served() as server:
        for turn in range(number):
            acknowledged += round_of_kills(server, database=turn % 2 == 1, moment=moment)
    assert acknowledged > number


def test_three_kills_lose_nothing() -> None:
    rounds(3)


@pytest.mark.soak
def test_twenty_kills_lose_nothing() -> None:
    rounds(20)


def test_server_and_database_killed_together_start_without_a_hand() -> None:
    with served() as server:
        load = Load(server)
        threads = load.run()
        time.sleep(1)
        postmaster = Cluster(server.data).pid() or 0
        server.process.kill()
        os.kill(postmaster, signal.SIGKILL)
        server.kill()
        load.ending.set()
        for thread in threads:
            thread.join(60)

        server.start()

        with server.client() as client:
            check(load, client)
            assert load.created
