"""The matricule leaves with a qualified identity only, by every way out. Requirement A1.5."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import given
from cordee.app.exporting import run
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.patients.files import Files
from identities import MORVANDEL, MORVANDEL_INS, of_status, patient_of
from running import Platform

pytestmark = pytest.mark.requirement("A1.5")
SYSTEMS = [
    MORVANDEL_INS.authority.uri,
    "urn:oid:1.2.250.1.213.1.4.13",
]
NUMBER = MORVANDEL_INS.matricule
WAYS = (
    "Patient/{id}",
    "Patient/{id}?_elements=identifier",
    "Patient/{id}?_summary=true",
    "Patient/{id}?_format=xml",
    "Patient?_id={id}",
    "Patient?_id={id}&_summary=data",
    "Patient?identifier=" + NUMBER + "&_id={id}",
    "Patient/{id}/$everything",
    "Patient/{id}/_history",
    "Patient/{id}/_history/1",
    "Patient/_history?_count=1000",
    "_history?_count=1000",
    "Observation?patient={id}&_include=Observation:patient",
    "Patient/{id}/Observation?_include=Observation:subject",
)


def carried(key: str, status: Status, *held: Attribute) -> given.Resource:
    """A file that says its status and bears the matricule all the same, as others may send it."""
    identity = Identity(MORVANDEL) if held else of_status(MORVANDEL, MORVANDEL_INS, status)
    if held:
        identity = Identity(MORVANDEL, attributes=frozenset(held))
    made = patient_of(identity, key)
    made["text"] = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{NUMBER}</div>',
    }
    made["contained"] = []
    numbers = [{"system": one, "value": NUMBER} for one in SYSTEMS]
    local = {"system": "urn:oid:1.2.3.4", "value": f"ipp-{key}"}
    national = numbers if status is not Status.PROV or held else numbers[1:]
    made["identifier"] = [*made.get("identifier", ()), *national, local]
    made.pop("contained")
    return made


FILES = {
    "prov": carried("prov", Status.PROV),
    "recup": carried("recup", Status.RECUP),
    "douteux": carried("douteux", Status.QUAL, Attribute.DOUBTFUL),
    "fictif": carried("fictif", Status.QUAL, Attribute.FICTIVE),
}


@pytest.fixture(scope="module", autouse=True)
async def files(client: httpx.AsyncClient) -> None:
    vali = patient_of(of_status(MORVANDEL, MORVANDEL_INS, Status.VALI), "vali")
    vali["identifier"] = [
        {"system": SYSTEMS[1], "value": NUMBER}, {"system": "urn:oid:1.2.3.4", "value": "ipp-vali"},
    ]  # fmt: skip
    qual = patient_of(of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL), "qual")
    for key, made in (FILES | {"vali": vali, "qual": qual}).items():
        assert (await client.put(f"Patient/{key}", json=made)).status_code == 201
        weight = given.observation(f"Patient/{key}", id=f"w-{key}")
        assert (await client.put(f"Observation/w-{key}", json=weight)).status_code == 201


def patients(body: Any) -> list[Any]:
    """All Patients at any depth."""
    if isinstance(body, list):
        return [one for part in body for one in patients(part)]
    if not isinstance(body, dict):
        return []
    mine = [body] if body.get("resourceType") == "Patient" else []
    return mine + [one for part in body.values() for one in patients(part)]


@pytest.mark.parametrize("key", ["prov", "recup", "vali", "douteux", "fictif"])
@pytest.mark.parametrize("way", WAYS)
async def test_no_other_identity_lets_it_leave(
    client: httpx.AsyncClient, way: str, key: str
) -> None:
    answer = await client.get(way.format(id=key))

    assert answer.status_code == 200, answer.text
    if "_format=xml" in way:
        assert NUMBER not in answer.text
        assert "1.2.250.1.213.1.4" not in answer.text
        return
    for one in patients(answer.json()):
        if one["id"] != "qual":
            text = json.dumps(one)
            assert NUMBER not in text
            assert "1.2.250.1.213.1.4" not in text


async def test_the_four_states_side_by_side(client: httpx.AsyncClient) -> None:
    sent = {
        one: (await client.get(f"Patient/{one}")).json()
        for one in ("prov", "recup", "vali", "qual")
    }

    numbers = {
        key: [one["value"] for one in patient.get("identifier", ())]
        for key, patient in sent.items()
    }
    assert numbers == {
        "prov": ["ipp-prov"], "recup": ["ipp-recup"], "vali": ["ipp-vali"], "qual": [NUMBER],
    }  # fmt: skip
    assert all(one["birthDate"] == "1939-04-12" for one in sent.values())


async def test_transactions_and_writes_answer_without_it(client: httpx.AsyncClient) -> None:
    made = FILES["recup"] | {"id": "again"}
    asked = given.bundle(
        "transaction",
        given.entry("PUT", "Patient/again", made),
        given.entry("GET", "Patient/recup"),
    )
    answers = [
        await client.post("", json=asked, headers={"prefer": "return=representation"}),
        await client.put("Patient/again", json=made),
        await client.post("Patient", json=made),
        await client.post("", json=given.bundle("batch", given.entry("GET", "Patient?_id=recup"))),
    ]

    assert all(one.status_code in {200, 201} for one in answers)
    assert all(NUMBER not in one.text for one in answers)


async def test_a_patch_does_not_lose_what_is_kept(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    patch = [{"op": "replace", "path": "/gender", "value": "male"}]
    headers = {"content-type": "application/json-patch+json"}
    made = FILES["recup"] | {"id": "patched"}
    await client.put("Patient/patched", json=made)
    answer = await client.patch("Patient/patched", content=json.dumps(patch), headers=headers)

    assert NUMBER not in answer.text
    async with platform.parts.database.write.acquire() as connection:
        kept = await Files(platform.parts.kernel).get(connection, "patched")
    assert kept.identity.ins == MORVANDEL_INS


async def test_a_former_version_never_says_it(client: httpx.AsyncClient) -> None:
    made = patient_of(of_status(MORVANDEL, MORVANDEL_INS, Status.QUAL), "fallen")
    await client.put("Patient/fallen", json=made)
    assert NUMBER in (await client.get("Patient/fallen/_history/1")).text
    await client.put("Patient/fallen", json=patient_of(Identity(MORVANDEL), "fallen"))

    for way in ("Patient/fallen/_history", "Patient/fallen/_history/1"):
        assert NUMBER not in (await client.get(way)).text


async def test_the_export_of_the_base(
    client: httpx.AsyncClient, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextlib

    @contextlib.contextmanager
    def place(_: object) -> Any:
        yield platform.parts.place

    monkeypatch.setattr("cordee.app.exporting.database_place", place)
    options = argparse.Namespace(folder=tmp_path)
    await asyncio.to_thread(run, options, platform.parts.settings)

    lines = (tmp_path / "Patient.ndjson").read_text().splitlines()
    exported = {one["id"]: one for one in map(json.loads, lines)}
    assert {"prov", "recup", "vali", "qual"} <= exported.keys()
    bearing = {key for key, one in exported.items() if NUMBER in json.dumps(one)}
    assert bearing == {"qual"}
