"""All that is indexed of one resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

StringRow = tuple[int, str, int, int]
DateRow = tuple[int, datetime, datetime, int]
QuantityRow = tuple[int, int, int, float, float, int, float, float]


@dataclass(slots=True)
class Extracted:
    """Keys, rows and columns of one resource; see `docs/plan.md` for each field."""

    keys: list[int] = field(default_factory=list)
    sort_keys: list[int] = field(default_factory=list)
    has: list[int] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    strings: list[StringRow] = field(default_factory=list)
    dates: list[DateRow] = field(default_factory=list)
    quantities: list[QuantityRow] = field(default_factory=list)
    places: list[tuple[int, float, float]] = field(default_factory=list)
    patient: str | None = None
    clinical_date: datetime | None = None
    custodian: str | None = None
    labels: int = 0
    circle: list[str] = field(default_factory=list)
    terms: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    circle_ends: datetime | None = None
    references: list[str] = field(default_factory=list)


Emit = Callable[[Any, Extracted, dict[str, Any]], None]
"""Write one value down: JSON value, extracted so far, element that a composite stands on."""
