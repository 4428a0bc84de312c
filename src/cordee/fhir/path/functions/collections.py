"""Filtering, subsetting and combining. Rule: https://hl7.org/fhirpath/N1/#filtering-and-projection."""

from __future__ import annotations

from functools import cmp_to_key

from cordee.fhir.path.atoms import Atom, single, single_atom, truth, whole_number
from cordee.fhir.path.comparison import distinct, items_equal, order
from cordee.fhir.path.functions.table import eager, lazy
from cordee.fhir.path.nodes import Compiled, Frame, Node, Nodes
from cordee.runtime.errors import InvalidRequest

_MOST = 100_000


@lazy("where", 1)
def where(nodes: Nodes, frame: Frame, criterion: Compiled) -> Nodes:
    """Items of which the criterion holds."""
    return [
        node for index, node in enumerate(nodes) if truth(criterion(frame.of(node, index))) is True
    ]


@lazy("select", 1)
def select(nodes: Nodes, frame: Frame, projection: Compiled) -> Nodes:
    """Values of the projection for each item, in one collection."""
    return [
        found for index, node in enumerate(nodes) for found in projection(frame.of(node, index))
    ]


@lazy("repeat", 1)
def repeat(nodes: Nodes, frame: Frame, projection: Compiled) -> Nodes:
    """Values of the projection for each item, then for each of these, until nothing is new."""
    found: Nodes = []
    layer = nodes
    while layer:
        layer = [
            node
            for node in distinct(select(layer, frame, projection))
            if not any(items_equal(node, other) for other in found)
        ]
        found += layer
        if len(found) > _MOST:
            raise InvalidRequest("FHIRPath: repeat() does not come to an end")
    return found


def sort(nodes: Nodes, frame: Frame, criteria: tuple[tuple[Compiled, bool], ...]) -> Nodes:
    """Items in the order of the criteria, each of which may run downwards; empty ones first."""
    ordered = list(enumerate(nodes))
    for criterion, downwards in reversed(criteria):
        ranked = [
            (single_atom(criterion(frame.of(node, index))), index, node) for index, node in ordered
        ]
        empty = [(index, node) for value, index, node in ranked if value is None]
        full = [item for item in ranked if item[0] is not None]
        full.sort(key=cmp_to_key(_by_value), reverse=downwards)
        ordered = empty + [(index, node) for _, index, node in full]
    return [node for _, node in ordered]


def _by_value(left: tuple[Atom, int, Node], right: tuple[Atom, int, Node]) -> int:
    return order(left[0], right[0]) or 0


@lazy("aggregate", 1, 2)
def aggregate(nodes: Nodes, frame: Frame, step: Compiled, start: Compiled | None = None) -> Nodes:
    """Last `$total` after the step has run once per item."""
    total = start(frame) if start is not None else []
    for index, node in enumerate(nodes):
        inner = frame.of(node, index)
        inner.total = total
        total = step(inner)
    return total


@eager("single")
def only(nodes: Nodes) -> Nodes:
    """Only item; `InvalidRequest` when there are several."""
    node = single(nodes)
    return [] if node is None else [node]


@eager("first")
def first(nodes: Nodes) -> Nodes:
    """First item."""
    return nodes[:1]


@eager("last")
def last(nodes: Nodes) -> Nodes:
    """Last item."""
    return nodes[-1:]


@eager("tail")
def tail(nodes: Nodes) -> Nodes:
    """All items but the first."""
    return nodes[1:]


@eager("skip", 1)
def skip(nodes: Nodes, number: Nodes) -> Nodes:
    """Items after the first `number`."""
    return nodes[max(whole_number(number) or 0, 0) :]


@eager("take", 1)
def take(nodes: Nodes, number: Nodes) -> Nodes:
    """First `number` items."""
    return nodes[: max(whole_number(number) or 0, 0)]


@eager("intersect", 1)
def intersect(nodes: Nodes, other: Nodes) -> Nodes:
    """Items that are in both, without repeats."""
    return [node for node in distinct(nodes) if any(items_equal(node, match) for match in other)]


@eager("exclude", 1)
def exclude(nodes: Nodes, other: Nodes) -> Nodes:
    """Items that are not in the other collection."""
    return [node for node in nodes if not any(items_equal(node, match) for match in other)]


@eager("union", 1)
def union(nodes: Nodes, other: Nodes) -> Nodes:
    """Items of both without repeats."""
    return distinct(nodes + other)


@eager("combine", 1)
def combine(nodes: Nodes, other: Nodes) -> Nodes:
    """Items of both, repeats kept."""
    return nodes + other
