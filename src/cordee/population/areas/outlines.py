"""Outlines of areas from those of their communes, and who is whose neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapely import STRtree, make_valid, unary_union
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cordee.population.areas.geography import Geography


class Outlines:
    """Outlines by level; made when first asked for."""

    def __init__(self, geography: Geography, contours: Mapping[str, Any]) -> None:
        """`contours` are GeoJSON geometries of communes by code."""
        self._geography = geography
        self._communes = {code: make_valid(shape(one)) for code, one in contours.items()}
        self._levels: dict[str, dict[str, BaseGeometry]] = {}
        self._near: dict[str, dict[str, frozenset[str]]] = {}

    def of(self, level: str) -> Mapping[str, BaseGeometry]:
        """The outline of each area of a level, in degrees; areas without one are left out."""
        if level not in self._levels:
            self._levels[level] = {
                area: unary_union([self._communes[one.code] for one in some])
                for area, members in self._geography.members(level).items()
                if (some := [one for one in members if one.code in self._communes])
            }
        return self._levels[level]

    def neighbours(self, level: str) -> Mapping[str, frozenset[str]]:
        """The areas that share a border with each."""
        if level not in self._near:
            outlines = self.of(level)
            codes, shapes = list(outlines), list(outlines.values())
            found: dict[str, set[str]] = {code: set() for code in codes}
            if shapes:
                for one, other in zip(
                    *STRtree(shapes).query(shapes, predicate="intersects"), strict=True
                ):
                    if one != other:
                        found[codes[one]].add(codes[other])
            self._near[level] = {code: frozenset(some) for code, some in found.items()}
        return self._near[level]
