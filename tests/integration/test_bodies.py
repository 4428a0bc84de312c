"""What a client sent comes back as it was, in JSON byte for byte."""

from __future__ import annotations

import re

import httpx
import orjson
import pytest

import given

JSON = {"content-type": "application/fhir+json"}
_HEAD = re.compile(
    r'^\{"resourceType":"[A-Za-z]+","id":"[^"]+","meta":\{"versionId":"\d+",'
    r'"lastUpdated":"[^"]+"\}'
)


def observed(value: str) -> str:
    return (
        '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":'
        f'{{"value":{value}}}}}'
    )


async def kept(client: httpx.AsyncClient, text: str) -> str:
    kind = orjson.loads(text)["resourceType"]
    made = await client.post(kind, content=text.encode(), headers=JSON)
    assert made.status_code == 201, made.text
    read = await client.get(f"{kind}/{made.json()['id']}")
    assert read.text == made.text
    return _HEAD.sub("", read.text)


@pytest.mark.parametrize(
    "value", ["1.50", "1e3", "1.0E-5", "0.1", "-0", "0.00", "100000000000000000000.1", "3.140000"]
)
async def test_decimal_keeps_its_digits(client: httpx.AsyncClient, value: str) -> None:
    assert f'{{"value":{value}}}' in await kept(client, observed(value))


async def test_order_of_members_stays(client: httpx.AsyncClient) -> None:
    text = (
        '{"gender":"male","resourceType":"Patient","active":true,"birthDate":"1980",'
        '"name":[{"given":["A"],"family":"B"}]}'
    )

    assert await kept(client, text) == (
        ',"gender":"male","active":true,"birthDate":"1980","name":[{"given":["A"],"family":"B"}]}'
    )


async def test_characters_and_escapes_stay(client: httpx.AsyncClient) -> None:
    text = (
        r'{"resourceType":"Patient","name":[{"family":"Œuvré 😀 \u00e9 \"q\" \\ \/ \n",'
        '"given":["李","ﷺ"]}]}'
    )

    assert await kept(client, text) == text.removeprefix('{"resourceType":"Patient"')


async def test_inner_white_space_stays(client: httpx.AsyncClient) -> None:
    text = '{ "resourceType" : "Patient", "name" : [ {\n "family" : "A"  } ] }'

    assert '[ {\n "family" : "A"  } ]' in await kept(client, text)


async def test_extensions_of_primitives_stay(client: httpx.AsyncClient) -> None:
    patient = given.patient(
        _birthDate={"extension": [{"url": "http://x.example/e", "valueDecimal": 1.5}]},
        name=[
            {
                "given": ["A", None, "C"],
                "_given": [
                    None,
                    {"extension": [{"url": "http://x.example/g", "valueCode": "c"}]},
                    None,
                ],
            }
        ],
    )

    made = (await client.post("Patient", json=patient)).json()

    assert made["_birthDate"] == patient["_birthDate"]
    assert made["name"] == patient["name"]


async def test_null_character_is_refused_not_a_failure(client: httpx.AsyncClient) -> None:
    refused = await client.post("Patient", json=given.patient(name=[{"family": "a\0b"}]))

    assert refused.status_code in {400, 422}


async def test_lone_surrogate_is_refused_not_a_failure(client: httpx.AsyncClient) -> None:
    text = r'{"resourceType":"Patient","name":[{"family":"\ud83d"}]}'

    refused = await client.post("Patient", content=text, headers=JSON)

    assert refused.status_code in {400, 422}


async def test_broken_utf8_is_refused_not_a_failure(client: httpx.AsyncClient) -> None:
    raw = b'{"resourceType":"Patient","name":[{"family":"\xff"}]}'

    refused = await client.post("Patient", content=raw, headers=JSON)

    assert refused.status_code == 400


async def test_deep_json_is_refused_not_a_failure(client: httpx.AsyncClient) -> None:
    raw = b'{"resourceType":"Patient","name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    refused = await client.post("Patient", content=raw, headers=JSON)

    assert refused.status_code in {400, 422}


async def test_deeply_nested_extensions_are_answered(client: httpx.AsyncClient) -> None:
    start, end = b'{"url":"http://x.example/e","extension":[', b"]}"
    inner = b'{"url":"http://x.example/e","valueBoolean":true}'
    raw = b'{"resourceType":"Patient","extension":[' + start * 900 + inner + end * 900 + b"]}"

    answer = await client.post("Patient", content=raw, headers=JSON)

    assert answer.status_code in {201, 400, 422}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"resourceType":"Patient",}']
)
async def test_body_that_is_no_resource_is_refused(client: httpx.AsyncClient, raw: bytes) -> None:
    refused = await client.post("Patient", content=raw, headers=JSON)

    assert refused.status_code == 400
    assert refused.json()["resourceType"] == "OperationOutcome"


async def test_resource_of_another_type_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.post("Observation", json=given.patient())

    assert refused.status_code == 400


async def test_member_twice_is_refused(client: httpx.AsyncClient) -> None:
    raw = b'{"resourceType":"Patient","gender":"male","gender":"female"}'

    answer = await client.post("Patient", content=raw, headers=JSON)

    # RFC 8259 leaves the meaning open: a server that keeps both could show two truths.
    assert answer.status_code in {201, 400, 422}
    if answer.status_code == 201:
        assert answer.text.count('"gender"') == 1


async def test_meta_written_with_escapes_is_still_the_servers(
    client: httpx.AsyncClient,
) -> None:
    raw = rb'{"resourceType":"Patient","m\u0065ta":{"version\u0049d":"9","source":"urn:x"}}'

    made = await client.post("Patient", content=raw, headers=JSON)

    assert made.status_code == 201
    assert made.json()["meta"]["versionId"] == "1"
    assert made.json()["meta"]["source"] == "urn:x"
    assert made.text.count("versionId") == 1


async def test_every_problem_is_said_with_its_place(client: httpx.AsyncClient) -> None:
    wrong = {"resourceType": "Observation", "status": "nonsense", "valueQuantity": {"value": "1"}}

    refused = await client.post("Observation", json=wrong)

    issues = refused.json()["issue"]
    assert refused.status_code == 422
    assert len(issues) >= 3
    assert all(issue["severity"] == "error" for issue in issues)
    places = {place for issue in issues for place in issue.get("expression", ())}
    assert {"Observation.status"} <= places


async def test_unknown_profile_is_accepted_with_a_warning(client: httpx.AsyncClient) -> None:
    made = await client.post(
        "Patient",
        json=given.patient(meta={"profile": ["http://x.example/StructureDefinition/p"]}),
        headers={"prefer": "return=OperationOutcome"},
    )

    assert made.status_code == 201
    assert made.json()["resourceType"] == "OperationOutcome"
    assert made.json()["issue"][0]["severity"] == "warning"
