"""Who is tied to the patient, why, since when and until when."""

from __future__ import annotations

import pytest

from cordee.care.record.ports import RecordRows
from cordee.care.record.ties import Tie, Why, read_ties

NAMES = {
    "Practitioner/gp": "Dr Gp", "Practitioner/nurse": "Zoé", "Organization/home": "MSP",
    "Organization/ch": "CH",
}  # fmt: skip


def rows(**given: object) -> RecordRows:
    found: dict[str, object] = dict.fromkeys(
        ("problems", "allergies", "treatments", "results", "encounters", "documents", "care_team"),
        (),
    )
    found |= {"patient": {}, "names": NAMES, "change": ""} | given
    return RecordRows(**found)  # pyright: ignore[reportArgumentType]


def stay(status: str = "finished", **period: str) -> dict[str, object]:
    return {
        "status": status, "serviceProvider": {"reference": "Organization/ch"}, "period": period,
    }  # fmt: skip


@pytest.mark.requirement("A3.3")
def test_ties_are_told_from_the_nearest_on() -> None:
    patient = {
        "generalPractitioner": [{"reference": "Practitioner/gp"}],
        "managingOrganization": {"reference": "Organization/home"},
    }
    team = {
        "resourceType": "CareTeam", "status": "active", "period": {"start": "2026-01-01"},
        "participant": [
            {"member": {"reference": "Practitioner/nurse"}, "role": [{"text": "infirmière"}],
             "period": {"start": "2026-02-01", "end": "2026-03-01"}},
            {"member": {"reference": "Patient/p"}},
        ],
    }  # fmt: skip
    son = {
        "resourceType": "RelatedPerson", "name": [{"text": "Marc"}],
        "relationship": [{"text": "Fils"}],
    }  # fmt: skip

    found = read_ties(rows(patient=patient, care_team=(team, son)))

    assert found == (
        Tie("Dr Gp", "", Why.ATTENDING),
        Tie("MSP", "", Why.KEEPER),
        Tie("Zoé", "infirmière", Why.CIRCLE, "2026-02-01", "2026-03-01", is_open=False),
        Tie("Marc", "Fils", Why.RELATIVE),
    )


def test_stays_of_a_structure_are_one_tie() -> None:
    found = read_ties(
        rows(
            encounters=(
                stay(start="2026-05-01", end="2026-05-02"),
                stay(start="2025-05-01", end="2025-05-02"),
                stay("cancelled", start="2020-01-01"),
            )
        )
    )

    assert found == (Tie("CH", "", Why.TEAM, "2025-05-01", "2026-05-02", 2, False),)


def test_who_is_there_now_has_no_end() -> None:
    found = read_ties(
        rows(encounters=(stay(start="2026-05-01"), stay(start="2026-01-01", end="2026-01-02")))
    )

    assert (found[0].until, found[0].is_open) == ("", True)


def test_a_team_that_is_over_ties_nobody() -> None:
    team = {
        "resourceType": "CareTeam", "status": "inactive",
        "participant": [{"member": {"reference": "Practitioner/nurse"}}],
    }  # fmt: skip
    gone = {"resourceType": "RelatedPerson", "active": False, "name": [{"text": "Marc"}]}

    assert read_ties(rows(care_team=(team, gone))) == ()
