"""Of which CPTS somebody is a member, and who the members of one are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cordee.care.caseload.desk import person_name
from cordee.care.store import Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied


@dataclass(frozen=True, slots=True)
class Belonging:
    """A CPTS that somebody belongs to; `runs` for who works for it (its coordination)."""

    structure: str
    name: str
    runs: bool

    @property
    def key(self) -> str:
        """The id of its structure."""
        return self.structure.removeprefix("Organization/")


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the directory knows them; `cares` where a role has a number of TRE_G15."""

    reference: str
    name: str
    profession: str
    cares: bool


class Membership:
    """Who belongs to the CPTS of one installation, as the directory says."""

    def __init__(self, store: Store) -> None:
        """`store` reads the directory through the guard."""
        self._store = store

    async def of(self, principal: Principal) -> list[Belonging]:
        """The CPTS that somebody works for or is a member of, the one they work for first."""
        structures = [principal.structure] if principal.structure else []
        if principal.practitioner.startswith("Practitioner/"):
            query = f"practitioner={principal.practitioner}&active=true&_count=50"
            rows = await self._store.search(principal, "PractitionerRole", query)
            structures += [party(one, "organization") for one in rows]
        wanted = ",".join(one for one in dict.fromkeys(structures) if one)
        if not wanted:
            return []
        query = f"service-type=cpts&active=true&_sort=name&_count=50&organization={wanted}"
        found = [
            Belonging(place, str(one.get("name", "")), place == principal.structure)
            for one in await self._store.search(principal, "HealthcareService", query)
            if (place := party(one, "providedBy"))
        ]
        return sorted(found, key=lambda one: not one.runs)

    async def need(self, principal: Principal, structure: str) -> Belonging:
        """How somebody belongs to one CPTS; raises `AccessDenied` where they do not."""
        for one in await self.of(principal):
            if one.structure == structure:
                return one
        raise AccessDenied("this is for the members of the CPTS")

    async def members(self, principal: Principal, structure: str) -> Mapping[str, Member]:
        """The members of a CPTS by reference, in the order of their names; at most 200."""
        query = (
            f"organization={structure}&active=true&_count=200"
            "&_include=PractitionerRole:practitioner"
        )
        rows = await self._store.search(principal, "PractitionerRole", query)
        names = {
            f"Practitioner/{one['id']}": person_name(one)
            for one in rows
            if one["resourceType"] == "Practitioner"
        }
        found: dict[str, Member] = {}
        for one in rows:
            who = party(one, "practitioner") if one["resourceType"] == "PractitionerRole" else ""
            if who not in names:
                continue
            codings = [c for concept in one.get("code", ()) for c in concept.get("coding", ())]
            label = next((str(c["display"]) for c in codings if c.get("display")), "")
            known = found.get(who, Member(who, names[who], label, cares=False))
            cares = known.cares or any(str(c.get("code", "")).isdigit() for c in codings)
            found[who] = replace(known, cares=cares)
        return dict(sorted(found.items(), key=lambda pair: pair[1].name.casefold()))
