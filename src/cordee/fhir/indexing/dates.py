"""Date values as rows of intervals. Rule: https://hl7.org/fhir/R4/search.html#date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.intervals import MAX, MIN, Interval, covering, interval
from cordee.fhir.indexing.parameters import Parameter
from cordee.runtime.errors import InvalidRequest


def reader(kind: str) -> Callable[[Any], Interval | None] | None:
    """Reader of the interval of one kind of value; None when it is no date."""
    return {
        "date": _moment,
        "dateTime": _moment,
        "instant": _moment,
        "Period": period,
        "Timing": timing,
    }.get(kind)


def emitter(
    parameter: Parameter,
    kind: str,
    companions: Callable[[dict[str, Any]], tuple[int, ...]] | None = None,
) -> Emit | None:
    """Writer of the rows of one kind of value; None when it is no date."""
    read, number = reader(kind), parameter.number
    if read is None:
        return None

    def emit(value: Any, out: Extracted, owner: dict[str, Any]) -> None:
        found = read(value)
        if found is not None:
            for ckey in companions(owner) if companions else (0,):
                out.dates.append((number, found[0], found[1], ckey))

    return emit


def _moment(text: str) -> Interval | None:
    try:
        return interval(text)
    except InvalidRequest:
        return None


def period(value: dict[str, Any]) -> Interval | None:
    """Interval of a Period; an end that is missing is open."""
    start, end = value.get("start"), value.get("end")
    if not start and not end:
        return None
    first, last = _moment(start) if start else None, _moment(end) if end else None
    low, high = first[0] if first else MIN, last[1] if last else MAX
    return (low, high) if low < high else (high, low)


def timing(value: dict[str, Any]) -> Interval | None:
    """Outer limits of a Timing: its events and the bounds of its repetition."""
    found = [_moment(event) for event in value.get("event", ()) if event]
    found.append(period((value.get("repeat") or {}).get("boundsPeriod") or {}))
    return covering([limits for limits in found if limits is not None])
