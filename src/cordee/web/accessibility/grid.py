"""The 106 criteria of RGAA 4.1, and what is known of each.

`axe`: rules of axe look at a part of it in each run of the tests, and find nothing serious; `test`:
a test of ours looks at a part of it; `seen`: one of us looked, on the pages of each persona, and
found nothing against it; `fault`: it is not met; `absent`: there is nothing that it is about;
`open`: nobody has looked. We looked at our own work: an audit by others is still to come.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cordee.web.language import gettext as _

THEMES = {
    1: _("Images"),
    2: _("Cadres"),
    3: _("Couleurs"),
    4: _("Multimédia"),
    5: _("Tableaux"),
    6: _("Liens"),
    7: _("Scripts"),
    8: _("Éléments obligatoires"),
    9: _("Structuration de l’information"),
    10: _("Présentation de l’information"),
    11: _("Formulaires"),
    12: _("Navigation"),
    13: _("Consultation"),
}
STATES = ("axe", "test", "seen", "fault", "absent", "open")
LOOKED = "2026-11-22"
"""The day of the last look at all pages."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: its number, as "1.1", its state, and by what."""

    number: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme of the grid: how many of its criteria are in each state, in the order of STATES."""

    number: int
    name: str
    counts: tuple[int, ...]


@lru_cache(maxsize=1)
def criteria() -> tuple[Criterion, ...]:
    """All criteria, in the order of the RGAA."""
    with (files("cordee.web.accessibility") / "criteria.csv").open(encoding="utf-8") as file:
        return tuple(
            Criterion(row["criterion"], row["state"], row["detail"]) for row in csv.DictReader(file)
        )


def counts(theme: int | None = None) -> tuple[int, ...]:
    """How many criteria, of a theme or of all, are in each state, in the order of STATES."""
    of = [one for one in criteria() if theme is None or one.number.startswith(f"{theme}.")]
    return tuple(sum(one.state == state for one in of) for state in STATES)


def themes() -> list[Theme]:
    """The themes with their figures."""
    return [Theme(number, name, counts(number)) for number, name in THEMES.items()]


def share() -> int:
    """Percentage of the criteria that concern Cordée against which nothing is known."""
    of = dict(zip(STATES, counts(), strict=True))
    kept = of["axe"] + of["test"] + of["seen"]
    return kept * 100 // (kept + of["fault"] + of["open"])


def faults() -> tuple[Criterion, ...]:
    """Criteria that are not met, and by what."""
    return tuple(one for one in criteria() if one.state == "fault")
