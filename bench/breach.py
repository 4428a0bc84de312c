"""The scope of a breach on a large base: `python -m bench.breach DIR [PATIENTS] [LINES]`.

The base is made by SQL: patients tied to one hospital but for one in five, lines of two weeks of
which one in two hundred is the account's. Target of A6.5: under a minute.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path

import asyncpg

from cordee.access.acting import keep_acting
from cordee.access.incidents.declaring import Incidents, Said
from cordee.app.wiring import Place, bring_up_to_date
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import DPO, Principal
from cordee.runtime.clock import now
from cordee.runtime.database import open_database
from cordee.runtime.postgres.cluster import APPLICATION, Cluster

_HOSPITAL = "Organization/chu"
_PATIENTS = """
INSERT INTO resource
  (type, method, lab, dict, rid, ver, upd, sd, sig, ent, pat, id, idx, has, refs, body)
SELECT 103, 1, 0, 0, (n::int8 << 22), 1, now(), now(), 0, n * 7919, n * 7919, 'p' || n,
  '{}', '{}', '{}', ''
FROM generate_series(1, $1::int8) n
"""
_TIES = """
INSERT INTO care_circle (actor, pat, rid)
SELECT $2::int8, n * 7919, (n::int8 << 22) FROM generate_series(1, $1::int8) n WHERE n % 5 > 0
"""
_LINES = """
INSERT INTO audit (at, actor, action, type, pats, detail)
SELECT now() - interval '14 days' * (1 - n::float8 / $2),
  CASE WHEN n % 200 = 0 THEN 'volee' ELSE 'agent-' || n % 997 END, 'R', 103,
  ARRAY[(1 + n * 31 % $1) * 7919], 'record open p' FROM generate_series(1, $2::int8) n
"""
_DPO = Principal("dpo", "DPO", "dpo", "", "", (), level=2, functions=frozenset({DPO}))
_STOLEN = Principal("volee", "Agent", "médecin", _HOSPITAL, "Practitioner/volee", (), level=2)


async def measure(place: Place, patients: int, lines: int) -> None:
    """Fills the base and counts once; prints what came out."""
    keys = KeyMaker(b"k" * 32)
    owner = await asyncpg.connect(place.owner_url)
    await owner.execute(_PATIENTS, patients)
    await owner.execute(_TIES, patients, keys(_HOSPITAL))
    await owner.execute(_LINES, patients, lines)
    await owner.execute("ANALYZE")
    await keep_acting(owner, keys, _STOLEN)
    await owner.close()
    database = await open_database(place.url, role=APPLICATION, write_size=2, search_size=1)
    incidents, at = Incidents(database, keys), now()
    said = Said("volee", at - timedelta(days=7), at + timedelta(minutes=1), at, "Code volé au bloc")
    number = await incidents.declare(_DPO, said, at)
    started = time.monotonic()
    await incidents.count(_DPO, number, now())
    seconds = time.monotonic() - started
    counted = (await incidents.one(_DPO, number)).counted
    assert counted is not None
    sys.stdout.write(
        f"{patients} patients, {lines} lines: {counted.readable} readable, {counted.read} read"
        f" in {seconds:.1f} s\n"
    )
    await database.close()


def main() -> None:
    """Measures in a folder of its own."""
    folder, *sizes = sys.argv[1:]
    patients, lines = (*(int(one) for one in sizes), *(300_000, 3_000_000)[len(sizes) :])
    with Cluster(Path(folder)) as addresses:
        place = Place(addresses.application, addresses.owner, None)
        asyncio.run(bring_up_to_date(place))
        asyncio.run(measure(place, patients, lines))


if __name__ == "__main__":
    main()
