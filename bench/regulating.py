"""`python -m bench.regulating`: calls at four centres at the rate of an evening. Target of issue 5.

BENCH_CALLS (2000) calls an hour ring for BENCH_SECONDS (60) over four centres; of each the floor is
read, the call taken, the case told, passed on; BENCH_POSITIONS (24) more positions read their floor
every five seconds, as the open pages do. `cordee serve` answers over sockets, in BENCH_WORKERS (2)
processes of its own; `BENCH_WORKERS=0` asks the application in this process, without a socket.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from bench.client import Figures
from cordee.app.demo_regulation import make_centres
from cordee.app.screen import make_screen
from cordee.app.wiring import background, bring_up_to_date, database_place, open_parts
from cordee.care.regulation.service import Regulation
from cordee.runtime import clock
from cordee.runtime.settings import read_settings

CALLS = float(os.environ.get("BENCH_CALLS", "2000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))
POSITIONS = int(os.environ.get("BENCH_POSITIONS", "24"))
BOUND = 200.0
"""Milliseconds that 99 of 100 actions have to stay under."""
AGENTS = {
    "samu-a": "karim.saidi", "samu-b": "lucie.ferrand", "samu-c": "yanis.moreau",
    "samu-d": "chloe.marchal",
}  # fmt: skip
PART = {"hx-request": "true", "hx-request-type": "partial"}
CODES = ("M03.06 Douleur", "M02.07 Chute", "M03.14 Fièvre", "M06.02 Conseil")


@dataclass(slots=True)
class Run:
    """Figures by action."""

    actions: dict[str, Figures] = field(default_factory=dict)

    async def timed(self, name: str, asked: Any, *, wanted: int) -> httpx.Response:
        """The answer of an action, whose time is kept."""
        began = time.perf_counter()
        answer: httpx.Response = await asked
        one = self.actions.setdefault(name, Figures())
        one.latencies.append(time.perf_counter() - began)
        one.errors += answer.status_code != wanted
        return answer


async def main() -> int:
    """Measures, prints a table; 1 where the bound was passed or something failed."""
    data = tempfile.mkdtemp(prefix="bench-floor-")
    settings = read_settings({}, data=data, mode="demo")
    with served(data) if WORKERS else nullcontext("") as url, database_place(settings) as place:
        await bring_up_to_date(place)
        async with open_parts(settings, place) as parts, background(parts, leads=False):
            await make_centres(parts)
            web: Any = make_screen(parts)
            return _say(await _measure(web, url))


@contextmanager
def served(data: str) -> Iterator[str]:
    """The address of a server of its own on a folder."""
    command = [sys.executable, "-m", "cordee.app", "serve", "--mode", "demo", "--port", "0"]
    command += ["--workers", str(WORKERS), "--data", data]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait()


async def _measure(web: Any, url: str) -> Run:
    run, floor = Run(), web.state.ports.regulation
    agents = {
        centre: [await _entered(web, url, user) for _ in range(3)]
        for centre, user in AGENTS.items()
    }
    ends = time.monotonic() + SECONDS
    watchers = [list(agents.values())[n % len(agents)][0] for n in range(POSITIONS)]
    tasks = [
        asyncio.create_task(_watch(run, one[0], (5 * n / POSITIONS, ends)))
        for n, one in enumerate(watchers)
    ]
    number = 0
    while time.monotonic() < ends:
        centre = list(AGENTS)[number % len(AGENTS)]
        agent = agents[centre][number // len(AGENTS) % 3]
        tasks.append(asyncio.create_task(_call(run, floor, centre, agent, number)))
        number += 1
        await asyncio.sleep(3600 / CALLS)
    await asyncio.gather(*tasks)
    return run


async def _call(
    run: Run, floor: Regulation, centre: str, agent: tuple[httpx.AsyncClient, str], number: int
) -> None:
    client, token = agent
    call = uuid4()
    content = {"number": f"06{number:08d}"}
    await floor.desk.ring(centre, call, content, clock.now())
    await run.timed("floor", client.get("/regulation"), wanted=200)
    taken = client.post(f"/regulation/appels/{call}", data={"jeton": token})
    case = (await run.timed("answer", taken, wanted=303)).headers["location"]
    told = {"jeton": token, "motif": CODES[number % len(CODES)], "priorite": "P2", "dit": "Essai"}
    for gesture in ("enregistrer", "transmettre"):
        page = await run.timed("case", client.get(case), wanted=200)
        found = re.search(r'name="version" value="(\d+)"', page.text)
        data = told | {"geste": gesture, "version": found[1] if found else ""}
        await run.timed(gesture, client.post(case, data=data), wanted=303)
    await floor.desk.end_calls(centre, [call], "telephony", clock.now())


async def _watch(run: Run, client: httpx.AsyncClient, span: tuple[float, float]) -> None:
    later, ends = span
    await asyncio.sleep(later)  # pages were not opened at one moment
    while time.monotonic() < ends:
        await run.timed("queue", client.get("/regulation", headers=PART), wanted=200)
        await asyncio.sleep(5)


async def _entered(web: Any, url: str, user: str) -> tuple[httpx.AsyncClient, str]:
    here = None if url else httpx.ASGITransport(web)
    client = httpx.AsyncClient(transport=here, base_url=url or "http://bench", timeout=30)
    token = await _token(client, "/connexion")
    answer = await client.post("/connexion", data={"jeton": token, "compte": user})
    if answer.status_code != 303:
        raise SystemExit(f"{user} does not enter: {answer.status_code}")
    return client, await _token(client, "/raccourcis")


async def _token(client: httpx.AsyncClient, path: str) -> str:
    found = re.search(r'name="jeton" value="([^"]+)"', (await client.get(path)).text)
    return found[1] if found else ""


def _say(run: Run) -> int:
    where = f"{WORKERS} processes over sockets" if WORKERS else "in this process"
    print(f"{CALLS:.0f} calls an hour, {SECONDS:.0f} s, {POSITIONS} open floors, {where}")
    print(f"{'action':<12} {'n':>6} {'errors':>7} {'p50 ms':>8} {'p99 ms':>8}")
    every = Figures()
    for name, one in sorted(run.actions.items()):
        every.latencies += one.latencies
        every.errors += one.errors
        _row(name, one)
    _row("all", every)
    return int(every.errors > 0 or every.percentile(0.99) >= BOUND)


def _row(name: str, one: Figures) -> None:
    print(
        f"{name:<12} {len(one.latencies):>6} {one.errors:>7} {one.percentile(0.5):>8.1f}"
        f" {one.percentile(0.99):>8.1f}"
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
