"""Properties of a resource without which an expression gives always the same."""

from __future__ import annotations

from cordee.fhir.path.nodes import definition, lineage, properties
from cordee.fhir.path.parser import parse
from cordee.fhir.path.tree import (
    Binary,
    Call,
    Empty,
    Indexer,
    Literal,
    Member,
    Tree,
    TypeTest,
    Unary,
)


class _Everything(Exception):
    """The expression may look at anything."""


def root_properties(text: str, type_name: str) -> frozenset[str] | None:
    """JSON properties of `type_name` that an expression may look at; None when it may be any.

    Some may be named that it does not look at.
    """
    try:
        return frozenset(_roots(parse(text), type_name))
    except _Everything:
        return None


def _roots(tree: Tree, start: str) -> set[str]:
    if isinstance(tree, Literal | Empty):
        return set()
    if isinstance(tree, Member):
        return _member(tree, start)
    if isinstance(tree, Call):
        return _call(tree, start)
    if isinstance(tree, Binary):
        return _roots(tree.left, start) | _roots(tree.right, start)
    if isinstance(tree, Indexer):
        return _roots(tree.source, start) | _roots(tree.index, start)
    if isinstance(tree, Unary | TypeTest):
        return _roots(tree.operand, start)
    raise _Everything


def _member(tree: Member, start: str) -> set[str]:
    if tree.source is not None and not _is_whole(tree.source, start):
        return _roots(tree.source, start)
    if tree.source is None and definition(tree.name) is not None:
        raise _Everything
    found = properties(start, tree.name) or ()
    return {mark + name for name, _ in found for mark in ("", "_")}


def _call(tree: Call, start: str) -> set[str]:
    found: set[str] = set()
    for argument in tree.arguments if tree.name not in {"is", "as", "ofType"} else ():
        found |= _roots(argument, start)
    if tree.source is not None and not _is_whole(tree.source, start):
        return found | _roots(tree.source, start)
    if tree.name == "extension":
        return found | {"extension"}
    if tree.name == "resolve" and tree.source is None:
        return found
    raise _Everything


def _is_whole(tree: Tree, start: str) -> bool:
    """Whether a tree is the resource itself, by the name of its type."""
    return isinstance(tree, Member) and tree.source is None and tree.name in lineage(start)
