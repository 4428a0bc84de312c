"""Number and quantity parameters: precision, prefixes, units that compare."""

from __future__ import annotations

from decimal import Decimal

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.indexing.quantities import in_base_units
from cordee.fhir.indexing.units import canonical_key, raw_key
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier
from cordee.fhir.search.compile.predicates import Predicate, Side
from cordee.fhir.search.values import about, number, precision_range, split_prefix, split_values
from cordee.fhir.search.values import unescape as plain_text
from cordee.runtime.errors import InvalidRequest


def measured(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Condition of a number or quantity parameter."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    alternatives = " OR ".join(
        f"({value_condition(context, parameter, value)})" for value in values
    )
    numbers = ", ".join(
        str(rows.number) for rows in context.registry.rows_of(resource_type, parameter.code)
    )
    return Side("sp_qty", f"x.param IN ({numbers}) AND ({alternatives})")


def value_condition(context: Context, parameter: Parameter, value: str) -> str:
    """`prefix number|system|code` as a condition on a row of sp_qty named x."""
    parts = [plain_text(part) for part in split_values(value, "|")]
    prefix, text = split_prefix(parts[0])
    amount = number(text, parameter.code)
    if len(parts) == 1:
        return _compared(context, (prefix, amount), "raw")
    if len(parts) != 3 or not parts[2]:  # noqa: PLR2004 -- number, system, code
        raise InvalidRequest(
            f"{parameter.code}: number|system|code is expected, such as 5.4|http://unitsofmeasure.org|mg"
        )
    system, code = parts[1], parts[2]
    if not system:
        unit = context.builder.add(raw_key(context.keys, code))
        return f"x.raw = {unit} AND " + _compared(context, (prefix, amount), "raw")
    unit_key, convertible = canonical_key(context.keys, system, code)
    unit = context.builder.add(unit_key)
    return f"x.unit = {unit} AND " + _compared(context, (prefix, amount), "", convertible)


# {l} and {h} are the stored bounds, {v} the searched value, {a} and {b} the edges of its precision.
_COMPARISONS = {
    "eq": "{l} >= {a} AND {h} < {b}",
    "ne": "NOT ({l} >= {a} AND {h} < {b})",
    "gt": "{h} > {v}",
    "lt": "{l} < {v}",
    "ge": "{h} >= {v}",
    "le": "{l} <= {v}",
    "sa": "{l} > {v}",
    "eb": "{h} < {v}",
    "ap": "{l} <= {b} AND {h} >= {a}",
}


def _compared(
    context: Context, compared: tuple[str, Decimal], columns: str, code: str | None = None
) -> str:
    """`columns` is the stem of the two columns; `code` the UCUM unit that they are converted by."""

    def bound(value: Decimal) -> str:
        plain = float(value)
        return context.builder.add(plain if code is None else in_base_units(plain, code), "float8")

    prefix, amount = compared
    shape = _COMPARISONS[prefix]
    low, high = about(amount) if prefix == "ap" else precision_range(amount)
    edges = {"v": amount, "a": low, "b": high}
    texts = {name: bound(edge) for name, edge in edges.items() if f"{{{name}}}" in shape}
    return shape.format(l=f"x.{columns}lo", h=f"x.{columns}hi", **texts)
