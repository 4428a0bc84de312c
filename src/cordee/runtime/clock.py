"""The one clock: UTC inside, Europe/Paris on the screen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in Paris."""
    return now().astimezone(PARIS).date()


@lru_cache(maxsize=64)
def instant(moment: datetime) -> str:
    """FHIR instant in UTC with milliseconds, as in `2026-11-22T08:10:00.123Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
