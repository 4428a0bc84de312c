"""Documents of the record: letters and reports as plain text in their envelope."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from cordee.app.region.chart import Chart
from cordee.app.region.coding import LOINC, RESTRICTED, VERY_RESTRICTED, Json, concept
from cordee.app.region.moments import moment_text

CISIS: Final = "urn:oid:1.2.250.1.213.1.1.4.12"
# kind: type, of JDV_J07: the matrix opens no other
KINDS: Final[dict[str, Json]] = {
    kind: concept(LOINC, code, label)
    for kind, code, label in (
        ("sortie", "11490-0", "Lettre de liaison à la sortie"),
        ("urgences", "15507-7", "Compte rendu de passage aux urgences"),
        ("consultation", "11488-4", "Compte rendu de consultation"),
        ("courrier", "96349-6", "Courrier d’adressage"),
        ("imagerie", "18748-4", "Compte rendu d’imagerie médicale"),
        ("anatomopathologie", "60568-3", "Compte rendu d’anatomopathologie"),
        ("synthese", "60591-5", "Synthèse médicale"),
        ("plan", "18776-5", "Plan personnalisé de coordination"),
        ("ordonnance", "57833-6", "Ordonnance"),
        ("operatoire", "34874-8", "Compte rendu opératoire"),
        ("psychiatrie", "34112-3", "Compte rendu de psychiatrie"),
        ("liaison", "74207-2", "Fiche de liaison d’urgence"),
    )
} | {"directives": concept(CISIS, "EXPPAT_3", "Directives anticipées")}
# kind: (from, to), the minutes of the day between which such a document is written
HOURS: Final[dict[str, tuple[int, int]]] = {
    "sortie": (10 * 60, 17 * 60),
    "urgences": (0, 24 * 60),
    "consultation": (9 * 60, 19 * 60),
    "courrier": (8 * 60 + 30, 20 * 60),
    "imagerie": (8 * 60, 19 * 60),
    "anatomopathologie": (9 * 60, 18 * 60),
    "synthese": (12 * 60, 20 * 60),
    "plan": (9 * 60, 18 * 60),
    "directives": (10 * 60, 17 * 60),
    "ordonnance": (8 * 60, 19 * 60),
    "operatoire": (10 * 60, 20 * 60),
    "psychiatrie": (9 * 60, 19 * 60),
    "liaison": (7 * 60, 22 * 60),
}
DICTATED: Final = 90
DAY: Final = 24 * 60
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
    minute: int | None = None
    after: int | None = None  # the minute when what it tells of ended, where that is known


def add_letter(chart: Chart, letter: Letter) -> Json:
    """The reference to a document that carries its own text."""
    body = letter.text.encode()
    identity = chart.number("d")
    written = _written(chart, letter, identity)
    document: Json = {
        "resourceType": "DocumentReference",
        "id": identity,
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


def _written(chart: Chart, letter: Letter, identity: str) -> str:
    """When a document was written: no dice are thrown, so that nothing else of a record moves."""
    if letter.minute is not None:
        return moment_text(letter.day, letter.minute)
    chance = crc32(f"{identity}:{letter.day}".encode())
    if letter.after is not None:
        days, minute = divmod(letter.after + 5 + chance % DICTATED, DAY)
        return chart.at(letter.day + days, minute)
    first, last = HOURS[letter.kind]
    return chart.at(letter.day, first + chance % (last - first))
