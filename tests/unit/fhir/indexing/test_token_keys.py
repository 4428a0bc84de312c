from __future__ import annotations

import pytest
from extraction import concept, extracted, has_key, parameter

from cordee.fhir.indexing.parameters import text_number

LOINC = "http://loinc.org"


@pytest.mark.parametrize(
    "text",
    [
        f"Observation.code={LOINC}|8480-6",
        "Observation.code=8480-6",
        f"Observation.code={LOINC}|",
        "Observation.status=final",
        "Observation.status=http://hl7.org/fhir/observation-status|final",
    ],
)
def test_a_coded_value_has_a_key_for_each_form(text: str) -> None:
    found = extracted("Observation", status="final", code=concept(LOINC, "8480-6"))

    assert has_key(found, text)


def test_a_code_is_folded_and_its_system_is_not() -> None:
    found = extracted("Observation", code=concept("http://X", "AbC"))

    assert has_key(found, "Observation.code=http://X|abc")
    assert not has_key(found, "Observation.code=http://x|abc")


def test_a_coding_without_system_is_found_as_such() -> None:
    found = extracted("Observation", code={"coding": [{"code": "x"}]})

    assert has_key(found, "Observation.code=|x")
    assert has_key(found, "Observation.code=x")


def test_a_gender_bears_its_implicit_system() -> None:
    found = extracted("Patient", gender="male")

    assert has_key(found, "Patient.gender=http://hl7.org/fhir/administrative-gender|male")


def test_an_identifier_is_found_by_value_system_and_type() -> None:
    kind = {"coding": [{"system": "http://v2", "code": "MR"}], "text": "Dossier"}
    found = extracted("Patient", identifier=[{"type": kind, "system": "urn:s", "value": "A1"}])

    assert has_key(found, "Patient.identifier=urn:s|a1")
    assert has_key(found, "Patient.identifier=a1")
    assert has_key(found, "Patient.identifier:of-type=http://v2|mr|a1")


def test_booleans_and_the_computed_deceased_are_tokens() -> None:
    dead = extracted("Patient", active=True, deceasedDateTime="2024-01-01")
    alive = extracted("Patient", active=False)

    assert has_key(dead, "Patient.active=true")
    assert has_key(dead, "Patient.deceased=true")
    assert has_key(alive, "Patient.deceased=false")


def test_a_phone_is_found_with_and_without_punctuation() -> None:
    contact = {"system": "phone", "value": "01 23.45", "use": "home"}
    found = extracted("Patient", telecom=[contact])

    for text in (
        "Patient.phone=012345",
        "Patient.telecom=01 23.45",
        "Patient.telecom=phone|012345",
        "Patient.telecom=home|012345",
        "Patient.telecom=phone|",
        "Patient.telecom=home|",
    ):
        assert has_key(found, text)
    assert not has_key(found, "Patient.email=012345")
    assert not has_key(found, "Patient.email=phone|")


def test_displays_and_texts_serve_the_text_modifier() -> None:
    coding = {"code": "x", "display": "Tension artérielle"}
    found = extracted("Observation", code={"coding": [coding], "text": "TA"})
    number = text_number(parameter("Observation.code"))

    rows = {text for row, text, _, _ in found.strings if row == number}

    assert rows == {"tension arterielle", "ta"}


def test_every_coding_has_sorted_rows() -> None:
    codes = [f"c{number}" for number in range(9)]
    found = extracted("Observation", code=concept(LOINC, *codes))

    assert len(found.sort_keys) == 18


def test_tags_profiles_and_sources_are_keys() -> None:
    meta = {"tag": [{"system": "urn:t", "code": "a"}], "profile": ["http://p|1"], "source": "urn:x"}
    found = extracted("Patient", meta=meta)

    for text in ("_tag=urn:t|a", "_profile=http://p", "_profile=http://p|1", "_source=urn:x"):
        assert has_key(found, f"Patient.{text}")
