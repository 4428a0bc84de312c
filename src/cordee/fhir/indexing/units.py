"""Unit keys of quantity rows, for what writes them and for what searches them."""

from __future__ import annotations

from decimal import Decimal

from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.path.units import UCUM, canonical

__all__ = ["UCUM", "canonical", "canonical_key", "raw_key"]


def raw_key(keys: KeyMaker, unit: str | None) -> int:
    """Key of a bare code, or of a unit text where there is no code; 0 without either.

    Text that is hashed: `unit=mg`.
    """
    return keys(f"unit={unit}") if unit else 0


def canonical_key(keys: KeyMaker, system: str | None, code: str | None) -> tuple[int, str | None]:
    """Key under which amounts compare, and the UCUM code to convert by, if they convert.

    Texts that are hashed: `ucum|g.m-3` for all that converts to it, else `system|code`; 0 where
    there is no code.
    """
    if not code:
        return 0, None
    if system == UCUM:
        converted = canonical(Decimal(1), code)
        if converted is not None:
            return keys(f"ucum|{converted[1]}"), code
    return keys(f"{system or ''}|{code}"), None
