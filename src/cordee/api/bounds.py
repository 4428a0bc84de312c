"""What bounds the API beside the rights of a caller: how often, when, and what of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cordee.runtime.limiting import Rates
from cordee.runtime.scanning import Scanner


@dataclass(frozen=True, slots=True)
class Bounds:
    """As the operator set them; without `scanner` no file is looked at."""

    rates: Rates = field(default_factory=Rates)
    is_read_only: Callable[[], bool] = bool  # False, always
    scanner: Scanner | None = None
