"""Allergy titles, problems, treatments, events, circle."""

from __future__ import annotations

from typing import Any

from cordee.care.record.circle import read_circle
from cordee.care.record.clinical import AllergyTitle, read_allergies, read_problems
from cordee.care.record.ports import RecordRows
from cordee.care.record.timeline import read_documents, read_events
from cordee.care.record.treatments import read_treatments


def allergy(text: str = "pénicillines", **more: Any) -> dict[str, Any]:
    return {"code": {"text": text}, "clinicalStatus": {"coding": [{"code": "active"}]}} | more


NONE_KNOWN = {
    "code": {"coding": [{"code": "716186003"}]},
    "recordedDate": "2026-11-09",
    "recorder": {"reference": "Practitioner/1"},
}


def title(*allergies: dict, **more: Any) -> AllergyTitle:
    return read_allergies(RecordRows(patient={}, allergies=allergies, **more)).title


def test_four_titles_and_only_four() -> None:
    assert title(allergy()) is AllergyTitle.KNOWN
    assert title(NONE_KNOWN) is AllergyTitle.NONE
    assert title() is AllergyTitle.UNRECORDED
    assert title(unavailable=frozenset({"allergies"})) is AllergyTitle.UNAVAILABLE


def test_a_known_allergy_wins_over_a_statement_of_none() -> None:
    assert title(NONE_KNOWN, allergy()) is AllergyTitle.KNOWN


def test_a_refuted_or_resolved_allergy_is_no_assertion_of_none() -> None:
    refuted = allergy(verificationStatus={"coding": [{"code": "refuted"}]})
    resolved = allergy(clinicalStatus={"coding": [{"code": "resolved"}]})

    assert title(refuted) is AllergyTitle.UNRECORDED
    assert title(resolved) is AllergyTitle.UNRECORDED


def test_none_known_has_an_author_and_a_date() -> None:
    rows = RecordRows(patient={}, allergies=(NONE_KNOWN,), names={"Practitioner/1": "Dr Sauvage"})

    found = read_allergies(rows)

    assert (found.said_by, found.said_on) == ("Dr Sauvage", "2026-11-09")


def test_the_gravest_allergy_comes_first() -> None:
    rows = RecordRows(
        patient={}, allergies=(allergy("arachide"), allergy("venin", criticality="high"))
    )

    assert [entry.substance for entry in read_allergies(rows).entries] == ["venin", "arachide"]


def test_problems_active_first_then_newest() -> None:
    def problem(name: str, since: str, status: str) -> dict[str, Any]:
        state = {"coding": [{"code": status}]}
        return {"code": {"text": name}, "onsetDateTime": since, "clinicalStatus": state}

    rows = RecordRows(
        patient={},
        problems=(
            problem("fracture", "2025", "resolved"),
            problem("diabète", "2004", "active"),
            problem("zona", "2026-02", "active"),
        ),
    )

    assert [p.name for p in read_problems(rows)] == ["zona", "diabète", "fracture"]


def test_treatments_current_first_and_errors_hidden() -> None:
    def drug(name: str, status: str, atc: str = "") -> dict[str, Any]:
        concept = {"text": name, "coding": [{"code": atc}]}
        return {"status": status, "medicationCodeableConcept": concept}

    rows = RecordRows(
        patient={},
        treatments=(
            drug("zopiclone", "stopped"),
            drug("apixaban", "active", "B01AF02"),
            drug("erreur", "entered-in-error"),
        ),
    )

    found = read_treatments(rows)

    assert [(t.name, t.is_current, t.risk) for t in found] == [
        ("apixaban", True, "anticoagulant"),
        ("zopiclone", False, ""),
    ]


def test_events_newest_first_across_kinds_and_zones() -> None:
    rows = RecordRows(
        patient={},
        encounters=(
            {"id": "a", "class": {"code": "AMB"}, "period": {"start": "2026-01-02"}},
            {"id": "b", "class": {"code": "EMER"}, "period": {"start": "2026-11-24T01:00:00Z"}},
            {"id": "x", "status": "cancelled", "period": {"start": "2026-11-25"}},
        ),
        documents=(
            {"resourceType": "DocumentReference", "id": "c", "date": "2026-11-24T01:30:00+01:00"},
            {"resourceType": "DocumentReference", "id": "d"},
        ),
    )

    assert [event.identifier for event in read_events(rows)] == ["b", "c", "a"]
    assert [event.identifier for event in read_documents(rows)] == ["c", "d"]


def test_the_circle_names_each_person_once() -> None:
    member = {"member": {"display": "Claire Weber"}, "role": [{"text": "infirmière"}]}
    rows = RecordRows(
        patient={},
        care_team=(
            {"resourceType": "RelatedPerson", "name": [{"text": "Marc Lefort"}]},
            {"resourceType": "CareTeam", "participant": [member, member]},
        ),
    )

    assert [m.name for m in read_circle(rows)] == ["Claire Weber", "Marc Lefort"]
