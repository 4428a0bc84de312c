"""Backend services and clients with keys, requirement by requirement of the Inferno list (2.2)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from launching import App, register
from test_smart_applications import JWKS, KEYS, assertion, by_itself

from cordee.identity.smart.authenticating import ASSERTION
from running import Platform


@pytest.fixture
async def service(demo: Platform) -> App:
    """A backend service with keys of both kinds."""
    return await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs")


async def test_142_240_241_a_service_gets_what_it_was_allowed_and_asks(service: App) -> None:
    answer = await by_itself(service, assertion(service), "system/*.cruds")

    assert answer.json()["scope"] == "system/Patient.rs"
    token = answer.json()["access_token"]
    assert (await service.read(token, "Patient")).status_code == 200
    assert (await service.read(token, "Observation")).status_code == 403


async def test_249_250_253_254_255_256_258_259_261_265_a_token_of_a_service(
    service: App,
) -> None:
    answer = await by_itself(service, assertion(service), "system/*.rs system/Observation.rs")

    told = answer.json()
    assert answer.status_code == 200
    assert set(told) == {"access_token", "token_type", "expires_in", "scope"}
    assert told["token_type"].lower() == "bearer"
    assert told["scope"] == "system/Patient.rs"
    assert 0 < told["expires_in"] <= 300
    smart = service.platform.parts.smart
    claims = smart.bearers.claims(told["access_token"])
    assert claims["exp"] - claims["iat"] == told["expires_in"]
    key = smart.keys.access()
    header = {"alg": "ES384", "kid": key.kid, "typ": "at+jwt"}
    ended = jwt.encode(header, claims | {"exp": int(time.time())}, key, algorithms=["ES384"])
    assert (await service.read(told["access_token"], "Patient")).status_code == 200
    assert (await service.read(ended, "Patient")).status_code == 401


@pytest.mark.parametrize(
    ("scope", "grant", "error"),
    [
        ("system/Observation.rs", "client_credentials", "invalid_scope"),
        ("", "client_credentials", "invalid_scope"),
        ("system/Patient.rs", "password", "unsupported_grant_type"),
        ("system/Patient.rs", "", "invalid_request"),
    ],
)
async def test_251_errors_are_those_of_oauth(
    service: App, scope: str, grant: str, error: str
) -> None:
    form = {
        "grant_type": grant, "scope": scope, "client_assertion": assertion(service),
        "client_assertion_type": ASSERTION,
    }  # fmt: skip

    answer = await service.http.post("/oauth/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}


async def test_240_a_service_that_nobody_approved_gets_nothing(demo: Platform) -> None:
    app = await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs")
    await demo.parts.smart.store.rows("remove_client", app.id)

    assert (await by_itself(app, assertion(app))).json()["error"] == "invalid_client"


@pytest.mark.parametrize("keys", [JWKS, {"keys": []}, None])
async def test_297_keys_are_registered_directly(demo: Platform, keys: Any) -> None:
    http = (await register(demo)).http
    told = {
        "client_name": "N", "scope": "system/*.rs", "jwks": keys,
        "token_endpoint_auth_method": "private_key_jwt",
    }  # fmt: skip

    answer = await http.post("/oauth/register", json=told)

    assert answer.status_code == (201 if keys == JWKS else 400)


async def test_305_keys_of_a_client_cannot_be_replaced_by_another(
    service: App, demo: Platform
) -> None:
    key = ECKey.generate_key("P-384", {"kid": KEYS["ES384"].kid})
    other = {"keys": [key.as_dict(private=False)]}
    await register(demo, "asymmetric", jwks=other, scopes="system/Patient.rs")

    answer = await by_itself(service, assertion(service, key=key))

    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
async def test_310_both_algorithms_are_verified(service: App, algorithm: str) -> None:
    assert (await by_itself(service, assertion(service, algorithm))).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"exp": 1}, {"aud": "https://x.example"}, {"exp": int(time.time()) + 9000}]
)
async def test_335_an_assertion_is_validated(service: App, changes: dict[str, Any]) -> None:
    answer = await by_itself(service, assertion(service, **changes))

    assert answer.json()["error"] == "invalid_client"


async def test_336_a_jti_counts_once_for_each_client(service: App, demo: Platform) -> None:
    other = await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs")

    first = await by_itself(service, assertion(service, jti="same"))
    again = await by_itself(service, assertion(service, jti="same"))
    elsewhere = await by_itself(other, assertion(other, jti="same"))

    assert [first.status_code, again.status_code, elsewhere.status_code] == [200, 401, 200]


async def test_337_the_client_must_be_known_and_the_issuer(service: App, demo: Platform) -> None:
    other = await register(demo, "asymmetric", jwks=JWKS, scopes="system/Patient.rs")
    form = {
        "grant_type": "client_credentials", "scope": "system/Patient.rs", "client_id": other.id,
        "client_assertion": assertion(service), "client_assertion_type": ASSERTION,
    }  # fmt: skip

    mixed = await service.http.post("/oauth/token", data=form)
    nobody = await by_itself(service, assertion(service, iss="nobody", sub="nobody"))

    assert mixed.json()["error"] == nobody.json()["error"] == "invalid_client"


async def test_338_a_key_is_found_by_its_kid_among_registered_ones(service: App) -> None:
    unknown = ECKey.generate_key("P-384", auto_kid=True)

    answer = await by_itself(service, assertion(service, key=unknown))

    assert answer.json()["error"] == "invalid_client"


async def test_340_an_error_of_authentication_is_invalid_client(service: App) -> None:
    for signed in ("", "x", "a.b.c", assertion(service)[:-4]):
        answer = await by_itself(service, signed)
        assert answer.status_code in {400, 401}
        assert answer.json()["error"] in {"invalid_client"}
        assert answer.headers["cache-control"] == "no-store"


async def test_344_a_client_with_a_secret_is_no_backend_service(demo: Platform) -> None:
    app = await register(demo, "symmetric", scopes="system/Patient.rs")

    answer = await app.token("client_credentials", scope="system/Patient.rs")

    assert answer.json()["error"] == "unauthorized_client"
