"""Identity providers bound to this installation: their client, the directory, the sessions."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
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
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.leaving import Leaving
from cordee.identity.federation.relying import Federation

RETURN: Final = "/connexion/retour"
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
        query = read_query(kind, [("identifier", number), ("_count", "2")])
        found = await self.kernel.searcher.search(query, _SCOPE)
        if len(found.matches) != 1:
            return None
        match = found.matches[0]
        name = orjson.loads(match.json()).get("name")
        return match.place, name if isinstance(name, str) else ""


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
            parts.database, entrance, discovery, KernelDirectory(parts.kernel), base + RETURN
        ),
        Leaving(parts.database, entrance.sealer, discovery),
    )
