"""The codes of a document's metadata: its classes, its formats, what a file may be.

Sources: TRE_A03 (classes, by the value set JDV_J57 of the DMP), TRE_A11 (formats), JDV_J08; the
types are JDV_J07, as the habilitation matrix has them.
"""

from __future__ import annotations

from typing import Final

NOS: Final = "https://mos.esante.gouv.fr/NOS/"
CLASSES: Final = f"{NOS}TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"
LOINC: Final = "http://loinc.org"
URI: Final = "urn:ietf:rfc:3986"
FORMATS: Final = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
BY_MEDIA: Final = ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "mimeType Sufficient")
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
CONSENT: Final = "https://cordee.example/fhir/StructureDefinition/photo-consent"
"""Extension of a document that stands on a consent: taken back, its file goes too. B4.8."""
PROFILES: Final = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
LOT: Final = f"{PROFILES}pdsm-comprehensive-provide-document-bundle"
SUBMISSION_SET: Final = f"{PROFILES}pdsm-submissionset-comprehensive"
COMPREHENSIVE: Final = f"{PROFILES}pdsm-comprehensive-document-reference"
SIMPLIFIED: Final = f"{PROFILES}pdsm-simplified-publish"
CLASS_OF: Final = {
    "compte-rendu": ("10", "Compte rendu"),
    "synthese": ("11", "Synthèse"),
    "imagerie": ("31", "Imagerie médicale"),
    "prescription": ("42", "Prescription"),
    "dispensation": ("43", "Dispensation"),
    "plan-de-soins": ("44", "Plan de soins, protocole de soins"),
    "traitement": ("45", "Traitement administré"),
    "certificat": ("52", "Certificat, déclaration"),
    "remboursement": ("60", "Données de remboursement"),
    "patient": ("90", "Document déposé par le patient"),
    "gestion": ("95", "Document de gestion"),
}
"""Class of a document by its category in the matrix."""
LABELS: Final = {"N": "Normal", "R": "Restreint", "V": "Très restreint"}
"""Confidentiality that a depositor may say."""
LARGEST: Final = 10 * 1024 * 1024
PDF, TEXT, XML, TEXT_XML = "application/pdf", "text/plain", "application/xml", "text/xml"
JPEG, PNG = "image/jpeg", "image/png"
MEDIA: Final = (PDF, TEXT, XML, TEXT_XML, JPEG, PNG)
CDA_ROOT: Final = "{urn:hl7-org:v3}ClinicalDocument"


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    """A Coding."""
    made = {"system": system, "code": code}
    return made | {"display": display} if display else made


def media_of(text: str) -> str:
    """A media type without its parameters, in small letters."""
    return text.partition(";")[0].strip().lower()
