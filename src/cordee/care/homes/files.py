"""The file of a resident in their home (DUI): what of it the record does not read already. B7.1."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from cordee.care.homes.events import KIND as EVENT
from cordee.care.homes.project import Project, projects_of
from cordee.care.homes.projects import WITH
from cordee.care.homes.stays import Stay, read_stay
from cordee.care.homes.transmissions import Transmission, Transmissions
from cordee.care.plans.acts import CATEGORY, CODE, Act, read_act
from cordee.care.record.ports import RecordRows
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal

SHOWN: Final = 8
_ACTS: Final = f"category={CATEGORY}|{CODE}&status=active&_count=100"
_FORMS: Final = "_sort=-authored&_count=10"


@dataclass(frozen=True, slots=True)
class ResidentFile:
    """What stands beside the record: the newest first, each bounded."""

    projects: list[Project]
    transmissions: list[Transmission]
    acts: list[Act]
    evaluations: list[Resource]


class ResidentFiles:
    """The files of residents of one installation."""

    def __init__(self, store: Store, transmissions: Transmissions) -> None:
        """`store` reads through the guard."""
        self._store = store
        self._transmissions = transmissions

    async def of(self, principal: Principal, patient: str) -> ResidentFile:
        """What a file shows beside the record, read at the same time in one turn."""
        about = f"Patient/{patient}"
        plans, told, acts, forms = await asyncio.gather(
            self._store.search(principal, "CarePlan", f"subject={about}&{WITH}"),
            self._transmissions.of_patient(principal, patient, 40),
            self._store.search(principal, "ServiceRequest", f"subject={about}&{_ACTS}"),
            self._store.search(principal, "QuestionnaireResponse", f"patient={about}&{_FORMS}"),
        )
        return ResidentFile(projects_of(plans), told, [read_act(one) for one in acts], forms)


def stays_and_events(rows: RecordRows) -> tuple[list[Stay], list[Resource]]:
    """The stays and the events of a resident among the Encounters of a record, the newest first."""
    stays = [read_stay(one) for one in rows.encounters]
    events = [one for one in rows.encounters if _is_event(one)]
    events.sort(key=lambda one: str((one.get("period") or {}).get("start", "")), reverse=True)
    found = [one for one in stays if one.kind]
    return sorted(found, key=lambda one: (one.is_open, one.start), reverse=True), events


def _is_event(one: Resource) -> bool:
    codings = [c for part in one.get("type", ()) for c in part.get("coding", ())]
    return any(c.get("system") == EVENT for c in codings)
