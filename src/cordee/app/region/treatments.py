"""Prescriptions: current treatments and those that ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import HL7, Json, concept
from cordee.app.region.drugs import DRUGS
from cordee.app.region.moments import day_text

COMMUNITY: Final[list[Json]] = [
    concept(HL7 + "medicationrequest-category", "community", "Community", "Ville")
]


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment: key of the drug, first day, last day if it ended, own dosage, reason."""

    drug: str
    start: int
    end: int | None = None
    dosage: str | None = None
    reason: Json | None = None


def add_prescription(chart: Chart, course: Course) -> Json:
    """The prescription of a course of treatment."""
    code, usual = DRUGS[course.drug]
    dosage: Json = {"text": course.dosage or usual}
    if course.end is not None:
        dosage["timing"] = {
            "repeat": {
                "boundsPeriod": {"start": day_text(course.start), "end": day_text(course.end)}
            }
        }
    request: Json = {
        "resourceType": "MedicationRequest",
        "id": chart.number("m"),
        "status": "active" if course.end is None else "completed",
        "intent": "order",
        "category": COMMUNITY,
        "medicationCodeableConcept": code,
        "subject": chart.subject,
        "authoredOn": day_text(course.start),
        "dosageInstruction": [dosage],
    }
    if chart.doctor:
        request["requester"] = chart.doctor.link
    if course.reason:
        request["reasonReference"] = [course.reason]
    return chart.add(request)
