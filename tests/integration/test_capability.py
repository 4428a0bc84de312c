"""The CapabilityStatement says what is so: what it lists is answered, what it leaves out is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import given
from subscribed import subscription

VALUES = {
    "composite": "2026$2026",
    "date": "2026",
    "number": "1",
    "quantity": "1",
    "reference": "Patient/nobody",
    "special": "48.1|7.2|10|km",
    "string": "a",
    "token": "a",
    "uri": "urn:a",
}
# What has a language of its own.
SPECIAL = {"_filter": "_id eq a", "_list": "nothing"} | dict.fromkeys(
    (
        "chromosome-variant-coordinate", "chromosome-window-coordinate",
        "referenceseqid-variant-coordinate", "referenceseqid-window-coordinate",
    ),
    "a$1$2",
)  # fmt: skip
PART = 500
BODY = {"content-type": "application/fhir+json"}


@pytest.fixture(scope="module")
async def said(client: httpx.AsyncClient) -> dict[str, Any]:
    """What the server says of itself, by type."""
    statement = (await client.get("metadata")).json()
    return {one["type"]: one for one in statement["rest"][0]["resource"]}


def searches(said: dict[str, Any]) -> Iterator[str]:
    for name, one in said.items():
        for parameter in one["searchParam"]:
            value = SPECIAL.get(parameter["name"], VALUES[parameter["type"]])
            bound = "&date=ge2020" if name == "AuditEvent" else ""
            yield f"{name}?{parameter['name']}={quote(value)}&_count=1{bound}"


@pytest.mark.requirement("A4.1")
async def test_every_parameter_that_is_listed_is_searched(
    client: httpx.AsyncClient, said: dict[str, Any]
) -> None:
    refused = []
    asked_for = list(searches(said))
    for start in range(0, len(asked_for), PART):
        part = asked_for[start : start + PART]
        entries = [given.entry("GET", one) for one in part]
        answer = (await client.post("", json=given.bundle("batch", *entries))).json()
        refused += [
            (asked, entry["response"]["status"])
            for asked, entry in zip(part, answer["entry"], strict=True)
            if not entry["response"]["status"].startswith("200")
        ]

    assert len(asked_for) > 1000
    assert refused == []


@pytest.mark.requirement("A4.1")
async def test_every_interaction_that_is_listed_is_known(
    client: httpx.AsyncClient, said: dict[str, Any]
) -> None:
    asked = {
        "read": ("GET", "{}/none", {404}),
        "vread": ("GET", "{}/none/_history/1", {404}),
        "history-instance": ("GET", "{}/none/_history", {404}),
        "history-type": ("GET", "{}/_history", {200}),
        "search-type": ("GET", "{}", {200}),
        "delete": ("DELETE", "{}/none", {200, 204}),
        "create": ("POST", "{}", {400}),
        "update": ("PUT", "{}/none", {400}),
        "patch": ("PATCH", "{}/none", {400, 404}),
    }
    await client.put("Patient/one", json=given.patient(id="one"))
    socket = subscription(channel="websocket", topic="task") | {"id": "one"}
    assert (await client.put("Subscription/one", json=socket)).status_code == 201
    wrong = []
    for name, one in said.items():
        for interaction in one["interaction"]:
            method, path, statuses = asked[interaction["code"]]
            body = {} if method in {"GET", "DELETE"} else {"content": b"{}", "headers": BODY}
            if (name, interaction["code"]) == ("AuditEvent", "search-type"):
                path = "{}?date=ge2020"  # ITI-81
            answer = await client.request(method, path.format(name), **body)
            if answer.status_code not in statuses:
                wrong.append((name, interaction["code"], answer.status_code))
        wrong += [
            (name, operation["name"], 0)
            for operation in one.get("operation", ())
            if not await is_known(client, name, f"${operation['name']}")
        ]

    assert len(said) > 140
    assert wrong == []


async def is_known(client: httpx.AsyncClient, name: str, operation: str) -> bool:
    """Whether an operation is answered, or asks for its parameters, on the type or on a resource."""
    answers = [await client.get(f"{name}/{place}{operation}") for place in ("", "one/")]
    answers.append(await client.post(f"{name}/{operation}", json={}))
    codes = [
        None if answer.status_code == 200 else answer.json()["issue"][0]["code"]
        for answer in answers
    ]
    return any(code in {None, "invalid", "required"} for code in codes)


async def test_an_operation_that_is_not_listed_is_not_known(client: httpx.AsyncClient) -> None:
    assert not await is_known(client, "Patient", "$nothing")
    assert await is_known(client, "Patient", "$everything")


async def test_a_parameter_that_is_not_listed_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient", params={"nothing": "a"})).status_code == 400
