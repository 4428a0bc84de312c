"""Scopes on one patient, or restricted by a search, hold on every way into `/fhir`."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import given
from running import Platform

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LAB = f"?category={CATEGORY}|laboratory"
PATIENT = "Patient/mine"


def seen(body: dict[str, Any]) -> set[str]:
    return {
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in body.get("entry", ())
        if one["resource"]["resourceType"] != "OperationOutcome"
    }


def observation(key: str, patient: str, category: str) -> dict[str, Any]:
    made = given.observation(patient)
    made["id"] = key
    made["category"] = [{"coding": [{"system": CATEGORY, "code": category}]}]
    return made


@pytest.fixture(scope="module", autouse=True)
async def world(client: httpx.AsyncClient) -> None:
    for key in ("mine", "other"):
        await client.put(f"Patient/{key}", json=given.patient(id=key))
        for category in ("laboratory", "vital-signs"):
            name = f"{key}-{category}"
            made = observation(name, f"Patient/{key}", category)
            answer = await client.put(f"Observation/{name}", json=made)
            assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
async def bound(platform: Platform) -> httpx.AsyncClient:
    return await platform.client("patient/*.rs", patient=PATIENT)


@pytest.fixture(scope="module")
async def labs(platform: Platform) -> httpx.AsyncClient:
    return await platform.client(f"user/Observation.rs{LAB} user/Patient.rs")


async def test_a_patient_scope_finds_one_patient(bound: httpx.AsyncClient) -> None:
    for url in ("Patient", "Observation", "?_type=Patient,Observation", "Patient/mine/*"):
        found = seen((await bound.get(url)).json())
        assert found, url
        assert all("mine" in one for one in found), (url, found)


async def test_a_patient_scope_counts_one_patient(bound: httpx.AsyncClient) -> None:
    for more in ("_summary=count", "_total=accurate"):
        assert (await bound.get(f"Observation?{more}")).json()["total"] == 2


@pytest.mark.parametrize(
    "url",
    [
        "Patient/other", "Observation/other-laboratory", "Observation/other-laboratory/_history",
        "Observation/other-laboratory/_history/1", "Patient/other/$everything",
    ],
)  # fmt: skip
async def test_another_patient_is_as_if_absent(bound: httpx.AsyncClient, url: str) -> None:
    absent = url.replace("other", "nobody")

    assert (await bound.get(url)).status_code == (await bound.get(absent)).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "Observation?subject=Patient/other", "Patient?_id=other", "Patient/other/Observation",
        "Observation?_id=other-laboratory&_include=Observation:subject",
        "Observation/$lastn?subject=Patient/other", "Observation?patient._id=other",
        "Patient?_has:Observation:subject:_id=other-laboratory",
    ],
)  # fmt: skip
async def test_ways_around_a_patient_scope_find_nothing(bound: httpx.AsyncClient, url: str) -> None:
    answer = await bound.get(url)

    assert answer.status_code in {403, 404} or not seen(answer.json()), url


async def test_a_batch_is_held_to_the_patient(bound: httpx.AsyncClient) -> None:
    urls = ("Patient/other", "Observation/mine-laboratory", "Observation?subject=Patient/other")
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    for kind in ("batch", "transaction"):
        body = {"resourceType": "Bundle", "type": kind, "entry": entries[1:]}
        answer = (await bound.post("", json=body)).json()
        assert seen({"entry": answer["entry"][:1]}) == {"Observation/mine-laboratory"}
        assert not seen(answer["entry"][1]["resource"])
    body = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = (await bound.post("", json=body)).json()
    assert answer["entry"][0]["response"]["status"].startswith("404")


@pytest.mark.parametrize("url", ["_history", "Patient/_history", "Observation?_contained=both"])
async def test_what_is_not_of_one_patient_is_closed(bound: httpx.AsyncClient, url: str) -> None:
    assert (await bound.get(url)).status_code == 403


async def test_a_patient_scope_without_a_patient_opens_nothing(platform: Platform) -> None:
    client = await platform.client("patient/*.rs")

    for url in ("Patient/mine", "Patient", "Observation?code=x"):
        assert (await client.get(url)).status_code == 403


async def test_a_restricted_scope_finds_its_category(labs: httpx.AsyncClient) -> None:
    wanted = {"Observation/mine-laboratory", "Observation/other-laboratory"}

    assert seen((await labs.get("Observation")).json()) == wanted
    assert (await labs.get("Observation?_summary=count")).json()["total"] == 2
    assert seen((await labs.get("Observation?category=vital-signs")).json()) == set()
    for url in (
        "Patient?_id=mine&_revinclude=Observation:subject", "Patient/mine/$everything",
        "Patient/mine/Observation",
    ):  # fmt: skip
        found = seen((await labs.get(url)).json())
        assert "Observation/mine-laboratory" in found, url
        assert "Observation/mine-vital-signs" not in found, url


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Observation/mine-laboratory", 200), ("Observation/mine-vital-signs", 404),
        ("Observation/mine-laboratory/_history", 403),
        ("Observation/mine-vital-signs/_history/1", 403), ("Patient/mine", 200),
        ("Observation/$stats?subject=Patient/mine&code=x&statistic=average", 403),
    ],
)  # fmt: skip
async def test_a_restricted_scope_reads_its_category(
    labs: httpx.AsyncClient, url: str, status: int
) -> None:
    assert (await labs.get(url)).status_code == status


async def test_has_does_not_look_behind_a_restriction(labs: httpx.AsyncClient) -> None:
    hidden = await labs.get("Patient?_has:Observation:subject:category=vital-signs")
    shown = await labs.get("Patient?_has:Observation:subject:category=laboratory")

    assert seen(hidden.json()) == set()
    assert seen(shown.json()) == {"Patient/mine", "Patient/other"}


async def test_several_restrictions_open_what_meets_one(platform: Platform) -> None:
    vitals = LAB.replace("laboratory", "vital-signs")
    client = await platform.client(
        f"patient/Observation.rs{LAB} patient/Observation.rs{vitals}", patient=PATIENT
    )

    found = seen((await client.get("Observation")).json())

    assert found == {"Observation/mine-laboratory", "Observation/mine-vital-signs"}


async def test_inclusions_and_lists_stop_at_a_restriction(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    entries = [{"item": {"reference": f"Observation/mine-{one}"}} for one in ("laboratory",)]
    made = {"resourceType": "List", "status": "current", "mode": "working", "id": "l1"}
    made |= {"subject": {"reference": "Patient/other"}, "entry": entries}
    assert (await client.put("List/l1", json=made)).status_code == 201
    bound = await platform.client("patient/*.rs", patient=PATIENT)
    labs = await platform.client(f"user/Observation.rs{LAB} user/List.rs user/Patient.rs")

    assert seen((await bound.get("Observation?_list=l1")).json()) == set()
    assert seen((await labs.get("Observation?_list=l1")).json()) == {"Observation/mine-laboratory"}
    included = await labs.get("List?_id=l1&_include=List:item&_include:iterate=Observation:subject")
    assert seen(included.json()) == {"List/l1", "Observation/mine-laboratory", "Patient/mine"}


async def test_resources_of_no_patient_are_not_of_this_one(
    client: httpx.AsyncClient, bound: httpx.AsyncClient
) -> None:
    loose = given.observation("Patient/mine") | {"id": "loose"}
    del loose["subject"]
    assert (await client.put("Observation/loose", json=loose)).status_code == 201

    assert (await bound.get("Observation/loose")).status_code == 404
    assert seen((await bound.get("Observation?_id=loose")).json()) == set()


async def test_totals_and_pages_are_those_of_the_limit(bound: httpx.AsyncClient) -> None:
    first = (await bound.get("Observation?_count=1")).json()
    following = next(one["url"] for one in first["link"] if one["relation"] == "next")
    second = (await bound.get(following)).json()

    assert first["total"] == 2
    assert seen(first) | seen(second) == {
        "Observation/mine-laboratory", "Observation/mine-vital-signs"
    }  # fmt: skip
    assert not any(one["relation"] == "next" for one in second["link"])
