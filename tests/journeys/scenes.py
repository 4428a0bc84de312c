"""What several journeys do alike: who enters, what a hospital's software writes, what is hidden."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import Any, Final

from demonstration import Region
from playwright.async_api import Browser, Page

from cordee.runtime.clock import instant, now

HIDDEN, SHOWN, HIDDEN_TEXT = "Bilan d’addictologie", "Bilan de podologie", "Suivi mensuel."
_VISIBILITY: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/"
    "TRE-A07-StatutVisibiliteDocument"
)
_PAGES: Final = (
    "", "/documents", "/parcours", "/liaison", "/plans", "/urgences", "/demandes", "/sorties",
)  # fmt: skip


async def enter(browser: Browser, region: Region, who: str, **options: Any) -> Page:
    """A browser of its own in which a person of the demonstration is at home."""
    context = await browser.new_context(
        **{"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}} | options
    )
    page = await context.new_page()
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).first.click()
    await page.wait_for_url(f"{region.url}/")
    return page


async def deposited(
    region: Region, patient: str, title: str, text: str, code: str = "11488-4", **more: Any
) -> None:
    """A document that a hospital's own software writes into a record."""
    content = base64.b64encode(text.encode()).decode()
    paper: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": code}], "text": title},
        "description": title,
        "date": instant(now().replace(microsecond=0)),
        "subject": {"reference": f"Patient/{patient}"},
        "content": [{"attachment": {"contentType": "text/plain", "data": content}}],
    } | more
    async with region.system() as hospital:
        answer = await hospital.post("DocumentReference", json=paper)
        assert answer.status_code == 201, answer.text


async def kept_hidden(region: Region, patient: str) -> None:
    """Two papers of the same kind; the patient has hidden one of them from professionals."""
    label = {"coding": [{"system": _VISIBILITY, "code": "MASQUE_PS"}]}
    await deposited(region, patient, SHOWN, "Appuis corrects.")
    await deposited(region, patient, HIDDEN, HIDDEN_TEXT, securityLabel=[label])


async def nobody_met_it(
    region: Region, patient: str, people: Mapping[str, Page], *, readers: Collection[str]
) -> None:
    """What is hidden stands on no page and in no search of these people (account, browser).

    `readers` see the other paper: what they are looking at is that record.
    """
    for who, page in people.items():
        words: list[str] = []
        for path in _PAGES:
            answer = await page.request.get(f"{region.url}/patients/{patient}{path}")
            words.append(await answer.text())
        async with region.person(who) as person:
            query = f"DocumentReference?patient={patient}&_count=100"
            words.append((await person.get(query)).text)
        read = " ".join(words)
        assert HIDDEN not in read, who
        assert HIDDEN_TEXT not in read, who
        if who in readers:
            assert SHOWN in read, who
