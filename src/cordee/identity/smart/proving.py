"""Proof of possession: who uses a token shows the key, or the certificate, that it is bound to.

Rules: RFC 9449 (DPoP); RFC 8705, section 3 (certificate of mutual TLS, which a proxy passes).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.store import SmartStore

ALGORITHMS: Final = ("ES256", "ES384", "PS256", "RS256", "RS384")
SECONDS: Final = 60
"""How far the clock of an application may be from ours, either way."""
_TYPE: Final = "dpop+jwt"
_LONGEST: Final = 8192
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
_SHORTEST_MODULUS: Final = 340
_KINDS: Final = {"EC": ECKey, "RSA": RSAKey}
_PUBLIC: Final = ("kty", "crv", "x", "y", "n", "e")
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(ALGORITHMS))
_REGISTRY.max_header_length = 2048  # a key of RSA stands in it
_PORTS: Final = {"https": 443, "http": 80}
_MARKS: Final = (b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a request beside its token: proofs, for which address, a certificate.

    `certificate` is the thumbprint (`x5t#S256`) of what a trusted proxy passed, empty for none.
    """

    method: str
    address: str
    proofs: tuple[str, ...] = ()
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Proxies:
    """From which machines a header with the certificate of the caller is believed."""

    header: str = ""
    trusted: tuple[str, ...] = ("127.0.0.0/8", "::1/128")

    def certificate(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Thumbprint of the certificate that a trusted proxy passes; empty where there is none.

        As nginx writes it (PEM, escaped) or as RFC 9440 does (`:base64:`).
        """
        if not self.header or not self._trusts(peer):
            return ""
        name = self.header.lower().encode()
        found = [value for one, value in headers if one.lower() == name and value.strip()]
        return _thumbprint(found[0].strip()) if len(found) == 1 else ""

    def _trusts(self, peer: str) -> bool:
        try:
            place = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        place = getattr(place, "ipv4_mapped", None) or place
        nets = [ipaddress.ip_network(one, strict=False) for one in self.trusted]
        return any(place.version == net.version and place in net for net in nets)


class BadProof(OAuthError):
    """A proof that does not hold (RFC 9449, 5)."""

    def __init__(self, message: str) -> None:
        """`message` is in plain ASCII."""
        super().__init__("invalid_dpop_proof", message)


async def proved(store: SmartStore, presented: Presented, token: str = "") -> str:
    """Thumbprint of the key that is proved, empty without a proof; raises `BadProof`.

    With a token the proof must be made for it (`ath`). Each proof counts once.
    """
    if not presented.proofs:
        return ""
    if len(presented.proofs) > 1:
        raise BadProof("one DPoP header is expected")
    key, claims = _opened(presented.proofs[0])
    _check_request(claims, presented)
    issued, jti = _check_moment(claims), claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:  # noqa: PLR2004 -- a name, not a text
        raise BadProof("jti: a name for the proof is expected")
    if token and not _hashes(claims.get("ath"), token):
        raise BadProof("ath: the proof was made for another token")
    jkt = key.thumbprint()
    name = sha256(f"{jkt} {jti}".encode()).hexdigest()
    if not await store.spend(f"dpop {name}", issued + 2 * SECONDS):
        raise BadProof("jti: the proof was used before")
    return jkt


def _check_request(claims: Mapping[str, Any], presented: Presented) -> None:
    if claims.get("htm") != presented.method:
        raise BadProof("htm: it is not the method of this request")
    if not _is_same(claims.get("htu"), presented.address):
        raise BadProof("htu: it is not the address of this request")


def _check_moment(claims: Mapping[str, Any]) -> float:
    issued, moment = claims.get("iat"), time.time()
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise BadProof("iat: a time is expected")
    if not moment - SECONDS <= issued <= moment + SECONDS:
        raise BadProof("iat: the proof is too old, or made ahead")
    return float(issued)


def holds(cnf: Mapping[str, Any], jkt: str, certificate: str) -> bool:
    """Whether what was shown is what a token is bound to (`cnf`); an unbound one holds."""
    wanted, shown = cnf.get("jkt", ""), cnf.get("x5t#S256", "")
    is_key = not wanted or secrets.compare_digest(str(wanted).encode(), jkt.encode())
    return is_key and (
        not shown or secrets.compare_digest(str(shown).encode(), certificate.encode())
    )


def _opened(proof: str) -> tuple[Any, dict[str, Any]]:
    """The key of a proof, and what it says, once its signature holds."""
    if len(proof) > _LONGEST:
        raise BadProof("the proof is too long")
    try:
        header = jws.extract_compact(proof.encode(), registry=_REGISTRY).headers()
        if header.get("typ") != _TYPE or header.get("alg") not in ALGORITHMS:
            raise BadProof(f"typ {_TYPE} and alg among {', '.join(ALGORITHMS)} are expected")
        key = _key(header.get("jwk"))
        return key, jwt.decode(proof, key, registry=_REGISTRY).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadProof("the proof does not hold") from error


def _key(told: Any) -> Any:
    if not isinstance(told, dict) or _PRIVATE & told.keys():
        raise BadProof("jwk: a public key is expected")
    kind = _KINDS.get(told.get("kty", ""))
    if kind is None:
        raise BadProof("jwk: a key of RSA or EC is expected")
    if kind is RSAKey and len(str(told.get("n", ""))) < _SHORTEST_MODULUS:
        raise BadProof("jwk: an RSA key of 2048 bits is expected")
    return kind.import_key({name: told[name] for name in _PUBLIC if name in told})


def _is_same(given: Any, address: str) -> bool:
    """Whether two addresses mean one, without query and fragment (RFC 9449, 4.3; RFC 3986, 6.2)."""
    if not isinstance(given, str):
        return False
    try:
        return _plain(given) == _plain(address)
    except ValueError:
        return False


def _plain(address: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    return (
        scheme,
        parts.hostname or "",
        parts.port or _PORTS.get(scheme),
        unquote(parts.path) or "/",
    )


def _hashes(given: Any, token: str) -> bool:
    made = base64.urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=")
    return isinstance(given, str) and secrets.compare_digest(made, given.encode())


def _thumbprint(value: bytes) -> str:
    try:
        if value[:1] == b":":
            body = value.strip(b":")
        else:
            text = unquote_to_bytes(value)
            _, begin, rest = text.partition(_MARKS[0])
            body, end, _ = rest.partition(_MARKS[1])
            if not begin or not end:
                return ""
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode() if der else ""
