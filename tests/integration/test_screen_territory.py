"""What lies around a centre, read by its neighbour and written at home alone."""

from __future__ import annotations

import pytest

from cordee.app.demo_regulation import make_centres
from cordee.care.regulation.territory import read_contacts
from cordee.runtime.errors import ResourceInvalid
from trusted import Screen, plain

ROY, LUCIE, PHARMACIST = "dr.roy", "dr.tanguy", "dr.legoff"
OWN, OTHER = "/regulation/territoires/samu-a", "/regulation/territoires/samu-b"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_centres(bare_screen.platform.parts)
    return bare_screen


@pytest.mark.requirement("C2.5")
async def test_a_neighbour_reads_vehicles_numbers_and_departments(screen: Screen) -> None:
    roy = await screen.person(ROY)

    page = plain(await roy.get(OTHER))

    assert "Autour de SAMU B" in page
    assert "Pharmacie de garde" in page
    assert "libres sur" in page
    assert "Urgences de la région" in page
    assert "Écrire vos gardes" not in page


@pytest.mark.requirement("C2.5")
async def test_a_centre_writes_its_own_numbers_and_keeps_what_is_wrong(screen: Screen) -> None:
    roy = await screen.person(ROY)

    wrong = await roy.post(OWN, contacts="Pharmacie : 32 37\nRéa sans numéro")
    kept = plain(await roy.get(OWN))
    right = await roy.post(OWN, contacts="Régulation CRRA : +33 1 99 00 11 22\n\nCentre : 114 : 15")
    elsewhere = await roy.post(OTHER, contacts="Faux : 12 34")

    assert wrong.status_code == 422
    assert "Ligne 2" in plain(wrong)
    assert "Réa sans numéro</textarea>" in wrong.text
    assert "Transports sanitaires" in kept
    assert right.status_code == 303
    after = plain(await roy.get(OWN))
    assert "Régulation CRRA" in after
    assert "Transports sanitaires" not in after
    assert "Faux" not in plain(elsewhere)
    assert "Faux" not in plain(await roy.get(OTHER))


@pytest.mark.requirement("C2.5")
async def test_who_does_not_regulate_finds_nothing(screen: Screen) -> None:
    doctor, roy = await screen.person(PHARMACIST), await screen.person(ROY)

    assert (await doctor.get(OWN)).status_code == 404
    assert (await doctor.post(OWN, contacts="")).status_code == 404
    assert (await roy.get("/regulation/territoires/samu-z")).status_code == 404


@pytest.mark.parametrize("text", ["Nom", ": 15", "Nom : un", "Nom : 1", "a : 15\n" * 41])
def test_a_line_that_is_no_number_is_said(text: str) -> None:
    with pytest.raises(ResourceInvalid):
        read_contacts(text)
