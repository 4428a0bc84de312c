"""The end of a session here and at its provider, whichever ends first.

Rules: OpenID Connect Back-Channel Logout 1.0, sections 2.4 to 2.6; RP-Initiated Logout 1.0.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from joserfc.errors import JoseError

from cordee.identity.accounts.sealing import Sealer, fingerprint
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.exchanging import SKEW, Untrusted, verified
from cordee.identity.federation.providers import Provider, Providers
from cordee.identity.smart.bearers import jwt_header
from cordee.runtime.clock import now as present
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, ProductError
from cordee.runtime.queries import load_queries

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TYPES: Final = {"logout+jwt", "JWT", None}
_OLDEST: Final = 600
_QUERIES = load_queries("cordee.identity.federation")


class Leaving:
    """Ends sessions at the word of their provider, and the provider's at the word of a person."""

    def __init__(self, database: Database, sealer: Sealer, discovery: Discovery) -> None:
        """Shares the discovery of the process."""
        self._database = database
        self._sealer = sealer
        self._discovery = discovery
        self._providers = Providers(database, sealer)

    async def obey(self, name: str, token: str) -> int:
        """Ends the sessions that a logout token names; how many.

        Raises `InvalidRequest` for a token that does not hold, `NotFound` for no such provider,
        `Unavailable` when its keys cannot be read.
        """
        provider = await self._providers.named(name)
        try:
            claims = await verified(self._discovery, provider, token)
            _check(claims, jwt_header(token).get("typ"))
        except (Untrusted, JoseError, ValueError) as error:
            structlog.get_logger().warning("logout_untrusted", provider=name, reason=str(error))
            raise InvalidRequest("logout_token: it does not hold") from error
        now = present()
        ends = datetime.fromtimestamp(float(claims.get("exp", time.time())) + _OLDEST, UTC)
        async with self._database.transaction() as connection:
            spent = f"logout {provider.name} {claims['jti']}"
            if await connection.fetchval(_QUERIES["spend"], spent, ends) is None:
                raise InvalidRequest("logout_token: it was used before")
            rows = await connection.fetch(
                _QUERIES["close_by_provider"], provider.name, claims.get("sub"),
                claims.get("sid"), now,
            )  # fmt: skip
        return len(rows)

    async def farewell(self, identifier: str, back: str, state: str = "") -> str:
        """Where the browser goes to end the session at its provider too; empty where none is.

        `back` is the address of ours that the provider leads back to.
        """
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["provider_of_session"], fingerprint(identifier)
            )
        if row is None:
            return ""
        try:
            provider = await self._providers.named(row["provider"])
            place = await self._end_of(provider)
            hint = self._sealer.open(row["id_token"], row["account"]).decode()
        except ProductError:
            return ""  # the session here ends all the same
        if not place:
            return ""
        told = {
            "id_token_hint": hint,
            "post_logout_redirect_uri": back,
            "client_id": provider.client_id,
        }
        if state:
            told["state"] = state
        return f"{place}{'&' if '?' in place else '?'}{urlencode(told)}"

    async def _end_of(self, provider: Provider) -> str:
        return str((await self._discovery.metadata(provider)).get("end_session_endpoint") or "")


def _check(claims: Mapping[str, Any], kind: str | None) -> None:
    if kind not in _TYPES:
        raise Untrusted("typ: it is no logout token")
    moment = time.time()
    made = claims.get("iat")
    if not isinstance(made, int | float) or not moment - _OLDEST < made < moment + SKEW:
        raise Untrusted("iat: it was not made now")
    ends = claims.get("exp", moment)
    if not isinstance(ends, int | float) or ends < moment - SKEW:
        raise Untrusted("exp: it has ended")
    events = claims.get("events")
    if not isinstance(events, dict) or EVENT not in events:
        raise Untrusted("events: it is no logout")
    if "nonce" in claims:
        raise Untrusted("nonce: a logout token has none")
    if not isinstance(claims.get("jti"), str):
        raise Untrusted("jti: it is missing")
    named = [claims.get("sub"), claims.get("sid")]
    if not any(named) or not all(one is None or isinstance(one, str) for one in named):
        raise Untrusted("sub or sid: one of them is needed")
