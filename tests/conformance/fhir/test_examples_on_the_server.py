"""The official R4 examples: each goes in and comes back equal, in JSON and in XML."""

from __future__ import annotations

import json
import tarfile
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import httpx
import orjson
import pytest
from lxml import etree

from cordee.fhir.model.xml import xml_to_json
from cordee.fhir.validation.validate import validate
from running import Ground, platform_on
from shared_data import shared

EXAMPLES = "data/02-fhir-r4-spec/fhir-r4-examples-half-A.tar.xz"
JSON, XML = "application/fhir+json", "application/fhir+xml"
REFUSED = "Subscription-example-error.json"
"""A subscription that already failed: nobody asks for one, the server says so of its own."""


@cache
def examples() -> dict[str, bytes]:
    """Text of each example that has an id and that validation accepts, by file name."""
    found: dict[str, bytes] = {}
    with tarfile.open(shared(EXAMPLES)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file is None:
                continue
            raw = file.read()
            resource = orjson.loads(raw)
            if not isinstance(resource, dict) or "id" not in resource:
                continue
            if member.name.endswith(REFUSED):
                continue
            if not any(one.severity in {"error", "fatal"} for one in validate(resource)):
                found[member.name.rpartition("/")[2]] = raw
    return found


def read(raw: bytes | str) -> dict[str, Any]:
    """JSON values with decimals as texts, so that 1.50 is not 1.5."""
    return json.loads(raw, parse_float=lambda text: f"decimal {text}")


def canonical(value: Any) -> Any:
    """The same values, with each narrative in canonical XML: `&quot;` is a quotation mark."""
    if isinstance(value, dict):
        return {
            name: etree.canonicalize(inner) if name == "div" else canonical(inner)
            for name, inner in value.items()
        }
    return [canonical(one) for one in value] if isinstance(value, list) else value


def content(resource: dict[str, Any]) -> dict[str, Any]:
    """All but what the server says of itself."""
    kept = dict(resource)
    meta = {
        name: value
        for name, value in kept.pop("meta", {}).items()
        if name not in {"versionId", "lastUpdated"}
    }
    return kept | ({"meta": meta} if meta else {})


@pytest.fixture(scope="module")
async def reporting(ground: Ground) -> AsyncIterator[httpx.AsyncClient]:
    """Examples refer to examples that are not in the archive."""
    async with platform_on(ground, references="report") as platform:
        yield await platform.client()


async def put(client: httpx.AsyncClient, raw: bytes, media: str = JSON) -> httpx.Response:
    resource = orjson.loads(raw) if media == JSON else orjson.loads(xml_to_json(raw))
    url = f"{resource['resourceType']}/{resource['id']}"
    return await client.put(url, content=raw, headers={"content-type": media, "accept": media})


async def test_most_examples_are_accepted() -> None:
    assert len(examples()) > 380


async def test_every_example_comes_back_equal_in_json(reporting: httpx.AsyncClient) -> None:
    wrong: list[str] = []
    for name, raw in examples().items():
        written = await put(reporting, raw)
        resource = read(raw)
        back = await reporting.get(f"{resource['resourceType']}/{resource['id']}")
        if written.status_code not in {200, 201}:
            wrong.append(f"{name}: {written.status_code} {written.text[:300]}")
        elif content(read(back.text)) != content(resource):
            wrong.append(f"{name}: another content")

    assert wrong == []


async def test_every_example_comes_back_equal_in_xml(reporting: httpx.AsyncClient) -> None:
    wrong: list[str] = []
    for name, raw in examples().items():
        resource = read(raw)
        url = f"{resource['resourceType']}/{resource['id']}"
        await put(reporting, raw)
        as_xml = await reporting.get(url, headers={"accept": XML})
        if as_xml.status_code != 200:
            wrong.append(f"{name}: {as_xml.status_code} {as_xml.text[:200]}")
            continue
        written = await put(reporting, as_xml.content, XML)
        back = await reporting.get(url)
        if written.status_code != 200:
            wrong.append(f"{name}: {written.status_code} {written.text[:300]}")
        elif canonical(content(read(back.text))) != canonical(content(resource)):
            wrong.append(f"{name}: another content after XML")

    assert wrong == []


async def test_every_example_is_found_by_its_id(reporting: httpx.AsyncClient) -> None:
    wrong: list[str] = []
    for name, raw in examples().items():
        resource = orjson.loads(raw)
        await put(reporting, raw)
        found = await reporting.get(resource["resourceType"], params={"_id": resource["id"]})
        if found.status_code != 200 or found.json()["total"] != 1:
            wrong.append(f"{name}: {found.text[:200]}")

    assert wrong == []


async def test_a_history_page_holds_the_examples(reporting: httpx.AsyncClient) -> None:
    body = (await reporting.get("_history?_count=1000")).json()

    assert len(body["entry"]) == 1000 or len(body["entry"]) >= len(examples())
