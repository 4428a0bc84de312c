"""What follows when the INSi no longer says what a file holds.

Rule: A1.6: a changed trait takes QUAL back to PROV, and the identity cell has a task within
the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from cordee.identity.ins.statuses import Identity, Retrieval, Status, fallen
from cordee.identity.ins.traits import Difference, differences
from cordee.runtime.clock import PARIS


class CellReason(StrEnum):
    """Why the identity cell has something to do."""

    TRAITS_CHANGED = "traits-changed"
    MATRICULE_CHANGED = "matricule-changed"
    NO_LONGER_CONFIRMED = "no-longer-confirmed"


SENTENCES: Final = {
    CellReason.TRAITS_CHANGED: "L’INSi renvoie d’autres traits que ceux du dossier.",
    CellReason.MATRICULE_CHANGED: "L’INSi renvoie un autre matricule que celui du dossier.",
    CellReason.NO_LONGER_CONFIRMED: "L’INSi ne confirme plus l’identité du dossier.",
}


@dataclass(frozen=True, slots=True)
class CellTask:
    """What the identity cell has to look at, until when; a value, not yet a task on file."""

    reason: CellReason
    differences: tuple[Difference, ...]
    due: datetime

    @property
    def sentence(self) -> str:
        """What happened, without a word of the identity itself."""
        labels = ", ".join(one.label for one in self.differences)
        happened = SENTENCES[self.reason]
        return f"{happened} À vérifier : {labels}." if labels else happened


@dataclass(frozen=True, slots=True)
class Outcome:
    """The identity after an answer of the INSi, and the task that follows, if any."""

    identity: Identity
    task: CellTask | None = None


def after_answer(identity: Identity, answer: Retrieval | None, *, now: datetime) -> Outcome:
    """What an answer to a check of an identity with INS leads to; None is code 01, no one.

    Same traits and same matricule: nothing. Otherwise RECUP and QUAL fall to PROV and the cell
    has a task before the end of the day in Paris. An identity without INS is left alone.
    """
    if identity.status not in (Status.RECUP, Status.QUAL) or identity.ins is None:
        return Outcome(identity)
    if answer is None:
        return _fall(identity, CellReason.NO_LONGER_CONFIRMED, (), now)
    changed = differences(identity.traits, answer.traits)
    if changed:
        return _fall(identity, CellReason.TRAITS_CHANGED, changed, now)
    if answer.ins != identity.ins:
        return _fall(identity, CellReason.MATRICULE_CHANGED, (), now)
    return Outcome(identity)


def _fall(
    identity: Identity, reason: CellReason, changed: tuple[Difference, ...], now: datetime
) -> Outcome:
    return Outcome(fallen(identity), CellTask(reason, changed, end_of_day(now)))


def end_of_day(now: datetime) -> datetime:
    """The last minute of the day in Paris."""
    day = now.astimezone(PARIS).date()
    return datetime.combine(day + timedelta(days=1), time(), PARIS) - timedelta(minutes=1)
