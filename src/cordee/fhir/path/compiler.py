"""A FHIRPath tree as closures over orjson-parsed JSON.

Rule: https://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cordee.fhir.path.atoms import Amount, boolean, single, system, truth, whole_number
from cordee.fhir.path.functions import (  # noqa: F401 - each registers its family
    boundaries,
    collections,
    conversion,
    encodings,
    existence,
    fhir,
    mathematics,
    strings,
    trees,
)
from cordee.fhir.path.functions.table import FUNCTIONS
from cordee.fhir.path.moments import Moment, moment
from cordee.fhir.path.nodes import (
    Compiled,
    Evaluation,
    Frame,
    Node,
    Nodes,
    children,
    definition,
    lineage,
    resource_node,
)
from cordee.fhir.path.operators import OPERATORS, negative
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
from cordee.fhir.path.types import type_test
from cordee.runtime.errors import InvalidRequest, NotSupported

_ENVIRONMENT = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
_WHOLE = {"resource", "rootResource", "context"}


def compile_path(text: str, type_name: str | None = None) -> Callable[[dict[str, Any]], list[Any]]:
    """Compiled path from a resource (or a value of `type_name`) to raw JSON values.

    Raises `InvalidRequest` when `text` is no expression, `NotSupported` when it calls a function
    that is not here. What it returns raises `InvalidRequest` when the expression fails on a value.
    """
    evaluate = compile_nodes(text)

    def run(value: dict[str, Any]) -> list[Any]:
        node = Node(value, type_name) if type_name else resource_node(value)
        return [raw(found) for found in evaluate(node)]

    return run


@lru_cache(maxsize=2048)
def compile_nodes(text: str) -> Callable[..., Nodes]:
    """Compiled path from a node, and values of `%variables` by name, to typed nodes."""
    step = compile_tree(parse(text))

    def run(node: Node, root: Node | None = None, given: Mapping[str, Any] | None = None) -> Nodes:
        evaluation = Evaluation([root or node], given or {})
        return step(Frame([node], evaluation))

    return run


def raw(node: Node) -> Any:
    """JSON value of a node; a date literal is its text, a quantity literal an object."""
    value = node.value
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, Amount):
        return {"value": value.value, "unit": value.unit}
    return value


def compile_tree(tree: Tree) -> Compiled:
    """Closure of one tree."""
    return _COMPILERS[type(tree)](tree)


def _literal(tree: Literal) -> Compiled:
    value: Any = tree.value
    if tree.kind in {"Date", "DateTime", "Time"}:
        value = moment(str(tree.value), tree.kind)
        if value is None:
            raise InvalidRequest(f"FHIRPath: @{tree.value} is no date or time")
    elif tree.kind == "Quantity":
        value = Amount(*value)
    nodes = [system(value)]
    return lambda _frame: nodes


def _empty(_tree: Empty) -> Compiled:
    return lambda _frame: []


def _variable(tree: Variable) -> Compiled:
    if tree.name == "this":
        return _this
    if tree.name == "total":
        return lambda frame: frame.total
    return lambda frame: [] if frame.index is None else [system(frame.index)]


def _this(frame: Frame) -> Nodes:
    return frame.this


def _environment(tree: Environment) -> Compiled:
    name = tree.name
    if name in _WHOLE:
        return lambda frame: frame.evaluation.root
    if name in _ENVIRONMENT or name.startswith(("vs-", "ext-")):
        nodes = [system(_ENVIRONMENT.get(name) or _known_url(name))]
        return lambda _frame: nodes

    def given(frame: Frame) -> Nodes:
        if name not in frame.evaluation.environment:
            raise InvalidRequest(f"FHIRPath: %{name} has no value here")
        value = frame.evaluation.environment[name]
        return value if isinstance(value, list) else [system(value)]

    return given


def _known_url(name: str) -> str:
    folder = "ValueSet" if name.startswith("vs-") else "StructureDefinition"
    return f"http://hl7.org/fhir/{folder}/{name.partition('-')[2]}"


def _member(tree: Member) -> Compiled:
    name = tree.name
    if tree.source is None and name[:1].isupper() and definition(name) is not None:
        return lambda frame: [
            node for node in frame.this if node.type_name and name in lineage(node.type_name)
        ]
    if tree.source is None and name[:1].isupper():
        return lambda frame: [found for node in frame.this for found in _own_or_child(node, name)]
    source = _this if tree.source is None else compile_tree(tree.source)
    return lambda frame: [child for node in source(frame) for child in children(node, name)]


def _own_or_child(node: Node, name: str) -> Nodes:
    """Node itself when this is its type, one that R4 does not define; else its children."""
    return [node] if node.type_name == name else list(children(node, name))


def _call(tree: Call) -> Compiled:
    if tree.name in {"is", "as", "ofType"} and len(tree.arguments) == 1:
        operand = tree.source if tree.source is not None else Variable("this")
        return _type_call(tree.name, operand, _dotted(tree.arguments[0]))
    if tree.name == "sort":
        return _sort(tree)
    function = FUNCTIONS.get(tree.name)
    if function is None:
        raise NotSupported(f"FHIRPath: {tree.name}() is not supported")
    if not function.minimum <= len(tree.arguments) <= function.maximum:
        raise InvalidRequest(
            f"FHIRPath: {tree.name}() takes {function.minimum} to {function.maximum} arguments"
        )
    source = _this if tree.source is None else compile_tree(tree.source)
    return function.call(source, tuple(compile_tree(argument) for argument in tree.arguments))


def _sort(tree: Call) -> Compiled:
    """Sorting by any number of criteria; a minus sign before one turns it round."""
    source = _this if tree.source is None else compile_tree(tree.source)
    criteria = tuple(
        (compile_tree(argument.operand), True)
        if isinstance(argument, Unary) and argument.operator == "-"
        else (compile_tree(argument), False)
        for argument in tree.arguments or (Variable("this"),)
    )
    return lambda frame: collections.sort(source(frame), frame, criteria)


def _dotted(tree: Tree) -> str:
    if isinstance(tree, Member):
        return f"{_dotted(tree.source)}.{tree.name}" if tree.source is not None else tree.name
    raise InvalidRequest("FHIRPath: the name of a type is expected")


def _type_call(operator: str, operand: Tree, name: str) -> Compiled:
    source = compile_tree(operand)
    test = type_test(name, lenient=operator != "is")
    if operator != "is":
        return lambda frame: [node for node in source(frame) if test(node)]

    def run(frame: Frame) -> Nodes:
        node = single(source(frame))
        return [] if node is None else boolean(test(node))

    return run


def _type_operator(tree: TypeTest) -> Compiled:
    return _type_call(tree.operator, tree.operand, tree.type_name)


def _indexer(tree: Indexer) -> Compiled:
    source, index = compile_tree(tree.source), compile_tree(tree.index)

    def run(frame: Frame) -> Nodes:
        nodes, place = source(frame), whole_number(index(frame))
        return nodes[place : place + 1] if place is not None and place >= 0 else []

    return run


def _unary(tree: Unary) -> Compiled:
    operand = compile_tree(tree.operand)
    if tree.operator == "-":
        return lambda frame: negative(operand(frame))
    return lambda frame: negative(negative(operand(frame)))


def _binary(tree: Binary) -> Compiled:
    left, right = compile_tree(tree.left), compile_tree(tree.right)
    if tree.operator in {"and", "or", "implies"}:
        return _logic(tree.operator, left, right)
    operator = OPERATORS[tree.operator]
    return lambda frame: operator(left(frame), right(frame))


def _logic(operator: str, left: Compiled, right: Compiled) -> Compiled:
    """Three-valued logic; the right side is left out when the left decides."""
    decisive = operator == "or"

    def run(frame: Frame) -> Nodes:
        one = truth(left(frame))
        if operator == "implies":
            one = None if one is None else not one
        stop = decisive or operator == "implies"
        if one is stop:
            return boolean(stop)
        other = truth(right(frame))
        if other is stop:
            return boolean(stop)
        return boolean(None if one is None or other is None else not stop)

    return run


_COMPILERS: dict[type, Callable[[Any], Compiled]] = {
    Literal: _literal,
    Empty: _empty,
    Variable: _variable,
    Environment: _environment,
    Member: _member,
    Call: _call,
    Indexer: _indexer,
    Unary: _unary,
    Binary: _binary,
    TypeTest: _type_operator,
}
