"""The lettre de liaison of a discharge as a CDA document: what was done, what to do next.

Rules: article R.1112-1-2 of the Code de la santé publique; CI-SIS, header of CDA documents (parts
that the record holds); LOINC 11490-0. Requirement B5.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.care.documents.letters import Parties, Section, lines, need, written

TYPE: Final = "11490-0"
TITLE: Final = "Lettre de liaison à la sortie"
_SHORTEST: Final = 10


@dataclass(frozen=True, slots=True)
class Letter:
    """What the author writes, and the treatments of the record at that moment, one a line."""

    motive: str
    course: str
    treatments: tuple[str, ...]
    changes: str
    next_steps: str
    warnings: str

    def sections(self) -> list[Section]:
        """The sections in the order of the letter."""
        return [
            ("Motif de l’hospitalisation", lines(self.motive)),
            ("Synthèse du séjour", lines(self.course)),
            ("Traitement à la sortie", self.treatments),
            ("Ce qui change dans le traitement", lines(self.changes)),
            ("Suites à donner", lines(self.next_steps)),
            ("Quand appeler", lines(self.warnings)),
        ]


def check(letter: Letter) -> None:
    """Returns when a letter can go; raises `ResourceInvalid` with each field that is missing."""
    needed = {
        "motif": (letter.motive, "Dites pourquoi la personne a été hospitalisée."),
        "synthese": (letter.course, "Résumez le séjour."),
        "suites": (letter.next_steps, "Dites ce qu’il faut faire ensuite."),
    }
    need(needed, _SHORTEST)


def cda(letter: Letter, parties: Parties) -> bytes:
    """The letter as a CDA document, level 2: a header, sections with their text."""
    return written(parties, TYPE, TITLE, letter.sections())
