"""Existence: is there anything, is it all so. Rule: https://hl7.org/fhirpath/N1/#existence."""

from __future__ import annotations

from cordee.fhir.path.atoms import boolean, single_atom, system, truth
from cordee.fhir.path.comparison import distinct, items_equal
from cordee.fhir.path.functions.table import eager, lazy
from cordee.fhir.path.nodes import Compiled, Frame, Nodes
from cordee.runtime.errors import InvalidRequest


@eager("empty")
def empty(nodes: Nodes) -> Nodes:
    """Whether there is nothing."""
    return boolean(not nodes)


@lazy("exists", 0, 1)
def exists(nodes: Nodes, frame: Frame, criterion: Compiled | None = None) -> Nodes:
    """Whether there is anything, or anything of which the criterion holds."""
    if criterion is None:
        return boolean(bool(nodes))
    return boolean(any(truth(criterion(frame.of(node, index))) for index, node in enumerate(nodes)))


@lazy("all", 1)
def every(nodes: Nodes, frame: Frame, criterion: Compiled) -> Nodes:
    """Whether the criterion holds of every item."""
    return boolean(all(truth(criterion(frame.of(node, index))) for index, node in enumerate(nodes)))


@eager("not")
def negation(nodes: Nodes) -> Nodes:
    """Opposite of the only item; a number is true."""
    known = truth(nodes)
    return boolean(None if known is None else not known)


@eager("count")
def count(nodes: Nodes) -> Nodes:
    """How many items there are."""
    return [system(len(nodes))]


@eager("distinct")
def without_repeats(nodes: Nodes) -> Nodes:
    """Items without repeats."""
    return distinct(nodes)


@eager("isDistinct")
def is_distinct(nodes: Nodes) -> Nodes:
    """Whether no item repeats."""
    return boolean(len(distinct(nodes)) == len(nodes))


@eager("subsetOf", 1)
def subset_of(nodes: Nodes, other: Nodes) -> Nodes:
    """Whether every item is in the other collection."""
    return boolean(_within(nodes, other))


@eager("supersetOf", 1)
def superset_of(nodes: Nodes, other: Nodes) -> Nodes:
    """Whether every item of the other collection is here."""
    return boolean(_within(other, nodes))


def _within(nodes: Nodes, other: Nodes) -> bool:
    return all(any(items_equal(node, candidate) for candidate in other) for node in nodes)


@eager("allTrue")
def all_true(nodes: Nodes) -> Nodes:
    """Whether every item is true."""
    return boolean(all(_truths(nodes)))


@eager("anyTrue")
def any_true(nodes: Nodes) -> Nodes:
    """Whether an item is true."""
    return boolean(any(_truths(nodes)))


@eager("allFalse")
def all_false(nodes: Nodes) -> Nodes:
    """Whether every item is false."""
    return boolean(not any(_truths(nodes)))


@eager("anyFalse")
def any_false(nodes: Nodes) -> Nodes:
    """Whether an item is false."""
    return boolean(not all(_truths(nodes)))


def _truths(nodes: Nodes) -> list[bool]:
    values = [single_atom([node]) for node in nodes]
    if not all(isinstance(value, bool) for value in values):
        raise InvalidRequest("FHIRPath: allTrue and its like work on Booleans only")
    return [bool(value) for value in values]
