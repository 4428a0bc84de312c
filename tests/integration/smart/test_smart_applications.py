"""Who an application is: secrets, signed assertions, registration, revocation, introspection."""

from __future__ import annotations

import secrets
import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from launching import App, register

from cordee.identity.smart.authenticating import ASSERTION
from running import Platform

KEYS = {"ES384": ECKey.generate_key("P-384"), "RS384": RSAKey.generate_key(2048)}
for one in KEYS.values():
    one.ensure_kid()
JWKS = {"keys": [one.as_dict(private=False) for one in KEYS.values()]}


def assertion(app: App, algorithm: str = "ES384", key: Any = None, **changes: Any) -> str:
    key = key or KEYS[algorithm]
    head = changes.pop("head", {})
    smart = app.platform.parts.smart
    claims = {
        "iss": app.id, "sub": app.id, "aud": smart.token_endpoint, "exp": int(time.time()) + 200,
        "jti": secrets.token_urlsafe(16),
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | head
    return jwt.encode(header, claims, key, algorithms=[algorithm])


async def by_itself(app: App, signed: str, scope: str = "system/Patient.rs") -> httpx.Response:
    form = {
        "grant_type": "client_credentials", "scope": scope, "client_assertion": signed,
        "client_assertion_type": ASSERTION,
    }  # fmt: skip
    return await app.http.post("/oauth/token", data=form)


@pytest.fixture
async def backend(demo: Platform) -> App:
    return await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs system/*.r")


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
async def test_a_backend_service_reads_what_its_scope_opens(backend: App, algorithm: str) -> None:
    told = (await by_itself(backend, assertion(backend, algorithm))).json()

    assert told["expires_in"] <= 300
    assert "refresh_token" not in told
    assert (await backend.read(told["access_token"], "Patient/mine")).status_code == 200
    assert (await backend.read(told["access_token"], "Observation")).status_code == 403


async def test_an_assertion_counts_once(backend: App) -> None:
    signed = assertion(backend)

    first, second = await by_itself(backend, signed), await by_itself(backend, signed)

    assert first.status_code == 200
    assert second.status_code == 401
    assert second.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "x"}, {"sub": "x"}, {"aud": "https://x.example/"}, {"aud": None}, {"exp": None},
        {"exp": 1}, {"exp": int(time.time()) + 4000}, {"jti": None}, {"jti": ""}, {"jti": 5},
        {"nbf": int(time.time()) + 4000}, {"key": ECKey.generate_key("P-384", auto_kid=True)},
    ],
)  # fmt: skip
async def test_a_wrong_assertion_opens_nothing(backend: App, changes: dict[str, Any]) -> None:
    answer = await by_itself(backend, assertion(backend, **changes))

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_a_client_with_keys_does_not_come_without_them(backend: App) -> None:
    form = {"grant_type": "client_credentials", "client_id": backend.id, "scope": "system/*.rs"}

    for more in ({}, {"client_secret": "x"}):
        answer = await backend.http.post("/oauth/token", data=form | more)
        assert answer.json()["error"] == "invalid_client"
    header = {"alg": "none"}
    import base64
    import json

    parts = [header, {"iss": backend.id, "sub": backend.id}]
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )
    assert (await by_itself(backend, unsigned + ".")).json()["error"] == "invalid_client"


async def test_a_system_never_gets_scopes_of_people(backend: App) -> None:
    for scope in ("patient/*.rs", "user/*.rs", "openid", "launch/patient", ""):
        answer = await by_itself(backend, assertion(backend), scope)
        assert answer.json()["error"] == "invalid_scope", scope


@pytest.mark.parametrize("basic", [True, False])
async def test_a_secret_opens_by_header_or_by_form(demo: Platform, basic: bool) -> None:
    app = await register(demo, "symmetric")
    code = await app.code()
    if not basic:
        assert (await app.token(code=code)).status_code == 200
        return
    secret, app.secret = app.secret, None
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": app.verifier}
    form["redirect_uri"] = "https://app.example/back"
    auth = (app.id, secret or "")
    answer = await app.http.post("/oauth/token", data=form, auth=auth)
    assert answer.status_code == 200


async def test_a_wrong_secret_opens_nothing(demo: Platform) -> None:
    app = await register(demo, "symmetric")
    for secret in ("x", "", (app.secret or "")[:-1]):
        answer = await app.token(code=await app.code(), client_secret=secret)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    answer = await app.http.post(
        "/oauth/token", data={"grant_type": "x", "client_secret": "y"}, auth=(app.id, "z")
    )
    assert answer.json()["error"] == "invalid_request"


async def test_a_registered_application_waits_for_approval(demo: Platform) -> None:
    http = (await register(demo)).http
    told = {
        "client_name": "Nouvelle", "redirect_uris": ["https://new.example/back"],
        "token_endpoint_auth_method": "none", "scope": "launch/patient patient/*.rs",
    }  # fmt: skip
    made = (await http.post("/oauth/register", json=told)).json()
    app = App(demo, http, made["client_id"])
    asking = {"redirect_uri": "https://new.example/back"}
    assert made["approved"] is False
    assert (await app.ask(**asking)).status_code == 400

    store = demo.parts.smart.store
    await store.rows("approve_client", app.id)
    assert (await app.ask(**asking)).status_code == 303
    await store.rows("remove_client", app.id)
    assert (await app.ask(**asking)).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": ["http://new.example/"]}, {"redirect_uris": "https://new.example/"},
        {"redirect_uris": [1]}, {"client_name": ""}, {"scope": ""}, {"scope": "nothing"},
        {"token_endpoint_auth_method": "magic"}, {"token_endpoint_auth_method": "private_key_jwt"},
    ],
)  # fmt: skip
async def test_a_wrong_registration_is_refused(app: App, changes: dict[str, Any]) -> None:
    told = {"client_name": "N", "redirect_uris": [], "scope": "openid"} | changes

    answer = await app.http.post("/oauth/register", json=told)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("invalid_")


async def test_a_removed_application_loses_its_tokens(app: App) -> None:
    told = await app.tokens()

    await app.platform.parts.smart.store.rows("remove_client", app.id)

    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 401


async def test_revoking_an_access_token_ends_it(app: App) -> None:
    told = await app.tokens()
    form = {"client_id": app.id, "token": told["access_token"]}

    assert (await app.http.post("/oauth/revoke", data=form)).status_code == 200

    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 401
    refreshed = await app.token("refresh_token", refresh_token=told["refresh_token"])
    assert refreshed.status_code == 200


async def test_revoking_a_refresh_token_ends_all(app: App, demo: Platform) -> None:
    told = await app.tokens()
    stranger = await register(demo)
    form = {"client_id": stranger.id, "token": told["refresh_token"]}
    assert (await app.http.post("/oauth/revoke", data=form)).status_code == 200
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 200

    await app.http.post("/oauth/revoke", data=form | {"client_id": app.id})

    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 401


async def test_introspection_tells_a_client_of_its_own_tokens(demo: Platform) -> None:
    app, other = await register(demo, "symmetric"), await register(demo, "symmetric")
    told = await app.tokens()

    async def ask(who: App, token: str) -> dict[str, Any]:
        auth = (who.id, who.secret or "")
        return (await who.http.post("/oauth/introspect", data={"token": token}, auth=auth)).json()

    own = await ask(app, told["access_token"])
    assert own["active"]
    assert (own["scope"], own["client_id"]) == (told["scope"], app.id)
    assert own["patient"] == "mine"
    assert own["exp"] > time.time()
    assert (await ask(app, told["refresh_token"]))["active"]
    assert await ask(other, told["access_token"]) == {"active": False}
    assert await ask(other, told["refresh_token"]) == {"active": False}
    assert await ask(app, "made-up") == {"active": False}
    public = await register(demo)
    form = {"client_id": public.id, "token": told["access_token"]}
    assert (await public.http.post("/oauth/introspect", data=form)).status_code == 401


async def test_a_form_is_read_strictly(app: App) -> None:
    form = "application/x-www-form-urlencoded"
    for media, body in [
        (form, "grant_type=refresh_token&grant_type=refresh_token"), (form, "a=%ff"),
        (form, "a=%00"), ("application/json", "{}"), ("", "grant_type=x"), (form, "a=1&" * 60),
        (form, "x" * 70_000), (form, "é"),
    ]:  # fmt: skip
        answer = await app.http.post(
            "/oauth/token", content=body.encode(), headers={"content-type": media}
        )
        assert answer.status_code == 400, body[:20]
        assert answer.json()["error"] == "invalid_request"
        assert answer.headers["cache-control"] == "no-store"
    assert (await app.http.get("/oauth/token")).status_code == 405
    assert (await app.token("password")).json()["error"] == "unsupported_grant_type"
    assert (await app.token("")).json()["error"] == "invalid_request"


async def test_forged_tokens_open_nothing(app: App, demo: Platform) -> None:
    told = await app.tokens()
    key = ECKey.generate_key("P-384", auto_kid=True)
    smart = demo.parts.smart
    claims = smart.bearers.claims(told["access_token"])
    own = smart.keys.access()
    header = {"alg": "ES384", "kid": own.kid, "typ": "at+jwt"}

    def signed(who: Any = own, head: dict[str, str] | None = None, **changes: Any) -> str:
        return jwt.encode(header | (head or {}), claims | changes, who, algorithms=["ES384"])

    assert (await app.read(signed(), "Patient/mine")).status_code == 200
    for token in (
        signed(key), signed(head={"typ": "JWT"}), signed(aud="https://x.example/fhir"),
        signed(exp=int(time.time()) - 1), signed(iss="https://x.example"), signed(gid="x"),
        signed(gid=5), signed(client_id="x"), told["access_token"] + "x",
        told["id_token"],
    ):  # fmt: skip
        assert (await app.read(token, "Patient/mine")).status_code == 401
