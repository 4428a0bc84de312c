"""Subscriptions under load: `python -m bench.subscribing [SUBSCRIPTIONS] [WRITES]`.

Writes of a region matched to 10,000 subscriptions (five for each of 2,000 patients, two of which
meet each write), then the time from the commit of a write to its receipt by a rest-hook.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from cordee.app.wiring import Parts, Place, background, bring_up_to_date, open_parts
from cordee.fhir.interactions.write import create
from cordee.fhir.store.journal import publish
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.canonicals import CONTENT, FILTER, PROFILE, TOPIC
from cordee.fhir.subscriptions.definition import read_definition
from cordee.fhir.subscriptions.keeping import keep
from cordee.fhir.subscriptions.ports import Owner
from cordee.runtime.postgres.cluster import Cluster
from cordee.runtime.settings import read_settings

_SCOPE = Scope("bench", None, {"*": "cruds"})
_TOLD = {
    "user": "bench", "name": "", "role": "system", "structure": "", "practitioner": "",
    "scopes": ["system/*.cruds"],
}  # fmt: skip
_CODES = ("29463-7", "8302-2", "8480-6", "8462-4")
_FOLLOWED = _CODES[0]
_PATIENTS = 2000
_TIMED = 400
_PAUSE_SECONDS = 0.02


def _subscription(key: str, patient: str, code: str, endpoint: str = "") -> dict[str, Any]:
    filters = [f"patient=Patient/{patient}", "_type=Observation"]
    filters += [f"Observation?code=http://loinc.org|{code}"] if code else []
    content = {"extension": [{"url": CONTENT, "valueCode": "id-only"}]}
    return {
        "resourceType": "Subscription", "id": key, "meta": {"profile": [PROFILE]},
        "status": "requested", "reason": "bench", "criteria": TOPIC + "patient-compartment",
        "_criteria": {"extension": [{"url": FILTER, "valueString": one} for one in filters]},
        "channel": {
            "type": "rest-hook" if endpoint else "websocket", "payload": "application/fhir+json",
            "_payload": content, **({"endpoint": endpoint} if endpoint else {}),
        },
    }  # fmt: skip


def _observation(patient: str, code: str) -> bytes:
    coding = {"system": "http://loinc.org", "code": code}
    return orjson.dumps(
        {
            "resourceType": "Observation", "status": "final", "code": {"coding": [coding]},
            "subject": {"reference": f"Patient/{patient}"},
            "effectiveDateTime": "2026-11-22T08:00:00Z",
            "valueQuantity": {"value": 70, "unit": "kg"},
        }
    )  # fmt: skip


async def _fill(parts: Parts, count: int, endpoint: str) -> None:
    """The subscriptions, four of five on one code and one on all of a patient's record."""
    owner = Owner("bench", "", _TOLD, is_system=True)
    ring = parts.kernel.repository.ring
    wanted = [
        _subscription(f"s{n}", f"p{n % _PATIENTS}", (*_CODES, "")[n // _PATIENTS % 5])
        for n in range(count)
    ]
    wanted.append(_subscription("hook", "timed", "", endpoint))
    async with parts.database.transaction() as connection:
        for one in wanted:
            await keep(connection, ring, owner, one, read_definition(one))
        await connection.execute("UPDATE subscription SET status = 'active', due = NULL")


async def _match(parts: Parts, count: int, writes: int) -> None:
    rng = random.Random(7)
    for start in range(0, writes, 100):
        await asyncio.gather(
            *(
                create(
                    parts.kernel, _SCOPE, "Observation",
                    _observation(f"p{rng.randrange(_PATIENTS)}", rng.choice(_CODES)),
                )
                for _ in range(start, min(start + 100, writes))
            )
        )  # fmt: skip
    while await publish(parts.database):
        pass
    recorder = parts.subscriptions.recorder
    began = time.perf_counter()
    await recorder.step()
    first = time.perf_counter() - began
    began, changes = time.perf_counter(), 0
    while done := await recorder.step():
        changes += done
    seconds = time.perf_counter() - began
    async with parts.database.write.acquire() as connection:
        events = await connection.fetchval("SELECT count(*) FROM subscription_event")
    print(
        f"{count} subscriptions: {changes / seconds:.0f} writes/s matched,"
        f" {events / writes * changes / seconds:.0f} events/s written;"
        f" first turn, which compiles all, {first:.1f} s",
        flush=True,
    )


class _Endpoint:
    """Takes notifications and notes when each event came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            size = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            body = orjson.loads(await reader.readexactly(size))
            moment = time.perf_counter()
            for entry in body["entry"][1:]:
                self.came[entry["fullUrl"].rpartition("/")[2]] = moment
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()


async def _deliver(parts: Parts, endpoint: _Endpoint) -> None:
    committed: dict[str, float] = {}
    async with background(parts, leads=False):
        for number in range(_TIMED + 20):
            made = await create(
                parts.kernel, _SCOPE, "Observation", _observation("timed", _FOLLOWED)
            )
            if number >= 20:  # the first find everything cold
                committed[made.version.id] = time.perf_counter()
            await asyncio.sleep(_PAUSE_SECONDS)
        for _ in range(500):
            if committed.keys() <= endpoint.came.keys():
                break
            await asyncio.sleep(_PAUSE_SECONDS)
    taken = sorted(endpoint.came[key] - at for key, at in committed.items())
    print(
        f"from commit to receipt by a rest-hook, {len(taken)} writes at"
        f" {1 / _PAUSE_SECONDS:.0f}/s: p50 {taken[len(taken) // 2] * 1000:.0f} ms,"
        f" p95 {taken[len(taken) * 95 // 100] * 1000:.0f} ms, most {taken[-1] * 1000:.0f} ms",
        flush=True,
    )


async def measure(place: Place, folder: Path, count: int, writes: int) -> None:
    """Fills a base that has just been made, and measures both."""
    settings = read_settings(
        {}, data=str(folder), references="report", subscriber_networks="127.0.0.0/8"
    )
    endpoint = _Endpoint()
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with open_parts(settings, place, port=8100) as parts:
        await parts.subscriptions.recorder.begin()
        await _fill(parts, count, f"http://127.0.0.1:{port}/told")
        await _match(parts, count, writes)
        await _deliver(parts, endpoint)
    server.close()


def main() -> None:
    """Measures in a folder of its own, which goes at the end."""
    sizes = sys.argv[1:]
    count, writes = (*(int(one) for one in sizes), *(10_000, 20_000)[len(sizes) :])
    with (
        tempfile.TemporaryDirectory(prefix="cordee-bench-") as folder,
        Cluster(Path(folder)) as addresses,
    ):
        place = Place(addresses.application, addresses.owner, None)
        asyncio.run(bring_up_to_date(place))
        asyncio.run(measure(place, Path(folder), count, writes))


if __name__ == "__main__":
    main()
