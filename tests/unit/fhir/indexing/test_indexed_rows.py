"""String, date, quantity and place rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from extraction import (
    KEYS,
    UCUM,
    concept,
    extracted,
    parameter,
    texts,
)

from cordee.fhir.indexing.intervals import MAX, MIN
from cordee.fhir.indexing.units import canonical_key, raw_key


def test_each_part_of_a_name_is_a_row() -> None:
    name = {"family": "Lœb", "given": ["Zoé", "Eve"], "prefix": ["Dr"], "text": "Zoé Lœb"}
    found = extracted("Patient", name=[name])

    assert sorted(texts(found, "Patient.name")) == ["dr", "eve", "loeb", "zoe", "zoe loeb"]
    assert texts(found, "Patient.family") == ["loeb"]
    assert texts(found, "Patient.given") == ["zoe", "eve"]


def test_each_part_of_an_address_is_a_row() -> None:
    address = {"line": ["1 rue X"], "city": "Évry", "postalCode": "91000", "country": "FR"}
    found = extracted("Patient", address=[address])

    assert sorted(texts(found, "Patient.address")) == ["1 rue x", "91000", "evry", "fr"]
    assert texts(found, "Patient.address-city") == ["evry"]


def test_the_exact_text_is_hashed() -> None:
    found = extracted("Patient", name=[{"family": "Lœb"}])

    assert {exact for _, _, exact, _ in found.strings} == {KEYS("Lœb")}


@pytest.mark.parametrize(
    ("elements", "low", "high"),
    [
        ({"effectiveDateTime": "2024-01-01T00:00:00Z"}, (2024, 1, 1), (2024, 1, 1, 0, 0, 1)),
        ({"effectivePeriod": {"start": "2024-01-01T00:00:00Z"}}, (2024, 1, 1), None),
        ({"effectivePeriod": {"end": "2024-01-01T00:00:00Z"}}, None, (2024, 1, 1, 0, 0, 1)),
        (
            {"effectiveTiming": {"event": ["2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"]}},
            (2024, 1, 1),
            (2024, 1, 2, 0, 0, 1),
        ),
    ],
)
def test_a_date_is_an_interval(elements: dict, low: tuple | None, high: tuple | None) -> None:
    found = extracted("Observation", **elements)

    (row,) = found.dates
    assert row[1] == (datetime(*low, tzinfo=UTC) if low else MIN)
    assert row[2] == (datetime(*high, tzinfo=UTC) if high else MAX)


def test_the_bounds_of_a_timing_are_its_interval() -> None:
    bounds = {"boundsPeriod": {"start": "2024-01-01T00:00:00Z", "end": "2024-02-01T00:00:00Z"}}
    found = extracted("ServiceRequest", occurrenceTiming={"repeat": bounds})

    assert [row[1] for row in found.dates] == [datetime(2024, 1, 1, tzinfo=UTC)]


def test_the_same_amount_in_two_units_has_one_canonical_row() -> None:
    rows = []
    for value, code in ((500, "mg"), (0.5, "g")):
        quantity = {"value": value, "system": UCUM, "code": code, "unit": code}
        rows += extracted("Observation", valueQuantity=quantity).quantities

    (_, _, unit, low, _, raw, raw_low, _), (_, _, other, low2, _, raw2, raw_low2, _) = rows
    assert (unit, low) == (other, low2)
    assert (unit, raw) == (canonical_key(KEYS, UCUM, "mg")[0], raw_key(KEYS, "mg"))
    assert (raw != raw2, raw_low, raw_low2) == (True, 500, 0.5)


@pytest.mark.parametrize(
    ("sign", "low", "high"),
    [("<", -math.inf, 5), ("<=", -math.inf, 5), (">", 5, math.inf), (">=", 5, math.inf)],
)
def test_a_comparator_opens_the_interval(sign: str, low: float, high: float) -> None:
    found = extracted("Observation", valueQuantity={"value": 5, "comparator": sign, "unit": "x"})

    assert found.quantities[0][6:] == (low, high)


def test_a_unit_outside_ucum_is_its_system_and_code() -> None:
    found = extracted("Observation", valueQuantity={"value": 5, "system": "urn:u", "code": "box"})

    (row,) = found.quantities
    assert (row[2], row[5]) == (KEYS("urn:u|box"), KEYS("unit=box"))


def test_ranges_money_samples_and_numbers_are_rows() -> None:
    age = {"low": {"value": 20, "unit": "a"}, "high": {"value": 30, "unit": "a"}}
    onset = extracted("Condition", onsetRange=age)
    invoice = extracted("Invoice", totalNet={"value": 12.5, "currency": "EUR"})
    samples = {"origin": {"value": 10}, "period": 1, "factor": 2, "dimensions": 1, "data": "1 E 4"}
    curve = extracted("Observation", valueSampledData=samples)
    risk = extracted("RiskAssessment", prediction=[{"probabilityDecimal": 0.25}])

    assert onset.quantities[0][6:] == (20, 30)
    assert invoice.quantities[0][2] == KEYS("urn:iso:std:iso:4217|EUR")
    assert curve.quantities[0][6:] == (12, 18)
    assert risk.quantities[0][2:] == (0, 0.25, 0.25, 0, 0.25, 0.25)


def test_a_position_is_a_place() -> None:
    found = extracted("Location", position={"latitude": 48.85, "longitude": 2.35})

    assert found.places == [(parameter("Location.near").number, 48.85, 2.35)]


def test_the_value_of_an_observation_carries_its_codes() -> None:
    code = {"coding": [{"code": "A"}, {"code": "b"}, {"code": "A"}]}
    found = extracted("Observation", code=code, valueQuantity={"value": 1})
    alone = extracted("Observation", valueString="x")

    assert [row[1] for row in found.quantities] == [
        KEYS("Observation.code=a"),
        KEYS("Observation.code=b"),
    ]
    assert [row[3] for row in alone.strings] == [0]


def test_the_value_of_a_component_carries_the_code_of_the_component() -> None:
    parts = [
        {"code": concept("http://loinc.org", code), "valueQuantity": {"value": value}}
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    found = extracted("Observation", code=concept("http://loinc.org", "85354-9"), component=parts)

    assert [(row[1], row[6]) for row in found.quantities] == [
        (KEYS("Observation.component-code=8480-6"), 120),
        (KEYS("Observation.component-code=8462-4"), 80),
    ]
