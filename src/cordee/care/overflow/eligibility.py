"""Which calls may move, and how many: the quota that stops by itself. Rules: C2.2, C2.4."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cordee.care.overflow.conventions import P0, UNANSWERED, Terms

MOST_HOPS: Final = 1


class Refusal(StrEnum):
    """Why a call does not move."""

    HOPS = "hops"
    VITAL = "vital"
    PRIORITY = "priority"
    MOTIVE = "motive"
    STOPPED = "stopped"
    QUOTA = "quota"


REASONS: Final = {
    Refusal.HOPS: "Cet appel a déjà changé de centre : il ne repart pas.",
    Refusal.VITAL: "Une urgence vitale (P0) ne part que de vive voix, en dernier recours.",
    Refusal.PRIORITY: "La convention ne prévoit pas cette priorité.",
    Refusal.MOTIVE: "La convention ne prévoit pas ce motif.",
    Refusal.STOPPED: "Le voisin n’en prend plus : son indice a atteint le seuil d’arrêt.",
    Refusal.QUOTA: "La part convenue est atteinte.",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call in a queue, as far as these rules need it. `since` is true wherever it goes."""

    id: str
    since: datetime
    priority: str = UNANSWERED
    motive: str = ""
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """How far an episode is: calls that were not P0, those that were moved, the neighbour's index.

    `presented` counts what waited when the episode began and what came since.
    """

    presented: int
    moved: int
    neighbour_index: float
    is_open: bool = True

    def left(self, terms: Terms) -> int:
        """How many more calls may move now; none from the neighbour's stop threshold on.

        The stop needs no hold: the neighbour is protected at once, and opens again only when its
        held colour allows (`is_open`).
        """
        if not self.is_open or self.neighbour_index >= terms.stop:
            return 0
        return max(0, self.presented * terms.share // 100 - self.moved)


def refusal(call: Waiting, terms: Terms, *, by_voice: bool = False) -> Refusal | None:
    """Why a call may not move under these terms; None when it may.

    A P0 moves with `by_voice` alone: both regulators have spoken, whatever the convention says. No
    call moves twice, not even so.
    """
    if call.hops >= MOST_HOPS:
        return Refusal.HOPS
    if call.priority == P0:
        return None if by_voice else Refusal.VITAL
    if by_voice:
        return None
    if call.priority not in terms.priorities:
        return Refusal.PRIORITY
    if call.priority != UNANSWERED and terms.motives and not call.motive.startswith(terms.motives):
        return Refusal.MOTIVE
    return None


def choose(
    queue: Iterable[Waiting], terms: Terms, quota: Quota, *, tried: Collection[str] = ()
) -> list[Waiting]:
    """The calls to offer now, within the quota; `tried` are those already offered and refused.

    Those that have waited longest go first: it is their waiting that is to be shortened.
    """
    left = quota.left(terms)
    fit = [one for one in queue if one.id not in tried and refusal(one, terms) is None]
    return sorted(fit, key=lambda one: (one.since, one.id))[:left]
