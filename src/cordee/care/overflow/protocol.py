"""How a call changes centre: one durable state at each end, over messages that may go astray.

A machine without I/O and without a clock: `origin(state, event)` and `neighbour(state, event)` give
the next state, the messages to send and what becomes of the queue. A transfer is one attempt to
move one call to one neighbour; its id is never used again, so that whatever comes late speaks of an
attempt that both ends know to be over. What is not confirmed is read off the state (`awaited`) and
sent again: nothing depends on when, nor on how often. Decision 0082 has the proof obligations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class Message(StrEnum):
    """What the two ends say; the upper half goes to the neighbour, the lower comes from it."""

    OFFER = "offer"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    RECALL = "recall"
    SETTLED = "settled"

    ACCEPT = "accept"
    REFUSE = "refuse"
    CONFIRM = "confirm"
    KEPT = "kept"
    RETURNED = "returned"
    DONE = "done"


class Act(StrEnum):
    """What people (or the rules) do."""

    OFFER_IT = "offer-it"
    TAKE_HERE = "take-here"
    ASK_BACK = "ask-back"
    TAKE_BACK = "take-back"
    """By voice, without the neighbour's answer: the one act that may let two centres answer."""

    ACCEPT_IT = "accept-it"
    REFUSE_IT = "refuse-it"
    ANSWER = "answer"
    GIVE_BACK = "give-back"
    FINISH = "finish"


class Origin(StrEnum):
    """What the origin knows of a transfer."""

    NONE = "none"
    OFFERED = "offered"
    GRANTED = "granted"
    AWAY = "away"
    RECALLING = "recalling"
    FORCED = "forced"
    FORCED_TAKEN = "forced-taken"
    CLASHED = "clashed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    BACK = "back"
    DONE = "done"


class Neighbour(StrEnum):
    """What the neighbour knows of a transfer."""

    NONE = "none"
    ACCEPTED = "accepted"
    HELD = "held"
    ANSWERED = "answered"
    RETURNING = "returning"
    FINISHING = "finishing"
    REFUSED = "refused"
    FENCED = "fenced"
    RETURNED = "returned"
    FINISHED = "finished"


class Effect(StrEnum):
    """What becomes of the queue of the end that takes the step, in the same transaction."""

    HIDE = "hide"
    """The call leaves the calls that may be answered here; it stays listed as under way."""
    RESTORE = "restore"
    """The call is back on top, with its true time of waiting."""
    DROP = "drop"
    """The neighbour has it after all: the copy that was taken back by voice goes."""
    ENQUEUE = "enqueue"
    """The call can be answered here, with the time since which it waits at its origin."""
    RELEASE = "release"
    """The call leaves the queue of this end, which keeps it listed until its origin has it."""
    PART = "part"
    """The neighbour has it: the line here ends, the call stays counted as entrusted."""
    CLOSE = "close"
    """The call was finished at the other end."""
    CLASH = "clash"
    """Taken back by voice and answered at both ends: both are told."""


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """What one event makes of a state."""

    state: S
    sends: tuple[Message, ...] = ()
    effects: tuple[Effect, ...] = ()


Event = Message | Act
_O: Final = Origin
_N: Final = Neighbour

