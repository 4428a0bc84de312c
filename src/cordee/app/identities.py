"""The desk of identities bound to the guard and to the INSi."""

from __future__ import annotations

from cordee.app.wiring import Parts
from cordee.fhir.store.scope import Scope
from cordee.identity.patients.desk import Desk
from cordee.identity.principal import Principal


def identity_desk(parts: Parts) -> Desk:
    """The services of identities of this process."""

    async def scope(principal: Principal) -> Scope:
        return await parts.guard.scope(principal)

    return Desk(parts.kernel, scope, parts.insi, parts.settings.scanner)
