"""The identity traits of one patient for somebody who may know of them; each look is traced."""

from __future__ import annotations

from typing import Any, Final

import orjson

from cordee.access.acting import keep_acting
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.repository import version_of
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")


REVIEWED: Final = "access reviewed"
"""What the trail says of a look of the DPO."""
_SHOWN: Final = "identity shown"


async def identity_of(
    connection: Connection, keys: KeyMaker, principal: Principal, patient: str, why: str = _SHOWN
) -> dict[str, Any] | None:
    """The Patient (bare id) as JSON, None where there is none; who asks has decided before."""
    acting = await keep_acting(connection, keys, principal)
    row = await connection.fetchrow(
        _QUERIES["traits"], patient, principal.user, keys(f"Patient/{patient}"), acting, why
    )
    return orjson.loads(version_of("Patient", row["id"], row).json()) if row else None
