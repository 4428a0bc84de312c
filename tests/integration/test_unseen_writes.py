"""What somebody does not see they do not write over: also where its body is sealed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

import given
from running import Platform

SCOPES = "user/*.cruds"


RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}


def body(kind: str, key: str, patient: str) -> dict[str, Any]:
    """A resource of a type about a patient, of which the body is sealed."""
    about = {"reference": patient}
    payor = [{"display": "CPAM"}]
    made: dict[str, dict[str, Any]] = {
        "RelatedPerson": {"patient": about},
        "Coverage": {"status": "active", "beneficiary": about, "payor": payor},
        "Binary": {"contentType": "text/plain", "data": "eA=="},
        "Observation": given.observation(patient, meta={"security": [RESTRICTED]}),
    }
    return made[kind] | {"resourceType": kind, "id": key}


@pytest.mark.requirement("A3.1")
@pytest.mark.parametrize("how", ["put", "transaction", "batch"])
@pytest.mark.parametrize("kind", ["RelatedPerson", "Coverage", "Observation", "Binary"])
async def test_a_sealed_resource_that_is_not_seen_is_not_written_over(
    platform: Platform, client: httpx.AsyncClient, how: str, kind: str
) -> None:
    key = uuid4().hex
    await client.put("Organization/far", json={"resourceType": "Organization", "id": "far"})
    theirs = (await client.post("Patient", json=given.patient())).json()["id"]
    managed = given.patient(managingOrganization={"reference": "Organization/far"})
    own = f"Patient/{(await client.post('Patient', json=managed)).json()['id']}"
    first = await client.put(f"{kind}/{key}", json=body(kind, key, f"Patient/{theirs}"))
    assert first.status_code == 201, first.text
    far = await platform.client(
        SCOPES, structure="Organization/far", practitioner="Practitioner/far"
    )
    assert (await far.get(f"{kind}/{key}")).status_code == 404
    mine = body(kind, key, own)

    if how == "put":
        status = str((await far.put(f"{kind}/{key}", json=mine)).status_code)
    else:
        answer = await far.post(
            "", json=given.bundle(how, given.entry("PUT", f"{kind}/{key}", mine))
        )
        entries = answer.json().get("entry") or [{"response": {"status": str(answer.status_code)}}]
        status = entries[0]["response"]["status"]

    assert status[:3] in {"409", "412"}
    assert (await client.get(f"{kind}/{key}")).json()["meta"]["versionId"] == "1"
