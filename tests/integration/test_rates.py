"""Limits on the wire: `/fhir` by person, identity searches, `/oauth` by address, sign-in."""

from __future__ import annotations

import httpx

import given
from cordee.app.asgi import make_application
from cordee.app.screen import make_screen
from running import Ground, Platform, platform_on

DOCTOR = {"structure": "Organization/o1", "scope": "user/*.cruds"}


async def visitor(platform: Platform) -> httpx.AsyncClient:
    """A browser without a session, in front of the whole application."""
    application = make_application(platform.parts, make_screen(platform.parts))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application), base_url="http://127.0.0.1:8100"
    )


async def test_a_person_waits_and_a_system_does_not(ground: Ground) -> None:
    async with platform_on(ground, rates="person=3") as platform:
        doctor = await platform.client(user="anne", **DOCTOR)
        other = await platform.client(user="luc", **DOCTOR)
        system = await platform.client()

        answers = [await doctor.get("Patient") for _ in range(4)]
        others = [await one.get("Patient") for one in (other, *[system] * 5)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.json()["issue"][0]["code"] == "throttled"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert {one.status_code for one in others} == {200}


async def test_a_system_has_a_limit_where_the_operator_sets_one(ground: Ground) -> None:
    async with platform_on(ground, rates="system=1") as platform:
        system = await platform.client()

        assert [(await system.get("Patient")).status_code for _ in range(2)] == [200, 429]


async def test_searches_of_identity_have_a_narrower_limit(ground: Ground) -> None:
    asked = given.patient(id="x", name=[{"family": "Exemple"}], birthDate="1980-01-01")
    async with platform_on(ground, rates="identity=2") as platform:
        doctor = await platform.client(**DOCTOR)

        answers = [await doctor.post("Patient/$match", json=asked) for _ in range(3)]
        reads = [await doctor.get("Patient") for _ in range(5)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert {one.status_code for one in reads} == {200}


async def test_the_authorization_server_limits_an_address(ground: Ground) -> None:
    async with platform_on(ground, rates="oauth=2") as platform, await visitor(platform) as client:
        form = {"grant_type": "client_credentials"}
        answers = [await client.post("/oauth/token", data=form) for _ in range(3)]
        keys = await client.get("/oauth/jwks")

    assert [one.status_code for one in answers][2] == 429
    assert 429 not in [one.status_code for one in answers][:2]
    assert answers[2].json()["error"] == "temporarily_unavailable"
    assert int(answers[2].headers["retry-after"]) >= 1
    assert keys.status_code == 200


async def test_sign_in_is_limited_by_address_with_a_page_in_french(ground: Ground) -> None:
    async with platform_on(ground, rates="entry=2") as platform, await visitor(platform) as client:
        tries = [await client.post("/connexion", data={"identifiant": "x"}) for _ in range(3)]
        page = await client.get("/connexion")

    assert 429 not in [one.status_code for one in tries][:2]
    assert tries[2].status_code == 429
    assert "Trop de demandes" in tries[2].text
    assert int(tries[2].headers["retry-after"]) >= 1
    assert "require-trusted-types-for" in tries[2].headers["content-security-policy"]
    assert page.status_code == 200
