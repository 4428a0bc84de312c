"""Identity traits, statuses, and identities that an eye could confuse."""

from __future__ import annotations

from typing import Any

import pytest

from cordee.care.record.traits import IdentityStatus, are_close, homonyms, read_traits

FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"


def patient(status: str = "VALI", ins: str = "239047055000033", **more: Any) -> dict[str, Any]:
    reliability = {
        "url": FR + "fr-core-identity-reliability",
        "extension": [{"url": "identityStatus", "valueCoding": {"code": status}}],
    }
    system = "urn:oid:1.2.250.1.213.1.4.10"
    return {
        "id": "1",
        "extension": [reliability],
        "identifier": [{"system": system, "value": ins}] if ins else [],
        "name": [{"use": "official", "family": "Morvan", "given": ["Yvonne"]}],
        "birthDate": "1939-04-04",
    } | more


@pytest.mark.parametrize(
    ("status", "ins", "expected"),
    [
        ("VALI", "239047055000033", IdentityStatus.QUALIFIED),
        ("VALI", "", IdentityStatus.VALIDATED),
        ("PROV", "239047055000033", IdentityStatus.RETRIEVED),
        ("PROV", "", IdentityStatus.PROVISIONAL),
        ("DOUT", "239047055000033", IdentityStatus.PROVISIONAL),
    ],
)
def test_status(status: str, ins: str, expected: IdentityStatus) -> None:
    traits = read_traits(patient(status, ins))

    assert traits.status is expected
    assert bool(traits.shown_matricule) == (expected is IdentityStatus.QUALIFIED)


def test_doubt_is_said() -> None:
    assert read_traits(patient("DOUT")).doubt == "douteuse"
    assert read_traits(patient("FICT")).doubt == "fictive"


def test_the_used_name_stands_beside_the_birth_name() -> None:
    names = [
        {"use": "official", "family": "Morvan", "given": ["Yvonne", "Marie"]},
        {"use": "usual", "family": "Lefort", "given": ["Yvonne"]},
    ]
    traits = read_traits(patient(name=names))

    assert (traits.birth_name, traits.used_name) == ("Morvan", "Lefort")
    assert traits.all_first_names == "Yvonne Marie"


def test_a_maiden_name_is_the_birth_name() -> None:
    names = [
        {"use": "official", "family": "Lefort", "given": ["Yvonne"]},
        {"use": "maiden", "family": "Morvan"},
    ]
    traits = read_traits(patient(name=names))

    assert (traits.birth_name, traits.used_name) == ("Morvan", "Lefort")
    assert traits.first_names == ("Yvonne",)


def test_another_identifier_is_no_matricule() -> None:
    other = [{"system": "urn:oid:1.2.250.1.213.1.4.2", "value": "123"}]
    assert read_traits(patient(identifier=other)).matricule == ""


def test_an_empty_patient_has_empty_traits() -> None:
    traits = read_traits({})

    assert (traits.birth_name, traits.birth_date, traits.gender) == ("", "", "unknown")


@pytest.mark.parametrize(
    ("family", "given", "born", "is_close"),
    [
        ("Morvan", "Yvette", "1939-04-04", True),
        ("Morvant", "Yvonne", "1939-04-04", True),
        ("Movran", "Yvonne", "1939-04-04", True),
        ("Morvan", "Yvonne", "1939-04-14", True),
        ("Morvan", "Yvonne", "1951-07-02", False),
        ("Bertin", "Yvonne", "1939-04-04", False),
    ],
)
def test_close_identities(family: str, given: str, born: str, is_close: bool) -> None:
    name = [{"use": "official", "family": family, "given": [given]}]
    one = read_traits(patient())
    other = read_traits(patient(id="2", name=name, birthDate=born))

    assert are_close(one, other) is is_close
    assert homonyms([one, other]) == (frozenset({"1", "2"}) if is_close else frozenset())
