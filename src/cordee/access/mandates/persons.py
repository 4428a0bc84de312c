"""The RelatedPerson that stands in the record for whoever holds a mandate.

It says who is around the patient and since when; what they may see is the register's word alone.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from cordee.access.mandates import register
from cordee.access.mandates.kinds import Mandate, MandateKind
from cordee.access.mandates.register import By
from cordee.fhir.interactions.drafting import prepare
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import ABSENT, Method
from cordee.fhir.store.scope import Trace
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection

_ROLES: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
LABELS: Final = {
    MandateKind.CARER: "Aidant",
    MandateKind.TRUSTED: "Personne de confiance",
    MandateKind.PARENT: "Titulaire de l’autorité parentale",
    MandateKind.GUARDIAN: "Tuteur",
    MandateKind.CURATOR: "Curateur",
    MandateKind.PROTECTION: "Mandataire de protection future",
    MandateKind.FAMILY: "Personne habilitée par le juge (habilitation familiale)",
}
_CODES: Final = {
    MandateKind.PARENT: ("PRN", "parent"),
    MandateKind.GUARDIAN: ("GUARD", "guardian"),
}


async def write_related(kernel: Kernel, connection: Connection, mandate: Mandate, by: By) -> None:
    """Writes the RelatedPerson as the mandate says it, in the transaction of the connection."""
    known = await register.related_person(connection, mandate)
    body = (known[0] if known else {}) | related_of(mandate)
    if known:  # it stays in the file that it followed into
        body["patient"] = known[0]["patient"]
    method, expected = (Method.PUT, known[1]) if known else (Method.POST, ABSENT)
    draft = prepare(
        kernel, orjson.dumps(body), "RelatedPerson", mandate.related, method=method,
        expected=expected,
    ).draft  # fmt: skip
    verb = "ended" if mandate.ended else "changed" if known else "named"
    trace = Trace(
        by.agent, "U" if known else "C", type_number("RelatedPerson"),
        (kernel.keys(f"Patient/{mandate.patient}"),), f"mandate {verb} {mandate.id}", by.acting,
    )  # fmt: skip
    await kernel.repository.write([draft], traces=[trace], connection=connection)
    kernel.publisher.wake()


def related_of(mandate: Mandate) -> dict[str, Any]:
    """The elements of the RelatedPerson that a mandate says."""
    code = _CODES.get(mandate.kind)
    coding = [{"system": _ROLES, "code": code[0], "display": code[1]}] if code else []
    role: dict[str, Any] = {"text": LABELS[mandate.kind]}
    bond = [{"text": mandate.bond}] if mandate.bond else []
    period = {"start": _day(mandate.starts)}
    over = [one for one in (mandate.ended, mandate.ends) if one is not None]
    if over:
        period["end"] = max(_day(min(over)), period["start"])
    return {
        "resourceType": "RelatedPerson",
        "id": mandate.related,
        "active": mandate.ended is None,
        "patient": {"reference": f"Patient/{mandate.patient}"},
        "relationship": [role | ({"coding": coding} if coding else {}), *bond],
        "name": [{"text": mandate.name}],
        "period": period,
    }


def _day(moment: Any) -> str:
    return moment.astimezone(PARIS).date().isoformat()
