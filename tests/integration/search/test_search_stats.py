"""Observation/$stats: figures against those of the standard library."""

from __future__ import annotations

import statistics
from typing import Any

import httpx
import pytest
from search_loading import load

import given
from running import Platform

Resource = dict[str, Any]
UCUM, LOINC = "http://unitsofmeasure.org", "http://loinc.org"
WEIGHTS = [70.5, 71, 69.2, 74.8, 73.1, 70.5]


def weight(key: str, value: float, code: str = "kg", **more: Any) -> Resource:
    quantity = {"value": value, "unit": code, "system": UCUM, "code": code}
    return given.observation("Patient/p", **({"id": key, "valueQuantity": quantity} | more))


def pressure(key: str, value: float, system: str = LOINC) -> Resource:
    parts = [
        {"code": {"coding": [{"system": name, "code": "8480-6"}]},
         "valueQuantity": {"value": number, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}}
        for name, number in ((system, value), ("urn:other", 1))
    ]  # fmt: skip
    panel = {"coding": [{"system": LOINC, "code": "85354-9"}]}
    changes: Resource = {"id": key, "code": panel, "component": parts}
    made = given.observation("Patient/p", **changes)
    del made["valueQuantity"]
    return made


def temperature(key: str, value: float, code: str) -> Resource:
    quantity = {"value": value, "unit": code, "system": UCUM, "code": code}
    coding = {"coding": [{"system": LOINC, "code": "8310-5"}]}
    return given.observation("Patient/p", id=key, code=coding, valueQuantity=quantity)


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    structure = {"resourceType": "Organization", "id": "s", "name": "S"}
    unmeasured = given.observation("Patient/p", id="none", dataAbsentReason={"text": "refused"})
    del unmeasured["valueQuantity"]
    await load(client, [
        structure, given.patient(id="p"), given.patient(id="q"),
        *(weight(f"w{n}", one, effectiveDateTime=f"2024-0{n + 1}-01") for n, one in enumerate(WEIGHTS)),
        weight("grams", 72000, "g", effectiveDateTime="2024-08-01"),
        weight("wrong", 700, status="entered-in-error"),
        weight("below", 10, valueQuantity={
            "value": 10, "comparator": "<", "unit": "kg", "system": UCUM, "code": "kg"}),
        weight("stones", 11, valueQuantity={"value": 11, "unit": "st"}),
        unmeasured,
        given.observation("Patient/q", id="hers"),
        pressure("b1", 120), pressure("b2", 140), pressure("b3", 900, "urn:third"),
        temperature("t1", 37, "Cel"), temperature("t2", 310.15, "K"), temperature("t3", 39, "Cel"),
    ])  # fmt: skip
    return client


async def figures(client: httpx.AsyncClient, *pairs: tuple[str, str]) -> list[Resource]:
    answer = await client.get("Observation/$stats", params=[("subject", "Patient/p"), *pairs])
    assert answer.status_code == 200, answer.text
    return answer.json()["parameter"]


def values(parameter: Resource) -> dict[str, Any]:
    return {
        one["code"]["coding"][0]["code"]: one.get("valueQuantity", {}).get("value")
        for one in parameter["resource"]["component"]
    }


async def test_figures_of_one_code_over_its_units(known: httpx.AsyncClient) -> None:
    all_of_them = [1000 * one for one in (*WEIGHTS, 72)]
    names = [
        "average", "max", "min", "count", "total-count", "median", "sum", "std-dev", "variance",
        "20-percent", "4-dev", "5-2", "skew", "kurtosis",
    ]  # fmt: skip

    (row,) = await figures(
        known, ("code", "29463-7"), ("system", LOINC), *(("statistic", name) for name in names)
    )

    found = values(row)
    cuts = statistics.quantiles(all_of_them, n=20, method="inclusive")
    mean, spread = statistics.mean(all_of_them), statistics.pstdev(all_of_them)
    expected = {
        "average": mean, "maximum": 74800, "minimum": 69200, "count": 7, "total-count": 10,
        "median": statistics.median(all_of_them), "sum": sum(all_of_them),
        "std-dev": statistics.stdev(all_of_them), "variance": statistics.variance(all_of_them),
        "20-percent": cuts[3], "4-dev": (cuts[14] - cuts[4]) / 2, "5-2": cuts[7],
        "skew": statistics.mean([((one - mean) / spread) ** 3 for one in all_of_them]),
        "kurtosis": statistics.mean([((one - mean) / spread) ** 4 for one in all_of_them]),
    }  # fmt: skip
    assert found == pytest.approx(expected)
    quantity = row["resource"]["component"][0]["valueQuantity"]
    assert quantity["code"] == "g"  # the newest value is in grams
    assert row["resource"]["subject"] == {"reference": "Patient/p"}


