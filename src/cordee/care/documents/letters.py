"""A letter that a professional writes on the screen: who it is of, its sections, as a CDA document.

Level 2: the national header, sections with their text. Requirements B5.8, C4.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cordee.care.documents.heading import header_of
from cordee.care.store import Resource
from cordee.formats.cda import with_sections
from cordee.runtime.errors import Issue, ResourceInvalid

Section = tuple[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Parties:
    """Who a letter is of: the person, its author, the establishment; `number` is its own."""

    patient: Resource
    author: Resource
    place: Resource
    number: str
    at: datetime


def need(fields: Mapping[str, tuple[str, str]], shortest: int) -> None:
    """Returns when each text is long enough; raises `ResourceInvalid` with the sentence of each."""
    missing = [
        Issue("error", "required", sentence, (name,))
        for name, (text, sentence) in fields.items()
        if len(text.strip()) < shortest
    ]
    if missing:
        raise ResourceInvalid(missing)


def written(parties: Parties, code: str, title: str, sections: Sequence[Section]) -> bytes:
    """The letter as a CDA document; sections without a line are left out."""
    header = header_of(
        parties.patient, parties.author, parties.place, number=parties.number, code=code,
        title=title, at=parties.at,
    )  # fmt: skip
    return with_sections(header, [one for one in sections if one[1]])


def lines(text: str) -> list[str]:
    """The lines of what was typed, without the empty ones."""
    return [one for line in text.splitlines() if (one := line.strip())]
