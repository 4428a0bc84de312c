"""Dates of birth that are not wholly known, by the conventions of the RNIV.

Rules: RNIV 1, date of birth: first day for an unknown day, first month for an unknown month,
31 December when both are unknown, with the year or the decade that fits the age.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from cordee.runtime.errors import InvalidRequest

DECADE: Final = 10
DECEMBER, LAST_DAY = 12, 31
OLDEST: Final = 130
_PARTS = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def conventional_date(year: int, month: int | None, day: int | None) -> date:
    """The date to record when a part is not known (None).

    Raises `InvalidRequest` when what is known makes no date.
    """
    if month is None and day is None:
        month, day = DECEMBER, LAST_DAY
    try:
        return date(year, month or 1, day or 1)
    except ValueError as caught:
        raise InvalidRequest(
            "La date de naissance n’existe pas au calendrier ; vérifiez la saisie."
        ) from caught


def date_of_age(years: int, today: date) -> date:
    """The date to record for a person of whom only the age is told or seen.

    31 December of the decade. Raises `InvalidRequest` for an age that nobody has.
    """
    if not 0 <= years <= OLDEST:
        raise InvalidRequest("L’âge doit être compris entre 0 et 130 ans.")
    decade = (today.year - years) // DECADE * DECADE
    latest = date(decade, DECEMBER, LAST_DAY)
    return latest if latest <= today else date(today.year - 1, DECEMBER, LAST_DAY)


def calendar_date(text: str) -> tuple[date, str | None]:
    """The date to record for a date of the INSi, and its own text when the calendar has it not.

    The INSi gives dates with parts of zeros (`1950-00-00`) or that never were (`1948-02-30`).
    Raises `InvalidRequest` when it is not of the form AAAA-MM-JJ.
    """
    found = _PARTS.fullmatch(text)
    if not found:
        raise InvalidRequest("La date de naissance doit avoir la forme AAAA-MM-JJ.")
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year, month, day), None
    except ValueError:
        known_month = month if 1 <= month <= DECEMBER else None
        return _nearest(year, known_month, day), text


def _nearest(year: int, month: int | None, day: int) -> date:
    """Conventions where a part is zero or out of the calendar; the day falls with its month."""
    if not 1 <= year <= date.max.year:
        raise InvalidRequest("L’année de naissance n’est pas connue de l’INSi.")
    known_day = day if 1 <= day <= LAST_DAY else None
    try:
        return conventional_date(year, month, known_day)
    except InvalidRequest:
        return conventional_date(year, month, None)
