"""Whether a person lives in a home: managed by it, or with a stay there that runs. Rule: B7.4."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from cordee.care.homes.stays import OF_HOME, Stay, Stays, stays_of
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied

MOST: Final = 500


async def living_in(store: Store, principal: Principal) -> list[tuple[Resource, Stay | None]]:
    """Who lives, or lived until they died, in the principal's home, with their stay; at most 500.

    A person whose last stay there is over lives there no more, whoever manages their file.
    """
    home = principal.structure
    if not home.startswith("Organization/"):
        return []
    criteria = f"organization={home}&_sort=family&_count={MOST}"
    managed, rows = await asyncio.gather(
        store.search(principal, "Patient", criteria),
        _stays_here(store, principal),
    )
    people = {f"Patient/{one['id']}": one for one in managed}
    people |= {f"Patient/{one['id']}": one for one in rows if one["resourceType"] == "Patient"}
    last: dict[str, Stay] = {}
    for one in stays_of(rows, home):
        last.setdefault(one.patient, one)
    return [(one, last.get(place)) for place, one in people.items() if _lives(place, one, last)]


async def _stays_here(store: Store, principal: Principal) -> list[Resource]:
    """The stays of the principal's home; none for a profession that opens no stay (B7.7)."""
    try:
        criteria = f"service-provider={principal.structure}&{OF_HOME}"
        return await store.search(principal, "Encounter", criteria)
    except AccessDenied:
        return []


async def need_home(
    store: Store, stays: Stays, principal: Principal, patient: str
) -> tuple[Resource, Stay | None]:
    """The person who lives in the principal's home, with their stay.

    Raises `NotFound` for who is not seen, `AccessDenied` for who lives elsewhere.
    """
    person, found = await asyncio.gather(
        store.read(principal, "Patient", patient), stays.of_patient(principal, patient)
    )
    stay = next(iter(found), None)
    if not resides(person, stay, principal.structure):
        raise AccessDenied("Seule la structure où la personne réside écrit ici.")
    return person, stay


def resides(person: Resource, stay: Stay | None, home: str) -> bool:
    """Whether a person lives in a home, given their newest stay there."""
    if not home:
        return False
    return stay.is_open if stay is not None else party(person, "managingOrganization") == home


def _lives(place: str, person: Resource, last: Mapping[str, Stay]) -> bool:
    stay = last.get(place)
    is_dead = bool(person.get("deceasedDateTime") or person.get("deceasedBoolean"))
    return stay is None or stay.is_open or is_dead
