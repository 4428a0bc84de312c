"""Tokens bound to a key (RFC 9449): the proof at the token endpoint and at `/fhir`."""

from __future__ import annotations

import base64
import secrets
import time
from hashlib import sha256
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from launching import REDIRECT, App, answer_of, register
from test_smart_applications import JWKS, assertion

from cordee.identity.smart.authenticating import ASSERTION
from running import Platform

pytestmark = pytest.mark.requirement("A2.1")
CURVES = {"ES256": "P-256", "ES384": "P-384"}


class Prover:
    """The key of an application, and proofs made by it."""

    def __init__(self, app: App, algorithm: str = "ES256") -> None:
        self.app, self.algorithm = app, algorithm
        curve = CURVES.get(algorithm)
        self.key: Any = ECKey.generate_key(curve) if curve else RSAKey.generate_key(2048)
        self.issuer = app.platform.parts.smart.issuer

    @property
    def jkt(self) -> str:
        return self.key.thumbprint()

    def proof(self, method: str, path: str, token: str = "", /, **changes: Any) -> str:
        head = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.key.as_dict(private=False)}
        head |= changes.pop("head", {})
        key = changes.pop("key", self.key)
        claims = {
            "htm": method, "htu": f"{self.issuer}{path}", "iat": int(time.time()),
            "jti": secrets.token_urlsafe(16),
        }  # fmt: skip
        if token:
            digest = sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(head, claims, key, algorithms=[head["alg"]])

    async def post(self, form: dict[str, str], **changes: Any) -> httpx.Response:
        """A request to the token endpoint with a proof."""
        headers = {"dpop": self.proof("POST", "/oauth/token", **changes)}
        return await self.app.http.post("/oauth/token", data=form, headers=headers)

    async def tokens(self, **changes: Any) -> dict[str, Any]:
        answer = await self.post(self.form(await self.app.code(**changes)))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def form(self, code: str) -> dict[str, str]:
        form = {
            "grant_type": "authorization_code", "client_id": self.app.id, "code": code,
            "redirect_uri": REDIRECT, "code_verifier": self.app.verifier,
        }  # fmt: skip
        return form | ({"client_secret": self.app.secret} if self.app.secret else {})

    async def read(
        self, token: str, path: str = "Patient/mine", proof: str | None = None
    ) -> httpx.Response:
        proof = (
            self.proof("GET", f"/fhir/{path.partition('?')[0]}", token) if proof is None else proof
        )
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        return await self.app.http.get(f"/fhir/{path}", headers=headers)


@pytest.fixture
def prover(app: App) -> Prover:
    return Prover(app)


async def test_it_is_advertised(app: App) -> None:
    told = (await app.http.get("/fhir/.well-known/smart-configuration")).json()

    assert {"ES256", "ES384", "RS384"} <= set(told["dpop_signing_alg_values_supported"])
    assert "none" not in told["dpop_signing_alg_values_supported"]


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "RS256", "PS256"])
async def test_a_token_is_bound_to_the_key_that_was_proved(app: App, algorithm: str) -> None:
    prover = Prover(app, algorithm)

    told = await prover.tokens()

    assert told["token_type"] == "DPoP"
    claims = app.platform.parts.smart.bearers.claims(told["access_token"])
    assert claims["cnf"] == {"jkt": prover.jkt}
    for path in ("Patient/mine", "Observation?_count=1"):
        assert (await prover.read(told["access_token"], path)).status_code == 200


async def test_a_bound_token_is_no_bearer_token(app: App, prover: Prover) -> None:
    token = (await prover.tokens())["access_token"]

    bearer = await app.read(token, "Patient/mine")
    proof = prover.proof("GET", "/fhir/Patient/mine", token)
    headers = {"authorization": f"Bearer {token}", "dpop": proof}
    with_proof = await app.http.get("/fhir/Patient/mine", headers=headers)
    bare = await app.http.get("/fhir/Patient/mine", headers={"authorization": f"DPoP {token}"})

    for answer in (bearer, with_proof, bare):
        assert answer.status_code == 401
        challenges = answer.headers.get_list("www-authenticate")
        assert any(one.startswith('DPoP error="invalid_token"') for one in challenges)


