"""Public keys that an application publishes at an address of its own, asked for when needed.

Rules: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html: a set is
kept no longer than its `Cache-Control` says (RFC 9111, 5.2.2). No address inside is ever asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.jwk import KeySet

from cordee.identity.smart.clients import Client, check_jwks
from cordee.identity.smart.failures import OAuthError

SECONDS: Final = 5.0
MOST_BYTES: Final = 65_536
_LONGEST: Final = 3600
_UNSAID: Final = 300
_ROTATION_SECONDS: Final = 10.0
"""At most so often is a kept set asked for anew: unknown key ids are free for who forges."""
_MOST_KEPT: Final = 1000
_FOUND: Final = 200
_AGE = re.compile(r"max-age=\"?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: KeySet
    read: float
    until: float


@dataclass(slots=True)
class KeySets:
    """Keys of applications. `near` where addresses of this machine and its network may be asked."""

    near: bool = False
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def of(self, client: Client, kid: str) -> KeySet:
        """The keys of an application, `kid` among them if it has it; raises `OAuthError`."""
        address = client.jwks_uri
        if not address:
            return client.keys()
        async with self._locks.setdefault(address, asyncio.Lock()):
            known, moment = self._kept.get(address), self.clock()
            if known is not None and known.until > moment:
                held = any(one.kid == kid for one in known.keys.keys)
                if held or moment - known.read < _ROTATION_SECONDS:
                    return known.keys
            keys, seconds = await self._ask(address)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[address] = _Kept(keys, moment, moment + seconds)
            return keys

    async def _ask(self, address: str) -> tuple[KeySet, float]:
        try:
            async with asyncio.timeout(SECONDS):
                headers, body = await _fetched(address, await self._place(address))
            found = orjson.loads(body)
            return KeySet.import_key_set(_usable(found)), _seconds(headers)
        except (TimeoutError, httpx.HTTPError, OSError, ValueError, TypeError, KeyError) as error:
            raise OAuthError("invalid_client", "jwks_uri: its keys cannot be read") from error

    async def _place(self, address: str) -> str:
        """The address of the machine that is asked: looked up once, so that it stays the same."""
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        found = [str(row[4][0]) for row in rows]
        if not self.near and (parts.scheme != "https" or not all(map(_is_public, found))):
            raise ValueError("a public address by https is expected")
        return found[0]


async def _fetched(address: str, place: str) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of an answer, from that machine and no other; nothing is followed."""
    parts = urlsplit(address)
    host = f"[{place}]" if ":" in place else place
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    headers = {"host": parts.netloc, "accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=SECONDS, follow_redirects=False) as http,
        http.stream(
            "GET", parts._replace(netloc=netloc).geturl(), headers=headers,
            extensions={"sni_hostname": parts.hostname},
        ) as answer,
    ):  # fmt: skip
        if answer.status_code != _FOUND:
            raise ValueError(f"the address answers {answer.status_code}")
        body = b""
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError("the answer is too large")
        return answer.headers, body


def _usable(found: Any) -> Any:
    """The keys that verify here; a set that tells a private part is no set of public keys."""
    every = [row for row in found["keys"] if isinstance(row, dict)]
    kept = []
    for row in every:
        try:
            check_jwks({"keys": [row]})
        except OAuthError:
            if {"d", "k"} & row.keys():
                raise ValueError("a private key is published") from None
            continue
        kept.append(row)
    if not kept:
        raise ValueError("no key of it verifies RS384 or ES384")
    return {"keys": kept}


def _seconds(headers: Mapping[str, str]) -> float:
    """How long a set may be kept, by its own word."""
    said = headers.get("cache-control", "").lower()
    if "no-store" in said or "no-cache" in said:
        return 0
    found = _AGE.search(said)
    if found is None:
        return _UNSAID
    age = headers.get("age", "0")
    spent = int(age) if age.isdecimal() and len(age) < 10 else 0  # noqa: PLR2004 -- no endless number
    return max(0, min(_LONGEST, int(found[1]) - spent))


def _is_public(address: str) -> bool:
    place = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(place, "ipv4_mapped", None) or getattr(place, "sixtofour", None)
    return place.is_global and not place.is_multicast and (inner is None or inner.is_global)
