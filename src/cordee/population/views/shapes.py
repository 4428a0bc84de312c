"""The columns and fields that a view reads, with their types: what an engine is to load; pure.

Types come from the R4 definitions. Ids, dates and codes are texts, as FHIR writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_SCALARS: Final[Mapping[str, str]] = {
    "boolean": "boolean",
    "integer": "integer",
    "positiveInt": "integer",
    "unsignedInt": "integer",
    "integer64": "long",
    "decimal": "double",
}
NUMBERS: Final = frozenset({"integer", "positiveInt", "unsignedInt", "integer64", "decimal"})
MOMENTS: Final = frozenset({"date", "dateTime", "instant"})


@dataclass(slots=True)
class Shape:
    """An element that is read: its FHIR type, whether it repeats, and what of it is read.

    `is_exact` keeps a decimal as it was written. Without fields it is a scalar, or its JSON text.
    """

    kind: str
    many: bool = False
    fields: dict[str, Shape] = field(default_factory=dict)
    is_exact: bool = False

    def child(self, name: str, kind: str, many: bool) -> Shape:
        """The element of this name, noted as read."""
        return self.fields.setdefault(name, Shape(kind, many))


def scalar(shape: Shape) -> str:
    """boolean, integer, long, double or text: how a value without fields is stored."""
    return "text" if shape.is_exact else _SCALARS.get(shape.kind, "text")
