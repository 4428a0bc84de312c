"""The screen while nothing is written: a banner, open records, refused forms."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from sample_record import NOW, SampleAccounts, SampleRecords
from starlette.routing import Route
from visiting import Visit

from cordee.web.application import create_web, page_routes
from cordee.web.ports import WebPorts, WebSettings

BANNER = "Cordée est en lecture seule"
GOES_ON = {
    "/", "/connexion", "/connexion/cle", "/connexion/code", "/connexion/mot-de-passe",
    "/connexion/situation", "/confirmer", "/deconnexion", "/identites/recherche", "/reprise",
    "/patients/{patient_id}/bris-de-glace", "/patients/{patient_id}/consultation",
    "/patients/{patient_id}/pourquoi", "/verrou", "/verrouiller",
}  # fmt: skip


@pytest.fixture
async def bounded() -> AsyncIterator[Visit]:
    records = SampleRecords()
    settings = WebSettings(
        key=b"k" * 32, is_demo=True, clock=lambda: NOW, is_read_only=lambda: True
    )
    app = create_web(WebPorts(SampleAccounts(), records), settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://screen") as client:
        yield Visit(client, records)


@pytest.mark.requirement("A6.8")
async def test_a_record_stays_open_under_a_banner(bounded: Visit) -> None:
    await bounded.enter()

    page = await bounded.client.get("/patients/p-7f3a")

    assert page.status_code == 200
    assert BANNER in page.text


@pytest.mark.requirement("A6.8")
async def test_every_form_that_writes_is_refused(bounded: Visit) -> None:
    await bounded.enter()
    token = await bounded.token("/")
    refused = set()
    posted = {r.path for r in page_routes() if isinstance(r, Route) and "POST" in (r.methods or ())}

    for path in posted - {"/deconnexion"}:
        address = path.replace("{patient_id}", "p-7f3a").replace("{number}", "1")
        answer = await bounded.client.post(address, data={"jeton": token})
        if answer.status_code == 503 and BANNER in answer.text:
            refused.add(path)

    assert refused == posted - GOES_ON
    assert len(refused) > 20


async def test_without_it_there_is_no_banner(visit: Visit) -> None:
    await visit.enter()

    assert BANNER not in (await visit.client.get("/patients/p-7f3a")).text
