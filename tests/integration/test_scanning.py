"""Files are looked at before they are kept, on every way in; what was not looked at is refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import given
from cordee.api.uploads import files_of
from cordee.runtime.errors import InvalidRequest, RuleBroken, Unavailable
from cordee.runtime.scanning import Clamd, Infected, read_scanner
from running import Ground, platform_on
from scanned import EICAR, clamd

BAD, GOOD = base64.b64encode(EICAR).decode(), base64.b64encode(b"compte rendu").decode()
PATCH = {"content-type": "application/json-patch+json"}


def binary(data: str) -> dict[str, Any]:
    return {"resourceType": "Binary", "id": "b1", "contentType": "application/pdf", "data": data}


def document(data: str) -> dict[str, Any]:
    attachment = {"contentType": "application/pdf", "data": data}
    content = [{"attachment": attachment}]
    return {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "content": content,
    }


def ways(data: str) -> list[tuple[str, str, Any, dict[str, str]]]:
    """Method, path, body and headers of each way in which a file may come."""
    entries = [given.entry("POST", "Binary", binary(data))]
    operation = [{"op": "add", "path": "/content/0/attachment/data", "value": data}]
    part = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.content[0].attachment.data"},
        {"name": "value", "valueBase64Binary": data},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
    patient = given.patient() | {"photo": [{"contentType": "image/png", "data": data}]}
    return [
        ("POST", "Binary", binary(data), {}),
        ("PUT", "Binary/b1", binary(data), {}),
        ("POST", "DocumentReference", document(data), {}),
        ("PUT", "DocumentReference/d1", document(data), {}),
        ("POST", "Patient", patient, {}),
        ("POST", "", given.bundle("transaction", *entries), {}),
        ("POST", "", given.bundle("batch", *entries), {}),
        ("PATCH", "DocumentReference/d1", operation, PATCH),
        ("PATCH", "DocumentReference/d1", patch, {}),
    ]


async def test_every_way_in_is_looked_at(ground: Ground) -> None:
    async with clamd() as fake, platform_on(ground, clamd=fake.address) as platform:
        client = await platform.client()
        assert (await client.put("DocumentReference/d1", json=document(GOOD))).status_code == 201
        for method, path, body, headers in ways(BAD):
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.status_code == 422, (method, path, answer.text)
            issue = answer.json()["issue"][0]
            assert "Eicar-Test-Signature" in issue["diagnostics"]
            assert EICAR.decode() not in answer.text
        inside = f'<contentType value="a/b"/><data value="{BAD}"/>'
        xml = f'<Binary xmlns="http://hl7.org/fhir">{inside}</Binary>'
        refused = await client.post(
            "Binary", content=xml, headers={"content-type": "application/fhir+xml"}
        )
        for method, path, body, headers in ways(GOOD):
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.status_code in {200, 201}, (method, path, answer.text)
        kept = (await client.get("Binary?_summary=count")).json()["total"]

    assert refused.status_code == 422
    assert kept == 4
    assert fake.seen.count(EICAR) == len(ways(BAD)) + 1


@pytest.mark.parametrize("mode", ["close", "garble", "hang"])
async def test_what_nobody_looked_at_is_not_kept(ground: Ground, mode: str) -> None:
    async with clamd() as fake, platform_on(ground, clamd=fake.address) as platform:
        scanner = platform.parts.settings.scanner
        assert scanner
        told = replace(platform.parts.settings, scanner=replace(scanner, seconds=0.3))
        platform.parts.settings = told
        client = await platform.client()
        fake.mode = mode

        refused = await client.post("Binary", json=binary(GOOD))
        without = await client.post("Patient", json=given.patient())
        fake.mode = "answer"
        kept = await client.post("Binary", json=binary(GOOD))

    assert refused.status_code == 503
    assert refused.json()["issue"][0]["code"] == "transient"
    assert (without.status_code, kept.status_code) == (201, 201)


async def test_a_socket_a_limit_and_nobody_there(tmp_path: Path) -> None:
    async with clamd(tmp_path / "clamd.sock") as fake:
        scanner = read_scanner(fake.address)
        assert scanner
        large = b"x" * 300_000
        await scanner.check(large)
        with pytest.raises(Infected):
            await scanner.check(large + EICAR)
        fake.largest = 100_000
        with pytest.raises(RuleBroken, match="too large"):
            await scanner.check(large)

    with pytest.raises(Unavailable):
        await Clamd(path=str(tmp_path / "nobody")).check(b"x")
    assert fake.seen == [large, large + EICAR]


def test_files_hide_neither_in_depth_nor_in_white_space() -> None:
    spaced = "\n ".join(BAD[start : start + 8] for start in range(0, len(BAD), 8))
    nested = {"a": [{"contained": [binary(spaced)]}, {"data": "no base64: é"}]}
    raw = str(nested).replace("'", '"').replace("\\n", "\\n").encode()

    assert EICAR in files_of(raw)
    assert "no base64: é".encode() in files_of(raw)
    assert files_of(b"family=Morvan") == files_of(b'{"data": ') == []


@pytest.mark.parametrize("address", ["clamd:3310", "unix:clamd.sock", "tcp://", "tcp://h:port"])
def test_an_address_that_is_none_names_its_variable(address: str) -> None:
    with pytest.raises(InvalidRequest, match="CORDEE_CLAMD"):
        read_scanner(address)
