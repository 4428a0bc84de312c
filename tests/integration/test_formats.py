"""Formats of requests and answers: JSON, XML, gzip, preferences, errors, searches by form."""

from __future__ import annotations

import gzip

import httpx
import pytest
from lxml import etree

import given

JSON, XML = "application/fhir+json", "application/fhir+xml"
_FHIR = "{http://hl7.org/fhir}"


async def created(client: httpx.AsyncClient, **changes: object) -> dict:
    return (await client.post("Patient", json=given.patient(**changes))).json()


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("application/fhir+json", JSON),
        ("application/fhir+xml", XML),
        ("application/json", JSON),
        ("application/xml", XML),
        ("text/xml", XML),
        ("*/*", JSON),
        ("application/fhir+xml;q=0.5, application/fhir+json;q=0.9", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("application/fhir+json; fhirVersion=4.0", JSON),
        ("application/fhir+xml; charset=utf-8", XML),
    ],
)
async def test_answer_has_the_format_that_is_accepted(
    client: httpx.AsyncClient, accept: str, sent: str | None
) -> None:
    made = await created(client)

    answer = await client.get(f"Patient/{made['id']}", headers={"accept": accept})

    assert answer.status_code == 200
    media = answer.headers["content-type"].partition(";")[0]
    assert media == sent if sent else media in {JSON, XML}
    assert "charset=utf-8" in answer.headers["content-type"].lower().replace(" ", "")


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("json", JSON), ("xml", XML), ("application/fhir+xml", XML), ("application/fhir xml", XML),
        ("application/json", JSON), ("text/xml", XML),
    ],
)  # fmt: skip
async def test_format_parameter_wins_over_the_header(
    client: httpx.AsyncClient, wanted: str, sent: str
) -> None:
    made = await created(client)
    other = JSON if sent == XML else XML

    answer = await client.get(
        f"Patient/{made['id']}", params={"_format": wanted}, headers={"accept": other}
    )

    assert answer.headers["content-type"].startswith(sent)


async def test_format_that_cannot_be_made_is_not_acceptable(client: httpx.AsyncClient) -> None:
    made = await created(client)

    for headers, params in (
        ({"accept": "text/turtle"}, {}),
        ({"accept": "application/fhir+turtle"}, {}),
        ({}, {"_format": "ttl"}),
    ):
        answer = await client.get(f"Patient/{made['id']}", headers=headers, params=params)
        assert answer.status_code == 406
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("media", ["text/plain", "text/turtle", "application/octet-stream", "*/*"])
async def test_body_of_another_format_is_refused(client: httpx.AsyncClient, media: str) -> None:
    answer = await client.post("Patient", content=b"x", headers={"content-type": media})

    assert answer.status_code == 415
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_xml_goes_in_and_comes_out(client: httpx.AsyncClient) -> None:
    xml = (
        b'<?xml version="1.0" encoding="UTF-8"?><Observation xmlns="http://hl7.org/fhir">'
        b'<status value="final"/><code><text value="\xc5\x92uf"/></code>'
        b'<valueQuantity><value value="1.50"/></valueQuantity></Observation>'
    )

    made = await client.post(
        "Observation", content=xml, headers={"content-type": XML, "accept": XML}
    )
    root = etree.fromstring(made.content)
    key = root.find(f"{_FHIR}id").get("value")
    as_json = await client.get(f"Observation/{key}")

    assert made.status_code == 201
    assert root.tag == f"{_FHIR}Observation"
    assert root.find(f"{_FHIR}valueQuantity/{_FHIR}value").get("value") == "1.50"
    assert root.find(f"{_FHIR}meta/{_FHIR}versionId").get("value") == "1"
    assert '"value":1.50' in as_json.text
    assert as_json.json()["code"]["text"] == "Œuf"


async def test_searches_histories_and_errors_come_in_xml(client: httpx.AsyncClient) -> None:
    made = await created(client)
    asked = {"accept": XML}

    search = await client.get("Patient?_count=2", headers=asked)
    history = await client.get(f"Patient/{made['id']}/_history", headers=asked)
    error = await client.get("Patient/nobody", headers=asked)
    metadata = await client.get("metadata", headers=asked)

    tags = [etree.fromstring(one.content).tag for one in (search, history, error, metadata)]
    assert tags == [
        f"{_FHIR}{name}" for name in ("Bundle", "Bundle", "OperationOutcome", "CapabilityStatement")
    ]


