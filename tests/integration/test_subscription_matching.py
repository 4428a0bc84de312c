"""A condition in memory says what the search says: the same criteria, the same resources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import httpx
import pytest

import given
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.asking import Question, answers
from cordee.fhir.subscriptions.checking import context_of
from cordee.fhir.subscriptions.conditions import make_condition, read_criteria
from cordee.fhir.subscriptions.facts import read_facts
from cordee.fhir.subscriptions.matching import Group, Pending
from running import Ground, Platform, platform_on
from subscribed import create

SCOPE = Scope("test", None, {"*": "cruds"})
LOINC = "http://loinc.org"


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    async with platform_on(ground) as running:
        client = await running.client()
        people = [
            given.patient(id="p1", name=[{"family": "Le Goff", "given": ["Anne"]}], active=True),
            given.patient(id="p2", gender="male", birthDate="1950-12"),
            given.patient(id="p3", birthDate="1950", address=[{"city": "Nîmes"}]),
        ]
        for one in people:
            assert (await client.put(f"Patient/{one['id']}", json=one)).status_code == 201
        height = {
            "coding": [{"system": LOINC, "code": "8302-2", "display": "Taille"}],
            "text": "Taille",
        }
        weights = [
            given.observation("Patient/p1"),
            given.observation("Patient/p1", status="preliminary", effectiveDateTime="2026-03"),
            given.observation("Patient/p2", code=height, effectivePeriod={"start": "2026-01-01", "end": "2026-06-01"}),
            given.observation("Patient/p3", valueQuantity={"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}),
            given.observation(),
        ]  # fmt: skip
        weights[2].pop("effectiveDateTime")
        for one in weights:
            await create(client, one)
        yield running


CRITERIA = [
    "Patient?_id=p1", "Patient?_id=p1,p3", "Patient?gender=male", "Patient?gender:not=male",
    "Patient?family=le", "Patient?family=LE GOFF", "Patient?family:exact=Le Goff", "Patient?family:exact=le goff",
    "Patient?family:contains=goff", "Patient?name=anne", "Patient?name=anne,camille", "Patient?address-city=nimes",
    "Patient?birthdate=1950", "Patient?birthdate=1950-12", "Patient?birthdate=gt1950", "Patient?birthdate=le1950-06",
    "Patient?birthdate=sa1950", "Patient?birthdate=eb1980-02-29", "Patient?birthdate=ne1950", "Patient?birthdate=ap1950",
    "Patient?active=true", "Patient?active:missing=true", "Patient?active:missing=false", "Patient?_lastUpdated=gt2020",
    "Patient?_lastUpdated=lt2020", "Patient?identifier=urn:x|1", "Patient?_has:Observation:patient:code=8302-2",
    "Observation?patient=p1", "Observation?patient=Patient/p1,Patient/p2", "Observation?subject=Patient/p3",
    "Observation?subject:Patient=p3", "Observation?code=29463-7", "Observation?code=http://loinc.org|8302-2",
    "Observation?code=http://loinc.org|", "Observation?code=|8302-2", "Observation?code:not=8302-2",
    "Observation?status=final&patient=p1", "Observation?status=final,preliminary", "Observation?date=2026-03",
    "Observation?date=2026-03-01", "Observation?date=ge2026-03-02", "Observation?date=lt2026-02",
    "Observation?date=sa2026-02-28", "Observation?date=eb2026-07", "Observation?date=ap2026-03-01",
    "Observation?value-quantity=70", "Observation?value-quantity=gt70", "Observation?value-quantity=70500|http://unitsofmeasure.org|g",
    "Observation?patient.family=le", "Observation?patient.gender=male&code=8302-2", "Observation?combo-code=29463-7",
    "Observation?code-value-quantity=29463-7$gt70", "Observation?subject:missing=true",
    "Observation?patient:missing=false&date=2026-03", "Observation?patient=p1&patient=p2",
]  # fmt: skip


@pytest.mark.parametrize("criteria", CRITERIA)
async def test_memory_and_search_agree(platform: Platform, criteria: str) -> None:
    kernel = platform.parts.kernel
    kind, query = criteria.split("?")
    wanted = read_query(kind, parse_qsl(query))
    expected = {one.id for one in (await kernel.searcher.search(wanted, SCOPE)).matches}
    everything = (await kernel.searcher.search(read_query(kind, []), SCOPE)).matches
    context = context_of(kernel, SCOPE)

    _, pairs = read_criteria(criteria)
    condition = await make_condition(context, kind, pairs)
    found = {
        one.id
        for one in everything
        if condition.holds(read_facts(kernel.extractor, kernel.keys, one))
    }
    if condition.asked:
        rids = await rids_of(platform, kind, found)
        group = Group(condition)
        questions = [Question(rid, Pending(group, [])) for rid in rids.values()]
        told = await answers(kernel.database, context, questions)
        found = {key for key, rid in rids.items() if (id(group), rid) in told}
    assert found == expected


async def rids_of(platform: Platform, kind: str, ids: set[str]) -> dict[str, int]:
    from cordee.fhir.model.definitions import type_number

    sql = "SELECT id, rid FROM resource WHERE type = $1 AND id = ANY ($2)"
    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch(sql, type_number(kind), list(ids))
    return {row["id"]: row["rid"] for row in rows}


async def test_what_has_a_key_or_a_patient_is_found_by_it(platform: Platform) -> None:
    context = context_of(platform.parts.kernel, SCOPE)
    one = await make_condition(context, "Observation", [("patient", "p1"), ("status", "final")])
    two = await make_condition(
        context, "Observation", [("code", "29463-7"), ("status:not", "final")]
    )
    three = await make_condition(context, "Observation", [("date", "2026")])
    assert one.patients is not None
    assert (two.patients, three.patients, three.keys) == (None, None, None)
    assert two.keys is not None


async def test_a_costly_condition_holds_for_nothing_and_stops_nobody(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    """What the base refuses for one is still answered for the others."""
    kernel = platform.parts.kernel
    context = context_of(kernel, SCOPE)
    good = Group(await make_condition(context, "Observation", [("value-quantity", "gt1")]))
    bad = Group(await make_condition(context, "Observation", [("patient.name", "x" * 10)]))
    object.__setattr__(bad.condition, "asked", (("value-quantity", "1e400"),))
    rids = await rids_of(platform, "Observation", {one.id for one in (
        await kernel.searcher.search(read_query("Observation", []), SCOPE)).matches})  # fmt: skip
    questions = [
        Question(rid, Pending(group, [])) for rid in rids.values() for group in (good, bad)
    ]
    told = await answers(kernel.database, context, questions)
    assert {group for group, _ in told} == {id(good)}
