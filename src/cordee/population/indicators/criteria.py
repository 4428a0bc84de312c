"""What a definition asks of people, read and checked; pure.

A criterion is one event or a fact of the person, or `any`, `all`, `none` of others. Wrong ones are
refused with their place. Grammar: docs/developer/population.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.population.facts.kinds import KINDS
from cordee.runtime.errors import InvalidRequest

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*")
_UNIT: Final = re.compile(r"[\w%/.\[\]{}*^\-]+")
_SPAN: Final = re.compile(r"P(\d{1,3})([YMWD])")
_MONTHS: Final = {"Y": 12, "M": 1}
_DAYS: Final = {"W": 7, "D": 1}
_SEXES: Final = ("female", "male")
_OLDEST: Final = 150
_EVENT: Final = frozenset(
    {"event", "codes", "detail", "within", "times", "at_least", "below", "unit", "lasting"}
)
_PERSON: Final = frozenset({"sex", "age", "doctor", "far", "minutes"})
_SERVICE: Final = re.compile(r"[\w ,’'\-]{3,80}")
Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time back from the day that is asked about."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Events of a kind: codes by their beginnings, bounds of the value, how many days with one.

    `span` None means the period of the indicator; `lasting` asks that it has not ended.
    """

    kind: str
    codes: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    span: Span | None = None
    is_ever: bool = False
    times: int = 1
    at_least: float | None = None
    below: float | None = None
    unit: str = ""
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class PersonFact:
    """Facts of the person on the day that is asked about; ages in years, both bounds included.

    `far` names a service: who lives more than `minutes` from the nearest one, where that is known.
    """

    sex: str = ""
    youngest: int = 0
    oldest: int = _OLDEST
    doctor: bool | None = None
    far: str = ""
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Combined:
    """`any`, `all` or `none` of criteria."""

    how: str
    parts: tuple[Criterion, ...]


Criterion = Event | PersonFact | Combined


def criterion(given: Any, parameters: Parameters, place: str) -> Criterion:
    """The criterion told by a table; raises `InvalidRequest` with the place of what is wrong."""
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{place}: a criterion is a table")
    combined = [how for how in ("any", "all", "none") if how in given]
    if combined:
        return _combined(combined[0], given, parameters, place)
    if "event" in given:
        return _event(given, parameters, place)
    _only(given, _PERSON, place)
    if not given:
        raise InvalidRequest(f"{place}: a criterion asks for something")
    return _person(given, parameters, place)


def services(asked: Criterion | None) -> frozenset[str]:
    """The services that a criterion asks the way to."""
    if isinstance(asked, Combined):
        return frozenset[str]().union(*map(services, asked.parts))
    return frozenset({asked.far} - {""}) if isinstance(asked, PersonFact) else frozenset()


def span(text: object, place: str) -> Span:
    """A length such as P12M or P14D; raises `InvalidRequest`."""
    found = _SPAN.fullmatch(str(text))
    if found is None:
        raise InvalidRequest(f"{place}: {text} is no length such as P12M or P14D")
    count, unit = int(found[1]), found[2]
    return Span(count * _MONTHS.get(unit, 0), count * _DAYS.get(unit, 0))


def _combined(how: str, given: Mapping[str, Any], parameters: Parameters, place: str) -> Combined:
    _only(given, frozenset({how}), place)
    listed: Sequence[Any] = given[how]
    if not isinstance(listed, list) or not listed:
        raise InvalidRequest(f"{place}.{how}: a list of criteria")
    parts = (criterion(one, parameters, f"{place}.{how}[{at}]") for at, one in enumerate(listed))
    return Combined(how, tuple(parts))


def _event(given: Mapping[str, Any], parameters: Parameters, place: str) -> Event:
    _only(given, _EVENT, place)
    kind = given["event"]
    if kind not in KINDS:
        raise InvalidRequest(f"{place}.event: {kind} is none of {', '.join(KINDS)}")
    within = given.get("within", "period")
    unit = str(given.get("unit", ""))
    if unit and not _UNIT.fullmatch(unit):
        raise InvalidRequest(f"{place}.unit: {unit} is no unit of UCUM")
    return Event(
        kind,
        _codes(given.get("codes", []), f"{place}.codes"),
        _codes(given.get("detail", []), f"{place}.detail"),
        None if within in {"period", "ever"} else span(within, f"{place}.within"),
        within == "ever",
        _count(given.get("times", 1), f"{place}.times"),
        _bound(given.get("at_least"), parameters, f"{place}.at_least"),
        _bound(given.get("below"), parameters, f"{place}.below"),
        unit,
        given.get("lasting") is True,
    )


def _person(given: Mapping[str, Any], parameters: Parameters, place: str) -> PersonFact:
    sex, ages = given.get("sex", ""), given.get("age", [0, _OLDEST])
    if sex and sex not in _SEXES:
        raise InvalidRequest(f"{place}.sex: female or male")
    if (
        not isinstance(ages, list) or len(ages) != len(_SEXES)
        or not all(isinstance(one, int) for one in ages) or ages[0] > ages[1]
    ):  # fmt: skip
        raise InvalidRequest(f"{place}.age: the youngest and the oldest, in years")
    far, way = (
        str(given.get("far", "")),
        _bound(given.get("minutes"), parameters, f"{place}.minutes"),
    )
    if ("far" in given) != ("minutes" in given) or (far and not _SERVICE.fullmatch(far)):
        raise InvalidRequest(f"{place}.far: a service, with the minutes that are far")
    return PersonFact(sex, ages[0], ages[1], given.get("doctor"), far, way or 0.0)


def _codes(given: Any, place: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(_CODE.fullmatch(str(one)) for one in given):
        raise InvalidRequest(f"{place}: a list of codes, or of their beginnings")
    return tuple(map(str, given))


def _count(given: Any, place: str) -> int:
    if not isinstance(given, int) or given < 1:
        raise InvalidRequest(f"{place}: a number of days, 1 or more")
    return given


def _bound(given: Any, parameters: Parameters, place: str) -> float | None:
    """A number, or the name of a parameter behind a dollar."""
    if given is None:
        return None
    if isinstance(given, str) and given.startswith("$"):
        if given[1:] not in parameters:
            raise InvalidRequest(f"{place}: there is no parameter {given[1:]}")
        return parameters[given[1:]]
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidRequest(f"{place}: a number, or a parameter")
    return float(given)


def _only(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    for one in given.keys() - known:
        raise InvalidRequest(f"{place}.{one}: not known")
