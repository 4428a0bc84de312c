"""The timeline is filtered by sort, structure, territory and since the last visit. B1.10."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cordee.fhir.store.journal import publish
from trusted import JEANNE, Screen, make_patient

HERE = f"/patients/{JEANNE}/parcours"


async def visit(screen: Screen, structure: str, reason: str, day: str) -> None:
    client = await screen.platform.client()
    body: dict[str, Any] = {
        "resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{JEANNE}"},
        "serviceProvider": {"reference": f"Organization/{structure}"},
        "reasonCode": [{"text": reason}], "period": {"start": f"{day}T10:00:00+01:00"},
    }  # fmt: skip
    assert (await client.post("Encounter", json=body)).status_code == 201
    await publish(screen.platform.parts.database)


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(
        bare_screen, JEANNE, birthDate="1968-03-12", address=[{"use": "home", "district": "B"}]
    )
    client = await bare_screen.platform.client()
    for key, county in (("pres", "B"), ("loin", "A")):
        body = {
            "resourceType": "Organization", "id": key, "name": f"Structure {key}",
            "address": [{"district": county}],
        }  # fmt: skip
        assert (await client.put(f"Organization/{key}", json=body)).status_code == 201
    await visit(bare_screen, "pres", "Entorse", "2026-01-05")
    await visit(bare_screen, "loin", "Malaise", "2026-02-05")
    document: dict[str, Any] = {
        "resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": f"Patient/{JEANNE}"}, "date": "2026-03-05T10:00:00+01:00",
        "type": {"coding": [{"code": "11488-4"}]},
        "content": [{"attachment": {"contentType": "text/plain", "title": "Lettre du jour"}}],
    }  # fmt: skip
    assert (await client.post("DocumentReference", json=document)).status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


@pytest.mark.requirement("B1.10")
async def test_each_filter_keeps_its_own_and_they_join(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    everything = {"Entorse", "Malaise", "Lettre du jour"}

    for query, shown in (
        ("", everything),
        ("?sorte=encounter", {"Entorse", "Malaise"}),
        ("?sorte=document", {"Lettre du jour"}),
        ("?structure=Structure+loin", {"Malaise"}),
        ("?territoire=ici", {"Entorse"}),
        ("?territoire=ailleurs", {"Malaise"}),
        ("?territoire=ailleurs&sorte=document", set[str]()),
        ("?sorte=inconnue", set[str]()),
    ):
        page = await doctor.text(f"{HERE}{query}")
        assert {one for one in everything if one in page} == shown, query
    assert "Rien avec ces filtres" in await doctor.text(
        f"{HERE}?territoire=ailleurs&sorte=document"
    )


@pytest.mark.requirement("B1.10")
async def test_since_the_last_visit_shows_what_came_after_it(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    first = await doctor.text(HERE)
    screen.ahead = timedelta(hours=3)
    before = await doctor.text(f"{HERE}?depuis=visite")
    # Written after the visit, even though it happened long before it.
    await visit(screen, "pres", "Grippe", "2025-12-01")
    after = await doctor.text(f"{HERE}?depuis=visite")
    others = await (await screen.person("dr.legoff")).text(HERE)

    assert "Depuis ma dernière visite" not in first
    assert "Depuis ma dernière visite" in before
    assert "Rien avec ces filtres" in before
    assert "Grippe" in after
    assert "Entorse" not in after
    assert "Entorse" in others
