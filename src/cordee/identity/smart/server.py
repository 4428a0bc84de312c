"""The authorization server of one installation: its parts, and what it says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cordee.identity.smart.authenticating import ALGORITHMS
from cordee.identity.smart.authorizing import Authorizer
from cordee.identity.smart.bearers import Bearers
from cordee.identity.smart.clients import METHODS
from cordee.identity.smart.exchanging import GRANT_TYPES, Exchange, Persons
from cordee.identity.smart.keysets import KeySets
from cordee.identity.smart.pkce import METHODS as CHALLENGES
from cordee.identity.smart.proving import ALGORITHMS as PROOFS
from cordee.identity.smart.proving import Proxies
from cordee.identity.smart.scopes import IDENTITY, LAUNCH, REFRESH
from cordee.identity.smart.signing import IDENTITY as IDENTITY_ALGORITHM
from cordee.identity.smart.signing import SigningKeys
from cordee.identity.smart.store import SmartStore
from cordee.identity.tokens import Tokens
from cordee.runtime.database import Database

CAPABILITIES = (
    "launch-ehr", "launch-standalone", "authorize-post", "client-public",
    "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect",
    "context-banner", "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient",
    "permission-offline", "permission-online", "permission-patient", "permission-user",
    "permission-v1", "permission-v2",
)  # fmt: skip
_SCOPES = ("patient/*.cruds", "user/*.cruds", "system/*.cruds")


class AuthorizationServer:
    """All of it, over the folder of keys and the database."""

    def __init__(  # noqa: PLR0913 -- what an authorization server stands on
        self,
        database: Database,
        folder: Path,
        tokens: Tokens,
        base: str,
        persons: Persons,
        *,
        proxies: Proxies | None = None,
        near: bool = False,
    ) -> None:
        """`base` is the address of the FHIR API; `persons` says who an account is now.

        `near` where keys of applications may lie on this machine, `proxies` who passes
        certificates.
        """
        self.base = base
        self.store = SmartStore(database)
        self.keys = SigningKeys(folder)
        self.keysets = KeySets(near)
        self.bearers = Bearers(self.store, self.keys, tokens, base, proxies)
        self.authorizer = Authorizer(self.store, base)
        self.exchange = Exchange(self.store, self.bearers, self.keys, persons, base)

    @property
    def issuer(self) -> str:
        """The address of the authorization server."""
        return self.bearers.issuer

    @property
    def token_endpoint(self) -> str:
        """The address of the token endpoint, which assertions are made for."""
        return f"{self.issuer}/oauth/token"

    def configuration(self) -> dict[str, Any]:
        """What `/fhir/.well-known/smart-configuration` says."""
        return self._endpoints() | {"capabilities": list(CAPABILITIES)}

    def openid_configuration(self) -> dict[str, Any]:
        """What `/.well-known/openid-configuration` says."""
        return self._endpoints() | {
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [IDENTITY_ALGORITHM],
            "response_modes_supported": ["query"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser", "name"],
        }

    def _endpoints(self) -> dict[str, Any]:
        names = {
            "authorization_endpoint": "authorize", "token_endpoint": "token",
            "introspection_endpoint": "introspect", "revocation_endpoint": "revoke",
            "registration_endpoint": "register", "jwks_uri": "jwks",
        }  # fmt: skip
        places = {name: f"{self.issuer}/oauth/{path}" for name, path in names.items()}
        return {
            "issuer": self.issuer,
            **places,
            "management_endpoint": f"{self.issuer}/applications",
            "grant_types_supported": list(GRANT_TYPES),
            "response_types_supported": ["code"],
            "scopes_supported": [*sorted(IDENTITY), *sorted(LAUNCH), *sorted(REFRESH), *_SCOPES],
            "code_challenge_methods_supported": list(CHALLENGES),
            "token_endpoint_auth_methods_supported": list(METHODS),
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "dpop_signing_alg_values_supported": list(PROOFS),
            "tls_client_certificate_bound_access_tokens": bool(self.bearers.proxies.header),
        }
