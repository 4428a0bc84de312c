"""Is a client who it says: no secret, a secret, or an assertion signed by its key.

Rule: RFC 6749, 2.3; RFC 7523; SMART App Launch 2.2, client-confidential-asymmetric.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from urllib.parse import unquote_plus

import orjson
from joserfc import jwt
from joserfc.errors import JoseError

from cordee.identity.smart.clients import ASYMMETRIC, PUBLIC, SYMMETRIC, Client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.keysets import KeySets
from cordee.identity.smart.store import SmartStore, hashed

ALGORITHMS = ("RS384", "ES384")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST = 300
_SKEW = 5


async def authenticate(
    store: SmartStore,
    form: Mapping[str, str],
    authorization: str,
    audience: str,
    keysets: KeySets,
) -> Client:
    """The client of a request; raises `OAuthError` (`invalid_client`).

    `audience` is the address that an assertion must be made for. One method only may be used.
    """
    has_basic = authorization[:6].lower() == "basic "
    ways = [has_basic, "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise OAuthError("invalid_request", "use one way of client authentication only")
    if "client_assertion" in form:
        return await _by_assertion(store, form, audience, keysets)
    if not any(ways):
        return await _known(store, form.get("client_id") or await _holder(store, form), PUBLIC)
    given_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if has_basic:
        given_id, secret = _basic(authorization)
        if form.get("client_id", given_id) != given_id:
            raise OAuthError("invalid_request", "client_id: two different ones were sent")
    client = await _known(store, given_id, SYMMETRIC)
    if not client.has_secret(secret):
        raise OAuthError("invalid_client", "the client is not known or its proof does not hold")
    return client


async def _known(store: SmartStore, client_id: str, kind: str) -> Client:
    client = await store.client(client_id) if client_id and client_id.isprintable() else None
    if client is None or client.kind != kind:
        raise OAuthError("invalid_client", "the client is not known or its proof does not hold")
    return client


async def _holder(store: SmartStore, form: Mapping[str, str]) -> str:
    """Whose refresh token this is: an application without a secret need not say who it is.

    SMART App Launch names no `client_id` among the parameters of a refresh.
    """
    row = await store.row("refresh", hashed(form.get("refresh_token", "")))
    grant = await store.grant(row["grant_id"]) if row else None
    return grant.client if grant else ""


def _basic(authorization: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(authorization[6:].strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise OAuthError("invalid_client", "the Authorization header cannot be read") from error
    name, colon, secret = text.partition(":")
    if not colon:
        raise OAuthError("invalid_client", "the Authorization header cannot be read")
    return unquote_plus(name), unquote_plus(secret)


async def _by_assertion(
    store: SmartStore, form: Mapping[str, str], audience: str, keysets: KeySets
) -> Client:
    if form.get("client_assertion_type") != ASSERTION:
        raise OAuthError("invalid_request", f"client_assertion_type: {ASSERTION} is expected")
    assertion = form["client_assertion"]
    header, issuer = _announced(assertion)
    client = await _known(store, issuer, ASYMMETRIC)
    if form.get("client_id", client.id) != client.id:
        raise OAuthError("invalid_client", "client_id: the assertion is of another client")
    if "jku" in header and header["jku"] != client.jwks_uri:
        raise OAuthError("invalid_client", "jku: it is not the registered jwks_uri")
    try:
        keys = await keysets.of(client, str(header.get("kid")))
        token = jwt.decode(assertion, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OAuthError("invalid_client", "the assertion does not hold") from error
    if not token.header.get("kid") or token.header.get("typ", "JWT") != "JWT":
        raise OAuthError("invalid_client", "the header of the assertion needs kid and typ JWT")
    ends = _checked(token.claims, client.id, audience)
    name = f"assertion {client.id} {token.claims['jti']}"
    if not await store.spend(name, ends + _SKEW):
        raise OAuthError("invalid_client", "the assertion was used before")
    return client


def _checked(claims: Mapping[str, object], client_id: str, audience: str) -> float:
    """When the assertion ends; raises `OAuthError` where a claim is missing or wrong."""
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    ends, jti, starts = claims.get("exp"), claims.get("jti"), claims.get("nbf", 0)
    moment = time.time()
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise OAuthError("invalid_client", "iss and sub of the assertion must be the client_id")
    if audience not in audiences:
        raise OAuthError("invalid_client", "aud of the assertion must be the token endpoint")
    if not isinstance(ends, int | float) or not moment - _SKEW < ends <= moment + _LONGEST + _SKEW:
        raise OAuthError("invalid_client", "exp of the assertion: within five minutes is expected")
    if not isinstance(starts, int | float) or starts > moment + _SKEW:
        raise OAuthError("invalid_client", "nbf of the assertion lies ahead")
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:  # noqa: PLR2004 -- a name, not a text
        raise OAuthError("invalid_client", "jti of the assertion is needed")
    return float(ends)


def _announced(assertion: str) -> tuple[dict[str, object], str]:
    """The header of an assertion and whom it says it is of, before anything of it is believed."""
    try:
        header, claims = (
            orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in assertion.split(".")[:2]
        )
        return dict(header), str(claims["iss"])
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise OAuthError("invalid_client", "the assertion cannot be read") from error
