"""The keys under which the file of a person is found, as keyed hashes.

Rule: decision 0023 (what the keys are), 0025 (which of them are kept, and where).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cordee.fhir.indexing.intervals import interval
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.ins.matricule import is_matricule
from cordee.identity.matching.blocking import blocks
from cordee.identity.matching.people import Person, prepare
from cordee.identity.matching.spelling import letters
from cordee.runtime.errors import InvalidRequest

FEWEST_LETTERS = 3
LIKELY = 0.9  # as in matching/duplicates, which needs the tools of batch work
LARGEST_BLOCK = 400
_BROAD = ("d:", "n:")
_DATE = 10


def file_keys(keys: KeyMaker, person: Person) -> list[int]:
    """Hashes of the keys that are kept of a file: not the broadest, as narrower ones hold them."""
    kept = (key for key in blocks(person) if not (key.startswith(_BROAD) and key.count(":") == 1))
    return sorted({keys(f"identity {key}") for key in kept})


def birth_days(person: Person) -> list[datetime]:
    """Starts of the days on which the one asked may be born: as said, day and month exchanged."""
    said = person.birth_date
    if len(said) != _DATE:
        return []
    year, month, day = said.split("-")
    found = []
    for text in {said, f"{year}-{day}-{month}"}:
        try:
            found.append(interval(text)[0])
        except InvalidRequest:
            continue
    return found


def identifier_keys(keys: KeyMaker, matricule: str) -> list[int]:
    """Hashes under which the index holds a matricule, with its key or without."""
    if not is_matricule(matricule):
        return []
    return [keys(f"Patient.identifier={one.casefold()}") for one in (matricule, matricule[:13])]


def search_marks(keys: KeyMaker, person: Person) -> list[int]:
    """Hashes that say for whom a search was made: birth date and three letters, or the INS."""
    return [keys(f"identity search {one}") for one in _marks(person)]


def _marks(person: Person) -> Iterable[str]:
    one = prepare(person)
    if is_matricule(one.ins):
        yield one.ins
    if one.birth:
        for name in (person.birth_name, person.used_name):
            if start := letters(name)[:FEWEST_LETTERS]:
                yield f"{one.birth} {start}"
