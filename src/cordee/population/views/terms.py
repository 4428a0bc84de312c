"""The intermediate form between FHIRPath and SQL: terms that every engine can print; pure.

A term is an operation on other terms. Its names stand in the table of each dialect
(`views.dialects`); nothing above that table knows which engine will run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """An operation with its arguments: other terms, or names and texts taken as they are."""

    name: str
    arguments: tuple[Term | str, ...] = ()


NULL: Final = Term("null")
TRUE: Final = Term("true")
FALSE: Final = Term("false")
ZERO: Final = Term("number", ("0",))
ONE: Final = Term("number", ("1",))
EMPTY_TEXT: Final = Term("text", ("",))


def op(name: str, *arguments: Term | str) -> Term:
    """An operation of the table of dialects."""
    return Term(name, arguments)


def text(value: str) -> Term:
    """A text, quoted when it is printed."""
    return Term("text", (value,))


def number(value: object) -> Term:
    """A number, as its digits."""
    return Term("number", (str(value),))


def column(name: str) -> Term:
    """A column of the rows at hand."""
    return Term("column", (name,))


def variable(name: str) -> Term:
    """The item of a list that a lambda looks at."""
    return Term("variable", (name,))


def either(*conditions: Term) -> Term:
    """One of some conditions; false for none."""
    found = FALSE
    for one in conditions:
        found = one if found is FALSE else op("or", found, one)
    return found


def every(*conditions: Term) -> Term:
    """All of some conditions; true for none."""
    found = TRUE
    for one in conditions:
        found = one if found is TRUE else op("and", found, one)
    return found
