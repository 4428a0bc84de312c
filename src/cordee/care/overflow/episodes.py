"""An episode of overflow, from the proposal to its end, the same at both ends. Rule: C2.3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cordee.runtime.errors import RuleBroken

ANSWER_WITHIN: Final = timedelta(minutes=3)


REST: Final = timedelta(minutes=30)
"""How long nothing is proposed by itself after an episode: who stopped it is not overruled."""


class State(StrEnum):
    """Where an episode stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    ENDING = "ending"
    CLOSED = "closed"
    REFUSED = "refused"
    EXPIRED = "expired"


WORDS: Final = {
    State.PROPOSED: "proposé",
    State.ACCEPTED: "accepté",
    State.ACTIVE: "actif",
    State.ENDING: "en extinction",
    State.CLOSED: "clos",
    State.REFUSED: "refusé",
    State.EXPIRED: "expiré",
}
OVER: Final = frozenset({State.CLOSED, State.REFUSED, State.EXPIRED})
_RANK: Final = {
    State.PROPOSED: 0,
    State.ACCEPTED: 1,
    State.ACTIVE: 2,
    State.ENDING: 3,
    State.REFUSED: 4,
    State.EXPIRED: 5,
    State.CLOSED: 6,
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode as one end sees it. `automatic` when no person proposed it."""

    id: str
    origin: str
    neighbour: str
    convention: str
    version: int
    state: State
    proposed_at: datetime
    automatic: bool = False
    ended_by: str = ""


def answer(episode: Episode, *, accepts: bool, at: datetime) -> Episode:
    """The episode after the neighbour's answer.

    Raises `RuleBroken` when it was answered already, or when its three minutes are over.
    """
    if episode.state is not State.PROPOSED:
        raise RuleBroken("Cette proposition n’attend plus de réponse.")
    if at - episode.proposed_at >= ANSWER_WITHIN:
        raise RuleBroken("La proposition a expiré : trois minutes sont passées.")
    return replace(episode, state=State.ACCEPTED if accepts else State.REFUSED)


def elapse(episode: Episode, at: datetime) -> Episode:
    """The episode at a moment: a proposal without an answer expires after three minutes."""
    if episode.state is State.PROPOSED and at - episode.proposed_at >= ANSWER_WITHIN:
        return replace(episode, state=State.EXPIRED)
    return episode


def stop(episode: Episode, by: str) -> Episode:
    """The episode after the kill switch of one end: nothing more moves, what has moved is settled.

    Stopped twice, or when it is over, it stays as it is; raises `RuleBroken` for who is no end.
    """
    if by not in (episode.origin, episode.neighbour):
        raise RuleBroken("Seul un des deux centres arrête le délestage.")
    if episode.state in OVER or episode.state is State.ENDING:
        return episode
    if episode.state is State.PROPOSED:
        return replace(episode, state=State.CLOSED, ended_by=by)
    return replace(episode, state=State.ENDING, ended_by=by)


def settle(episode: Episode, pending: int) -> Episode:
    """The episode once none of its calls is under way: an ending one closes."""
    if episode.state is State.ENDING and pending == 0:
        return replace(episode, state=State.CLOSED)
    return episode


def join(mine: Episode, told: State, ended_by: str = "") -> Episode:
    """The episode after the other end told its state.

    States only advance, so that late, lost and repeated tellings do no harm: both ends that have
    heard each other agree, in whatever order they heard.
    """
    if _RANK[told] <= _RANK[mine.state]:
        return mine
    return replace(mine, state=told, ended_by=mine.ended_by or ended_by)


def moves(episode: Episode) -> bool:
    """Whether calls may be offered in this episode now."""
    return episode.state is State.ACTIVE


def may_repeat(closed: datetime | None, at: datetime) -> bool:
    """Whether an episode may be proposed by itself, the last one having ended at a moment.

    A person may always propose one.
    """
    return closed is None or at - closed >= REST
