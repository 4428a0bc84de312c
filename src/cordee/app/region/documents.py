"""Documents of the record: letters and reports as plain text in their envelope."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import LOINC, RESTRICTED, VERY_RESTRICTED, Json, concept
from cordee.app.region.moments import moment_text

# kind: LOINC type
KINDS: Final[dict[str, Json]] = {
    kind: concept(LOINC, code, label)
    for kind, code, label in (
        ("sortie", "34105-7", "Lettre de liaison à la sortie"),
        ("urgences", "34878-9", "Compte rendu de passage aux urgences"),
        ("consultation", "11488-4", "Compte rendu de consultation"),
        ("courrier", "34140-4", "Courrier d’adressage"),
        ("imagerie", "18748-4", "Compte rendu d’imagerie médicale"),
        ("anatomopathologie", "11526-1", "Compte rendu d’anatomopathologie"),
        ("synthese", "34133-9", "Synthèse médicale"),
        ("plan", "18776-5", "Plan personnalisé de coordination"),
        ("directives", "42348-3", "Directives anticipées"),
        ("ordonnance", "57833-6", "Ordonnance"),
        ("operatoire", "11504-8", "Compte rendu opératoire"),
        ("psychiatrie", "34788-0", "Compte rendu de psychiatrie"),
        ("liaison", "18761-7", "Fiche de liaison d’urgence"),
    )
}
EVENING: Final = 18 * 60 + 10
META: Final = {"R": RESTRICTED, "V": VERY_RESTRICTED}
CODES: Final = {
    level: [{"coding": meta["security"], "text": meta["security"][0]["display"]}]
    for level, meta in META.items()
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A document: kind, day, title, text, author, level of confidentiality (N, R or V)."""

    kind: str
    day: int
    title: str
    text: str
    author: Json | None = None
    custodian: Json | None = None
    level: str = "N"
    minute: int = EVENING


def add_letter(chart: Chart, letter: Letter) -> Json:
    """The reference to a document that carries its own text."""
    body = letter.text.encode()
    written = moment_text(letter.day, letter.minute)
    document: Json = {
        "resourceType": "DocumentReference",
        "id": chart.number("d"),
        "status": "current",
        "docStatus": "final",
        "type": KINDS[letter.kind],
        "subject": chart.subject,
        "date": written,
        "description": letter.title,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "language": "fr-FR",
                    "data": b64encode(body).decode(),
                    "size": len(body),
                    "title": letter.title,
                    "creation": written,
                }
            }
        ],
    }
    if letter.author:
        document["author"] = [letter.author]
    if letter.custodian:
        document["custodian"] = letter.custodian
    if letter.level in META:
        document["meta"] = META[letter.level]
        document["securityLabel"] = CODES[letter.level]
    return chart.add(document)
