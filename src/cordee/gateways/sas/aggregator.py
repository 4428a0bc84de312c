"""Slots of all vendors at once, in less than a second; who did not answer is named. C3.1, C3.2.

Rule: SAS 1.2.0: 1 to 25 RPPS, 1 to 10 SIRET by call. What is known is kept for 60 seconds at most.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx

from cordee.gateways.sas.reading import IDNPS, Offered, offered
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest

MOST_NUMBERS: Final = 25
MOST_STRUCTURES: Final = 10
HORIZON: Final = timedelta(hours=48)
FRESH_SECONDS: Final = 60.0
_SECONDS: Final = 0.8
_KEPT: Final = 2000
_FINE: Final = 200


class Flow(StrEnum):
    """The flows of slots: of a professional, of their CPTS, of a fixed point of SOS Médecins."""

    INDIVIDUAL = "individual"
    CPTS = "cpts"
    SOS = "sos"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: its base, what it offers, how we are known there, who vouches for it.

    `transport` is an emulator's.
    """

    name: str
    url: str
    flows: frozenset[Flow]
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose slots, and when they begin."""

    numbers: Sequence[str] = ()
    structures: Sequence[str] = ()
    start: datetime = field(default_factory=clock.now)
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Slots by their start. `missing` did not answer; `as_of` is the age of the oldest answer."""

    slots: tuple[Offered, ...]
    missing: tuple[str, ...]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class _Call:
    vendor: Vendor
    flow: Flow
    batch: tuple[str, ...]
    start: datetime
    end: datetime


class Aggregator:
    """The vendors of this installation; holds one HTTP client by vendor, to be closed."""

    def __init__(self, vendors: Collection[Vendor]) -> None:
        """No call is made yet."""
        self._clients = {one.name: client_of(one) for one in vendors}
        self._vendors = tuple(vendors)
        self._known: dict[tuple[object, ...], tuple[float, datetime, tuple[Offered, ...]]] = {}

    async def close(self) -> None:
        """Close the connections."""
        for one in self._clients.values():
            await one.aclose()

    async def search(self, wanted: Wanted) -> Found:
        """The free slots that begin in the window, at most 48 hours long; never fails."""
        start = wanted.start.replace(second=0, microsecond=0)
        end = min(wanted.end or start + HORIZON, start + HORIZON)
        calls = list(self._calls(wanted, start, end))
        answers = await asyncio.gather(*(self._answer(one) for one in calls))
        missing = {
            call.vendor.name for call, one in zip(calls, answers, strict=True) if one is None
        }
        heard = [one for one in answers if one is not None]
        unique = {(slot.vendor, slot.id): slot for _, slots in heard for slot in slots}
        slots = sorted(unique.values(), key=lambda one: (one.start, one.vendor, one.id))
        as_of = min((at for at, _ in heard), default=None)
        return Found(tuple(slots), tuple(sorted(missing)), as_of)

    def _calls(self, wanted: Wanted, start: datetime, end: datetime) -> Iterator[_Call]:
        for vendor in self._vendors:
            for flow in sorted(vendor.flows):
                is_sos = flow is Flow.SOS
                held = sorted(set(wanted.structures if is_sos else wanted.numbers))
                size = MOST_STRUCTURES if is_sos else MOST_NUMBERS
                for at in range(0, len(held), size):
                    yield _Call(vendor, flow, tuple(held[at : at + size]), start, end)

    async def _answer(self, call: _Call) -> tuple[datetime, tuple[Offered, ...]] | None:
        key = (call.vendor.name, call.flow, call.batch, call.start, call.end)
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1], known[2]
        asked, at = time.monotonic(), clock.now()
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await self._clients[call.vendor.name].get(
                    _PATHS[call.flow], params=_asked(call)
                )
            if answer.status_code != _FINE:
                return None
            slots = offered(call.vendor.name, answer.json(), call.start, call.end)
        except (httpx.HTTPError, OSError, TimeoutError, ValueError, InvalidRequest, AttributeError):
            return None
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = (asked, at, slots)
        return at, slots


_PATHS: Final = {Flow.INDIVIDUAL: "Slot", Flow.CPTS: "Slot", Flow.SOS: "Schedule"}


def _asked(call: _Call) -> list[tuple[str, str | int | float | bool | None]]:
    """The parameters of a search as each flow writes them."""
    window = [f"ge{_stamp(call.start)}", f"le{_stamp(call.end)}"]
    if call.flow is Flow.SOS:
        return [
            ("_revinclude", "Slot:schedule"),
            ("_include", "Schedule:actor:Location"),
            ("_include:iterate", "Location:organization"),
            *(("_has:Slot:schedule:start", one) for one in window),
            ("_has:Slot:schedule:status", "free"),
            ("actor:Location.organization.identifier", ",".join(call.batch)),
        ]
    more = [
        ("_include", "Slot:service-type-reference"),
        ("_include:iterate", "HealthcareService:organization"),
    ]
    numbers = ",".join(f"{IDNPS}|{one}" for one in call.batch)
    return [
        ("_include", "Slot:schedule"),
        ("_include:iterate", "Schedule:actor"),
        *(more if call.flow is Flow.CPTS else ()),
        *(("start", one) for one in window),
        ("schedule.actor:Practitioner.identifier", numbers),
        ("status", "free"),
        ("_count", "1000"),
    ]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(clock.PARIS).isoformat(timespec="milliseconds")


def client_of(vendor: Vendor) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=vendor.authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if vendor.certificate and vendor.key:
        context.load_cert_chain(vendor.certificate, vendor.key)
    return httpx.AsyncClient(
        base_url=f"{vendor.url.rstrip('/')}/", verify=context, trust_env=False, timeout=_SECONDS,
        transport=vendor.transport, headers={"accept": "application/fhir+json"},
    )  # fmt: skip