async def test_transaction_in_xml_is_done(client: httpx.AsyncClient) -> None:
    xml = b"""<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry>
      <fullUrl value="urn:uuid:6f7a7e2e-65a5-4b4a-9a40-6f3a7b1c0001"/>
      <resource><Patient><gender value="male"/></Patient></resource>
      <request><method value="POST"/><url value="Patient"/></request></entry><entry>
      <resource><Observation><status value="final"/><code><text value="x"/></code>
      <subject><reference value="urn:uuid:6f7a7e2e-65a5-4b4a-9a40-6f3a7b1c0001"/></subject>
      </Observation></resource>
      <request><method value="POST"/><url value="Observation"/></request></entry></Bundle>"""

    answer = await client.post("", content=xml, headers={"content-type": XML, "accept": XML})

    root = etree.fromstring(answer.content)
    assert answer.status_code == 200
    statuses = [one.get("value")[:3] for one in root.iter(f"{_FHIR}status")]
    assert statuses == ["201", "201"]


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<Patient",
        b"<Patient xmlns='http://hl7.org/fhir'>",
        b"<Patient/>",
        b"<Patient xmlns='http://hl7.org/fhir'><nonsense value='1'/></Patient>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir">'
        b'<gender value="&a;"/></Patient>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<Patient xmlns="http://hl7.org/fhir"><gender value="&b;"/></Patient>',
    ],
)
async def test_xml_that_is_no_resource_is_refused(client: httpx.AsyncClient, xml: bytes) -> None:
    answer = await client.post("Patient", content=xml, headers={"content-type": XML})

    assert answer.status_code in {400, 422}
    assert b"root:" not in answer.content


async def test_gzip_goes_in_and_comes_out(client: httpx.AsyncClient) -> None:
    body = gzip.compress(httpx.Request("POST", "http://x", json=given.patient()).content)

    made = await client.post(
        "Patient",
        content=body,
        headers={"content-type": JSON, "content-encoding": "gzip"},
    )
    zipped = await client.get("metadata", headers={"accept-encoding": "gzip"})
    plain = await client.get("metadata", headers={"accept-encoding": "identity"})

    assert made.status_code == 201
    assert zipped.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in zipped.headers["vary"].lower()
    assert "content-encoding" not in plain.headers
    assert zipped.json() == plain.json()


async def test_client_that_refuses_gzip_gets_none(client: httpx.AsyncClient) -> None:
    plain = await client.get("metadata", headers={"accept-encoding": "gzip;q=0, identity"})

    assert "content-encoding" not in plain.headers


async def test_body_that_is_no_gzip_is_refused(client: httpx.AsyncClient) -> None:
    cut = gzip.compress(b'{"resourceType":"Patient"}')[:-10]

    for body in (b"{}", cut):
        answer = await client.post(
            "Patient", content=body, headers={"content-type": JSON, "content-encoding": "gzip"}
        )
        assert answer.status_code == 400


async def test_encoding_that_is_not_known_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "Patient", content=b"xx", headers={"content-type": JSON, "content-encoding": "br"}
    )

    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Patient"),
        ("return=OperationOutcome", "OperationOutcome"),
        ("respond-async, return=minimal", None),
        ('return="representation"', "Patient"),
    ],
)
async def test_prefer_decides_the_body_of_a_write(
    client: httpx.AsyncClient, prefer: str, kind: str | None
) -> None:
    headers = {"prefer": prefer}

    made = await client.post("Patient", json=given.patient(), headers=headers)
    key = made.headers["location"].split("/_history")[0].rpartition("/")[2]
    updated = await client.put(f"Patient/{key}", json=given.patient(id=key), headers=headers)
    patched = await client.patch(
        f"Patient/{key}",
        json=[{"op": "replace", "path": "/gender", "value": "male"}],
        headers=headers | {"content-type": "application/json-patch+json"},
    )

    assert [one.status_code for one in (made, updated, patched)] == [201, 200, 200]
    for answer in (made, updated, patched):
        assert answer.headers["etag"]
        if kind is None:
            assert answer.content == b""
        else:
            assert answer.json()["resourceType"] == kind


