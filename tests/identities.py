"""Identities to start a test with, and the people who work on them."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

import given
from cordee.identity.ins.insi.adapter import Endpoint, InsiOverSoap
from cordee.identity.ins.insi.emulator import Emulator
from cordee.identity.ins.insi.requests import Software
from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.proofs import Proof, ProofKind
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.identity.principal import IDENTITY, Principal
from cordee.runtime import clock

HOME = "Organization/home"
DOCTOR = Principal("doctor", "Dr D", "doctor", HOME, "", ("user/*.cruds",))
SOPHIE = Principal("sophie", "Sophie", "secretary", HOME, "", (), functions=frozenset({IDENTITY}))
THOMAS = Principal("thomas", "Thomas", "secretary", HOME, "", (), functions=frozenset({IDENTITY}))
MORVANDEL = StrictTraits(
    "MORVANDEL", "ODETTE", "ODETTE LOUISE MARIE", date(1939, 4, 12), Sex.FEMALE, "70550"
)
MORVANDEL_INS = Ins("239047055000627", Authority.NIR_TEST)
CAZALETTE = StrictTraits("CAZALETTE", "INES", "INES ROSE", date(1993, 7, 8), Sex.FEMALE, "12202")
CAZALETTE_INS = Ins("293071220204485", Authority.NIR_TEST)


def card(by: str = "thomas") -> Proof:
    """An identity card that was seen today."""
    return Proof(ProofKind.IDENTITY_CARD, clock.today(), by)


def of_status(traits: StrictTraits, ins: Ins, status: Status, *held: Attribute) -> Identity:
    """An identity in this status."""
    with_ins = status in (Status.RECUP, Status.QUAL)
    with_proof = status in (Status.VALI, Status.QUAL)
    return Identity(
        traits,
        status,
        attributes=frozenset(held),
        ins=ins if with_ins else None,
        retrieved_on=date(2025, 1, 2) if with_ins else None,
        proof_kind=ProofKind.IDENTITY_CARD if with_proof else None,
        proved_on=date(2025, 1, 2) if with_proof else None,
    )


def patient_of(identity: Identity, key: str, **more: Any) -> given.Resource:
    """The Patient of an identity."""
    return write_identity({"resourceType": "Patient", "id": key} | more, identity)


def insi(emulator: Emulator, **options: Any) -> InsiOverSoap:
    """The teleservice, answered by an emulator without a socket."""
    software = Software("A", "Cordee", "1", "00000000-0000-4000-8000-000000000000")
    transport = httpx.ASGITransport(emulator)
    return InsiOverSoap(Endpoint("http://insi.test/", software, transport=transport, **options))
