"""The wire of a sign-in: the request, the code for tokens, what is checked of them.

Rules: OpenID Connect Core 1.0, sections 3.1.2.1, 3.1.3.7 and 5.3; RFC 7636 (PKCE); RFC 9207.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256, sha384, sha512
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError

from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.providers import Provider
from cordee.runtime.errors import Unavailable

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "PS384", "PS512")
"""Never `none`, and never a shared secret: whoever holds it could sign."""
SKEW: Final = 30
_OLDEST: Final = 600
RECENT: Final = 300
"""At most so many seconds ago was a factor shown that is to count again."""
_HASHES: Final = {"256": sha256, "384": sha384, "512": sha512}
_BEARERS: Final = ("bearer", "dpop")


class Untrusted(Exception):
    """What a provider sent does not hold; the message is for the log, not for the person."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that is under way, kept here until its answer."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Asking:
        """Random ones, of 256 bits each."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Return:
    """The code that came back, the address of ours it came to, and whether it is a step up."""

    code: str
    redirect_uri: str
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """Verified claims of a sign-in, those of userinfo included, and the id_token as it came."""

    claims: Mapping[str, Any]
    id_token: str


async def address_of(
    discovery: Discovery, provider: Provider, asking: Asking, redirect_uri: str, *, is_step: bool
) -> str:
    """Where the browser goes to sign in; a step up asks for a factor shown now."""
    metadata = await discovery.metadata(provider)
    challenge = base64.urlsafe_b64encode(sha256(asking.verifier.encode()).digest()).rstrip(b"=")
    told = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": asking.state,
        "nonce": asking.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if provider.acr_values:
        told["acr_values"] = provider.acr_values
    if is_step:
        told |= {"prompt": "login", "max_age": "0"}
    place = str(metadata["authorization_endpoint"])
    return f"{place}{'&' if '?' in place else '?'}{urlencode(told)}"


async def exchange(
    discovery: Discovery, provider: Provider, asking: Asking, back: Return
) -> Tokens:
    """The claims behind a code; raises `Untrusted`, or `Unavailable` where nobody answers."""
    metadata = await discovery.metadata(provider)
    form = {
        "grant_type": "authorization_code",
        "code": back.code,
        "redirect_uri": back.redirect_uri,
        "code_verifier": asking.verifier,
    }
    how = _authentication(provider, metadata, form)
    answer = await discovery.send("POST", str(metadata["token_endpoint"]), data=form, **how)
    if answer.status_code in {400, 401, 403}:
        raise Untrusted("the provider does not take the code")
    try:
        found = answer.json()
        id_token, access_token = found["id_token"], found["access_token"]
        kind = str(found["token_type"]).lower()
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("the answer of the token endpoint cannot be read") from error
    if not isinstance(id_token, str) or not isinstance(access_token, str) or kind not in _BEARERS:
        raise Untrusted("the answer of the token endpoint is none")
    claims = await verified(discovery, provider, id_token)
    _check_identity(claims, provider, asking, is_step=back.is_step)
    _check_hash(id_token, claims, access_token)
    told = await _userinfo(discovery, provider, access_token)
    if told.get("sub", claims["sub"]) != claims["sub"]:
        raise Untrusted("userinfo is of somebody else")
    return Tokens({**told, **claims}, id_token)


async def verified(discovery: Discovery, provider: Provider, token: str) -> dict[str, Any]:
    """Claims of a JWT that this provider signed for this client; raises `Untrusted`."""
    keys = await discovery.keys(provider, token)
    try:
        found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Untrusted(f"the signature does not hold: {type(error).__name__}") from error
    claims = found.claims
    audience = claims.get("aud")
    every = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != provider.issuer:
        raise Untrusted("iss: it is another one")
    if provider.client_id not in every:
        raise Untrusted("aud: it is for somebody else")
    if len(every) > 1 and claims.get("azp") != provider.client_id:
        raise Untrusted("azp: it is for somebody else")
    return claims


def _check_identity(
    claims: Mapping[str, Any], provider: Provider, asking: Asking, *, is_step: bool
) -> None:
    moment = time.time()
    ends, made = claims.get("exp"), claims.get("iat")
    if not isinstance(ends, int | float) or ends < moment - SKEW:
        raise Untrusted("exp: it has ended")
    if not isinstance(made, int | float) or not moment - _OLDEST < made < moment + SKEW:
        raise Untrusted("iat: it was not made now")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), asking.nonce.encode()):
        raise Untrusted("nonce: it is another one")
    if "azp" in claims and claims["azp"] != provider.client_id:
        raise Untrusted("azp: it is for somebody else")
    if not isinstance(claims.get("sub"), str):
        raise Untrusted("sub: it is missing")
    shown = claims.get("auth_time")
    if is_step and (not isinstance(shown, int | float) or shown < moment - RECENT):
        raise Untrusted("auth_time: the factor was not shown now")


def _check_hash(id_token: str, claims: Mapping[str, Any], access_token: str) -> None:
    """`at_hash` binds both tokens (OpenID Connect Core 1.0, 3.1.3.6)."""
    if "at_hash" not in claims:
        return
    head = id_token.partition(".")[0]
    algorithm = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()
    size = next((size for size in _HASHES if f'S{size}"' in algorithm), "256")
    digest = _HASHES[size](access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not hmac.compare_digest(half, str(claims["at_hash"])):
        raise Untrusted("at_hash: the tokens do not belong together")


def _authentication(
    provider: Provider, metadata: Mapping[str, Any], form: dict[str, str]
) -> dict[str, Any]:
    """How the client says who it is: Basic where it is taken, else in the form, else no secret."""
    known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not provider.client_secret:
        form["client_id"] = provider.client_id
        return {}
    if "client_secret_basic" in known:
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        name, secret = quote_plus(provider.client_id), quote_plus(provider.client_secret)
        pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
        return {"headers": {"authorization": f"Basic {pair}"}}
    form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    return {}


async def _userinfo(
    discovery: Discovery, provider: Provider, access_token: str
) -> Mapping[str, Any]:
    metadata = await discovery.metadata(provider)
    place = metadata.get("userinfo_endpoint")
    if not place:
        return {}
    headers = {"authorization": f"Bearer {access_token}"}
    answer = await discovery.send("GET", str(place), headers=headers)
    if answer.status_code != 200:  # noqa: PLR2004 -- OK
        raise Unavailable(f"userinfo answers {answer.status_code}")
    if answer.headers.get("content-type", "").startswith("application/jwt"):
        return await verified(discovery, provider, answer.text)
    try:
        found = answer.json()
    except ValueError as error:
        raise Unavailable("userinfo cannot be read") from error
    if not isinstance(found, dict) or not isinstance(found.get("sub"), str):
        raise Untrusted("userinfo says not of whom it is")
    return found