async def test_operation_outcome_of_a_faultless_write_is_valid(
    client: httpx.AsyncClient,
) -> None:
    made = await client.post(
        "Patient", json=given.patient(), headers={"prefer": "return=OperationOutcome"}
    )

    assert made.json()["issue"]  # OperationOutcome.issue is 1..*


async def test_unknown_parameter_is_refused_unless_lenient(client: httpx.AsyncClient) -> None:
    strict = await client.get("Patient?nonsense=1")
    lenient = await client.get("Patient?nonsense=1", headers={"prefer": "handling=lenient"})

    assert strict.status_code == 400
    assert "nonsense" in strict.json()["issue"][0]["diagnostics"]
    assert lenient.status_code == 200
    own = next(one["url"] for one in lenient.json()["link"] if one["relation"] == "self")
    assert "nonsense" not in own


async def test_search_by_form_finds_what_the_address_finds(client: httpx.AsyncClient) -> None:
    mark = given.identifier()
    await created(client, identifier=[mark])
    criteria = {"identifier": f"{mark['system']}|{mark['value']}"}

    by_form = await client.post("Patient/_search", data=criteria)
    mixed = await client.post("Patient/_search?gender=female", data=criteria)
    none = await client.post("Patient/_search?gender=male", data=criteria)
    empty = await client.post("Patient/_search", params=criteria)
    several = await client.post("_search", data=criteria | {"_type": "Patient"})

    assert [one.json()["total"] for one in (by_form, mixed, none, empty, several)] == [
        1, 1, 0, 1, 1,
    ]  # fmt: skip


async def test_search_by_json_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("Patient/_search", json={"name": "x"})).status_code == 415


async def test_bytes_that_are_no_text_are_refused_in_a_form(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "Patient/_search",
        content=b"name=\xff",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    "url",
    [
        "Patient?name=%00", "Patient?identifier=a%00b", "Patient/%00", "Patient?_id=%00",
        "Patient?name=%ff", "Patient?birthdate=2020-13-45", "Patient?_count=x",
        "Patient?_sort=nonsense", "Patient?_include=x", "Patient?_cursor=x",
        "Observation?value-quantity=x||", "Observation?date=gt", "Patient?_lastUpdated=never",
        "Patient?birthdate=0000", "Patient?birthdate=9999999", "Patient?_elements=",
        "Observation?value-quantity=1e999", "Observation?value-quantity=nan",
        "Patient?_has:Observation", "Patient?general-practitioner.name.x=1",
    ],
)  # fmt: skip
async def test_strange_addresses_are_answered_without_a_failure(
    client: httpx.AsyncClient, url: str
) -> None:
    answer = await client.get(url)

    assert answer.status_code < 500, answer.text
    assert answer.json()["resourceType"] in {"OperationOutcome", "Bundle"}


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "Nonsense", 404), ("GET", "Nonsense/1", 404), ("GET", "patient/1", 404),
        ("POST", "Patient/1", 405), ("DELETE", "metadata", 405), ("PUT", "Patient/1/_history", 405),
        ("GET", "Patient/1/2/3", 404), ("GET", "Patient/1/$nonsense", 404), ("GET", "$x", 404),
        ("DELETE", "", 405), ("PUT", "", 405),
    ],
)  # fmt: skip
async def test_address_or_method_that_is_none_is_said(
    client: httpx.AsyncClient, method: str, url: str, status: int
) -> None:
    answer = await client.request(method, url)

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_method_that_is_not_possible_names_those_that_are(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("Patient/1", json=given.patient())

    assert answer.status_code == 405
    assert "PUT" in answer.headers["allow"]


async def test_head_works_on_searches_and_metadata(client: httpx.AsyncClient) -> None:
    for url in ("Patient", "metadata", "Patient/_history"):
        answer = await client.head(url)
        assert answer.status_code == 200
        assert answer.content == b""


async def test_summary_and_elements_shape_a_read(client: httpx.AsyncClient) -> None:
    made = await created(client, identifier=[given.identifier()])

    elements = (await client.get(f"Patient/{made['id']}?_elements=gender")).json()
    summary = (await client.get(f"Patient/{made['id']}?_summary=text")).json()

    assert "birthDate" not in elements
    assert elements["gender"] == "female"
    assert any(tag["code"] == "SUBSETTED" for tag in elements["meta"]["tag"])
    assert any(tag["code"] == "SUBSETTED" for tag in summary["meta"]["tag"])
