from __future__ import annotations

import pytest

from cordee.fhir.validation.validate import validate


def found(reference, **members):
    condition = {"resourceType": "Condition", "subject": reference, **members}
    return [(issue.severity, issue.code, *issue.expression) for issue in validate(condition)]


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/1"},
        {"reference": "Patient/1/_history/2"},
        {"reference": "https://example.org/fhir/Group/1"},
        {"reference": "https://example.org/other"},
        {"reference": "Patient?identifier=a|b"},
        {"reference": "urn:uuid:018f428e-34f6-4707-8009-5ad742f901e7"},
        {"identifier": {"value": "1"}, "type": "Patient"},
        {"display": "someone"},
    ],
)
def test_allowed_targets(reference):
    assert not found(reference)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ({"reference": "Device/1"}, "Condition.subject.reference"),
        ({"reference": "https://example.org/fhir/Device/1"}, "Condition.subject.reference"),
        ({"reference": "Martian/1"}, "Condition.subject.reference"),
        ({"type": "Device", "display": "x"}, "Condition.subject.type"),
        ({"type": "Group", "reference": "Patient/1"}, "Condition.subject.type"),
        ({"reference": "#absent"}, "Condition.subject.reference"),
    ],
)
def test_refused_targets(reference, path):
    assert [row[2] for row in found(reference)] == [path]


def test_a_reference_of_no_known_form_is_a_warning():
    assert found({"reference": "somebody"}) == [("warning", "value", "Condition.subject.reference")]


def test_a_fragment_resolves_to_a_contained_resource_of_an_allowed_type():
    patient = {"resourceType": "Patient", "id": "p"}
    device = {"resourceType": "Device", "id": "p"}

    assert not found({"reference": "#p"}, contained=[patient])
    assert [row[2] for row in found({"reference": "#p"}, contained=[device])] == [
        "Condition.subject.reference"
    ]


@pytest.mark.parametrize(
    ("contained", "path"),
    [
        ({"id": "p", "meta": {"versionId": "1"}}, "Condition.contained[0].meta.versionId"),
        ({"id": "p", "contained": [{"resourceType": "Group"}]}, "Condition.contained[0].contained"),
        ({}, "Condition.contained[0].id"),
        ({"id": "p", "active": 1}, "Condition.contained[0].active"),
    ],
)
def test_contained_rules(contained, path):
    rows = found({"display": "x"}, contained=[{"resourceType": "Patient", **contained}])

    assert path in [row[2] for row in rows]


def test_an_unreferenced_contained_resource_is_a_warning():
    rows = found({"display": "x"}, contained=[{"resourceType": "Patient", "id": "p"}])

    assert rows == [("warning", "invariant", "Condition.contained[0]")]
