"""From the request of an application to the answer of a person.

Rule: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html; RFC 6749, 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from cordee.identity.principal import Principal
from cordee.identity.smart.clients import Client
from cordee.identity.smart.failures import OAuthError
from cordee.identity.smart.pkce import is_challenge
from cordee.identity.smart.scopes import INTROSPECT, granted, parsed_scopes, understood
from cordee.identity.smart.store import Grant, SmartStore, fresh, hashed

PERSONS = ("patient", "user")
_LONGEST_STATE = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application asks of a person, checked; `launch` are the hints of a launch.

    `key` is the thumbprint of the key that the code is for (RFC 9449, 10), empty for any.
    """

    client: Client
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    launch: str
    context: Mapping[str, str]
    key: str = ""

    @property
    def needs_patient(self) -> bool:
        """Whether a patient has to be chosen: the application asks for one and has none yet."""
        wanted = "launch/patient" in self.scopes or any(
            one.context == "patient" for one in parsed_scopes(self.scopes)
        )
        return wanted and not self.context.get("patient")


class Authorizer:
    """Takes requests in, shows them, and turns the answer of a person into a code."""

    def __init__(self, store: SmartStore, base: str) -> None:
        """`base` is the address of the FHIR API, which `aud` must name."""
        self._store = store
        self._base = base

    async def begin(self, given: Mapping[str, str]) -> str:
        """The name of a kept request; raises `OAuthError`, or `Refused` to be sent back."""
        client = await self._store.client(given.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_request", "client_id: this application is not known here")
        address = given.get("redirect_uri", "")
        if address not in client.redirect_uris:
            raise OAuthError("invalid_request", "redirect_uri: it is not registered")
        try:
            asked = await self._checked(client, given)
        except OAuthError as error:
            raise Refused(address, given.get("state", ""), error) from error
        name = fresh()
        await self._store.tidy()
        await self._store.rows("add_request", hashed(name), client.id, orjson.dumps(asked).decode())
        return name

    async def shown(self, name: str) -> Asked | None:
        """What is asked under this name, None once it was answered or has ended."""
        row = await self._store.row("request", hashed(name))
        return await self._asked(row) if row else None

    async def accept(
        self, name: str, person: Principal, session: str, patient: str = ""
    ) -> str | None:
        """The address that takes the code to the application; None when the request has ended.

        `patient` is `Patient/id`, which the caller has seen that the person may open.
        """
        row = await self._store.row("take_request", hashed(name))
        asked = await self._asked(row) if row else None
        if asked is None:
            return None
        context = dict(asked.context)
        if asked.launch and not await self._take_launch(asked, person):
            return _back(asked.redirect_uri, asked.state, {"error": "access_denied"})
        if asked.needs_patient and patient:
            context["patient"] = patient
        scopes = [one for one in asked.scopes if context.get("patient") or not _of_patient(one)]
        if not person.practitioner and "fhirUser" in scopes:
            scopes.remove("fhirUser")  # no resource stands for this person
        if not scopes:
            return _back(asked.redirect_uri, asked.state, {"error": "access_denied"})
        grant = Grant(
            fresh(), asked.client.id, person.user, person, context, session, tuple(scopes)
        )
        await self._store.add_grant(grant)
        code = fresh()
        told = {
            "redirect_uri": asked.redirect_uri, "nonce": asked.nonce, "challenge": asked.challenge,
            "key": asked.key,
        }  # fmt: skip
        await self._store.rows("add_code", hashed(code), grant.id, orjson.dumps(told).decode())
        return _back(asked.redirect_uri, asked.state, {"code": code})

    async def refuse(self, name: str) -> str | None:
        """The address that tells the application no; None when the request has ended."""
        row = await self._store.row("take_request", hashed(name))
        asked = await self._asked(row) if row else None
        return asked and _back(asked.redirect_uri, asked.state, {"error": "access_denied"})

    async def launch(self, client: Client, account: str, context: Mapping[str, str]) -> str:
        """A launch from inside: the name that the application gives back as `launch`."""
        name = fresh()
        await self._store.rows(
            "add_launch", hashed(name), client.id, account, orjson.dumps(dict(context)).decode()
        )
        return name

    async def _checked(self, client: Client, given: Mapping[str, str]) -> dict[str, Any]:
        if given.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type: code is expected")
        if not 0 < len(given.get("state", "")) <= _LONGEST_STATE:
            raise OAuthError("invalid_request", "state: it is needed")
        audience = given.get("aud") or given.get("resource") or ""
        if audience.rstrip("/") != self._base:
            raise OAuthError("invalid_request", f"aud: {self._base} is expected")
        challenge = given.get("code_challenge", "")
        if not is_challenge(challenge, given.get("code_challenge_method", "")):
            raise OAuthError("invalid_request", "code_challenge: PKCE by S256 is needed")
        scopes = granted(understood(given.get("scope", "")), client.scopes.split(), PERSONS)
        scopes = [one for one in scopes if one != INTROSPECT]
        if not scopes:
            raise OAuthError("invalid_scope", "scope: nothing of it may be granted here")
        launch = given.get("launch", "")
        context = await self._hints(client, launch)
        if not launch and "launch" in scopes:
            scopes.remove("launch")
        kept = ("redirect_uri", "state", "nonce")
        told: dict[str, Any] = {one: given.get(one, "") for one in kept}
        key = given.get("dpop_jkt", "")
        if key and not is_challenge(key, "S256"):
            raise OAuthError("invalid_request", "dpop_jkt: the thumbprint of a key is expected")
        return told | {
            "challenge": challenge, "launch": launch, "scopes": scopes, "context": context,
            "key": key,
        }  # fmt: skip

    async def _hints(self, client: Client, launch: str) -> dict[str, str]:
        if not launch:
            return {}
        row = await self._store.row("launch", hashed(launch), client.id)
        if row is None:
            raise OAuthError("invalid_request", "launch: it is not known or has ended")
        return orjson.loads(row["context"])

    async def _asked(self, row: Mapping[str, str]) -> Asked | None:
        client = await self._store.client(row["client"])
        if client is None:
            return None
        told = orjson.loads(row["asked"])
        return Asked(client, scopes=tuple(told.pop("scopes")), **told)

    async def _take_launch(self, asked: Asked, person: Principal) -> bool:
        """A launch counts once, for the person who made it."""
        row = await self._store.row(
            "take_launch", hashed(asked.launch), asked.client.id, person.user
        )
        return row is not None


class Refused(Exception):
    """A request that goes back to its application with an error."""

    def __init__(self, address: str, state: str, error: OAuthError) -> None:
        """`address` is a registered one."""
        super().__init__(error.message)
        self.location = _back(
            address, state, {"error": error.code, "error_description": error.message}
        )


def _of_patient(scope: str) -> bool:
    return scope == "launch/patient" or scope.startswith("patient/")


def _back(address: str, state: str, more: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    pairs = dict(more) | ({"state": state} if state else {})
    query = "&".join(one for one in (parts.query, urlencode(pairs)) if one)
    return urlunsplit(parts._replace(query=query))
