"""What of a row a caller may see: the pieces of one condition, for every statement.

A label opens by ties: the tie that opens an ordinary row need not open one that is restricted. The
arrays are hashes of `care_circle.actor`; names of parameters or columns stand for them. Decision
0030 says which rule of the decision becomes which piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.fhir.indexing.document_types import CLASS_PLACE, MOST_CLASSES
from cordee.fhir.indexing.landmarks import CLOSED_TYPES, LABEL_BITS, VISIBILITY_BITS
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import DELETED, Scope

RESTRICTED: Final = LABEL_BITS["R"]
VERY: Final = LABEL_BITS["V"]
TIED: Final = RESTRICTED | VERY
"""Labels that open by a nearer tie, not by the mask of the caller."""
MASKED: Final = VISIBILITY_BITS["MASQUE_PS"]
_CLOSED: Final = ", ".join(str(type_number(one)) for one in CLOSED_TYPES)


@dataclass(frozen=True, slots=True)
class Names:
    """SQL texts of what a statement knows of its caller: parameters, or columns of a table."""

    hidden: str
    actors: str
    restricted: str
    very: str
    own: str
    unmasked: str
    author: str
    classes: str


COLUMNS: Final = "hidden, actors, restricted, very, own, unmasked, author, classes"
"""Columns of a table that holds callers, in the order of `values_of`."""


_ARRAYS: Final = ("actors", "restricted", "very", "own", "unmasked", "author")


def named(first: int) -> Names:
    """Numbered parameters from `first` on, in the order of `values_of`."""
    arrays = {name: f"${n}::int8[]" for n, name in enumerate(_ARRAYS, first + 1)}
    last = first + len(_ARRAYS) + 1
    return Names(hidden=f"${first}::int2", classes=f"${last}::bytea", **arrays)


def of_table(alias: str) -> Names:
    """The columns of a table whose arrays are texts, in the order of `values_of`."""
    arrays = {name: f"{alias}.{name}::int8[]" for name in _ARRAYS}
    return Names(hidden=f"{alias}.hidden", classes=f"{alias}.classes", **arrays)


def values_of(scope: Scope) -> list[Any]:
    """What stands for `Names`: the mask, six arrays and the open classes."""
    ties = scope.ties
    actors = list(scope.actors) if scope.actors is not None else None
    if ties is None:
        return [scope.hidden & ~DELETED, actors, actors, actors, [], [], [], None]
    return [
        scope.hidden & ~DELETED, actors, list(ties.restricted), list(ties.very), list(ties.own),
        list(ties.unmasked), list(ties.author), ties.classes,
    ]  # fmt: skip


def row_values(scope: Scope) -> list[Any]:
    """The same with arrays as texts, for a row among many callers."""
    return [_text(one) if isinstance(one, list) else one for one in values_of(scope)]


def visible(alias: str, names: Names, *, lab: str = "") -> str:
    """Condition on a row of `resource`, or of a type's table: seen by the caller; deleted or not.

    `lab` is the expression of its labels where they are more than the row's own.
    """
    lab = lab or f"{alias}.lab"
    tied = tied_sql(alias, lab, (names.actors, names.restricted, names.very, names.own))
    return (
        f"(({names.actors} IS NULL OR {loose_sql(alias)} OR {tied})"
        f" AND ({lab} & {names.hidden} = 0 OR ({lab} & {names.hidden} = {MASKED}"
        f" AND {alias}.pat = ANY ({names.unmasked})))"
        f" AND ({names.classes} IS NULL OR {class_sql(lab, names.classes)})"
        f" OR cardinality({names.author}) > 0 AND {authored_sql(alias, names.author)})"
    )


def former_sql(alias: str, names: Names) -> str:
    """No version that a deleted row ever had bore a label that the caller's plainest tie hides.

    A tombstone bears no label: it hides with the versions that did.
    """
    tied = f"CASE WHEN {names.actors} IS NULL OR {names.restricted} = {names.actors} THEN 0"
    return (
        f"NOT EXISTS (SELECT FROM history p WHERE p.rid = {alias}.rid"
        f" AND p.lab & ({names.hidden} | {tied} ELSE {TIED} END) <> 0)"
    )


def tied_sql(alias: str, lab: str, ties: tuple[str, str, str, str]) -> str:
    """The caller has the tie to the patient that the labels of the row ask for.

    `ties` are arrays: those that open what is ordinary, restricted, very restricted, and the own
    structures: what is very restricted opens to the team of the structure that wrote it as well.
    """
    actors, restricted, very, own = ties
    return (
        f"EXISTS (SELECT FROM care_circle c WHERE c.pat = {alias}.pat AND c.actor = ANY ("
        f"CASE WHEN {lab} & {TIED} = 0 THEN {actors}"
        f" WHEN {lab} & {VERY} = 0 OR {alias}.org = ANY ({own}) THEN {restricted}"
        f" ELSE {very} END) OFFSET 0)"
    )


def loose_sql(alias: str, *, kind: str | None = None) -> str:
    """The row belongs to no patient, and its type is none that speaks of patients.

    `kind` where all rows are of one type; else the row has a column `type`.
    """
    if kind in CLOSED_TYPES:
        return "FALSE"
    closed = "" if kind else f" AND {alias}.type NOT IN ({_CLOSED})"
    return f"({alias}.pat IS NULL{closed} AND ({alias}.lab & {TIED}) < 1)"


def loose_inside_sql(alias: str) -> str:
    """The same of a contained resource, whose container must be open."""
    return (
        f"({alias}.pat IS NULL AND ({alias}.lab & {TIED}) < 1 AND EXISTS (SELECT FROM contained k"
        f" WHERE k.rid = {alias}.rid AND k.within_type NOT IN ({_CLOSED})))"
    )


def class_sql(lab: str, classes: str) -> str:
    """The matrix opens the class of the document; what is no document has class 0."""
    return f"get_bit({classes}, ({lab}::int4 >> {CLASS_PLACE}) & {MOST_CLASSES}) > 0"


def authored_sql(alias: str, author: str) -> str:
    """The caller wrote the document."""
    return (
        f"EXISTS (SELECT FROM care_circle o WHERE o.rid = {alias}.rid AND o.actor = ANY ({author}))"
    )


def _text(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
