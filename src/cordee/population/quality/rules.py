"""What is asked of the rows of a source, read from a file and checked; pure.

A check says which rows it is about and when one fails. Thresholds are settings that say their date
and origin. Rule: G1.4.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cordee.population.facts.kinds import EVENT_COLUMNS, KINDS, PERSON, PERSON_COLUMNS
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.resources import data_folder

COMPLETENESS, PLAUSIBILITY, TIMELINESS, DRIFT = (
    "completeness", "plausibility", "timeliness", "drift",
)  # fmt: skip
ALL: Final = "*"
"""A check of every kind of events."""
LATE: Final = "late"
_SETTINGS: Final = (COMPLETENESS, PLAUSIBILITY, LATE, DRIFT)
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "filled": frozenset({"field", "given"}),
    "future": frozenset(),
    "before-birth": frozenset(),
    "after-death": frozenset(),
    "ends-before": frozenset(),
    "bounds": frozenset({"codes", "unit", "low", "high", "origin"}),
    "units": frozenset({"codes", "units", "origin"}),
}
_FREE: Final = frozenset({"given"})
_HEAD: Final = frozenset({"id", "kind", "what", "label"})


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `what` of `_KEYS`; `kind` a table of facts, or `ALL` the events.

    A `field` that is to be filled may be asked for only where another one is `given`.
    """

    id: str
    kind: str
    what: str
    label: str
    field: str = ""
    given: str = ""
    codes: tuple[str, ...] = ()
    unit: str = ""
    units: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    origin: str = ""

    @property
    def dimension(self) -> str:
        """What it is about."""
        return COMPLETENESS if self.what == "filled" else PLAUSIBILITY


@dataclass(frozen=True, slots=True)
class Setting:
    """A threshold, its date and origin."""

    value: float
    date: str
    origin: str


@dataclass(frozen=True, slots=True)
class QualityRules:
    """The checks, and the thresholds by dimension (`LATE` in days)."""

    version: str
    settings: Mapping[str, Setting]
    checks: tuple[Check, ...]

    def of(self, kind: str) -> tuple[Check, ...]:
        """The checks of a table of facts."""
        return tuple(
            one for one in self.checks
            if one.kind == kind or (one.kind == ALL and kind != PERSON)
        )  # fmt: skip


def read(text: str) -> QualityRules:
    """The rules that a TOML text tells; raises `InvalidRequest` with the place of what is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"the rules are no TOML: {error}") from error
    _only(told, frozenset({"id", "version", "settings", "check"}), "rules")
    settings = {name: _setting(name, told.get("settings", {})) for name in _SETTINGS}
    checks = tuple(_check(at, one) for at, one in enumerate(told.get("check", ())))
    names = [one.id for one in checks]
    for one in names:
        if names.count(one) > 1:
            raise InvalidRequest(f"check {one}: told twice")
    return QualityRules(str(told.get("version", "1")), settings, checks)


@cache
def shipped() -> QualityRules:
    """The rules that come with the product."""
    file = data_folder("population").joinpath("quality").joinpath("rules.toml")
    return read(file.read_text("utf-8"))


def _setting(name: str, told: Mapping[str, Any]) -> Setting:
    given = told.get(name, {})
    for one in ("value", "date", "origin"):
        if one not in given:
            raise InvalidRequest(f"settings.{name}.{one}: missing")
    value = given["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise InvalidRequest(f"settings.{name}.value: a number above 0")
    return Setting(float(value), str(given["date"]), given["origin"])


def _check(at: int, told: Mapping[str, Any]) -> Check:
    place = f"check[{at}]"
    for one in sorted(_HEAD):
        if not isinstance(told.get(one), str):
            raise InvalidRequest(f"{place}.{one}: missing")
    what, kind = told["what"], told["kind"]
    if what not in _KEYS:
        raise InvalidRequest(f"{place}.what: {what} is none of {', '.join(_KEYS)}")
    if kind not in {PERSON, ALL, *KINDS}:
        raise InvalidRequest(f"{place}.kind: {kind} is none of {', '.join((PERSON, ALL, *KINDS))}")
    _fits(told, place)
    return Check(
        told["id"], kind, what, told["label"], told.get("field", ""), told.get("given", ""),
        tuple(told.get("codes", ())), told.get("unit", ""), tuple(told.get("units", ())),
        float(told.get("low", 0)),
        float(told.get("high", 0)), told.get("origin", ""),
    )  # fmt: skip


def _fits(told: Mapping[str, Any], place: str) -> None:
    """Raises for keys that do not go with what is asked, or of which one is missing."""
    what, kind = told["what"], told["kind"]
    _only(told, _HEAD | _KEYS[what], place)
    for one in sorted(_KEYS[what] - _FREE - told.keys()):
        raise InvalidRequest(f"{place}.{one}: missing")
    columns = PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS
    for one in _KEYS["filled"] & told.keys():
        if told[one] not in columns:
            raise InvalidRequest(f"{place}.{one}: {told[one]} is no column of {kind}")
    if kind == PERSON and what != "filled":
        raise InvalidRequest(f"{place}.what: {what} is asked of events")
    if what == "bounds" and not told["low"] < told["high"]:
        raise InvalidRequest(f"{place}.low: below high")


def _only(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    for one in sorted(given.keys() - known):
        raise InvalidRequest(f"{place}.{one}: not known")
