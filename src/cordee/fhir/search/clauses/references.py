"""Reference and canonical parameters."""

from __future__ import annotations

from collections.abc import Sequence

from cordee.fhir.indexing.parameters import Parameter
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.search.clauses.context import Asked, Context, refuse_modifier, targets_of
from cordee.fhir.search.clauses.tokens import key_text
from cordee.fhir.search.compile.links import InTree, Tree
from cordee.fhir.search.compile.predicates import (
    AnyOf,
    Keys,
    OfPatient,
    Predicate,
)
from cordee.fhir.search.values import system_and_code, unescape
from cordee.runtime.errors import InvalidRequest, NotSupported

_PARENTS = ("partof", "part-of")


def reference(
    context: Context,
    asked: Asked,
) -> Predicate:
    """Id, Type/id, address, canonical; `:Type`, `:identifier`, `:below`, `:above`."""
    parameter, modifier, values = asked.parameter, asked.modifier, asked.values
    resource_type = asked.type
    if modifier == "identifier":
        stem = f"{parameter.name}:identifier"
        return Keys(
            tuple(context.keys(key_text(stem, *system_and_code(value))) for value in values)
        )
    if modifier in {"below", "above"}:
        return _hierarchy(context, resource_type, parameter, modifier, values)
    target = None
    if modifier is not None:
        if modifier not in RESOURCE_TYPES:
            raise refuse_modifier(parameter, modifier)
        target = modifier
    return _plain(context, resource_type, parameter, target, values)


def _plain(
    context: Context,
    resource_type: str,
    parameter: Parameter,
    target: str | None,
    values: Sequence[str],
) -> Predicate:
    patients: list[int] = []
    keys: list[int] = []
    salt = context.keys(parameter.name)
    allowed = (target,) if target else targets_of(parameter)
    by_patient = parameter.code in context.patient_parameters(resource_type)
    for value in values:
        for entity in entities(context, parameter.code, allowed, unescape(value)):
            if target and not entity.startswith(f"{target}/"):
                raise InvalidRequest(f"{parameter.code}:{target}: the value names another type")
            known = context.keys(entity)
            if by_patient and entity.startswith("Patient/"):
                patients.append(known)
            else:
                keys.append(known ^ salt)
    parts: list[Predicate] = []
    if patients:
        parts.append(OfPatient(tuple(patients)))
    if keys:
        parts.append(Keys(tuple(keys)))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def entities(context: Context, name: str, targets: tuple[str, ...], text: str) -> list[str]:
    """What a searched reference may be: `Type/id` for each of the target types (none: any)."""
    for base in context.bases:
        text = text.removeprefix(base + "/")
    text = text.split("/_history/", 1)[0]
    if not text:
        raise InvalidRequest(f"{name}: an id or a reference is expected")
    kind, slash, rest = text.partition("/")
    if slash and kind in RESOURCE_TYPES and "/" not in rest:
        return [text]
    if "/" in text or ":" in text:
        return [text]  # an absolute address, an urn or a canonical, with or without |version
    known = targets if targets and "Resource" not in targets else sorted(RESOURCE_TYPES)
    return [f"{kind}/{text}" for kind in known]


def _hierarchy(
    context: Context,
    resource_type: str,
    parameter: Parameter,
    modifier: str,
    values: Sequence[str],
) -> Predicate:
    if any("://" in value for value in values):
        raise NotSupported(f"{parameter.code}:{modifier}: versions of canonicals are not compared")
    trees = _trees(context, resource_type, parameter)
    if not trees:
        raise InvalidRequest(
            f"{parameter.code}:{modifier}: it refers to no type that is ordered as a tree"
        )
    salt = context.keys(parameter.name)
    parts = tuple(
        InTree(
            salt,
            Tree(kind, code, context.keys),
            entity,
            modifier == "above",
            context.limited(kind, context.in_scope(kind)),
        )
        for kind, code in trees.items()
        for value in values
        for entity in entities(context, parameter.code, (kind,), unescape(value))
        if entity.startswith(f"{kind}/")
    )
    if not parts:
        raise InvalidRequest(f"{parameter.code}:{modifier}: the value names no tree")
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _trees(context: Context, resource_type: str, parameter: Parameter) -> dict[str, str]:
    """Types that a reference may name and that refer to themselves, and by which parameter."""
    if resource_type in parameter.targets:
        return {resource_type: parameter.code}
    return {
        kind: code
        for kind in parameter.targets
        for code in _PARENTS
        if code in context.parameters(kind)
    }
