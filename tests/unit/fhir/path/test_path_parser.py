from __future__ import annotations

from decimal import Decimal

import pytest

from cordee.fhir.path.parser import parse
from cordee.fhir.path.tree import (
    Binary,
    Call,
    Empty,
    Environment,
    Indexer,
    Literal,
    Member,
    TypeTest,
    Unary,
    Variable,
)
from cordee.runtime.errors import InvalidRequest


def test_precedence_follows_the_specification() -> None:
    tree = parse("a or b and c = 1 | 2 + 3 * 4")

    assert isinstance(tree, Binary)
    assert tree.operator == "or"
    both = tree.right
    assert isinstance(both, Binary)
    assert both.operator == "and"
    equality = both.right
    assert isinstance(equality, Binary)
    assert equality.operator == "="
    union = equality.right
    assert isinstance(union, Binary)
    assert union.operator == "|"


def test_operators_of_one_level_bind_to_the_left() -> None:
    one, two, three = (Literal("Integer", number) for number in (1, 2, 3))

    assert parse("1 - 2 - 3") == Binary("-", Binary("-", one, two), three)


def test_a_sign_covers_the_whole_invocation() -> None:
    assert parse("-1.abs()") == Unary("-", Call(Literal("Integer", 1), "abs", (), 3))


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("true", Literal("Boolean", True)),
        ("'l\\'eau\\u0020\\n'", Literal("String", "l'eau \n")),
        ("12", Literal("Integer", 12)),
        ("1.50", Literal("Decimal", Decimal("1.50"))),
        ("@2015", Literal("Date", "2015")),
        ("@2015-02-04", Literal("Date", "2015-02-04")),
        ("@2015-02T", Literal("DateTime", "2015-02T")),
        ("@2015-02-04T14:34:28.123+09:00", Literal("DateTime", "2015-02-04T14:34:28.123+09:00")),
        ("@T14:34", Literal("Time", "14:34")),
        ("4.5 'mg'", Literal("Quantity", (Decimal("4.5"), "mg"))),
        ("4 days", Literal("Quantity", (Decimal(4), "days"))),
        ("{ }", Empty()),
        ("$this", Variable("this")),
        ("%resource", Environment("resource")),
        ("%`vs-age`", Environment("vs-age")),
        ('%"ext-age"', Environment("ext-age")),
    ],
)
def test_every_literal_is_read(text: str, literal: object) -> None:
    assert parse(text) == literal


def test_keywords_may_be_names_where_no_operator_can_stand() -> None:
    assert parse("a.contains.is") == Member(Member(Member(None, "a"), "contains"), "is")
    assert parse("`a b`[0]") == Indexer(Member(None, "a b"), Literal("Integer", 0))
    assert parse("a is FHIR.Patient") == TypeTest("is", Member(None, "a"), "FHIR.Patient")


def test_comments_are_space() -> None:
    assert parse("a // one\n /* two */ . b") == Member(Member(None, "a"), "b")


@pytest.mark.parametrize(
    ("text", "place"),
    [("a.", 3), ("(a", 3), ("a b", 3), ("a ! b", 3), ("a(", 3), ("'open", 1), ("1 /* x", 3)],
)
def test_an_error_says_where(text: str, place: int) -> None:
    with pytest.raises(InvalidRequest, match=f"character {place}$"):
        parse(text)


def test_an_expression_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="deeply"):
        parse("(" * 500 + "1" + ")" * 500)
