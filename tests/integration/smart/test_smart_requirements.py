"""SMART App Launch 2.2, requirement by requirement: the numbers are those of the Inferno list.

Each test says by its name which numbers of `hl7.fhir.uv.smart-app-launch_2.2.0` it holds. What the
list asks of brands, styles and app state is not here: the server does not say that it has them.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from launching import REDIRECT, App, answer_of, person_of, register
from test_smart_applications import JWKS, assertion, by_itself

import given
from cordee.identity.smart.signing import ACCESS
from running import Platform

CONFIGURATION = "/fhir/.well-known/smart-configuration"


@pytest.fixture
async def told(app: App) -> dict[str, Any]:
    """What `/.well-known/smart-configuration` says."""
    return (await app.http.get(CONFIGURATION)).json()


async def test_014_015_394_pkce_by_s256_and_never_plain(app: App, told: dict[str, Any]) -> None:
    assert told["code_challenge_methods_supported"] == ["S256"]
    plain = await app.ask(code_challenge_method="plain", code_challenge=app.verifier)
    assert answer_of(plain.headers["location"])["error"] == "invalid_request"


@pytest.mark.parametrize("path", [CONFIGURATION, "/fhir/metadata", "/oauth/jwks"])
async def test_016_any_origin_reads_discovery(app: App, path: str) -> None:
    answer = await app.http.get(path, headers={"origin": "https://app.example"})

    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/oauth/token", "/fhir/Patient/mine", "/fhir/Observation"])
async def test_017_the_origin_of_an_application_uses_tokens_and_rest(app: App, path: str) -> None:
    asking = {
        "origin": "https://app.example", "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }  # fmt: skip

    before = await app.http.options(path, headers=asking)
    then = await app.http.post(path, headers={"origin": "https://app.example"})

    assert before.status_code == 204
    assert "authorization" in before.headers["access-control-allow-headers"]
    assert before.headers["access-control-allow-origin"] == "*"
    assert then.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in then.headers


async def test_018_042_only_registered_addresses_and_our_audience(app: App) -> None:
    assert (await app.ask(redirect_uri="https://x.example/")).status_code == 400
    wrong = await app.ask(aud="https://x.example/fhir")
    assert answer_of(wrong.headers["location"])["error"] == "invalid_request"
    right = await app.ask(aud=None, resource=app.platform.parts.kernel.base)
    assert right.headers["location"].startswith("/autoriser/")


async def test_024_316_a_registration_is_confirmed_with_a_client_id(app: App) -> None:
    told = {"client_name": "N", "redirect_uris": [REDIRECT], "scope": "openid patient/*.rs"}

    made = await app.http.post("/oauth/register", json=told)

    assert made.status_code == 201
    assert made.json()["client_id"]
    assert made.json()["redirect_uris"] == [REDIRECT]


@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/fhir+xml", "x/y"])
async def test_030_372_373_374_377_380_discovery_is_json_whatever_is_accepted(
    app: App, accept: str
) -> None:
    answer = await app.http.get(CONFIGURATION, headers={"accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


async def test_378_every_endpoint_is_absolute(told: dict[str, Any]) -> None:
    places = [text for name, text in told.items() if name.endswith(("_endpoint", "_uri"))]

    assert len(places) >= 6
    assert all(re.match(r"https?://[^/]+/", place) for place in places)


async def test_381_382_383_384_385_393_discovery_holds_what_is_required(
    told: dict[str, Any],
) -> None:
    for name in (
        "issuer", "jwks_uri", "authorization_endpoint", "grant_types_supported", "token_endpoint",
        "capabilities",
    ):  # fmt: skip
        assert told[name], name
    assert "authorization_code" in told["grant_types_supported"]
    assert "client_credentials" in told["grant_types_supported"]


async def test_228_285_286_287_288_289_310_357_asymmetric_clients_are_advertised(
    told: dict[str, Any],
) -> None:
    assert "client-confidential-asymmetric" in told["capabilities"]
    assert told["token_endpoint"]
    assert told["scopes_supported"]
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    algorithms = told["token_endpoint_auth_signing_alg_values_supported"]
    assert set(algorithms) == {"RS384", "ES384"}


async def test_348_349_350_351_capability_sets_are_whole(told: dict[str, Any]) -> None:
    has = set(told["capabilities"])

    assert {"launch-standalone", "client-public", "permission-patient"} <= has
    assert {"context-standalone-patient", "launch-ehr", "context-ehr-patient"} <= has
    assert {"client-confidential-symmetric", "permission-user", "sso-openid-connect"} <= has
    assert not {"smart-app-state", "context-style", "context-standalone-encounter"} & has
    assert not {one for one in told if one.startswith("user_access_brand")}


async def test_031_the_verifier_is_needed_and_must_fit(app: App) -> None:
    for verifier in ("", "x" * 43, app.challenge):
        answer = await app.token(code=await app.code(), code_verifier=verifier)
        assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_048_049_354_the_authorization_endpoint_takes_both_methods(
    app: App, method: str
) -> None:
    sent = {"params": app.request()} if method == "GET" else {"data": app.request()}

    answer = await app.http.request(method, "/oauth/authorize", **sent)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/autoriser/")


async def test_053_056_057_059_yes_brings_the_code_and_the_state(app: App) -> None:
    asked = await app.ask(state="été & co?/=%")
    name = asked.headers["location"].removeprefix("/autoriser/")
    authorizer = app.platform.parts.smart.authorizer

    address = await authorizer.accept(name, await person_of(), "w", "Patient/mine") or ""

    assert address.startswith(REDIRECT)
    assert answer_of(address).keys() == {"code", "state"}
    assert answer_of(address)["state"] == "été & co?/=%"


async def test_054_no_brings_an_error(app: App) -> None:
    name = (await app.ask()).headers["location"].removeprefix("/autoriser/")

    address = await app.platform.parts.smart.authorizer.refuse(name) or ""

    assert answer_of(address) == {"error": "access_denied", "state": "s/1"}


async def test_073_074_075_078_084_085_086_087_088_089_a_token_answer(app: App) -> None:
    answer = await app.token(code=await app.code())

    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert re.fullmatch(r"[A-Za-z0-9._~+/=-]+", body["access_token"])
    assert body["token_type"] == "Bearer"
    assert body["scope"].split()
    assert 0 < body["expires_in"] <= 3600
    assert body["refresh_token"]
    refused = await app.token(code="x")
    assert refused.json()["error"] == "invalid_grant"


async def test_077_094_an_ended_token_opens_nothing(app: App) -> None:
    smart = app.platform.parts.smart
    token = (await app.tokens())["access_token"]
    key, claims = smart.keys.access(), smart.bearers.claims(token)
    header = {"alg": ACCESS, "kid": key.kid, "typ": "at+jwt"}

    ended = jwt.encode(header, claims | {"exp": int(time.time())}, key, algorithms=[ACCESS])

    assert (await app.read(token, "Patient/mine")).status_code == 200
    assert (await app.read(ended, "Patient/mine")).status_code == 401


async def test_095_266_the_scope_must_cover_what_is_asked(app: App) -> None:
    token = (await app.tokens(scope="launch/patient patient/Patient.r"))["access_token"]

    assert (await app.read(token, "Patient/mine")).status_code == 200
    assert (await app.read(token, "Patient")).status_code == 403
    assert (await app.read(token, "Observation?patient=mine")).status_code == 403


async def test_096_a_token_for_another_server_opens_nothing(app: App) -> None:
    smart = app.platform.parts.smart
    token = (await app.tokens())["access_token"]
    key, claims = smart.keys.access(), smart.bearers.claims(token)
    header = {"alg": ACCESS, "kid": key.kid, "typ": "at+jwt"}

    other = jwt.encode(header, claims | {"aud": "https://x/fhir"}, key, algorithms=[ACCESS])

    assert (await app.read(other, "Patient/mine")).status_code == 401


async def test_100_366_online_access_lasts_as_long_as_the_session(app: App) -> None:
    first = await app.tokens(scope="launch/patient patient/*.rs online_access", session="w-100")
    token = first["refresh_token"]
    again = (await app.token("refresh_token", refresh_token=token)).json()
    assert again["access_token"]

    async with app.platform.parts.database.write.acquire() as connection:
        await connection.execute("INSERT INTO closed_session (id) VALUES ('w-100')")

    ended = await app.token("refresh_token", refresh_token=again["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"


async def test_101_365_offline_access_outlives_the_session(app: App) -> None:
    first = await app.tokens(session="w-101")
    async with app.platform.parts.database.write.acquire() as connection:
        await connection.execute("INSERT INTO closed_session (id) VALUES ('w-101')")

    again = await app.token("refresh_token", refresh_token=first["refresh_token"])

    assert again.status_code == 200


async def test_103_104_a_refresh_token_is_bound_to_its_client_and_scope(
    app: App, demo: Platform
) -> None:
    first = await app.tokens()
    other = await register(demo)

    stranger = await other.token("refresh_token", refresh_token=first["refresh_token"])
    more = await app.token(
        "refresh_token", refresh_token=first["refresh_token"], scope="user/Patient.cruds"
    )

    assert stranger.json()["error"] == "invalid_grant"
    assert more.json()["error"] == "invalid_scope"


async def test_109_110_111_112_113_114_a_refreshed_answer(app: App) -> None:
    first = await app.tokens()

    answer = await app.token("refresh_token", refresh_token=first["refresh_token"])

    body = answer.json()
    assert body["access_token"] != first["access_token"]
    assert body["token_type"].lower() == "bearer"
    assert body["expires_in"] > 0
    assert body["scope"] == first["scope"]
    assert body["patient"] == first["patient"]
    assert answer.headers["cache-control"] == "no-store"


async def test_078_115_less_may_be_granted_than_was_asked(demo: Platform) -> None:
    app = await register(demo, scopes="launch/patient patient/Patient.rs")

    body = await app.tokens(scope="launch/patient patient/*.cruds user/*.rs offline_access")

    assert body["scope"] == "launch/patient patient/Patient.rs"
    assert "refresh_token" not in body


async def test_119_140_368_a_person_opens_no_more_by_an_application(app: App) -> None:
    system = await app.platform.client()
    await system.put("Patient/unseen", json={"resourceType": "Patient", "id": "unseen"})

    token = (await app.tokens(scope="user/*.cruds"))["access_token"]

    assert (await app.read(token, "Patient/mine")).status_code == 200
    assert (await app.read(token, "Patient/unseen")).status_code == 404


async def test_130_entries_of_a_batch_are_held_to_the_scope(app: App) -> None:
    token = (await app.tokens(scope="launch/patient patient/Patient.r"))["access_token"]
    urls = ("Patient/mine", "Patient/other", "Observation/x", "Patient?_id=mine")
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]

    answer = await app.http.post(
        "/fhir", json={"resourceType": "Bundle", "type": "batch", "entry": entries},
        headers={"authorization": f"Bearer {token}"},
    )  # fmt: skip

    statuses = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert statuses == ["200", "404", "403", "403"]


async def test_136_144_367_a_wildcard_opens_all_types_of_one_patient(app: App) -> None:
    system = await app.platform.client()
    for key in ("mine", "other"):
        for made in (given.observation(f"Patient/{key}"), given.observation(f"Patient/{key}")):
            await system.post("Observation", json=made)

    token = (await app.tokens(scope="launch/patient patient/*.rs"))["access_token"]

    found = (await app.read(token, "Observation")).json()["entry"]
    subjects = {one["resource"]["subject"]["reference"] for one in found}
    assert subjects == {"Patient/mine"}


async def test_149_164_168_169_170_173_353_359_363_the_context_stands_beside_the_token(
    app: App,
) -> None:
    for scope in ("launch/patient patient/*.rs", "patient/Patient.rs"):
        body = await app.tokens(scope=scope)
        assert body["patient"] == "mine"
        assert body["need_patient_banner"] is True


async def test_164_without_a_patient_no_scope_on_one_is_granted(app: App) -> None:
    body = await app.tokens(scope="launch/patient patient/*.rs openid", patient="")

    assert body["scope"] == "openid"
    assert "patient" not in body


async def test_171_174_177_352_361_362_a_launch_from_inside_tells_its_context(app: App) -> None:
    smart = app.platform.parts.smart
    client = await smart.store.client(app.id)
    assert client is not None
    context = {"patient": "Patient/other", "encounter": "Encounter/e9", "intent": "order"}
    launch = await smart.authorizer.launch(client, (await person_of()).user, context)

    body = await app.tokens(scope="launch launch/encounter patient/*.rs", launch=launch, patient="")

    assert (body["patient"], body["encounter"], body["intent"]) == ("other", "e9", "order")
    assert not {"fhirContext", "smart_style_url", "tenant"} & body.keys()


async def test_198_200_205_207_209_210_358_the_id_token(app: App) -> None:
    body = await app.tokens(scope="openid fhirUser user/Practitioner.r")
    keys = (await app.http.get("/oauth/jwks")).json()
    openid = (await app.http.get("/.well-known/openid-configuration")).json()

    found = jwt.decode(body["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])

    assert found.header["alg"] == "RS256"
    assert found.header["kid"] in {one["kid"] for one in keys["keys"]}
    assert "x5c" not in keys["keys"][0]
    assert found.claims["iss"] == openid["issuer"] == app.platform.parts.smart.issuer
    assert found.claims["aud"] == app.id
    assert found.claims["exp"] > time.time() > found.claims["iat"] - 5
    path = found.claims["fhirUser"].removeprefix(app.platform.parts.kernel.base + "/")
    user = await app.read(body["access_token"], path)
    assert user.json()["resourceType"] == "Practitioner"
    assert "RS256" in openid["id_token_signing_alg_values_supported"]


async def test_271_272_273_274_275_276_277_278_279_introspection(demo: Platform) -> None:
    app = await register(demo, "symmetric")
    body = await app.tokens()
    auth = httpx.BasicAuth(app.id, app.secret or "")

    answer = await app.http.post(
        "/oauth/introspect", data={"token": body["access_token"]}, auth=auth
    )

    said = answer.json()
    assert said["active"] is True
    assert (said["scope"], said["client_id"], said["patient"]) == (body["scope"], app.id, "mine")
    assert abs(said["exp"] - time.time() - body["expires_in"]) < 5
    assert said["iss"] == demo.parts.smart.issuer
    assert said["sub"] == (await person_of()).user
    assert said["fhirUser"]


async def test_139_the_guide_says_what_a_patient_link_opens() -> None:
    guide = Path(__file__).parents[3] / "docs" / "operator" / "applications.md"

    assert "`Patient.link` opens nothing" in guide.read_text("utf-8")


async def test_197_who_is_no_resource_is_no_fhir_user(app: App) -> None:
    smart = app.platform.parts.smart
    asked = await app.ask(scope="openid fhirUser user/Patient.rs")
    name = asked.headers["location"].removeprefix("/autoriser/")
    person = replace(await person_of(), practitioner="")

    address = await smart.authorizer.accept(name, person, "w", "") or ""
    body = (await app.token(code=answer_of(address)["code"])).json()

    assert body["scope"] == "openid user/Patient.rs"
    keys = KeySet.import_key_set((await app.http.get("/oauth/jwks")).json())
    assert "fhirUser" not in jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims


async def test_355_356_clients_without_and_with_a_secret(app: App, demo: Platform) -> None:
    confidential = await register(demo, "symmetric")

    assert (await app.tokens())["access_token"]
    assert (await confidential.tokens())["access_token"]
    wrong = await confidential.token(code=await confidential.code(), client_secret="x")
    assert wrong.json()["error"] == "invalid_client"


async def test_282_283_introspection_by_a_token_of_a_service(demo: Platform, app: App) -> None:
    told = {"jwks": JWKS, "scopes": "introspect system/Patient.rs"}
    service = await register(demo, "asymmetric", **told)
    theirs = (await app.tokens())["access_token"]

    async def ask(token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return await app.http.post("/oauth/introspect", data={"token": theirs}, headers=headers)

    may = (await by_itself(service, assertion(service), "introspect system/Patient.rs")).json()
    may_not = (await by_itself(service, assertion(service), "system/Patient.rs")).json()

    assert may["scope"] == "introspect system/Patient.rs"
    said = (await ask(may["access_token"])).json()
    assert (said["active"], said["client_id"]) == (True, app.id)
    for token in (may_not["access_token"], theirs, "made-up"):
        assert (await ask(token)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "scope", ["patient/Observation.read", "patient/Observation.rs", "patient/*.read"]
)
async def test_369_370_both_syntaxes_are_granted_as_asked(app: App, scope: str) -> None:
    body = await app.tokens(scope=f"launch/patient {scope}")

    assert body["scope"].split() == ["launch/patient", scope]
    assert (await app.read(body["access_token"], "Observation")).status_code == 200


async def test_the_capability_statement_says_where_tokens_come_from(
    app: App, told: dict[str, Any]
) -> None:
    statement = (await app.http.get("/fhir/metadata")).json()

    security = statement["rest"][0]["security"]
    places = {one["url"]: one["valueUri"] for one in security["extension"][0]["extension"]}
    assert places["authorize"] == told["authorization_endpoint"]
    assert places["token"] == told["token_endpoint"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
