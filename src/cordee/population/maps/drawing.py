"""A map as paths in plain numbers for an SVG: areas, borders, points; pure but for the geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shapely.geometry.base import BaseGeometry

WIDTH: Final = 800.0
_MARGIN: Final = 8.0
_FINE: Final = 0.5
"""Corners nearer than this to the line of their neighbours are left out."""
_DEGREE_KM: Final = 111.32


@dataclass(frozen=True, slots=True)
class Frame:
    """From degrees to units of the drawing, where a degree of longitude is the narrower one."""

    west: float
    north: float
    scale: float
    narrow: float
    height: float

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a place lies in the drawing."""
        x = _MARGIN + (longitude - self.west) * self.narrow * self.scale
        y = _MARGIN + (self.north - latitude) * self.scale
        return round(x, 1), round(y, 1)

    def kilometres(self, distance: float) -> float:
        """A distance in units of the drawing."""
        return round(distance / _DEGREE_KM * self.scale, 1)


def framed(outlines: Iterable[BaseGeometry]) -> Frame:
    """The frame that holds all outlines; an empty one where there are none."""
    bounds = [one.bounds for one in outlines if not one.is_empty]
    if not bounds:
        return Frame(0, 0, 1, 1, 100)
    west, south = min(one[0] for one in bounds), min(one[1] for one in bounds)
    east, north = max(one[2] for one in bounds), max(one[3] for one in bounds)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * _MARGIN) / max((east - west) * narrow, 1e-9)
    return Frame(west, north, scale, narrow, round((north - south) * scale + 2 * _MARGIN, 1))


def path(outline: BaseGeometry, frame: Frame) -> str:
    """The `d` of an SVG path: closed rings of straight lines."""
    return "".join(_ring(ring, frame, closed=True) for ring in _rings(outline, frame))


def _tolerance(frame: Frame) -> float:
    return _FINE / frame.scale


def middle(outline: BaseGeometry, frame: Frame) -> tuple[float, float]:
    """A point inside an outline, for its name."""
    inside = outline.representative_point()
    return frame.point(inside.x, inside.y)


def _rings(outline: BaseGeometry, frame: Frame) -> list[Sequence[tuple[float, ...]]]:
    plain = outline.simplify(_tolerance(frame))
    parts = getattr(plain, "geoms", [plain])
    polygons = [one for one in parts if one.geom_type == "Polygon"]
    return [list(ring.coords) for one in polygons for ring in (one.exterior, *one.interiors)]


def _ring(points: Sequence[tuple[float, ...]], frame: Frame, *, closed: bool) -> str:
    told = [frame.point(one[0], one[1]) for one in points]
    text = "L".join(f"{x:g} {y:g}" for x, y in told)
    return f"M{text}{'Z' if closed else ''}"


@dataclass(frozen=True, slots=True)
class Atlas:
    """The drawing of a level: a path and an inner point for each area, the outlines above it."""

    frame: Frame
    paths: Mapping[str, str]
    middles: Mapping[str, tuple[float, float]]
    borders: Mapping[str, str]
    border_middles: Mapping[str, tuple[float, float]]


def drawn(outlines: Mapping[str, BaseGeometry], above: Mapping[str, BaseGeometry]) -> Atlas:
    """The drawing of areas, and of those above them as borders."""
    frame = framed(outlines.values())
    return Atlas(
        frame,
        {code: path(one, frame) for code, one in outlines.items()},
        {code: middle(one, frame) for code, one in outlines.items()},
        {code: path(one, frame) for code, one in above.items()},
        {code: middle(one, frame) for code, one in above.items()},
    )
