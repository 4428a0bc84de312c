"""Composites: the system of a code counts, and code and value are of one element."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from search_loading import load

Resource = dict[str, Any]
UCUM = "http://unitsofmeasure.org"


def coded(system: str | None, code: str) -> Resource:
    return {"coding": [({"system": system} if system else {}) | {"code": code}]}


def measured(value: float) -> Resource:
    return {"value": value, "unit": "g", "system": UCUM, "code": "g"}


def component(system: str | None, code: str, value: float) -> Resource:
    return {"code": coded(system, code), "valueQuantity": measured(value)}


def observation(key: str, code: Resource | None = None, **more: Any) -> Resource:
    code = code or coded("urn:kinds", "panel")
    return {"resourceType": "Observation", "id": key, "status": "final", "code": code} | more


RESOURCES = [
    observation("mixed-1", component=[
        component("urn:s1", "x", 3), component("urn:s2", "x", 9), component(None, "y", 5)]),
    observation("mixed-2", component=[component("urn:s1", "x", 9), component("urn:s2", "z", 3)]),
    observation("plain-1", component=[component("urn:s1", "x", 7), component("urn:s1", "z", 20)]),
    observation("plain-2", component=[
        component("urn:s2", "x", 30), {"code": coded("urn:s1", "w")}]),
    observation("beside", coded("urn:s1", "x"), component=[component("urn:s2", "x", 40)]),
    observation("said", component=[
        {"code": coded("urn:s1", "q"), "valueCodeableConcept": coded("urn:t1", "yes")},
        {"code": coded("urn:s2", "q"), "valueCodeableConcept": coded("urn:t2", "yes")},
        {"code": coded(None, "r"), "valueCodeableConcept": coded("urn:t1", "no")}]),
    observation("owl", coded("urn:beasts", "owl"), valueQuantity=measured(1500)),
    observation("cow", coded("urn:beasts", "cow"), valueCodeableConcept=coded(None, "moo")),
    {"resourceType": "Questionnaire", "id": "for-age", "status": "active", "useContext": [
        {"code": {"system": "urn:uses", "code": "age"}, "valueQuantity": measured(5)},
        {"code": {"system": "urn:others", "code": "age"}, "valueQuantity": measured(9)}]},
]  # fmt: skip

FOUND = [
    ("component-code-value-quantity=x$gt5", "beside mixed-1 mixed-2 plain-1 plain-2"),
    ("component-code-value-quantity=urn:s1|x$gt5", "mixed-2 plain-1"),
    ("component-code-value-quantity=urn:s2|x$gt5", "beside mixed-1 plain-2"),
    ("component-code-value-quantity=urn:s1|x$le3", "mixed-1"),
    ("component-code-value-quantity=|y$5", "mixed-1"),
    ("component-code-value-quantity=|x$gt1", ""),
    ("component-code-value-quantity=urn:s1|$gt8", "mixed-2 plain-1"),
    ("component-code-value-quantity=urn:s2|$lt4", "mixed-2"),
    ("component-code-value-quantity=urn:s9|$lt4", ""),
    ("component-code-value-quantity=urn:s1|x$0.007|http://unitsofmeasure.org|kg", "plain-1"),
    ("component-code-value-quantity=urn:s1|x$ne7||g", "mixed-1 mixed-2"),
    (
        "component-code-value-quantity=urn:s1|x$ge7000|http://unitsofmeasure.org|mg",
        "mixed-2 plain-1",
    ),
    ("component-code-value-quantity=urn:s1|x$sa7|http://unitsofmeasure.org|g", "mixed-2"),
    ("component-code-value-quantity=urn:s1|x$eb7,|y$ap5", "mixed-1"),
    ("combo-code-value-quantity=urn:s1|x$gt5", "mixed-2 plain-1"),
    ("combo-code-value-quantity=urn:beasts|$gt1||g", "owl"),
    ("code-value-quantity=urn:beasts|$1.9|http://unitsofmeasure.org|kg,urn:s|owl$1500", ""),
    ("code-value-quantity=|owl$gt1||g", ""),
    ("component-code-value-concept=q$yes", "said"),
    ("component-code-value-concept=urn:s1|q$urn:t1|yes", "said"),
    ("component-code-value-concept=urn:s1|q$urn:t2|yes", ""),
    ("component-code-value-concept=urn:s2|$urn:t2|", "said"),
    ("component-code-value-concept=|r$no", "said"),
    ("component-code-value-concept=|q$yes", ""),
    ("combo-code-value-concept=urn:s1|q$urn:t2|yes", ""),
    ("code-value-concept=urn:beasts|cow$|moo", "cow"),
    ("code-value-concept=urn:beasts|$moo", "cow"),
    ("code-value-concept=|cow$moo", ""),
    ("combo-code-value-quantity=urn:s2|x$gt30", "beside"),
    ("combo-code-value-quantity=x$gt30", "beside"),
]


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await load(client, RESOURCES)
    return client


async def found(client: httpx.AsyncClient, kind: str, text: str) -> list[str]:
    name, _, value = text.partition("=")
    answer = await client.get(kind, params={name: value})
    assert answer.status_code == 200, answer.text
    ids = [entry["resource"]["id"] for entry in answer.json().get("entry", ())]
    assert answer.json()["total"] == len(ids)
    return sorted(ids)


@pytest.mark.parametrize(("text", "ids"), FOUND)
async def test_code_and_value_are_of_one_element(
    known: httpx.AsyncClient, text: str, ids: str
) -> None:
    assert await found(known, "Observation", text) == ids.split()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("context-type-quantity=age$gt6", "for-age"),
        ("context-type-quantity=urn:others|age$gt6", "for-age"),
        ("context-type-quantity=urn:uses|age$gt6", ""),
        ("context-type-quantity=urn:uses|$5", "for-age"),
        ("context-type-quantity=|age$5", ""),
    ],
)
async def test_other_elements_know_their_systems_too(
    known: httpx.AsyncClient, text: str, ids: str
) -> None:
    assert await found(known, "Questionnaire", text) == ids.split()


@pytest.mark.parametrize(
    "text", ["component-code-value-quantity=|$5", "component-code-value-concept=$yes"]
)
async def test_a_part_without_a_code_is_refused(known: httpx.AsyncClient, text: str) -> None:
    name, _, value = text.partition("=")
    answer = await known.get("Observation", params={name: value})

    assert answer.status_code == 400
    assert "code is expected" in answer.text
