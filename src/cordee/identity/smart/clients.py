"""Applications: what is known of one, and whether it is who it says.

Rule: https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, RFC 6749,
section 2, and RFC 7591.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.scopes import understood

PUBLIC, SYMMETRIC, ASYMMETRIC = "public", "symmetric", "asymmetric"
METHODS = {
    "none": PUBLIC,
    "client_secret_basic": SYMMETRIC,
    "client_secret_post": SYMMETRIC,
    "private_key_jwt": ASYMMETRIC,
}
BOUND = ("", "dpop", "mtls")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PLACE = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_PRIVATE_PARTS = frozenset({"d", "p", "q", "k"})


@dataclass(frozen=True, slots=True)
class Client:
    """An application. `approved` when an administrator let it in and nobody removed it.

    `bound` says what all its tokens are bound to: `dpop`, `mtls`, or nothing.
    """

    id: str
    name: str
    kind: str
    redirect_uris: tuple[str, ...]
    scopes: str
    approved: bool = True
    secret_hash: bytes | None = None
    jwks: str | None = None
    launch_url: str | None = None
    jwks_uri: str | None = None
    bound: str = ""

    def keys(self) -> KeySet:
        """Its public keys; raises `OAuthError` when it has none."""
        if not self.jwks:
            raise OAuthError("invalid_client", "this client has no keys here")
        return KeySet.import_key_set(orjson.loads(self.jwks))

    def has_secret(self, given: str) -> bool:
        """Whether this is its secret."""
        return self.secret_hash is not None and secrets.compare_digest(
            sha256(given.encode()).digest(), self.secret_hash
        )


def client_of(row: Mapping[str, Any]) -> Client:
    """The client of a row."""
    return Client(
        row["id"], row["name"], row["kind"], tuple(row["redirect_uris"]), row["scopes"],
        row["approved"] is not None and row["removed"] is None, row["secret_hash"], row["jwks"],
        row["launch_url"], row["jwks_uri"], row["bound"],
    )  # fmt: skip


def new_client(  # noqa: PLR0913 -- what an application says of itself
    name: str,
    kind: str,
    redirect_uris: Sequence[str],
    scopes: str,
    *,
    jwks: Mapping[str, Any] | None = None,
    jwks_uri: str | None = None,
    bound: str = "",
    launch_url: str | None = None,
    approved: bool = False,
) -> tuple[Client, str | None]:
    """A client with a fresh id, and its secret where it has one; raises `OAuthError`."""
    if not name.strip() or len(name) > 100 or not name.isprintable():  # noqa: PLR2004 -- a line
        raise OAuthError("invalid_client_metadata", "client_name: 1 to 100 characters are expected")
    for address in redirect_uris:
        if not is_safe(address):
            raise OAuthError(
                "invalid_redirect_uri", "redirect_uris: https, loopback or a private scheme"
            )
    known = understood(scopes)
    if not known:
        raise OAuthError("invalid_client_metadata", "scope: at least one SMART scope is expected")
    if kind == ASYMMETRIC:
        _check_keys(jwks, jwks_uri)
    if bound not in BOUND:
        raise OAuthError("invalid_client_metadata", "tokens are bound by dpop or mtls")
    if launch_url is not None and not is_safe(launch_url):
        raise OAuthError("invalid_client_metadata", "launch_url: https or loopback is expected")
    secret = secrets.token_urlsafe(32) if kind == SYMMETRIC else None
    client = Client(
        secrets.token_urlsafe(16), name.strip(), kind, tuple(redirect_uris), " ".join(known),
        approved, sha256(secret.encode()).digest() if secret else None,
        orjson.dumps(jwks).decode() if kind == ASYMMETRIC and jwks is not None else None,
        launch_url, jwks_uri if kind == ASYMMETRIC else None, bound,
    )  # fmt: skip
    return client, secret


def is_safe(address: str) -> bool:
    """Whether an address may be sent to: https, http to this machine, or a scheme of an app."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not address.isprintable() or " " in address or parts.fragment or "#" in address:
        return False
    if parts.scheme in {"http", "https"}:
        is_near = parts.scheme == "https" or host in _LOOPBACK
        return is_near and _PLACE.fullmatch(parts.netloc) is not None
    return _PRIVATE_SCHEME.fullmatch(parts.scheme) is not None


def is_askable(address: str) -> bool:
    """Whether an application may say that its keys are here: https, or http on this machine."""
    return is_safe(address) and urlsplit(address).scheme in {"http", "https"}


def _check_keys(jwks: Mapping[str, Any] | None, jwks_uri: str | None) -> None:
    if jwks_uri is None:
        check_jwks(jwks)
    elif jwks is not None:
        raise OAuthError("invalid_client_metadata", "jwks or jwks_uri: one of them is expected")
    elif not isinstance(jwks_uri, str) or not is_askable(jwks_uri):
        raise OAuthError("invalid_client_metadata", "jwks_uri: an https address is expected")


def check_jwks(jwks: Mapping[str, Any] | None) -> None:
    """Raises `OAuthError` for a key set that cannot verify RS384 or ES384, or that tells secrets.

    Rule: RS384 needs an RSA key of 2048 bits or more, ES384 a key on P-384; each has its `kid`.
    """
    rows = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise OAuthError("invalid_client_metadata", "jwks: a set of public keys is expected")
    for row in rows:
        if not isinstance(row, dict) or not row.get("kid") or _PRIVATE_PARTS & row.keys():
            raise OAuthError("invalid_client_metadata", "jwks: public keys with kid are expected")
        is_ec = row.get("kty") == "EC" and row.get("crv") == "P-384"
        if not is_ec and row.get("kty") != "RSA":
            raise OAuthError("invalid_client_metadata", "jwks: RSA or P-384 keys are expected")
        if not is_ec and len(str(row.get("n", ""))) < 340:  # noqa: PLR2004 -- 2048 bits in base64
            raise OAuthError("invalid_client_metadata", "jwks: RSA keys of 2048 bits are expected")
    try:
        KeySet.import_key_set({"keys": rows})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OAuthError("invalid_client_metadata", "jwks: a key cannot be read") from error
