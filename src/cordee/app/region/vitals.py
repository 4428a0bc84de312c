"""Vital signs: blood pressure, weight, height, temperature, pulse, saturation, pain."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import DEMO, FR_CORE, HL7, LOINC, Json, concept, quantity

VITAL: Final[list[Json]] = [
    concept(HL7 + "observation-category", "vital-signs", "Vital Signs", "Signes vitaux")
]
SURVEY: Final[list[Json]] = [
    concept(HL7 + "observation-category", "survey", "Survey", "Évaluation")
]
PRESSURE: Final[Json] = concept(LOINC, "85354-9", "Pression artérielle")
SYSTOLIC: Final[Json] = concept(LOINC, "8480-6", "Pression artérielle systolique")
DIASTOLIC: Final[Json] = concept(LOINC, "8462-4", "Pression artérielle diastolique")
PRESSURE_META: Final[Json] = {"profile": [FR_CORE + "StructureDefinition/fr-core-observation-bp"]}
SCORES: Final = DEMO + "CodeSystem/evaluation"
MILLIMETRES: Final = ("mmHg", "mm[Hg]")

# By key: the concept, its unit and UCUM code.
SIGNS: Final[dict[str, tuple[Json, str, str]]] = {
    "weight": (concept(LOINC, "29463-7", "Poids"), "kg", "kg"),
    "height": (concept(LOINC, "8302-2", "Taille"), "cm", "cm"),
    "bmi": (concept(LOINC, "39156-5", "Indice de masse corporelle"), "kg/m²", "kg/m2"),
    "temperature": (concept(LOINC, "8310-5", "Température corporelle"), "°C", "Cel"),
    "pulse": (concept(LOINC, "8867-4", "Fréquence cardiaque"), "/min", "/min"),
    "saturation": (concept(LOINC, "59408-5", "Saturation en oxygène"), "%", "%"),
    "pain": (concept(LOINC, "72514-3", "Douleur, échelle de 0 à 10"), "/10", "{score}"),
    "falls": (concept(SCORES, "chutes-mois", "Chutes dans le mois"), "chutes", "{#}"),
    "wound": (concept(LOINC, "89260-4", "Surface de la plaie"), "cm²", "cm2"),
}
SURVEYS: Final = frozenset({"pain", "falls", "wound"})


def add_pressure(chart: Chart, day: int, pressure: tuple[int, int], minute: int = 600) -> Json:
    """A blood pressure with its two components."""
    systolic, diastolic = pressure
    return chart.add(
        {
            "resourceType": "Observation",
            "id": chart.number("o"),
            "meta": PRESSURE_META,
            "status": "final",
            "category": VITAL,
            "code": PRESSURE,
            "subject": chart.subject,
            "effectiveDateTime": chart.at(day, minute),
            "component": [
                {"code": SYSTOLIC, "valueQuantity": quantity(systolic, *MILLIMETRES)},
                {"code": DIASTOLIC, "valueQuantity": quantity(diastolic, *MILLIMETRES)},
            ],
        }
    )


def add_sign(chart: Chart, sign: str, day: int, value: float, minute: int = 600) -> Json:
    """One vital sign or score at a minute of a day, ten o'clock unless told."""
    code, unit, ucum = SIGNS[sign]
    return chart.add(
        {
            "resourceType": "Observation",
            "id": chart.number("o"),
            "status": "final",
            "category": SURVEY if sign in SURVEYS else VITAL,
            "code": code,
            "subject": chart.subject,
            "effectiveDateTime": chart.at(day, minute),
            "valueQuantity": quantity(value, unit, ucum),
        }
    )
