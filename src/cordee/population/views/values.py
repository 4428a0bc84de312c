"""A FHIRPath value on its way to SQL: its term, its type, whether it is a list; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from cordee.fhir.model.definitions import Element, TypeDefinition, type_definition
from cordee.population.views.shapes import MOMENTS, NUMBERS, Shape
from cordee.population.views.terms import NULL, ZERO, Term, op, text, variable
from cordee.runtime.errors import InvalidRequest

CHOICE: Final = "choice"
NOTHING: Final = "nothing"
_ITEM: Final = "w"
_TEXTS: Final = frozenset(
    {"string", "code", "id", "uri", "url", "canonical", "oid", "uuid", "markdown"}
    | {"base64Binary", "xhtml"}
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value: `kind` is a FHIR type; of `many` the term is a list without nulls.

    An element of several types is a `CHOICE` until `ofType` says which: `of` then is the value
    whose element it is. `shape` notes what is read below.
    """

    term: Term
    kind: str
    many: bool = False
    shape: Shape | None = None
    of: Value | None = None
    element: Element | None = None


@dataclass(slots=True)
class Names:
    """Names that no other part of one statement bears."""

    _next: count[int] = field(default_factory=count)

    def fresh(self, stem: str) -> str:
        """A new name."""
        return f"{stem}{next(self._next)}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: `$this`, the resource, the constants, `%rowIndex`."""

    this: Value
    root: Value
    constants: Mapping[str, Value]
    names: Names
    index: Term = ZERO

    def of(self, this: Value) -> Scope:
        """The same with another `$this`."""
        return replace(self, this=this)


def family(kind: str) -> str:
    """text, number, moment, time, boolean: what may be compared with each other."""
    if kind in _TEXTS:
        return "text"
    if kind in NUMBERS:
        return "number"
    return "moment" if kind in MOMENTS else kind


def member(value: Value, name: str) -> Value:
    """The children of this name; raises `InvalidRequest` where the type has none."""
    if value.kind == NOTHING:
        return value
    if value.kind == CHOICE:
        raise InvalidRequest(f"say which type is meant by ofType(...) before .{name}")
    element = _definition(value.kind).elements.get(name)
    if element is None or value.shape is None:
        raise InvalidRequest(f"{value.kind} has no element {name}")
    if element.is_choice:
        return Value(NULL, CHOICE, value.many, None, value, element)
    kind = element.children or element.types[0]
    return fetched(value, name, kind, element.maximum is None or element.maximum > 1)


def fetched(value: Value, name: str, kind: str, many: bool) -> Value:
    """A property of a value, of a type that is known."""
    if value.shape is None:
        raise InvalidRequest(f"{value.kind} has no element {name}")
    shape = value.shape.child(name, kind, many)
    if not value.many:
        return Value(_of(value.term, name), kind, many, shape)
    inner = Value(_of(variable(_ITEM), name), kind, many, shape)
    return Value(gathered(value.term, _ITEM, inner), kind, True, shape)


def _of(owner: Term, name: str) -> Term:
    return op("column", name) if owner.name == "row" else op("field", owner, name)


def gathered(source: Term, name: str, inner: Value) -> Term:
    """What a lambda finds in each item of a list, as one list without nulls."""
    found = op("compact", op("transform", source, name, inner.term))
    return op("flatten", found) if inner.many else found


def of_type(value: Value, kind: str) -> Value:
    """The value where it is of this type."""
    if value.kind != CHOICE:
        return value if value.kind in (kind, NOTHING) else nothing()
    if value.of is None or value.element is None or kind not in value.element.types:
        raise InvalidRequest(f"the element has no type {kind}")
    name = value.element.name + kind[0].upper() + kind[1:]
    return fetched(value.of, name, kind, False)


def choices(value: Value) -> list[Value]:
    """Each type that the value may have."""
    if value.kind != CHOICE or value.element is None:
        return [value]
    return [of_type(value, kind) for kind in value.element.types]


def nothing() -> Value:
    """The empty collection."""
    return Value(NULL, NOTHING)


def boolean(term: Term) -> Value:
    """A truth."""
    return Value(term, "boolean")


def single(value: Value) -> Value:
    """The one item of a collection; several are refused when the view runs."""
    if value.kind == CHOICE:
        raise InvalidRequest("say which type is meant by ofType(...)")
    if not value.many:
        return value
    size = op("size", value.term)
    said = text("a collection of several items stands where one value is expected")
    several = op("less", op("number", "1"), size)
    one = op("when", several, op("refuse", said), op("at", value.term, ZERO))
    return Value(one, value.kind, False, value.shape)


def listed(value: Value) -> Term:
    """A value as a list, empty where there is none."""
    if value.many:
        return op("or-else", value.term, op("nothing"))
    there = op("is-there", value.term)
    return op("when", there, op("list", value.term), op("nothing"))


def is_there(value: Value) -> Term:
    """Whether a collection has an item."""
    if value.kind == CHOICE:
        found = [is_there(one) for one in choices(value)]
        whole = found[0]
        for one in found[1:]:
            whole = op("or", whole, one)
        return whole
    if value.many:
        return op("less", ZERO, op("size", value.term))
    return op("is-there", value.term)


def truth(value: Value) -> Term:
    """The one boolean of a collection; raises `InvalidRequest` where it is none."""
    if value.kind == NOTHING:
        return op("none-if", op("true"), op("true"))
    if value.kind != "boolean":
        raise InvalidRequest(f"a truth is expected, not {value.kind}")
    return single(value).term


def _definition(kind: str) -> TypeDefinition:
    try:
        return type_definition(kind)
    except KeyError:
        raise InvalidRequest(f"there is no type {kind}") from None
