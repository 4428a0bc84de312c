"""An active DUI is what the definition says: another definition counts otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from cordee.care.homes.active import Definition, counted, definition

PEOPLE: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "a"},
    {"resourceType": "Patient", "id": "b"},
    {"resourceType": "Patient", "id": "c", "deceasedBoolean": True},
]
WRITTEN: list[dict[str, Any]] = [
    {"resourceType": "Task", "for": {"reference": "Patient/a"}, "lastModified": "2026-11-02T10:00"},
    {
        "resourceType": "Encounter",
        "subject": {"reference": "Patient/a"},
        "period": {"start": "2026-11-20T10:00:00Z"},
    },
]
PLANS: list[dict[str, Any]] = [
    {"resourceType": "CarePlan", "subject": {"reference": "Patient/b"}},
]


@pytest.mark.requirement("B7.6")
def test_the_definition_decides_what_counts() -> None:
    def active(*needs: Any) -> list[str]:
        rule = Definition("x", "y", 30, needs)
        return [one.patient for one in counted(PEOPLE, WRITTEN, PLANS, rule) if one.is_active]

    assert active("written") == ["a"]
    assert active("plan") == ["b"]
    assert active("plan", "written") == []
    assert active() == ["a", "b"], "nobody who died"
    assert str(counted(PEOPLE, WRITTEN, PLANS, definition())[0].last) == "2026-11-20"
