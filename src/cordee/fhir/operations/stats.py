"""Observation/$stats: figures of what was measured of a subject.

Rule: https://hl7.org/fhir/R4/observation-operation-stats.html. Values compare in UCUM; of values in
units that do not compare, those with most values are counted in, and a note says how many are not.
Components are asked for by their own codes; the codes of a panel are not resolved to its members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from cordee.fhir.indexing.intervals import MAX, MIN, interval
from cordee.fhir.indexing.quantities import in_base_units
from cordee.fhir.indexing.units import UCUM, canonical_key
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.operations.measuring import PERCENTILES, Figures, Group, Measured, figures
from cordee.fhir.search.query import MOST, Query
from cordee.fhir.search.values import number, system_and_code
from cordee.fhir.store.scope import Scope
from cordee.runtime.clock import instant, now
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotSupported

SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/observation-statistics"
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_COUNTS: Final = {"count": "Count", "total-count": "Total Count"}
_PLAIN: Final = ("average", "maximum", "minimum", "sum", "std-dev", "variance", "skew", "kurtosis")
_CUTS: Final = {
    "median": 0.5, "20-percent": 0.2, "80-percent": 0.8, "4-lower": 0.25, "4-upper": 0.75,
    "5-1": 0.2, "5-2": 0.4, "5-3": 0.6, "5-4": 0.8,
}  # fmt: skip
_DISPLAYS: Final = _COUNTS | {
    "average": "Average", "maximum": "Maximum", "minimum": "Minimum", "sum": "Sum",
    "std-dev": "Standard Deviation", "variance": "Variance", "skew": "Skew",
    "kurtosis": "Kurtosis", "median": "Median", "20-percent": "20th Percentile",
    "80-percent": "80th Percentile", "4-lower": "Lower Quartile", "4-upper": "Upper Quartile",
    "4-dev": "Quartile Deviation", "5-1": "1st Quintile", "5-2": "2nd Quintile",
    "5-3": "3rd Quintile", "5-4": "4th Quintile",
}  # fmt: skip
_INSTANT: Final = timedelta(milliseconds=1)
_SHORT: Final = {"max": "maximum", "min": "minimum"}
_KNOWN: Final = frozenset(
    {"subject", "code", "system", "coding", "duration", "period", "statistic", "include", "limit",
     "_format", "_pretty"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Unit:
    """The unit that a group is said in."""

    text: str
    code: str
    key: int


async def stats(kernel: Kernel, scope: Scope, pairs: Iterable[tuple[str, str]]) -> bytes:
    """Parameters with an Observation of figures for each code, and its sources where asked.

    Raises `InvalidRequest` for what is missing or cannot be read.
    """
    scope.need("s", "Observation")
    if scope.limits_of("s", "Observation"):
        raise AccessDenied("$stats: this token opens some observations only")
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    unknown = given.keys() - _KNOWN
    if unknown:
        raise InvalidRequest(f"$stats: {min(unknown)} is no parameter of this operation")
    wanted = _statistics(given.get("statistic", []))
    measured = Measured(_one(given, "subject"), _codings(given), _period(given))
    found = await figures(kernel, scope, measured)
    rows = [
        {"name": "statistics", "resource": _observation(kernel, measured, place, one, wanted)}
        for place, one in enumerate(found)
    ]
    parts = [orjson.dumps(row) for row in rows]
    if given.get("include", ["false"])[0] == "true":
        parts += [
            b'{"name":"source","resource":' + body + b"}"
            for body in await _sources(kernel, scope, measured, given)
        ]
    return b'{"resourceType":"Parameters","parameter":[' + b",".join(parts) + b"]}"


def pairs_of(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts of a Parameters resource, as the address would have them."""
    found: list[tuple[str, str]] = []
    for one in parameters.get("parameter", ()):
        name = one.get("name", "")
        value = next((value for key, value in one.items() if key.startswith("value")), None)
        match name, value:
            case "coding", {"code": code}:
                found.append((name, f"{value.get('system', '')}|{code}".removeprefix("|")))
            case "period", {**edges}:
                found.append((name, f"{edges.get('start', '')}/{edges.get('end', '')}"))
            case _, bool():
                found.append((name, str(value).lower()))
            case _, str() | int() | float():
                found.append((name, str(value)))
            case _:
                raise InvalidRequest(f"$stats: {name}: this value cannot be read")
    return found


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    values = given.get(name, [])
    if len(values) != 1 or not values[0]:
        raise InvalidRequest(f"{name}: one value is needed")
    return values[0]


def _statistics(texts: Sequence[str]) -> list[str]:
    codes = [_SHORT.get(code, code) for text in texts for code in text.split(",") if code]
    if not codes:
        raise InvalidRequest("statistic: at least one is needed, such as average")
    for code in codes:
        if code == "regression":
            raise NotSupported("statistic: regression is not computed here")
        if code not in _DISPLAYS:
            raise InvalidRequest(f"statistic: one of {', '.join(_DISPLAYS)} is expected")
    return list(dict.fromkeys(codes))


def _codings(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str | None, str], ...]:
    system = _one(given, "system") if "system" in given else None
    found = [(system, code) for code in given.get("code", ())]
    found += [system_and_code(text) for text in given.get("coding", ())]
    if not found or any(not code for _, code in found):
        raise InvalidRequest("code: at least one code is needed, with a system or as a coding")
    return tuple(dict.fromkeys(found))


