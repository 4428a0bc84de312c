"""Parameters that are columns or have a shape of their own: ids, moments, lists, places, texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.clauses.dates import searched
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import (
    Column,
    Predicate,
    Side,
    Updated,
)
from cordee.fhir.search.compile.words import Words
from cordee.fhir.search.values import number, split_values, unescape
from cordee.fhir.store.partitions import table, type_condition
from cordee.runtime.errors import InvalidRequest

_EARTH_KM = 6371.0088
_DEGREE_KM = 111.195
_DEFAULT_KM = 50.0
_MOMENTS = {
    "eq": "({m} >= {low} AND {m} < {high})",
    "ne": "NOT ({m} >= {low} AND {m} < {high})",
    "gt": "{m} >= {high}",
    "sa": "{m} >= {high}",
    "ge": "{m} >= {low}",
    "lt": "{m} < {low}",
    "eb": "{m} < {low}",
    "le": "{m} < {high}",
}
_UNITS_KM = {"km": 1.0, "m": 0.001, "[mi_i]": 1.609344, "[mi_us]": 1.609347, "": 1.0}


def by_id(builder: Builder, values: Sequence[str], *, contained: bool = False) -> Predicate:
    """`_id`: one of these ids; a contained resource has its own after that of its container."""
    ids = sorted({unescape(value) for value in values})
    if contained:
        return Column(f"split_part({{a}}.id, '#', 2) = ANY ({builder.add(ids, 'text[]')})")
    return Column(f"{{a}}.id = ANY ({builder.add(ids, 'text[]')})")


def last_updated(builder: Builder, values: Sequence[str]) -> Predicate:
    """`_lastUpdated`: an instant compared with the searched interval."""
    parts: list[str] = []
    for value in values:
        prefix, low, high = searched("_lastUpdated", value)
        shape = _MOMENTS.get(prefix, _MOMENTS["eq"])
        edges = {"low": low, "high": high}
        texts = {
            name: builder.add(edge, "timestamptz")
            for name, edge in edges.items()
            if f"{{{name}}}" in shape
        }
        parts.append(shape.format(m="{a}.upd", **texts))
    return Updated(parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})")


def in_list(
    context: Context, builder: Builder, resource_type: str, values: Sequence[str]
) -> Predicate:
    """`_list`: entries of a List that the caller may see."""
    ids = builder.add(sorted({unescape(value).removeprefix("List/") for value in values}), "text[]")
    stem = f"item>{resource_type}/"
    scope = context.in_scope("List").sql(builder, "l")
    if context.limits:
        scope += f" AND {context.limits_sql('s', 'l')}"
    return Column(
        f"{{a}}.id IN (SELECT substr(f, {len(stem) + 1}) FROM {table('List')} l,"
        f" unnest(l.refs) f WHERE {type_condition('List', 'l')} AND l.id = ANY ({ids})"
        f" AND {scope} AND starts_with(f, {builder.add(stem, 'text')}))"
    )


def whole_text(code: str, values: Sequence[str]) -> Predicate:
    """`_content` in the whole resource, `_text` in its narrative; every word must be there."""
    alternatives = [tuple(normalise(unescape(value)).split()) for value in values]
    if not all(alternatives):
        raise InvalidRequest(f"{code}: a word is expected")
    return Words(code, tuple(alternatives))


def near(builder: Builder, parameter: Parameter, values: Sequence[str]) -> Predicate:
    """`near=latitude|longitude|distance|unit`: within the distance on a sphere, 50 km at first."""
    alternatives: list[str] = []
    for value in values:
        parts = [unescape(part) for part in split_values(value, "|")]
        if len(parts) not in {2, 3, 4}:
            raise InvalidRequest("near: latitude|longitude|distance|unit is expected")
        lat, lon = (float(number(part, "near")) for part in parts[:2])
        unit = parts[3] if len(parts) == 4 else "km"  # noqa: PLR2004 -- the fourth part
        if unit not in _UNITS_KM or not -90 <= lat <= 90 or not -180 <= lon <= 180:  # noqa: PLR2004 -- degrees
            raise InvalidRequest("near: degrees and a unit km, m or [mi_i] are expected")
        given = len(parts) > 2 and parts[2]  # noqa: PLR2004 -- the third part
        distance = float(number(parts[2], "near")) * _UNITS_KM[unit] if given else _DEFAULT_KM
        alternatives.append(_circle(builder, lat, lon, distance))
    joined = " OR ".join(f"({one})" for one in alternatives)
    return Side("sp_place", f"x.param = {parameter.number} AND ({joined})")


def _circle(builder: Builder, lat: float, lon: float, distance_km: float) -> str:
    high = math.degrees(distance_km / _EARTH_KM) + 1e-6
    a, o = builder.add(lat, "float8"), builder.add(lon, "float8")
    haversine = (
        f"{2 * _EARTH_KM} * asin(least(1, sqrt(sin(radians(x.lat - {a}) / 2) ^ 2 + "
        f"cos(radians({a})) * cos(radians(x.lat)) * sin(radians(x.lon - {o}) / 2) ^ 2)))"
    )
    south, north = builder.add(lat - high, "float8"), builder.add(lat + high, "float8")
    distance = builder.add(distance_km, "float8")
    return f"x.lat >= {south} AND x.lat <= {north} AND {haversine} <= {distance}"
