"""What is decided in the department, for the home that sent somebody: the same, at once. C4.5."""

from __future__ import annotations

from typing import Final

from cordee.care.emergency.stay import MACHINE
from cordee.care.passages.sheet import MACHINE as PASSAGE
from cordee.care.store import Resource, Write
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted, moved_task, state_of
from cordee.runtime import clock

_BACK: Final = frozenset({"home", "facility"})
_CARRIED: Final = ("departure", "advice")


def passage_moved(passage: Resource, wanted: Wanted) -> Write:
    """A move of the passage that a home follows, judged in the same transaction."""
    moved = moved_task(passage, machines()[PASSAGE], wanted, clock.now())
    return Write(moved, "PUT", int(passage["meta"]["versionId"]))


def told_home(passage: Resource | None, wanted: Wanted) -> Write | None:
    """What a move of a stay means for the passage of a resident; None for nothing."""
    if passage is None:
        return None
    state = state_of(passage)
    meant: Wanted | None = None
    if wanted.move == "reopen" and state == "returning":
        meant = Wanted("keep", reason=wanted.reason)
    elif wanted.move == "die" and state == "arrived":
        meant = Wanted("die", reason="Décès aux urgences.")
    elif wanted.move == "decide" and state == "arrived":
        meant = _decided(wanted)
    return passage_moved(passage, meant) if meant else None


def _decided(wanted: Wanted) -> Wanted | None:
    orientation = str(wanted.facts.get("orientation", ""))
    if orientation in _BACK:
        return Wanted("return", {one: wanted.facts[one] for one in _CARRIED if one in wanted.facts})
    if orientation == "had":
        return None
    labels = machines()[MACHINE].facts["orientation"].choices
    return Wanted(
        "admit", {"unit": str(wanted.facts.get("destination", "")) or labels[orientation]}
    )
