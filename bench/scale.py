"""`make bench-scale`: the index-only pages at 250,000 and at 5,000,000 resources.

Two bases of Observations of the same make lie under var/scale-…: time-ordered, patients scattered,
codes from hot (15 %) to rare (0.01 %), and one that is stale (2 %, only in the first year of four).
Each shape is asked for by the product's own searcher, warm; the factor between the two bases is the
figure that counts. SCALE_SMALL and SCALE_LARGE change the sizes.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from cordee.app.wiring import Parts, bring_up_to_date, database_place, open_parts
from cordee.fhir.model.definitions import type_number
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import TooCostly
from cordee.runtime.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parent.parent
SMALL = int(os.environ.get("SCALE_SMALL", "250000"))
LARGE = int(os.environ.get("SCALE_LARGE", "5000000"))
CHUNK = 250_000
PER_PATIENT = 33
CODES = {"hot": 0.15, "medium": 0.02, "stale": 0.02, "0.3%": 0.003, "0.1%": 0.001, "rare": 0.0001}
CIRCLE = 1500
EVERYTHING = Scope("bench", None, {"*": "cruds"})
REPEATS = 30
BOUND = 2.5
_OBSERVATION = type_number("Observation")

# $1 first number, $2 last number, $3 all rows, $4 keys of the codes, $5 their upper shares, $6 the
# stale code's place, $7 keys that every row has.
_ROWS = f"""
WITH made AS MATERIALIZED (
  SELECT n, timestamptz '2022-11-01' + (n::float8 / $3) * interval '1461 days' AS sd,
    random() AS drawn, (random() * ($3 / {PER_PATIENT}))::int8 AS patient
  FROM generate_series($1::int8, $2::int8) n
), coded AS MATERIALIZED (
  SELECT n, sd, hashint8extended(patient, 1) AS pat, hashint8extended(patient % 40, 2) AS org,
    (SELECT min(c.i) FROM unnest($5::float8[]) WITH ORDINALITY c(share, i)
     WHERE drawn < c.share) AS place, ((n << 24) + 1) AS rid
  FROM made
), placed AS MATERIALIZED (
  SELECT *, CASE
    WHEN place IS NULL THEN NULL
    WHEN place = $6 AND n > $3 / 4 THEN NULL
    ELSE ($4::int8[])[place] END AS key FROM coded
), added AS (
  INSERT INTO resource (type, method, lab, rid, ver, upd, ent, pat, org, sd, hi, sig, id, idx, has,
    refs, body)
  SELECT {_OBSERVATION}, 1, 0, rid, 1, now(), hashint8extended(n, 3), pat, org, sd,
    sd + interval '1 second', 0, 'o' || n,
    CASE WHEN key IS NULL THEN ARRAY[]::int8[] ELSE ARRAY[key] END || $7::int8[]
      || hashint8extended(n % 3000, 4) || hashint8extended(n % 20, 5) || hashint8extended(n, 6),
    '{{}}', '{{}}',
    convert_to('}}' || ',"status":"final","note":[{{"text":"' || repeat(md5(n::text), 28)
      || '"}}],"valueQuantity":{{"value":' || n % 200 || '}}}}', 'UTF8')
  FROM placed
)
INSERT INTO sp_sort (key, sd, rid, pat, org, hi, lab)
SELECT key, sd, rid, pat, org, sd + interval '1 second', 0 FROM placed WHERE key IS NOT NULL
"""


def main() -> None:
    """Loads both bases where they are not there yet, measures, prints the factors."""
    results = {}
    for rows in (SMALL, LARGE):
        settings = read_settings({}, data=str(ROOT / "var" / f"scale-{rows}"))
        with database_place(settings) as place:
            asyncio.run(bring_up_to_date(place))
            results[rows] = asyncio.run(_base(settings, place, rows))
    print(f"\n{'shape, p50 in ms':40} {SMALL:>10,} {LARGE:>10,} factor")
    exceeded = []
    for name, small in results[SMALL].items():
        large = results[LARGE][name]
        factor = large / small if small else 0.0
        bound = name.startswith("*")
        if bound and factor > BOUND:
            exceeded.append(name)
        print(f"{name:40} {small:10.2f} {large:10.2f} {factor:6.2f}")
    print("* shapes that must stay within a factor of 2.5")
    if exceeded:
        print(f"over the bound: {', '.join(exceeded)}")
        sys.exit(1)


async def _base(settings: Settings, place: object, rows: int) -> dict[str, float]:
    async with open_parts(settings, place, pool=2) as parts:  # pyright: ignore[reportArgumentType] -- a Place
        await _load(parts, rows)
        await parts.kernel.frequencies.load(parts.database)
        return await _measure(parts, rows)


async def _load(parts: Parts, rows: int) -> None:
    keys = parts.kernel.keys
    owner = await asyncpg.connect(parts.place.owner_url)
    try:
        known = await owner.fetchval("SELECT count(*) FROM installation WHERE key = 'scale'")
        if known:
            return
        codes = [keys(f"Observation.code={name}") for name in CODES]
        common = [keys(f"Observation.status={name}") for name in ("final", "any", "x", "y")]
        shares, total = [], 0.0
        for name, share in CODES.items():
            total += share * (4 if name == "stale" else 1)
            shares.append(total)
        began = time.monotonic()
        for first in range(1, rows + 1, CHUNK):
            last = min(rows, first + CHUNK - 1)
            await owner.execute(
                _ROWS, first, last, rows, codes, shares, list(CODES).index("stale") + 1, common,
                timeout=1800,
            )  # fmt: skip
            print(f"{last:>10,} rows, {time.monotonic() - began:.0f} s", flush=True)
        await owner.execute(
            "INSERT INTO care_circle (actor, pat, rid) SELECT 1, hashint8extended(p, 1), 0 FROM"
            " (SELECT (random() * $1)::int8 AS p FROM generate_series(1, $2)) x",
            rows / PER_PATIENT,
            CIRCLE,
        )
        for table in ("resource", "sp_sort", "care_circle"):
            await owner.execute(f"VACUUM (ANALYZE) {table}", timeout=1800)
        await owner.execute("INSERT INTO installation (key, value) VALUES ('scale', 'true')")
        print(f"{rows:,} resources in {time.monotonic() - began:.0f} s", flush=True)
    finally:
        await owner.close()


async def _measure(parts: Parts, rows: int) -> dict[str, float]:
    searcher = parts.kernel.searcher
    circle = Scope("bench", (1,), {"*": "cruds"})
    rng = random.Random(5)
    found: dict[str, float] = {}

    async def ask(pairs: list[tuple[str, str]], scope: Scope = EVERYTHING) -> None:
        await searcher.search(read_query("Observation", pairs), scope)

    newest, uncounted = ("_sort", "-date"), ("_total", "none")
    for name in CODES:
        pairs = [("code", name), newest, uncounted]
        found[f"* code {name}, newest first"] = await _p50(lambda p=pairs: ask(p))
        found[f"* code {name}, circle of 1,500"] = await _p50(lambda p=pairs: ask(p, circle))
    found["* page 2 to 30 of a medium code"] = await _p50(lambda: _pages(searcher))
    found["read by id"] = await _p50(
        lambda: parts.kernel.coalescer.read("Observation", f"o{rng.randint(1, rows)}", EVERYTHING)
    )
    found["count of a hot code, capped"] = await _p50(lambda: ask([("code", "hot"), newest]))
    found["count of a hot code, all"] = await _p50(
        lambda: ask([("code", "hot"), ("_summary", "count")])
    )
    found["count of a medium code, circle"] = await _p50(
        lambda: ask([("code", "medium"), ("_summary", "count")], circle)
    )
    found["hot code and a key of 5 %"] = await _p50(
        lambda: ask([("code", "hot"), ("status", "final"), newest, uncounted])
    )
    found["any of three codes"] = await _p50(
        lambda: ask([("code", "medium,0.3%,rare"), newest, uncounted])
    )
    found["all, newest first"] = await _p50(lambda: ask([newest, uncounted]))
    found["all, circle of 1,500"] = await _p50(lambda: ask([newest, uncounted], circle))
    found["status:not, no match"] = await _p50(
        lambda: ask([("status:not", "final"), uncounted]), repeats=2
    )
    return found


async def _pages(searcher: object) -> None:
    query = read_query("Observation", [("code", "medium"), ("_sort", "-date"), ("_total", "none")])
    for _ in range(30):
        found = await searcher.search(query, EVERYTHING)  # pyright: ignore[reportAttributeAccessIssue]
        if found.next is None:
            return
        query.cursor = found.next


async def _p50(work: Callable[[], Awaitable[object]], *, repeats: int = REPEATS) -> float:
    """Median in milliseconds, warm; what passes its time bound counts as that bound."""
    times: list[float] = []
    for turn in range(repeats + 3):
        began = time.perf_counter()
        try:
            await work()
        except TooCostly:
            return (time.perf_counter() - began) * 1000
        if turn > 2:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times) if times else 0.0


if __name__ == "__main__":
    main()
