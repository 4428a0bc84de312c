"""OperationOutcomes: the one place where problems and errors become FHIR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cordee.runtime.errors import Issue, ProductError


def outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """OperationOutcome that holds these issues; "all went well" when there are none.

    Rule: https://hl7.org/fhir/R4/operationoutcome.html
    """
    shown = issues or (Issue("information", "informational", "All went well."),)
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in shown]}


def outcome_of(error: ProductError) -> dict[str, Any]:
    """OperationOutcome of an error of the product: all its problems."""
    return outcome(error.issues())


def _issue(issue: Issue) -> dict[str, Any]:
    row: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "diagnostics": issue.message,
    }
    if issue.expression:
        row["expression"] = list(issue.expression)
    return row
