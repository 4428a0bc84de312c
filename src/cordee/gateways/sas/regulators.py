"""Accounts of regulators at vendors of slots (INT_R02): made at entry, ended at once. Rule: C3.7.

Rule: SAS 1.2.0 (FrPractitionerRegul): `PUT Practitioner?identifier=` makes or changes; an account
ends by `active: false`. What is wanted is a row; what a vendor has not taken yet is told again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from cordee.gateways.sas.aggregator import Vendor, client_of
from cordee.gateways.sas.appointments import QUERIES
from cordee.gateways.sas.reading import IDNPS
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound

INTERNAL: Final = "urn:oid:1.2.250.1.213.3.6"
PROFILE: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"
)
_TYPES: Final = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
_INTERNAL: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST, _LAST = timedelta(seconds=5), timedelta(minutes=15)
_HELD: Final = timedelta(seconds=30)
_SECONDS: Final = 2.0
_FINE: Final = frozenset({200, 201})
_NOT_NOW: Final = frozenset({408, 425, 429})
_BROKEN: Final = 500


@dataclass(frozen=True, slots=True)
class Regulator:
    """Who regulates: `number` is national with its prefix, or a UUID of ours; `email` may be ""."""

    number: str
    family: str
    given: str
    email: str
    login: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """An account as a vendor was last told of it; `reason` says why it has not taken it."""

    vendor: str
    number: str
    login: str
    name: str
    is_active: bool
    state: str
    tries: int
    changed: datetime
    reason: str


class Accounts:
    """The accounts of an installation at its vendors; holds a client each, to be closed."""

    def __init__(self, database: Database, vendors: Collection[Vendor]) -> None:
        """No call is made yet."""
        self._database = database
        self._clients = {one.name: client_of(one) for one in vendors}

    async def close(self) -> None:
        """Close the connections."""
        for one in self._clients.values():
            await one.aclose()

    async def enter(self, regulator: Regulator) -> None:
        """Wants an account at each vendor: said at each entry, it is told once."""
        values = (regulator.number, regulator.family, regulator.given, regulator.email)
        values += (regulator.login, True)
        async with self._database.transaction() as connection:
            for vendor in sorted(self._clients):
                await connection.execute(QUERIES["want"], vendor, *values, clock.now())

    async def end(self, number: str) -> int:
        """Ends an account at each vendor that may know it, at once; how many there are."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["stop"], number, clock.now())
        await self.turn()
        return len(rows)

    async def end_over(self) -> int:
        """Wants the accounts ended of all who may not regulate any more; how many there are."""
        async with self._database.write.acquire() as connection:
            return len(await connection.fetch(QUERIES["over"], clock.now()))

    async def known(self) -> Sequence[Known]:
        """The accounts, what vendors have not taken first; 200 at most."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["accounts"])
        return [Known(**dict(row)) for row in rows]

    async def again(self, vendor: str, number: str) -> None:
        """Tells a vendor of an account again; raises `NotFound` where it has taken it."""
        async with self._database.write.acquire() as connection:
            found = await connection.fetchval(QUERIES["retry"], vendor, number, clock.now())
        if found is None:
            raise NotFound("there is no such account")
        await self.turn()

    async def turn(self) -> int:
        """Tells what is due, ends first, all vendors at once; how much was tried.

        What is being told is due again after a while: a process that dies leaves nothing behind.
        """
        now = clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due"], now, now + _HELD)
        answers = await asyncio.gather(*(self._tell(row) for row in rows))
        async with self._database.transaction() as connection:
            for row, (state, reason) in zip(rows, answers, strict=True):
                wait = min(_FIRST * 2 ** min(row["tries"], 10), _LAST)
                values = (state, reason, clock.now() + wait, row["changed"])
                await connection.execute(QUERIES["told"], row["vendor"], row["number"], *values)
        return len(rows)

    async def _tell(self, row: Mapping[str, Any]) -> tuple[str, str]:
        client = self._clients.get(row["vendor"])
        if client is None:
            return "refused", "not-connected"
        practitioner = practitioner_of(
            Regulator(row["number"], row["family"], row["given"], row["email"]),
            is_active=row["is_active"],
        )
        held = practitioner["identifier"][0]
        asked = {"identifier": f"{held['system']}|{held['value']}"}
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await client.put("Practitioner", params=asked, json=practitioner)
        except (httpx.HTTPError, OSError, TimeoutError):
            return "waiting", "unreachable"
        if answer.status_code in _FINE:
            return "told", ""
        if answer.status_code >= _BROKEN or answer.status_code in _NOT_NOW:
            return "waiting", f"http-{answer.status_code}"
        return "refused", f"http-{answer.status_code}"


def practitioner_of(regulator: Regulator, *, is_active: bool) -> dict[str, Any]:
    """The FrPractitionerRegul of somebody."""
    is_national = _INTERNAL.fullmatch(regulator.number) is None
    made: dict[str, Any] = {
        "resourceType": "Practitioner",
        "meta": {"source": INTERNAL, "profile": [PROFILE]},
        "identifier": [
            {
                "type": {
                    "coding": [{"system": _TYPES, "code": "IDNPS" if is_national else "INTRN"}]
                },
                "system": IDNPS if is_national else INTERNAL,
                "value": regulator.number,
            }
        ],
        "active": is_active,
        "name": [{"family": regulator.family, "given": [regulator.given]}],
    }
    told = {"telecom": [{"system": "email", "value": regulator.email}]} if regulator.email else {}
    return made | told
