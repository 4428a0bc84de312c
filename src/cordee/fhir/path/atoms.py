"""FHIR values as the System values that operators work on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from cordee.fhir.path.moments import Moment, moment
from cordee.fhir.path.nodes import Node, Nodes, lineage
from cordee.fhir.path.units import UCUM, canonical
from cordee.runtime.errors import InvalidRequest

_CALENDAR = {
    "year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min",
    "second": "s", "millisecond": "ms",
}  # fmt: skip
_KINDS = {"date": "Date", "dateTime": "DateTime", "instant": "DateTime", "time": "Time"}


class Amount(NamedTuple):
    """A System Quantity; `unit` is a UCUM code, or a calendar word as written."""

    value: Decimal
    unit: str

    @property
    def code(self) -> str:
        """UCUM code of the unit."""
        return _CALENDAR.get(self.unit.removesuffix("s"), self.unit)

    def __str__(self) -> str:
        named = self.unit.removesuffix("s") in _CALENDAR and len(self.unit) > 2  # noqa: PLR2004 - "s", "ms"
        return f"{self.value} {self.unit}" if named else f"{self.value} '{self.unit}'"


Atom = bool | int | Decimal | str | Moment | Amount | dict[str, Any] | None


def atom(node: Node) -> Atom:
    """System value of a node; a complex value stays its JSON object."""
    value, kind = node.value, node.type_name
    if isinstance(value, dict):
        return _amount(value) if kind is not None and "Quantity" in lineage(kind) else value
    if isinstance(value, float):
        return Decimal(repr(value))
    if kind == "decimal" and isinstance(value, int):
        return Decimal(value)
    if kind in _KINDS and isinstance(value, str):
        return moment(value, _KINDS[kind]) or value
    return value


def _amount(value: dict[str, Any]) -> Amount | dict[str, Any]:
    number = value.get("value")
    if not isinstance(number, int | float | Decimal) or "comparator" in value:
        return value
    code = value.get("code") if value.get("system") == UCUM else value.get("unit", "1")
    return Amount(Decimal(str(number)), code or "1")


def in_base_units(amount: Amount) -> tuple[Decimal, str]:
    """Amount in UCUM base units; in its own unit when that is unknown."""
    return canonical(amount.value, amount.code) or (amount.value, amount.unit)


def system(value: Any) -> Node:
    """Node of a System value."""
    return Node(value, "System." + kind_of(value))


def kind_of(value: Any) -> str:
    """Name of the System type of a value."""
    for kind, name in ((bool, "Boolean"), (int, "Integer"), (Decimal, "Decimal"), (str, "String")):
        if isinstance(value, kind):
            return name
    return value.kind if isinstance(value, Moment) else "Quantity"


TRUE, FALSE = [system(True)], [system(False)]


def boolean(value: bool | None) -> Nodes:
    """Nodes of a truth value; empty when it is unknown."""
    return [] if value is None else (TRUE if value else FALSE)


def single(nodes: Nodes) -> Node | None:
    """Only item of a collection, None when empty; `InvalidRequest` when there are more."""
    if len(nodes) > 1:
        raise InvalidRequest("FHIRPath: one value is expected, there are several")
    return nodes[0] if nodes else None


def single_atom(nodes: Nodes) -> Atom:
    """System value of the only item; None when there is none."""
    node = single(nodes)
    return None if node is None else atom(node)


def truth(nodes: Nodes) -> bool | None:
    """Truth of a collection: a Boolean itself, any other single item true, none unknown."""
    node = single(nodes)
    if node is None:
        return None
    return node.value if isinstance(node.value, bool) else True


def text_of(nodes: Nodes) -> str | None:
    """Text of the only item; None when there is none, `InvalidRequest` when it is no text."""
    value = single_atom(nodes)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Moment):
        return value.text
    raise InvalidRequest("FHIRPath: a text is expected")


def whole_number(nodes: Nodes) -> int | None:
    """Integer of the only item; None when there is none, `InvalidRequest` when it is none."""
    value = single_atom(nodes)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidRequest("FHIRPath: a whole number is expected")
