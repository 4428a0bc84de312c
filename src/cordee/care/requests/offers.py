"""Who can be asked: the services of the region, those that cover where the person lives first.

The DAC of a person is that of where they live, not that of the hospital. Rules: B4.6, B5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cordee.care.circle.territory import county_of
from cordee.care.store import Resource
from cordee.care.workflow.tasks import party

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dac-request": ("coordination",),
    "facility-request": ("smr", "had", "ehpad", "repit", "usld"),
}
"""Codes of `HealthcareService.type` that answer requests of a machine."""
WORKED: Final = (*KINDS, "rupture")
"""Machines whose Tasks stand in worklists, whether or not people begin them."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that can be asked: `owner` answers for it; `is_near` covers the person's home."""

    owner: str
    name: str
    kind: str
    county: str
    phone: str
    is_near: bool


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
    home = county_of(patient)
    found = [
        _offer(one, known, home, kinds)
        for one in rows
        if one["resourceType"] == "HealthcareService"
    ]
    return sorted(found, key=lambda one: (not one.is_near, one.name))


def _offer(
    service: Resource, known: Mapping[str, Resource], home: str, kinds: Sequence[str]
) -> Offer:
    owner = party(service, "providedBy")
    covered = [
        county_of({"address": [known[place]["address"]]})
        for area in service.get("coverageArea", ())
        if (place := str(area.get("reference", ""))) in known and known[place].get("address")
    ]
    own = county_of(known.get(owner, {}))
    codes = [
        str(coding.get("code", ""))
        for one in service.get("type", ())
        for coding in one.get("coding", ())
    ]
    phone = next((str(one.get("value", "")) for one in service.get("telecom", ())), "")
    kind = next((one for one in codes if one in kinds), "")
    near = bool(home) and home in (covered or [own])
    return Offer(owner, str(service.get("name", "")), kind, own, phone, near)