_ORIGIN: Final[Mapping[tuple[Origin, Event], Step[Origin]]] = {
    (_O.NONE, Act.OFFER_IT): Step(_O.OFFERED, (Message.OFFER,)),
    (_O.OFFERED, Message.ACCEPT): Step(_O.GRANTED, (Message.GRANT,), (Effect.HIDE,)),
    (_O.OFFERED, Message.REFUSE): Step(_O.REFUSED),
    (_O.OFFERED, Act.TAKE_HERE): Step(_O.WITHDRAWN, (Message.WITHDRAW,)),
    (_O.GRANTED, Message.ACCEPT): Step(_O.GRANTED, (Message.GRANT,)),
    (_O.GRANTED, Message.CONFIRM): Step(_O.AWAY, (), (Effect.PART,)),
    (_O.GRANTED, Act.ASK_BACK): Step(_O.RECALLING, (Message.RECALL,)),
    (_O.AWAY, Act.ASK_BACK): Step(_O.RECALLING, (Message.RECALL,)),
    (_O.RECALLING, Message.KEPT): Step(_O.AWAY, (), (Effect.PART,)),
    (_O.FORCED, Act.TAKE_HERE): Step(_O.FORCED_TAKEN),
    (_O.FORCED, Message.KEPT): Step(_O.AWAY, (), (Effect.DROP,)),
    (_O.FORCED, Message.RETURNED): Step(_O.BACK, (Message.SETTLED,)),
    (_O.FORCED, Message.DONE): Step(_O.DONE, (Message.SETTLED,), (Effect.DROP, Effect.CLOSE)),
    (_O.FORCED_TAKEN, Message.KEPT): Step(_O.CLASHED, (), (Effect.CLASH,)),
    (_O.CLASHED, Message.RETURNED): Step(_O.BACK, (Message.SETTLED,)),
    (_O.CLASHED, Message.DONE): Step(_O.DONE, (Message.SETTLED,)),
    (_O.FORCED_TAKEN, Message.RETURNED): Step(_O.BACK, (Message.SETTLED,)),
    (_O.FORCED_TAKEN, Message.DONE): Step(_O.DONE, (Message.SETTLED,), (Effect.CLASH,)),
    (_O.WITHDRAWN, Message.ACCEPT): Step(_O.WITHDRAWN, (Message.WITHDRAW,)),
    (_O.BACK, Message.ACCEPT): Step(_O.BACK, (Message.WITHDRAW,)),
    (_O.BACK, Message.RETURNED): Step(_O.BACK, (Message.SETTLED,)),
    (_O.DONE, Message.DONE): Step(_O.DONE, (Message.SETTLED,)),
}
_AT_NEIGHBOUR: Final = (_O.GRANTED, _O.AWAY, _O.RECALLING)
_ORIGIN_MORE: Final[Mapping[tuple[Origin, Event], Step[Origin]]] = {
    key: step
    for state in _AT_NEIGHBOUR
    for key, step in {
        (state, Message.RETURNED): Step(_O.BACK, (Message.SETTLED,), (Effect.RESTORE,)),
        (state, Message.DONE): Step(_O.DONE, (Message.SETTLED,), (Effect.CLOSE,)),
        (state, Act.TAKE_BACK): Step(_O.FORCED, (Message.RECALL,), (Effect.RESTORE,)),
    }.items()
}
_ORIGIN_ALL: Final = {**_ORIGIN, **_ORIGIN_MORE}

_NEIGHBOUR: Final[Mapping[tuple[Neighbour, Event], Step[Neighbour]]] = {
    (_N.NONE, Act.ACCEPT_IT): Step(_N.ACCEPTED, (Message.ACCEPT,)),
    (_N.NONE, Act.REFUSE_IT): Step(_N.REFUSED, (Message.REFUSE,)),
    (_N.NONE, Message.WITHDRAW): Step(_N.FENCED),
    (_N.NONE, Message.RECALL): Step(_N.RETURNING, (Message.RETURNED,)),
    (_N.ACCEPTED, Message.OFFER): Step(_N.ACCEPTED, (Message.ACCEPT,)),
    (_N.ACCEPTED, Message.GRANT): Step(_N.HELD, (Message.CONFIRM,), (Effect.ENQUEUE,)),
    (_N.ACCEPTED, Message.WITHDRAW): Step(_N.FENCED),
    (_N.ACCEPTED, Message.RECALL): Step(_N.RETURNING, (Message.RETURNED,)),
    (_N.REFUSED, Message.OFFER): Step(_N.REFUSED, (Message.REFUSE,)),
    (_N.HELD, Message.GRANT): Step(_N.HELD, (Message.CONFIRM,)),
    (_N.HELD, Message.RECALL): Step(_N.RETURNING, (Message.RETURNED,), (Effect.RELEASE,)),
    (_N.HELD, Act.ANSWER): Step(_N.ANSWERED),
    (_N.HELD, Act.GIVE_BACK): Step(_N.RETURNING, (Message.RETURNED,), (Effect.RELEASE,)),
    (_N.ANSWERED, Message.GRANT): Step(_N.ANSWERED, (Message.CONFIRM,)),
    (_N.ANSWERED, Message.RECALL): Step(_N.ANSWERED, (Message.KEPT,)),
    (_N.ANSWERED, Act.GIVE_BACK): Step(_N.RETURNING, (Message.RETURNED,), (Effect.RELEASE,)),
    (_N.ANSWERED, Act.FINISH): Step(_N.FINISHING, (Message.DONE,)),
    (_N.RETURNING, Message.SETTLED): Step(_N.RETURNED),
    (_N.RETURNING, Message.GRANT): Step(_N.RETURNING, (Message.RETURNED,)),
    (_N.RETURNING, Message.RECALL): Step(_N.RETURNING, (Message.RETURNED,)),
    (_N.FINISHING, Message.SETTLED): Step(_N.FINISHED),
    (_N.FINISHING, Message.GRANT): Step(_N.FINISHING, (Message.DONE,)),
    (_N.FINISHING, Message.RECALL): Step(_N.FINISHING, (Message.DONE,)),
}

