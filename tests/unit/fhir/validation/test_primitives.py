from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordee.fhir.validation.primitives import primitive_checker

GOOD = {
    "base64Binary": ["QUJD", "QUI=", "QU JD\n"],
    "canonical": ["http://example.org/a|1"],
    "code": ["a", "a b"],
    "date": ["2024", "2024-12", "2024-02-29", "9999-12-31"],
    "dateTime": ["2024", "2024-12-31T23:59:60Z", "2024-01-01T00:00:00.123456+14:00"],
    "decimal": [1, 0.5, -1e-7],
    "id": ["A-z.0", "a" * 64],
    "instant": ["2024-02-29T00:00:00Z"],
    "integer": [0, -(2**31), 2**31 - 1],
    "oid": ["urn:oid:1.2.250.1"],
    "positiveInt": [1],
    "string": [" é\r\n\t ", "日本"],
    "time": ["00:00:00", "23:59:60.5"],
    "unsignedInt": [0],
    "uri": ["urn:oid:1.2.3", "relative", "urn:uuid:018F428E-34f6-4707-8009-5ad742f901e7"],
    "uuid": ["urn:uuid:018f428e-34f6-4707-8009-5ad742f901e7"],
}
BAD = {
    "base64Binary": ["A", "QUI", "Q*I=", "", 1],
    "boolean": ["true", 0, 1, None],
    "canonical": ["a b", ""],
    "code": [" a", "a ", "a  b", "", "a\x00"],
    "date": ["2024-13", "2024-02-30", "2023-02-29", "1900-02-29", "24", "2024-1", 2024],
    "dateTime": ["2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00+15:00"],
    "decimal": ["1", True, None],
    "id": ["", "a_b", "a" * 65, "a\n"],
    "instant": ["2024-01-01", "2024-04-31T00:00:00Z"],
    "integer": [1.0, "1", True, 2**31, -(2**31) - 1],
    "markdown": ["", "  ", "a\x01", "x" * 1_048_577],
    "oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1.02"],
    "positiveInt": [0],
    "string": ["", " ", "\x00", "a\uffff", 1],
    "time": ["24:00:00", "10:00", "10:00:00Z"],
    "unsignedInt": [-1],
    "uri": ["", "a b", "urn:uuid:1", "urn:oid:x"],
    "uuid": ["urn:uuid:018F428E-34f6-4707-8009-5ad742f901e7"],
}


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in GOOD.items() for v in vs])
def test_good_values(kind, value):
    assert not primitive_checker(kind)(value)


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in BAD.items() for v in vs])
def test_bad_values(kind, value):
    assert len(primitive_checker(kind)(value)) == 1


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day):
    assert not primitive_checker("date")(day.isoformat())


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just([])))
def test_no_value_makes_a_checker_fail(value):
    for kind in {*GOOD, *BAD, "xhtml", "url"}:
        assert len(primitive_checker(kind)(value)) <= 1
