"""Who is told without asking: the rules of the house, from who is around a patient.

A declared médecin traitant hears of emergencies, stays, their letters and death; a home of its own
residents; a DAC of the files that it follows; the place that is awaited of who comes; who sent
somebody (a home, a SAMU) of what becomes of them; those around a patient of stays, where their
mandate opens them. Rules: B2.3, B2.7, C4.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cordee.care.notifications.ports import Around

ATTENDING, RESIDENCE, FILE = "attending", "residence", "file"
AWAITED, RELATIVE, NAMED, RELAY, SENDER = "awaited", "relative", "named", "relay", "sender"
_STAYS: Final = frozenset(
    {"emergency-arrival", "orientation", "admission", "transfer", "discharge"}
)
KINDS_BY_RULE: Final[dict[str, frozenset[str]]] = {
    ATTENDING: _STAYS
    | {
        "ehpad-departure",
        "death",
        "critical-result",
        "telemonitoring-alert",
        "rupture",
        "plan-deposit",
        "letter",
        "emergency-letter",
    },
    RESIDENCE: _STAYS | {"death", "emergency-letter"},
    FILE: _STAYS | {"death", "rupture", "missed-appointment", "plan-deposit"},
    AWAITED: frozenset({"ehpad-departure"}),
    RELATIVE: _STAYS | {"ehpad-departure", "death"},
    SENDER: frozenset({"emergency-arrival", "orientation"}),
}
"""Which kinds each rule tells of."""
WORDS: Final = {
    ATTENDING: "Vous êtes le médecin traitant déclaré de cette personne.",
    RESIDENCE: "Cette personne réside dans votre établissement.",
    FILE: "Votre dispositif d’appui suit le dossier de cette personne.",
    AWAITED: "Votre service est attendu pour recevoir cette personne.",
    RELATIVE: "Cette personne vous a désigné, et ce que votre mandat ouvre comprend ses passages.",
    NAMED: "L’auteur de l’évènement vous l’adresse.",
    SENDER: "Votre structure a adressé cette personne.",
    RELAY: "Personne n’a lu cet évènement urgent dans les deux heures : vous êtes le relais.",
}
"""Why somebody is told, by rule, as they read it."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody to be told by a rule: a reference, and the rule."""

    reference: str
    rule: str


def due_of(kind: str, around: Around, place: str, sender: str = "") -> Iterator[Due]:
    """Whom the rules of the house tell of an event of this kind at this place."""
    groups = ((ATTENDING, around.attending), (RESIDENCE, around.residences), (FILE, around.files))
    for rule, references in groups:
        if kind in KINDS_BY_RULE[rule]:
            yield from (Due(one, rule) for one in references)
    if place and kind in KINDS_BY_RULE[AWAITED]:
        yield Due(place, AWAITED)
    if sender and sender not in around.residences and kind in KINDS_BY_RULE[SENDER]:
        yield Due(sender, SENDER)


def tells_relatives(kind: str) -> bool:
    """Whether those around the patient are told, where their mandate opens it."""
    return kind in KINDS_BY_RULE[RELATIVE]
