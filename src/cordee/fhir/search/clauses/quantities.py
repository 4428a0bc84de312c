"""Number and quantity parameters: precision, prefixes, units that compare."""

from __future__ import annotations

from decimal import Decimal

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.indexing.quantities import canonical_unit, raw_unit
from cordee.fhir.search.clauses.context import Context, refuse_modifier
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import Predicate, Side
from cordee.fhir.search.values import about, number, precision_range, split_prefix, split_values
from cordee.fhir.search.values import unescape as plain_text
from cordee.runtime.errors import InvalidRequest


def measured(
    context: Context,
    builder: Builder,
    resource_type: str,
    parameter: Parameter,
    modifier: str | None,
    values: list[str],
) -> Predicate:
    """Condition of a number or quantity parameter."""
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    alternatives = " OR ".join(
        f"({value_condition(context, builder, parameter, value)})" for value in values
    )
    numbers = ", ".join(
        str(rows.number) for rows in context.registry.rows_of(resource_type, parameter.code)
    )
    return Side("sp_qty", f"x.param IN ({numbers}) AND ({alternatives})")


def value_condition(context: Context, builder: Builder, parameter: Parameter, value: str) -> str:
    """`prefix number|system|code` as a condition on a row of sp_qty named x."""
    parts = [plain_text(part) for part in split_values(value, "|")]
    prefix, text = split_prefix(parts[0])
    amount = number(text, parameter.code)
    if len(parts) == 1:
        return _compared(builder, prefix, amount, "x.rawlo", "x.rawhi")
    if len(parts) != 3 or not parts[2]:  # noqa: PLR2004 -- number, system, code
        raise InvalidRequest(
            f"{parameter.code}: number|system|code is expected, such as 5.4|http://unitsofmeasure.org|mg"
        )
    system, code = parts[1], parts[2]
    if not system:
        unit = builder.add(raw_unit(context.keys, code))
        return f"x.raw = {unit} AND " + _compared(builder, prefix, amount, "x.rawlo", "x.rawhi")
    factor, unit_key = canonical_unit(context.keys, system, code)
    unit = builder.add(unit_key)
    return f"x.unit = {unit} AND " + _compared(builder, prefix, amount, "x.lo", "x.hi", factor)


def _compared(
    builder: Builder, prefix: str, amount: Decimal, lo: str, hi: str, factor: object = None
) -> str:
    convert = factor if callable(factor) else (lambda value: value)
    low, high = about(amount) if prefix == "ap" else precision_range(amount)
    exact = builder.add(float(convert(amount)), "float8")
    a, b = (builder.add(float(convert(edge)), "float8") for edge in (low, high))
    match prefix:
        case "gt":
            return f"{hi} > {exact}"
        case "lt":
            return f"{lo} < {exact}"
        case "ge":
            return f"{hi} >= {exact}"
        case "le":
            return f"{lo} <= {exact}"
        case "sa":
            return f"{lo} > {exact}"
        case "eb":
            return f"{hi} < {exact}"
        case "ne":
            return f"NOT ({lo} >= {a} AND {hi} < {b})"
        case "ap":
            return f"{lo} <= {b} AND {hi} >= {a}"
        case _:
            return f"{lo} >= {a} AND {hi} < {b}"
