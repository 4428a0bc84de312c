"""The roles under which the directory knows a professional: each may be named in a circle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.partitions import table
from cordee.runtime.database import Connection

_ROLES: Final = (
    f"SELECT r.id FROM {table('PractitionerRole')} r WHERE r.lab < 16384"  # noqa: S608 -- ours
    f" AND r.type = {type_number('PractitionerRole')} AND r.idx @> ARRAY[$1::int8]"
)


async def roles_of(
    connection: Connection, keys: Callable[[str], int], practitioner: str
) -> list[str]:
    """References of the PractitionerRoles of a Practitioner; [] for any other reference."""
    if not practitioner.startswith("Practitioner/"):
        return []
    rows = await connection.fetch(
        _ROLES, keys(practitioner) ^ keys("PractitionerRole.practitioner")
    )
    return [f"PractitionerRole/{row['id']}" for row in rows]
