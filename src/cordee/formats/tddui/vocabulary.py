"""Addresses and codes of the two lines of TDDUI. Source: the guides, french-specs section 18."""

from __future__ import annotations

from typing import Final

LINE_1: Final = "https://interop.esante.gouv.fr/ig/cda/tddui/StructureDefinition/"
LINE_1_FHIR: Final = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition/"
"""The same names in the guide of 2025-02; line 2 goes on under this address."""
LINE_2: Final = LINE_1_FHIR
BUNDLE, DOCUMENT = "tddui-bundle", "tddui-documentreference"
PATIENT, PATIENT_INS = "tddui-patient", "tddui-patient-ins"
STAY, EVENT = "tddui-encounter-sejour", "tddui-encounter-evenement"
PROJECT, AIM = "tddui-careplan-projet-personnalise", "tddui-goal-objectif"
NEED, AGREEMENT = "tddui-service-request-besoin", "tddui-consent-accord"
DISCRIMINATOR: Final = f"{LINE_2}tddui-discriminator"
DISCRIMINATORS: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/tddui/CodeSystem/tddui-discriminator",
    "https://interop.esante.gouv.fr/ig/fhir/tddui/CodeSystem/tddui-discriminator-cs",
)
"""Renamed to and from `-cs` over time: the first is written, both are read."""
OF_PROJECT: Final = f"{LINE_2}tddui-reference-projet-perso"
NOTE: Final = f"{LINE_2}tddui-goal-note"
NOTES: Final = "https://interop.esante.gouv.fr/ig/fhir/tddui/CodeSystem/tddui-goal-note"
TITLE, OPINION, STRATEGY = "titreObjectif", "avisUsagerObjectif", "strategieMiseEnOeuvreObjectif"
LOCAL: Final = "https://identifiant-medicosocial-localusager.esante.gouv.fr"
PROJECTS: Final = "https://identifiant-medicosocial-projetpersonnalise.esante.gouv.fr"
EVENTS: Final = "https://identifiant-medicosocial-evenement.esante.gouv.fr"
FINESS: Final = "https://finess.esante.gouv.fr"
EXPORT: Final = {
    "system": "https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/"
    "TRE-A05-TypeDocComplementaire",
    "code": "EXPORT_DUI",
    "display": "Export du Dossier Usager informatisé",
}
CLASS: Final = {
    "system": "https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument",
    "code": "95",
    "display": "Document de gestion",
}
CDA_MEDIA, FHIR_MEDIA = "text/xml", "application/fhir+json"
