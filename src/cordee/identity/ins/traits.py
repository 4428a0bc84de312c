"""The five strict traits of an identity, with their rules.

Rules: référentiel INS (birth name, given names of birth, date of birth, sex, place of birth);
RNIV 1 for what each may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from cordee.identity.ins.alphabet import is_strict_name, strict_name
from cordee.runtime.errors import Issue, ResourceInvalid

LONGEST_NAME: Final = 100
UNKNOWN_PLACE: Final = "99999"
ABROAD: Final = "99"
FIELDS: Final = (
    "birth_name",
    "first_given_name",
    "birth_given_names",
    "birth_date",
    "sex",
    "birth_place",
)
LABELS: Final = {
    "birth_name": "nom de naissance",
    "first_given_name": "premier prénom de naissance",
    "birth_given_names": "liste des prénoms de naissance",
    "birth_date": "date de naissance",
    "sex": "sexe",
    "birth_place": "code du lieu de naissance",
    "ins": "matricule INS",
}
_PLACE = re.compile(r"(?:\d{2}|2[AB])\d{3}")
_OLDEST = date(1850, 1, 1)


class Sex(StrEnum):
    """Sex as the INS knows it; unknown only while the identity is provisional."""

    MALE = "M"
    FEMALE = "F"
    UNKNOWN = "I"


@dataclass(frozen=True, slots=True, repr=False)
class StrictTraits:
    """The traits of one person, in the alphabet of the INS; empty text means not known.

    `birth_given_names` is the whole list as the birth certificate has it, separated by spaces;
    `first_given_name` is what stands at its head. `lunar_date` is the date as the INSi gave it
    when the calendar has no such date.
    """

    birth_name: str
    first_given_name: str
    birth_given_names: str
    birth_date: date | None
    sex: Sex
    birth_place: str
    lunar_date: str | None = None

    @property
    def is_complete(self) -> bool:
        """All five traits are known: what an identity with an INS must have."""
        known = self.birth_name and self.birth_given_names and self.birth_date
        return bool(known) and self.sex is not Sex.UNKNOWN and bool(self.birth_place)

    @property
    def other_given_names(self) -> tuple[str, ...]:
        """The given names of the list after the first one."""
        return tuple(self.birth_given_names.removeprefix(self.first_given_name).split())


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """One trait that differs between what is recorded and what the INSi answers."""

    field: str
    recorded: str
    returned: str

    @property
    def label(self) -> str:
        """The name of the trait on the screen."""
        return LABELS[self.field]


def strict_traits(traits: StrictTraits, *, today: date) -> StrictTraits:
    """The same traits in the alphabet of the INS, the first given name taken from the list.

    Raises `ResourceInvalid` with every problem: a sign that no name has, a first given name
    that is not at the head of the list, a date to come, a place that is no COG code.
    """
    given = strict_name(traits.birth_given_names or traits.first_given_name)
    first = strict_name(traits.first_given_name) or given.split(" ", maxsplit=1)[0]
    cleaned = replace(
        traits,
        birth_name=strict_name(traits.birth_name),
        first_given_name=first,
        birth_given_names=given,
        birth_place=traits.birth_place.strip().upper(),
    )
    problems = [
        *_name_problems("birth_name", cleaned.birth_name),
        *_name_problems("birth_given_names", cleaned.birth_given_names),
        *_head_problems(cleaned),
        *_birth_problems(cleaned, today),
    ]
    if problems:
        raise ResourceInvalid(problems)
    return cleaned


def differences(recorded: StrictTraits, returned: StrictTraits) -> tuple[Difference, ...]:
    """The traits that differ, in the order of the INS; a trait not yet recorded does not count."""
    found = []
    for field in FIELDS:
        ours, theirs = _shown(recorded, field), _shown(returned, field)
        if ours and ours != theirs and not (field == "sex" and ours == Sex.UNKNOWN):
            found.append(Difference(field, ours, theirs))
    return tuple(found)


def _shown(traits: StrictTraits, field: str) -> str:
    value = getattr(traits, field)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _name_problems(field: str, name: str) -> list[Issue]:
    label = LABELS[field]
    if not name:
        return []
    if len(name) > LONGEST_NAME:
        return [_issue(field, f"Le trait « {label} » dépasse {LONGEST_NAME} caractères.")]
    if not is_strict_name(name):
        sentence = (
            f"Le trait « {label} » ne peut contenir que des lettres sans accent, l’espace, "
            "le tiret et l’apostrophe, et commence et finit par une lettre."
        )
        return [_issue(field, sentence)]
    return []


def _head_problems(traits: StrictTraits) -> list[Issue]:
    first, given = traits.first_given_name, traits.birth_given_names
    if given == first or given.startswith(first + " "):
        return []
    sentence = "Le premier prénom doit figurer en tête de la liste des prénoms de naissance."
    return [_issue("first_given_name", sentence)]


def _birth_problems(traits: StrictTraits, today: date) -> list[Issue]:
    problems = []
    if traits.birth_date and traits.birth_date > today:
        problems.append(_issue("birth_date", "La date de naissance est dans le futur."))
    if traits.birth_date and traits.birth_date < _OLDEST:
        problems.append(_issue("birth_date", "La date de naissance est antérieure à 1850."))
    if traits.birth_place and not _PLACE.fullmatch(traits.birth_place):
        sentence = (
            "Le lieu de naissance est un code officiel géographique de cinq caractères "
            "(commune, ou pays précédé de 99)."
        )
        problems.append(_issue("birth_place", sentence))
    return problems


def _issue(field: str, sentence: str) -> Issue:
    return Issue("error", "invalid", sentence, (_PATHS[field],))


_PATHS: Final = {
    "birth_name": "Patient.name.family",
    "first_given_name": "Patient.name.given",
    "birth_given_names": "Patient.name.extension",
    "birth_date": "Patient.birthDate",
    "birth_place": "Patient.extension",
}
