"""The people whom the scenarios name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from cordee.app.region.coding import Json

PERSONAS: Final[tuple[Callable[[int, date], list[Json]], ...]] = ()


def persona_history(write: Callable[[int, date], list[Json]], index: int, today: date) -> list[Json]:
    """All resources about a named person."""
    return write(index, today)
