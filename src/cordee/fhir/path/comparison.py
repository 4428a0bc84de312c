"""Equality, equivalence and order of FHIRPath values.

Rule: https://hl7.org/fhirpath/N1/#equality and #comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cordee.fhir.path.atoms import Amount, Atom, atom, in_base_units
from cordee.fhir.path.moments import Moment, compared, moment
from cordee.fhir.path.nodes import Node, Nodes
from cordee.runtime.errors import InvalidRequest

_SPACE = re.compile(r"\s")
_INEXACT = {"year", "years", "month", "months"}


def equal(left: Nodes, right: Nodes) -> bool | None:
    """Whether two collections are equal in order; None when one is empty or it is unknown."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    unknown = False
    for one, other in zip(left, right, strict=True):
        same = items_equal(one, other)
        if same is False:
            return False
        unknown = unknown or same is None
    return None if unknown else True


def items_equal(left: Node, right: Node) -> bool | None:
    """Whether two items are equal; None when their precisions leave it open."""
    return _atoms_equal(atom(left), atom(right))


def _atoms_equal(left: Atom, right: Atom) -> bool | None:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Moment) or isinstance(right, Moment):
        one, other = _as_moment(left), _as_moment(right)
        if one is None or other is None or (one.kind == "Time") != (other.kind == "Time"):
            return False
        order = compared(one, other)
        return None if order is None else order == 0
    if isinstance(left, Amount) or isinstance(right, Amount):
        return _amounts_equal(left, right)
    return left == right


def _as_moment(value: Atom) -> Moment | None:
    if isinstance(value, str):
        return moment(value)
    return value if isinstance(value, Moment) else None


def _amounts_equal(left: Atom, right: Atom) -> bool | None:
    one, other = _as_amount(left), _as_amount(right)
    if one is None or other is None:
        return False
    if (one.unit in _INEXACT) != (other.unit in _INEXACT):
        return None  # a calendar month is no fixed number of seconds
    return in_base_units(one) == in_base_units(other)


def _as_amount(value: Atom) -> Amount | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Amount(Decimal(value), "1")
    return value if isinstance(value, Amount) else None


def equivalent(left: Nodes, right: Nodes) -> bool:
    """Whether two collections are alike: order, case, spaces and last decimals aside."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        match = next((other for other in rest if _items_equivalent(one, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def _items_equivalent(left: Node, right: Node) -> bool:
    return _atoms_equivalent(atom(left), atom(right))


def _atoms_equivalent(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Amount) and isinstance(right, Amount):
        (one, unit), (other, other_unit) = in_base_units(left), in_base_units(right)
        return unit == other_unit and _nearly(one, other)
    for kind, alike in _ALIKE:
        if isinstance(left, kind) and isinstance(right, kind):
            return alike(left, right)
    return _atoms_equal(left, right) is True


def _lists_equivalent(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(
        any(_atoms_equivalent(one, other) for other in right) for one in left
    )


def _objects_equivalent(left: dict[str, Any], right: dict[str, Any]) -> bool:
    keys = {key for key in left if key != "id"}
    return keys == {key for key in right if key != "id"} and all(
        _atoms_equivalent(left[key], right[key]) for key in keys
    )


def _folded(text: str) -> str:
    """Text without case, every kind of white space a space."""
    return _SPACE.sub(" ", text).casefold()


def _nearly(left: Decimal, right: Decimal) -> bool:
    """Equality to the precision of the less precise value, trailing zeros aside."""
    places = max(_places(left), _places(right))
    return round(left, -places) == round(right, -places)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return min(int(exponent), 0)


_ALIKE: tuple[tuple[Any, Callable[[Any, Any], bool]], ...] = (
    (int | Decimal, lambda left, right: _nearly(Decimal(left), Decimal(right))),
    (str, lambda left, right: _folded(left) == _folded(right)),
    (dict, _objects_equivalent),
    (list, _lists_equivalent),
)


def order(left: Atom, right: Atom) -> int | None:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`; None when unknown.

    Raises `InvalidRequest` when the two are of kinds that have no common order.
    """
    if isinstance(left, Moment) or isinstance(right, Moment):
        one, other = _as_moment(left), _as_moment(right)
        if one is not None and other is not None and (one.kind == "Time") == (other.kind == "Time"):
            return compared(one, other)
    elif isinstance(left, Amount) or isinstance(right, Amount):
        return _amount_order(left, right)
    elif isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    elif _is_number(left) and _is_number(right):
        return (left > right) - (left < right)  # pyright: ignore[reportOperatorIssue] - both numbers
    raise InvalidRequest("FHIRPath: these two values have no order")


def _is_number(value: Atom) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _amount_order(left: Atom, right: Atom) -> int | None:
    one, other = _as_amount(left), _as_amount(right)
    if one is None or other is None:
        raise InvalidRequest("FHIRPath: these two values have no order")
    (value, unit), (limit, other_unit) = in_base_units(one), in_base_units(other)
    return (value > limit) - (value < limit) if unit == other_unit else None


def distinct(nodes: Nodes) -> Nodes:
    """Items without those equal to an earlier one, in order."""
    kept: Nodes = []
    seen: set[Any] = set()
    for node in nodes:
        value = atom(node)
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            if (mark := value) not in seen:
                seen.add(mark)
                kept.append(node)
        elif not any(_atoms_equal(value, atom(other)) for other in kept):
            kept.append(node)
    return kept
