from __future__ import annotations

from cordee.fhir.model.outcome import outcome, outcome_of
from cordee.runtime.errors import InvalidRequest, Issue, ResourceInvalid


def test_an_error_becomes_an_outcome_with_its_paths():
    error = InvalidRequest("_count: use a positive integer", expression=("http._count",))

    assert outcome_of(error) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "invalid",
                "diagnostics": "_count: use a positive integer",
                "expression": ["http._count"],
            }
        ],
    }


def test_every_issue_of_an_invalid_resource_is_listed():
    issues = [Issue("error", "required", "a", ("Patient.a",)), Issue("warning", "value", "b")]

    assert [row["severity"] for row in outcome_of(ResourceInvalid(issues))["issue"]] == [
        "error",
        "warning",
    ]


def test_no_issue_says_that_all_went_well():
    assert outcome([])["issue"][0]["severity"] == "information"
