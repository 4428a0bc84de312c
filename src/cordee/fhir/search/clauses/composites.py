"""Composite parameters: parts of one value joined by `$`."""

from __future__ import annotations

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.text import normalise
from cordee.fhir.search.clauses.context import Context, refuse_modifier
from cordee.fhir.search.clauses.dates import searched
from cordee.fhir.search.clauses.quantities import value_condition
from cordee.fhir.search.clauses.references import entities
from cordee.fhir.search.clauses.strings import starts_with
from cordee.fhir.search.clauses.tokens import key_text
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import (
    All,
    AnyOf,
    Keys,
    Predicate,
    Side,
    interval_condition,
)
from cordee.fhir.search.values import split_values, system_and_code, unescape
from cordee.runtime.errors import InvalidRequest


def composite(
    context: Context,
    builder: Builder,
    resource_type: str,
    parameter: Parameter,
    modifier: str | None,
    values: list[str],
) -> Predicate:
    """Each value holds for one and the same element."""
    if modifier is not None:
        raise refuse_modifier(parameter, modifier)
    parts = tuple(_one(context, builder, resource_type, parameter, value) for value in values)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _one(
    context: Context, builder: Builder, resource_type: str, parameter: Parameter, value: str
) -> Predicate:
    pieces = split_values(value, "$")
    if len(pieces) != len(parameter.components):
        raise InvalidRequest(
            f"{parameter.code}: {len(parameter.components)} parts joined by $ are expected"
        )
    alternatives = tuple(
        _rows(context, builder, resource_type, rows, pieces)
        for rows in context.registry.rows_of(resource_type, parameter.code)
    )
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _rows(
    context: Context,
    builder: Builder,
    resource_type: str,
    rows: Parameter,
    pieces: list[str],
) -> Predicate:
    """`rows` is the parameter whose index rows serve; its companion code is in `ckey`."""
    raise NotImplementedError
