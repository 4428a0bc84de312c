"""The definition of an indicator, read from its file and checked; pure.

Who counts (`denominator`, less `exclusions`), who of them is a case (`numerator`), over what time,
with parameters that say their date and origin. Rules: G2.3, G1.8.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from cordee.population.indicators.criteria import (
    Criterion,
    Event,
    Span,
    criterion,
    services,
    span,
)
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.resources import data_folder

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MEASURES: Final = ("share", "rate", "events")
_KNOWN: Final = frozenset(
    {
        "id", "version", "title", "theme", "measure", "purpose", "source", "period", "per",
        "denominator", "numerator", "exclusions", "parameters", "followed", "high_is", "needs",
        "note",
    }
)  # fmt: skip
_NEEDED: Final = ("id", "version", "title", "theme", "measure", "source", "period", "numerator")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a definition depends on, with the day and the text that it comes from."""

    name: str
    value: float
    unit: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator.

    `measure`: `share`, persons with the numerator among those of the denominator; `rate`, events of
    the numerator for the persons of the denominator, over the period; `events`, of the events of
    the numerator those that another of `followed` follows within `followed_days`. `per` is how many
    persons or events a figure is told for (100 is per cent). `needs` names kinds of events without
    which it says nothing.
    """

    id: str
    version: str
    title: str
    theme: str
    measure: str
    purpose: str
    source: str
    period: Span
    per: int
    numerator: Criterion
    denominator: Criterion | None = None
    exclusions: Criterion | None = None
    parameters: tuple[Parameter, ...] = ()
    followed: Event | None = None
    followed_days: int = 0
    high_is: str = "bad"
    needs: tuple[str, ...] = ()
    note: str = ""
    text: str = field(default="", compare=False)


def read(text: str) -> Indicator:
    """The indicator that a TOML text defines; raises `InvalidRequest` with what is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"the definition is no TOML: {error}") from error
    for one in told.keys() - _KNOWN:
        raise InvalidRequest(f"{one}: not known")
    for one in _NEEDED:
        if one not in told:
            raise InvalidRequest(f"{one}: missing")
    if not _ID.fullmatch(str(told["id"])) or told["measure"] not in MEASURES:
        raise InvalidRequest(f"measure: one of {', '.join(MEASURES)}; id: words and dashes")
    return _indicator(told, text)


@cache
def shipped() -> Mapping[str, Indicator]:
    """The indicators that come with the product, by id."""
    folder = data_folder("population").joinpath("indicators")
    found = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name
    )
    every = [read(one.read_text("utf-8")) for one in found]
    return {one.id: one for one in every}


@cache
def services_asked() -> frozenset[str]:
    """The services to which a shipped indicator asks the way."""
    asked = [part for one in shipped().values() for part in (one.numerator, one.denominator)]
    return frozenset[str]().union(*map(services, asked))


def indicator(name: str) -> Indicator:
    """The shipped indicator of this id; raises `NotFound`."""
    found = shipped().get(name)
    if found is None:
        raise NotFound(f"there is no indicator {name}")
    return found


def _indicator(told: Mapping[str, Any], text: str) -> Indicator:
    parameters = tuple(_parameter(name, one) for name, one in told.get("parameters", {}).items())
    values = {one.name: one.value for one in parameters}

    def at(name: str) -> Criterion | None:
        return criterion(told[name], values, name) if name in told else None

    numerator = criterion(told["numerator"], values, "numerator")
    if told["measure"] != "share" and not isinstance(numerator, Event):
        raise InvalidRequest("numerator: events are counted of one kind, not of a combination")
    followed, days = _followed(told, values)
    return Indicator(
        told["id"], str(told["version"]), told["title"], told["theme"], told["measure"],
        told.get("purpose", ""), told["source"], span(told["period"], "period"),
        int(told.get("per", 100)), numerator, at("denominator"), at("exclusions"), parameters,
        followed, days, told.get("high_is", "bad"), tuple(told.get("needs", ())),
        told.get("note", ""), text,
    )  # fmt: skip


def _followed(told: Mapping[str, Any], values: Mapping[str, float]) -> tuple[Event | None, int]:
    if (told["measure"] == "events") != ("followed" in told):
        raise InvalidRequest("followed: told for the measure events, and for it alone")
    if "followed" not in told:
        return None, 0
    given = dict(told["followed"])
    days = given.pop("days", 0)
    found = criterion(given, values, "followed")
    if not isinstance(found, Event) or not isinstance(days, int) or days < 1:
        raise InvalidRequest("followed: an event and a number of days")
    return found, days


def _parameter(name: str, given: Mapping[str, Any]) -> Parameter:
    missing = {"value", "date", "source"} - given.keys()
    if missing:
        raise InvalidRequest(f"parameters.{name}.{min(missing)}: missing")
    return Parameter(
        name, float(given["value"]), str(given.get("unit", "")), str(given["date"]),
        str(given["source"]),
    )  # fmt: skip
