"""`make bench`: loads a region of 200,000 resources and more, then measures each shape.

Each line: requests per second and latencies of the server with 16 clients, those of the same SQL
straight through the driver with the same clients, and the ratio, which is the figure that counts.
The set stays under var/bench; BENCH_SECONDS (4) is the length of each measure.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg

from bench.client import Connection, Figures, load
from bench.reference import driver
from bench.writing import creates, transactions, updates
from cordee.app.demo import make_region
from cordee.app.wiring import Place, database_place, open_parts
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.query import read_query
from cordee.fhir.search.run import Searcher
from cordee.fhir.store import repository
from cordee.fhir.store.scope import Scope
from cordee.fhir.store.visibility import row_values
from cordee.runtime.postgres.cluster import APPLICATION
from cordee.runtime.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 16
ROUNDS = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
PEOPLE = int(os.environ.get("BENCH_PATIENTS", "7500"))
SCOPE = Scope("system", None, {"*": "cruds"})
Made = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class Shape:
    """One search, as it is asked for over HTTP: `make(rng)` gives type and parameters."""

    name: str
    make: Callable[[random.Random], tuple[str, list[tuple[str, str]]]]


class _Recorder(Searcher):
    """A searcher that hands out the statement of its page instead of running it."""

    async def _fetch(self, sql: str, context: Any, connection: Any, **how: Any) -> Sequence[Any]:
        if " AS sorts" in sql or sql.startswith("SELECT ("):
            raise _Said(*context.builder.bound(sql))
        return await super()._fetch(sql, context, connection, **how)


class _Said(Exception):
    pass


def main() -> None:
    """Runs everything and prints a table."""
    settings = read_settings({}, data=str(ROOT / "var" / "bench"), mode="demo")
    began = time.monotonic()
    make_region(settings, patients=PEOPLE, seed=2026)
    print(f"region of {PEOPLE} people ready in {time.monotonic() - began:.1f} s", flush=True)
    with database_place(settings) as place:
        asyncio.run(_measure(settings, place))


async def _measure(settings: Settings, place: Place) -> None:
    async with open_parts(settings, place) as parts:
        known = await _known(parts.kernel)
        print(f"{known['total']} resources; {known['sizes']}", flush=True)
        pool = await asyncpg.create_pool(
            place.url, min_size=CLIENTS, max_size=CLIENTS, server_settings={"role": APPLICATION}
        )
        steady = await asyncpg.create_pool(
            place.url, min_size=CLIENTS, max_size=CLIENTS,
            server_settings={"role": APPLICATION, "plan_cache_mode": "force_generic_plan"},
        )  # fmt: skip
        searching = await asyncpg.create_pool(
            place.url, min_size=CLIENTS, max_size=CLIENTS,
            server_settings={"role": APPLICATION, "plan_cache_mode": "force_custom_plan"},
        )  # fmt: skip
        _print_head()
        try:
            for clients in (CLIENTS, 4 * CLIENTS):
                await _trail(settings, known, clients)
            async with _served(settings, "cordee.app") as connections:
                await _reads(connections, steady, known)
                for shape in _shapes(known):
                    await _search(shape, connections, searching, parts.kernel)
                await _everything(connections, known)
                await _writes(connections, pool, parts.kernel, known)
        finally:
            await pool.close()
            await steady.close()
            await searching.close()


async def _known(kernel: Kernel) -> dict[str, Any]:
    async with kernel.database.write.acquire() as connection:
        total = await connection.fetchval("SELECT count(*) FROM resource WHERE lab & 16384 = 0")
        patients = [
            row[0]
            for row in await connection.fetch(
                "SELECT id FROM r_patient WHERE lab < 16384 LIMIT 2000"
            )
        ]
        observations = [
            row[0]
            for row in await connection.fetch(
                "SELECT id FROM r_observation WHERE lab < 16384 LIMIT 5000"
            )
        ]
        sizes = await connection.fetch(
            "SELECT relname, pg_total_relation_size(oid) / 1048576 FROM pg_class"
            " WHERE relname IN ('r_observation', 'sp_sort', 'sp_qty', 'sp_str', 'sp_date')"
        )
        gin = await connection.fetchval(
            "SELECT sum(pg_relation_size(i.indexrelid)) / 1048576 FROM pg_index i JOIN pg_class c"
            " ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'gin'"
        )
    shown = ", ".join(f"{name} {size} MB" for name, size in sizes)
    return {
        "total": total, "patients": patients, "observations": observations,
        "sizes": f"{shown}, all GIN {int(gin or 0)} MB",
    }  # fmt: skip


def _server(settings: Settings, module: str) -> tuple[subprocess.Popen[str], int, str]:
    cordee = [sys.executable, "-m", module]
    token = subprocess.run(
        [*cordee, "token", "--system", "--data", str(settings.data)],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    process = subprocess.Popen(
        [*cordee, "serve", "--port", "0", "--data", str(settings.data)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, int(line.rsplit(":", 1)[1]), token


async def _reads(connections: list[Connection], pool: asyncpg.Pool, known: dict[str, Any]) -> None:
    ids = known["observations"]
    figures = await load(
        connections, lambda n: ("GET", f"/fhir/Observation/{ids[n % len(ids)]}", b""),
        seconds=SECONDS,
    )  # fmt: skip
    sql = repository.read_statement("Observation")
    caller = [[one] for one in row_values(SCOPE)]
    bare = await driver(
        pool, lambda n: (sql, ([ids[n % len(ids)]], ["bench"], [None], *caller)),
        clients=CLIENTS, seconds=SECONDS,
    )  # fmt: skip
    _print("read", figures, bare)


async def _trail(settings: Settings, known: dict[str, Any], clients: int) -> None:
    """What the line in the trail costs a read as served, beside a server that writes none."""
    ids = known["observations"]
    found = {"cordee.app": Figures(), "bench.untraced": Figures()}
    for _ in range(ROUNDS):  # By turns, so that what else the machine does falls on both.
        for module in found:
            async with _served(settings, module, clients) as connections:
                for seconds in (SECONDS / 4, SECONDS):
                    figures = await load(
                        connections,
                        lambda n: ("GET", f"/fhir/Observation/{ids[n % len(ids)]}", b""),
                        seconds=seconds,
                    )
                found[module] += figures
    _print(f"read, {clients} clients | no line in the trail", *found.values())


@asynccontextmanager
async def _served(
    settings: Settings, module: str, clients: int = CLIENTS
) -> AsyncIterator[list[Connection]]:
    process, port, token = _server(settings, module)
    connections = [Connection("127.0.0.1", port, token) for _ in range(clients)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()
        process.terminate()
        process.wait(10)


async def _writes(
    connections: list[Connection], pool: asyncpg.Pool, kernel: Kernel, known: dict[str, Any]
) -> None:
    for name, make, statement in (creates(kernel, known), updates(kernel, known)):
        figures = await load(connections, make, seconds=SECONDS)
        bare = await driver(pool, statement, clients=CLIENTS, seconds=SECONDS)
        _print(name, figures, bare)
    name, make, statement = transactions(kernel, known, 50)
    figures = await load(connections[:4], make, seconds=SECONDS)
    bare = await driver(pool, statement, clients=4, seconds=SECONDS)
    _print(f"{name} (entries: {figures.rate * 50:,.0f}/s)", figures, bare)


async def _search(
    shape: Shape, connections: list[Connection], pool: asyncpg.Pool, kernel: Kernel
) -> None:
    rng = random.Random(7)
    asked = [shape.make(rng) for _ in range(200)]
    statements = [await _statement(kernel, kind, pairs) for kind, pairs in asked]
    paths = [f"/fhir/{kind}?{_encoded(pairs)}" for kind, pairs in asked]
    figures = await load(
        connections, lambda n: ("GET", paths[n % len(paths)], b""), seconds=SECONDS
    )
    bare = await driver(
        pool, lambda n: statements[n % len(statements)], clients=CLIENTS, seconds=SECONDS,
        then=(repository.TRACE, ([None], ["bench"], ["E"], [96], ["{}"], ["a search"])),
    )  # fmt: skip
    _print(shape.name, figures, bare)


async def _statement(
    kernel: Kernel, kind: str, pairs: list[tuple[str, str]]
) -> tuple[str, Sequence[Any]]:
    source = kernel.searcher
    recorder = _Recorder(
        source.database, source.registry, source.keys, source.frequencies, source.terminology,
        source.bases, source.tracing,
    )  # fmt: skip
    try:
        await recorder.search(read_query(kind, pairs), SCOPE, base=kernel.base)
    except _Said as said:
        return said.args
    raise AssertionError("a search makes a statement")


async def _everything(connections: list[Connection], known: dict[str, Any]) -> None:
    ids = known["patients"]
    figures = await load(
        connections[:4], lambda n: ("GET", f"/fhir/Patient/{ids[n % len(ids)]}/$everything", b""),
        seconds=SECONDS,
    )  # fmt: skip
    _print("Patient/$everything (4 clients)", figures, None)


def _shapes(known: dict[str, Any]) -> list[Shape]:
    patients = known["patients"]

    def patient(rng: random.Random) -> str:
        return f"Patient/{rng.choice(patients)}"

    code = ("code", "http://loinc.org|2160-0")
    newest, uncounted = ("_sort", "-date"), ("_total", "none")
    names = ["mar", "dup", "ber", "le", "mor", "gar", "rou", "pet"]

    def observations(*pairs: tuple[str, str]) -> Any:
        return lambda _: ("Observation", list(pairs))

    def of_patient(*pairs: tuple[str, str]) -> Any:
        return lambda rng: ("Observation", [("patient", patient(rng)), *pairs])

    def people(name: str, make: Callable[[random.Random], str], *pairs: tuple[str, str]) -> Any:
        return lambda rng: ("Patient", [(name, make(rng)), *pairs])

    return [
        Shape("code, newest first", observations(code, newest)),
        Shape("code with total none", observations(code, newest, uncounted)),
        Shape("patient timeline", of_patient(newest)),
        Shape("patient and code", of_patient(code, newest)),
        Shape("code and date", observations(code, ("date", "ge2026-01"), newest)),
        Shape(
            "code and quantity",
            observations(("code-value-quantity", "http://loinc.org|2160-0$gt150"), newest),
        ),
        Shape("name prefix", people("name", lambda rng: rng.choice(names))),
        Shape("identifier", people("identifier", lambda rng: str(rng.randrange(10**12)))),
        Shape("_include", observations(code, ("_include", "Observation:subject"), uncounted)),
        Shape(
            "_revinclude",
            people("_id", lambda rng: rng.choice(patients), ("_revinclude", "Condition:subject")),
        ),
        Shape(
            "chain",
            lambda rng: ("Condition", [("subject:Patient.name", rng.choice(names)), uncounted]),
        ),
        Shape("_has", people("_has:Observation:patient:code", lambda _: code[1], uncounted)),
        Shape("count of a code", observations(code, ("_summary", "count"))),
        Shape("_lastUpdated, newest", observations(("_sort", "-_lastUpdated"), uncounted)),
    ]


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs)


def _print_head() -> None:
    print(
        f"\n{'shape':44} {'req/s':>8} {'p50':>7} {'p95':>7} {'p99':>7} ms | "
        f"{'driver/s':>8} {'p50':>7} ms | ratio"
    )


def _print(name: str, figures: Figures, bare: Figures | None) -> None:
    line = (
        f"{name:44} {figures.rate:8,.0f} {figures.percentile(0.5):7.2f}"
        f" {figures.percentile(0.95):7.2f} {figures.percentile(0.99):7.2f}    | "
    )
    if bare is not None and bare.rate:
        line += (
            f"{bare.rate:8,.0f} {bare.percentile(0.5):7.2f}    | {figures.rate / bare.rate:5.2f}"
        )
    if figures.errors:
        line += f"  {figures.errors} errors"
    print(line, flush=True)


if __name__ == "__main__":
    main()
    print(json.dumps({"done": True}))
