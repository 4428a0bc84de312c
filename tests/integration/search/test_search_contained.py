"""Contained resources: found where that is asked, by what their container allows, and nowhere else."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from search_loading import load

import given
from cordee.fhir.bulk.intake import take
from cordee.fhir.bulk.sources import Item
from cordee.fhir.interactions.registering import keep_indexed
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import DELETED, Scope
from running import Platform

Resource = dict[str, Any]
DRUGS = "urn:test:drugs"
STRUCTURE, DOCTOR = "Organization/ours", "Practitioner/our-doctor"
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


def drug(code: str, key: str = "m", **more: Any) -> Resource:
    coding = {"system": DRUGS, "code": code, "display": f"Drug {code}"}
    return {"resourceType": "Medication", "id": key, "code": {"coding": [coding]}} | more


def order(key: str, *codes: str, patient: str = "inside", **more: Any) -> Resource:
    """A MedicationRequest that contains a Medication for each code."""
    inside = [drug(code, f"m{place}") for place, code in enumerate(codes)]
    return {
        "resourceType": "MedicationRequest", "id": key, "status": "active", "intent": "order",
        "contained": inside, "medicationReference": {"reference": "#m0"},
        "supportingInformation": [{"reference": f"#m{place}"} for place in range(len(codes))],
        "subject": {"reference": f"Patient/{patient}"}, "authoredOn": "2024-03-01",
    } | more  # fmt: skip


def condition(key: str, patient: str, family: str, **more: Any) -> Resource:
    """A Condition that contains the person who said it, as a Patient."""
    person = {"resourceType": "Patient", "id": "p", "name": [{"family": family}], "gender": "male"}
    return {
        "resourceType": "Condition", "id": key, "subject": {"reference": f"Patient/{patient}"},
        "code": {"text": "said"}, "contained": [person], "asserter": {"reference": "#p"},
    } | more  # fmt: skip


def places() -> list[Resource]:
    return [
        {"resourceType": "Organization", "id": "ours", "name": "Ours"},
        {"resourceType": "Practitioner", "id": "our-doctor"},
        {"resourceType": "Organization", "id": "maker", "name": "Fabrique"},
        given.patient(id="inside", managingOrganization={"reference": STRUCTURE}),
        given.patient(id="outside", gender="male"),
    ]


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await load(client, [
        *places(),
        drug("a", "alone"),
        order("one", "a", authoredOn="2024-03-03"),
        order("two", "a", "a", authoredOn="2024-03-02"),
        order("three", "b", "a", patient="outside", authoredOn="2024-03-01"),
        order("shut", "a", meta={"security": [RESTRICTED]}, authoredOn="2024-02-01"),
        {"resourceType": "MedicationRequest", "id": "made", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/inside"}, "medicationReference": {"reference": "#m"},
         "contained": [drug("c", manufacturer={"reference": "Organization/maker"})]},
        condition("ours", "inside", "Dedans"),
        condition("theirs", "outside", "Dehors"),
        {"resourceType": "DiagnosticReport", "id": "lab", "status": "final", "code": {"text": "lab"},
         "subject": {"reference": "Patient/inside"}, "result": [{"reference": "#o"}],
         "contained": [given.observation("Patient/outside", id="o")]},
    ])  # fmt: skip
    return client


async def entries(client: httpx.AsyncClient, url: str) -> list[Resource]:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json().get("entry", [])


async def found(client: httpx.AsyncClient, url: str) -> list[str]:
    """Addresses of the matches, in order."""
    base = str(client.base_url)
    return [
        one["fullUrl"].removeprefix(base)
        for one in await entries(client, url)
        if one["search"]["mode"] == "match"
    ]


async def test_the_container_is_given_once(known: httpx.AsyncClient) -> None:
    plain = await found(known, "Medication?code=a")
    inside = await found(known, "Medication?code=a&_contained=true")
    both = await found(known, f"Medication?code={DRUGS}|a&_contained=both&_sort=_id")

    orders = [f"MedicationRequest/{key}" for key in ("one", "two", "three", "shut")]
    assert plain == await found(known, "Medication?code=a&_contained=false") == ["Medication/alone"]
    assert inside == orders
    assert sorted(both) == sorted(["Medication/alone", *orders])


async def test_the_contained_resource_itself_is_given_where_that_is_asked(
    known: httpx.AsyncClient,
) -> None:
    two = await entries(known, "Medication?_id=m0&code=b&_contained=true&_containedType=contained")
    all_of_a = await found(known, "Medication?code=a&_contained=true&_containedType=contained")

    (entry,) = two
    assert entry["fullUrl"] == f"{known.base_url}MedicationRequest/three#m0"
    assert entry["resource"] == drug("b", "m0")
    assert entry["search"] == {"mode": "match"}
    assert len(all_of_a) == 5
    assert "MedicationRequest/two#m0" in all_of_a
    assert "MedicationRequest/two#m1" in all_of_a


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("Medication?code:text=drug b", "MedicationRequest/three"),
        ("Medication?code:not=a", "MedicationRequest/made MedicationRequest/three"),
        ("Medication?manufacturer=maker", "MedicationRequest/made"),
        ("Medication?manufacturer.name=fabrique", "MedicationRequest/made"),
        ("Medication?manufacturer:missing=false", "MedicationRequest/made"),
        ("Medication?_filter=code eq c", "MedicationRequest/made"),
        ("Patient?family=dedans", "Condition/ours"),
        ("Patient?name=deh", "Condition/theirs"),
        ("Patient?gender=male", "Condition/ours Condition/theirs"),
        ("Observation?code=29463-7&value-quantity=gt60", "DiagnosticReport/lab"),
        ("Observation?date=2026-03-01", "DiagnosticReport/lab"),
        ("Observation?code-value-quantity=29463-7$gt60", "DiagnosticReport/lab"),
        ("Observation?patient=outside", "DiagnosticReport/lab"),
        ("Observation?patient=inside", ""),
        ("Observation?patient.gender=male", "DiagnosticReport/lab"),
        ("Patient?_has:Observation:patient:code=29463-7", ""),
        ("Patient?_id=inside", ""),
        (
            "?_type=Medication,Patient&_id=p,m",
            "Condition/ours Condition/theirs MedicationRequest/made",
        ),
    ],
)
async def test_every_kind_of_criterion(known: httpx.AsyncClient, url: str, keys: str) -> None:
    matches = await found(known, f"{url}&_contained=true")

    assert sorted(matches) == keys.split()


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("Medication", "Medication/alone"),
        ("Medication?code:not=z", "Medication/alone"),
        ("Patient?_sort=_id", "Patient/inside Patient/outside"),
        ("Patient?name=dedans", ""),
        ("Patient?_has:Condition:asserter:code:text=said", ""),
        ("Observation", ""),
        ("Observation?patient=outside", ""),
        ("Patient/inside/Observation", ""),
        ("MedicationRequest?medication.code=a", ""),
        ("Medication?_sort=-_lastUpdated", "Medication/alone"),
        ("?_type=Medication,Observation", "Medication/alone"),
    ],
)
async def test_nothing_contained_is_seen_unless_asked(
    known: httpx.AsyncClient, url: str, keys: str
) -> None:
    assert await found(known, url) == keys.split()
    count = await known.get(f"{url}{'&' if '?' in url else '?'}_summary=count")
    assert count.json()["total"] == len(keys.split())


async def test_reads_and_histories_do_not_know_them(known: httpx.AsyncClient) -> None:
    hidden = "MedicationRequest%2Fone%23m0"
    batch = [
        given.entry("GET", f"Medication/{hidden}"),
        given.entry("GET", f"Medication/{hidden}/_history"),
        given.entry("GET", f"Medication/{hidden}/_history/1"),
        given.entry("DELETE", f"Medication/{hidden}"),
        given.entry("GET", "Medication/_history"),
    ]

    answer = (await known.post("", json=given.bundle("batch", *batch))).json()["entry"]
    everything = await entries(known, "Patient/inside/$everything")

    assert [one["response"]["status"][:3] for one in answer] == ["404", "404", "404", "204", "200"]
    assert [one["fullUrl"].rpartition("/")[2] for one in answer[4]["resource"]["entry"]] == [
        "alone"
    ]
    kinds = [one["resource"]["resourceType"] for one in everything]
    assert "Medication" not in kinds
    assert "Observation" not in kinds
    assert len(await found(known, "Medication?code=a&_contained=true")) == 4


async def test_what_a_container_shows_can_include(known: httpx.AsyncClient) -> None:
    rows = await entries(
        known,
        "Medication?code=a,b&_contained=true&_include=MedicationRequest:subject&_sort=_id&_count=9",
    )
    own = await entries(
        known,
        "Medication?code=c&_contained=true&_containedType=contained&_include=Medication:manufacturer",
    )
    back = await entries(
        known,
        "Patient?name=dedans&_contained=true&_containedType=contained"
        "&_revinclude=MedicationRequest:patient",
    )

    assert {row["resource"]["id"] for row in rows if row["search"]["mode"] == "include"} == {
        "inside", "outside",
    }  # fmt: skip
    assert [row["resource"]["id"] for row in own] == ["m", "maker"]
    assert len(back) == 1


async def test_order_words_and_summaries_reach_what_is_contained(
    known: httpx.AsyncClient,
) -> None:
    url = "Medication?_contained=true&_containedType=contained"
    ordered = await entries(known, f"{url}&_sort=-code&_count=3")
    words = await found(known, "Medication?_content=fabriquer,%22c%22&_contained=true")
    short = await entries(known, f"{url}&code=c&_elements=code")
    inside = await found(known, "Patient/inside/Observation?_contained=true")
    outside = await found(known, "Patient/outside/Observation?_contained=true")

    codes = [one["resource"]["code"]["coding"][0]["code"] for one in ordered]
    assert codes == ["c", "b", "a"]
    assert words == ["MedicationRequest/made"]
    assert set(short[0]["resource"]) == {"resourceType", "id", "code", "meta"}
    assert short[0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert inside == outside == ["DiagnosticReport/lab"]  # by its container, by its subject


async def test_pages_hold_each_container_once(known: httpx.AsyncClient) -> None:
    url: str | None = "Medication?code=a&_contained=both&_count=2"
    pages: list[list[str]] = []
    while url:
        body = (await known.get(url)).json()
        pages.append([one["fullUrl"].rpartition("/")[2] for one in body["entry"]])
        assert body["total"] == 5
        url = next((one["url"] for one in body["link"] if one["relation"] == "next"), None)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(key for page in pages for key in page) == ["alone", "one", "shut", "three", "two"]
    counted = await known.get("Medication?code=a&_contained=both&_summary=count")
    assert counted.json()["total"] == 5


async def test_a_container_that_is_found_by_itself_stands_there(
    known: httpx.AsyncClient,
) -> None:
    part = given.observation(id="part", effectiveDateTime="2026-09-09", status="amended")
    whole = given.observation(
        "Patient/inside", id="whole", contained=[part], hasMember=[{"reference": "#part"}],
        effectiveDateTime="2020-01-01", status="amended",
    )  # fmt: skip
    middle = given.observation(id="middle", effectiveDateTime="2023-01-01", status="amended")
    await load(known, [whole, middle])

    both = await found(known, "Observation?status=amended&_contained=both")
    true = await found(known, "Observation?status=amended&_contained=true")
    each = await found(known, "Observation?status=amended&_contained=both&_containedType=contained")
    first = (await known.get("Observation?status=amended&_contained=both&_count=1")).json()

    assert both == ["Observation/middle", "Observation/whole"]
    assert true == ["Observation/whole"]
    assert each == ["Observation/whole#part", "Observation/middle", "Observation/whole"]
    assert first["total"] == 2
    following = next(one["url"] for one in first["link"] if one["relation"] == "next")
    assert await found(known, following) == ["Observation/whole"]
    for key in ("whole", "middle"):
        await known.delete(f"Observation/{key}")


async def test_only_what_the_circle_opens_is_found(
    known: httpx.AsyncClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await platform.client(
        "user/*.cruds", structure=STRUCTURE, practitioner=DOCTOR, role="doctor"
    )

    for few in (2000, 0):
        monkeypatch.setattr("cordee.fhir.search.run.SMALL", few)
        for shown in ("", "&_containedType=contained"):
            orders = await found(person, f"Medication?code=a&_contained=true{shown}")
            assert {one.partition("#")[0] for one in orders} <= {
                "MedicationRequest/one", "MedicationRequest/two", "MedicationRequest/shut",
            }  # fmt: skip
            people = await entries(person, f"Patient?gender=male&_contained=both{shown}")
            assert "Dehors" not in str(people)
            assert "Dedans" in str(people)
        counted = await person.get("Patient?gender=male&_contained=both&_summary=count")
        assert counted.json()["total"] == 1
        assert await found(person, "Patient?family=dehors&_contained=true") == []


async def test_a_contained_resource_opens_no_circle(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    stay = {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"},
            "serviceProvider": {"reference": STRUCTURE},
            "subject": {"reference": "Patient/outside"}}  # fmt: skip
    await known.put("Condition/opener", json=condition(
        "opener", "outside", "Dehors", contained=[stay], encounter={"reference": "#e"},
        asserter={"display": "x"},
    ))  # fmt: skip
    person = await platform.client(
        "user/*.cruds", structure=STRUCTURE, practitioner=DOCTOR, role="doctor"
    )

    assert (await person.get("Condition/opener")).status_code == 404
    assert await found(person, "Encounter?class=AMB&_contained=true") == []
    assert await found(known, "Encounter?class=AMB&_contained=true") == ["Condition/opener"]


async def test_a_token_opens_containers_of_its_types_only(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    narrow = await platform.client("system/Medication.rs system/Patient.rs system/Condition.rs")
    other = await platform.client("system/MedicationRequest.rs")

    assert await found(narrow, "Medication?code=a&_contained=both") == ["Medication/alone"]
    assert await found(narrow, "Medication?code=a&_contained=true&_containedType=contained") == []
    assert len(await found(narrow, "Patient?gender=male&_contained=true")) == 2
    assert (await other.get("Medication?code=a&_contained=true")).status_code == 403


@pytest.mark.usefixtures("known")
async def test_hidden_labels_of_the_container_hide_what_it_contains(platform: Platform) -> None:
    searcher = platform.parts.kernel.searcher
    query = read_query("Medication", [("code", "a"), ("_contained", "true")])

    opened = await searcher.search(query, Scope("test", None, {"*": "rs"}))
    hidden = await searcher.search(query, Scope("test", None, {"*": "rs"}, hidden=DELETED | 1))

    shown = {one.id for one in opened.matches} - {one.id for one in hidden.matches}
    assert shown == {"shut"}


async def rows_of(platform: Platform, key: str) -> tuple[int, int]:
    """How many rows there are of what a container contains, in the table and beside it."""
    database = platform.parts.kernel.database.write
    sql = "SELECT count(*) FROM resource WHERE starts_with(id, $1)"
    beside = (
        "SELECT count(*) FROM sp_str s WHERE s.lab >= 24576 AND NOT EXISTS "
        "(SELECT FROM resource r WHERE r.rid = s.rid)"
    )
    async with database.acquire() as connection:
        return await connection.fetchval(sql, f"{key}#"), await connection.fetchval(beside)


async def test_what_is_contained_follows_its_container(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    async def holders(code: str) -> list[str]:
        return await found(known, f"Medication?code={code}&_contained=true")

    await known.put("MedicationRequest/life", json=order("life", "v1", "v1b"))
    assert (await holders("v1"), await holders("v1b")) == (["MedicationRequest/life"],) * 2
    await known.put("MedicationRequest/life", json=order("life", "v2"))
    assert (await holders("v1"), await holders("v1b")) == ([], [])
    assert await holders("v2") == ["MedicationRequest/life"]
    assert await rows_of(platform, "MedicationRequest/life") == (1, 0)

    change = [{"op": "replace", "path": "/contained/0/code/coding/0/code", "value": "v3"}]
    patched = await known.patch(
        "MedicationRequest/life", json=change,
        headers={"content-type": "application/json-patch+json"},
    )  # fmt: skip
    assert patched.status_code == 200
    assert (await holders("v2"), await holders("v3")) == ([], ["MedicationRequest/life"])

    await known.delete("MedicationRequest/life")
    assert await holders("v3") == []
    assert await rows_of(platform, "MedicationRequest/life") == (0, 0)
    await known.put("MedicationRequest/life", json=order("life", "v4"))
    assert await holders("v4") == ["MedicationRequest/life"]
    plain = order("life", "x", medicationReference={"display": "none"})
    del plain["contained"], plain["supportingInformation"]
    await known.put("MedicationRequest/life", json=plain)
    assert await holders("v4") == []
    assert await rows_of(platform, "MedicationRequest/life") == (0, 0)


async def test_creates_transactions_and_imports_write_them_too(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    made = await asyncio.gather(
        *(known.post("MedicationRequest", json=order("x", "many")) for _ in range(5)),
        *(known.post("Patient", json=given.patient()) for _ in range(5)),
    )
    bundle = given.bundle(
        "transaction",
        given.entry("PUT", "MedicationRequest/t1", order("t1", "bundled")),
        given.entry("POST", "MedicationRequest", order("t2", "bundled")),
        given.entry("POST", "Patient", given.patient()),
        given.entry("GET", "Medication?code=bundled&_contained=true"),
    )
    answer = (await known.post("", json=bundle)).json()
    failed = given.bundle(
        "transaction",
        given.entry("PUT", "MedicationRequest/t1", order("t1", "never")),
        given.entry("POST", "Patient", given.patient(gender="none")),
    )
    refused = await known.post("", json=failed)
    body = httpx.Request("POST", "http://x", json=order("imported", "taken")).content
    progress = await take(platform.parts.kernel, Item("s", "n", body, lines=False), last=True)

    assert all(one.status_code == 201 for one in made)
    assert len(await found(known, "Medication?code=many&_contained=true")) == 5
    assert answer["entry"][3]["resource"]["total"] == 2
    assert refused.status_code == 422
    assert await found(known, "Medication?code=never&_contained=true") == []
    assert len(await found(known, "Medication?code=bundled&_contained=true")) == 2
    assert (progress.written, progress.problems) == (1, [])
    assert await found(known, "Medication?code=taken&_contained=true") == [
        "MedicationRequest/imported"
    ]


async def test_conditions_mean_no_contained_resource(known: httpx.AsyncClient) -> None:
    refused = await known.delete("Medication?code=a&_contained=true")
    made = await known.post("Medication", json=drug("b"), headers={"if-none-exist": "code=b"})

    assert refused.status_code == 400
    assert made.status_code == 201


async def test_rows_of_an_earlier_extraction_are_made_again(
    known: httpx.AsyncClient, platform: Platform
) -> None:
    database = platform.parts.kernel.database.write
    await known.put("MedicationRequest/old", json=order("old", "old"))
    owner = platform.ground.superuser(platform.database)
    await forget(owner, "MedicationRequest/old")
    before = await found(known, "Medication?code=old&_contained=true")

    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO installation (key, value) VALUES ('extraction', '\"3\"')"
        )
    task = asyncio.create_task(keep_indexed(platform.parts.kernel))
    try:
        async with asyncio.timeout(30), database.acquire() as connection:
            while not await connection.fetchval(
                "SELECT count(*) > 3 AND bool_and(finished IS NOT NULL) FROM reindex"
            ):
                await asyncio.sleep(0.1)
    finally:
        task.cancel()

    assert before == []
    assert await found(known, "Medication?code=old&_contained=true") == ["MedicationRequest/old"]
    assert (await known.get("MedicationRequest/old")).headers["etag"] == 'W/"1"'
    assert await found(known, "Medication?code=c&_contained=true") == ["MedicationRequest/made"]


async def forget(url: str, key: str) -> None:
    """Takes the rows of what a resource contains away, as if it was written by an older release."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "DELETE FROM contained WHERE rid IN"
        f" (SELECT rid FROM resource WHERE starts_with(id, '{key}#'))"
    )
    await connection.execute(f"DELETE FROM resource WHERE starts_with(id, '{key}#')")
    await connection.close()
