"""Calendar years and quarters: none overlaps another of its kind, so none gives one away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from cordee.runtime.clock import PARIS

_FORM: Final = re.compile(r"(20\d\d)(?:-T([1-4]))?")
YEARS: Final = 3


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or a quarter of it; `last` is the day after its end."""

    code: str
    first: date
    last: date

    @property
    def is_year(self) -> bool:
        """Whether it is a whole year."""
        return "T" not in self.code

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its beginning and its end in Paris."""
        midnight = time()
        return (
            datetime.combine(self.first, midnight, PARIS),
            datetime.combine(self.last, midnight, PARIS),
        )


def periods(today: date, *, years_alone: bool) -> list[Period]:
    """The periods of this year and the two before that have begun, the newest first.

    With `years_alone` those that are over: what is read live can be read twice, and the difference
    of two readings is a few people.
    """
    found: list[Period] = []
    for year in range(today.year, today.year - YEARS, -1):
        if not years_alone or year < today.year:
            found.append(period(str(year)))
        if not years_alone:
            quarters = [period(f"{year}-T{n}") for n in (4, 3, 2, 1)]
            found += [one for one in quarters if one.first <= today]
    return found


def period(code: str) -> Period:
    """The period of a code, `2026` or `2026-T4`; raises `ValueError`."""
    found = _FORM.fullmatch(code)
    if found is None:
        raise ValueError("a period is a year or a quarter, as in 2026-T4")
    year = int(found[1])
    if found[2] is None:
        return Period(code, date(year, 1, 1), date(year + 1, 1, 1))
    month = 3 * int(found[2]) - 2
    last = date(year + 1, 1, 1) if month == 10 else date(year, month + 3, 1)  # noqa: PLR2004
    return Period(code, date(year, month, 1), last)
