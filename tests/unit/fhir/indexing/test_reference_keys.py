from __future__ import annotations

import pytest
from extraction import KEYS, extracted, has_key, has_reference

from cordee.fhir.indexing.extract import Extractor
from cordee.fhir.indexing.parameters import Registry


def test_the_patient_is_a_column_and_not_a_key() -> None:
    found = extracted("Observation", subject={"reference": "Patient/1/_history/2"})

    assert found.patient == "1"
    assert not has_reference(found, "Observation.subject", "Patient/1")
    assert found.refs == ["subject>Patient/1", "patient>Patient/1"]


def test_another_subject_is_a_key() -> None:
    found = extracted("Observation", subject={"reference": "Device/1"})

    assert found.patient is None
    assert has_reference(found, "Observation.subject", "Device/1")
    assert not has_reference(found, "Observation.patient", "Device/1")


def test_several_patients_are_nobodys_compartment() -> None:
    actors = [{"actor": {"reference": f"Patient/{number}"}} for number in (1, 2)]
    both = extracted("Appointment", participant=actors)
    one = extracted("Appointment", participant=[*actors[:1], {"actor": {"reference": "Device/1"}}])

    assert both.patient is None
    assert one.patient == "1"
    assert has_reference(one, "Appointment.patient", "Patient/1")


def test_a_patient_is_its_own_compartment() -> None:
    assert extracted("Patient").patient == "r1"
    assert extracted("Organization").patient is None


@pytest.mark.parametrize("literal", ["Encounter/e", "https://x.fr/Encounter/e", "urn:uuid:e"])
def test_a_reference_is_a_key(literal: str) -> None:
    found = extracted("Observation", encounter={"reference": literal})

    assert has_reference(found, "Observation.encounter", literal)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ({"system": "u", "value": "V"}, "Observation.encounter:identifier=u|v"),
        ({"system": "u", "value": "V"}, "Observation.encounter:identifier=v"),
        ({"value": "V"}, "Observation.encounter:identifier=|v"),
    ],
)
def test_the_identifier_of_a_reference_is_a_key(identifier: dict, text: str) -> None:
    assert has_key(extracted("Observation", encounter={"identifier": identifier}), text)


def test_a_contained_reference_is_none() -> None:
    found = extracted("Observation", encounter={"reference": "#e"})

    assert (found.keys, found.refs, found.references) == ([], [], [])


def test_a_canonical_has_a_key_with_and_without_version() -> None:
    found = extracted("QuestionnaireResponse", questionnaire="http://q|2")

    assert has_reference(found, "QuestionnaireResponse.questionnaire", "http://q")
    assert has_reference(found, "QuestionnaireResponse.questionnaire", "http://q|2")
    assert found.refs == ["questionnaire>http://q"]


def test_the_resource_of_a_document_is_a_reference() -> None:
    entry = {"resource": {"resourceType": "Composition", "id": "c"}}
    found = extracted("Bundle", type="document", entry=[entry, {"resource": {"id": "x"}}])

    assert has_reference(found, "Bundle.composition", "Composition/c")


def test_every_local_reference_is_listed() -> None:
    found = extracted(
        "Observation",
        subject={"reference": "Patient/1"},
        performer=[{"reference": "urn:uuid:1"}, {"reference": "Practitioner/2/_history/1"}],
        extension=[{"url": "u", "valueReference": {"reference": "Device/3"}}],
        encounter={"reference": "https://x.fr/Encounter/e"},
    )

    assert sorted(found.references) == ["Device/3", "Patient/1", "Practitioner/2"]


def test_a_reference_beside_a_primitive_is_listed() -> None:
    extension = {"url": "u", "valueReference": {"reference": "Device/3"}}
    found = extracted(
        "Patient", name=[{"given": ["a", "b"], "_given": [None, {"extension": [extension]}]}]
    )

    assert found.references == ["Device/3"]


def test_custodian_circle_and_labels() -> None:
    meta = {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code}
            for code in ("N", "R")
        ]
    }
    found = extracted(
        "Patient",
        meta=meta,
        managingOrganization={"reference": "Organization/o"},
        generalPractitioner=[{"reference": "Practitioner/p"}, {"reference": "Device/d"}],
    )

    assert found.custodian == "Organization/o"
    assert found.circle == ["Organization/o", "Practitioner/p", "attending|Practitioner/p"]
    assert found.labels == 1
    assert extracted("Patient", meta={"security": [{"code": "x"}]}).labels == 4


def test_the_clinical_date_is_the_first_that_there_is() -> None:
    both = extracted("Condition", onsetDateTime="2020-01-01T00:00:00Z", recordedDate="2021")
    late = extracted("Condition", recordedDate="2021-01-01T00:00:00Z")
    none = extracted("Condition", onsetPeriod={"end": "2020"})

    assert both.clinical_date is not None
    assert both.clinical_date.year == 2020
    assert late.clinical_date is not None
    assert late.clinical_date.year == 2021
    assert none.clinical_date is None


def test_what_has_a_value_is_known() -> None:
    found = extracted("Observation", status="final")

    assert len(found.has) == 1


def test_an_added_parameter_is_extracted_at_once() -> None:
    registry = Registry.r4()
    extract = Extractor(registry, KEYS)
    patient = {
        "resourceType": "Patient",
        "extension": [{"url": "http://x", "valueCode": "FR"}],
    }
    before = extract(patient)
    registry.add(
        {
            "url": "http://sp",
            "code": "nationality",
            "base": ["Patient"],
            "type": "token",
            "expression": "Patient.extension('http://x').value",
        }
    )

    after = extract(patient)

    assert not has_key(before, "Patient.nationality=fr")
    assert has_key(after, "Patient.nationality=fr")
