"""Positions as places on the map. Rule: https://hl7.org/fhir/R4/location.html#positional."""

from __future__ import annotations

from typing import Any

from cordee.fhir.indexing.extracted import Emit, Extracted
from cordee.fhir.indexing.parameters import Parameter


def emitter(parameter: Parameter) -> Emit:
    """Writer of the latitude and longitude of a position, in degrees."""
    number = parameter.number

    def emit(position: dict[str, Any], out: Extracted, _owner: dict[str, Any]) -> None:
        latitude, longitude = position.get("latitude"), position.get("longitude")
        if latitude is not None and longitude is not None:
            out.places.append((number, float(latitude), float(longitude)))

    return emit
