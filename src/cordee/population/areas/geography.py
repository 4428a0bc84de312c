"""Communes and the areas that they make: EPCI, CPTS, départements, the region; pure.

Where few live, the communes of one EPCI, CPTS and département are known as one group, in the lake
and in what is told of it. An EPCI may straddle départements: levels do not nest. Rule: G1.1, G2.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cordee.runtime.errors import InvalidRequest

LEVELS: Final = ("commune", "epci", "cpts", "departement", "region")
REGION: Final = "region"
FEW: Final = 1000
"""Fewer inhabitants than this: a commune is known by its group alone (as in the PMSI)."""
_GROUP: Final = "~"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune: INSEE code, what it belongs to, its people, where it lies.

    `quintile` of deprivation, 1 the most favoured to 5, 0 unknown; `rural` None unknown.
    """

    code: str
    name: str
    departement: str
    epci: str
    cpts: str
    people: int
    latitude: float
    longitude: float
    quintile: int = 0
    rural: bool | None = None


@dataclass(frozen=True)
class Geography:
    """The communes of a region and the names of its areas, by level and code."""

    communes: tuple[Commune, ...]
    names: Mapping[tuple[str, str], str]
    few: int = FEW

    @cached_property
    def atoms(self) -> Mapping[str, tuple[Commune, ...]]:
        """The smallest areas that the lake knows, and the communes of each."""
        found: dict[str, list[Commune]] = {}
        for one in self.communes:
            found.setdefault(self.widened(one.code), []).append(one)
        return {code: tuple(some) for code, some in found.items()}

    @cached_property
    def _by_code(self) -> Mapping[str, Commune]:
        return {one.code: one for one in self.communes}

    def widened(self, code: str) -> str:
        """The atom of a commune; an unknown code, of another region, stays outside: ""."""
        one = self._by_code.get(code)
        if one is None:
            return ""
        if one.people >= self.few:
            return code
        return f"{one.epci}{_GROUP}{one.cpts}{_GROUP}{one.departement}"

    def level(self, name: str) -> Mapping[str, str]:
        """Atom -> area of a level; atoms that belong to none are left out.

        Raises `InvalidRequest` for an unknown level.
        """
        if name not in LEVELS:
            raise InvalidRequest(f"{name} is none of {', '.join(LEVELS)}")
        if name == "commune":
            return {one: one for one in self.atoms}
        if name == REGION:
            return dict.fromkeys(self.atoms, REGION)
        told = {atom: getattr(some[0], name) for atom, some in self.atoms.items()}
        return {atom: area for atom, area in told.items() if area}

    def has(self, name: str) -> bool:
        """Whether any commune belongs to an area of a level."""
        return bool(self.level(name))

    def name(self, level: str, code: str) -> str:
        """The name of an area; of a group, that of its EPCI with what it is."""
        if level == "commune":
            if (one := self._by_code.get(code)) is not None:
                return one.name
            epci = code.partition(_GROUP)[0]
            return self.names.get(("epci", epci), epci)
        return self.names.get((level, code), code)

    def is_group(self, code: str) -> bool:
        """Whether an atom stands for several small communes."""
        return _GROUP in code

    def members(self, level: str) -> Mapping[str, tuple[Commune, ...]]:
        """The communes of each area of a level, in their order."""
        found: dict[str, list[Commune]] = {}
        for atom, area in self.level(level).items():
            found.setdefault(area, []).extend(self.atoms[atom])
        return {area: tuple(some) for area, some in found.items()}

    def departements(self, level: str) -> Mapping[str, tuple[str, ...]]:
        """In which départements each area of a level lies, the one with most people first."""
        return {area: _by_people(some) for area, some in self.members(level).items()}


def _by_people(some: Sequence[Commune]) -> tuple[str, ...]:
    people: dict[str, int] = {}
    for one in some:
        people[one.departement] = people.get(one.departement, 0) + one.people
    return tuple(sorted(people, key=lambda code: (-people[code], code)))
