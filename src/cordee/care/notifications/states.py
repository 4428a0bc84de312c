"""The states of a notification and which may follow which. Rule: B2.5."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cordee.runtime.errors import Conflict


class State(StrEnum):
    """How far a notification has come."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    READ = "read"
    UNREAD = "unread"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"


WORDS: Final = {
    State.ISSUED: "émise",
    State.DELIVERED: "remise",
    State.READ: "lue",
    State.UNREAD: "marquée non lue",
    State.ACKNOWLEDGED: "accusée",
    State.FAILED: "échouée",
}
OPEN: Final = (State.ISSUED, State.DELIVERED, State.UNREAD)
"""What counts as not read."""
SEEN: Final = (State.READ, State.ACKNOWLEDGED)
"""What stops the clock of an urgent event."""
_FORMER: Final = {
    State.ISSUED: (State.FAILED,),
    State.DELIVERED: (State.ISSUED,),
    State.READ: OPEN,
    State.UNREAD: (State.READ, State.DELIVERED),
    State.ACKNOWLEDGED: (*OPEN, State.READ),
    State.FAILED: (State.ISSUED,),
}
FAILURES: Final = {
    "refused": "refusé par le serveur de destination",
    "no-address": "aucune adresse connue",
    "unreachable": "serveur injoignable pendant un jour",
    "not-allowed": "adresse que cette installation n’autorise pas",
    "closed": "ce dossier n’est plus ouvert à ce destinataire",
    "not-connected": "ce canal n’est pas relié à cette installation",
}
"""Why a notification failed, by code."""


def former(state: State) -> tuple[str, ...]:
    """The states that may be followed by this one."""
    return tuple(one.value for one in _FORMER[state])


def check_step(now: str, then: State) -> None:
    """Raises `Conflict` when a state may not follow the present one."""
    if now not in former(then):
        raise Conflict(
            f"Une notification « {WORDS[State(now)]} » ne devient pas « {WORDS[then]} »."
        )
