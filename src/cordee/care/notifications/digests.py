"""The three letters of a day that gather what can wait: 07:00, 13:00 and 19:00 in Paris.

Rule: B2.11.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from cordee.runtime.clock import PARIS

HOURS: Final = (time(7), time(13), time(19))


def next_digest(now: datetime) -> datetime:
    """The next of the three moments after `now`, whatever the clocks of Paris do that night."""
    day = now.astimezone(PARIS).date()
    moments = (
        datetime.combine(day + timedelta(days=ahead), hour, PARIS).astimezone(UTC)
        for ahead in (0, 1)
        for hour in HOURS
    )
    return next(one for one in moments if one > now)
