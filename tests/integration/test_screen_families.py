"""A relative reads what the resident chose of the life of the home, in plain words, at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from cordee.access.mandates.kinds import MandateKind
from cordee.access.mandates.parts import FAMILY, FAMILY_AGENDA, FAMILY_EVENTS, FAMILY_NEWS
from cordee.fhir.store.journal import publish
from mandated import client_as, mandated, offer
from running import Ground
from trusted import HOME, JEANNE, Person, Screen, make_patient, screen_on, who

ABOUT = {"reference": f"Patient/{JEANNE}"}
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
NEWS = f"/patients/{JEANNE}/nouvelles"
CHOSEN = {FAMILY_AGENDA: "agenda", FAMILY_NEWS: "news", FAMILY_EVENTS: "events"}
TOLD = {"agenda": "Marché de Noël", "news": "Elle a gagné au loto", "events": "Une chute"}
HEALTH = (
    "Oncologie", "choc à la tête", "Choc à la tête", "Refuse son traitement", "psychiatrie",
    "Douleur thoracique", "Secret d’elle", "Consultation",
)  # fmt: skip


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_patient(screen, JEANNE, birthDate="1938-03-12")
        client = await screen.platform.client()
        await client.put("Organization/ch", json={"resourceType": "Organization", "id": "ch"})
        for one in rows(screen.clock()):
            made = await client.post(one["resourceType"], json=one)
            assert made.status_code == 201, made.text
        await publish(screen.platform.parts.database)
        doctor = await screen.person("dr.legoff")
        for words in (TOLD["news"], "À retirer"):
            assert (await doctor.post(NEWS, nouvelle=words)).status_code == 303
        yield screen


def rows(now: datetime) -> list[dict[str, Any]]:
    kinds = "https://cordee.example/fhir/CodeSystem/evenement-residence"
    ago = (now - timedelta(days=2)).isoformat(timespec="seconds")

    def visit(sort: str, words: str, **more: Any) -> dict[str, Any]:
        day = now + timedelta(days=2)
        coding = {"system": "https://cordee.example/CodeSystem/intervention", "code": sort}
        return {
            "resourceType": "Appointment", "status": "booked", "description": words,
            "serviceType": [{"coding": [coding]}], "start": day.isoformat(timespec="seconds"),
            "end": (day + timedelta(hours=1)).isoformat(timespec="seconds"),
            "participant": [{"actor": ABOUT, "status": "accepted"}],
        } | more  # fmt: skip

    def stay(kind: str, words: str, place: str = HOME, act: str = "AMB", **more: Any) -> Any:
        typed = {"type": [{"coding": [{"system": kinds, "code": kind}]}]} if kind else {}
        return {
            "resourceType": "Encounter", "status": "finished", "subject": ABOUT, **typed,
            "class": {"system": ACT, "code": act}, "reasonCode": [{"text": words}],
            "period": {"start": ago, "end": ago}, "serviceProvider": {"reference": place},
        } | more  # fmt: skip

    masked = {"meta": {"security": [{"code": "MASQUE_PS"}]}}
    return [
        visit("sortie", TOLD["agenda"]),
        visit("consultation", "Oncologie"),
        visit("sortie", "Secret d’elle", **masked),
        stay("chute", "Choc à la tête"),
        stay("refus", "Refuse son traitement"),
        stay("", "Douleur thoracique", "Organization/ch", "EMER"),
        stay("", "psychiatrie", "Organization/ch", "IMP", **masked),
    ]


async def lucie_with(screen: Screen, *parts: str) -> tuple[Person, str, Any]:
    """Lucie with a new mandate on these parts, the address of its page, and as who she acts."""
    asked = offer(MandateKind.CARER, *parts)
    principal, mandate = await mandated(screen.platform, JEANNE, asked, who("lucie.bertin"))
    lucie = await screen.person("lucie.bertin")
    return lucie, f"/mes-proches/{mandate.id}/nouvelles", principal


@pytest.mark.requirement("B7.7")
@pytest.mark.parametrize("chosen", FAMILY)
async def test_a_relative_reads_the_part_that_was_chosen_and_no_other(
    screen: Screen, chosen: str
) -> None:
    lucie, page, principal = await lucie_with(screen, chosen)

    text = await lucie.text(page)

    for part, name in CHOSEN.items():
        assert (TOLD[name] in text) is (part == chosen), part
    assert not [one for one in HEALTH if one in text]
    if chosen == FAMILY_AGENDA:
        assert "Pas libre à ce moment" in text
    if chosen == FAMILY_EVENTS:
        assert "Passage aux urgences" in text
        assert "Séjour à l’hôpital" not in text, "masked"
    client = await client_as(screen.platform, principal)
    for kind in ("Appointment", "Encounter", "Communication", "Observation", "Condition"):
        assert (await client.get(f"{kind}?patient=Patient/{JEANNE}")).status_code == 403, kind
    assert (await lucie.get(page.removesuffix("/nouvelles"))).headers["location"] == page


@pytest.mark.requirement("B7.7")
async def test_a_choice_changes_at_once_and_each_reading_is_seen(screen: Screen) -> None:
    jeanne = await screen.person("jeanne.bertin")
    lucie, page, _ = await lucie_with(screen, FAMILY_NEWS)
    assert TOLD["news"] in await lucie.text(page)
    number = page.split("/")[2]

    changed = await jeanne.post(
        f"/mes-proches/modifier/{number}", **{f"part-{FAMILY_AGENDA}": "oui"}
    )

    assert changed.status_code == 303
    text = await lucie.text(page)
    assert TOLD["news"] not in text
    assert TOLD["agenda"] in text
    seen = await jeanne.text("/mes-acces")
    assert "A lu la page que vous ouvrez à vos proches." in seen
    assert "ce qui est ouvert a changé" in await jeanne.text("/mes-proches")
    await jeanne.post("/mes-proches", geste="retirer", mandat=number)
    assert (await lucie.get(page)).status_code == 404


@pytest.mark.requirement("B7.7")
async def test_nothing_of_a_home_opens_by_another_part_or_to_somebody_else(screen: Screen) -> None:
    lucie, page, _ = await lucie_with(screen, "sante")
    assert (await lucie.get(page)).status_code == 404
    marc = await screen.person("marc.lefort")
    _, other, _ = await lucie_with(screen, *FAMILY)
    assert (await marc.get(other)).status_code == 404
    assert (await (await screen.person("dr.benali")).get(NEWS)).status_code == 404


@pytest.mark.requirement("B7.7")
async def test_the_home_writes_and_takes_back_and_others_do_not(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    assert (await doctor.post(NEWS, nouvelle="")).status_code == 422
    client = await screen.platform.client()
    found = (await client.get(f"Communication?subject=Patient/{JEANNE}")).json()["entry"]
    wrong = next(
        one["resource"] for one in found
        if one["resource"]["payload"][0]["contentString"] == "À retirer"
    )  # fmt: skip
    assert (await doctor.post(NEWS, retirer=wrong["id"])).status_code == 303
    lucie, page, _ = await lucie_with(screen, FAMILY_NEWS)
    assert "À retirer" not in await lucie.text(page)
    samira = await screen.person("samira.haddad")
    assert (await samira.post(NEWS, nouvelle="Bonjour")).status_code in {403, 404}
