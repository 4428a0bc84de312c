"""`python -m bench.working`: people at work on the screen, at growing rates. Requirement B1.13.

A region of BENCH_ACCOUNTS (70000) accounts and BENCH_FILES (200000) patients with an open circle of
care; BENCH_PEOPLE (2000) of them are signed in, each with a connection of their own, and turn pages
of their own patients: records, home, events, requests, agenda, messages, a note one time in
twenty. The rate grows by BENCH_RATES (25,50,75,100 a second in all), each for BENCH_SECONDS (30);
the last one that stays under the bound is then held for BENCH_HOLD (0) seconds. The set stays under
BENCH_DATA (var/bench-working). BENCH_WORKERS (1) processes serve.
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
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from bench.client import Connection, Figures
from bench.resting import rest
from cordee.app.region.names import given_names, surname
from cordee.app.wiring import bring_up_to_date, database_place
from cordee.fhir.indexing.spans import CIRCLE_PROFILE
from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.keys import secret
from cordee.runtime.settings import Settings, read_settings
from cordee.web.sessions import COOKIE, Session, form_token, seal

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "70000"))
FILES = int(os.environ.get("BENCH_FILES", "200000"))
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "2000"))
RATES = tuple(float(one) for one in os.environ.get("BENCH_RATES", "25,50,75,100").split(","))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
HOLD = float(os.environ.get("BENCH_HOLD", "0"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))
DATA = os.environ.get("BENCH_DATA", str(ROOT / "var" / "bench-working"))
BOUND = 300.0
"""Milliseconds that 95 of 100 pages have to stay under."""
_RICH = 10
"""Of so many patients the first has a record to read; it is they who are visited."""
_LOT, _WRITERS = 60, 6
_PAGES = (
    (40, "record", "/patients/q-{n}"), (10, "timeline", "/patients/q-{n}/parcours"),
    (10, "agenda", "/patients/q-{n}/agenda"), (15, "home", "/"),
    (10, "events", "/evenements-recus"), (5, "requests", "/demandes"),
    (5, "messages", "/messagerie"), (5, "note", "/patients/q-{n}/liaison"),
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody at work: their connection and what their forms bear."""

    number: int
    cookie: str
    token: str
    port: int
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def turn(self, method: str, path: str, form: dict[str, str] | None = None) -> int:
        """Status of one page, read whole."""
        if self.streams is None or self.streams[0].at_eof():  # an idle one was closed, as is usual
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        reader, writer = self.streams
        body = urlencode(form or {}).encode()
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if form else ""
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        start = answer.index(b"content-length:") + 15
        await reader.readexactly(int(answer[start : answer.index(b"\r\n", start)]))
        return int(answer[9:12])


@dataclass(slots=True)
class Run:
    """Figures by page."""

    pages: dict[str, Figures] = field(default_factory=dict)

    @property
    def all(self) -> Figures:
        """Every page as one."""
        total = Figures()
        for one in self.pages.values():
            total.latencies += one.latencies
            total.errors += one.errors
        return total


