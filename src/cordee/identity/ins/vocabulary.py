"""The URLs and codes of FR Core that carry an identity in a FHIR Patient.

Rule: FR Core 2.2.0, fr-core-patient-ins and fr-core-identity-reliability.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cordee.identity.ins.statuses import Attribute
from cordee.identity.ins.traits import Sex

Resource = Mapping[str, Any]

FR_CORE: Final = "https://hl7.fr/ig/fhir/core/"
STRUCTURES: Final = FR_CORE + "StructureDefinition/"
PATIENT: Final = STRUCTURES + "fr-core-patient"
PATIENT_INS: Final = STRUCTURES + "fr-core-patient-ins"
RELIABILITY: Final = STRUCTURES + "fr-core-identity-reliability"
GIVEN_NAMES: Final = STRUCTURES + "fr-core-patient-birth-list-given-name"
INSEE_CODE: Final = STRUCTURES + "fr-core-address-insee-code"
LUNAR_DATE: Final = STRUCTURES + "fr-core-lunar-date"
BIRTH_PLACE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
IDENTIFIER_TYPES: Final = FR_CORE + "CodeSystem/fr-core-cs-v2-0203"
IDENTITY_STATUSES: Final = FR_CORE + "CodeSystem/fr-core-cs-v2-0445"
VALIDATION_MODES: Final = FR_CORE + "CodeSystem/fr-core-cs-mode-validation-identity"
COLLECTION_METHODS: Final = FR_CORE + "CodeSystem/fr-core-cs-method-collection"
NOS: Final = "https://mos.esante.gouv.fr/NOS/"
COMMUNES: Final = NOS + "TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
COUNTRIES: Final = NOS + "TRE_R20-Pays/FHIR/TRE-R20-Pays"

GENDERS: Final = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.UNKNOWN: "unknown"}
SEXES: Final = {code: sex for sex, code in GENDERS.items()}
ATTRIBUTE_CODES: Final = {
    Attribute.HOMONYM: ("HOMA", "Homonyme avéré"),
    Attribute.DOUBTFUL: ("DOUT", "Identité douteuse (Attribut d’identité « douteuse »)"),
    Attribute.FICTIVE: ("FICT", "Identité fictive (Attribut d’identité « fictive »)"),
}
ATTRIBUTES_OF_CODES: Final = {
    "HOMA": Attribute.HOMONYM,
    "HOMD": Attribute.HOMONYM,
    "DOUT": Attribute.DOUBTFUL,
    "FICT": Attribute.FICTIVE,
}
PROVISIONAL: Final = ("PROV", "Identité provisoire")
VALIDATED: Final = ("VALI", "Identité validée")
# What fr-core-patient-ins lets `validationMode` say (fr-core-vs-mode-validation-identity-ins).
MODES_OF_INS: Final = frozenset({"PA", "CN", "AN", "LE"})


def extension(element: Resource, url: str) -> Resource:
    """The first extension of that URL; an empty mapping when there is none."""
    return next((one for one in element.get("extension", ()) if one.get("url") == url), {})


def is_profile(canonical: str, profile: str) -> bool:
    """True for a profile, whatever version its canonical carries."""
    return canonical.partition("|")[0] == profile
