"""A person sees the rows that the oracle allows them, and no other, by whatever way they ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import search_questions
from hypothesis import given
from search_oracle import World
from test_search_oracle import Search, agree, examples, expected, found

from running import Platform

STRUCTURE, DOCTOR = "Organization/org1", "Practitioner/pro2"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
CIRCLE = {
    "Patient": ("managingOrganization", "generalPractitioner"),
    "Encounter": ("serviceProvider",),
}
LOOSE = {"Practitioner", "PractitionerRole", "Organization", "Location", "Medication"}
WRITTEN_IN = {
    "Patient": "managingOrganization", "Encounter": "serviceProvider", "Observation": "performer",
}  # fmt: skip


def circle(world: World) -> set[str]:
    """Patients whom a resource puts into the circle of the structure or the practitioner."""
    inside: set[str] = set()
    for one in world.resources.values():
        for path in CIRCLE.get(one["resourceType"], ()):
            named = one.get(path, [])
            named = named if isinstance(named, list) else [named]
            if {STRUCTURE, DOCTOR} & {reference["reference"] for reference in named}:
                inside.add(patient_of(one))
    return inside


def patient_of(one: dict[str, Any]) -> str:
    if one["resourceType"] == "Patient":
        return f"Patient/{one['id']}"
    return one.get("subject", {}).get("reference", "")


def labels(one: dict[str, Any]) -> set[str]:
    """Codes of confidentiality that a resource bears."""
    security = one.get("meta", {}).get("security", ())
    return {label["code"] for label in security if label.get("system") == CONFIDENTIALITY}


def references(one: dict[str, Any], path: str) -> list[str]:
    named = one.get(path, [])
    named = named if isinstance(named, list) else [named]
    return [reference.get("reference", "") for reference in named]


def is_open(world: World, inside: set[str], one: dict[str, Any]) -> bool:
    """R opens to the team; V to the médecin traitant, and to the team that wrote it (0030)."""
    patient = patient_of(one)
    if not patient:
        return one["resourceType"] in LOOSE and not labels(one) & {"R", "V"}
    if patient not in inside:
        return False
    if "V" not in labels(one):
        return True
    attended = references(world.resources.get(patient, {}), "generalPractitioner")
    written = references(one, WRITTEN_IN.get(one["resourceType"], "none"))
    first = next((ref for ref in written if ref.startswith("Organization/")), "")
    return DOCTOR in attended or first == STRUCTURE


@pytest.fixture(scope="module")
async def person(platform: Platform) -> httpx.AsyncClient:
    return await platform.client(
        "user/*.cruds", structure=STRUCTURE, practitioner=DOCTOR, role="doctor"
    )


@pytest.fixture(scope="module")
def allowed(world: World) -> World:
    inside = circle(world)
    assert 2 < len(inside) < 22
    return World(
        world.resources,
        lambda one: is_open(world, inside, one),
    )


@examples
@given(search_questions.searches())
@pytest.mark.requirement("A3.3")
async def test_a_person_finds_what_the_circle_opens(
    person: httpx.AsyncClient, allowed: World, search: Search
) -> None:
    await agree(person, allowed, search)


@examples
@given(search_questions.searches(frozenset({"reference"})))
async def test_chains_and_has_stop_at_the_circle(
    person: httpx.AsyncClient, allowed: World, search: Search
) -> None:
    await agree(person, allowed, search)


@examples
@given(search_questions.searches())
async def test_counts_say_nothing_of_what_is_closed(
    person: httpx.AsyncClient, allowed: World, search: Search
) -> None:
    kind, pairs = search

    counts = [
        (await person.get(f"{kind}?{urlencode([*pairs, *more])}")).json()["total"]
        for more in ([("_count", "2")], [("_summary", "count")], [("_total", "accurate")])
    ]

    assert set(counts) == {len(expected(allowed, search))}, search


async def test_a_large_circle_is_walked_and_gives_the_same(
    person: httpx.AsyncClient, allowed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordee.fhir.search.run.SMALL", 1)

    for kind, pairs in [
        ("Observation", [("code", "718-7")]),
        ("Observation", [("patient.gender", "male")]),
        ("Patient", [("_has:Observation:patient:code", "8302-2")]),
        ("Encounter", [("class", "AMB"), ("status", "finished")]),
    ]:
        await agree(person, allowed, (kind, pairs))
        total = (await person.get(f"{kind}?{urlencode(pairs)}")).json()["total"]
        assert total == len(expected(allowed, (kind, pairs)))


async def test_inclusions_stop_at_the_circle(person: httpx.AsyncClient, allowed: World) -> None:
    closed = {key for key, one in allowed.resources.items() if not allowed.visible(one)}
    for url in [
        "Encounter?_include=Encounter:patient&_include=Encounter:part-of&_count=1000",
        "Practitioner?_revinclude=Observation:performer&_count=1000",
        "Organization?_revinclude=Encounter:service-provider&_revinclude=Patient:organization&_count=1000",
        "Organization?_revinclude=Encounter:service-provider&_include:iterate=Encounter:part-of&_count=1000",
    ]:
        body = (await person.get(url)).json()
        kept = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in body["entry"]}
        assert kept
        assert not kept & closed


async def test_search_over_types_stops_at_the_circle(
    person: httpx.AsyncClient, allowed: World
) -> None:
    body = (await person.get("?_count=1000")).json()

    seen = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in body["entry"]}
    assert seen == {key for key, one in allowed.resources.items() if allowed.visible(one)}
    assert body["total"] == len(seen)


@pytest.mark.usefixtures("world")
async def test_a_narrower_token_finds_only_its_types(platform: Platform) -> None:
    narrow = await platform.client("system/Observation.rs system/Encounter.rs")

    body = (await narrow.get("?_count=1000")).json()
    chained = await found(narrow, ("Observation", [("patient.name", "l")]))
    refused = await narrow.get("Patient")

    assert {e["resource"]["resourceType"] for e in body["entry"]} == {"Observation", "Encounter"}
    assert chained == []
    assert refused.status_code == 403
