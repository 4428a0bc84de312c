"""`python -m bench.screens`: from a write to the open screen that it concerns, among thousands.

Each screen is a stream of server-sent events of another signed-in doctor: the inbox that the top
bar of every page listens to, then open records. A hospital system writes encounters of random
patients at a steady rate; what is measured begins before the POST and ends when the right stream
has spoken. One worker; the set stays under var/bench-screens. BENCH_SCREENS (1000,5000),
BENCH_SECONDS (20), BENCH_RATE (10 a second).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bench.client import Connection, Figures
from bench.resting import rest
from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.keys import secret
from cordee.runtime.settings import Settings, read_settings
from cordee.web.sessions import COOKIE, Session, seal

ROOT = Path(__file__).resolve().parent.parent
SIZES = tuple(int(one) for one in os.environ.get("BENCH_SCREENS", "1000,5000").split(","))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
RATE = float(os.environ.get("BENCH_RATE", "10"))
BOUNDS = {1000: 1000.0, 5000: 5000.0}
"""Milliseconds that 95 of 100 have to stay under, by how many screens are open."""
_LOT = 250
_TOGETHER = 100
_HOSPITAL = "Organization/hospital"


@dataclass(slots=True)
class Screen:
    """One open stream; `heard` holds when it spoke."""

    number: int
    heard: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


def main() -> None:
    """Measures and prints a table."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, max(20_000, _hard())))
    settings = read_settings({}, data=str(ROOT / "var" / "bench-screens"))
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_people(place.owner_url, max(SIZES)))
    server, port, token = _server(settings)
    try:
        asyncio.run(_load(port, token))
        print(f"at rest {rest(server.pid):.0f} s after the load", flush=True)
        asyncio.run(_measure(settings, port, token))
    finally:
        server.terminate()
        server.wait(30)


async def _load(port: int, token: str) -> None:
    await _records(Connection("127.0.0.1", port, token), max(SIZES))


async def _measure(settings: Settings, port: int, token: str) -> None:
    print(" screens stream     told  lost   p50 ms   p95 ms   max ms")
    for size in SIZES:
        for stream, path in (("inbox", "/evenements"), ("record", "/patients/q-{n}/evenements")):
            figures = await _run(settings, port, token, (size, path))
            p95 = figures.percentile(0.95)
            bound = BOUNDS.get(size)
            word = "" if bound is None else ("  ok" if p95 < bound else f"  over {bound:.0f}")
            print(
                f"{size:>8} {stream:<8} {len(figures.latencies):>6} {figures.errors:>5}"
                f" {figures.percentile(0.5):>8.0f} {p95:>8.0f} {figures.percentile(1):>8.0f}{word}",
                flush=True,
            )


async def _run(settings: Settings, port: int, token: str, what: tuple[int, str]) -> Figures:
    size, path = what
    key = secret(settings.keys, "session.key")
    screens = [Screen(number) for number in range(size)]
    gate = asyncio.Semaphore(_TOGETHER)
    tasks = [
        asyncio.create_task(_listen(one, port, path.format(n=one.number), key, gate))
        for one in screens
    ]
    try:
        async with asyncio.timeout(300):
            for one in screens:
                await one.ready.wait()
        await asyncio.sleep(2)
        return await _write(screens, Connection("127.0.0.1", port, token))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _write(screens: list[Screen], writer: Connection) -> Figures:
    """Writes encounters at the rate, and waits for the screen of each."""
    figures, chosen = Figures(), random.Random(2026)
    waiting: list[asyncio.Task[float | None]] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        one = chosen.choice(screens)
        while not one.heard.empty():
            one.heard.get_nowait()
        status, _ = await writer.request("POST", "/fhir/Encounter", _encounter(one.number))
        assert status == 201, status
        waiting.append(asyncio.create_task(_heard(one, began)))
        await asyncio.sleep(max(0.0, began + 1 / RATE - time.monotonic()))
    for took in await asyncio.gather(*waiting):
        if took is None:
            figures.errors += 1
        else:
            figures.latencies.append(took)
    figures.seconds = SECONDS
    return figures


async def _heard(one: Screen, began: float) -> float | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            return await one.heard.get() - began
    return None


