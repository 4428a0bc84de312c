"""A vendor's software, for development and tests: it keeps accounts, it declares appointments.

It fails as it is told: away, hangs, refuses; and sends twice, or an old version late. Rule: C3.7.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import orjson

from cordee.gateways.sas.appointments import OPERATOR
from cordee.gateways.sas.emulator import Failure, Json, Receive, Scope, Send
from cordee.gateways.sas.reading import IDNPS
from cordee.runtime.clock import PARIS

SYSTEM: Final = "urn:oid:1.1.111.1.11.1.1.1"
_TYPES: Final = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
_NAMES: Final = ("family", "given")


@dataclass(slots=True)
class AccountKeeper:
    """The accounts of regulators of an emulated vendor, by system|value."""

    accounts: dict[str, Json] = field(default_factory=dict)
    failure: Failure | None = None
    calls: list[Json] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        if self.failure is Failure.HANG:
            await asyncio.sleep(30)
        key = parse_qs(scope["query_string"].decode()).get("identifier", [""])[0]
        status = self._status(scope["method"], key, orjson.loads(body))
        headers = [(b"content-type", b"application/fhir+json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    def _status(self, method: str, key: str, practitioner: Json) -> int:
        self.calls.append(practitioner)
        if self.failure is Failure.AWAY:
            return 503
        if self.failure is Failure.REFUSE or not _is_whole(practitioner):
            return 422
        held = practitioner["identifier"][0]
        own = f"{held['system']}|{held['value']}"
        if method == "POST" and own in self.accounts:
            return 409
        if method == "PUT" and key != own:
            return 400
        is_new = own not in self.accounts
        self.accounts[own] = practitioner
        return 201 if is_new else 200


@dataclass(slots=True)
class Declarer:
    """Declares appointments of an emulated vendor to a receiver."""

    client: httpx.AsyncClient
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    async def create(self, appointment: Json) -> int:
        """The status of a POST."""
        answer = await self.client.post(
            self.path, content=orjson.dumps(appointment), headers=self.headers
        )
        return answer.status_code

    async def update(self, appointment: Json) -> int:
        """The status of a PUT by identifier."""
        held = appointment["identifier"][0]
        asked = {"identifier": f"{held['system']}|{held['value']}"}
        answer = await self.client.put(
            self.path, params=asked, content=orjson.dumps(appointment), headers=self.headers
        )
        return answer.status_code


def appointment(
    value: str, status: str, starts: datetime, told: datetime | None = None, **more: Any
) -> Json:
    """A FrAppointmentSAS of fifteen minutes; `told` is the version of its sender."""
    made: Json = {
        "resourceType": "Appointment",
        "extension": [
            {"url": OPERATOR, "valueReference": {"identifier": _national("3456780581/11242343")}}
        ],
        "identifier": [{"system": SYSTEM, "value": value}],
        "status": status,
        "start": starts.astimezone(PARIS).isoformat(timespec="seconds"),
        "end": (starts + timedelta(minutes=15)).astimezone(PARIS).isoformat(timespec="seconds"),
        "participant": [{"actor": {"identifier": _national("810100050075")}, "status": "accepted"}],
    }
    return made | ({"meta": {"lastUpdated": told.isoformat()}} if told else {}) | more


def _national(value: str) -> Json:
    return {
        "type": {"coding": [{"system": _TYPES, "code": "IDNPS"}]}, "system": IDNPS, "value": value,
    }  # fmt: skip


def _is_whole(practitioner: Json) -> bool:
    """Whether a FrPractitionerRegul has what its profile asks for."""
    names = practitioner.get("name") or [{}]
    return (
        bool(practitioner.get("identifier"))
        and isinstance(practitioner.get("active"), bool)
        and all(names[0].get(one) for one in _NAMES)
    )
