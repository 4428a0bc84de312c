"""Date parameters: every precision and prefix, on intervals."""

from __future__ import annotations

import re
from datetime import datetime

from cordee.fhir.indexing.intervals import interval
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.compile.predicates import (
    AnyOf,
    MainDate,
    Predicate,
    Side,
    interval_condition,
)
from cordee.fhir.search.values import split_prefix, unescape
from cordee.runtime.clock import now
from cordee.runtime.errors import InvalidRequest

_PLUS = re.compile(r"(T\S+) (\d\d:\d\d)$")  # a plus that nobody escaped, as a URL reads it


def date(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Condition of a date parameter; the type's main date stays in the covering index."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    main = parameter.code == context.registry.date_parameter(resource_type)
    parts: list[Predicate] = []
    for value in values:
        prefix, low, high = searched(parameter.code, value)
        if main:
            parts.append(MainDate(prefix, low, high))
            continue
        compared = interval_condition((prefix, low, high), ("x.lo", "x.hi"), context.builder)
        parts.append(Side("sp_date", f"x.param = {parameter.number} AND {compared}"))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def searched(name: str, value: str) -> tuple[str, datetime, datetime]:
    """Prefix and interval of a searched date; `ap` is widened by a tenth of its distance to now."""
    prefix, text = split_prefix(_PLUS.sub(r"\1+\2", unescape(value)))
    try:
        low, high = interval(text)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"{name}: a date is expected, such as 2024, 2024-03, 2024-03-15 or "
            "2024-03-15T10:00:00+01:00"
        ) from error
    if prefix == "ap":
        margin = abs(now() - low) / 10
        low, high = _shifted(low, -margin), _shifted(high, margin)
    return prefix, low, high


def _shifted(moment: datetime, delta: object) -> datetime:
    try:
        return moment + delta  # pyright: ignore[reportOperatorIssue] -- a timedelta
    except OverflowError:
        return moment
