"""The kinds of events that people are told of, each with its national code, label and urgency.

The national value set JDV_J46 knows admission, discharge, document and note alone: the kind itself
is a second, local coding. Rules: B2.1, B2.11; guide Notification d'évènements 3.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NATIONAL: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
)
LOCAL: Final = "https://cordee.example/CodeSystem/event-kind"
"""The system of our own codes, as they stand in what we send."""
DISPLAYS: Final = {
    "ADM": "Admission d'un patient dans un établissement de santé",
    "SOR": "Sortie d'un patient de l'établissement de santé",
    "DOC": "Dépôt de document pour un patient",
    "NOT": "Création d'une note pour un patient dans le cahier de liaison",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its code, the national one, what a screen calls it, and whether it is urgent.

    `addressed`: it has the recipients that it names, and a subscription adds a channel, nobody.
    """

    code: str
    national: str
    label: str
    urgent: bool = False
    addressed: bool = False

    @property
    def codings(self) -> list[dict[str, str]]:
        """The CodeableConcept.coding of an event of this kind: national first, then local."""
        national = {"system": NATIONAL, "code": self.national, "display": DISPLAYS[self.national]}
        return [national, {"system": LOCAL, "code": self.code, "display": self.label}]


KINDS: Final[dict[str, Kind]] = {
    one.code: one
    for one in (
        Kind("ehpad-departure", "SOR", "Départ vers les urgences", True),
        Kind("emergency-arrival", "ADM", "Arrivée aux urgences", True),
        Kind("orientation", "ADM", "Orientation après les urgences"),
        Kind("admission", "ADM", "Hospitalisation", True),
        Kind("transfer", "ADM", "Transfert"),
        Kind("discharge", "SOR", "Sortie d’hospitalisation"),
        Kind("death", "SOR", "Décès", True),
        Kind("document", "DOC", "Document déposé"),
        Kind("letter", "DOC", "Lettre de liaison à la sortie"),
        Kind("emergency-letter", "DOC", "Compte rendu des urgences"),
        Kind("result", "DOC", "Résultat de biologie"),
        Kind("critical-result", "DOC", "Résultat critique", True),
        Kind("liaison-note", "NOT", "Note de liaison"),
        Kind("missed-appointment", "NOT", "Rendez-vous manqué"),
        Kind("telemonitoring-alert", "NOT", "Alerte de télésuivi", True),
        Kind("message", "NOT", "Message", addressed=True),
        Kind("task", "NOT", "Tâche", addressed=True),
        Kind("to-phone", "NOT", "À prévenir par téléphone", True, addressed=True),
        Kind("escalation", "NOT", "Évènement urgent non lu", True, addressed=True),
        Kind("unscheduled-call", "NOT", "Recherche de rendez-vous", addressed=True),
        Kind("unscheduled-taken", "NOT", "Demande prise par un confrère", addressed=True),
        Kind("unscheduled-confirmed", "NOT", "Rendez-vous confirmé", addressed=True),
        Kind("unscheduled-over", "NOT", "Demande close", addressed=True),
        Kind("plan-review", "NOT", "Plan à réviser"),
        Kind("plan-deposit", "DOC", "Plan personnalisé déposé"),
        Kind("rupture", "NOT", "Rupture de parcours", True),
    )
}


def kind_of(code: str) -> Kind:
    """The kind of a code; raises `ValueError` for one that is not here."""
    known = KINDS.get(code)
    if known is None:
        raise ValueError(f"event kind {code!r}: use one of {', '.join(KINDS)}")
    return known
