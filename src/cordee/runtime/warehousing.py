"""Settings of population health: where it lies, who holds its key, how dates are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordee.runtime.errors import InvalidRequest

_MOST_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The folder, the folder of its key (in other hands where it is told), the shift of dates."""

    folder: Path = Path()
    keys: Path = Path()
    shift_days: int = 0


def read_warehouse(text: Callable[[str, str, str], str], data: Path, keys: Path) -> Warehouse:
    """The settings as told; raises `InvalidRequest` for a shift that is no number of days."""
    folder = text("population", "CORDEE_POPULATION", "")
    custody = text("lake_keys", "CORDEE_LAKE_KEYS", "")
    days = text("lake_shift_days", "CORDEE_LAKE_SHIFT_DAYS", "0")
    if not days.isdigit() or int(days) > _MOST_DAYS:
        raise InvalidRequest(f"CORDEE_LAKE_SHIFT_DAYS: give a whole number from 0 to {_MOST_DAYS}")
    return Warehouse(
        Path(folder).expanduser().resolve() if folder else data / "population",
        Path(custody).expanduser().resolve() if custody else keys / "lake",
        int(days),
    )
