"""Roles of members, reasons to open a circle, how the person said their word.

Roles are those of the national guide (CareTeamRolesValueSet, Cercle de soins 2.0.1), with the words
people use beside them: several words share one code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_CLASSES: Final = "https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"
_FUNCTIONS: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_R259-HL7ParticipationFunction/FHIR/"
    "TRE-R259-HL7ParticipationFunction"
)
PROVIDER: Final = (_CLASSES, "PROV", "Professionnel de santé")


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is in a circle: the words, and the national coding where there is one."""

    code: str
    label: str
    coding: tuple[str, str, str]

    @property
    def concept(self) -> dict[str, Any]:
        """The role as a CodeableConcept."""
        system, code, display = self.coding
        return {"coding": [{"system": system, "code": code, "display": display}],
                "text": self.label}  # fmt: skip


ROLES: Final[dict[str, Role]] = {
    one.code: one
    for one in (
        Role("attending", "médecin traitant", (_FUNCTIONS, "PCP", "Médecin traitant")),
        Role("coordinator", "référent de coordination", PROVIDER),
        Role("physician", "médecin", PROVIDER),
        Role("nurse", "infirmière ou infirmier", PROVIDER),
        Role("pharmacist", "pharmacienne ou pharmacien", PROVIDER),
        Role("physiotherapist", "kinésithérapeute", PROVIDER),
        Role("midwife", "sage-femme", PROVIDER),
        Role("social", "travailleur social", PROVIDER),
        Role("other", "autre professionnel", PROVIDER),
        Role("team", "équipe de la structure", PROVIDER),
        Role("carer", "aidant", (_CLASSES, "CAREGIVER", "Aidant")),
        Role("trusted", "personne de confiance", (_CLASSES, "NOK", "personne de confiance")),
        Role("representative", "représentant légal", (_CLASSES, "GUARD", "Responsable légal")),
        Role("contact", "personne à prévenir",
             (_CLASSES, "ECON", "personne à prévenir en cas d’urgence")),
    )
}  # fmt: skip
OF_PROFESSIONALS: Final = (
    "coordinator", "physician", "nurse", "pharmacist", "physiotherapist", "midwife", "social",
    "other",
)  # fmt: skip
OF_RELATIVES: Final = ("carer", "trusted", "representative", "contact")
_BY_PROFESSION: Final = {
    "10": "physician", "21": "pharmacist", "50": "midwife", "60": "nurse", "70": "physiotherapist",
}  # fmt: skip

REASONS: Final[dict[str, str]] = {
    "frailty": "Perte d’autonomie ou fragilité",
    "chronic": "Maladie chronique à plusieurs intervenants",
    "discharge": "Sortie d’hospitalisation à préparer",
    "home": "Maintien à domicile",
    "complex": "Situation complexe, appui du DAC",
    "disability": "Handicap",
    "end-of-life": "Soins palliatifs",
    "other": "Autre, à préciser",
}
CHANNELS: Final[dict[str, str]] = {
    "presence": "De vive voix, en présence",
    "phone": "Par téléphone",
    "video": "En visioconférence",
    "paper": "Par écrit, sur papier",
    "electronic": "Par voie électronique",
}
SPEAKERS: Final[dict[str, str]] = {
    "patient": "La personne elle-même",
    "representative": "Son représentant légal",
    "trusted": "Sa personne de confiance",
}
WORDS: Final[dict[str, str]] = {
    "not-opposed": "Ne s’oppose pas au partage",
    "consented": "Consent au partage",
    "opposed": "S’oppose au partage",
}
RECORD: Final = "record"
CONTACT: Final = "contact"
ACCESSES: Final[dict[str, str]] = {
    RECORD: "Partage le dossier, selon son métier",
    CONTACT: "Coordonnées seulement, aucun accès au dossier",
}


def role_of_profession(code: str) -> str:
    """The role that somebody of a profession (TRE_G15) first has."""
    return _BY_PROFESSION.get(code, "other")
