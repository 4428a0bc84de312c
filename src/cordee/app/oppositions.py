"""Whom a person keeps out, for doors that stand beside the circle."""

from __future__ import annotations

from typing import Final

from cordee.access.registers.statements import EVERYBODY
from cordee.fhir.indexing.landmarks import CIRCLE, TEAM
from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

_LIMITED: Final = -1
"""In `closed_circle`: a record whose processing is limited."""
_CLOSED: Final = """
SELECT DISTINCT pat FROM closed_circle WHERE pat = ANY ($1::int8[]) AND actor = ANY ($2::int8[])
"""


async def open_to(
    database: Database, kernel: Kernel, principal: Principal, patients: set[str]
) -> set[str]:
    """Of these patients (references) those who keep neither everybody nor this person out."""
    keys = kernel.keys
    names = [one for one in (principal.practitioner, principal.structure) if one]
    kept_out = [
        EVERYBODY, _LIMITED, *(keys(part + one) for part in ("", TEAM, CIRCLE) for one in names)
    ]  # fmt: skip
    by_key = {keys(one): one for one in patients}
    async with database.write.acquire() as connection:
        rows = await connection.fetch(_CLOSED, list(by_key), kept_out)
    return patients - {by_key[row["pat"]] for row in rows}
