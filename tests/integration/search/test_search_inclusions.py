"""What comes with a page: everything that refers or is referred to, and what is said when it is cut."""

from __future__ import annotations

import httpx
import pytest
import search_cases
from search_loading import load

import given
from running import Platform

MOST = 1000


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await load(client, search_cases.resources())
    return client


async def included(client: httpx.AsyncClient, url: str) -> list[str]:
    """Names of what is included, in their order."""
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return sorted(
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in answer.json().get("entry", ())
        if one["search"]["mode"] == "include"
    )


async def test_all_that_refers_to_a_match_by_any_parameter(known: httpx.AsyncClient) -> None:
    of_patient = await included(known, "Patient?_id=noel&_revinclude=*")
    of_doctor = await included(known, "Practitioner?_id=doctor&_revinclude=*")
    of_place = await included(known, "Organization?_id=middle,leaf&_revinclude=*")

    assert of_patient == [
        "Encounter/stay", "List/chosen", "MedicationRequest/mr", "Observation/fish-1",
        "Observation/owl-1", "QuestionnaireResponse/said", "RiskAssessment/risk",
        "ServiceRequest/coded",
    ]  # fmt: skip
    assert of_doctor == ["Observation/owl-1", "Patient/noel"]
    assert of_place == ["Encounter/stay", "Patient/noel"]


async def test_all_references_of_a_type(known: httpx.AsyncClient) -> None:
    back = await included(known, "Patient?_id=noel&_revinclude=Observation:*")
    two = await included(known, "Practitioner?_revinclude=Observation:*&_revinclude=Patient:*")
    aside = await included(known, "Practitioner?_revinclude=Observation:*:Patient")
    ahead = await included(known, "Observation?_id=owl-1&_include=Observation:*:Practitioner")

    assert back == ["Observation/fish-1", "Observation/owl-1"]
    assert two == ["Observation/owl-1", "Patient/noel"]
    assert aside == []
    assert ahead == ["Practitioner/doctor"]


async def test_all_that_refers_is_followed_on(known: httpx.AsyncClient) -> None:
    found = await included(known, "Organization?_id=top&_revinclude:iterate=*&_count=1")

    assert {"Encounter/stay", "Patient/noel", "Observation/owl-1", "List/chosen"} <= set(found)


async def test_a_narrower_token_includes_only_its_types(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    narrow = await platform.client("system/Patient.rs system/Observation.rs")

    assert await included(known, "Patient?_id=noel&_revinclude=*")
    assert await included(narrow, "Patient?_id=noel&_revinclude=*") == [
        "Observation/fish-1", "Observation/owl-1",
    ]  # fmt: skip


async def test_a_page_that_cannot_hold_all_inclusions_says_so(known: httpx.AsyncClient) -> None:
    patient = given.patient(id="many")
    entries = [given.entry("PUT", "Patient/many", patient)]
    entries += [
        given.entry("POST", "Observation", given.observation("Patient/many")) for _ in range(MOST)
    ]
    assert (await known.post("", json=given.bundle("transaction", *entries))).status_code == 200
    url = "Patient?_id=many&_revinclude=Observation:patient"

    just = (await known.get(url)).json()["entry"]
    await known.post("Observation", json=given.observation("Patient/many"))
    cut = (await known.get(url)).json()["entry"]

    assert [one["search"]["mode"] for one in just] == ["match"] + ["include"] * MOST
    assert [one["search"]["mode"] for one in cut] == ["match"] + ["include"] * MOST + ["outcome"]
    issue = cut[-1]["resource"]["issue"][0]
    assert (issue["severity"], issue["code"]) == ("warning", "too-costly")
    assert "_count" in issue["diagnostics"]
