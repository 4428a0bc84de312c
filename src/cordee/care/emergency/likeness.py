"""Whether who has come is who was expected: by the traits, and never merged by itself. C4.2, SC1.7.

Two files of one person stay two until the identity cell has judged: the board says the resemblance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordee.care.emergency.desk import Stay
from cordee.identity.matching.blocking import prepared_blocks
from cordee.identity.matching.people import prepare, read_person
from cordee.identity.matching.scoring import score_prepared
from cordee.identity.matching.weights import french_weights

LIKELY: Final = 0.5
_POPULATION: Final = 300
"""Among how many somebody is looked for: those of a board, not of a region."""


def resemblances(stays: Sequence[Stay]) -> dict[str, Stay]:
    """Those who are here, by the id of their Encounter, with the expected person each may be."""
    coming = [one for one in stays if one.standing.is_expected]
    here = [one for one in stays if not one.standing.is_expected]
    if not coming or not here:
        return {}
    by_key: dict[str, list[int]] = {}
    prepared = [prepare(read_person(one.patient)) for one in coming]
    for place, person in enumerate(prepared):
        for key in prepared_blocks(person):
            by_key.setdefault(key, []).append(place)
    weights, found = french_weights(), dict[str, Stay]()
    for one in here:
        person = prepare(read_person(one.patient))
        near = {place for key in prepared_blocks(person) for place in by_key.get(key, ())}
        scored = [
            (score_prepared(person, prepared[place], weights, _POPULATION).probability, place)
            for place in near
            if coming[place].standing.patient != one.standing.patient
        ]
        best, place = max(scored, default=(0.0, 0))
        if best >= LIKELY:
            found[one.standing.key] = coming[place]
    return found
