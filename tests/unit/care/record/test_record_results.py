"""Series, readings and units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cordee.care.record.ports import RecordRows, decode_resource
from cordee.care.record.results import Reading, read_series


def observation(value: str, unit: str = "mmol/L", at: str = "2026-11-24", **more: Any) -> dict:
    return {
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"code": "2823-3", "display": "Potassium"}]},
        "effectiveDateTime": at,
        "valueQuantity": {"value": Decimal(value), "code": unit},
    } | more


def series_of(*observations: dict) -> tuple:
    return read_series(RecordRows(patient={}, results=observations))


BOUNDS = [{"low": {"value": Decimal("3.5")}, "high": {"value": Decimal("5.1")}}]


@pytest.mark.parametrize(
    ("value", "more", "reading"),
    [
        ("4.9", {"referenceRange": BOUNDS}, Reading.NORMAL),
        ("5.2", {"referenceRange": BOUNDS}, Reading.HIGH),
        ("3.4", {"referenceRange": BOUNDS}, Reading.LOW),
        ("5.1", {"referenceRange": BOUNDS}, Reading.NORMAL),
        ("4.9", {}, Reading.UNKNOWN),
        ("4.9", {"interpretation": [{"coding": [{"code": "HH"}]}]}, Reading.CRITICAL_HIGH),
        (
            "5.2",
            {"referenceRange": BOUNDS, "interpretation": [{"coding": [{"code": "N"}]}]},
            Reading.NORMAL,
        ),
    ],
)
@pytest.mark.requirement("B8.2")
def test_the_laboratory_reads_first_then_the_range(
    value: str, more: dict, reading: Reading
) -> None:
    (series,) = series_of(observation(value, **more))

    assert series.last.reading is reading


@pytest.mark.requirement("B8.3")
def test_two_units_make_two_series() -> None:
    found = series_of(observation("4.9"), observation("19.2", unit="mg/dL"))

    assert sorted(one.unit for one in found) == ["mg/dL", "mmol/L"]
    assert [len(one.points) for one in found] == [1, 1]


def test_synonym_codes_in_one_unit_make_one_series() -> None:
    other = observation("4.4", at="2026-01-02", code={"coding": [{"code": "6298-4"}]})

    (series,) = series_of(observation("4.9"), other)

    assert [point.value for point in series.points] == [Decimal("4.4"), Decimal("4.9")]
    assert (series.name, series.group) == ("Potassium", "Reins et ions")


def test_digits_survive_the_wire() -> None:
    body = b'{"status":"final","effectiveDateTime":"2026-11-24","valueQuantity":{"value":12.10}}'

    (series,) = series_of(decode_resource(body))

    assert str(series.last.value) == "12.10"


def test_a_blood_pressure_is_one_series_with_two_ends() -> None:
    parts = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "code": "mm[Hg]"}}
        for code, value in (("8480-6", 162), ("8462-4", 88))
    ]
    found = series_of({"status": "final", "effectiveDateTime": "2026-11-24", "component": parts})

    (series,) = found
    assert (series.last.value, series.last.second) == (Decimal(162), Decimal(88))
    assert series.is_vital


def test_a_cancelled_result_is_not_a_result() -> None:
    assert series_of(observation("4.9", status="entered-in-error")) == ()


def test_a_result_without_date_or_value_is_left_out() -> None:
    assert series_of(observation("4.9", at="")) == ()
    assert series_of({"status": "final", "effectiveDateTime": "2026-11-24"}) == ()


def test_words_are_kept_as_words() -> None:
    (series,) = series_of(
        {
            "status": "final",
            "effectiveDateTime": "2026-11-24",
            "code": {"text": "ECBU"},
            "valueCodeableConcept": {"text": "Stérile"},
        }
    )

    assert (series.name, series.last.text, series.last.value) == ("ECBU", "Stérile", None)
