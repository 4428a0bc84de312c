"""A search by the least that is asked before a file is made: date of birth and three letters.

Rule: A1.1: the date of birth and the first three letters of the birth name, or the INS; fields
put in one another's place and names written as they sound are found too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cordee.identity.ins.matricule import is_matricule
from cordee.identity.matching.blocking import prepared_blocks
from cordee.identity.matching.levels import BIRTH, level_of
from cordee.identity.matching.people import Person, Prepared, prepare
from cordee.identity.matching.scoring import REGION, Match, score_prepared
from cordee.identity.matching.sounds import sound
from cordee.identity.matching.spelling import core, letters
from cordee.identity.matching.weights import Weights, french_weights
from cordee.runtime.errors import InvalidRequest

FEWEST_LETTERS: Final = 3
SOUND_LETTERS: Final = 2
_WHOLE_DATE: Final = 8
_DATES: Final = ("same", "inverted")


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate of a search: its place among those given, and how well it fits."""

    place: int
    match: Match


def search_keys(asked: Person) -> set[str]:
    """The keys under which an index holds every candidate of a search.

    Raises `InvalidRequest` when the date of birth and three letters of the birth name are not
    there (or two and a given name, for names of two letters), nor an INS.
    """
    one = prepare(asked)
    if is_matricule(one.ins):
        return {f"i:{one.ins[:13]}"}
    if len(one.birth) != _WHOLE_DATE or "00" in (one.birth[4:6], one.birth[6:]):
        raise _too_little()
    if len(letters(asked.birth_name)) < FEWEST_LETTERS and not _is_short_name(asked):
        raise _too_little()
    return {key for key in prepared_blocks(one) if key.startswith("d:") and key.count(":") == 1}


def search(
    asked: Person,
    candidates: Sequence[Person],
    *,
    weights: Weights | None = None,
    population: int = REGION,
) -> list[Hit]:
    """The candidates that fit, the likeliest first.

    The letters asked may start the birth name, the used name or the given name, as written or
    as said. Raises `InvalidRequest` as `search_keys` does.
    """
    search_keys(asked)
    known, hits = weights or french_weights(), []
    for place, candidate in enumerate(candidates):
        other = prepare(candidate)
        filled = _fitted(asked, candidate, other)
        if filled is not None:
            match = score_prepared(prepare(filled), other, known, population)
            hits.append(Hit(place, match))
    return sorted(hits, key=lambda hit: (-hit.match.weight, hit.place))


def _fitted(asked: Person, candidate: Person, other: Prepared) -> Person | None:
    """What is asked with its letters made whole by the names they start; None when none is."""
    one = prepare(asked)
    named = _named(asked, candidate)
    if one.ins and one.ins == other.ins:
        return named or asked
    level = level_of(BIRTH, one, other)
    return named if level and level.name in _DATES else None


def _named(asked: Person, candidate: Person) -> Person | None:
    given = _given(asked.given_names, candidate.given_names)
    for name in (candidate.birth_name, candidate.used_name):
        if _is_spelled(asked.birth_name, name):
            return replace(asked, birth_name=name, given_names=given)
    first = candidate.given_names.split(" ", maxsplit=1)[0]
    if _is_spelled(asked.birth_name, first):  # names in one another's place
        family = _given(asked.given_names, candidate.birth_name)
        return replace(asked, birth_name=first, given_names=family)
    names = (candidate.birth_name, candidate.used_name, first)
    if any(_is_said(asked.birth_name, name) for name in names):
        return replace(asked, given_names=given)
    return None


def _given(typed: str, name: str) -> str:
    return name if typed and _is_spelled(typed, name) else typed


def _is_spelled(typed: str, name: str) -> bool:
    """The letters typed start a name, with or without its particles."""
    written = letters(typed)
    return bool(written) and (letters(name).startswith(written) or core(name).startswith(written))


def _is_said(typed: str, name: str) -> bool:
    """What is typed sounds like the start of a name."""
    said = sound(core(typed))
    return len(said) > SOUND_LETTERS and bool(name) and sound(core(name)).startswith(said)


def _is_short_name(asked: Person) -> bool:
    """A name such as Ly or Ba is whole with two letters: a given name is asked beside it."""
    return len(letters(asked.birth_name)) > 1 and bool(letters(asked.given_names))


def _too_little() -> InvalidRequest:
    return InvalidRequest(
        "La recherche demande la date de naissance et les trois premières lettres du nom de "
        "naissance, ou le matricule INS."
    )
