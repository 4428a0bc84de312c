"""Ties that have a beginning or an end: of a care team and of an episode of care, by their periods.

A team that is not active ties nobody, nor does an episode that is over; a participant is tied from
the start to the end of both periods. Rule: https://hl7.org/fhir/R4/careteam.html; B1.3, B4.9;
decision 0053.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.fhir.indexing.intervals import MAX, MIN, interval
from cordee.runtime.errors import InvalidRequest

BOUNDED: Final = frozenset({"CareTeam", "EpisodeOfCare"})
"""Types whose ties begin and end by themselves."""
CIRCLE_PROFILE: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-ihe-careteam"
)
"""Profile of the one circle of care of a person (Cercle de soins 2.0.1)."""
ACCESS: Final = "https://cordee.example/fhir/StructureDefinition/acces-du-membre"
"""Extension of a participant: `contact` for who is named without opening the record."""
CONTACT: Final = "contact"
_OVER: Final = frozenset(
    {"inactive", "entered-in-error", "proposed", "suspended", "finished", "cancelled"}
)


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody's tie, from a moment until another, which is no more part of it."""

    reference: str
    starts: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it ties at a moment."""
        return self.starts <= at < self.ends


def members(team: Mapping[str, Any]) -> list[Span]:
    """Participants of a care team that it ties to its patient, each with its span."""
    return list(_spans(team, _members(team)))


def managers(team: Mapping[str, Any]) -> list[Span]:
    """Structures that keep a care team or an episode of care, as long as it is active."""
    given: Any = team.get("managingOrganization") or ()
    kept = [given] if isinstance(given, Mapping) else given
    return list(_spans(team, [(_reference(one), {}) for one in kept]))


def circle_end(team: Mapping[str, Any]) -> datetime | None:
    """When the circle of care that this is ends; None for what is no circle, or not active."""
    profiles = (team.get("meta") or {}).get("profile") or ()
    if team.get("status") in _OVER or CIRCLE_PROFILE not in {
        str(one).partition("|")[0] for one in profiles
    }:
        return None
    return _bounds(team.get("period"))[1]


def _members(team: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for one in team.get("participant") or ():
        if not _is_contact(one):
            yield _reference(one.get("member") or {}), one.get("period")


def _is_contact(participant: Mapping[str, Any]) -> bool:
    return any(
        one.get("url") == ACCESS and one.get("valueCode") == CONTACT
        for one in participant.get("extension") or ()
    )


def _spans(team: Mapping[str, Any], found: Any) -> Iterator[Span]:
    if team.get("status") in _OVER:
        return
    low, high = _bounds(team.get("period"))
    for reference, period in found:
        start, end = _bounds(period)
        span = Span(reference, max(low, start), min(high, end))
        if reference and span.starts < span.ends:
            yield span


def _bounds(period: Any) -> tuple[datetime, datetime]:
    given: Mapping[str, Any] = period or {}
    return _bound(given.get("start"), MIN)[0], _bound(given.get("end"), MAX)[1]


def _bound(text: Any, default: datetime) -> tuple[datetime, datetime]:
    try:
        return interval(str(text)) if text else (default, default)
    except InvalidRequest:
        return default, default


def _reference(node: Mapping[str, Any]) -> str:
    return str(node.get("reference") or "")
