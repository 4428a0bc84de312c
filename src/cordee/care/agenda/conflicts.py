"""What cannot both be, and what could be one: pure. Rule: B1.7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Final

from cordee.care.agenda.interventions import SORTS, TRANSPORT, Intervention
from cordee.runtime.clock import PARIS

OVERLAP, SHARED_TRANSPORT, TWO_PLACES = "overlap", "transport", "places"
NEAR: Final = timedelta(hours=3)
"""Two transports that begin within this time of each other could be one."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two interventions, the first one first, and what is wrong with them."""

    kind: str
    one: Intervention
    other: Intervention


def conflicts_of(interventions: Iterable[Intervention]) -> list[Conflict]:
    """What a person should look at among the interventions around one patient, by moment."""
    found: list[Conflict] = []
    for one, other in _near(interventions):
        if one.sort == other.sort == TRANSPORT and _same_day(one, other):
            found.append(Conflict(SHARED_TRANSPORT, one, other))
        elif _meet(one, other) and _both_need(one, other):
            found.append(Conflict(OVERLAP, one, other))
    return found


def two_places(interventions: Iterable[Intervention]) -> list[Conflict]:
    """Where somebody is expected by two patients at the same moment."""
    return [
        Conflict(TWO_PLACES, one, other)
        for one, other in _near(interventions)
        if one.patient != other.patient and _meet(one, other)
    ]


def _near(interventions: Iterable[Intervention]) -> Sequence[tuple[Intervention, Intervention]]:
    """Pairs of what still runs, close enough to matter, the first one first."""
    running = sorted(
        (one for one in interventions if one.runs), key=lambda one: (one.starts, one.id)
    )
    return [
        (one, other)
        for one, other in combinations(running, 2)
        if other.starts < one.ends or other.starts - one.starts <= NEAR
    ]


def _meet(one: Intervention, other: Intervention) -> bool:
    return one.starts < other.ends and other.starts < one.ends


def _same_day(one: Intervention, other: Intervention) -> bool:
    days = {each.starts.astimezone(PARIS).date() for each in (one, other)}
    return len(days) == 1


def _both_need(one: Intervention, other: Intervention) -> bool:
    return SORTS[one.sort].needs_patient and SORTS[other.sort].needs_patient
