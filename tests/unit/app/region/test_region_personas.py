"""Every person, place and account that the scenarios name is there, with the traits given."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
import pytest

from cordee.app.region import region_resources
from cordee.app.region.accounts import DEMO_ACCOUNTS, GROUPS
from cordee.app.region.identities import identity_resources
from cordee.app.region.members import members
from cordee.app.region.sites import sites
from cordee.app.region.territory import commune, neighbours

TODAY = date(2026, 11, 22)
Record = dict[str, list[dict[str, Any]]]


@lru_cache(maxsize=1)
def records() -> dict[str, Record]:
    """By patient id: the resources about the person, by type."""
    found: dict[str, Record] = {}
    current: Record = {}
    for body in region_resources(1, 0, today=TODAY):
        entry = orjson.loads(body)
        if entry["resourceType"] == "Patient":
            current = defaultdict(list)
            found[entry["id"]] = current
        current.setdefault(entry["resourceType"], []).append(entry)
    return found


def texts(identity: str, kind: str, element: str) -> list[str]:
    return [entry[element].get("text", "") for entry in records()[identity][kind]]


def circle(identity: str) -> set[str]:
    record = records()[identity]
    patient = record["Patient"][0]
    found = {link["reference"] for link in patient.get("generalPractitioner", [])}
    found.add(patient.get("managingOrganization", {}).get("reference", ""))
    for encounter in record.get("Encounter", []):
        found.add(encounter.get("serviceProvider", {}).get("reference", ""))
    for team in record.get("CareTeam", []):
        found |= {link["reference"] for link in team.get("managingOrganization", [])}
        found |= {one["member"]["reference"] for one in team["participant"]}
    for episode in record.get("EpisodeOfCare", []):
        found.add(episode["managingOrganization"]["reference"])
    return found


@pytest.mark.parametrize(
    ("identity", "birth", "family", "home"),
    [
        ("yvonne-morvan", "1939-04-04", "Morvan", "Issy-la-Plaine"),
        ("lina-ferhat", "2009-03-19", "Ferhat", "Saulx"),
        ("jeanne-bertin", "1968-03-12", "Bertin", "Aubrey"),
        ("yann-kerbrat", "1947-09-11", "Kerbrat", "Saulx-le-Bas"),
        ("manuel-diaz", "1964-10-27", "Diaz", "Saulx"),
        ("marie-martin-a", "1961-07-14", "Martin", "Aubrey"),
        ("marie-martin-b", "1961-07-14", "Martin", "Belmont"),
        ("ines-ferreira", "1999-05-08", "Ferreira", "Corvigny"),
        ("ali-mansouri", "1972-11-30", "Mansouri", "Brenne-le-Pont"),
        ("rosa-pereira", "1958-02-17", "Pereira", "Aubrey"),
    ],
)
def test_named_person(identity: str, birth: str, family: str, home: str) -> None:
    patient = records()[identity]["Patient"][0]

    assert patient["birthDate"] == birth
    assert patient["name"][0]["family"] == family
    assert patient["address"][0]["city"] == home


def test_mme_morvan_has_the_record_of_the_first_scenario() -> None:
    patient = records()["yvonne-morvan"]["Patient"][0]
    drugs = texts("yvonne-morvan", "MedicationRequest", "medicationCodeableConcept")
    allergies = texts("yvonne-morvan", "AllergyIntolerance", "code")
    clearances = [
        (entry["effectiveDateTime"], entry["valueQuantity"]["value"])
        for entry in records()["yvonne-morvan"]["Observation"]
        if entry["code"]["coding"][0]["code"] == "62238-1"
    ]

    assert patient["identifier"][0]["value"] == "239047055000033"
    assert patient["name"][1]["family"] == "Lefort"
    assert patient["managingOrganization"]["reference"] == "Organization/ehpad-les-tilleuls"
    assert any("Apixaban" in drug for drug in drugs)
    assert allergies == ["Pénicillines", "Latex"]
    assert [value for _, value in sorted(clearances)] == [55, 53, 52, 46, 38]
    assert "Lettre des urgences de Belmont" in [
        paper["description"] for paper in records()["yvonne-morvan"]["DocumentReference"]
    ]
    assert len(records()["yvonne-morvan"]["CareTeam"][0]["participant"]) == 7


def test_jeanne_has_hba1c_in_both_units() -> None:
    units = {
        entry["valueQuantity"]["unit"]
        for entry in records()["jeanne-bertin"]["Observation"]
        if entry["code"]["coding"][0]["code"] in {"4548-4", "59261-8"}
    }

    assert units == {"%", "mmol/mol"}


def test_two_marie_martin_are_told_apart_by_birth_place_and_identity() -> None:
    first, second = (
        records()[identity]["Patient"][0] for identity in ("marie-martin-a", "marie-martin-b")
    )

    assert first["extension"][0]["valueAddress"]["city"] == "Vesoul"
    assert second["extension"][0]["valueAddress"]["city"] == "Lure"
    assert first["identifier"][0]["value"] == "261077055000070"
    assert all("1.2.250" not in found["system"] for found in second["identifier"])


def test_what_must_stay_hidden_is_labelled() -> None:
    for identity in ("lina-ferhat", "ines-ferreira"):
        labels = [
            paper["meta"]["security"][0]["code"]
            for paper in records()[identity]["DocumentReference"]
            if "meta" in paper
        ]
        assert labels == ["V"]


def test_every_named_person_has_a_record() -> None:
    """But who is here for the identity cell: second files of one person, a name that changed."""
    for_the_cell = {one["id"] for one in identity_resources() if one["resourceType"] == "Patient"}
    whole = [record for name, record in records().items() if name not in for_the_cell]
    assert all(sum(map(len, record.values())) >= 3 for record in whole)
    assert len(records()) >= 30


@pytest.mark.parametrize(
    ("identity", "kind", "county"),
    [
        ("chu-aubrey", "chu", "A"),
        ("ch-belmont", "ch", "B"),
        ("clinique-corvigny", "clinique", "C"),
        ("ehpad-les-tilleuls", "ehpad", "A"),
        ("msp-quatre-vents", "msp", "B"),
        ("cpts-b-sud", "cpts", "B"),
        ("chu-aubrey-maternite", "service", "A"),
        ("clinique-corvigny-maternite", "service", "C"),
        ("ars", "ars", "A"),
        *((f"samu-{letter.lower()}", "samu", letter) for letter in "ABCD"),
        *((f"dac-{letter.lower()}", "dac", letter) for letter in "ABCD"),
    ],
)
def test_named_place(identity: str, kind: str, county: str) -> None:
    place = sites()[identity]

    assert (place.kind, place.commune.county) == (kind, county)


def test_twelve_pharmacies() -> None:
    assert sum(place.kind == "pharmacie" for place in sites().values()) == 12


def test_les_tilleuls_stands_on_the_border_of_b() -> None:
    issy = sites()["ehpad-les-tilleuls"].commune
    belmont_side = [commune(name) for name in ("Valmont-le-Sec", "Épagny-le-Moulin", "Sept-Fours")]

    assert any(neighbours(issy, place) and place.county == "B" for place in belmont_side)


def test_every_persona_has_an_account() -> None:
    personas = {account.persona for account in DEMO_ACCOUNTS}

    assert {f"P{number}" for number in range(1, 18)} <= personas
    assert "admin" in {account.user for account in DEMO_ACCOUNTS}
    assert {account.group for account in DEMO_ACCOUNTS} == set(GROUPS)
    assert len({account.user for account in DEMO_ACCOUNTS}) == len(DEMO_ACCOUNTS)


def test_accounts_belong_to_structures_and_people_of_the_region() -> None:
    for account in DEMO_ACCOUNTS:
        assert account.structure_id in sites()
        if account.practitioner_id:
            who = members()[account.practitioner_id]
            assert account.name == who.name
            assert account.structure_id in who.structures
        if account.patient_id:
            assert account.patient_id in records()
        if account.related_person_id:
            relatives = records()[account.patient_id or ""]["RelatedPerson"]
            assert account.related_person_id in {relative["id"] for relative in relatives}


@pytest.mark.parametrize(
    ("user", "identity"),
    [
        ("dr.legoff", "yvonne-morvan"),
        ("dr.legoff", "jeanne-bertin"),
        ("claire.weber", "yvonne-morvan"),
        ("nadia.benhamou", "yvonne-morvan"),
        ("helene.costa", "yvonne-morvan"),
        ("helene.costa", "yann-kerbrat"),
        ("karim.saidi", "yvonne-morvan"),
        ("dr.roy", "manuel-diaz"),
        ("dr.benali", "yvonne-morvan"),
        ("samira.haddad", "yann-kerbrat"),
        ("linh.tran", "odette-lemoine"),
        ("marion.girard", "yann-kerbrat"),
        ("pr.marchand", "lucien-roche"),
        ("aurelie.maurin", "ines-ferreira"),
        ("dr.roux", "roger-grandot"),
    ],
)
def test_account_is_in_the_circle(user: str, identity: str) -> None:
    account = next(found for found in DEMO_ACCOUNTS if found.user == user)
    doors = {
        f"Organization/{account.structure_id}",
        f"Practitioner/{account.practitioner_id}",
    }

    assert doors & circle(identity)


def test_nobody_is_in_the_circle_of_the_portal_and_the_agencies() -> None:
    outside = {f"Organization/{name}" for name in ("mon-espace", "ars", "grades", "ght-aubrey")}

    assert not any(outside & circle(identity) for identity in records())
