"""The parsed form of a FHIRPath expression."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A value; `kind` is its System type: Boolean, String, Integer, Decimal, Date, ..."""

    kind: str
    value: bool | int | str | Decimal | tuple[Decimal, str]


@dataclass(frozen=True, slots=True)
class Empty:
    """The empty collection, `{}`."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One of `$this`, `$index` and `$total`, named without the dollar."""

    name: str


@dataclass(frozen=True, slots=True)
class Environment:
    """A value from outside, `%resource`, named without the percent sign."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A child by name; without a source it starts at the context."""

    source: Tree | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function; without a source it starts at the context."""

    source: Tree | None
    name: str
    arguments: tuple[Tree, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Indexer:
    """`source[index]`."""

    source: Tree
    index: Tree


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `+operand`."""

    operator: str
    operand: Tree


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand is Type` or `operand as Type`; `type_name` may have a namespace."""

    operator: str
    operand: Tree
    type_name: str


Tree = (
    Literal | Empty | Variable | Environment | Member | Call | Indexer | Unary | Binary | TypeTest
)
