"""A view to one SELECT: its parts become rows unrolled one after another; pure.

Parts beside each other multiply their rows, since each unrolls the rows of the one before; the
branches of a union share theirs. No other join is needed, on any engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cordee.fhir.model.definitions import is_primitive
from cordee.population.views.definition import Column, Select, View, refuse
from cordee.population.views.dialects import Dialect
from cordee.population.views.lowering import constant, lowered
from cordee.population.views.relations import (
    Branch,
    Named,
    Printer,
    Relation,
    Scan,
    United,
    Unrolled,
)
from cordee.population.views.repeating import kind_of, repeated
from cordee.population.views.shapes import Shape, scalar
from cordee.population.views.terms import NULL, ZERO, Term, column, op
from cordee.population.views.values import (
    CHOICE,
    NOTHING,
    Names,
    Scope,
    Value,
    listed,
    nothing,
    single,
    truth,
)
from cordee.runtime.errors import InvalidRequest

TABLE: Final = "resources"


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the result: its name, its FHIR type, whether it is a list."""

    name: str
    kind: str
    many: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A view for one engine: its SELECT over `TABLE`, what it reads, what it gives."""

    sql: str
    resource: str
    shape: Shape
    outputs: tuple[Output, ...]


@dataclass(slots=True)
class _Rows:
    """The rows so far, and the columns that stand beside those of the resources."""

    relation: Relation
    carried: tuple[str, ...] = ()


Given = list[tuple[Output, Term]]


def compiled(view: View, dialect: Dialect, table: str = TABLE) -> Compiled:
    """The view in the SQL of an engine; raises `InvalidRequest` with the path of what is wrong."""
    shape, names = Shape(view.resource), Names()
    root = Value(op("row"), view.resource, False, shape)
    constants = {name: constant(*value) for name, value in view.constants.items()}
    scope = Scope(root, root, constants, names)
    criteria = tuple(_truth(path, scope, f"where[{at}].path") for at, path in enumerate(view.where))
    rows = _Rows(Scan(table, criteria))
    given = _select(view.select, scope, rows, names)
    shape.child("id", "id", False)
    printer = Printer(dialect, tuple(shape.fields))
    columns = ", ".join(
        f"{dialect.sql(term)} AS {dialect.name_of(output.name)}" for output, term in given
    )
    sql = f"SELECT {columns} FROM ({printer.sql(rows.relation)})"
    return Compiled(sql, view.resource, shape, tuple(output for output, _ in given))


def _select(part: Select, scope: Scope, rows: _Rows, names: Names) -> Given:
    if part.unrolling:
        scope = _unroll(part, scope, rows, names)
    given = [_column(one, scope) for one in part.columns]
    for one in part.selects:
        given += _select(one, scope, rows, names)
    if part.branches:
        given += _union(part.branches, scope, rows, names)
    return given


def _unroll(part: Select, scope: Scope, rows: _Rows, names: Names) -> Scope:
    place = f"{part.place}.{part.unrolling}"
    value = _items(part, scope, place)
    if value.kind == CHOICE:
        refuse("say which type is meant by ofType(...)", place)
    name = names.fresh("each_")
    index = f"at_{name}" if _counts(part) else ""
    is_kept = part.unrolling == "forEachOrNull"
    rows.relation = Unrolled(rows.relation, listed(value), name, index, is_kept)
    rows.carried += (name, index) if index else (name,)
    this = Value(column(name), value.kind, False, value.shape)
    return replace(scope, this=this, index=op("or-else", column(index), ZERO))


def _items(part: Select, scope: Scope, place: str) -> Value:
    if part.unrolling != "repeat":
        return _at(part.paths[0], scope, place)
    try:
        kind = kind_of(part.paths, scope)
        read = Shape(kind)
        probe = replace(scope.of(Value(column("probe"), kind, False, read)), names=Names())
        _select(replace(part, unrolling=""), probe, _Rows(Named("probe")), Names())
        return Value(repeated(part.paths, scope, read), kind, True, read)
    except InvalidRequest as error:
        if error.expression:
            raise
        refuse(error.message, place)


def _counts(part: Select) -> bool:
    """Whether a part or one below asks for the index of its row."""
    inner = any(_counts(one) for one in (*part.selects, *part.branches))
    return inner or any("rowIndex" in one.path for one in part.columns)


def _union(branches: Sequence[Select], scope: Scope, rows: _Rows, names: Names) -> Given:
    base, before = names.fresh("base_"), rows.carried
    united: list[str] = []
    outputs: list[Output] = []
    parts = []
    for at, one in enumerate(branches):
        branch = _Rows(Named(base), before)
        given = _select(one, scope, branch, names)
        if not at:
            outputs = [output for output, _ in given]
            united = [names.fresh("given_") for _ in given]
        outputs = [
            _agreed(mine, theirs, one.place)
            for mine, (theirs, _) in zip(outputs, given, strict=True)
        ]
        columns = tuple(zip(united, (term for _, term in given), strict=True))
        parts.append(Branch(branch.relation, columns))
    rows.relation = United(rows.relation, base, tuple(parts), before)
    rows.carried = (*before, *united)
    return [(output, column(name)) for output, name in zip(outputs, united, strict=True)]


def _agreed(mine: Output, theirs: Output, place: str) -> Output:
    if mine.many != theirs.many:
        refuse(f"{mine.name} is a list in one branch of the union only", place)
    stored = {scalar(Shape(one.kind)) for one in (mine, theirs) if one.kind != NOTHING}
    if len(stored) > 1:
        refuse(f"{mine.name} has two types in the union", place)
    return theirs if mine.kind == NOTHING else mine


def _column(given: Column, scope: Scope) -> tuple[Output, Term]:
    value = _at(given.path, scope, f"{given.place}.path")
    if value.kind != NOTHING and not is_primitive(value.kind):
        refuse("the path of a column ends at a primitive", f"{given.place}.path")
    kind = given.kind or ("string" if value.kind == NOTHING else value.kind)
    if given.is_collection:
        return Output(given.name, kind, True), listed(value)
    term = single(value).term
    if value.shape is not None and value.shape.is_exact and value.kind == "decimal":
        term = op("cast-double", term)
    return Output(given.name, kind, False), _stored(term, value.kind, kind)


def _stored(term: Term, kind: str, wanted: str) -> Term:
    """A value in the type of its column."""
    to, has = scalar(Shape(wanted)), scalar(Shape(kind))
    if kind == NOTHING or to == has:
        return op("cast-text", NULL) if kind == NOTHING and to == "text" else term
    return op({"text": "cast-text", "double": "cast-double"}.get(to, "cast-integer"), term)


def _truth(path: str, scope: Scope, place: str) -> Term:
    """A criterion of a view: one boolean."""
    value = _at(path, scope, place)
    try:
        return truth(value)
    except InvalidRequest as error:
        refuse(error.message, place)


def _at(path: str, scope: Scope, place: str) -> Value:
    """The value of a path; what is wrong with it is said at its place."""
    try:
        value = lowered(path, scope)
    except InvalidRequest as error:
        refuse(error.message, place)
    return nothing() if value.kind == NOTHING else value
