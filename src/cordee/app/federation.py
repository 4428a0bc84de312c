"""Identity providers bound to this installation: their client, the directory, the sessions."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httpx
import orjson

from cordee.app.wiring import Parts
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from cordee.identity.accounts.entering import Entrance
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.leaving import Leaving
from cordee.identity.federation.providers import Providers
from cordee.identity.federation.relying import Federation
from cordee.identity.patients.citizens import KnownCitizens
from cordee.runtime.clock import now
from cordee.runtime.database import AWAY
from cordee.runtime.errors import Unavailable

RETURN: Final = "/connexion/retour"
_LOOK_SECONDS: Final = 60.0
_SCOPE: Final = Scope("federation", None, {"Organization": "rs", "Practitioner": "rs"})
_NUMBERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True, slots=True)
class KernelDirectory:
    """Structures and professionals by their numbers, from the directory of this installation."""

    kernel: Kernel

    async def structure(self, numbers: Sequence[str]) -> tuple[str, str] | None:
        """`Organization/id` and name of the first number that one structure has."""
        for number in numbers:
            found = await self._only("Organization", number)
            if found is not None:
                return found
        return None

    async def practitioner(self, rpps: str) -> str:
        """`Practitioner/id` of an RPPS, empty when none or several have it."""
        found = await self._only("Practitioner", rpps)
        return found[0] if found else ""

    async def _only(self, kind: str, number: str) -> tuple[str, str] | None:
        if not number or not set(number) <= _NUMBERS:
            return None
        query = read_query(kind, [("identifier", number), ("active:not", "false"), ("_count", "2")])
        found = await self.kernel.searcher.search(query, _SCOPE)
        if len(found.matches) != 1:
            return None
        match = found.matches[0]
        name = orjson.loads(match.json()).get("name")
        return match.place, name if isinstance(name, str) else ""


@contextlib.asynccontextmanager
async def watching(parts: Parts) -> AsyncIterator[None]:
    """Within it the providers are asked each minute whether they answer: breaks begin and end."""
    task = asyncio.create_task(_watch(parts))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def look(providers: Providers, discovery: Discovery) -> None:
    """Asks every provider once, and notes who answers."""
    for provider in await providers.all():
        try:
            await discovery.look(provider)
        except Unavailable:
            await providers.note_down(provider.name, now())
        else:
            if provider.down_since is not None:
                await providers.note_up(provider.name, now())


async def _watch(parts: Parts) -> None:
    providers = Providers(parts.database, Sealer(parts.settings.keys))
    discovery = Discovery(_client)
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        with contextlib.suppress(Unavailable, *AWAY):  # the database is waited for
            await look(providers, discovery)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=_trust(), headers={"accept": "application/json"})


@dataclass(frozen=True, slots=True)
class Federated:
    """Signing in by a provider, and the ends of such sessions."""

    federation: Federation
    leaving: Leaving


def federated(parts: Parts, entrance: Entrance) -> Federated:
    """The relying party of this process."""
    base = parts.kernel.base.removesuffix("/fhir")
    discovery = Discovery(_client)
    return Federated(
        Federation(
            parts.database,
            entrance,
            discovery,
            KernelDirectory(parts.kernel),
            base + RETURN,
            citizens=KnownCitizens(parts.kernel),
        ),
        Leaving(parts.database, entrance.sealer, discovery),
    )
