from __future__ import annotations

import pytest

from cordee.fhir.validation.validate import check, validate
from cordee.runtime.errors import ResourceInvalid


def patient(**members):
    return {"resourceType": "Patient", **members}


def observation(**members):
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        **members,
    }


def found(resource):
    return [(issue.severity, issue.code, *issue.expression) for issue in validate(resource)]


def test_a_full_observation_is_valid():
    assert not validate(
        observation(
            id="obs-1",
            meta={"profile": ["http://example.org/anything"]},
            subject={"reference": "Patient/1"},
            effectiveDateTime="2024-02-29T10:00:00+01:00",
            valueQuantity={"value": 72.5, "unit": "/min", "system": "http://unitsofmeasure.org"},
        )
    )


@pytest.mark.parametrize(
    ("member", "path", "code"),
    [
        ({"foo": 1}, "Patient.foo", "structure"),
        ({"active": "true"}, "Patient.active", "structure"),
        ({"active": ["true"]}, "Patient.active", "structure"),
        ({"active": None}, "Patient.active", "structure"),
        ({"name": {"family": "X"}}, "Patient.name", "structure"),
        ({"name": []}, "Patient.name", "structure"),
        ({"name": [{}]}, "Patient.name[0]", "structure"),
        ({"name": [None]}, "Patient.name[0]", "structure"),
        ({"name": [{"id": "a"}]}, "Patient.name[0]", "invariant"),
        ({"name": [{"given": ["A", ""]}]}, "Patient.name[0].given[1]", "value"),
        ({"name": [{"given": ["A", None]}]}, "Patient.name[0].given[1]", "structure"),
        ({"name": [{"family": "a\u0000b"}]}, "Patient.name[0].family", "value"),
        ({"birthDate": "2023-02-30"}, "Patient.birthDate", "value"),
        ({"birthDate": "2023-02-29"}, "Patient.birthDate", "value"),
        ({"birthDate": "0000"}, "Patient.birthDate", "value"),
        ({"birthDate": "2023-1-1"}, "Patient.birthDate", "value"),
        ({"birthDate": "2023-01-01\n"}, "Patient.birthDate", "value"),
        ({"birthDate": "٢٠٢٣"}, "Patient.birthDate", "value"),
        ({"deceasedDateTime": "2023-01-01T10:00:00"}, "Patient.deceased", "value"),
        ({"deceasedDateTime": "2023-04-31T10:00:00Z"}, "Patient.deceased", "value"),
        ({"gender": "femme"}, "Patient.gender", "code-invalid"),
        ({"gender": 3}, "Patient.gender", "structure"),
        ({"id": "a b"}, "Patient.id", "value"),
        ({"id": "a" * 65}, "Patient.id", "value"),
        ({"multipleBirthInteger": 1.5}, "Patient.multipleBirth", "structure"),
        ({"multipleBirthInteger": True}, "Patient.multipleBirth", "structure"),
        ({"multipleBirthInteger": 2**31}, "Patient.multipleBirth", "value"),
        ({"deceasedBoolean": True, "deceasedDateTime": "2020"}, "Patient.deceased", "structure"),
        ({"deceasedString": "yes"}, "Patient.deceasedString", "structure"),
        ({"photo": [{"data": "abc"}]}, "Patient.photo[0].data", "value"),
        ({"contact": [{"gender": "x"}]}, "Patient.contact[0].gender", "code-invalid"),
        ({"communication": [{}]}, "Patient.communication[0]", "structure"),
        ({"communication": [{"preferred": True}]}, "Patient.communication[0].language", "required"),
        ({"meta": {"lastUpdated": "2024-01-01"}}, "Patient.meta.lastUpdated", "value"),
        ({"implicitRules": "a b"}, "Patient.implicitRules", "value"),
        ({"identifier": [{"system": "urn:oid:1.02"}]}, "Patient.identifier[0].system", "value"),
        ({"text": {"status": "generated"}}, "Patient.text.div", "required"),
    ],
)
def test_each_fault_is_named_by_its_path(member, path, code):
    assert ("error", code, path) in found(patient(**member))
    assert len(validate(patient(**member))) == 1


def test_all_problems_are_listed():
    issues = validate(patient(active="no", birthDate="x", link=[{"type": "x"}]))

    assert [issue.expression[0] for issue in issues] == [
        "Patient.active",
        "Patient.birthDate",
        "Patient.link[0].type",
        "Patient.link[0].other",
    ]


def test_no_message_quotes_patient_data():
    issues = validate(
        patient(name=[{"family": ["Durand"]}], birthDate="1980-13-01", gender="Durand Martin ")
    )

    assert len(issues) == 3
    assert not any("Durand" in issue.message or "1980" in issue.message for issue in issues)


def test_where_replaces_the_start_of_the_paths():
    issues = validate(patient(active=1), where="Bundle.entry[2].resource")

    assert issues[0].expression == ("Bundle.entry[2].resource.active",)


@pytest.mark.parametrize("resource", [{}, {"resourceType": "Martian"}, {"resourceType": 3}])
def test_unknown_resource_types_are_refused(resource):
    assert [issue.code for issue in validate(resource)] == ["structure"]


def test_a_deep_nest_is_refused_without_a_crash():
    extension = {"url": "u", "valueBoolean": True}
    for _ in range(5000):
        extension = {"url": "u", "extension": [extension]}

    assert validate(patient(extension=[extension]))[0].code == "structure"


def test_check_raises_all_issues_and_returns_warnings():
    contained = {"resourceType": "Organization", "id": "o", "name": "O"}

    warnings = check(patient(contained=[contained]))

    assert [issue.severity for issue in warnings] == ["warning"]
    with pytest.raises(ResourceInvalid) as caught:
        check(patient(contained=[contained], active=1))
    assert {issue.severity for issue in caught.value.issues()} == {"warning", "error"}


def test_required_choice_may_be_given_by_an_extension_alone():
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": "Patient/1"},
    }

    assert found(statement) == [("error", "required", "MedicationStatement.medication")]
    assert not validate({**statement, "medicationCodeableConcept": {"text": "aspirin"}})


def test_bundle_entries_and_parameters_are_checked():
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": patient()}, {"resource": patient(active=1)}],
    }
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "a", "part": [{"name": "b", "resource": bundle}]}],
    }

    assert found(bundle) == [("error", "structure", "Bundle.entry[1].resource.active")]
    assert (
        found(parameters)[0][2]
        == "Parameters.parameter[0].part[0].resource.entry[1].resource.active"
    )
