"""A day's changes taken in by population health; `python -m bench.refreshing DATA [--share 0.02]`.

DATA is the data folder of a demonstration that is stopped (`cordee demo --patients 20000 --data
DATA`). A share of its people get a consultation with three results and a diagnosis, and one in ten
of them a new address; the refresh that follows is the one of the feeding process: lake, facts,
quality, publication. Prints its seconds and their ratio to a load of everything in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cordee.app.population import home_of, publish, refresh
from cordee.app.store import KernelStore, system
from cordee.app.wiring import Parts, bring_up_to_date, database_place, open_parts
from cordee.care.store import Write
from cordee.fhir.store import journal
from cordee.runtime.clock import now
from cordee.runtime.settings import Settings, read_settings

_AT_ONCE = 50


def main() -> None:
    """Measures one day."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--share", type=float, default=0.02)
    told = parser.parse_args()
    settings = read_settings({}, data=str(told.data))
    with database_place(settings) as place:
        asyncio.run(bring_up_to_date(place))
        asyncio.run(_measure(settings, place, told.share))


async def _measure(settings: Settings, place: Any, share: float) -> None:
    async with open_parts(settings, place, pool=3) as parts:
        whole = await timed("everything, or what is left of it", lambda: _turn(settings, parts))
        written = await _day(parts, share)
        await _published(parts)
        print(f"  written: {written:,} resources")
        day = await timed("one day", lambda: _turn(settings, parts))
        print(f"ratio {day / whole:.2f}")


async def _turn(settings: Settings, parts: Parts) -> None:
    """What the feeding process does."""
    done = await timed_result("  lake and facts", lambda: refresh(settings, parts.kernel))
    print(f"    {asdict(done)}")
    home = home_of(settings)
    count = await timed_result(
        "  quality and publication", lambda: asyncio.to_thread(publish, home)
    )
    print(f"    {count} indicators")


async def _day(parts: Parts, share: float) -> int:
    store, platform = KernelStore(parts.kernel, parts.guard), system("bench")
    count = await store.count(platform, "Patient", "active=true")
    chosen = await store.search(platform, "Patient", f"_count={max(1, round(count * share))}")
    print(f"  {len(chosen):,} of {count:,} people")
    writes = [one for person in chosen for one in _changes(person)]
    for at in range(0, len(writes), _AT_ONCE):
        await store.write(platform, writes[at : at + _AT_ONCE])
    return len(writes)


def _changes(person: Mapping[str, Any]) -> list[Write]:
    """A consultation with three results and a diagnosis; one in ten people moves."""
    subject, at = {"reference": f"Patient/{person['id']}"}, now().isoformat(timespec="seconds")
    made: list[dict[str, Any]] = [
        {"resourceType": "Encounter", "status": "finished", "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
         "subject": subject, "period": {"start": at, "end": at}},
        {"resourceType": "Condition", "subject": subject, "recordedDate": at, "code": {
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]}},
        *({"resourceType": "Observation", "status": "final", "subject": subject,
           "effectiveDateTime": at, "code": {"coding": [
               {"system": "http://loinc.org", "code": code}]},
           "valueQuantity": {"value": value, "unit": unit, "code": unit,
                             "system": "http://unitsofmeasure.org"}}
          for code, value, unit in (("4548-4", 6.1, "%"), ("14682-9", 80, "umol/L"),
                                    ("2345-7", 1.0, "g/L"))),
    ]  # fmt: skip
    writes = [Write(one) for one in made]
    if int(person["meta"]["versionId"]) and sum(person["id"].encode()) % 10 == 0:
        moved = dict(person) | {"telecom": [{"system": "phone", "value": "06 00 00 00 00"}]}
        writes.append(Write(moved, "PUT", int(person["meta"]["versionId"])))
    return writes


async def _published(parts: Parts) -> None:
    """Waits until all that was written is in the published journal."""
    while True:
        async with parts.database.write.acquire() as connection:
            if not await connection.fetchval("SELECT count(*) FROM journal"):
                return
        await journal.publish(parts.database)


async def timed(label: str, act: Callable[[], Awaitable[Any]]) -> float:
    """Prints how long something took, and gives it."""
    start = time.perf_counter()
    await act()
    spent = time.perf_counter() - start
    print(f"{label}: {spent:.2f} s", flush=True)
    return spent


async def timed_result(label: str, act: Callable[[], Awaitable[Any]]) -> Any:
    """Prints how long something took; what it gave."""
    start = time.perf_counter()
    found = await act()
    print(f"{label} {time.perf_counter() - start:.2f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
