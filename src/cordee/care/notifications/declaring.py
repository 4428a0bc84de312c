"""An event declared by another system: CommunicationRequest, flow 3 of the national guide.

It is the same event whenever type, patient, moment and requester are: sent twice, it is told once.
The patient is found by their matricule, never by the id of the contained resource. Rule: guide
Notification d'évènements 3.0.0 (flow 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cordee.care.documents.tile import moment_of
from cordee.care.notifications.deriving import NEWS, Written
from cordee.care.notifications.kinds import KINDS, LOCAL, NATIONAL
from cordee.care.notifications.outbox import Event

Resource = Mapping[str, Any]
GUIDE: Final = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
INS_SYSTEMS: Final = frozenset(f"urn:oid:1.2.250.1.213.1.4.{n}" for n in (8, 9, 10))
_BY_NATIONAL: Final = {
    "ADM": "admission",
    "SOR": "discharge",
    "DOC": "document",
    "NOT": "liaison-note",
}
_LIVING: Final = frozenset({"active", "completed"})


def is_declared(resource: Resource | None) -> bool:
    """Whether a CommunicationRequest declares an event, and is no order to notify (flow 4)."""
    return (
        resource is not None
        and resource.get("resourceType") == "CommunicationRequest"
        and resource.get("status") in _LIVING
        and not resource.get("basedOn")
        and _extension(resource, "event-type") is not None
    )


def matricule_of(resource: Resource) -> str:
    """The INS of whom it is about, as written; "" where it carries none."""
    for one in _pointed(resource, resource.get("subject")).get("identifier") or ():
        if one.get("system") in INS_SYSTEMS and one.get("value"):
            return str(one["value"])
    return ""


def declared(written: Written, patient: str, keys: Callable[[str], int]) -> Event | None:
    """The event that a resource declares of a patient of ours; None for what is none, or too old.

    `keys` hashes who declares it, so that no number of theirs lies in the outbox.
    """
    resource = written.now
    if resource is None or not patient:
        return None
    kind = _kind(resource)
    stamp = (_extension(resource, "event-time") or {}).get("valueDateTime")
    at = moment_of(stamp)
    if not kind or at is None or at < written.at - NEWS:
        return None
    requester = _requester(resource)
    source = f"nde/{kind}/{patient}/{at.isoformat()}/{keys(f'requester {requester}')}"
    place = str((resource.get("requester") or {}).get("reference", ""))
    return Event(
        kind, at, source, patient, written=written.at,
        place=place if place.startswith("Organization/") else "",
        # Its resource names the patient inside of itself alone: the record is what opens.
        detail={"declared": written.reference},
    )  # fmt: skip


def _kind(resource: Resource) -> str:
    concept = (_extension(resource, "event-type") or {}).get("valueCodeableConcept") or {}
    codings = concept.get("coding") or ()
    local = [one.get("code") for one in codings if one.get("system") == LOCAL]
    own = next((one for one in local if one in KINDS), "")
    national = [one.get("code") for one in codings if one.get("system") == NATIONAL]
    return own or next((_BY_NATIONAL[one] for one in national if one in _BY_NATIONAL), "")


def _requester(resource: Resource) -> str:
    """Who declares it, the same each time: their number, else their reference or their name."""
    pointed = _pointed(resource, resource.get("requester"))
    numbers = sorted(
        f"{one.get('system', '')}|{one['value']}"
        for one in pointed.get("identifier") or ()
        if one.get("value")
    )
    reference = str((resource.get("requester") or {}).get("reference", ""))
    outside = "" if reference.startswith("#") else reference
    return next(iter(numbers), "") or outside or str(pointed.get("name", ""))


def _pointed(resource: Resource, reference: Any) -> Resource:
    """What a reference points to inside of the resource, else the reference as an identifier."""
    target = str((reference or {}).get("reference", ""))
    for one in resource.get("contained") or ():
        if target == f"#{one.get('id')}":
            return one
    number = (reference or {}).get("identifier")
    return {"identifier": [number]} if number else {}


def _extension(resource: Resource, name: str) -> Mapping[str, Any] | None:
    wanted = GUIDE + name
    return next((one for one in resource.get("extension") or () if one.get("url") == wanted), None)
