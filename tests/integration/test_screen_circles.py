"""Active circles on paper: who the caller sees, of the last day, with whom to call; traced."""

from __future__ import annotations

import pytest

import given
from cordee.fhir.store.journal import publish
from trusted import HOME, JEANNE, Screen, make_patient, plain

PATH = "/cercles-actifs"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    system = await bare_screen.platform.client()
    stranger = given.patient(id="stranger", name=[{"family": "Inconnue"}])
    assert (await system.put("Patient/stranger", json=stranger)).status_code == 201
    member = {"reference": "Practitioner/karim", "display": "Karim Saidi"}
    nurse = {"resourceType": "Practitioner", "id": "karim", "name": [{"family": "Saidi"}]}
    assert (await system.put("Practitioner/karim", json=nurse)).status_code == 201
    team = {
        "resourceType": "CareTeam", "id": "t1", "status": "active",
        "subject": {"reference": f"Patient/{JEANNE}"},
        "managingOrganization": [{"reference": HOME}],
        "participant": [{"role": [{"text": "infirmier"}], "member": member}],
    }  # fmt: skip
    made = await system.put("CareTeam/t1", json=team)
    assert made.status_code == 201, made.text
    await publish(bare_screen.platform.parts.database)
    return bare_screen


@pytest.mark.requirement("A6.8")
async def test_the_circles_of_a_day_are_on_one_page_and_in_the_trail(screen: Screen) -> None:
    doctor = await screen.person("dr.legoff")

    page = plain(await doctor.client.get(PATH))
    traced = await screen.rows("SELECT pats FROM audit WHERE detail = 'active circles, for paper'")

    assert "Dr Anne Le Goff, médecin traitant" in page
    assert "Karim Saidi, infirmier" in page
    assert "INCONNUE" not in page
    assert [len(row["pats"]) for row in traced] == [1]


@pytest.mark.requirement("A6.8")
async def test_who_sees_nobody_prints_nobody(screen: Screen) -> None:
    other = await screen.person("dr.benali")

    page = plain(await other.client.get(PATH))

    assert "Rien n’a été écrit depuis 24 h" in page
    assert (await (await screen.person("jeanne.bertin")).client.get(PATH)).status_code in {403, 404}
