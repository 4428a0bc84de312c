"""Hours of regulation that two centres owe each other, by month, against their cap. Rule: C2.2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cordee.runtime.clock import PARIS


@dataclass(frozen=True, slots=True)
class Work:
    """A call that one centre handled for another, and how long that took."""

    origin: str
    neighbour: str
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Month:
    """Hours of one month: what the first centre gave to the second, and the other way."""

    first: date
    given: float
    taken: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Both directions over some months; `owed` is what the first centre owes, if it is positive."""

    months: tuple[Month, ...]
    cap_hours: int

    @property
    def given(self) -> float:
        """Hours that the first centre gave to the second."""
        return sum(one.given for one in self.months)

    @property
    def taken(self) -> float:
        """Hours that the second centre gave to the first."""
        return sum(one.taken for one in self.months)

    @property
    def owed(self) -> float:
        """Hours that the first centre owes the second; negative the other way."""
        return self.given - self.taken

    @property
    def is_over(self) -> bool:
        """Whether the balance is beyond the cap: both must meet, nothing opens by itself."""
        return abs(self.owed) > self.cap_hours


def balance(
    works: Iterable[Work], ends: tuple[str, str], months: Sequence[date], cap_hours: int
) -> Balance:
    """The balance of two centres over months, each given by its first day."""
    hours: dict[tuple[date, bool], float] = {}
    for one in works:
        if {one.origin, one.neighbour} != set(ends):
            continue
        month = one.at.astimezone(PARIS).date().replace(day=1)
        key = (month, one.origin == ends[0])
        hours[key] = hours.get(key, 0.0) + one.seconds / 3600
    made = tuple(
        Month(month, hours.get((month, True), 0.0), hours.get((month, False), 0.0))
        for month in months
    )
    return Balance(made, cap_hours)


def last_months(today: date, count: int) -> list[date]:
    """The first days of the last months up to that of today, the oldest first."""
    number = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - count + 1, number + 1)]