async def _listen(one: Screen, port: int, path: str, key: bytes, gate: asyncio.Semaphore) -> None:
    """Opens a stream and notes when it speaks; the first word is how things stand."""
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        cookie = seal(Session(_identifier(one.number), _login(one.number), int(time.time())), key)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        writer.write(f"{head}Cookie: {COOKIE}={cookie}; cordee_poste=bench\r\n\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in answer[:20], answer[:200]
        await _event(reader)
        one.ready.set()
    while True:
        await _event(reader)
        one.heard.put_nowait(time.monotonic())


async def _event(reader: asyncio.StreamReader) -> None:
    while True:
        line = await reader.readline()
        if not line:
            raise ConnectionError("the stream ended")
        if line.startswith(b"event: "):
            return


async def _people(url: str, size: int) -> None:
    """An account with an open session for each screen."""
    connection = await asyncpg.connect(url)
    now = datetime.now(UTC)
    try:
        await connection.execute(
            "UPDATE session SET seen = now(), ends = now() + interval '12 hours'"
        )
        numbers = range(await connection.fetchval("SELECT count(*) FROM account"), size)
        await connection.executemany(
            "WITH a AS (INSERT INTO account (login, name) VALUES ($1, $1) RETURNING id),"
            " s AS (INSERT INTO situation (account, role, profession, structure, structure_name,"
            " practitioner) SELECT id, 'médecin', '10', $2, 'Cabinet', $3 FROM a RETURNING id)"
            " INSERT INTO session (id, account, step, level, situation, opened, seen, ends,"
            " address, agent) SELECT $4, a.id, 'open', 2, s.id, $5, $5,"
            " $5::timestamptz + interval '12 h', '', '' FROM a, s",
            [
                (_login(n), f"Organization/o-{n}", f"Practitioner/p-{n}",
                 fingerprint(_identifier(n)), now)
                for n in numbers
            ],
        )  # fmt: skip
    finally:
        await connection.close()


async def _records(writer: Connection, size: int) -> None:
    """A patient for each screen, whose declared doctor looks at it."""
    status, _ = await writer.request("GET", f"/fhir/Patient/q-{size - 1}")
    if status == 200:
        return
    hospital = {"resourceType": "Organization", "id": "hospital", "name": "CH"}
    await writer.request("PUT", f"/fhir/{_HOSPITAL}", json.dumps(hospital).encode())
    for start in range(0, size, _LOT):
        entries = [one for n in range(start, min(start + _LOT, size)) for one in _entries(n)]
        lot = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        status, body = await writer.request("POST", "/fhir", json.dumps(lot).encode())
        assert status == 200, body[:500]


def _entries(n: int) -> list[dict[str, Any]]:
    doctor = {"resourceType": "Practitioner", "id": f"p-{n}", "name": [{"family": f"M{n}"}]}
    place = {"resourceType": "Organization", "id": f"o-{n}", "name": f"Cabinet {n}"}
    patient = {
        "resourceType": "Patient", "id": f"q-{n}", "name": [{"family": f"P{n}"}],
        "birthDate": "1950-01-01", "gender": "female",
        "generalPractitioner": [{"reference": f"Practitioner/p-{n}"}],
    }  # fmt: skip
    return [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in (doctor, place, patient)
    ]


def _encounter(n: int) -> bytes:
    return json.dumps({
        "resourceType": "Encounter", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": f"Patient/q-{n}"}, "serviceProvider": {"reference": _HOSPITAL},
        "period": {"start": datetime.now(UTC).isoformat(timespec="seconds")},
    }).encode()  # fmt: skip


def _login(n: int) -> str:
    return f"bench-{n}"


def _identifier(n: int) -> str:
    return hashlib.sha256(f"screen {n}".encode()).hexdigest()[:24]


def _hard() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _server(settings: Settings) -> tuple[subprocess.Popen[str], int, str]:
    cordee = [sys.executable, "-m", "cordee.app"]
    token = subprocess.run(
        [*cordee, "token", "--system", "--data", str(settings.data)],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    process = subprocess.Popen(
        [*cordee, "serve", "--port", "0", "--data", str(settings.data)],
        stdout=subprocess.PIPE, text=True,
        env=os.environ | {"CORDEE_RATES": "person=0 entry=0 system=0"},
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "ready" in line, line
    return process, int(line.rsplit(":", 1)[1]), token


if __name__ == "__main__":
    main()
