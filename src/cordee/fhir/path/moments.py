"""Dates, date-times and times of every precision, as FHIRPath compares and adds them.

Rule: https://hl7.org/fhirpath/N1/#datetime and #equality.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

_TEXT = re.compile(
    r"""(?:(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?)?
    (?P<mark>T)?
    (?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?)?
    (?P<zone>Z|[+-]\d{2}:\d{2})?""",
    re.VERBOSE,
)
_DATE_PARTS = ("year", "month", "day")
_TIME_PARTS = ("hour", "minute", "second")
_LOWEST = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
_SECONDS = {"week": 604800, "day": 86400, "hour": 3600, "minute": 60, "second": 1, "ms": "0.001"}
_MONTHS = {"year": 12, "month": 1}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as precise as its text: `kind` is Date, DateTime or Time.

    Seconds and fractions are one precision. `zone` is in minutes; None when it has none.
    """

    kind: str
    parts: tuple[int | Decimal, ...]
    zone: int | None
    text: str

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def moment(text: str, kind: str | None = None) -> Moment | None:
    """Moment of a FHIR or FHIRPath text, of the kind its form or `kind` says; None when not one."""
    match = _TEXT.fullmatch(text)
    if match is None or not text:
        return None
    has_date, has_clock = match["year"] is not None, match["hour"] is not None
    found = "DateTime" if has_date and (has_clock or match["mark"]) else "Date"
    if not has_date:
        found = "Time"
    if kind == "DateTime" and found == "Date":
        found = "DateTime"
    parts = _parts(match, found)
    if parts is None or (kind is not None and kind != found):
        return None
    if has_date and has_clock and not (match["mark"] and match["day"]):
        return None
    written = text.removeprefix("T") if found == "Time" else text
    return Moment(found, parts, _zone(match["zone"]), written)


def _parts(match: re.Match[str], kind: str) -> tuple[int | Decimal, ...] | None:
    names = _TIME_PARTS if kind == "Time" else _DATE_PARTS + _TIME_PARTS
    parts: list[int | Decimal] = []
    for name in names:
        if match[name] is None:
            break
        if name == "second":
            parts.append(Decimal(match[name] + "." + (match["fraction"] or "0")))
        else:
            parts.append(int(match[name]))
    return tuple(parts) if parts and _in_range(parts, kind) else None


def _in_range(parts: list[int | Decimal], kind: str) -> bool:
    clock = parts if kind == "Time" else parts[3:]
    limits = (24, 60, 60)
    if any(part >= limit for part, limit in zip(clock, limits, strict=False)):
        return False
    if kind == "Time":
        return True
    year, month, day = (*(int(part) for part in parts[:3]), 1, 1)[:3]
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]  # noqa: PLR2004 - months


def _zone(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return -minutes if text[0] == "-" else minutes


def compared(left: Moment, right: Moment) -> int | None:
    """-1, 0 or 1 as `left` is before, at or after `right`; None when that is open."""
    if (left.kind == "Time") != (right.kind == "Time"):
        return None
    if left.kind != "Time" and min(len(left.parts), len(right.parts)) > 3:  # noqa: PLR2004 - a clock
        if (left.zone is None) != (right.zone is None):
            return None
        left, right = _in_utc(left), _in_utc(right)
    for one, other in zip(left.parts, right.parts, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(left.parts) == len(right.parts) else None


def _in_utc(value: Moment) -> Moment:
    if not value.zone:
        return value
    whole, rest = _whole(value)
    shifted = whole.astimezone(UTC)
    fields = (shifted.year, shifted.month, shifted.day, shifted.hour, shifted.minute)
    parts = (*fields, Decimal(shifted.second) + rest)[: len(value.parts)]
    return Moment(value.kind, parts, 0, value.text)


def _whole(value: Moment) -> tuple[datetime, Decimal]:
    """Datetime without the fraction of its second, and that fraction."""
    parts = list(value.parts) if value.kind != "Time" else [2000, 1, 1, *value.parts]
    filled = [*parts, *list(_LOWEST.values())[len(parts) :]]
    second = Decimal(filled[5])
    rest = second % 1
    zone = timezone(timedelta(minutes=value.zone or 0))
    *fields, _ = (int(part) for part in filled)
    try:
        return datetime(*fields, second=int(second), tzinfo=zone), rest
    except (ValueError, OverflowError):
        return datetime(1, 1, 2, tzinfo=zone), rest


def later(value: Moment, amount: Decimal, unit: str) -> Moment | None:
    """Moment `amount` calendar units after `value`, as precise as it; None when out of range."""
    try:
        moved = _later(value, amount, unit)
    except (OverflowError, ValueError):
        return None
    return moment(moved, value.kind)


def _later(value: Moment, amount: Decimal, unit: str) -> str:
    whole, rest = _whole(value)
    amount = _to_precision(value, amount, unit)
    if unit in _MONTHS:
        month = whole.year * 12 + whole.month - 1 + int(amount) * _MONTHS[unit]
        year, month = month // 12, month % 12 + 1
        day = min(whole.day, monthrange(year, month)[1])
        whole = whole.replace(year=year, month=month, day=day)
    else:
        seconds = amount * Decimal(_SECONDS[unit]) + rest
        whole += timedelta(seconds=int(seconds // 1))
        rest = seconds % 1
    return _written(value, whole, rest)


def _to_precision(value: Moment, amount: Decimal, unit: str) -> Decimal:
    """Amount cut to whole units; only seconds may have fractions."""
    if unit in {"second", "ms"}:
        return amount
    count = len(value.parts)
    if value.kind != "Time" and count < 3 and unit in {"day", "week"}:  # noqa: PLR2004 - no day
        days = int(amount) * (7 if unit == "week" else 1)
        return Decimal(days // 30 * 30)
    return Decimal(int(amount))


def _written(value: Moment, whole: datetime, rest: Decimal) -> str:
    digits = len(value.text.partition(".")[2].partition("+")[0].partition("-")[0].rstrip("Z"))
    fraction = f"{rest:.{digits}f}"[1:] if digits else ""
    clock = whole.strftime("%H:%M:%S") + fraction
    zone = value.text[-6:] if value.zone and value.text[-1] != "Z" else "Z" * (value.zone == 0)
    if value.kind == "Time":
        return clock if len(value.parts) > 2 else clock[: 3 * len(value.parts) - 1]  # noqa: PLR2004 - clock
    date = f"{whole.year:04d}-{whole.month:02d}-{whole.day:02d}"
    count = len(value.parts)
    if count <= 3:  # noqa: PLR2004 - a date
        return date[: (0, 4, 7, 10)[count]] + ("T" if "T" in value.text else "")
    return f"{date}T{clock if count > 5 else clock[: 3 * (count - 3) - 1]}{zone}"  # noqa: PLR2004 - seconds
