"""A summary of a passage is made of what was written, and the file of a day of summaries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from cordee.care.passages.rpu import PassageData, Rpu, daily_file, ordered, quality, summary
from cordee.care.passages.sheet import CCMU
from cordee.care.workflow.tasks import FACT

PATIENT = {
    "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1939-04-04",
    "address": [{"postalCode": "70190", "city": "Issy-la-Plaine"}],
}  # fmt: skip
ICD = "http://hl7.org/fhir/sid/icd-10"


def _encounter(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "EMER"},
        "subject": {"reference": "Patient/p"},
        "period": {"start": "2026-11-22T01:55:00Z", "end": "2026-11-22T04:40:00Z"},
        "priority": {"coding": [{"system": CCMU, "code": "2"}]},
        "reasonCode": [{"text": "Chute avec choc à la tête"}],
        "hospitalization": {"dischargeDisposition": {"coding": [{"code": "snf"}]}},
    } | more  # fmt: skip


def _condition(key: str, code: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition", "id": key, "encounter": {"reference": "Encounter/e"},
        "code": {"coding": [{"system": ICD, "code": code}]},
    }  # fmt: skip


def _task(**facts: str) -> dict[str, Any]:
    return {
        "resourceType": "Task", "id": "t",
        "input": [
            {"type": {"coding": [{"system": FACT, "code": name}]}, "valueCode": value}
            for name, value in facts.items()
        ],
    }  # fmt: skip


@pytest.mark.requirement("B2.10", "C4.6")
def test_a_passage_of_a_resident_is_summed_up_without_typing() -> None:
    diagnosis = [
        {"condition": {"reference": "Condition/b"}, "rank": 1},
        {"condition": {"reference": "Condition/a"}, "rank": 2},
    ]
    encounter = _encounter(diagnosis=diagnosis)
    conditions = ordered(encounter, [_condition("a", "W06.1"), _condition("b", "S00.8")])
    act = {"code": {"coding": [{"system": "urn:ccam", "code": "ACQK001"}]}}
    data = PassageData(encounter, PATIENT, _task(transport="VSAB"), conditions, [act])

    assert summary(data) == Rpu(
        cp="70190", commune="Issy-la-Plaine", naissance="04/04/1939", sexe="F",
        entree="22/11/2026 02:55", mode_entree="8", provenance="7", transport="VSAB",
        transport_pec="PARAMED", motif="Chute avec choc à la tête", gravite="2", dp="S008",
        liste_da=("W061",), liste_actes=("ACQK001",), sortie="22/11/2026 05:40", mode_sortie="8",
        destination="7", orient="",
    )  # fmt: skip


@pytest.mark.requirement("B2.10", "C4.6")
def test_what_is_not_known_stays_empty() -> None:
    bare = {"resourceType": "Encounter", "id": "e", "class": {"code": "EMER"}}
    made = summary(PassageData(bare, {"resourceType": "Patient", "id": "p"}))
    assert made == Rpu(sexe="I", mode_entree="8")


@pytest.mark.requirement("B2.10", "C4.6")
def test_the_file_of_a_day_holds_each_passage() -> None:
    made = summary(PassageData(_encounter(), PATIENT))
    at = datetime(2026, 11, 22, tzinfo=UTC)
    body = daily_file("700000001", at, at, [made, made])

    assert body.startswith(b"<?xml version='1.0' encoding='iso-8859-1'?>")
    root = fromstring(body.decode("iso-8859-1").partition("?>")[2])
    assert root.findtext("ETABLISSEMENT/FINESS") == "700000001"
    assert root.findtext("ETABLISSEMENT/DATEDEBUT") == "22/11/2026"
    assert [one.findtext("GRAVITE") for one in root.iter("PATIENT")] == ["2", "2"]
    assert root.findtext("PASSAGES/PATIENT/MOTIF") == "Chute avec choc à la tête"


@pytest.mark.requirement("B2.10", "C4.6")
def test_the_report_says_what_is_missing() -> None:
    full, bare = summary(PassageData(_encounter(), PATIENT)), Rpu()
    report = quality([full, bare])
    assert (report.count, report.filled["gravite"], report.filled["dp"]) == (2, 50, 0)
    assert quality([]).filled["dp"] == 100