def main() -> None:
    """Makes the region once, then measures and prints a table."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, hard), hard))
    settings = read_settings({}, data=DATA)
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_accounts(place.owner_url))
    server, port, token = _server(settings)
    try:
        asyncio.run(_files(port, token))
        print(f"at rest {rest(server.pid):.0f} s after the load", flush=True)
        asyncio.run(_measure(settings, port))
    finally:
        server.terminate()
        server.wait(60)


async def _measure(settings: Settings, port: int) -> None:
    people = _people(settings, port)
    print(f"{ACCOUNTS} accounts, {FILES} open files, {PEOPLE} people, {WORKERS} worker(s)")
    print("  asked/s   done/s  errors   p50 ms   p95 ms   p99 ms   p95 of each", flush=True)
    held = 0.0
    for rate in RATES:
        run = await _work(people, rate, SECONDS)
        _say(rate, run, SECONDS)
        if run.all.errors or run.all.percentile(0.95) >= BOUND:
            break
        held = rate
    if held and HOLD:
        _say(held, await _work(people, held, HOLD), HOLD)
    for one in people:
        if one.streams is not None:
            one.streams[1].close()


def _say(rate: float, run: Run, seconds: float) -> None:
    figures = run.all
    done = len(figures.latencies) / seconds
    slow = ", ".join(
        f"{name} {one.percentile(0.95):.0f}"
        for name, one in sorted(run.pages.items(), key=lambda each: -each[1].percentile(0.95))
    )
    print(
        f"{rate:>9.0f} {done:>8.1f} {figures.errors:>7} {figures.percentile(0.5):>8.0f}"
        f" {figures.percentile(0.95):>8.0f} {figures.percentile(0.99):>8.0f}   {slow}", flush=True,
    )  # fmt: skip


async def _work(people: list[Person], rate: float, seconds: float) -> Run:
    """All people at once; each turns a page, then reads for as long as the rate leaves them."""
    run = Run({name: Figures() for _, name, _ in _PAGES})
    ends = time.monotonic() + seconds

    async def one(person: Person) -> None:
        chosen = random.Random(person.number)
        await asyncio.sleep(chosen.random() * len(people) / rate)
        while time.monotonic() < ends:
            began = time.perf_counter()
            name, status = await _page(person, chosen)
            took = time.perf_counter() - began
            run.pages[name].latencies.append(took)
            run.pages[name].errors += status >= 400
            await asyncio.sleep(max(0.0, chosen.expovariate(rate / len(people)) - took))

    tasks = [asyncio.create_task(one(person)) for person in people]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    for person, end in zip(
        people, await asyncio.gather(*tasks, return_exceptions=True), strict=True
    ):
        if isinstance(end, BaseException):  # cut in the middle of a page, or lost
            person.streams = None
            run.pages["home"].errors += not isinstance(end, asyncio.CancelledError)
    return run


async def _page(person: Person, chosen: random.Random) -> tuple[str, int]:
    share = chosen.randrange(100)
    for weight, name, path in _PAGES:
        share -= weight
        if share < 0:
            own = person.number + PEOPLE * _RICH * chosen.randrange(
                max(1, FILES // PEOPLE // _RICH)
            )
            place = path.format(n=own)
            if name != "note":
                return name, await person.turn("GET", place)
            note = {
                "jeton": person.token, "sorte": "transmission", "note": "Tension stable ce matin",
                "visibilite": "tous", "numero": str(UUID(int=chosen.getrandbits(128))),
            }  # fmt: skip
            return name, await person.turn("POST", place, note)
    raise AssertionError("the weights are a hundred")


def _people(settings: Settings, port: int) -> list[Person]:
    key, now = secret(settings.keys, "session.key"), int(time.time())
    found: list[Person] = []
    for number in range(PEOPLE):
        session = Session(_identifier(number), _login(number), now)
        cookie = f"{COOKIE}={seal(session, key)}; cordee_poste=bench"
        found.append(Person(number, cookie, form_token(session, key), port))
    return found


async def _accounts(url: str) -> None:
    """All accounts with their place, and an open session for who works."""
    connection = await asyncpg.connect(url)
    now = datetime.now(UTC)
    try:
        await connection.execute(
            "WITH a AS (INSERT INTO account (login, name) SELECT 'bench-' || n, 'bench-' || n"
            " FROM generate_series((SELECT count(*) FROM account), $1 - 1) n RETURNING id, login)"
            " INSERT INTO situation (account, role, profession, structure, structure_name,"
            " practitioner) SELECT id, 'médecin', '10', 'Organization/o-' || substr(login, 7),"
            " 'Cabinet', 'Practitioner/p-' || substr(login, 7) FROM a",
            ACCOUNTS,
        )
        await connection.execute("DELETE FROM session")
        await connection.executemany(
            "INSERT INTO session (id, account, step, level, situation, opened, seen, ends, address,"
            " agent) SELECT $2, a.id, 'open', 2, s.id, $3, $3, $3::timestamptz + interval '12 h',"
            " '', '' FROM account a JOIN situation s ON s.account = a.id WHERE a.login = $1",
            [(_login(n), fingerprint(_identifier(n)), now) for n in range(PEOPLE)],
        )
        await connection.execute("ANALYZE account, situation, session")
    finally:
        await connection.close()


async def _files(port: int, token: str) -> None:
    """Professionals, patients, circles; a tenth of the patients have a record."""
    writers = [Connection("127.0.0.1", port, token) for _ in range(_WRITERS)]
    status, _ = await writers[0].request("GET", f"/fhir/Patient/q-{FILES - 1}")
    if status == 200:
        return
    began, lots = time.monotonic(), iter(range(0, FILES, _LOT))

    async def write(writer: Connection) -> None:
        for start in lots:
            numbers = range(start, min(start + _LOT, FILES))
            entries = [_entry(one) for n in numbers for one in _resources(n)]
            lot = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            status, body = await writer.request("POST", "/fhir", json.dumps(lot).encode())
            assert status == 200, body[:500]

    first = [_entry(one) for n in range(PEOPLE) for one in _professional(n)]
    for start in range(0, len(first), 400):
        lot = {"resourceType": "Bundle", "type": "transaction", "entry": first[start : start + 400]}
        status, body = await writers[0].request("POST", "/fhir", json.dumps(lot).encode())
        assert status == 200, body[:500]
    await asyncio.gather(*(write(one) for one in writers))
    print(f"{FILES} files written in {time.monotonic() - began:.0f} s", flush=True)


def _professional(n: int) -> list[dict[str, Any]]:
    return [
        {"resourceType": "Practitioner", "id": f"p-{n}", "name": [{"family": f"M{n}"}]},
        {"resourceType": "Organization", "id": f"o-{n}", "name": f"Cabinet {n}"},
    ]


def _resources(n: int) -> list[dict[str, Any]]:
    doctor, subject = n % PEOPLE, {"reference": f"Patient/q-{n}"}
    members = [f"Practitioner/p-{doctor}", f"Organization/o-{(doctor + 1) % PEOPLE}"]
    now = datetime.now(UTC)
    found: list[dict[str, Any]] = [
        _patient(n, members[0]),
        {
            "resourceType": "CareTeam", "id": f"t-{n}", "status": "active", "subject": subject,
            "meta": {"profile": [CIRCLE_PROFILE]},
            "period": {"start": (now - timedelta(days=90)).isoformat(timespec="seconds")},
            "participant": [{"member": {"reference": one}} for one in members],
        },
    ]  # fmt: skip
    if n // PEOPLE % _RICH:
        return found
    for i in range(4):
        at = (now - timedelta(days=30 * i + 1)).isoformat(timespec="seconds")
        found += [
            {
                "resourceType": "Observation", "id": f"o-{n}-{i}", "status": "final",
                "subject": subject, "effectiveDateTime": at, "code": _loinc("4548-4", "HbA1c"),
                "valueQuantity": {"value": 6 + i / 10, "unit": "%", "code": "%"},
            },
            {
                "resourceType": "Encounter", "id": f"e-{n}-{i}", "status": "finished",
                "class": {"code": "AMB"}, "subject": subject, "period": {"start": at, "end": at},
            },
            {
                "resourceType": "Appointment", "id": f"a-{n}-{i}", "status": "booked",
                "start": (now + timedelta(days=i)).isoformat(timespec="seconds"),
                "end": (now + timedelta(days=i, minutes=20)).isoformat(timespec="seconds"),
                "participant": [
                    {"actor": {"reference": one}, "status": "accepted"}
                    for one in (f"Patient/q-{n}", members[0])
                ],
            },
        ]  # fmt: skip
    found += [
        {
            "resourceType": "Condition", "id": f"c-{n}", "subject": subject,
            "code": {"text": "Diabète de type 2"},
        },
        {
            "resourceType": "MedicationStatement", "id": f"m-{n}", "status": "active",
            "subject": subject, "medicationCodeableConcept": {"text": "Metformine 1 g"},
        },
    ]  # fmt: skip
    return found


def _patient(n: int, doctor: str) -> dict[str, Any]:
    """Somebody with a name and a birth date as they are spread in a region: few are homonyms."""
    rng = random.Random(n)
    female, born = rng.random() < 0.5, date(1930, 1, 1) + timedelta(days=rng.randrange(33_000))
    return {
        "resourceType": "Patient", "id": f"q-{n}", "birthDate": born.isoformat(),
        "name": [{"family": surname(rng), "given": list(given_names(rng, female, born.year))}],
        "gender": "female" if female else "male", "generalPractitioner": [{"reference": doctor}],
    }  # fmt: skip


def _entry(one: dict[str, Any]) -> dict[str, Any]:
    url = f"{one['resourceType']}/{one['id']}"
    return {"resource": one, "request": {"method": "PUT", "url": url}}


def _loinc(code: str, text: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code}], "text": text}


def _login(n: int) -> str:
    return f"bench-{n}"


def _identifier(n: int) -> str:
    return hashlib.sha256(f"working {n}".encode()).hexdigest()[:24]


def _server(settings: Settings) -> tuple[subprocess.Popen[str], int, str]:
    cordee = [sys.executable, "-m", "cordee.app"]
    token = subprocess.run(
        [*cordee, "token", "--system", "--data", str(settings.data)],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    process = subprocess.Popen(
        [*cordee, "serve", "--port", "0", "--data", str(settings.data), "--workers", str(WORKERS)],
        stdout=subprocess.PIPE, text=True,
        env=os.environ | {"CORDEE_RATES": "person=0 entry=0 system=0"},
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "ready" in line, line
    return process, int(line.rsplit(":", 1)[1]), token


if __name__ == "__main__":
    main()
