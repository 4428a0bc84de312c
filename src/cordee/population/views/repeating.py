"""`repeat`: elements within elements, as one list of what is read of them; pure.

Typed columns have an end, so a tree is followed `DEEPEST` levels down; one that goes deeper is
refused when the view runs, never cut in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordee.fhir.path.parser import parse
from cordee.population.views.lowering import lowered
from cordee.population.views.shapes import Shape
from cordee.population.views.terms import NULL, ZERO, Term, either, op, text, variable
from cordee.population.views.values import CHOICE, Scope, Value, is_there, listed
from cordee.runtime.errors import InvalidRequest

DEEPEST: Final = 6


def kind_of(paths: Sequence[str], scope: Scope) -> str:
    """The one type of what the paths reach; raises `InvalidRequest` where they differ."""
    found = [one for path in paths if (one := _found(path, scope)) is not None]
    kinds = {one.kind for one in found}
    if len(kinds) != 1 or CHOICE in kinds:
        raise InvalidRequest("the paths of a repeat reach elements of one type")
    return kinds.pop()


def repeated(paths: Sequence[str], scope: Scope, read: Shape) -> Term:
    """All elements that the paths reach, again from each, parents first, with what is read."""
    return _level(paths, scope, read, 1)


def _found(path: str, scope: Scope) -> Value | None:
    """What a path reaches; None where elements of this type have none: others below may."""
    try:
        return lowered(path, scope)
    except InvalidRequest:
        parse(path)
        return None


def _level(paths: Sequence[str], scope: Scope, read: Shape, depth: int) -> Term:
    whole: Term | None = None
    for path in paths:
        found = _found(path, scope)
        if found is None:
            continue
        name = scope.names.fresh("v")
        item = Value(variable(name), found.kind, False, found.shape)
        kept, below = _projected(item, read), scope.of(item)
        if depth < DEEPEST:
            here = op("concatenated", op("list", kept), _level(paths, below, read, depth + 1))
        else:
            reached = (_found(one, below) for one in paths)
            deeper = either(*(is_there(one) for one in reached if one is not None))
            said = text(f"elements lie more than {DEEPEST} levels deep")
            here = op("when", deeper, op("refuse", said), op("list", kept))
        part = op("flatten", op("transform", listed(found), name, here))
        whole = part if whole is None else op("concatenated", whole, part)
    return whole if whole is not None else NULL


def _projected(value: Value, read: Shape) -> Term:
    """A value with the fields that are read of it alone, so that all levels have one type."""
    if not read.fields or value.shape is None:
        return value.term
    given: list[Term | str] = []
    for name, wanted in read.fields.items():
        shape = value.shape.child(name, wanted.kind, wanted.many)
        shape.is_exact = wanted.is_exact
        term = op("field", value.term, name)
        inner = f"{value.term.arguments[0]}_" if value.term.name == "variable" else "u_"
        if wanted.fields and wanted.many:
            item = _projected(Value(variable(inner), wanted.kind, False, shape), wanted)
            term = op("transform", term, inner, item)
        elif wanted.fields:
            term = _projected(Value(term, wanted.kind, False, shape), wanted)
        given += [name, term]
    absent = op("equal", op("size", value.term), ZERO) if value.many else op("is-null", value.term)
    return op("when", absent, NULL, op("pack", *given))