async def test_a_bearer_token_stays_one(app: App, prover: Prover) -> None:
    told = await app.tokens()

    assert told["token_type"] == "Bearer"
    assert (await prover.read(told["access_token"])).status_code == 401
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 200


WRONG: list[dict[str, Any]] = [
    {"htm": "PUT"}, {"htm": None}, {"htu": "https://x.example/fhir/Patient/mine"}, {"htu": None},
    {"htu": 5}, {"iat": int(time.time()) - 4000}, {"iat": int(time.time()) + 4000}, {"iat": None},
    {"iat": "now"}, {"iat": True}, {"jti": None}, {"jti": ""}, {"jti": 7}, {"jti": "x" * 300},
    {"head": {"typ": "JWT"}}, {"key": ECKey.generate_key("P-256")},
    {"head": {"jwk": OctKey.generate_key(256).as_dict()}}, {"head": {"jwk": {}}},
    {"head": {"alg": "HS256", "jwk": {"kty": "oct", "k": "eHh4"}}, "key": OctKey.import_key("x" * 32)},
]  # fmt: skip


@pytest.mark.parametrize("changes", WRONG, ids=repr)
async def test_a_wrong_proof_opens_nothing(prover: Prover, changes: dict[str, Any]) -> None:
    token = (await prover.tokens())["access_token"]
    proof = prover.proof("GET", "/fhir/Patient/mine", token, **changes)

    answer = await prover.read(token, proof=proof)
    asked = await prover.post(prover.form(await prover.app.code()), **changes)

    assert answer.status_code == 401
    assert 'error="invalid_dpop_proof"' in answer.headers["www-authenticate"]
    assert (asked.status_code, asked.json()["error"]) == (400, "invalid_dpop_proof")


async def test_a_private_key_in_a_proof_is_refused(prover: Prover) -> None:
    whole = prover.key.as_dict(private=True)

    answer = await prover.post(prover.form("x"), head={"jwk": whole})

    assert answer.json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "é", "x" * 20_000])
async def test_what_is_no_proof_is_refused(prover: Prover, proof: str) -> None:
    token = (await prover.tokens())["access_token"]
    headers = {"authorization": f"DPoP {token}", "dpop": proof.encode("utf-8")}

    answer = await prover.app.http.get("/fhir/Patient/mine", headers=headers)

    assert answer.status_code == 401


async def test_a_proof_counts_once(app: App, prover: Prover) -> None:
    token = (await prover.tokens())["access_token"]
    proof = prover.proof("GET", "/fhir/Patient/mine", token)

    first, second = await prover.read(token, proof=proof), await prover.read(token, proof=proof)
    made = prover.proof("POST", "/oauth/token")
    for expected in ("invalid_grant", "invalid_dpop_proof"):
        answer = await app.http.post("/oauth/token", data=prover.form("x"), headers={"dpop": made})
        assert answer.json()["error"] == expected

    assert (first.status_code, second.status_code) == (200, 401)


async def test_two_proofs_are_none(app: App, prover: Prover) -> None:
    token = (await prover.tokens())["access_token"]
    proofs = [("dpop", prover.proof("GET", "/fhir/Patient/mine", token)) for _ in range(2)]

    answer = await app.http.get(
        "/fhir/Patient/mine", headers=[("authorization", f"DPoP {token}"), *proofs]
    )

    assert answer.status_code == 401


async def test_a_proof_is_for_one_token_and_one_key(app: App, prover: Prover) -> None:
    token, second = [(await prover.tokens())["access_token"] for _ in range(2)]
    thief = Prover(app)

    other = await prover.read(second, proof=prover.proof("GET", "/fhir/Patient/mine", token))
    without = await prover.read(token, proof=prover.proof("GET", "/fhir/Patient/mine"))
    stolen = await thief.read(token)

    assert [one.status_code for one in (other, without, stolen)] == [401, 401, 401]
    assert 'error="invalid_token"' in stolen.headers["www-authenticate"]
    assert 'error="invalid_dpop_proof"' in other.headers["www-authenticate"]


