"""How long the way is from where people live to a service that an establishment offers.

Minutes by the model of `siting.distances`, which knows no road. An atom of several communes has the
mean of its communes, by their people. Rule: G1.8, distance to care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from cordee.population.areas.files import Centre
from cordee.population.areas.geography import Commune, Geography
from cordee.population.engine.port import Engine
from cordee.population.siting.distances import minutes

ACCESS: Final = "access"
"""The table of ways: commune (an atom), service, minutes."""
Way = tuple[str, str, float]
_NEAR: Final = ((10.0, 1.0), (15.0, 2 / 3), (20.0, 1 / 3))


def nearest(communes: Sequence[Commune], codes: Iterable[str]) -> dict[str, float]:
    """Minutes from each commune to the nearest of some others; none where there are none."""
    wanted = frozenset(codes)
    sites = [one for one in communes if one.code in wanted]
    if not sites:
        return {}
    told = minutes(communes, sites).min(axis=1)
    return {one.code: float(way) for one, way in zip(communes, told, strict=True)}


def offering(centres: Iterable[Centre], service: str) -> frozenset[str]:
    """The communes with an establishment whose activities have a service among them."""
    return frozenset(one.commune for one in centres if plain(service) in plain(one.activity))


def ways(geography: Geography, centres: Sequence[Centre], services: Iterable[str]) -> list[Way]:
    """The way from each atom to each service, where one is offered."""
    found: list[Way] = []
    for service in sorted(services):
        told = nearest(geography.communes, offering(centres, service))
        for atom, some in geography.atoms.items() if told else ():
            people = [max(one.people, 1) for one in some]
            mean = float(np.average([told[one.code] for one in some], weights=people))
            found.append((atom, service, mean))
    return found


def within_reach(communes: Sequence[Commune], supply: Mapping[str, float]) -> dict[str, float]:
    """Professionals within reach of each commune for one of its people: two floating areas.

    A professional is shared between all who are near, each by how near; a commune has its part of
    all who are near. Weights by minutes: 1 to 10, 2/3 to 15, 1/3 to 20, as the DREES has them for
    generalists (APL); people count one each, whatever their age. None where none are told.
    """
    sites = [one for one in communes if supply.get(one.code, 0.0) > 0]
    if not sites:
        return {}
    way = minutes(communes, sites)
    weights = np.select([way <= end for end, _ in _NEAR], [weight for _, weight in _NEAR], 0.0)
    people = np.array([one.people for one in communes], np.float64)
    asked = np.maximum(people @ weights, 1.0)
    told = weights @ (np.array([supply[one.code] for one in sites]) / asked)
    return {one.code: float(part) for one, part in zip(communes, told, strict=True)}


def table(engine: Engine, told: Sequence[Way]) -> None:
    """Names the ways for an engine."""
    text = engine.dialect.text
    rows = ", ".join(
        f"({text(atom)}, {text(name)}, CAST({way!r} AS DOUBLE))" for atom, name, way in told
    )
    if rows:
        engine.values(ACCESS, ("commune", "service", "minutes"), rows)
    else:
        engine.nothing(ACCESS, {"commune": "text", "service": "text", "minutes": "DOUBLE"})


def plain(text: str) -> str:
    """A text as it is compared: small letters, one kind of apostrophe."""
    return text.casefold().replace("’", "'")
