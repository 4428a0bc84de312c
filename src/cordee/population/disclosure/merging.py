"""Small areas join their neighbours until each group is large enough (G2.1).

Groups only ever grow: those of the release before are taken up as they are, so that an area does
not wander from one to another over the years, and a map of two years stays comparable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cordee.population.disclosure.cells import K


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What touches what, the département of each area, and the groups that stood before."""

    neighbours: Mapping[str, Iterable[str]]
    parents: Mapping[str, str]
    before: tuple[frozenset[str], ...] = ()


def merged(
    sizes: Mapping[str, tuple[int, ...]], around: Surroundings, k: int = K
) -> tuple[frozenset[str], ...]:
    """Groups of areas: every area is in one, most are alone in theirs.

    `sizes`: for each area the counts that all have to reach k (cases; people who are no cases).
    The smallest group goes first and takes its smallest neighbour, one of its own département if
    there is any; a group without neighbours stays as it is and is hidden later.
    """
    groups = _Groups(sizes, around, k)
    for group in around.before:
        groups.unite(sorted(area for area in group if area in sizes))
    while (small := groups.smallest()) is not None:
        neighbour = groups.neighbour(small)
        if neighbour is None:
            groups.give_up(small)
        else:
            groups.unite([small, neighbour])
    return groups.found()


class _Groups:
    """Groups by the first code of their areas."""

    def __init__(self, sizes: Mapping[str, tuple[int, ...]], around: Surroundings, k: int) -> None:
        self._k, self._around = k, around
        self._members = {area: {area} for area in sizes}
        self._sizes = dict(sizes)
        self._group = {area: area for area in sizes}
        self._alone: set[str] = set()

    def _rank(self, group: str) -> tuple[int, str]:
        return (min(self._sizes[group]), group)

    def smallest(self) -> str | None:
        """The smallest group under k that may still find a neighbour."""
        small = [
            group
            for group in self._members
            if min(self._sizes[group]) < self._k and group not in self._alone
        ]
        return min(small, key=self._rank, default=None)

    def neighbour(self, group: str) -> str | None:
        """The smallest group that touches this one, in the same département if there is one."""
        touching = {
            self._group[other]
            for area in self._members[group]
            for other in self._around.neighbours.get(area, ())
            if other in self._group
        } - {group}
        homes = self._homes(group)
        inside = [other for other in touching if self._homes(other) & homes]
        return min(inside or touching, key=self._rank, default=None)

    def _homes(self, group: str) -> set[str]:
        return {self._around.parents.get(area, "") for area in self._members[group]}

    def give_up(self, group: str) -> None:
        """No neighbour is left for this group."""
        self._alone.add(group)

    def unite(self, areas: list[str]) -> None:
        """Makes one group of the groups of some areas."""
        if not areas:
            return
        old = {self._group[area] for area in areas}
        first = min(old)
        for group in sorted(old - {first}):
            self._members[first] |= self._members.pop(group)
            parts = zip(self._sizes[first], self._sizes.pop(group), strict=True)
            self._sizes[first] = tuple(a + b for a, b in parts)
        for area in self._members[first]:
            self._group[area] = first
        self._alone.discard(first)

    def found(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(self._members[group]) for group in sorted(self._members))