async def test_query_and_default_port_count_for_nothing(app: App, prover: Prover) -> None:
    token = (await prover.tokens())["access_token"]
    for place in ("/fhir/Observation?_count=1#x", "/fhir/%4fbservation"):
        proof = prover.proof("GET", place, token)
        assert (await prover.read(token, "Observation", proof)).status_code == 200, place


async def test_a_refresh_token_of_a_public_client_is_bound_too(app: App, prover: Prover) -> None:
    first = await prover.tokens()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": app.id,
    }

    stolen = await Prover(app).post(form)
    bare = await app.http.post("/oauth/token", data=form)
    right = await prover.post(form)

    assert stolen.json()["error"] == bare.json()["error"] == "invalid_dpop_proof"
    assert right.json()["token_type"] == "DPoP"
    assert (await prover.read(right.json()["access_token"])).status_code == 200


async def test_a_confidential_client_may_change_its_key(demo: Platform) -> None:
    app = await register(demo, "symmetric")
    first = await Prover(app).tokens()
    form = {
        "grant_type": "refresh_token", "refresh_token": first["refresh_token"],
        "client_id": app.id, "client_secret": app.secret or "",
    }  # fmt: skip
    fresh = Prover(app)

    told = (await fresh.post(form)).json()

    assert (await fresh.read(told["access_token"])).status_code == 200


async def test_a_backend_service_proves_its_key(demo: Platform) -> None:
    app = await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs")
    prover = Prover(app)
    form = {
        "grant_type": "client_credentials", "scope": "system/Patient.rs",
        "client_assertion": assertion(app), "client_assertion_type": ASSERTION,
    }  # fmt: skip

    told = (await prover.post(form)).json()

    assert told["token_type"] == "DPoP"
    assert (await prover.read(told["access_token"])).status_code == 200
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 401


async def test_a_client_may_bind_all_its_tokens(demo: Platform) -> None:
    app = await register(demo, bound="dpop")

    refused = await app.token(code=await app.code())

    assert refused.json()["error"] == "invalid_dpop_proof"
    assert (await Prover(app).tokens())["token_type"] == "DPoP"


async def test_a_code_may_be_for_one_key_only(app: App, prover: Prover) -> None:
    code = await app.code(dpop_jkt=prover.jkt)
    assert (await Prover(app).post(prover.form(code))).json()["error"] == "invalid_dpop_proof"

    code = await app.code(dpop_jkt=prover.jkt)
    assert (await prover.post(prover.form(code))).status_code == 200
    wrong = await app.ask(dpop_jkt="short")
    assert answer_of(wrong.headers["location"])["error"] == "invalid_request"


async def test_introspection_says_what_a_token_is_bound_to(demo: Platform) -> None:
    app = await register(demo, "symmetric")
    prover = Prover(app)
    token = (await prover.tokens())["access_token"]
    auth = httpx.BasicAuth(app.id, app.secret or "")

    said = (await app.http.post("/oauth/introspect", data={"token": token}, auth=auth)).json()

    assert said["token_type"] == "DPoP"
    assert said["cnf"] == {"jkt": prover.jkt}


async def test_a_registration_may_ask_for_it(app: App) -> None:
    told = {
        "client_name": "N", "redirect_uris": [REDIRECT], "scope": "openid",
        "token_endpoint_auth_method": "none", "dpop_bound_access_tokens": True,
    }  # fmt: skip

    made = (await app.http.post("/oauth/register", json=told)).json()

    assert made["dpop_bound_access_tokens"] is True


async def test_a_browser_may_send_a_proof(app: App) -> None:
    asking = {"origin": "https://app.example", "access-control-request-method": "GET"}

    answer = await app.http.options("/fhir/Patient/mine", headers=asking)

    assert "dpop" in answer.headers["access-control-allow-headers"].split(", ")
