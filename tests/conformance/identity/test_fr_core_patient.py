"""Written identities against FR Core 2.2.0 and R4, and the people of the demo region."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

import orjson
import pytest

from cordee.app.region.generator import region_resources
from cordee.care.record.traits import read_traits as read_for_the_screen
from cordee.fhir.path.compiler import compile_path
from cordee.fhir.validation.validate import validate
from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.outgoing import outgoing
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.proofs import Proof, ProofKind
from cordee.identity.ins.statuses import (
    Attribute,
    Identity,
    Retrieval,
    Status,
    with_attribute,
    with_proof,
    with_retrieval,
)
from cordee.identity.ins.traits import Sex, StrictTraits
from shared_data import shared

TODAY = date(2026, 11, 22)
TRAITS = StrictTraits(
    "MORVANDEL", "ODETTE", "ODETTE LOUISE", date(1939, 4, 12), Sex.FEMALE, "70550"
)
ANSWER = Retrieval(
    Ins("279035121518989", Authority.NIR_TEST),
    TRAITS,
    TODAY,
    former=(Ins("277076322082910", Authority.NIR_TEST),),
)
PROV = Identity(TRAITS)
RECUP = with_retrieval(PROV, ANSWER)
PROOF = Proof(ProofKind.PASSPORT, TODAY, "Practitioner/1")
STATES = {
    "PROV": PROV,
    "RECUP": RECUP,
    "VALI": with_proof(PROV, PROOF, today=TODAY),
    "QUAL": with_proof(RECUP, PROOF, today=TODAY),
    "homonyme": with_attribute(with_proof(RECUP, PROOF, today=TODAY), Attribute.HOMONYM),
    "douteux": with_attribute(RECUP, Attribute.DOUBTFUL),
    "fictif": with_attribute(PROV, Attribute.FICTIVE),
}
EMPTY = {"resourceType": "Patient", "identifier": [{"system": "urn:local", "value": "IPP-1"}]}


@cache
def profile() -> dict[str, Any]:
    path = shared("specs/ig/fr-core/StructureDefinition-fr-core-patient-ins.json")
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("identity", STATES.values(), ids=list(STATES))
def test_written_patient_is_valid_r4(identity: Identity) -> None:
    for patient in (write_identity(EMPTY, identity), outgoing(write_identity(EMPTY, identity))):
        assert [one for one in validate(patient) if one.severity == "error"] == []


@pytest.mark.requirement("A1.5")
@pytest.mark.parametrize("key", ["fr-core-1", "fr-core-2", "fr-core-3"])
@pytest.mark.parametrize("name", ["QUAL", "homonyme"])
def test_qualified_patient_keeps_the_invariants_of_the_profile(key: str, name: str) -> None:
    root = profile()["differential"]["element"][0]
    rule = next(one["expression"] for one in root["constraint"] if one["key"] == key)
    patient = write_identity(EMPTY, STATES[name])

    assert compile_path(rule)(patient) == [True]


def test_qualified_patient_has_every_element_that_the_profile_requires() -> None:
    patient = write_identity(EMPTY, STATES["QUAL"])
    required = [
        one["id"].removeprefix("Patient.")
        for one in profile()["differential"]["element"]
        if one.get("min") == 1 and one["id"].count(".") == 1 and ":" not in one["id"]
    ]

    assert required == ["extension", "identifier", "name", "gender", "birthDate"]
    assert set(required) <= patient.keys()
    official = next(one for one in patient["name"] if one["use"] == "official")
    assert len(official["given"]) == 1 and official["extension"][0]["valueString"]


@cache
def region() -> tuple[dict[str, Any], ...]:
    resources = (orjson.loads(body) for body in region_resources(7, 400, today=TODAY))
    return tuple(one for one in resources if one["resourceType"] == "Patient")


def test_the_screen_and_the_identity_read_the_same_status() -> None:
    words = {
        Status.PROV: "provisoire",
        Status.RECUP: "recuperee",
        Status.VALI: "validee",
        Status.QUAL: "qualifiee",
    }
    statuses = [read_identity(patient).status for patient in region()]

    assert set(statuses) == set(Status)
    assert [words[one] for one in statuses] == [
        read_for_the_screen(patient).status.value for patient in region()
    ]


@pytest.mark.requirement("A1.5")
def test_the_region_leaves_with_the_matricules_of_qualified_people_only() -> None:
    for patient in region():
        identity = read_identity(patient)
        text = json.dumps(outgoing(patient))

        assert ("1.2.250.1.213.1.4" in text) == (identity.status is Status.QUAL)
        assert identity.traits.is_complete
        assert read_identity(write_identity(patient, identity)) == identity
