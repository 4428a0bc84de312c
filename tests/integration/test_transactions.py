"""transaction: every verb, links, conditions, order, and all or nothing."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote
from uuid import uuid4

import httpx
import orjson
import pytest

import given
from running import Platform


async def run(client: httpx.AsyncClient, *entries: dict, status: int = 200, **headers: str) -> dict:
    answer = await client.post("", json=given.bundle("transaction", *entries), headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def urn() -> str:
    return f"urn:uuid:{uuid4()}"


def key_of(entry: dict) -> str:
    return entry["response"]["location"].split("/_history/")[0].rpartition("/")[2]


def by(mark: dict[str, str]) -> str:
    return f"identifier={quote(mark['system'])}|{mark['value']}"


async def total(client: httpx.AsyncClient, mark: dict[str, str]) -> int:
    return (await client.get(f"Patient?{by(mark)}")).json()["total"]


def beside(reference: str) -> dict:
    return {"other": {"reference": reference}, "type": "seealso"}


@pytest.mark.requirement("A4.1")
async def test_every_verb_is_done_and_answered_in_place(client: httpx.AsyncClient) -> None:
    old = (await client.post("Patient", json=given.patient())).json()
    gone = (await client.post("Patient", json=given.patient())).json()
    patched = (await client.post("Patient", json=given.patient())).json()
    change = [{"op": "replace", "path": "/gender", "value": "male"}]
    patch = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(orjson.dumps(change)).decode(),
    }

    body = await run(
        client,
        given.entry("GET", f"Patient/{old['id']}"),
        given.entry("PUT", f"Patient/{old['id']}", old | {"gender": "other"}),
        given.entry("POST", "Patient", given.patient()),
        given.entry("PATCH", f"Patient/{patched['id']}", patch),
        given.entry("DELETE", f"Patient/{gone['id']}"),
    )

    assert body["type"] == "transaction-response"
    assert [one["response"]["status"][:3] for one in body["entry"]] == [
        "200", "200", "201", "200", "204",
    ]  # fmt: skip
    assert body["entry"][0]["resource"]["gender"] == "other"
    assert body["entry"][1]["response"]["etag"] == 'W/"2"'
    assert (await client.get(f"Patient/{patched['id']}")).json()["gender"] == "male"
    assert (await client.get(f"Patient/{gone['id']}")).status_code == 410


async def test_links_between_entries_are_rewritten_circles_included(
    client: httpx.AsyncClient,
) -> None:
    one, two = urn(), urn()

    body = await run(
        client,
        given.entry("POST", "Patient", given.patient(link=[beside(two)]), fullUrl=one),
        given.entry("POST", "Patient", given.patient(link=[beside(one)]), fullUrl=two),
    )

    first, second = (key_of(entry) for entry in body["entry"])
    read = (await client.get(f"Patient/{first}")).json()
    back = (await client.get(f"Patient/{second}")).json()
    assert read["link"][0]["other"]["reference"] == f"Patient/{second}"
    assert back["link"][0]["other"]["reference"] == f"Patient/{first}"


async def test_links_in_the_narrative_and_in_uris_are_rewritten(
    client: httpx.AsyncClient,
) -> None:
    one = urn()
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{one}">x</a></div>'

    body = await run(
        client,
        given.entry("POST", "Patient", given.patient(), fullUrl=one),
        given.entry(
            "POST",
            "Observation",
            given.observation(
                one,
                text={"status": "generated", "div": div},
                extension=[{"url": "http://x.example/e", "valueUri": one}],
                identifier=[{"system": "urn:ietf:rfc:3986", "value": one}],
            ),
        ),
    )

    patient, made = (key_of(entry) for entry in body["entry"])
    read = (await client.get(f"Observation/{made}")).json()
    assert read["subject"]["reference"] == f"Patient/{patient}"
    assert f'href="Patient/{patient}"' in read["text"]["div"]
    assert read["extension"][0]["valueUri"] == f"Patient/{patient}"
    assert read["identifier"][0]["value"] == one


async def test_links_by_absolute_full_urls_are_rewritten(client: httpx.AsyncClient) -> None:
    url = "https://elsewhere.example/fhir/Patient/77"

    body = await run(
        client,
        given.entry("POST", "Patient", given.patient(id="77"), fullUrl=url),
        given.entry("POST", "Observation", given.observation(url)),
        given.entry("POST", "Observation", given.observation("Patient/77"),
                    fullUrl="https://elsewhere.example/fhir/Observation/5"),
    )  # fmt: skip

    patient, *made = (key_of(entry) for entry in body["entry"])
    for key in made:
        read = (await client.get(f"Observation/{key}")).json()
        assert read["subject"]["reference"] == f"Patient/{patient}"


async def test_decimals_survive_the_rewriting(client: httpx.AsyncClient) -> None:
    one = urn()
    observation = json.dumps(given.observation(one)).replace("70.5", "70.500")
    patient = json.dumps(given.entry("POST", "Patient", given.patient(), fullUrl=one))
    raw = (
        f'{{"resourceType":"Bundle","type":"transaction","entry":[{patient},'
        f'{{"request":{{"method":"POST","url":"Observation"}},"resource":{observation}}}]}}'
    )

    answer = await client.post("", content=raw, headers={"content-type": "application/fhir+json"})

    key = key_of(answer.json()["entry"][1])
    assert "70.500" in (await client.get(f"Observation/{key}")).text


async def test_reference_to_an_entry_of_the_bundle_that_comes_later_holds(
    client: httpx.AsyncClient,
) -> None:
    key = uuid4().hex

    body = await run(
        client,
        given.entry("POST", "Observation", given.observation(f"Patient/{key}")),
        given.entry("PUT", f"Patient/{key}", given.patient(id=key)),
    )

    assert [one["response"]["status"][:3] for one in body["entry"]] == ["201", "201"]


@pytest.mark.requirement("A4.1")
async def test_one_bad_entry_undoes_all(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    old = (await client.post("Patient", json=given.patient())).json()

    outcome = await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
        given.entry("PUT", f"Patient/{old['id']}", old | {"gender": "male"}),
        given.entry("POST", "Patient", given.patient(gender="nonsense")),
        status=422,
    )

    assert outcome["resourceType"] == "OperationOutcome"
    places = [place for issue in outcome["issue"] for place in issue.get("expression", ())]
    assert any(place.startswith("Bundle.entry[2]") for place in places)
    assert await total(client, mark) == 0
    assert (await client.get(f"Patient/{old['id']}")).json() == old
    assert len((await client.get(f"Patient/{old['id']}/_history")).json()["entry"]) == 1


async def test_failed_read_undoes_all(client: httpx.AsyncClient) -> None:
    mark = given.identifier()

    await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
        given.entry("GET", "Patient/nobody"),
        status=404,
    )

    assert await total(client, mark) == 0


async def test_version_conflict_undoes_all(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    old = (await client.post("Patient", json=given.patient())).json()

    await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
        given.entry("PUT", f"Patient/{old['id']}", old, ifMatch='W/"7"'),
        status=412,
    )

    assert await total(client, mark) == 0


async def test_reference_that_leads_nowhere_undoes_all(client: httpx.AsyncClient) -> None:
    mark = given.identifier()

    outcome = await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
        given.entry("POST", "Observation", given.observation("Patient/nobody")),
        status=422,
    )

    assert outcome["issue"][0]["code"] == "not-found"
    assert await total(client, mark) == 0


async def test_urn_that_no_entry_has_is_refused(client: httpx.AsyncClient) -> None:
    await run(client, given.entry("POST", "Observation", given.observation(urn())), status=422)


async def test_reads_see_what_the_transaction_wrote(client: httpx.AsyncClient) -> None:
    mark = given.identifier()

    body = await run(
        client,
        given.entry("GET", f"Patient?{by(mark)}"),
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
    )

    found = body["entry"][0]["resource"]
    assert (found["type"], found["total"]) == ("searchset", 1)


async def test_every_kind_of_read_is_done_after_the_writes(client: httpx.AsyncClient) -> None:
    mark, one = given.identifier(), urn()
    old = (await client.post("Patient", json=given.patient(identifier=[mark]))).json()
    patient = f"Patient/{old['id']}"

    body = await run(
        client,
        given.entry("GET", patient),
        given.entry("GET", f"{patient}/_history/1"),
        given.entry("GET", f"{patient}/_history"),
        given.entry("GET", "Patient/_history?_count=1"),
        given.entry("GET", "_history?_count=2"),
        given.entry("GET", f"Observation?patient={old['id']}"),
        given.entry("GET", f"?_type=Patient&{by(mark)}"),
        given.entry("GET", f"{patient}/Observation?code=29463-7"),
        given.entry("GET", f"{patient}/$everything"),
        given.entry("GET", f"Observation/$lastn?patient={old['id']}"),
        given.entry("GET", "metadata"),
        given.entry("HEAD", patient),
        given.entry("GET", patient, ifNoneMatch='W/"2"'),
        given.entry("PUT", patient, old | {"gender": "male"}),
        given.entry("POST", "Observation", given.observation(patient), fullUrl=one),
        given.entry("PUT", "Observation/later", given.observation(patient, id="later")),
    )

    found = [entry.get("resource", {}) for entry in body["entry"]]
    assert (found[0]["gender"], found[0]["meta"]["versionId"]) == ("male", "2")
    assert (found[1]["gender"], found[1]["meta"]["versionId"]) == ("female", "1")
    assert [len(found[place]["entry"]) for place in (2, 3, 4)] == [2, 1, 2]
    assert [found[place]["total"] for place in (5, 6, 7, 9)] == [2, 1, 2, 1]
    assert len(found[8]["entry"]) == 3
    assert found[10]["resourceType"] == "CapabilityStatement"
    assert (found[11], found[12]) == ({}, {})
    assert [entry["response"]["status"][:3] for entry in body["entry"]] == [
        *["200"] * 12, "304", "200", "201", "201",
    ]  # fmt: skip
    assert [body["entry"][place]["response"]["etag"] for place in (0, 11)] == ['W/"2"'] * 2


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Patient/gone", 410),
        ("Patient/gone/_history/9", 404),
        ("Patient?nothing=1", 400),
        ("Nothing/1", 404),
        ("Patient/gone/$nothing", 404),
    ],
)
async def test_a_read_that_fails_names_its_entry_and_undoes_all(
    client: httpx.AsyncClient, url: str, status: int
) -> None:
    mark = given.identifier()
    await client.put("Patient/gone", json=given.patient(id="gone"))
    await client.delete("Patient/gone")

    outcome = await run(
        client,
        given.entry("POST", "Patient", given.patient(identifier=[mark])),
        given.entry("GET", url),
        status=status,
    )

    assert outcome["issue"][0]["diagnostics"].startswith("Bundle.entry[1]: ")
    assert await total(client, mark) == 0


async def test_reads_of_a_transaction_need_their_rights(platform: Platform) -> None:
    writer = await platform.client("system/Patient.cu")

    outcome = await run(
        writer,
        given.entry("PUT", "Patient/mine", given.patient(id="mine")),
        given.entry("GET", "Patient/mine"),
        status=403,
    )

    assert "Patient.r" in outcome["issue"][0]["diagnostics"]


async def test_same_resource_twice_is_refused(client: httpx.AsyncClient) -> None:
    made = (await client.post("Patient", json=given.patient())).json()

    await run(
        client,
        given.entry("PUT", f"Patient/{made['id']}", made),
        given.entry("DELETE", f"Patient/{made['id']}"),
        status=400,
    )

    assert (await client.get(f"Patient/{made['id']}")).json() == made


async def test_two_thousand_entries_are_taken(client: httpx.AsyncClient) -> None:
    one = urn()
    entries = [given.entry("POST", "Patient", given.patient(), fullUrl=one)]
    entries += [
        given.entry("POST", "Observation", given.observation(one), fullUrl=urn())
        for _ in range(1999)
    ]

    body = await run(client, *entries)

    assert len(body["entry"]) == 2000
    patient = key_of(body["entry"][0])
    counted = await client.get(f"Observation?subject=Patient/{patient}&_summary=count")
    assert counted.json()["total"] == 1999


async def test_two_thousand_updates_are_taken(client: httpx.AsyncClient) -> None:
    keys = [uuid4().hex for _ in range(1000)]
    entries = [given.entry("PUT", f"Patient/{key}", given.patient(id=key)) for key in keys]

    await run(client, *entries)
    body = await run(client, *entries)

    assert {one["response"]["etag"] for one in body["entry"]} == {'W/"2"'}


async def test_prefer_decides_what_the_entries_hold(client: httpx.AsyncClient) -> None:
    entry = given.entry("POST", "Patient", given.patient())

    minimal = await run(client, entry, prefer="return=minimal")
    whole = await run(client, entry, prefer="return=representation")

    assert "resource" not in minimal["entry"][0]
    assert whole["entry"][0]["resource"]["resourceType"] == "Patient"


@pytest.mark.parametrize(
    "entry",
    [
        {"resource": given.patient()},
        given.entry("POST", "Patient"),
        given.entry("MERGE", "Patient", given.patient()),
        given.entry("POST", "Patients", given.patient()),
        given.entry("POST", "Patient/1", given.patient()),
        given.entry("PUT", "Patient", given.patient()),
        given.entry("DELETE", "Patient"),
        given.entry("POST", "Observation", given.patient()),
        given.entry("PUT", "Patient/a", given.patient(id="b")),
        given.entry("PUT", "Patient/a", given.patient()),
    ],
)
async def test_entry_that_makes_no_sense_is_refused(client: httpx.AsyncClient, entry: dict) -> None:
    answer = await client.post("", json=given.bundle("transaction", entry))

    assert answer.status_code in {400, 422}
    assert answer.json()["resourceType"] == "OperationOutcome"
