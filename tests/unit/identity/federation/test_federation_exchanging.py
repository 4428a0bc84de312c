"""What is checked of an id_token and of a logout token, against a provider made of answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from cordee.identity.federation import discovery as discovering
from cordee.identity.federation.discovery import Discovery
from cordee.identity.federation.exchanging import (
    Asking,
    Return,
    Tokens,
    Untrusted,
    address_of,
    exchange,
    verified,
)
from cordee.identity.federation.leaving import EVENT, _check
from cordee.identity.federation.providers import Provider, usual
from cordee.runtime.errors import Unavailable

ISSUER = "https://psc.example"
PROVIDER = usual(Provider("psc", "psc", "PSC", ISSUER, "cordee", "se/cret+"))
ASKING = Asking("state", "nonce", "verifier")
pytestmark = pytest.mark.requirement("A2.1")


@dataclass
class Fake:
    """A provider that answers what a test says; it signs with the key of the moment."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "a"}))
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": "f:1"})
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sign: Callable[[dict[str, Any]], str] | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self._metadata())
            case "/jwks":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return httpx.Response(200, json=self._tokens())
            case _:
                return httpx.Response(200, json=self.userinfo)

    def token(self, **changes: Any) -> str:
        moment = int(time.time())
        told = {
            "iss": ISSUER, "sub": "f:1", "aud": "cordee", "iat": moment, "exp": moment + 60,
            "nonce": "nonce",
        }  # fmt: skip
        claims = {k: v for k, v in (told | changes).items() if v is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def discovery(self) -> Discovery:
        transport = httpx.MockTransport(self.answer)
        return Discovery(lambda: httpx.AsyncClient(transport=transport))

    def _metadata(self) -> dict[str, Any]:
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
        places = {name: f"{ISSUER}/{name.split('_')[0]}" for name in names}
        return {"issuer": ISSUER, **places, "jwks_uri": f"{ISSUER}/jwks"} | self.metadata

    def _tokens(self) -> dict[str, Any]:
        return {
            "id_token": self.token(**self.claims), "access_token": "at", "token_type": "Bearer",
        }  # fmt: skip


async def sign_in(fake: Fake, *, is_step: bool = False) -> Tokens:
    back = Return("code", "https://cordee/connexion/retour", is_step)
    return await exchange(fake.discovery(), PROVIDER, ASKING, back)


async def test_a_right_answer_gives_the_claims() -> None:
    fake = Fake(userinfo={"sub": "f:1", "SubjectNameID": "10990000017", "iss": "forged"})

    tokens = await sign_in(fake)

    assert tokens.claims["SubjectNameID"] == "10990000017"
    assert tokens.claims["iss"] == ISSUER


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other"}, {"aud": "other"}, {"aud": ["cordee", "other"]},
        {"aud": ["cordee", "other"], "azp": "other"}, {"azp": "other"}, {"nonce": "other"},
        {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": 1}, {"iat": 2_000_000_000_000},
        {"iat": "now"}, {"sub": None}, {"sub": 7}, {"at_hash": "other"}, {"aud": None},
    ],
    ids=str,
)  # fmt: skip
async def test_a_wrong_claim_is_not_believed(change: dict[str, Any]) -> None:
    with pytest.raises(Untrusted):
        await sign_in(Fake(claims=change))


async def test_userinfo_of_somebody_else_is_not_believed() -> None:
    with pytest.raises(Untrusted):
        await sign_in(Fake(userinfo={"sub": "f:2"}))


async def test_another_key_none_and_a_shared_secret_are_not_believed() -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "a"})
    shared = OctKey.import_key("se/cret+" * 8)
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmOjEifQ."

    for sign in (
        lambda claims: jwt.encode({"alg": "RS256", "kid": "a"}, claims, stranger),
        lambda claims: jwt.encode({"alg": "HS256", "kid": "a"}, claims, shared),
        lambda _: unsigned,
        lambda _: "no.token.at all",
    ):
        with pytest.raises((Untrusted, Unavailable)):
            await sign_in(Fake(sign=sign))


@pytest.mark.requirement("A2.2")
async def test_a_step_up_asks_for_a_factor_shown_now() -> None:
    fake = Fake()
    address = await address_of(
        fake.discovery(), PROVIDER, ASKING, "https://cordee/connexion/retour", is_step=True
    )

    assert "prompt=login" in address
    assert "max_age=0" in address
    assert "code_challenge_method=S256" in address
    assert "acr_values=eidas1" in address
    with pytest.raises(Untrusted, match="auth_time"):
        await sign_in(Fake(claims={"auth_time": int(time.time()) - 400}), is_step=True)
    assert await sign_in(Fake(claims={"auth_time": int(time.time())}), is_step=True)


async def test_keys_are_asked_for_again_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake()
    discovery = fake.discovery()
    assert await verified(discovery, PROVIDER, fake.token())
    fake.key = RSAKey.generate_key(2048, {"kid": "b"})
    with pytest.raises(Untrusted):
        await verified(discovery, PROVIDER, fake.token())
    assert fake.asked.count("/jwks") == 1
    monkeypatch.setattr(discovering, "_ROTATION_SECONDS", -1.0)

    assert await verified(discovery, PROVIDER, fake.token())

    assert fake.asked.count("/jwks") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other"}, {"token_endpoint": "http://psc.example/token"},
        {"jwks_uri": None}, {"authorization_endpoint": 7},
    ],
    ids=str,
)  # fmt: skip
async def test_a_provider_that_says_something_else_is_not_used(change: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        await sign_in(Fake(metadata=change))


@pytest.mark.parametrize(
    "change",
    [
        {"events": {}}, {"events": None}, {"nonce": "n"}, {"jti": None}, {"sub": None},
        {"iat": 1}, {"exp": 1}, {"sub": 3},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_logout_token_is_not_obeyed(change: dict[str, Any]) -> None:
    moment = int(time.time())
    right = {"iat": moment, "exp": moment + 60, "jti": "1", "sub": "f:1", "events": {EVENT: {}}}
    _check(right, "logout+jwt")

    with pytest.raises(Untrusted):
        _check({k: v for k, v in (right | change).items() if v is not None}, "logout+jwt")
    with pytest.raises(Untrusted):
        _check(right, "at+jwt")
