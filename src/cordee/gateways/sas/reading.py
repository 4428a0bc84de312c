"""What a vendor answers on the SAS guide, as slots of one form: individual, CPTS, SOS Médecins.

Rule: SAS 1.2.0 (FrSlotAgregateur, sas-cpts-slot-aggregator, sas-sos-slot-aggregator).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.runtime.errors import InvalidRequest

Json = Mapping[str, Any]
IDNPS: Final = "urn:oid:1.2.250.1.71.4.2.1"
_ACTS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_KINDS: Final = frozenset({"PUBLIC", "PRO", "SNP", "CPTS"})
_MOST_ENTRIES: Final = 5000


@dataclass(frozen=True, slots=True)
class Offered:
    """One free slot of a vendor. `place` is its address as told; `url` where it is booked there."""

    vendor: str
    id: str
    start: datetime
    end: datetime
    kinds: frozenset[str]
    consultations: frozenset[str]
    specialties: frozenset[str]
    number: str
    name: str
    structure: str
    phone: str
    address: str
    postal_code: str
    city: str
    url: str


def offered(vendor: str, bundle: Json, start: datetime, end: datetime) -> tuple[Offered, ...]:
    """The free slots of a searchset that begin in the window; raises `InvalidRequest` for no set.

    A slot that misses what its profile asks for, or says to be busy, is left out.
    """
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "searchset":
        raise InvalidRequest("the vendor answered something else than a searchset")
    held = [one.get("resource") or {} for one in (bundle.get("entry") or ())[:_MOST_ENTRIES]]
    known = {f"{one.get('resourceType')}/{one.get('id')}": one for one in held}
    slots = (one for one in held if one.get("resourceType") == "Slot")
    found = (_one(vendor, slot, known) for slot in slots)
    return tuple(one for one in found if one is not None and start <= one.start <= end)


def _one(vendor: str, slot: Json, known: Mapping[str, Json]) -> Offered | None:
    try:
        begins = datetime.fromisoformat(str(slot["start"]))
        ends = datetime.fromisoformat(str(slot["end"]))
        schedule = known[_local(slot["schedule"])]
    except (KeyError, ValueError, TypeError):
        return None
    kinds = {str(one.get("code")) for one in (slot.get("meta") or {}).get("security", ())} & _KINDS
    if slot.get("status") != "free" or not kinds or begins.tzinfo is None or ends <= begins:
        return None
    actors = {
        _local(one).partition("/")[0]: known.get(_local(one), {}) for one in schedule["actor"]
    }
    practitioner, role = actors.get("Practitioner", {}), actors.get("PractitionerRole", {})
    place = actors.get("Location") or next(iter(_contained(role)), {})
    structure = known.get(_local(place.get("managingOrganization", {})), {})
    service = _service(slot, known)
    address = place.get("address") or {}
    return Offered(
        vendor=vendor, id=str(slot.get("id", "")), start=begins, end=ends, kinds=frozenset(kinds),
        consultations=frozenset(_codes(slot.get("serviceType", ()), _ACTS)),
        specialties=frozenset(_codes(slot.get("specialty", ()))),
        number=_number(practitioner),
        name=_name(practitioner) or str(structure.get("name") or place.get("name") or ""),
        structure=_identifier(structure) or _identifier(role.get("organization") or {})
        or str(service.get("name", "")),
        phone=_phone(role) or _phone(practitioner) or _phone(place),
        address=", ".join(str(one) for one in address.get("line", ())),
        postal_code=str(address.get("postalCode", "")), city=str(address.get("city", "")),
        url=str(slot.get("comment", "")),
    )  # fmt: skip


def _service(slot: Json, known: Mapping[str, Json]) -> Json:
    """The service of a CPTS, that the slot refers to by the extension of R5."""
    for concept in slot.get("serviceType", ()):
        for extension in concept.get("extension", ()):
            found = known.get(_local(extension.get("valueReference") or {}))
            if found:
                return found
    return {}


def _contained(role: Json) -> Iterator[Json]:
    return (one for one in role.get("contained", ()) if one.get("resourceType") == "Location")


def _codes(concepts: Iterable[Json], system: str = "") -> set[str]:
    return {
        str(coding.get("code"))
        for concept in concepts
        for coding in concept.get("coding", ())
        if coding.get("code") and (not system or coding.get("system") == system)
    }


def _number(practitioner: Json) -> str:
    held = practitioner.get("identifier", ())
    return next((str(one.get("value")) for one in held if one.get("system") == IDNPS), "")


def _identifier(held: Json) -> str:
    found = held.get("identifier") or ()
    first = found if isinstance(found, Mapping) else next(iter(found), {})
    return str(first.get("value", ""))


def _name(practitioner: Json) -> str:
    name = next(iter(practitioner.get("name", ())), {})
    return " ".join((*name.get("given", ()), name.get("family", ""))).strip()


def _phone(held: Json) -> str:
    points = held.get("telecom", ())
    return next((str(one.get("value")) for one in points if one.get("system") == "phone"), "")


def _local(reference: Json) -> str:
    """The type and id of a reference, whatever stands before."""
    return "/".join(str(reference.get("reference", "")).split("/")[-2:])
