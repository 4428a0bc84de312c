from __future__ import annotations

from decimal import Decimal

import pytest

from cordee.fhir.path.compiler import compile_path
from cordee.runtime.errors import InvalidRequest


def values(text: str) -> list:
    return compile_path(text)({"resourceType": "Patient"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(3 | 1 | 2).sort()", [1, 2, 3]),
        ("('a' | 'b').sort(-$this)", ["b", "a"]),
        ("'é<'.encode('hex').decode('hex')", ["é<"]),
        ("'a?'.encode('base64').decode('base64')", ["a?"]),
        ("'<b>'.escape('html').unescape('html')", ["<b>"]),
        ("'x'.encode('rot13')", []),
        ("1.587.lowBoundary(4)", [Decimal("1.5865")]),
        ("1.5.highBoundary(3)", [Decimal("1.550")]),
        ("1.highBoundary(32)", []),
        ("@2014-02.highBoundary(8)", ["2014-02-28"]),
        ("@2014-02-03T10:05Z.lowBoundary()", ["2014-02-03T10:05:00.000Z"]),
        ("@T10.highBoundary()", ["10:59:59.999"]),
        ("1 'mg'.comparable(1 'kg')", [True]),
        ("1 'mg'.comparable(1 'mL')", [False]),
        ("@2014-01-05T10:30.precision()", [12]),
        ("conformsTo('http://hl7.org/fhir/StructureDefinition/Resource')", [True]),
        ("'12 mg'.convertsToQuantity()", [False]),
        ("'12 \\'mg\\''.toQuantity().toString()", ["12 'mg'"]),
        ("'1 \\'wk\\''.toQuantity('d') = 7 days", [True]),
        ("1 year = 1 'a'", []),
        ("1 year = 12 months", [True]),
        ("'É\\ta' ~ 'é a'", [True]),
        ("'é' ~ 'e'", [False]),
        ("2L = 2", [True]),
        ("'abc'.replaceMatches('(b)', '<$1>')", ["a<b>c"]),
        ("'a,b'.split(',').join('+')", ["a+b"]),
        ("'abc'.indexOf('c')", [2]),
        ("10.log(10)", [Decimal(1)]),
        ("2.power(10)", [1024]),
        ("2.5.round()", [Decimal(3)]),
        ("(1 | 2 | 2).isDistinct()", [True]),
        ("(1.combine(1)).isDistinct()", [False]),
        ("(1 | 2).subsetOf(1 | 2 | 3)", [True]),
        ("(1 | 2).intersect(2 | 3)", [2]),
        ("(true | false).allTrue()", [False]),
        ("1 'g' + 1 'mg' = 1.001 'g'", [True]),
        ("5 div 2 + 5 mod 2", [3]),
        ("1 / 0", []),
        ("{} and false", [False]),
        ("{} or true", [True]),
        ("true implies {}", []),
    ],
)
def test_a_function_gives_its_value(text: str, expected: list) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "'zz'.decode('hex')",
        "('a' | 1).sort()",
        "(1 | 'a').allTrue()",
        "'a'.matches('(')",
        "'a'.abs()",
        "'a'.lowBoundary()",
        "1.round(-1)",
        "conformsTo('http://elsewhere')",
        "@2014 + 1 'mg'",
        "1 'g' + 1 'm'",
        "%unknown",
    ],
)
def test_a_function_says_what_it_cannot_do(text: str) -> None:
    with pytest.raises(InvalidRequest):
        values(text)
