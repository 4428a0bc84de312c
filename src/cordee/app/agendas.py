"""The shared agenda bound to the guarded kernel, and the links that read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cordee.app.store import KernelStore
from cordee.app.subscriptions import GuardedOwners, principal_of
from cordee.care.agenda.desk import AgendaDesk
from cordee.care.agenda.feeds import Feeds
from cordee.fhir.subscriptions.ports import OwnerGone
from cordee.identity.principal import Principal

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


def agenda_desk(parts: Parts) -> AgendaDesk:
    """The agendas of this process."""
    return AgendaDesk(parts.database, KernelStore(parts.kernel, parts.guard))


def agenda_feeds(parts: Parts, desk: AgendaDesk) -> Feeds:
    """The links of this process; who has no account or place any more reads nothing by theirs."""
    owners = GuardedOwners(parts.guard, parts.database)

    async def standing(told: Mapping[str, Any]) -> Principal | None:
        try:
            await owners.scope(told)
        except OwnerGone:
            return None
        return principal_of(told)

    return Feeds(parts.database, desk, standing, _told)


def _told(principal: Principal) -> Mapping[str, Any]:
    return asdict(principal) | {"functions": sorted(principal.functions), "name": ""}
