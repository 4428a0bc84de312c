"""String and uri parameters, and the texts beside tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cordee.fhir.indexing.parameters import Parameter, text_number
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.compile.predicates import AnyOf, Keys, Predicate, Side
from cordee.fhir.search.values import unescape
from cordee.runtime.errors import InvalidRequest

_LAST = "\U0010ffff"


def string(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Starts with (folded), `:exact`, `:contains`."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    conditions: dict[str | None, Callable[[str], str]] = {
        None: lambda text: starts_with(context, normalise(text)),
        "exact": lambda text: f"x.exact = {context.builder.add(context.keys(text))}",
        "contains": lambda text: (
            f"x.v LIKE {context.builder.add(_pattern(normalise(text)), 'text')}"
        ),
    }
    if modifier not in conditions:
        raise refuse_modifier(parameter, modifier)
    condition = conditions[modifier]
    texts = [unescape(value) for value in values]
    if not all(texts):
        raise InvalidRequest(f"{parameter.code}: a text is expected")
    alternatives = " OR ".join(condition(text) for text in texts)
    numbers = [rows.number for rows in context.registry.rows_of(resource_type, parameter.code)]
    return Side("sp_str", f"{_parameter(numbers)} AND ({alternatives})")


def text_rows(
    context: Context,
    resource_type: str,
    parameter: Parameter,
    values: Sequence[str],
) -> Predicate:
    """`:text` of a token: its display or text starts with the value."""
    numbers = [
        text_number(rows) for rows in context.registry.rows_of(resource_type, parameter.code)
    ]
    alternatives = " OR ".join(starts_with(context, normalise(unescape(value))) for value in values)
    return Side("sp_str", f"{_parameter(numbers)} AND ({alternatives})")


def uri(
    context: Context,
    asked: Asked,
) -> Predicate:
    """The whole address; `:below` what starts with it, `:above` what it starts with."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    texts = [unescape(value) for value in values]
    if modifier is None:
        stem = parameter.name
        return Keys(tuple(context.keys(f"{stem}={text}") for text in texts))
    if modifier == "below":
        conditions = [_within(context, text) for text in texts]
    elif modifier == "above":
        conditions = [
            f"x.v = ANY ({context.builder.add(_ancestors(text), 'text[]')})" for text in texts
        ]
    else:
        raise refuse_modifier(parameter, modifier)
    return AnyOf(
        tuple(Side("sp_str", f"x.param = {parameter.number} AND {one}") for one in conditions)
    )


def starts_with(context: Context, text: str) -> str:
    """A range on the folded text, which the btree answers."""
    if not text:
        return "TRUE"
    low, high = context.builder.add(text, "text"), context.builder.add(text + _LAST, "text")
    return f"(x.v >= {low} AND x.v < {high})"


def _within(context: Context, text: str) -> str:
    inside = text if text.endswith("/") else text + "/"
    return f"(x.v = {context.builder.add(text, 'text')} OR {starts_with(context, inside)})"


def _ancestors(text: str) -> list[str]:
    """An address and all that stand above it: `a/b/c` gives a, a/, a/b, a/b/ and itself."""
    found = [text, text.rstrip("/")]
    place = text.rstrip("/")
    while (cut := place.rfind("/")) > 0 and place[cut - 1] != "/":
        place = place[:cut]
        found += [place, place + "/"]
    return sorted(set(found))


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _parameter(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"x.param = {numbers[0]}"
    return f"x.param IN ({', '.join(map(str, numbers))})"
