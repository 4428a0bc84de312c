"""The INSi emulator on a socket of its own, and the real adapter that calls it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

from cordee.identity.ins.insi.adapter import Endpoint, InsiOverSoap
from cordee.identity.ins.insi.emulated import Emulated, people
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.insi.requests import Software
from cordee.identity.ins.statuses import (
    Identity,
)
from listening import listening

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
USER = "899700000001"
SOFTWARE = Software("CORDEE000001", "cordee", "0.1", "9b1c5a52-0d0f-4d52-9d44-5c7c4a3f0c11")


def known(name: str, given: str = "") -> Emulated:
    return next(
        one
        for one in people()
        if one.traits.birth_name == name and one.traits.birth_given_names.startswith(given)
    )


def identity(name: str, given: str = "") -> Identity:
    """The file of a person of the emulator, still provisional."""
    return Identity(known(name, given).traits)


def endpoint(url: str, **changes: Any) -> Endpoint:
    return Endpoint(url, SOFTWARE, **({"pause_seconds": 0.01, "seconds": 5.0} | changes))


@contextlib.asynccontextmanager
async def served(application: Any, **options: Any) -> AsyncIterator[str]:
    """Address of an application on a port of its own."""
    async with listening(application, lifespan="on", **options) as url:
        yield f"{url}/lps"


@contextlib.asynccontextmanager
async def calling(url: str, **changes: Any) -> AsyncIterator[InsiOverSoap]:
    insi = InsiOverSoap(endpoint(url, **changes))
    try:
        yield insi
    finally:
        await insi.close()


Pair = tuple[Emulator, InsiOverSoap]
