"""FHIRPath to terms: each expression becomes one term over typed columns; pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cordee.fhir.path.parser import parse
from cordee.fhir.path.tree import (
    Binary,
    Call,
    Empty,
    Environment,
    Indexer,
    Literal,
    Member,
    Tree,
    TypeTest,
    Unary,
    Variable,
)
from cordee.population.views import functions, operators
from cordee.population.views.terms import FALSE, TRUE, number, op, text
from cordee.population.views.values import (
    Scope,
    Value,
    boolean,
    is_there,
    member,
    nothing,
    of_type,
    single,
)
from cordee.runtime.errors import InvalidRequest

_KINDS: Final = {
    "Boolean": "boolean",
    "String": "string",
    "Integer": "integer",
    "Decimal": "decimal",
    "Date": "date",
    "DateTime": "dateTime",
    "Time": "time",
}


def lowered(path: str, scope: Scope) -> Value:
    """The value of a FHIRPath expression; raises `InvalidRequest` for what no column can say."""
    return _value(parse(path), scope)


def constant(kind: str, value: str | int | bool | Decimal) -> Value:
    """A value that is known before the view runs."""
    if isinstance(value, bool):
        return boolean(TRUE if value else FALSE)
    term = text(value) if isinstance(value, str) else number(value)
    return Value(term, kind)


def _value(tree: Tree, scope: Scope) -> Value:
    if isinstance(tree, Member):
        return _member(tree, scope)
    if isinstance(tree, Call):
        return _call(tree, scope)
    if isinstance(tree, Binary):
        left, right = _value(tree.left, scope), _value(tree.right, scope)
        return operators.binary(tree.operator, left, right)
    if isinstance(tree, Literal):
        return _literal(tree)
    return _rest(tree, scope)


def _rest(tree: Tree, scope: Scope) -> Value:
    if isinstance(tree, Environment):
        return _environment(tree.name, scope)
    if isinstance(tree, Variable):
        return _variable(tree.name, scope)
    if isinstance(tree, Indexer):
        index = single(_value(tree.index, scope))
        return functions.item(_value(tree.source, scope), index.term)
    if isinstance(tree, TypeTest):
        found = of_type(_value(tree.operand, scope), tree.type_name.removeprefix("FHIR."))
        return found if tree.operator == "as" else boolean(is_there(found))
    if isinstance(tree, Unary):
        operand = single(_value(tree.operand, scope))
        term = op("negative", operand.term) if tree.operator == "-" else operand.term
        return Value(term, operand.kind)
    if isinstance(tree, Empty):
        return nothing()
    raise InvalidRequest("a view cannot say this")


def _member(tree: Member, scope: Scope) -> Value:
    if tree.source is None:
        if tree.name == scope.this.kind == scope.root.kind:
            return scope.this
        return member(scope.this, tree.name)
    return member(_value(tree.source, scope), tree.name)


def _literal(tree: Literal) -> Value:
    if isinstance(tree.value, tuple):
        raise InvalidRequest("compare the value of a quantity, and its code")
    return constant(_KINDS[tree.kind], tree.value)


def _environment(name: str, scope: Scope) -> Value:
    if name == "rowIndex":
        return Value(scope.index, "integer")
    if name in ("resource", "rootResource", "context"):
        return scope.root
    known = scope.constants.get(name)
    if known is None:
        raise InvalidRequest(f"the constant %{name} is not defined")
    return known


def _variable(name: str, scope: Scope) -> Value:
    if name == "this":
        return scope.this
    raise InvalidRequest(f"a view has no ${name}")


def _call(tree: Call, scope: Scope) -> Value:
    source = scope.this if tree.source is None else _value(tree.source, scope)
    return functions.call(tree.name, source, tree.arguments, scope, _value)
