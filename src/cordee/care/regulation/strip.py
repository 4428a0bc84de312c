"""What a floor shows of the overflow: its saturation, calls that are away. C1.1, C2.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Strip:
    """The overflow of a centre now; `colour` is 0 green, 1 orange, 2 red, None where not taken.

    `moved` and `received` are calls of episodes that run; `proposals` wait for our answer,
    `asked` for that of a neighbour.
    """

    colour: int | None = None
    index: float = 0.0
    moved: int = 0
    received: int = 0
    proposals: int = 0
    asked: int = 0
    running: int = 0


class Overflow(Protocol):
    """The overflow, read only: bound in `app`."""

    async def strip(self, centre: str) -> Strip:
        """What runs at a centre, in one round trip."""
        ...