async def test_components_count_by_their_system(known: httpx.AsyncClient) -> None:
    asked = [("statistic", "average"), ("statistic", "count")]

    (exact,) = await figures(known, ("code", "8480-6"), ("system", LOINC), *asked)
    (other,) = await figures(known, ("coding", "urn:other|8480-6"), *asked)
    (bare,) = await figures(known, ("code", "8480-6"), *asked)

    assert values(exact) == {"average": 130, "count": 2}
    assert values(other) == {"average": 1, "count": 3}
    assert values(bare)["count"] == 6


async def test_temperatures_are_said_in_the_unit_of_the_newest(known: httpx.AsyncClient) -> None:
    (row,) = await figures(known, ("code", "8310-5"), ("statistic", "average,std-dev,sum"))

    assert values(row) == pytest.approx(
        {"average": 37.6666666667, "std-dev": statistics.stdev([37, 37, 39]), "sum": 113}
    )
    assert row["resource"]["component"][0]["valueQuantity"]["code"] == "Cel"


async def test_period_and_codes_narrow(known: httpx.AsyncClient) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subject", "valueUri": "Patient/p"},
            {"name": "coding", "valueCoding": {"system": LOINC, "code": "29463-7"}},
            {"name": "coding", "valueCoding": {"system": LOINC, "code": "none"}},
            {"name": "period", "valuePeriod": {"start": "2024-02-01", "end": "2024-04-01"}},
            {"name": "statistic", "valueCode": "maximum"},
            {"name": "statistic", "valueCode": "count"},
            {"name": "include", "valueBoolean": True},
            {"name": "limit", "valuePositiveInt": 2},
        ],
    }

    answer = await known.post("Observation/$stats", json=body)

    assert answer.status_code == 200, answer.text
    first, second, *sources = answer.json()["parameter"]
    assert values(first) == {"maximum": 74.8, "count": 3}
    assert first["resource"]["effectivePeriod"] == {
        "start": "2024-01-31T23:00:00.000Z", "end": "2024-04-01T21:59:59.999Z",
    }  # fmt: skip
    assert values(second) == {"maximum": None, "count": 0}
    assert second["resource"]["component"][0]["dataAbsentReason"]
    assert [one["resource"]["id"] for one in sources] == ["w3", "w2"]


async def test_nothing_is_computed_of_what_is_closed(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    person = await platform.client("user/*.cruds", structure="Organization/s", role="doctor")
    narrow = await platform.client("system/Patient.rs")
    asked = [("code", "29463-7"), ("statistic", "count,total-count,average")]

    (row,) = await figures(person, *asked)
    refused = await narrow.get("Observation/$stats", params=[("subject", "Patient/p"), *asked])

    assert values(row) == {"count": 0, "total-count": 0, "average": None}
    assert values((await figures(known, *asked))[0])["count"] == 7
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("code=x&statistic=count", "subject"),
        ("subject=Patient/p&statistic=count", "code"),
        ("subject=Patient/p&code=x", "statistic"),
        ("subject=Patient/p&code=x&statistic=mode", "statistic"),
        ("subject=Patient/p&code=x&statistic=regression", "regression"),
        ("subject=Patient/p&code=x&statistic=count&duration=long", "duration"),
        ("subject=Patient/p&code=x&statistic=count&period=a/b", "date"),
        ("subject=Patient/p&code=x&statistic=count&include=true&limit=0", "limit"),
        ("subject=Patient/p&code=x&statistic=count&patient=p", "patient"),
    ],
)
async def test_what_is_missing_is_said(known: httpx.AsyncClient, text: str, word: str) -> None:
    answer = await known.get(f"Observation/$stats?{text}")

    assert answer.status_code == 400
    assert word in answer.text
