"""Access tokens of the authorization server: made for an application, read by the API.

A token names what was allowed by `gid`; who that is, and whether it still holds, is asked of the
database at each request, so that what is withdrawn ends at once.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError

from cordee.identity.principal import Principal
from cordee.identity.smart.scopes import DataScope, parse
from cordee.identity.smart.signing import ACCESS, SigningKeys
from cordee.identity.smart.store import Grant, SmartStore, fresh
from cordee.identity.tokens import Tokens
from cordee.runtime.errors import NotAuthenticated

SECONDS = 300
_TYPE = "at+jwt"


@dataclass(frozen=True, slots=True)
class ReadToken:
    """An access token that holds: its claims, what it stands on, who acts."""

    claims: dict[str, Any]
    grant: Grant
    principal: Principal


class Bearers:
    """Makes and reads access tokens; reads the tokens of `cordee token` as well."""

    def __init__(self, store: SmartStore, keys: SigningKeys, tokens: Tokens, base: str) -> None:
        """`base` is the address of the FHIR API, which tokens are for."""
        self._store = store
        self._keys = keys
        self._tokens = tokens
        self._base = base
        self.issuer = base.removesuffix("/fhir")

    def make(self, grant: Grant, scopes: Sequence[str]) -> str:
        """A token of five minutes for these scopes of a grant."""
        key, moment = self._keys.access(), int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self._base,
            "sub": grant.account,
            "client_id": grant.client,
            "scope": " ".join(scopes),
            "gid": grant.id,
            "jti": fresh(),
            "iat": moment,
            "exp": moment + SECONDS,
        }
        header = {"alg": ACCESS, "kid": key.kid, "typ": _TYPE}
        return jwt.encode(header, claims, key, algorithms=[ACCESS])

    async def read(self, token: str) -> Principal:
        """Who acts by a token of either kind; raises `NotAuthenticated`."""
        if not self.is_ours(token):
            return self._tokens.read(token)
        return (await self.inspect(token)).principal

    async def inspect(self, token: str) -> ReadToken:
        """A token with what it stands on; raises `NotAuthenticated`."""
        claims = self.claims(token)
        grant = await self._store.grant(claims["gid"], claims["jti"])
        if grant is None or grant.client != claims["client_id"]:
            raise NotAuthenticated("the token was revoked; ask for a new one")
        scopes = tuple(claims["scope"].split())
        data = tuple(str(one) for one in map(parse, scopes) if isinstance(one, DataScope))
        return ReadToken(claims, grant, replace(grant.person, scopes=data))

    def claims(self, token: str) -> dict[str, Any]:
        """Claims of a token of ours that has not ended; raises `NotAuthenticated`."""
        try:
            found = jwt.decode(token, self._keys.verifying(), algorithms=[ACCESS])
            claims = found.claims
            if found.header.get("typ") != _TYPE or claims["iss"] != self.issuer:
                raise NotAuthenticated("the token is not one of this installation")
            if claims["aud"] != self._base or float(claims["exp"]) <= time.time():
                raise NotAuthenticated("the token has ended or is for another server")
            if not all(isinstance(claims[one], str) for one in ("gid", "jti", "scope")):
                raise NotAuthenticated("the token is not one of this installation")
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise NotAuthenticated("the token is not one of this installation") from error
        return claims

    def is_ours(self, token: str) -> bool:
        """Whether the header of a token says that it was made here, for an application."""
        try:
            return jwt_header(token).get("alg") == ACCESS
        except (ValueError, AttributeError):
            return False


def jwt_header(token: str) -> dict[str, Any]:
    """The header of a JWT, of which nothing is believed yet; raises `ValueError`."""
    first = token.partition(".")[0]
    found = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(found, dict):
        raise ValueError("the header of a JWT is an object")  # noqa: TRY004 -- one kind for callers
    return found
