"""The token endpoint: codes, refresh tokens and client credentials become access tokens.

Rule: RFC 6749; https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-access-token.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jwt

from cordee.identity.principal import Principal
from cordee.identity.smart.bearers import SECONDS, Bearers
from cordee.identity.smart.clients import ASYMMETRIC, PUBLIC, Client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.pkce import answers
from cordee.identity.smart.proving import BadProof, Presented, proved
from cordee.identity.smart.scopes import INTROSPECT, granted, understood
from cordee.identity.smart.signing import IDENTITY, SigningKeys
from cordee.identity.smart.store import Grant, SmartStore, fresh, hashed
from cordee.runtime.errors import NotAuthenticated

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
_OFFLINE_MINUTES = 90 * 24 * 60
_ONLINE_MINUTES = 12 * 60
Persons = Callable[[str], Awaitable[Principal | None]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Makes the answers of `/oauth/token`; `persons` says who an account is now, None if gone."""

    store: SmartStore
    bearers: Bearers
    keys: SigningKeys
    persons: Persons
    base: str

    async def answer(
        self, client: Client, form: Mapping[str, str], presented: Presented
    ) -> dict[str, Any]:
        """The JSON of an answer; raises `OAuthError`."""
        cnf = await self._bound(client, presented)
        match form.get("grant_type"):
            case "authorization_code":
                return await self._by_code(client, form, cnf)
            case "refresh_token":
                return await self._by_refresh(client, form, cnf)
            case "client_credentials":
                return await self._by_itself(client, form, cnf)
            case None | "":
                raise OAuthError("invalid_request", "grant_type: it is needed")
            case _:
                raise OAuthError("unsupported_grant_type", f"one of {', '.join(GRANT_TYPES)}")

    async def _bound(self, client: Client, presented: Presented) -> dict[str, str]:
        """What the new token is bound to: a key that was proved, a certificate, or nothing."""
        jkt = await proved(self.store, presented)
        if client.bound == "dpop" and not jkt:
            raise BadProof("the tokens of this client are bound to a key: a proof is needed")
        if client.bound == "mtls" and not presented.certificate:
            raise OAuthError("invalid_client", "this client comes with its certificate")
        cnf = {"jkt": jkt} if jkt else {}
        return cnf | ({"x5t#S256": presented.certificate} if client.bound == "mtls" else {})

    async def _by_code(
        self, client: Client, form: Mapping[str, str], cnf: Mapping[str, str]
    ) -> dict[str, Any]:
        code = hashed(form.get("code", ""))
        row = await self.store.row("take_code", code)
        if row is None:
            used = await self.store.row("used_code", code)
            if used is not None:
                await self.store.rows("withdraw_grant", used["grant_id"])
            raise OAuthError("invalid_grant", "code: it is not known, was used or has ended")
        told = orjson.loads(row["asked"])
        grant = await self._held(row["grant_id"], client)
        if form.get("redirect_uri") != told["redirect_uri"]:
            raise OAuthError("invalid_grant", "redirect_uri: it is not the one of the request")
        if not answers(form.get("code_verifier", ""), told["challenge"]):
            raise OAuthError("invalid_grant", "code_verifier: it does not fit the challenge")
        if told.get("key") and told["key"] != cnf.get("jkt"):
            raise BadProof("the key is not the one that the authorization was asked for (dpop_jkt)")
        issue = _Issue(grant, grant.scopes, cnf, client.kind == PUBLIC)
        answer = await self._tokens(issue, refreshes=True)
        if "openid" in grant.scopes:
            answer["id_token"] = self._id_token(grant, told["nonce"])
        return answer

    async def _by_refresh(
        self, client: Client, form: Mapping[str, str], cnf: Mapping[str, str]
    ) -> dict[str, Any]:
        token = hashed(form.get("refresh_token", ""))
        known = await self.store.row("refresh", token)
        if known is None:
            raise OAuthError("invalid_grant", "refresh_token: it is not known")
        grant = await self._held(known["grant_id"], client)
        if known["jkt"] and known["jkt"] != cnf.get("jkt"):
            raise BadProof("refresh_token: it is bound to a key, whose proof is needed")
        held = known["scopes"].split()
        scopes = held
        if form.get("scope"):
            scopes = list(dict.fromkeys(form["scope"].split()))
            if not all(_is_within(one, held) for one in scopes):
                raise OAuthError("invalid_scope", "scope: more than was granted")
        row = await self.store.row("take_refresh", token)
        if row is None:
            # Somebody else had it: nothing that stands on this grant holds any longer.
            await self.store.rows("withdraw_grant", grant.id)
            raise OAuthError("invalid_grant", "refresh_token: it was used before or has ended")
        issue = _Issue(grant, scopes, cnf, client.kind == PUBLIC)
        return await self._tokens(issue, refreshes=True, held=held)

    async def _by_itself(
        self, client: Client, form: Mapping[str, str], cnf: Mapping[str, str]
    ) -> dict[str, Any]:
        if client.kind != ASYMMETRIC:
            raise OAuthError("unauthorized_client", "a client with keys of its own is expected")
        scopes = granted(understood(form.get("scope", "")), client.scopes.split(), ("system",))
        scopes = [one for one in scopes if one.startswith("system/") or one == INTROSPECT]
        if not scopes:
            raise OAuthError("invalid_scope", "scope: nothing of it may be granted here")
        name = f"system {client.id}"
        person = Principal(f"client {client.id}", client.name, "system", "", "", ())
        grant = Grant(name, client.id, person.user, person, {}, "", ())
        await self.store.add_grant(grant)
        return await self._tokens(_Issue(grant, scopes, cnf), refreshes=False)

    async def _held(self, grant_id: str, client: Client) -> Grant:
        grant = await self.store.grant(grant_id)
        if grant is None or grant.client != client.id:
            raise OAuthError("invalid_grant", "what was granted was withdrawn, or to another")
        if await self.persons(grant.account) is None:
            raise OAuthError("invalid_grant", "the person may not enter any longer")
        return grant

    async def _tokens(
        self, issue: _Issue, *, refreshes: bool, held: Sequence[str] | None = None
    ) -> dict[str, Any]:
        grant, scopes = issue.grant, issue.scopes
        answer: dict[str, Any] = {
            "access_token": self.bearers.make(grant, scopes, issue.cnf),
            "token_type": _kind_of(issue.cnf),
            "expires_in": SECONDS,
            "scope": " ".join(scopes),
        }
        for name, value in grant.context.items():
            answer[name] = value.partition("/")[2] if name in {"patient", "encounter"} else value
        if grant.context.get("patient"):
            answer["need_patient_banner"] = True
        kinds = {"offline_access", "online_access"} & set(grant.scopes)
        if refreshes and kinds:
            token = fresh()
            minutes = _OFFLINE_MINUTES if "offline_access" in kinds else _ONLINE_MINUTES
            kept = " ".join(held or scopes)
            # RFC 9449, 5: without a secret, nothing else says that it is the same application.
            jkt = issue.cnf.get("jkt", "") if issue.is_public else ""
            await self.store.rows("add_refresh", hashed(token), grant.id, kept, minutes, jkt)
            answer["refresh_token"] = token
        return answer

    def _id_token(self, grant: Grant, nonce: str) -> str:
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.bearers.issuer,
            "sub": grant.account,
            "aud": grant.client,
            "iat": moment,
            "exp": moment + SECONDS,
        }
        if nonce:
            claims["nonce"] = nonce
        if "fhirUser" in grant.scopes and grant.person.practitioner:
            claims["fhirUser"] = f"{self.base}/{grant.person.practitioner}"
        if "profile" in grant.scopes:
            claims["name"] = grant.person.name
        key = self.keys.identity()
        return jwt.encode({"alg": IDENTITY, "kid": key.kid, "typ": "JWT"}, claims, key)

    async def introspect(self, client: Client | None, token: str) -> dict[str, Any]:
        """What a token of this client is worth (RFC 7662): `active` false tells nothing more.

        Without a client, of all clients: of who was allowed to ask so.
        """
        try:
            found = await self.bearers.inspect(token)
        except NotAuthenticated:
            return await self._refresh_state(client, token)
        claims = found.claims
        if client is not None and claims["client_id"] != client.id:
            return {"active": False}
        names = ("scope", "client_id", "iss", "sub", "aud", "exp", "iat", "jti")
        cnf = claims.get("cnf", {})
        answer: dict[str, Any] = {"active": True, "token_type": _kind_of(cnf)}
        answer |= {one: claims[one] for one in names} | ({"cnf": cnf} if cnf else {})
        for name, value in found.grant.context.items():
            answer[name] = value.partition("/")[2] if name in {"patient", "encounter"} else value
        if "fhirUser" in found.grant.scopes and found.grant.person.practitioner:
            answer["fhirUser"] = f"{self.base}/{found.grant.person.practitioner}"
        return answer

    async def revoke(self, client: Client, token: str) -> None:
        """Ends a token of this client; a refresh token takes all that stands on it (RFC 7009)."""
        row = await self.store.row("refresh", hashed(token))
        if row is not None:
            grant = await self.store.grant(row["grant_id"])
            if grant is not None and grant.client == client.id:
                await self.store.rows("withdraw_grant", grant.id)
            return
        try:
            claims = self.bearers.claims(token)
        except NotAuthenticated:
            return
        if claims["client_id"] == client.id:
            await self.store.revoke(claims["jti"], float(claims["exp"]) + 60)

    async def _refresh_state(self, client: Client | None, token: str) -> dict[str, Any]:
        row = await self.store.row("refresh", hashed(token))
        grant = await self.store.grant(row["grant_id"]) if row and row["usable"] else None
        if grant is None or (client is not None and grant.client != client.id):
            return {"active": False}
        return {
            "active": True, "client_id": grant.client, "scope": row["scopes"], "sub": grant.account,
            "exp": int(row["expires"].timestamp()),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Issue:
    """A token to be made: of which grant, for what, bound to what."""

    grant: Grant
    scopes: Sequence[str]
    cnf: Mapping[str, str]
    is_public: bool = False


def _kind_of(cnf: Mapping[str, str]) -> str:
    return "DPoP" if "jkt" in cnf else "Bearer"


def _is_within(scope: str, held: Sequence[str]) -> bool:
    known = understood(scope)
    return scope in held or (bool(known) and granted(known, held, ("patient", "user")) == known)
