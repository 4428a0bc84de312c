"""Cells of prevalence by département, age, sex and group, as the Assurance Maladie publishes them.

Schema of data.ameli (effectifs): Ntop persons of a group among Npop; Ntop is empty where it is
under the threshold of the publisher. A cell that is empty or absent is not published, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordee.population.sources.description import Description
from cordee.population.sources.tables import Line, rows

EVERY: Final = -1
"""The band of all ages."""
OLDEST: Final = 95
WHOLE: Final = "999"
"""The code of all départements of a region: a total, no département."""
SEXES: Final = {"1": "male", "2": "female", "9": "all"}


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases among people; `band` is the first age of five years, `cases` None if not published."""

    year: int
    group: str
    sex: str
    departement: str
    region: str
    band: int
    cases: float | None
    people: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells, to be read once, and the groups of which nothing could be read."""

    cells: Iterable[Cell]
    unreadable: tuple[str, ...] = ()


def published(path: Path, told: Description) -> Told:
    """The cells of a file in the schema of data.ameli, totals of regions left out.

    They are read when they are asked for: the file of the whole country has millions.
    """
    found = (_published(one) for one in rows(path, told))
    return Told(one for one in found if one.departement != WHOLE)


def summed(path: Path, told: Description) -> Told:
    """The cells of a file that adds rows of data.ameli up, where that can be undone.

    Such a file adds women, men and both: each person is counted `counted` times. A group whose
    people of all ages are not as many as those of the other groups adds several levels of groups
    as well, or one sex alone: nothing is read of it. A cell of fewer people than the other groups
    have at that age lacks a sex that was not published: it is not told.
    """
    every = [_summed(one) for one in rows(path, told)]
    usual = _usual(one for one in every if one.band == EVERY)
    apart = {
        one.group for one in every
        if one.band == EVERY and one.people != usual[one.year, one.departement, EVERY]
    }  # fmt: skip
    kept = [one for one in every if one.group not in apart]
    most: dict[tuple[int, str, int], float] = {}
    for one in kept:
        key = (one.year, one.departement, one.band)
        most[key] = max(most.get(key, 0.0), one.people)
    return Told(
        tuple(_undone(one, most[one.year, one.departement, one.band], told.counted)
              for one in kept),
        tuple(sorted(apart)),
    )  # fmt: skip


def _undone(one: Cell, most: float, counted: int) -> Cell:
    whole = one.people == most and one.cases is not None
    return Cell(
        one.year, one.group, one.sex, one.departement, one.region, one.band,
        one.cases / counted if whole and one.cases is not None else None, most / counted,
    )  # fmt: skip


def _usual(cells: Iterable[Cell]) -> dict[tuple[int, str, int], float]:
    """How many people most groups have, by year, département and age."""
    counts: dict[tuple[int, str, int], dict[float, int]] = {}
    for one in cells:
        found = counts.setdefault((one.year, one.departement, one.band), {})
        found[one.people] = found.get(one.people, 0) + 1
    return {key: max(some, key=lambda one: (some[one], -one)) for key, some in counts.items()}


def _published(line: Line) -> Cell:
    sex, names = line.text("sexe"), [line.text("patho_niv1")]
    if sex not in SEXES:
        raise line.wrong("sexe", f"none of {', '.join(SEXES)}: {sex[:20]}")
    for level in ("patho_niv2", "patho_niv3"):
        told = line.blank(level)
        if told and told != names[-1]:
            names.append(told)
    return Cell(
        _year(line), " > ".join(names), SEXES[sex], line.text("dept"), line.text("region"),
        _coded(line), *_counts(line),
    )  # fmt: skip


def _summed(line: Line) -> Cell:
    return Cell(
        _year(line), line.text("patho_niv1"), "all", line.text("dept").zfill(2), "",
        _labelled(line), *_counts(line),
    )  # fmt: skip


def _counts(line: Line) -> tuple[float | None, float]:
    cases, people = line.maybe("Ntop"), line.number("Npop")
    if cases is not None and cases > people:
        raise line.wrong("Ntop", "more cases than people")
    return cases, people


def _year(line: Line) -> int:
    text = line.text("annee")
    if not (text.isascii() and text.isdigit() and len(text) == 4):  # noqa: PLR2004 -- a year
        raise line.wrong("annee", f"no year: {text[:20]}")
    return int(text)


def _coded(line: Line) -> int:
    """`tsage`, `00-04`, `95et+`."""
    text = line.text("cla_age_5")
    if text == "tsage":
        return EVERY
    return _band(line, "cla_age_5", text[:2])


def _labelled(line: Line) -> int:
    """`tous âges`, `de 0 à 4 ans`, `plus de 95 ans`."""
    text = line.text("libelle_classe_age")
    if text == "tous âges":
        return EVERY
    words = text.split()
    first = {"de": 1, "plus": 2}.get(words[0], 0)
    return _band(line, "libelle_classe_age", words[first] if first < len(words) else "")


def _band(line: Line, column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) % 5 or int(text) > OLDEST:
        raise line.wrong(column, f"no age of five years: {text[:20]}")
    return int(text)


def bands(first: int) -> str:
    """A band in words of numbers: 0-4, 95+."""
    return f"{first}+" if first >= OLDEST else f"{first}-{first + 4}"


class Plausible:
    """Cells of départements that exist, in the region that they lie in; how many are left out.

    `regions` is the region of each département; where it is empty nothing is left out.
    """

    def __init__(self, told: Told, regions: Mapping[str, str]) -> None:
        """Nothing is read yet."""
        self._told = told
        self._regions = regions
        self.kept = 0
        self.left = 0

    def __iter__(self) -> Iterator[Cell]:
        """The cells, once."""
        for one in self._told.cells:
            region = self._regions.get(one.departement)
            if not self._regions or (region and one.region in {"", region}):
                self.kept += 1
                yield one
            else:
                self.left += 1
