"""Steps down the tree, choices and tools. Rule: https://hl7.org/fhirpath/N1/#tree-navigation."""

from __future__ import annotations

from datetime import UTC, datetime

from cordee.fhir.path.atoms import system, truth
from cordee.fhir.path.functions.table import eager, lazy
from cordee.fhir.path.moments import moment
from cordee.fhir.path.nodes import SYSTEM, Compiled, Frame, Node, Nodes, all_children
from cordee.runtime.errors import InvalidRequest


@eager("children")
def children_of(nodes: Nodes) -> Nodes:
    """Direct children of every item."""
    return [child for node in nodes for child in all_children(node)]


@eager("descendants")
def descendants(nodes: Nodes) -> Nodes:
    """Children of every item, theirs, and so on."""
    found: Nodes = []
    layer = children_of(nodes)
    while layer:
        found += layer
        layer = children_of(layer)
    return found


@lazy("iif", 2, 3)
def choice(
    nodes: Nodes,
    frame: Frame,
    criterion: Compiled,
    chosen: Compiled,
    otherwise: Compiled | None = None,
) -> Nodes:
    """Second argument when the criterion holds, else the third; only that one is evaluated."""
    if len(nodes) > 1:
        raise InvalidRequest("FHIRPath: iif() works on one item")
    inner = Frame(nodes, frame.evaluation, frame.index, frame.total) if nodes else frame
    if truth(criterion(inner)):
        return chosen(inner)
    return otherwise(inner) if otherwise is not None else []


@lazy("trace", 1, 2)
def trace(nodes: Nodes, _frame: Frame, *_arguments: Compiled) -> Nodes:
    """Items unchanged; nothing is written, as they may be health data."""
    return nodes


@eager("now")
def now(_nodes: Nodes) -> Nodes:
    """Date and time of this moment, in UTC."""
    return [system(moment(datetime.now(UTC).isoformat(timespec="milliseconds"), "DateTime"))]


@eager("today")
def today(_nodes: Nodes) -> Nodes:
    """Date of this moment."""
    return [system(moment(datetime.now(UTC).date().isoformat(), "Date"))]


@eager("timeOfDay")
def time_of_day(_nodes: Nodes) -> Nodes:
    """Time of this moment, in UTC."""
    return [system(moment(datetime.now(UTC).time().isoformat(timespec="milliseconds"), "Time"))]


@eager("type")
def type_of(nodes: Nodes) -> Nodes:
    """Namespace and name of the type of every item."""
    found: Nodes = []
    for node in nodes:
        name = node.type_name or "Element"
        namespace = "System" if name.startswith(SYSTEM) else "FHIR"
        info = {"namespace": namespace, "name": name.removeprefix(SYSTEM)}
        found.append(Node(info, None))
    return found
