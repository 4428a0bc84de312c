"""Results over time: series of one analysis in one unit, with their reference and reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from cordee.care.record.analyses import (
    ANALYSES,
    DIASTOLIC,
    LABORATORY_OTHER,
    OTHER,
    PRESSURE,
    SYSTOLIC,
    VITAL,
    group_rank,
)
from cordee.care.record.concepts import codes, first_text, label, person
from cordee.care.record.ports import RecordRows, Resource
from cordee.runtime.french import parse_moment

_HIDDEN = frozenset({"entered-in-error", "cancelled", "registered"})


class Reading(StrEnum):
    """How a value reads against its reference."""

    NORMAL = "normal"
    HIGH = "high"
    LOW = "low"
    CRITICAL_HIGH = "critical-high"
    CRITICAL_LOW = "critical-low"
    ABNORMAL = "abnormal"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_INTERPRETATIONS = {
    "HH": Reading.CRITICAL_HIGH,
    "HU": Reading.CRITICAL_HIGH,
    "LL": Reading.CRITICAL_LOW,
    "LU": Reading.CRITICAL_LOW,
    "AA": Reading.CRITICAL,
    "H": Reading.HIGH,
    "L": Reading.LOW,
    "A": Reading.ABNORMAL,
    "POS": Reading.ABNORMAL,
    "N": Reading.NORMAL,
    "NEG": Reading.NORMAL,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference range, with the population it fits."""

    low: Decimal | None = None
    high: Decimal | None = None
    text: str = ""
    population: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series. A blood pressure holds its diastolic part in `second`."""

    at: str
    moment: datetime
    value: Decimal | None
    second: Decimal | None
    text: str
    comparator: str
    reading: Reading
    author: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one analysis in one unit, from the oldest to the newest."""

    key: str
    name: str
    group: str
    rank: int
    unit: str
    is_vital: bool
    reference: Reference
    points: tuple[Point, ...]

    @property
    def last(self) -> Point:
        """The newest value."""
        return self.points[-1]


@dataclass(slots=True)
class _Value:
    """One value of an Observation before it joins its series."""

    source: Resource
    element: Mapping[str, Any]
    concept: Mapping[str, Any]
    second: Mapping[str, Any] | None = None


def read_series(rows: RecordRows) -> tuple[Series, ...]:
    """All series of a record, by group and rank; units are never mixed in one series."""
    found: dict[tuple[str, str], list[tuple[_Value, Point]]] = {}
    for value in _values(rows.results):
        point = _point(value, rows)
        if point is not None:
            found.setdefault((_identity(value), _unit(value.element)), []).append((value, point))
    series = [_series(key, unit, entries) for (key, unit), entries in found.items()]
    return tuple(sorted(series, key=lambda s: (group_rank(s.group), s.rank, s.name, s.unit)))


def assess(element: Mapping[str, Any], reference: Reference) -> Reading:
    """Give the reading said by the laboratory, else by the reference range, else unknown."""
    for concept in element.get("interpretation", ()):
        for code in codes(concept):
            if code in _INTERPRETATIONS:
                return _INTERPRETATIONS[code]
    value = decimal(element.get("valueQuantity", {}).get("value"))
    if value is None or (reference.low is None and reference.high is None):
        return Reading.UNKNOWN
    if reference.high is not None and value > reference.high:
        return Reading.HIGH
    if reference.low is not None and value < reference.low:
        return Reading.LOW
    return Reading.NORMAL


def decimal(value: Any) -> Decimal | None:
    """Give a decimal with the digits that were recorded; None when there is no number."""
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _values(observations: Iterable[Resource]) -> Iterable[_Value]:
    for source in observations:
        if source.get("status") in _HIDDEN:
            continue
        parts = {code: c for c in source.get("component", ()) for code in codes(c.get("code"))}
        if SYSTOLIC in parts and DIASTOLIC in parts:
            yield _Value(source, parts[SYSTOLIC], source.get("code", {}), parts[DIASTOLIC])
            continue
        if any(key.startswith("value") for key in source):
            yield _Value(source, source, source.get("code", {}))
        for part in source.get("component", ()):
            yield _Value(source, part, part.get("code", {}))


def _identity(value: _Value) -> str:
    if value.second is not None:
        return PRESSURE
    known = codes(value.concept)
    for code in sorted(known):
        if code in ANALYSES:
            return ANALYSES[code].name
    return next(iter(sorted(known)), "") or label(value.concept)


def _unit(element: Mapping[str, Any]) -> str:
    quantity = element.get("valueQuantity", {})
    return str(quantity.get("code") or quantity.get("unit", ""))


def _point(value: _Value, rows: RecordRows) -> Point | None:
    source, element = value.source, value.element
    at = first_text(source, "effectiveDateTime", "effectivePeriod.start", "effectiveInstant")
    at = at or str(source.get("issued", ""))
    moment, precision = parse_moment(at)
    number, text = _content(element)
    if moment is None or (number is None and not text):
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time()).astimezone()
    second = value.second.get("valueQuantity", {}) if value.second else {}
    reading = assess(element, _reference(element))
    if value.second is not None and reading in {Reading.UNKNOWN, Reading.NORMAL}:
        other = assess(value.second, _reference(value.second))
        reading = assess(source, Reference()) if other is Reading.UNKNOWN else other
    return Point(
        at=at if precision == "time" else at[:10],
        moment=moment,
        value=number,
        second=decimal(second.get("value")),
        text=text,
        comparator=str(element.get("valueQuantity", {}).get("comparator", "")),
        reading=reading,
        author=person(next(iter(source.get("performer", ())), None), rows.names),
        is_provisional=source.get("status") == "preliminary",
    )


def _content(element: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    number = decimal(element.get("valueQuantity", {}).get("value"))
    if number is None and "valueInteger" in element:
        number = decimal(element["valueInteger"])
    if number is not None:
        return number, ""
    if "valueBoolean" in element:
        return None, "oui" if element["valueBoolean"] else "non"
    return None, str(element.get("valueString") or label(element.get("valueCodeableConcept")))


def _reference(element: Mapping[str, Any]) -> Reference:
    for given in element.get("referenceRange", ()):
        kind = codes(given.get("type"))
        if kind and "normal" not in kind:
            continue
        fits = ", ".join(filter(None, (label(concept) for concept in given.get("appliesTo", ()))))
        low, high = given.get("low", {}), given.get("high", {})
        return Reference(
            decimal(low.get("value")), decimal(high.get("value")), str(given.get("text", "")), fits
        )
    return Reference()


def _series(key: str, unit: str, entries: list[tuple[_Value, Point]]) -> Series:
    entries.sort(key=lambda entry: entry[1].moment)
    value, _ = entries[-1]
    known = next((ANALYSES[c] for c in sorted(codes(value.concept)) if c in ANALYSES), None)
    if value.second is not None:
        known = ANALYSES[PRESSURE]
    kinds = frozenset(c for concept in value.source.get("category", ()) for c in codes(concept))
    group = known.group if known else _group(kinds)
    return Series(
        key=f"{key}|{unit}",
        name=known.name if known else label(value.concept),
        group=group,
        rank=known.rank if known else 1000,
        unit=unit,
        is_vital=group == VITAL,
        reference=_reference(value.element),
        points=tuple(point for _, point in entries),
    )


def _group(kinds: frozenset[str]) -> str:
    if "vital-signs" in kinds:
        return VITAL
    return LABORATORY_OTHER if "laboratory" in kinds else OTHER


def days_of(series: Iterable[Series]) -> list[date]:
    """Give the days on which something of these series was measured, the newest last."""
    return sorted({point.moment.date() for one in series for point in one.points})
