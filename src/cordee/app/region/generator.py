"""The whole region as lines of JSON: directory first, then people, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import orjson

from cordee.app.region.histories import person_history
from cordee.app.region.personas import named_people, persona_history
from cordee.app.region.structures import structure_resources
from cordee.runtime.clock import today as this_day
from cordee.runtime.errors import InvalidRequest


def region_resources(
    seed: int, patients: int, part: int = 0, parts: int = 1, today: date | None = None
) -> Iterator[bytes]:
    """JSON bodies of the FHIR resources of one part of the region, stable by seed and day.

    Structures come first and in part 0 only; a person's resources stay together. The people of
    the scenarios are always there, within the `patients` when these are more.
    Raises `InvalidRequest` when the part is not one of the parts.
    """
    if not 0 <= part < parts:
        raise InvalidRequest(f"part: {part} is not between 0 and {parts - 1}")
    day = today or this_day()
    if part == 0:
        for resource in structure_resources():
            yield orjson.dumps(resource)
    named = named_people()
    for index in range(part, max(patients, named), parts):
        told = index < named
        entries = persona_history(index, day) if told else person_history(seed, index, day)
        for entry in entries:
            yield orjson.dumps(entry)
