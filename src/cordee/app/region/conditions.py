"""Conditions of the problem list, and short illnesses that passed."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import CIM10, HL7, Json, bare, concept
from cordee.app.region.moments import day_text

ACTIVE: Final[Json] = bare(HL7 + "condition-clinical", "active")
RESOLVED: Final[Json] = bare(HL7 + "condition-clinical", "resolved")
CONFIRMED: Final[Json] = bare(HL7 + "condition-ver-status", "confirmed")
PROBLEM: Final[list[Json]] = [bare(HL7 + "condition-category", "problem-list-item")]
DIAGNOSIS: Final[list[Json]] = [bare(HL7 + "condition-category", "encounter-diagnosis")]

# CIM-10, label, days it lasts, drug, youngest, oldest
SHORT_ILLNESSES: Final[tuple[tuple[Json, int, str | None, int, int], ...]] = tuple(
    (concept(CIM10, code, label), days, drug, youngest, oldest)
    for code, label, days, drug, youngest, oldest in (
        (
            "J06.9",
            "Infection aiguë des voies respiratoires supérieures",
            8,
            "paracetamol",
            0,
            105,
        ),
        ("J20.9", "Bronchite aiguë, sans précision", 12, "paracetamol", 2, 105),
        ("H66.9", "Otite moyenne, sans précision", 9, "amoxicilline", 0, 12),
        ("N30.0", "Cystite aiguë", 5, "fosfomycine", 16, 100),
        ("A09.9", "Gastro-entérite et colite d’origine non précisée", 4, None, 0, 90),
        ("S93.4", "Entorse et foulure de la cheville", 21, "ibuprofene", 9, 60),
        ("J18.9", "Pneumopathie, sans précision", 18, "amoxicilline", 30, 105),
        ("M54.4", "Lumbago avec sciatique", 30, "tramadol", 25, 70),
        ("B34.9", "Infection virale, sans précision", 6, "paracetamol", 0, 105),
        ("L30.9", "Dermite, sans précision", 20, None, 0, 105),
    )
)


def add_problem(chart: Chart, code: Json, onset: int, *, precise: bool = False) -> Json:
    """An active condition of the problem list, its onset known by month unless precise."""
    since = day_text(onset)
    return chart.add(
        {
            "resourceType": "Condition",
            "id": chart.number("c"),
            "clinicalStatus": ACTIVE,
            "verificationStatus": CONFIRMED,
            "category": PROBLEM,
            "code": code,
            "subject": chart.subject,
            "onsetDateTime": since if precise else since[:7],
            "recordedDate": since,
        }
    )


def add_episode(chart: Chart, code: Json, onset: int, days: int) -> Json:
    """A short illness: resolved, unless it is still running today."""
    end = onset + days
    over = end <= chart.today
    condition: Json = {
        "resourceType": "Condition",
        "id": chart.number("c"),
        "clinicalStatus": RESOLVED if over else ACTIVE,
        "verificationStatus": CONFIRMED,
        "category": DIAGNOSIS,
        "code": code,
        "subject": chart.subject,
        "onsetDateTime": day_text(onset),
        "recordedDate": day_text(onset),
    }
    if over:
        condition["abatementDateTime"] = day_text(end)
    return chart.add(condition)
