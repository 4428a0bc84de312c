"""Shared liaison notes: written, read, filtered, and who does not see them. Guide CdL, B2.1."""

from __future__ import annotations

from typing import Any

import pytest

from cordee.app.region.habilitations import decide_habilitations
from cordee.care.liaison.notes import PROFILE
from cordee.fhir.store.journal import publish
from trusted import JEANNE, Screen, make_patient, plain, who

HERE = f"/patients/{JEANNE}/liaison"
NOTE = {"sorte": "transmission", "note": "A mangé la moitié du repas", "visibilite": "tous"}


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12")
    client = await bare_screen.platform.client()
    for structure in ("msp-quatre-vents", "ehpad-les-tilleuls"):
        visit: dict[str, Any] = {
            "resourceType": "Encounter", "status": "finished", "class": {"code": "HH"},
            "subject": {"reference": f"Patient/{JEANNE}"},
            "serviceProvider": {"reference": f"Organization/{structure}"},
        }  # fmt: skip
        await client.put(
            f"Organization/{structure}",
            json={"resourceType": "Organization", "id": structure, "name": structure},
        )
        assert (await client.post("Encounter", json=visit)).status_code == 201
    await publish(bare_screen.platform.parts.database)
    async with bare_screen.platform.parts.database.transaction() as connection:
        await decide_habilitations(connection)
    bare_screen.platform.parts.guard.forget()
    return bare_screen


async def stored(screen: Screen) -> list[dict[str, Any]]:
    client = await screen.platform.client()
    found = await client.get("DocumentReference", params={"patient": JEANNE})
    return [one["resource"] for one in found.json().get("entry", ())]


@pytest.mark.requirement("B2.1")
async def test_a_note_is_written_on_the_national_profile_and_read_by_the_circle(
    screen: Screen,
) -> None:
    doctor, nurse = await screen.person("dr.legoff"), await screen.person("claire.weber")

    empty = await doctor.post(HERE, **(NOTE | {"note": ""}))
    made = await doctor.post(HERE, **NOTE, urgent="oui")
    read = await nurse.text(HERE)
    (note,) = await stored(screen)

    assert empty.status_code == 422
    assert made.status_code == 303
    assert "A mangé la moitié du repas" in read
    assert "urgent" in read
    assert note["meta"]["profile"] == [PROFILE]
    assert note["extension"][0]["valueBoolean"] is True
    assert note["author"][0]["reference"] == "Practitioner/anne-le-goff"
    assert "securityLabel" not in note


@pytest.mark.requirement("B2.1")
async def test_what_is_for_professionals_alone_is_not_the_patients(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    await doctor.post(HERE, **(NOTE | {"note": "Pour tous"}))
    await doctor.post(HERE, **(NOTE | {"note": "Entre nous", "visibilite": "professionnels"}))
    nurse = await screen.person("claire.weber")
    page = await nurse.text(HERE)

    assert "Pour tous" in page
    assert "Entre nous" in page
    parts = screen.platform.parts
    parts.guard.forget()
    scope = await parts.guard.scope(who("jeanne.bertin"))
    wanted = [(one["id"], scope) for one in await stored(screen)]
    read = await parts.kernel.repository.read_many("DocumentReference", wanted)
    bodies = [one.whole() for one in read if one is not None]
    assert len(wanted) == 2
    assert len(bodies) == 1
    assert b"INVISIBLE" not in bodies[0]


@pytest.mark.requirement("B2.1")
async def test_notes_are_filtered_in_the_address(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")
    await doctor.post(HERE, **NOTE)
    await doctor.post(HERE, sorte="DEM-AVIS", note="Votre avis ?", visibilite="tous", urgent="oui")

    for query, shown, hidden in (
        ("type=DEM-AVIS", "Votre avis ?", "moitié du repas"),
        ("type=transmission", "moitié du repas", "Votre avis ?"),
        ("urgent=oui", "Votre avis ?", "moitié du repas"),
    ):
        page = await doctor.text(f"{HERE}?{query}")
        assert shown in page, query
        assert hidden not in page, query
    assert "Aucune note avec ces filtres" in await doctor.text(f"{HERE}?depuis=2999-01-01")


@pytest.mark.requirement("B2.1")
async def test_somebody_outside_finds_no_book(screen: Screen) -> None:
    stranger = await screen.person("linh.tran")

    assert (await stranger.get(HERE)).status_code == 404
    assert (await stranger.post(HERE, **NOTE)).status_code == 404
    assert await stored(screen) == []


@pytest.mark.requirement("B2.1")
async def test_what_cannot_be_kept_comes_back(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")

    answer = await doctor.post(HERE, **(NOTE | {"sorte": "poème"}))

    assert answer.status_code == 422
    assert "A mangé la moitié du repas" in plain(answer)
