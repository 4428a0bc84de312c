"""What the screen asks of circles, together."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.care.circle.inviting import Inviting
from cordee.care.circle.opening import Opening
from cordee.care.store import Store


@dataclass(frozen=True, slots=True)
class CircleDesk:
    """The services of circles of one process; `store` reads the directory."""

    opening: Opening
    inviting: Inviting
    store: Store
