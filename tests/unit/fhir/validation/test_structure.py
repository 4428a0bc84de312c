from __future__ import annotations

import pytest

from cordee.fhir.validation.validate import validate


def codes(**members):
    return [issue.code for issue in validate({"resourceType": "Patient", **members})]


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        (
            {"url": "u", "valueString": "x", "extension": [{"url": "v", "valueCode": "c"}]},
            "extension",
        ),
        ({"url": "u"}, "extension"),
        ({"valueString": "x"}, "required"),
        ({"url": "u", "valueString": "x", "valueCode": "c"}, "structure"),
        ({"url": "u", "valuePatient": "x"}, "structure"),
    ],
)
def test_malformed_extensions_are_refused(extension, code):
    assert code in codes(extension=[extension])


def test_an_extension_has_a_value_or_extensions():
    assert not codes(extension=[{"url": "u", "valueString": "x"}])
    assert not codes(extension=[{"url": "u", "extension": [{"url": "v", "valueCode": "c"}]}])
    assert not codes(extension=[{"url": "u", "valueString": "b", "_valueString": {"id": "a"}}])


def test_a_required_concept_needs_one_coding_of_its_value_set():
    def condition(**status):
        return validate(
            {"resourceType": "Condition", "subject": {"display": "x"}, "clinicalStatus": status}
        )

    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"

    assert not condition(coding=[{"code": "local"}, {"system": system, "code": "active"}])
    assert condition(coding=[{"system": system, "code": "x"}])[0].code == "code-invalid"
    assert condition(text="active")[0].code == "code-invalid"