_AWAITED_ORIGIN: Final = {
    _O.OFFERED: Message.OFFER,
    _O.GRANTED: Message.GRANT,
    _O.RECALLING: Message.RECALL,
    _O.FORCED: Message.RECALL,
    _O.FORCED_TAKEN: Message.RECALL,
}
_AWAITED_NEIGHBOUR: Final = {
    _N.ACCEPTED: Message.ACCEPT,
    _N.RETURNING: Message.RETURNED,
    _N.FINISHING: Message.DONE,
}
TO_NEIGHBOUR: Final = frozenset(
    {Message.OFFER, Message.WITHDRAW, Message.GRANT, Message.RECALL, Message.SETTLED}
)
ORIGIN_ANSWERS: Final = frozenset(
    {
        _O.NONE,
        _O.OFFERED,
        _O.REFUSED,
        _O.WITHDRAWN,
        _O.FORCED,
        _O.FORCED_TAKEN,
        _O.CLASHED,
        _O.BACK,
    }
)
"""States in which the call may be answered at its origin (or is being answered there)."""
NEIGHBOUR_ANSWERS: Final = frozenset({_N.HELD, _N.ANSWERED})
"""States in which the call may be answered at the neighbour (or is being answered there)."""
IN_DOUBT: Final = frozenset({_O.GRANTED, _O.RECALLING})
"""States in which the origin shows the call on top, with its true waiting time, as under way."""
ORIGIN_OVER: Final = frozenset({_O.WITHDRAWN, _O.REFUSED, _O.BACK, _O.DONE})
NEIGHBOUR_OVER: Final = frozenset({_N.REFUSED, _N.FENCED, _N.RETURNED, _N.FINISHED})


def origin(state: Origin, event: Event) -> Step[Origin]:
    """The step of the origin; what says nothing new to its state changes nothing."""
    return _ORIGIN_ALL.get((state, event), Step(state))


def neighbour(state: Neighbour, event: Event) -> Step[Neighbour]:
    """The step of the neighbour; what says nothing new to its state changes nothing.

    An offer to `NONE` changes nothing either: it is the rules that answer it (`ACCEPT_IT`).
    """
    return _NEIGHBOUR.get((state, event), Step(state))


def awaited(state: Origin | Neighbour) -> Message | None:
    """The message to send again until it is answered; None when nothing is awaited."""
    if isinstance(state, Origin):
        return _AWAITED_ORIGIN.get(state)
    return _AWAITED_NEIGHBOUR.get(state)


def may(state: Origin | Neighbour, act: Act) -> bool:
    """Whether an act has an effect in a state: what a screen offers, and the server checks."""
    if isinstance(state, Origin):
        return (state, act) in _ORIGIN_ALL
    return (state, act) in _NEIGHBOUR
