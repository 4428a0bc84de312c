"""An application that launches, for the tests: it registers, asks, and takes its tokens."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from cordee.app.accounts import demo_persons
from cordee.identity.principal import Principal
from cordee.identity.smart.clients import new_client
from running import Platform

REDIRECT = "https://app.example/back"
DOCTOR = "legoff"
SCOPES = (
    "launch launch/patient launch/encounter openid fhirUser profile offline_access online_access "
    "patient/*.rs user/*.cruds"
)


@dataclass(slots=True)
class App:
    """A registered application and what it was told."""

    platform: Platform
    http: httpx.AsyncClient
    id: str
    secret: str | None = None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changes: str | None) -> dict[str, str]:
        """Parameters of an authorization request; None leaves one out."""
        given: dict[str, str | None] = {
            "response_type": "code", "client_id": self.id, "redirect_uri": REDIRECT,
            "scope": "launch/patient patient/*.rs openid fhirUser offline_access", "state": "s/1",
            "aud": self.platform.parts.kernel.base, "code_challenge": self.challenge,
            "code_challenge_method": "S256", "nonce": "n1",
        }  # fmt: skip
        return {name: text for name, text in (given | changes).items() if text is not None}

    async def ask(self, **changes: str | None) -> httpx.Response:
        """The answer of `/oauth/authorize`."""
        return await self.http.get("/oauth/authorize", params=self.request(**changes))

    async def code(
        self, patient: str = "Patient/mine", user: str = "", session: str = "w1", **changes: Any
    ) -> str:
        """The code after a person said yes."""
        asked = await self.ask(**changes)
        name = asked.headers["location"].removeprefix("/autoriser/")
        person = await person_of(user)
        smart = self.platform.parts.smart
        address = await smart.authorizer.accept(name, person, session, patient)
        assert address is not None
        return answer_of(address)["code"]

    async def token(self, grant_type: str = "authorization_code", **form: Any) -> httpx.Response:
        """The answer of `/oauth/token`."""
        data = {"grant_type": grant_type, "client_id": self.id}
        if self.secret is not None:
            data["client_secret"] = self.secret
        if grant_type == "authorization_code":
            data |= {"redirect_uri": REDIRECT, "code_verifier": self.verifier}
        data |= form
        return await self.http.post("/oauth/token", data=data)

    async def tokens(self, **changes: Any) -> dict[str, Any]:
        """What a launch comes to."""
        answer = await self.token(code=await self.code(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, token: str, path: str) -> httpx.Response:
        """A request to the FHIR API."""
        headers = {"authorization": f"Bearer {token}"}
        return await self.http.get(f"/fhir/{path}", headers=headers)


async def person_of(user: str = "") -> Principal:
    """A person of the demonstration; without a name, a doctor."""
    from cordee.app.region.accounts import DEMO_ACCOUNTS

    chosen = user or next(one.user for one in DEMO_ACCOUNTS if one.practitioner_id)
    person = await demo_persons()(chosen)
    assert person is not None
    return person


async def register(platform: Platform, kind: str = "public", **more: Any) -> App:
    """An approved application."""
    scopes = more.pop("scopes", SCOPES)
    client, secret = new_client("Suivi", kind, [REDIRECT], scopes, approved=True, **more)
    await platform.parts.smart.store.add_client(client)
    http = await platform.client(None)
    http.base_url = platform.parts.smart.issuer
    return App(platform, http, client.id, secret)


def answer_of(address: str) -> dict[str, str]:
    """Parameters of an address that goes back to the application."""
    return {name: texts[0] for name, texts in parse_qs(urlsplit(address).query).items()}
