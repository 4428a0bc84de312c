"""Code systems and concepts that the region's resources share."""

from __future__ import annotations

from typing import Any, Final

from cordee.directory import vocabulary

Json = dict[str, Any]

COMMUNES: Final = vocabulary.COMMUNES
FINESS: Final = vocabulary.FINESS
FR_CORE: Final = vocabulary.FR_CORE
FR_IDENTIFIERS: Final = vocabulary.FR_IDENTIFIERS
IDNPS: Final = vocabulary.IDNPS
IDNST: Final = vocabulary.IDNST
RPPS: Final = vocabulary.RPPS
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
CIM10: Final = "http://hl7.org/fhir/sid/icd-10"
ATC: Final = "http://www.whocc.no/atc"
SNOMED: Final = "http://snomed.info/sct"
HL7: Final = "http://terminology.hl7.org/CodeSystem/"
FR_IDENTITY: Final = FR_CORE + "CodeSystem/fr-core-cs-v2-0445"
FR_VALIDATION_MODE: Final = FR_CORE + "CodeSystem/fr-core-cs-mode-validation-identity"
PROFESSIONS: Final = vocabulary.terminology("TRE_G15-ProfessionSante")
SOCIAL_PROFESSIONS: Final = vocabulary.terminology("TRE_R94-ProfessionSocial")
CATEGORIES: Final = vocabulary.terminology("TRE_R66-CategorieEtablissement")
INS_TEST: Final = "urn:oid:1.2.250.1.213.1.4.10"
DEMO: Final = "https://cordee.example/fhir/"
CONFIDENTIALITY: Final = HL7 + "v3-Confidentiality"
ACT_CODE: Final = HL7 + "v3-ActCode"
PARTICIPATION: Final = HL7 + "v3-ParticipationType"


def concept(system: str, code: str, display: str, text: str | None = None) -> Json:
    """A CodeableConcept of one coding, its French label repeated as text."""
    coding = {"system": system, "code": code, "display": display}
    return {"coding": [coding], "text": text or display}


def bare(system: str, code: str) -> Json:
    """A CodeableConcept of one coding without label."""
    return {"coding": [{"system": system, "code": code}]}


def quantity(value: float, unit: str, code: str) -> Json:
    """A UCUM quantity with the unit as the French print it."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def reference(kind: str, identity: str, display: str) -> Json:
    """A relative reference with a label."""
    return {"reference": f"{kind}/{identity}", "display": display}


RESTRICTED: Final[Json] = {
    "security": [{"system": CONFIDENTIALITY, "code": "R", "display": "restreint"}]
}
VERY_RESTRICTED: Final[Json] = {
    "security": [{"system": CONFIDENTIALITY, "code": "V", "display": "très restreint"}]
}
