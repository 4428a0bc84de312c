"""The situation of a day in numbers: what each member tells, and all together. B6.5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.runtime.errors import Issue, ResourceInvalid

HIGHEST: Final = 5000
COUNTED: Final[Mapping[str, str]] = {
    "demandes": "Demandes de soins non programmés",
    "sans-reponse": "Restées sans réponse",
    "visites": "Visites à domicile faites",
    "urgences": "Adressées aux urgences",
    "absents": "Professionnels absents",
    "fermes": "Lieux de soins fermés",
}
WHY: Final[Mapping[str, str]] = {
    "saisie": "Erreur de saisie",
    "tardif": "Nombre connu plus tard",
    "double": "Compté deux fois",
}
Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """What one member told of a day, by whom and when; `why` where it amends what was told."""

    n: int
    numbers: Numbers
    why: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day: what each member told (all versions, the last one counts), what was shared."""

    iso: str
    told: Mapping[str, Sequence[Told]]
    shared: Told | None

    @property
    def total(self) -> Numbers:
        """All members together."""
        return total(one[-1].numbers for one in self.told.values())

    @property
    def has_moved(self) -> bool:
        """Whether something was told or amended since it was shared."""
        return self.shared is not None and dict(self.shared.numbers) != dict(self.total)


def total(all_of: Iterable[Numbers]) -> Numbers:
    """The sum of numbers, by code."""
    known = list(all_of)
    return {code: sum(one.get(code, 0) for one in known) for code in COUNTED}


def check(numbers: Mapping[str, int | None], why: str, *, amends: bool) -> dict[str, int]:
    """The numbers of a form that can be taken; raises `ResourceInvalid` with each problem."""
    problems = [
        (code, f"{label} : écrivez un nombre de 0 à {HIGHEST}.")
        for code, label in COUNTED.items()
        if (one := numbers.get(code)) is None or not 0 <= one <= HIGHEST
    ]
    if amends and why not in WHY:
        problems.append(("pourquoi", "Dites pourquoi ces nombres changent."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])
    return {code: numbers[code] or 0 for code in COUNTED}


def content_of(numbers: Numbers, why: str) -> dict[str, Any]:
    """What is kept of a form."""
    return {"numbers": dict(numbers), "why": why}
