from __future__ import annotations

import pytest

from cordee.fhir.validation.validate import validate

EXTENSION = {"extension": [{"url": "http://example.org/e", "valueString": "x"}]}


def found(**members):
    return [
        (issue.code, *issue.expression)
        for issue in validate({"resourceType": "Patient", **members})
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"birthDate": "2020", "_birthDate": EXTENSION},
        {"_birthDate": EXTENSION},
        {"_birthDate": {"id": "b"}, "birthDate": "2020"},
        {"name": [{"given": ["A", None], "_given": [None, EXTENSION]}]},
        {"name": [{"_given": [EXTENSION]}]},
        {"_deceasedBoolean": EXTENSION},
    ],
)
def test_well_formed_siblings_are_accepted(members):
    assert not found(**members)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"_birthDate": {}}, "Patient.birthDate"),
        ({"_birthDate": [EXTENSION]}, "Patient.birthDate"),
        ({"_birthDate": {"foo": 1}}, "Patient.birthDate"),
        ({"_birthDate": {"extension": [{"url": "u"}]}}, "Patient.birthDate.extension[0]"),
        ({"_birthDate": EXTENSION, "birthDate": "2020-02-30"}, "Patient.birthDate"),
        ({"name": [{"given": ["A"], "_given": [EXTENSION, None]}]}, "Patient.name[0].given"),
        ({"name": [{"given": [None], "_given": [None]}]}, "Patient.name[0].given[0]"),
        ({"name": [{"given": ["A"], "_given": EXTENSION}]}, "Patient.name[0].given"),
        ({"_name": [EXTENSION]}, "Patient._name"),
        ({"birthDate": "2020", "_birthDate": None}, "Patient.birthDate"),
        ({"birthDate": None, "_birthDate": EXTENSION}, "Patient.birthDate"),
        ({"name": [{"given": None, "_given": [EXTENSION]}]}, "Patient.name[0].given"),
        ({"text": {"status": "empty", "_div": EXTENSION}}, "Patient.text._div"),
        ({"_deceasedBoolean": EXTENSION, "deceasedDateTime": "2020"}, "Patient.deceased"),
    ],
)
def test_malformed_siblings_are_refused(members, path):
    assert path in [row[1] for row in found(**members)]


def test_required_primitive_may_be_given_by_its_sibling():
    assert not validate(
        {
            "resourceType": "OperationOutcome",
            "issue": [{"_severity": EXTENSION, "code": "processing"}],
        }
    )
