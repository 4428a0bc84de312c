"""Nights of training bound to the floor: their pages, and the loop that lets their calls ring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cordee.app.regulation import box_of, regulation
from cordee.care.training.playing import Player
from cordee.care.training.results import Results
from cordee.runtime.clock import now
from cordee.runtime.looping import turning

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_IDLE_SECONDS: Final = 0.5


def training(parts: Parts) -> Results:
    """The nights and their scores, for the people of this process."""
    return Results(parts.database, box_of(parts))


class TrainingLoop:
    """Plays the nights; the process that leads runs it."""

    def __init__(self, parts: Parts) -> None:
        """Nothing runs before `run`."""
        self._player = Player(parts.database, regulation(parts).desk)

    async def run(self) -> None:
        """Turns until cancelled; while no process leads, the clocks of the nights stand."""
        await turning(lambda: self._player.turn(now()), "training_stopped", _IDLE_SECONDS)
