"""The report of a passage in the emergency department as a CDA document, level 2. C4.4.

Type: LOINC 15507-7, « CR de passage aux urgences » of the national list of document types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.care.documents.letters import Parties, Section, lines, need, written

TYPE: Final = "15507-7"
TITLE: Final = "Compte rendu de passage aux urgences"
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor writes; `treatments` are those of the record at that moment, one a line."""

    motive: str
    findings: str
    diagnosis: str
    orientation: str
    treatments: tuple[str, ...]
    advice: str

    def sections(self) -> list[Section]:
        """The sections in the order of the report."""
        return [
            ("Motif du passage", lines(self.motive)),
            ("Ce qui a été trouvé et fait", lines(self.findings)),
            ("Diagnostic retenu", lines(self.diagnosis)),
            ("Orientation", lines(self.orientation)),
            ("Traitements connus à la sortie", self.treatments),
            ("Consignes et suites à donner", lines(self.advice)),
        ]


def check(report: Report) -> None:
    """Returns when a report can go; raises `ResourceInvalid` with each field that is missing."""
    needed = {
        "motif": (report.motive, "Dites pourquoi la personne est venue."),
        "synthese": (report.findings, "Dites ce qui a été trouvé et fait."),
        "diagnostic": (report.diagnosis, "Écrivez le diagnostic retenu."),
        "suites": (report.advice, "Écrivez les consignes et les suites."),
    }
    need(needed, _SHORTEST)


def cda(report: Report, parties: Parties) -> bytes:
    """The report as a CDA document."""
    return written(parties, TYPE, TITLE, report.sections())
