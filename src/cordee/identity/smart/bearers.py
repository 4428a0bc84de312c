"""Access tokens of the authorization server: made for an application, read by the API.

A token names what was allowed by `gid`; who that is, and whether it still holds, is asked of the
database anew each second: what is withdrawn ends then in every process, in the one that did it at
once. What a token is bound to is asked of every request.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError

from cordee.identity.principal import Principal
from cordee.identity.smart.failures import OAuthError, Unproved
from cordee.identity.smart.proving import Presented, Proxies, holds, proved
from cordee.identity.smart.scopes import DataScope, parse
from cordee.identity.smart.signing import ACCESS, SigningKeys
from cordee.identity.smart.store import Grant, SmartStore, fresh
from cordee.identity.tokens import Tokens
from cordee.runtime.errors import NotAuthenticated

SECONDS = 300
_TYPE = "at+jwt"
_KEPT_SECONDS: Final = 1.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class ReadToken:
    """An access token that holds: its claims, what it stands on, who acts."""

    claims: dict[str, Any]
    grant: Grant
    principal: Principal


class Bearers:
    """Makes and reads access tokens; reads the tokens of `cordee token` as well."""

    def __init__(
        self,
        store: SmartStore,
        keys: SigningKeys,
        tokens: Tokens,
        base: str,
        proxies: Proxies | None = None,
    ) -> None:
        """`base` is the address of the FHIR API, which tokens are for."""
        self.proxies = proxies or Proxies()
        self._known: dict[bytes, tuple[float, ReadToken]] = {}
        self._seen = 0
        self._store = store
        self._keys = keys
        self._tokens = tokens
        self._base = base
        self.issuer = base.removesuffix("/fhir")

    def make(
        self, grant: Grant, scopes: Sequence[str], cnf: Mapping[str, str] | None = None
    ) -> str:
        """A token of five minutes for these scopes of a grant; `cnf` says what it is bound to."""
        key, moment = self._keys.access(), int(time.time())
        claims: dict[str, Any] = {
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
        if cnf:
            claims["cnf"] = dict(cnf)
        header = {"alg": ACCESS, "kid": key.kid, "typ": _TYPE}
        return jwt.encode(header, claims, key, algorithms=[ACCESS])

    async def read(self, token: str) -> Principal:
        """Who acts by a token of either kind, bound to nothing; raises `NotAuthenticated`."""
        return await self.present("bearer", token, Presented("", ""))

    async def present(self, scheme: str, token: str, presented: Presented) -> Principal:
        """Who acts by a token with its proof; raises `NotAuthenticated`.

        A bound token is no bearer token, and a token that is bound to no key comes with no proof.
        """
        if not self.is_ours(token):
            if scheme != "bearer":
                raise Unproved("invalid_token", "this token is a bearer token")
            return self._tokens.read(token)
        return (await self.shown(scheme, token, presented)).principal

    async def shown(self, scheme: str, token: str, presented: Presented) -> ReadToken:
        """A token of an application, with its proof; raises `NotAuthenticated`."""
        found = await self._kept(token)
        cnf = found.claims.get("cnf", {})
        if ("jkt" in cnf) != (scheme == "dpop"):
            raise Unproved("invalid_token", "a token that is bound to a key needs its DPoP proof")
        jkt = ""
        if "jkt" in cnf:
            try:
                jkt = await proved(self._store, presented, token)
            except OAuthError as error:
                raise Unproved(error.code, error.message) from error
        if not holds(cnf, jkt, presented.certificate):
            raise Unproved("invalid_token", "the token is bound to another key or certificate")
        return found

    def forget(self) -> None:
        """Asks of all tokens anew: this process has just changed what they stand on."""
        self._known.clear()

    async def _kept(self, token: str) -> ReadToken:
        """A token as it was inspected within the last second."""
        if self._seen != self._store.ended:
            self._seen = self._store.ended
            self.forget()
        digest = sha256(token.encode()).digest()
        known, seen = self._known.get(digest), self._seen
        if known is not None and known[0] > time.monotonic():
            return known[1]
        asked = time.monotonic()
        found = await self.inspect(token)
        if len(self._known) >= _MOST:
            self._known.clear()
        if seen == self._store.ended:  # nothing ended while the database was asked
            until = min(_KEPT_SECONDS, float(found.claims["exp"]) - time.time())
            self._known[digest] = (asked + until, found)
        return found

    async def inspect(self, token: str) -> ReadToken:
        """A token with what it stands on now; raises `NotAuthenticated`."""
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
            if not isinstance(claims.get("cnf", {}), dict):
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
