"""Who can be asked: the services of the region, those that cover where the person lives first.

The DAC of a person is that of where they live, not that of the hospital. Rules: B4.6, B5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cordee.care.circle.territory import COMMUNE, COUNTY, county_of, reach
from cordee.care.store import Resource
from cordee.care.workflow.tasks import party

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dac-request": ("coordination",),
    "facility-request": ("smr", "had", "ehpad", "repit", "usld"),
    "attending-request": ("cpts",),
    "orientation": ("ssiad", "saad", "etp", "cmp", "social", "pmi", "depistage", "tele-expertise"),
}
"""Codes of `HealthcareService.type` that answer requests of a machine."""
WORKED: Final = (
    *KINDS, "rupture", "decision", "home-care", "handover", "attending-offer", "protocol-step",
    "reconciliation", "remote-session", "campaign-result",
)  # fmt: skip
"""Machines whose Tasks stand in worklists, whether or not people begin them."""

HERE: Final = tuple(one for one in WORKED if one != "home-care")
"""Those of them that stand in the list of who is asked: home services have a page of their own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that can be asked: `owner` answers for it; `is_near` covers the person's home."""

    owner: str
    name: str
    kind: str
    county: str
    phone: str
    is_near: bool
    reach: str = ""
    """`commune` or `département` for a service that covers the home; "" for others."""


def of_residence(found: Sequence[Offer]) -> Offer | None:
    """The service that answers for where a person lives; None where none, or two alike, does."""
    for how in (COMMUNE, COUNTY):
        alike = [one for one in found if one.reach == how]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def criteria(kinds: Sequence[str]) -> str:
    """The search of the services of these kinds with their structures and areas."""
    return (
        f"service-type={','.join(kinds)}&active=true&_count=200"
        "&_include=HealthcareService:organization&_include=HealthcareService:coverage-area"
        "&_include=HealthcareService:location"
    )


def offers(rows: Sequence[Resource], patient: Resource, kinds: Sequence[str]) -> list[Offer]:
    """The services of a search, those near the person first, then by name."""
    known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
    found = [
        _offer(one, known, patient, kinds)
        for one in rows
        if one["resourceType"] == "HealthcareService"
    ]
    order = {COMMUNE: 0, COUNTY: 1}
    return sorted(found, key=lambda one: (order.get(one.reach, 2), one.name))


def _offer(
    service: Resource, known: Mapping[str, Resource], patient: Resource, kinds: Sequence[str]
) -> Offer:
    owner = party(service, "providedBy")
    covered = [
        known[place]
        for area in service.get("coverageArea", ())
        if (place := str(area.get("reference", ""))) in known and known[place].get("address")
    ]
    own = county_of(known.get(owner, {}))
    held = reach(covered, patient)
    if not covered and own and own == county_of(patient):
        held = COUNTY
    codes = [
        str(coding.get("code", ""))
        for one in service.get("type", ())
        for coding in one.get("coding", ())
    ]
    phone = next((str(one.get("value", "")) for one in service.get("telecom", ())), "")
    kind = next((one for one in codes if one in kinds), "")
    return Offer(owner, str(service.get("name", "")), kind, own, phone, bool(held), held)
