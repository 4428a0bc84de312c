"""A person allows an application on the screen, sees it there, and takes it back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
from launching import REDIRECT, App, answer_of, person_of, register

from cordee.app.asgi import make_application
from cordee.app.screen import make_screen
from running import Platform


@pytest.fixture
async def browser(demo: Platform) -> AsyncIterator[httpx.AsyncClient]:
    application = make_application(demo.parts, make_screen(demo.parts))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(
        transport=transport, base_url=demo.parts.smart.issuer, timeout=60
    ) as client:
        yield client


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="jeton" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def sign_in(browser: httpx.AsyncClient, page: httpx.Response, user: str) -> httpx.Response:
    following = re.search(r'name="suite" value="([^"]*)"', page.text)
    assert following
    form = {"jeton": token_of(page), "compte": user, "suite": unescape(following[1])}
    return await browser.post("/connexion", data=form)


async def to_consent(browser: httpx.AsyncClient, app: App, **changes: str) -> str:
    """The path of the consent page, for a doctor who was not signed in."""
    asked = await browser.get("/oauth/authorize", params=app.request(**changes))
    path = asked.headers["location"]
    entry = await browser.get(path)
    assert entry.status_code == 303
    page = await browser.get(entry.headers["location"])
    back = await sign_in(browser, page, (await person_of()).user)
    assert back.headers["location"] == path
    return path


async def test_signing_in_choosing_and_allowing(browser: httpx.AsyncClient, app: App) -> None:
    path = await to_consent(browser, app)
    page = await browser.get(path)
    assert "Suivi" in page.text
    assert "tout le dossier de ce patient" in page.text
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' https://app.example;" in policy

    name = (await (await app.platform.client()).get("Patient/mine")).json()["name"][0]["family"]
    form = {"jeton": token_of(page), "q": name, "geste": "chercher"}
    found = await browser.post(path, data=form)
    assert 'value="mine"' in found.text
    form = {"jeton": token_of(found), "patient": "mine", "geste": "accepter"}
    allowed = await browser.post(path, data=form)

    assert allowed.status_code == 303
    assert allowed.headers["location"].startswith(REDIRECT)
    told = (await app.token(code=answer_of(allowed.headers["location"])["code"])).json()
    assert told["patient"] == "mine"
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 200

    mine = await browser.get("/applications")
    assert "Suivi" in mine.text
    form = {"jeton": token_of(mine), "application": app.id}
    assert (await browser.post("/applications", data=form)).status_code == 303
    assert (await app.read(told["access_token"], "Patient/mine")).status_code == 401
    refreshed = await app.token("refresh_token", refresh_token=told["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_refusing_goes_back_with_access_denied(browser: httpx.AsyncClient, app: App) -> None:
    path = await to_consent(browser, app)
    page = await browser.get(path)

    answer = await browser.post(path, data={"jeton": token_of(page), "geste": "refuser"})

    assert answer_of(answer.headers["location"])["error"] == "access_denied"


async def test_a_patient_out_of_the_circle_is_not_chosen(
    browser: httpx.AsyncClient, app: App
) -> None:
    client = await app.platform.client()
    await client.put("Patient/far", json={"resourceType": "Patient", "id": "far"})
    path = await to_consent(browser, app)
    page = await browser.get(path)

    for patient in ("far", "nobody", "", "../x"):
        form = {"jeton": token_of(page), "patient": patient, "geste": "accepter"}
        answer = await browser.post(path, data=form)
        assert answer.status_code == 422, patient


async def test_consent_is_not_given_by_another_site(browser: httpx.AsyncClient, app: App) -> None:
    path = await to_consent(browser, app)

    answer = await browser.post(path, data={"patient": "mine", "geste": "accepter"})

    assert answer.status_code == 403
    assert (await app.platform.parts.smart.authorizer.shown(path.rpartition("/")[2])) is not None


async def test_an_application_opens_on_the_patient_of_the_record(
    browser: httpx.AsyncClient, demo: Platform
) -> None:
    app = await register(demo, launch_url="https://app.example/launch")
    await sign_in(browser, await browser.get("/connexion"), (await person_of()).user)
    offered = await browser.get("/patients/other/applications")
    assert "Suivi" in offered.text

    form = {"jeton": token_of(offered), "application": app.id}
    opened = await browser.post("/patients/other/applications", data=form)

    assert opened.headers["location"].startswith("https://app.example/launch?")
    told = answer_of(opened.headers["location"])
    assert told["iss"] == demo.parts.kernel.base
    asked = await app.ask(scope="launch patient/Patient.rs openid", launch=told["launch"])
    path = asked.headers["location"]
    page = await browser.get(path)
    answer = await browser.post(path, data={"jeton": token_of(page), "geste": "accepter"})
    tokens = (await app.token(code=answer_of(answer.headers["location"])["code"])).json()
    assert tokens["patient"] == "other"
    assert (await app.read(tokens["access_token"], "Patient/other")).status_code == 200
    assert (await app.read(tokens["access_token"], "Patient/mine")).status_code == 404


async def test_what_is_unknown_is_not_there(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, await browser.get("/connexion"), (await person_of()).user)

    for path in ("/autoriser/nothing", "/patients/nobody/applications"):
        assert (await browser.get(path)).status_code == 404
