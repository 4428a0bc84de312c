"""What a regulating physician may decide, and what each decision triggers. Rule: C1.7."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.care.regulation.states import Move


@dataclass(frozen=True, slots=True)
class Kind:
    """A decision: its name, the moves of the case, the vehicle, what must be given with it."""

    name: str
    moves: tuple[Move, ...] = (Move.REGULATE, Move.ORIENT)
    vehicle: str = ""
    needs_words: bool = False
    needs_patient: bool = False
    needs_place: bool = False
    sends_text: bool = False
    triggers: str = ""


_ENGAGED: Final = (Move.REGULATE, Move.ENGAGE)
KINDS: Final = {
    "conseil": Kind("Conseil médical", (Move.REGULATE,), needs_words=True, sends_text=True,
                    triggers="SMS : quand rappeler le 15, à lire par un lien"),
    "ordonnance": Kind("Prescription par téléphone", (Move.REGULATE,), needs_words=True,
                       triggers="prescription notée au dossier"),
    "rdv-ville": Kind("Rendez-vous en ville", triggers="inscrit dans la liste de l’OSNP"),
    "visite": Kind("Visite à domicile", triggers="effecteur à appeler"),
    "sos": Kind("SOS Médecins", triggers="effecteur à appeler"),
    "ambulance": Kind("Ambulance", _ENGAGED, "AMBULANCE", triggers="ambulance demandée"),
    "vsav": Kind("VSAV", _ENGAGED, "VSAV", triggers="VSAV demandé"),
    "smur": Kind("SMUR", _ENGAGED, "SMUR", triggers="SMUR demandé"),
    "urgences": Kind("Urgences", needs_place=True, triggers="attendue si elle est retrouvée"),
    "tele-avc": Kind("Télé-AVC", needs_place=True, triggers="attendue ; UNV à appeler"),
    "psychiatrie": Kind("Psychiatrie", needs_words=True, triggers="équipe de garde à appeler"),
    "dac": Kind("Demande au DAC", needs_patient=True, needs_words=True,
                triggers="demande envoyée au DAC du département"),
    "3114": Kind("Transfert au 3114", (Move.REGULATE,), triggers="appel à transférer"),
}  # fmt: skip
STATUSES: Final = {
    "DECLENCHE": "engagé",
    "DEPART": "départ",
    "ARRIVEE": "arrivé sur les lieux",
    "PEC": "prise en charge",
    "TRANSP": "départ vers l’hôpital",
    "DESTIN": "arrivé à destination",
    "RET-BASE": "disponible",
    "ANNULE": "annulé",
}
"""The codes of RS-SR that a floor follows, in their order."""
TOLD_STATUSES: Final = {
    "DECISION": "décidé",
    "BILAN": "bilan fait",
    "ORIENTAT": "orienté",
    "ETAPE1": "à l’étape",
    "TRANSP2": "transporte de nouveau",
    "ETAPE2": "à la deuxième étape",
    "TRANSP3": "transporte de nouveau",
    "FINPEC": "prise en charge finie",
    "RETOUR": "sur le retour",
    "REN-BASE": "rentré à sa base",
}
"""The codes of RS-SR that only other centres use."""
_ORDER: Final = tuple(STATUSES)
ENDS: Final = frozenset({"RET-BASE", "ANNULE"})


def next_statuses(status: str) -> tuple[str, ...]:
    """The codes that may follow one: any later one, since a crew may forget a press."""
    if status in ENDS:
        return ()
    later = _ORDER[_ORDER.index(status) + 1 :]
    return tuple(one for one in later if one != "ANNULE" or status in {"DECLENCHE", "DEPART"})
