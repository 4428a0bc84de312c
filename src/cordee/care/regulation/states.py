"""The states of a case of regulation, as a pure machine. Rule: C1.5."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cordee.runtime.errors import RuleBroken


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    QUALIFIED = "qualified"
    AWAITING = "awaiting"
    REGULATED = "regulated"
    ORIENTED = "oriented"
    UNDER_WAY = "under-way"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    DUPLICATE = "duplicate"
    ERROR = "error"
    FALSE_CALL = "false-call"


class Move(StrEnum):
    """What is done with a case."""

    QUALIFY = "qualify"
    FORWARD = "forward"
    REGULATE = "regulate"
    ORIENT = "orient"
    ENGAGE = "engage"
    CLOSE = "close"
    HAND_OVER = "hand-over"
    TAKE_BACK = "take-back"
    DUPLICATE = "duplicate"
    ERROR = "error"
    FALSE_CALL = "false-call"


ENDED: Final = frozenset({State.CLOSED, State.DUPLICATE, State.ERROR, State.FALSE_CALL})
_R, _Q, _A, _D, _O, _U = (
    State.RECEIVED, State.QUALIFIED, State.AWAITING, State.REGULATED, State.ORIENTED,
    State.UNDER_WAY,
)  # fmt: skip
_WRONG: Final = frozenset({_R, _Q, _A})
_FROM: Final[dict[Move, tuple[frozenset[State], State]]] = {
    Move.QUALIFY: (frozenset({_R, _Q}), _Q),
    Move.FORWARD: (frozenset({_Q, _U}), _A),
    Move.REGULATE: (frozenset({_A, _D, _O}), _D),
    Move.ORIENT: (frozenset({_D, _O}), _O),
    Move.ENGAGE: (frozenset({_R, _Q, _A, _D, _O, _U}), _U),
    Move.CLOSE: (frozenset({_D, _O, _U}), State.CLOSED),
    Move.HAND_OVER: (frozenset({_R, _Q, _A}), State.TRANSFERRED),
    Move.TAKE_BACK: (frozenset({State.TRANSFERRED}), _Q),
    Move.DUPLICATE: (_WRONG, State.DUPLICATE),
    Move.ERROR: (_WRONG, State.ERROR),
    Move.FALSE_CALL: (_WRONG, State.FALSE_CALL),
}
NAMES: Final = {
    State.RECEIVED: "reçu",
    State.QUALIFIED: "qualifié",
    State.AWAITING: "en attente régulation",
    State.REGULATED: "régulé",
    State.ORIENTED: "orienté",
    State.UNDER_WAY: "en cours",
    State.CLOSED: "clos",
    State.TRANSFERRED: "transféré",
    State.DUPLICATE: "doublon",
    State.ERROR: "erreur",
    State.FALSE_CALL: "faux appel",
}


def moved(state: State, move: Move) -> State:
    """The state after a move; raises `RuleBroken` in French where there is no such move."""
    allowed, after = _FROM[move]
    if state not in allowed:
        raise RuleBroken(f"Ce dossier est « {NAMES[state]} » : ce geste n’est plus possible.")
    return after


def moves_of(state: State) -> frozenset[Move]:
    """What may be done with a case in a state."""
    return frozenset(move for move, (allowed, _after) in _FROM.items() if state in allowed)
