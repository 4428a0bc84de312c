"""Bearer tokens signed by this installation: made by `cordee token`, read by the API.

The signing key lies in the folder of keys; a verified token is remembered until it ends, by its
hash, so that a signature is checked once.
"""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cordee.identity.principal import Principal
from cordee.identity.smart.scopes import parse
from cordee.runtime.errors import InvalidRequest, NotAuthenticated
from cordee.runtime.keys import secret

_ALGORITHM = "HS256"
_AUDIENCE = "cordee"
_MOST_REMEMBERED = 10_000


class Tokens:
    """Makes and reads the bearer tokens of one installation."""

    def __init__(self, keys: Path) -> None:
        """`keys` is the folder of keys; the key is made at the first use."""
        self._key = OctKey.import_key(secret(keys, "token.key"))
        self._known: dict[bytes, tuple[float, Principal]] = {}

    def make(self, principal: Principal, minutes: int) -> str:
        """A token for this principal, valid that many minutes."""
        for scope in principal.scopes:
            if isinstance(parse(scope), str):
                raise InvalidRequest(f"scope {scope!r}: only scopes on resources go into a token")
        moment = int(time.time())
        claims = {
            "aud": _AUDIENCE,
            "sub": principal.user,
            "name": principal.name,
            "role": principal.role,
            "org": principal.structure,
            "pro": principal.practitioner,
            "scope": " ".join(principal.scopes),
            "patient": principal.patient,
            "level": principal.level,
            "profession": principal.profession,
            "functions": sorted(principal.functions),
            "iat": moment,
            "exp": moment + minutes * 60,
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key)

    def read(self, token: str) -> Principal:
        """The principal of a token; raises `NotAuthenticated`."""
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            ends = float(claims["exp"])
            if claims["aud"] != _AUDIENCE or ends <= time.time():
                raise NotAuthenticated("the token has ended; ask for a new one")
            principal = Principal(
                claims["sub"], claims["name"], claims["role"], claims["org"], claims["pro"],
                tuple(claims["scope"].split()), patient=claims.get("patient", ""),
                level=claims.get("level", 1), profession=claims.get("profession", ""),
                functions=frozenset(claims.get("functions", ())),
            )  # fmt: skip
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise NotAuthenticated("the token is not one of this installation") from error
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = (ends, principal)
        return principal
