"""One search criterion, chained or not, to a predicate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.search.clauses import special
from cordee.fhir.search.clauses.composites import composite
from cordee.fhir.search.clauses.context import Asked, Context, targets_of
from cordee.fhir.search.clauses.dates import date
from cordee.fhir.search.clauses.quantities import measured
from cordee.fhir.search.clauses.references import reference
from cordee.fhir.search.clauses.strings import string, uri
from cordee.fhir.search.clauses.tokens import token
from cordee.fhir.search.compile.links import Chain, ReferredBy, Target
from cordee.fhir.search.compile.predicates import (
    AnyOf,
    HasValue,
    Not,
    Nothing,
    Predicate,
)
from cordee.fhir.search.values import split_values
from cordee.runtime.errors import InvalidRequest, NotSupported

_KINDS: Mapping[str, Callable[[Context, Asked], Predicate]] = {
    "reference": reference,
    "date": date,
    "string": string,
    "uri": uri,
    "number": measured,
    "quantity": measured,
    "composite": composite,
}


class UnknownParameter(InvalidRequest):
    """The type has no such search parameter."""

    slug = "unknown-search-parameter"


async def criterion(context: Context, resource_type: str, name: str, text: str) -> Predicate:
    """Predicate of `name=text`; the name may hold modifiers, chains and `_has`.

    Raises `UnknownParameter`, or `InvalidRequest` that names what cannot be read.
    """
    if name.startswith("_has:"):
        return await _has(context, resource_type, name, text)
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    if dot:
        return await _chain(context, resource_type, (code, modifier, rest), text)
    values = [value for value in split_values(text) if value != ""]
    if not values:
        raise InvalidRequest(f"{name}: a value is expected")
    return await simple(context, resource_type, (code, modifier or None), values)


async def simple(
    context: Context,
    resource_type: str,
    named: tuple[str, str | None],
    values: Sequence[str],
) -> Predicate:
    """Predicate of a parameter without chain; `named` is its code and modifier."""
    code, modifier = named
    column = _column(context, resource_type, code, values) if modifier is None else None
    if column is not None:
        return column
    parameter = context.parameter(resource_type, code)
    if parameter is None:
        raise UnknownParameter(
            f"{code}: {resource_type} has no such search parameter; see /fhir/metadata"
        )
    if modifier == "missing":
        return _missing(context, resource_type, parameter, values)
    return await _typed(context, Asked(resource_type, parameter, modifier, tuple(values)))


async def _typed(context: Context, asked: Asked) -> Predicate:
    if asked.parameter.type == "token":
        return await token(context, asked)
    if asked.parameter.code == "near" and asked.modifier is None:
        return special.near(context.builder, asked.parameter, asked.values)
    kind = _KINDS.get(asked.parameter.type)
    if kind is None:
        raise NotSupported(f"{asked.parameter.code}: this parameter is not searched here")
    return kind(context, asked)


def _column(
    context: Context, resource_type: str, code: str, values: Sequence[str]
) -> Predicate | None:
    match code:
        case "_id":
            return special.by_id(context.builder, values, contained=context.contained)
        case "_lastUpdated":
            return special.last_updated(context.builder, values)
        case "_list" if context.contained:
            return Nothing()
        case "_list":
            return special.in_list(context, context.builder, resource_type, values)
        case "_text" | "_content":
            return special.whole_text(code, values)
        case _:
            return None


def _missing(
    context: Context, resource_type: str, parameter: Parameter, values: Sequence[str]
) -> Predicate:
    if list(values) not in (["true"], ["false"]):
        raise InvalidRequest(f"{parameter.code}:missing: true or false is expected")
    rows = context.registry.rows_of(resource_type, parameter.code)
    present = HasValue(tuple(one.number for one in rows))
    return Not(present) if values[0] == "true" else present


async def _chain(
    context: Context,
    resource_type: str,
    link: tuple[str, str, str],
    text: str,
) -> Predicate:
    code, kind, rest = link
    return await follow(
        context,
        resource_type,
        (code, kind or None),
        lambda beyond, target: criterion(beyond, target, rest, text),
    )


async def follow(
    context: Context,
    resource_type: str,
    step: tuple[str, str | None],
    condition_on: Callable[[Context, str], Awaitable[Predicate]],
) -> Predicate:
    """Predicate of a reference whose target meets a condition; all target types are tried.

    `step` is the reference parameter, and a target type where one is named. Raises
    `UnknownParameter` when the condition fits none of the types.
    """
    code, kind = step
    parameter = _reference_parameter(context, resource_type, code)
    kinds = (kind,) if kind else targets_of(parameter) or tuple(sorted(RESOURCE_TYPES))
    if kind and kind not in RESOURCE_TYPES:
        raise InvalidRequest(f"{code}:{kind}: there is no such resource type")
    parts: list[Predicate] = []
    unknown: UnknownParameter | None = None
    for target in kinds:
        if not context.scope.may("s", target):
            parts.append(Nothing())
            continue
        try:
            condition = await condition_on(context.beyond(), target)
        except UnknownParameter as error:
            unknown = error
            continue
        parts.append(
            Chain(
                code,
                context.keys(parameter.name),
                Target(target, context.limited(target, condition), context.in_scope(target)),
                code in context.patient_parameters(resource_type),
            )
        )
    if not parts:
        raise unknown or UnknownParameter(f"{code}: nothing to follow")
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


async def _has(context: Context, resource_type: str, name: str, text: str) -> Predicate:
    parts = name.split(":", 3)
    if len(parts) != 4 or parts[1] not in RESOURCE_TYPES:  # noqa: PLR2004 -- _has, type, reference, rest
        raise InvalidRequest(f"{name}: _has:Type:reference:parameter is expected")
    _, source, code, rest = parts
    _reference_parameter(context, source, code)
    if context.contained or not context.scope.may("s", source):
        return Nothing()  # only its container refers to what is contained
    condition = await criterion(context, source, rest, text)
    return ReferredBy(
        code,
        resource_type,
        Target(source, context.limited(source, condition), context.in_scope(source)),
        code in context.registry.patient_parameters(source),
    )


def _reference_parameter(context: Context, resource_type: str, code: str) -> Parameter:
    parameter = context.parameter(resource_type, code)
    if parameter is None:
        raise UnknownParameter(f"{code}: {resource_type} has no such search parameter")
    if parameter.type != "reference":
        raise InvalidRequest(f"{code}: only a reference can be followed")
    return parameter
