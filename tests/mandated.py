"""Mandates for tests: a patient with one row of each part, and people who act for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

import given
from cordee.access.explaining import Explaining
from cordee.access.facts import Power
from cordee.access.mandates.kinds import Mandate, MandateKind
from cordee.access.mandates.naming import Naming, Offer, acting_as
from cordee.access.mandates.parts import EVERYTHING
from cordee.identity.principal import CARER, PATIENT, Principal
from cordee.runtime.clock import now
from running import Platform

READ: Final = frozenset({Power.READ})
LABELS: Final = {
    "n": "", "r": "R", "v": "V", "masked": "MASQUE_PS", "deferred": "INVISIBLE_PATIENT",
    "secret": "INVISIBLE_REPRESENTANTS_LEGAUX",
}  # fmt: skip
DOCUMENTS: Final = {"visit": "11488-4", "letter": "11490-0", "order": "57833-6", "own": "DOCPAT02"}
_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_SCOPES = ("user/*.cruds",)


def citizen(user: str = "") -> Principal:
    """Somebody with an account of their own, who acts for nobody yet."""
    user = user or f"citizen-{uuid4().hex[:12]}"
    return Principal(
        user, user.title(), CARER, "Organization/mon-espace", f"Person/{user}", _SCOPES, level=2
    )


def self_of(patient: str) -> Principal:
    """The patient, signed in."""
    return Principal(
        f"self-{patient}", "Moi", PATIENT, "Organization/mon-espace", f"Patient/{patient}",
        _SCOPES, level=2,
    )  # fmt: skip


def clerk() -> Principal:
    """Somebody of the identity cell."""
    return Principal(
        "clerk", "Cellule", "cellule", "Organization/cell", "", _SCOPES, level=2,
        functions=frozenset({"identity"}),
    )  # fmt: skip


def naming_of(platform: Platform) -> Naming:
    """The service of mandates of a platform."""
    parts = platform.parts
    explaining = Explaining(parts.database, parts.kernel.keys)
    return Naming(parts.database, explaining, parts.kernel)


def offer(kind: MandateKind = MandateKind.CARER, *parts: str, **more: Any) -> Offer:
    """A mandate to read these parts, all of them where none is named."""
    proof: dict[str, Any] = {}
    if kind not in {MandateKind.CARER, MandateKind.TRUSTED}:
        proof = {"proof": "jugement", "proof_on": now().date()}
    return replace(
        Offer(
            kind, "Camille Proche", "fille", frozenset(parts or {EVERYTHING}), READ,
            now() - timedelta(minutes=1), **proof,
        ),
        **more,
    )  # fmt: skip


async def mandated(
    platform: Platform, patient: str, asked: Offer, who: Principal | None = None
) -> tuple[Principal, Mandate]:
    """Somebody who took such a mandate, as who acts under it."""
    naming, who = naming_of(platform), who or citizen()
    giver = self_of(patient) if not asked.proof else clerk()
    made = await naming.give(giver, patient, asked, now())
    taken = await naming.take(who, made.code, now())
    platform.parts.guard.forget()
    return acting_as(who, taken), taken


async def client_as(platform: Platform, principal: Principal) -> httpx.AsyncClient:
    """A client of /fhir whose token is this person's."""
    return await platform.client(
        " ".join(principal.scopes), user=principal.user, name=principal.name, role=principal.role,
        structure=principal.structure, practitioner=principal.practitioner, level=principal.level,
    )  # fmt: skip


async def make_person(client: httpx.AsyncClient, **more: Any) -> tuple[str, list[str]]:
    """The id of a new patient, and references of rows of every part and label."""
    p = uuid4().hex
    about = {"reference": f"Patient/{p}"}
    made: list[dict[str, Any]] = [given.patient(id=p, **more)]
    for kind, body in _ROWS.items():
        subject = _SUBJECTS.get(kind, "subject")
        made.append({"resourceType": kind, "id": f"{kind.lower()}-{p}", subject: about} | body)
    for key, label in LABELS.items():
        coding = {"system": _SYSTEM, "code": label} if len(label) == 1 else {"code": label}
        meta = {"meta": {"security": [coding]}} if label else {}
        made.append(given.observation(f"Patient/{p}", id=f"{key}-{p}", **meta))
        labelled = {"securityLabel": [{"coding": [coding]}]} if label else {}
        for name, code in DOCUMENTS.items():
            made.append(document(p, f"{name}-{key}-{p}", code) | labelled)
    made.append(document(p, f"unknown-{p}", "00000-0"))
    for one in made:
        answer = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
        assert answer.status_code in {200, 201}, answer.text
    return p, [f"{one['resourceType']}/{one['id']}" for one in made[1:]]


def document(patient: str, key: str, code: str) -> dict[str, Any]:
    """A document of a type."""
    return {
        "resourceType": "DocumentReference", "id": key, "status": "current",
        "subject": {"reference": f"Patient/{patient}"}, "type": {"coding": [{"code": code}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    }  # fmt: skip


_SUBJECTS = {"AllergyIntolerance": "patient", "Immunization": "patient", "Task": "for"}
_CODE = {"text": "Exemple"}
_ROWS: Final[dict[str, dict[str, Any]]] = {
    "Condition": {"code": _CODE},
    "AllergyIntolerance": {"code": _CODE},
    "Encounter": {
        "status": "finished",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER",
        },
    },
    "MedicationRequest": {
        "status": "active", "intent": "order", "medicationCodeableConcept": _CODE,
    },
    "CarePlan": {"status": "active", "intent": "plan"},
    "Communication": {"status": "completed"},
    "Immunization": {
        "status": "completed", "vaccineCode": _CODE, "occurrenceDateTime": "2026-01-01",
    },
    "RiskAssessment": {"status": "final"},
    "Task": {"status": "requested", "intent": "order"},
}  # fmt: skip
