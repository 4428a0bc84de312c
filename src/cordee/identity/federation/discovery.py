"""What a provider says of itself, and its keys: kept for a while, asked again on a new key.

Rules: OpenID Connect Discovery 1.0, section 4; OpenID Connect Core 1.0, section 10.1.1.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cordee.identity.federation.providers import Provider, is_safe_address
from cordee.runtime.errors import Unavailable

SECONDS: Final = 5.0
KEPT_SECONDS: Final = 600.0
_ROTATION_SECONDS: Final = 10.0
"""At most so often are keys asked for again: unknown ones are free for who forges tokens."""
_NEEDED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_ADDRESSES: Final = (
    "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
    "end_session_endpoint",
)  # fmt: skip
_MOST_BYTES: Final = 1_000_000
_FAILED: Final = 400


@dataclass(slots=True)
class Known:
    """The metadata and the keys of a provider, with when they were read."""

    metadata: dict[str, Any]
    read: float
    keys: KeySet | None = None
    keys_read: float = 0.0


@dataclass(slots=True)
class Discovery:
    """Asks providers, by a client of `clients` each time; one for a process."""

    clients: Callable[[], httpx.AsyncClient]
    _known: dict[str, Known] = field(default_factory=dict)

    async def metadata(self, provider: Provider) -> dict[str, Any]:
        """What the provider says of itself; raises `Unavailable`."""
        return (await self._of(provider)).metadata

    async def look(self, provider: Provider) -> None:
        """Asks now, whatever is kept; raises `Unavailable`."""
        self._known.pop(provider.issuer, None)
        await self._of(provider)

    async def keys(self, provider: Provider, token: str) -> KeySet:
        """The keys of the provider; asked for again where none of them is named by the token."""
        known = await self._of(provider)
        now = time.monotonic()
        if known.keys is None or (
            now - known.keys_read > _ROTATION_SECONDS and not _holds(known.keys, token)
        ):
            found = await self.json("GET", str(known.metadata["jwks_uri"]))
            try:
                known.keys = KeySet.import_key_set(_usable(found))
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise Unavailable(f"the keys of {provider.name} cannot be read") from error
            known.keys_read = now
        return known.keys

    async def json(self, method: str, address: str, **how: Any) -> dict[str, Any]:
        """A JSON object from a provider; raises `Unavailable` for anything else."""
        answer = await self.send(method, address, **how)
        try:
            found = answer.json()
        except ValueError as error:
            raise Unavailable("the provider answers with something else than JSON") from error
        if answer.status_code >= _FAILED or not isinstance(found, dict):
            structlog.get_logger().warning("provider_refused", status=answer.status_code)
            raise Unavailable(f"the provider answers {answer.status_code}")
        return found

    async def send(self, method: str, address: str, **how: Any) -> httpx.Response:
        """An answer of a provider, whatever its status; raises `Unavailable` without one."""
        try:
            async with self.clients() as client:
                answer = await client.request(
                    method, address, timeout=SECONDS, follow_redirects=False, **how
                )
        except httpx.HTTPError as error:
            raise Unavailable(f"the provider does not answer: {type(error).__name__}") from error
        if len(answer.content) > _MOST_BYTES:
            raise Unavailable("the provider answers with too much")
        return answer

    async def _of(self, provider: Provider) -> Known:
        known = self._known.get(provider.issuer)
        if known is None or time.monotonic() - known.read > KEPT_SECONDS:
            place = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = await self.json("GET", place)
            _check(provider, metadata)
            kept = (known.keys, known.keys_read) if known else (None, 0.0)
            known = Known(metadata, time.monotonic(), *kept)
            self._known[provider.issuer] = known
        return known


def _check(provider: Provider, metadata: dict[str, Any]) -> None:
    if any(not isinstance(metadata.get(name), str) for name in _NEEDED):
        raise Unavailable(f"{provider.name} does not say where its endpoints are")
    if metadata["issuer"] != provider.issuer:
        raise Unavailable(f"{provider.name} says that it is {metadata['issuer']}")
    places = [metadata[name] for name in _ADDRESSES if name in metadata]
    if not all(isinstance(place, str) and is_safe_address(place) for place in places):
        raise Unavailable(f"{provider.name} has an endpoint that is not https")


def _usable(found: dict[str, Any]) -> Any:
    """The keys that sign; of kinds that are not known here nothing is read."""
    every = found["keys"]
    kept = [k for k in every if k.get("use", "sig") == "sig" and k.get("kty") in {"RSA", "EC"}]
    return {"keys": kept}


def _holds(keys: KeySet, token: str) -> bool:
    try:
        named = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError):
        return True
    return any(key.kid == named for key in keys.keys)
