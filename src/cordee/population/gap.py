"""The gap index: need against offer by area, of told figures alone; pure. Rule: G2.4.

The definition is data (`population/overlays/carence.toml`): its terms with weight, date and origin.
Each term is a z-score among the areas that have all terms: the difference to their mean, in
standard deviations of that population. The index is the weighted mean of need less that of offer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np

from cordee.runtime.errors import InvalidRequest
from cordee.runtime.resources import data_folder

FIGURE, DEPRIVATION, DENSITY, PROXIMITY = "figure", "deprivation", "density", "proximity"
TERMS: Final = (FIGURE, DEPRIVATION, DENSITY, PROXIMITY)
_NEEDED: Final = (
    "id", "version", "title", "formula", "note", "source", "fewest", "need", "offer", "marks",
    "care",
)  # fmt: skip
_MARKS: Final = ("deprivation", "distance", "density", "gap")


@dataclass(frozen=True, slots=True)
class Term:
    """A term: which it is, its words, weight, date and origin; `is_need` or offer."""

    name: str
    label: str
    weight: float
    date: str
    origin: str
    is_need: bool


@dataclass(frozen=True, slots=True)
class Care:
    """Who treats what a theme is about: a speciality, and an activity of establishments."""

    speciality: str
    activity: str


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of the index; `marks` are the bounds from which an area is marked."""

    id: str
    version: str
    title: str
    formula: str
    note: str
    source: str
    fewest: int
    terms: tuple[Term, ...]
    marks: Mapping[str, float]
    care: Mapping[str, Care]
    text: str = field(default="", compare=False)

    def care_of(self, theme: str) -> Care:
        """Who treats what a theme is about; general care for a theme that tells none."""
        return self.care.get(theme) or self.care[""]


@dataclass(frozen=True, slots=True)
class Gap:
    """The index of an area with its parts: the z-score of each term, need, offer."""

    value: float
    need: float
    offer: float
    scores: Mapping[str, float]


def gaps(definition: Definition, told: Mapping[str, Mapping[str, float | None]]) -> dict[str, Gap]:
    """Area -> index, from area -> term -> value; areas that lack a term have none.

    None have one where fewer than `fewest` areas tell all terms.
    """
    names = [one.name for one in definition.terms]
    known = {
        area: [value for name in names if (value := some.get(name)) is not None]
        for area, some in told.items()
    }
    whole = {area: values for area, values in known.items() if len(values) == len(names)}
    if len(whole) < definition.fewest:
        return {}
    values = np.array(list(whole.values()))
    spread = values.std(axis=0)
    scores = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return {
        area: _gap(definition, dict(zip(names, map(float, row), strict=True)))
        for area, row in zip(whole, scores, strict=True)
    }


def read(text: str) -> Definition:
    """The definition that a TOML text tells; raises `InvalidRequest` with what is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"the definition is no TOML: {error}") from error
    _check(told)
    terms = tuple(
        _term(side, name, given) for side in ("need", "offer") for name, given in told[side].items()
    )
    for is_need in (True, False):
        if sum(one.weight for one in terms if one.is_need is is_need) <= 0:
            raise InvalidRequest(f"{'need' if is_need else 'offer'}: no term with a weight")
    care = {theme: Care(one["speciality"], one["activity"]) for theme, one in told["care"].items()}
    return Definition(
        told["id"], str(told["version"]), told["title"], told["formula"], told["note"],
        told["source"], int(told["fewest"]), terms, told["marks"], care, text,
    )  # fmt: skip


@cache
def shipped() -> Definition:
    """The definition that comes with the product."""
    file = data_folder("population").joinpath("overlays").joinpath("carence.toml")
    return read(file.read_text("utf-8"))


def _check(told: Mapping[str, Any]) -> None:
    """Raises for what is missing."""
    for one in _NEEDED:
        if one not in told:
            raise InvalidRequest(f"{one}: missing")
    for one in _MARKS:
        if one not in told["marks"]:
            raise InvalidRequest(f"marks.{one}: missing")
    if "" not in told["care"]:
        raise InvalidRequest('care."": missing')


def _term(side: str, name: str, given: Mapping[str, Any]) -> Term:
    if name not in TERMS:
        raise InvalidRequest(f"{side}.{name}: none of {', '.join(TERMS)}")
    for one in ("label", "weight", "date", "origin"):
        if one not in given:
            raise InvalidRequest(f"{side}.{name}.{one}: missing")
    weight = given["weight"]
    if not isinstance(weight, int | float) or weight < 0:
        raise InvalidRequest(f"{side}.{name}.weight: a number that is not negative")
    return Term(
        name, given["label"], float(weight), str(given["date"]), given["origin"], side == "need"
    )


def _gap(definition: Definition, scores: dict[str, float]) -> Gap:
    need, offer = (_mean(definition, scores, is_need=side) for side in (True, False))
    return Gap(need - offer, need, offer, scores)


def _mean(definition: Definition, scores: Mapping[str, float], *, is_need: bool) -> float:
    some = [one for one in definition.terms if one.is_need is is_need]
    return sum(one.weight * scores[one.name] for one in some) / sum(one.weight for one in some)
