from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.outgoing import outgoing
from cordee.identity.ins.patient_reading import read_identity, read_traits
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
from cordee.identity.ins.vocabulary import PATIENT, PATIENT_INS, RELIABILITY
from shared_data import shared

TODAY = date(2026, 11, 22)
MATRICULE = "279035121518989"
TRAITS = StrictTraits(
    "MORVANDEL", "ODETTE", "ODETTE LOUISE", date(1939, 4, 12), Sex.FEMALE, "70550"
)
ANSWER = Retrieval(Ins(MATRICULE, Authority.NIR_TEST), TRAITS, TODAY)
PROOF = Proof(ProofKind.PASSPORT, TODAY, "Practitioner/1")
PROV = Identity(TRAITS)
RECUP = with_retrieval(PROV, ANSWER)
VALI = with_proof(PROV, PROOF, today=TODAY)
QUAL = with_proof(RECUP, PROOF, today=TODAY)
FOUR = {"PROV": PROV, "RECUP": RECUP, "VALI": VALI, "QUAL": QUAL}
FILE: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"use": "usual", "system": "urn:local", "value": "IPP-1"},
        {"use": "official", "system": "urn:local:other", "value": "X"},
        {"system": "urn:oid:1.2.250.1.213.1.4.13", "value": MATRICULE},
    ],
    "name": [
        {"use": "official", "family": "Morvandel", "given": ["Odette"]},
        {"use": "usual", "family": "Sarrazin", "given": ["Odette"]},
    ],
    "text": {"status": "generated", "div": f"<div>{MATRICULE}</div>"},
    "link": [
        {"type": "seealso", "other": {"identifier": {"system": ANSWER.ins.authority.uri,
                                                     "value": MATRICULE}}},
        {"type": "seealso", "other": {"reference": "Patient/p2"}},
    ],
    "extension": [{"url": "urn:kept", "valueBoolean": True}],
}  # fmt: skip


@pytest.mark.parametrize("identity", FOUR.values(), ids=list(FOUR))
@pytest.mark.parametrize(
    "attributes", [frozenset[Attribute](), frozenset({Attribute.HOMONYM})], ids=["", "homonyme"]
)
def test_written_identity_is_read_back(identity: Identity, attributes: frozenset) -> None:
    whole = replace(identity, attributes=attributes)

    assert read_identity(write_identity(FILE, whole)) == whole


def test_attributes_and_lunar_dates_are_read_back() -> None:
    traits = replace(TRAITS, birth_date=date(1948, 12, 31), lunar_date="1948-00-00")
    identity = with_attribute(Identity(traits), Attribute.FICTIVE)

    assert read_identity(write_identity(FILE, identity)) == identity


def test_writing_keeps_what_is_not_identity_and_does_not_touch_the_file() -> None:
    before = json.dumps(FILE)

    written = write_identity(FILE, QUAL)

    assert json.dumps(FILE) == before
    assert written["extension"][0] == {"url": "urn:kept", "valueBoolean": True}
    assert written["name"][1] == FILE["name"][1]
    assert {"use": "usual", "system": "urn:local", "value": "IPP-1"} in written["identifier"]
    assert write_identity(written, QUAL) == written


def test_qualified_patient_follows_the_invariants_of_the_profile() -> None:
    written = write_identity(FILE, QUAL)
    official = [one for one in written["identifier"] if one.get("use") == "official"]

    assert written["meta"]["profile"] == [PATIENT_INS]
    assert [one["value"] for one in official] == [MATRICULE]  # fr-core-1 and 2
    assert official[0]["type"]["coding"][0]["code"] == "INS-NIR-TEST"
    assert write_identity(FILE, VALI)["meta"]["profile"] == [PATIENT]


def test_mode_that_the_ins_profile_does_not_know_is_left_out_of_a_qualified_patient() -> None:
    permit = replace(QUAL, proof_kind=ProofKind.RESIDENCE_PERMIT)
    written = write_identity(FILE, permit)

    parts = [part["url"] for one in written["extension"] if one["url"] == RELIABILITY
             for part in one["extension"]]  # fmt: skip
    assert "validationMode" not in parts and "validationDate" in parts


def test_fall_takes_the_ins_out_of_the_file() -> None:
    written = write_identity(write_identity(FILE, QUAL), PROV)

    assert Authority.NIR_TEST.uri not in json.dumps(written["identifier"])
    assert read_identity(written) == PROV


def test_maiden_names_and_unusual_files_are_read() -> None:
    file = {
        "name": [
            {"use": "official", "family": "Sarrazin", "given": ["Odette", "Louise"]},
            {"use": "maiden", "family": "Morvandel"},
        ],
        "birthDate": "1939-04",
        "gender": "other",
    }

    traits = read_traits(file)

    assert (traits.birth_name, traits.birth_given_names) == ("MORVANDEL", "ODETTE LOUISE")
    assert (traits.birth_date, traits.sex) == (None, Sex.UNKNOWN)
    assert read_identity({}).status is Status.PROV


def test_matricule_with_a_wrong_key_gives_no_trust() -> None:
    archive = shared("data/09-fr-core/fr-core-2.2.0-examples.json.zip")
    with zipfile.ZipFile(archive) as held:
        example = json.loads(held.read("Patient-FRCorePatientExample.json"))

    identity = read_identity(example)

    assert example["identifier"][0]["value"] == "123456789012244"
    assert identity.status is Status.VALI and identity.ins is None
    assert identity.traits.birth_place == "01006"
    assert "identifier" not in outgoing(example)


@pytest.mark.requirement("A1.5")
def test_one_patient_in_four_states_leaves_with_its_matricule_only_when_qualified() -> None:
    sent = {name: outgoing(write_identity(FILE, identity)) for name, identity in FOUR.items()}

    assert [name for name, one in sent.items() if MATRICULE in json.dumps(one)] == ["QUAL"]
    assert [name for name, one in sent.items() if "213.1.4" in json.dumps(one)] == ["QUAL"]
    for name in ("PROV", "RECUP", "VALI"):
        assert {"use": "usual", "system": "urn:local", "value": "IPP-1"} in sent[name]["identifier"]
        assert sent[name]["name"] == write_identity(FILE, QUAL)["name"]
        assert sent[name]["link"] == [FILE["link"][1]]
        assert sent[name]["meta"]["profile"] == [PATIENT]
    assert sent["QUAL"] == write_identity(FILE, QUAL)


@pytest.mark.requirement("A1.4")
@pytest.mark.parametrize("code", ["DOUT", "FICT"])
def test_doubtful_and_fictive_files_leave_without_matricule_whatever_they_hold(code: str) -> None:
    file = write_identity(FILE, QUAL)
    file["extension"].append(
        {"url": RELIABILITY,
         "extension": [{"url": "identityStatus", "valueCoding": {"code": code}}]}
    )  # fmt: skip

    sent = outgoing(file)

    assert read_identity(file).status is Status.PROV
    assert MATRICULE not in json.dumps(sent) and "213.1.4" not in json.dumps(sent)