def _period(given: Mapping[str, Sequence[str]]) -> tuple[datetime, datetime] | None:
    if "duration" in given:
        hours = float(number(_one(given, "duration"), "duration"))
        if not 0 < hours < 24 * 365 * 1000:
            raise InvalidRequest("duration: a number of hours is expected")
        return now() - timedelta(hours=hours), now()
    if "period" not in given:
        return None
    start, _, end = _one(given, "period").partition("/")
    return interval(start)[0] if start else MIN, interval(end)[1] if end else MAX


def _observation(
    kernel: Kernel, measured: Measured, place: int, one: Figures, wanted: Sequence[str]
) -> dict[str, Any]:
    system, code = measured.codings[place]
    named = [(group, unit) for group in one.groups if (unit := _unit(kernel, group)) is not None]
    group, unit = named[0] if named else (None, None)
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [({"system": system} if system else {}) | {"code": code}]},
        "subject": {"reference": measured.subject},
    }
    if measured.period is not None:
        low, high = measured.period
        made["effectivePeriod"] = ({"start": instant(low)} if low > MIN else {}) | (
            {"end": instant(high - _INSTANT)} if high < MAX else {}
        )
    if len(named) > 1:
        others = sum(other.count for other, _ in named[1:])
        made["note"] = [{"text": f"{others} values in units that do not compare are left out"}]
    made["component"] = [_component(name, one, group, unit) for name in wanted]
    return made


def _component(name: str, one: Figures, group: Group | None, unit: _Unit | None) -> dict[str, Any]:
    coding = {"system": SYSTEM, "code": name, "display": _DISPLAYS[name]}
    value: dict[str, Any] | None = None
    if name in _COUNTS:
        number_of = one.total if name == "total-count" else group.count if group else 0
        value = {"value": number_of, "unit": "1", "system": UCUM, "code": "1"}
    elif group is not None and unit is not None:
        value = _quantity(name, group, unit)
    if value is None:
        absent = {"coding": [{"system": _ABSENT, "code": "not-applicable"}]}
        return {"code": {"coding": [coding]}, "dataAbsentReason": absent}
    return {"code": {"coding": [coding]}, "valueQuantity": value}


def _quantity(name: str, group: Group, unit: _Unit) -> dict[str, Any] | None:
    """A figure in the unit that was measured in; None where there are too few values."""
    value = _figure(name, group)
    if value is None:
        return None
    if name in {"skew", "kurtosis"}:
        return {"value": _rounded(value), "unit": "1", "system": UCUM, "code": "1"}
    zero = in_base_units(0.0, unit.code)
    step = in_base_units(1.0, unit.code) - zero
    if name == "variance":
        return {"value": _rounded(value / step**2), "unit": f"({unit.text})²"}
    # A degree Celsius begins at 273.15 K: so do its values, each of a sum, and no difference.
    begins = {"sum": group.count * zero, "std-dev": 0, "4-dev": 0}.get(name, zero)
    written = {"unit": unit.text, "system": UCUM, "code": unit.code}
    return {"value": _rounded((value - begins) / step)} | written


def _figure(name: str, group: Group) -> float | None:
    """A figure in base units."""
    if name == "4-dev":
        low, high = (group.percentiles[PERCENTILES.index(cut)] for cut in (0.25, 0.75))
        return (high - low) / 2
    if name in _CUTS:
        return group.percentiles[PERCENTILES.index(_CUTS[name])]
    return group.values[_PLAIN.index(name)]


def _rounded(value: float) -> float:
    """Without what the conversion to base units and back leaves behind."""
    return float(f"{value:.10g}")


def _unit(kernel: Kernel, group: Group) -> _Unit | None:
    """Unit of the newest value; None when it is none of UCUM, so that nothing is computed."""
    newest = orjson.loads(group.newest.json())
    for holder in (newest, *newest.get("component", ())):
        quantity = holder.get("valueQuantity") or {}
        system, code = quantity.get("system"), quantity.get("code")
        if system != UCUM or not code:
            continue
        key, _ = canonical_key(kernel.keys, system, code)
        if key == group.unit:
            return _Unit(quantity.get("unit") or code, code, key)
    return None


async def _sources(
    kernel: Kernel, scope: Scope, measured: Measured, given: Mapping[str, Sequence[str]]
) -> list[bytes]:
    """The newest observations that the figures stand on, `limit` of them."""
    limit = _one(given, "limit") if "limit" in given else str(MOST)
    if not limit.isdecimal() or int(limit) < 1:
        raise InvalidRequest("limit: use a positive whole number")
    codes = ",".join(
        _escaped(code) if system is None else f"{_escaped(system)}|{_escaped(code)}"
        for system, code in measured.codings
    )
    query = Query(("Observation",), count=min(int(limit), MOST), total="none")
    query.criteria = [
        ("subject", measured.subject), ("combo-code", codes), ("status:not", "entered-in-error"),
    ]  # fmt: skip
    if measured.period is not None:
        low, high = measured.period
        query.criteria += [("date", f"ge{instant(low)}"), ("date", f"lt{instant(high)}")]
    found = await kernel.searcher.search(query, scope)
    return [version.json() for version in found.matches]


def _escaped(text: str) -> str:
    for mark in "\\,$|":
        text = text.replace(mark, f"\\{mark}")
    return text
