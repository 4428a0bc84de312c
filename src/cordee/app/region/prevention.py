"""Vaccines and allergies."""

from __future__ import annotations

from typing import Final

from cordee.app.region.chance import Weighted
from cordee.app.region.chart import Chart
from cordee.app.region.coding import ATC, DEMO, HL7, Json, bare, concept
from cordee.app.region.moments import DAYS_A_YEAR, day_text

ALLERGENS: Final = DEMO + "CodeSystem/allergene"
ACTIVE: Final[Json] = bare(HL7 + "allergyintolerance-clinical", "active")
CONFIRMED: Final[Json] = bare(HL7 + "allergyintolerance-verification", "confirmed")
NONE_KNOWN: Final[Json] = concept(ALLERGENS, "no-known-allergies", "Aucune allergie connue")

# By key: the concept, its category, criticality and reaction.
SUBSTANCES: Final[dict[str, tuple[Json, str, str, str]]] = {
    key: (concept(ALLERGENS, key, label), category, criticality, reaction)
    for key, label, category, criticality, reaction in (
        ("penicillines", "Pénicillines", "medication", "high", "Œdème"),
        ("latex", "Latex", "environment", "high", "Urticaire"),
        ("ains", "Anti-inflammatoires non stéroïdiens", "medication", "low", "Éruption"),
        ("iode", "Produits de contraste iodés", "medication", "high", "Malaise"),
        ("acariens", "Acariens", "environment", "low", "Rhinite"),
        ("graminees", "Pollens de graminées", "environment", "low", "Rhinite"),
        ("arachide", "Arachide", "food", "high", "Angio-œdème"),
        ("oeuf", "Œuf", "food", "low", "Éruption"),
        ("hymenopteres", "Venin d’hyménoptères", "environment", "high", "Choc anaphylactique"),
        ("sulfamides", "Sulfamides", "medication", "low", "Éruption"),
    )
}
COMMON: Final = Weighted(tuple(SUBSTANCES), (24, 5, 10, 6, 16, 18, 6, 5, 5, 5))

VACCINES: Final[dict[str, Json]] = {
    key: concept(ATC, code, label)
    for key, code, label in (
        ("grippe", "J07BB02", "Vaccin contre la grippe saisonnière"),
        ("covid", "J07BN01", "Vaccin contre la Covid-19"),
        ("dtp", "J07CA02", "Vaccin diphtérie, tétanos, coqueluche, poliomyélite"),
        ("hexavalent", "J07CA09", "Vaccin hexavalent du nourrisson"),
        ("ror", "J07BD52", "Vaccin rougeole, oreillons, rubéole"),
        ("pneumocoque", "J07AL02", "Vaccin contre le pneumocoque"),
        ("meningocoque", "J07AH08", "Vaccin contre les méningocoques ACWY"),
        ("hpv", "J07BM03", "Vaccin contre les papillomavirus"),
        ("zona", "J07BK03", "Vaccin contre le zona"),
    )
}

# Age in months at which a child has each vaccine.
CHILD_CALENDAR: Final = (
    (2, "hexavalent"),
    (2, "pneumocoque"),
    (4, "hexavalent"),
    (11, "hexavalent"),
    (12, "ror"),
    (12, "meningocoque"),
    (16, "ror"),
    (72, "dtp"),
    (136, "dtp"),
    (142, "hpv"),
)
DAYS_A_MONTH: Final = DAYS_A_YEAR / 12
LONGEST_MEMORY: Final = 16


def add_allergy(chart: Chart, substance: str, onset: int) -> Json:
    """A known allergy, with its reaction."""
    code, category, criticality, reaction = SUBSTANCES[substance]
    return chart.add(
        {
            "resourceType": "AllergyIntolerance",
            "id": chart.number("g"),
            "clinicalStatus": ACTIVE,
            "verificationStatus": CONFIRMED,
            "type": "allergy",
            "category": [category],
            "criticality": criticality,
            "code": code,
            "patient": chart.subject,
            "onsetDateTime": day_text(onset)[:4],
            "recordedDate": day_text(onset),
            "reaction": [{"manifestation": [{"text": reaction}]}],
        }
    )


def add_no_allergy(chart: Chart, day: int) -> Json:
    """The statement that no allergy is known."""
    return chart.add(
        {
            "resourceType": "AllergyIntolerance",
            "id": chart.number("g"),
            "clinicalStatus": ACTIVE,
            "verificationStatus": CONFIRMED,
            "code": NONE_KNOWN,
            "patient": chart.subject,
            "recordedDate": day_text(day),
        }
    )


def add_vaccine(chart: Chart, vaccine: str, day: int) -> Json:
    """A vaccine that was given."""
    immunization: Json = {
        "resourceType": "Immunization",
        "id": chart.number("v"),
        "status": "completed",
        "vaccineCode": VACCINES[vaccine],
        "patient": chart.subject,
        "occurrenceDateTime": day_text(day),
        "primarySource": True,
    }
    if chart.doctor:
        immunization["performer"] = [{"actor": chart.doctor.link}]
    return chart.add(immunization)


def add_child_calendar(chart: Chart) -> None:
    """The vaccines of a child up to today, one in twelve forgotten."""
    for months, vaccine in CHILD_CALENDAR:
        day = chart.born + int(months * DAYS_A_MONTH) + int(chart.rng.random() * 20)
        if day <= chart.today and chart.rng.random() < 11 / 12:
            add_vaccine(chart, vaccine, day)
