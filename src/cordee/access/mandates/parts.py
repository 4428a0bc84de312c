"""The parts of a record that a mandate may open, in the words of a lay person's choices.

A part of the record is a set of types of resources; a part of its documents is a category of the
habilitation matrix. What is in neither opens with all parts alone. Rule: E1.2, A3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cordee.access.matrix import catalogue
from cordee.fhir.indexing.document_types import DOCUMENT_TYPES, MOST_CLASSES, classes
from cordee.fhir.model.definitions import RESOURCE_TYPES

EVERYTHING: Final = "*"
VISITS, MESSAGES, PLAN = "rendez-vous", "messages", "plan"
HEALTH, DRUGS, RESULTS = "sante", "medicaments", "resultats"
REST: Final = "reste"
"""The part of what is in no other one; never given by itself."""
FAMILY_AGENDA, FAMILY_NEWS, FAMILY_EVENTS = (
    "famille-agenda", "famille-nouvelles", "famille-evenements",
)  # fmt: skip
FAMILY: Final = (FAMILY_AGENDA, FAMILY_NEWS, FAMILY_EVENTS)
"""What a home tells those close to a resident: these open no resource by themselves (0074)."""
TYPES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    VISITS: ("Appointment", "AppointmentResponse", "Encounter", "EpisodeOfCare"),
    MESSAGES: ("Communication", "CommunicationRequest"),
    PLAN: ("CarePlan", "CareTeam", "Goal", "RelatedPerson", "ServiceRequest", "Task"),
    HEALTH: (
        "AllergyIntolerance", "ClinicalImpression", "Condition", "FamilyMemberHistory", "Flag",
        "Procedure",
    ),
    DRUGS: (
        "Immunization", "ImmunizationRecommendation", "MedicationAdministration",
        "MedicationDispense", "MedicationRequest", "MedicationStatement",
    ),
    RESULTS: ("DiagnosticReport", "ImagingStudy", "Observation", "Specimen"),
}  # fmt: skip
OF_NOBODY: Final = frozenset(
    {
        "CodeSystem", "Endpoint", "HealthcareService", "Location", "Medication", "Organization",
        "Practitioner", "PractitionerRole", "ValueSet",
    }
)  # fmt: skip
"""Types that speak of no patient: they open with any part."""
_PART_OF: Final = {kind: part for part, kinds in TYPES_OF.items() for kind in kinds}
_READING: Final = "rs"
_NO_DOCUMENT: Final = 0


def every_part() -> frozenset[str]:
    """All parts that can be given, one by one."""
    return frozenset({*FAMILY, *TYPES_OF, *catalogue().categories})


def part_of(resource: Mapping[str, Any]) -> str:
    """The part that a stored resource is in; "" for a document of no known type."""
    kind = str(resource.get("resourceType", ""))
    if kind not in DOCUMENT_TYPES:
        return _PART_OF.get(kind, REST)
    known = catalogue().category_of
    codings = (resource.get("type") or {}).get("coding") or ()
    return next((known[one["code"]] for one in codings if one.get("code") in known), "")


def opened_letters(parts: Iterable[str]) -> dict[str, str]:
    """By type of resource, the letters of SMART rights that no mandate goes beyond: to read."""
    given = frozenset(parts)
    if EVERYTHING in given:
        return dict.fromkeys(RESOURCE_TYPES, _READING)
    opened = {kind for part in given for kind in TYPES_OF.get(part, ())} | OF_NOBODY | {"Patient"}
    if given & catalogue().categories.keys():
        opened |= set(DOCUMENT_TYPES)
    return {kind: _READING if kind in opened else "" for kind in RESOURCE_TYPES}


def opened_document_classes(parts: Iterable[str]) -> bytes | None:
    """A bit for each class of documents that the parts open, as `get_bit` counts; None for all."""
    given = frozenset(parts)
    if EVERYTHING in given:
        return None
    bits = bytearray(MOST_CLASSES // 8 + 1)
    category_of = catalogue().category_of
    for number in (_NO_DOCUMENT, *(n for c, n in classes().items() if category_of[c] in given)):
        bits[number // 8] |= 1 << number % 8
    return bytes(bits)
