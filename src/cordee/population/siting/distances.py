"""Minutes between communes without a road network: a model that states its limits; pure.

Great circle, a detour factor, a mean speed by the kind of place. Orders of magnitude, ours: a
mountain, a river or a traffic jam are not in it, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cordee.population.areas.geography import Commune

Matrix = NDArray[np.float64]
DETOUR: Final = 1.3
"""How much longer roads are than the straight line."""
TOWN, COUNTRY, FAR = 30.0, 55.0, 65.0
"""Mean kilometres an hour between two urban communes that are near, elsewhere, on long ways."""
NEAR_KM, FAR_KM = 10.0, 30.0
ACCESS_MINUTES: Final = 4.0
"""To the car, and from it to the door."""
_EARTH_KM: Final = 6371.0


def kilometres(origins: Sequence[Commune], sites: Sequence[Commune]) -> Matrix:
    """Great-circle kilometres, a row an origin, a column a site (haversine)."""
    one, other = _radians(origins), _radians(sites)
    south = one[:, None, 0] - other[None, :, 0]
    east = one[:, None, 1] - other[None, :, 1]
    part = np.sin(south / 2) ** 2 + np.cos(one[:, None, 0]) * np.cos(other[None, :, 0]) * (
        np.sin(east / 2) ** 2
    )
    return 2 * _EARTH_KM * np.arcsin(np.sqrt(part))


def minutes(origins: Sequence[Commune], sites: Sequence[Commune]) -> Matrix:
    """Minutes by car, a row an origin, a column a site; inside a commune the access alone."""
    road = kilometres(origins, sites) * DETOUR
    urban = _urban(origins)[:, None] & _urban(sites)[None, :]
    speed = np.where(road > FAR_KM, FAR, np.where(urban & (road < NEAR_KM), TOWN, COUNTRY))
    return road / speed * 60.0 + ACCESS_MINUTES


def _radians(some: Sequence[Commune]) -> Matrix:
    return np.radians(np.array([(one.latitude, one.longitude) for one in some]).reshape(-1, 2))


def _urban(some: Sequence[Commune]) -> NDArray[np.bool_]:
    return np.array([one.rural is False for one in some], bool)
