"""A planner opens with each stay in hospital, whoever writes it, once; and follows its end.

A reader of the journal hands over what was written. Requirement B5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.care.discharges.trying import attempt
from cordee.care.passages.arrivals import Stay, read_stay
from cordee.care.ruptures.rules import moment_of
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.checklists import still_open
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    machine_of,
    moved_task,
    new_task,
    party,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import Deleted, NotFound

MACHINE: Final = "discharge"
_CLASSES: Final = frozenset({"IMP", "ACUTE", "NONAC"})
_HERE: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_NOT: Final = frozenset({"cancelled", "entered-in-error"})
_BEFORE: Final = frozenset({"opened", "prepared", "ready"})
_LONGEST: Final = timedelta(days=120)
"""A stay that began before and is not over is history that comes in."""
_FINESS: Final = ("FINEG", "FINEJ")


class Admissions:
    """Opens planners and ends them, in the name of the platform."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself."""
        self._store = store
        self._principal = principal
        self._forms = Forms(database)

    async def hear(self, encounters: Sequence[Resource]) -> None:
        """Takes in what was written of stays; one that is odd stops no other."""
        for one in encounters:
            stay = read_stay(one)
            if stay is None or _code(one) not in _CLASSES or party(one, "partOf"):
                continue
            await attempt(partial(self._heard, one, stay), "stay")

    async def _heard(self, encounter: Resource, stay: Stay) -> None:
        planner = await self._planner(stay)
        if planner is None and stay.status in _HERE and _is_recent(stay, clock.now()):
            await self._open(encounter, stay)
        elif planner is not None and state_of(planner) in _BEFORE:
            await self._follow(planner, stay)

    async def _planner(self, stay: Stay) -> Resource | None:
        criteria = f"encounter={stay.reference}&code={MACHINES}|{MACHINE}&_count=1"
        found = await self._store.search(self._principal, "Task", criteria)
        return next(iter(found), None)

    async def _open(self, encounter: Resource, stay: Stay) -> None:
        asked = Asked(
            MACHINE, stay.patient, stay.provider, await self._hospital(stay.provider),
            focus=stay.reference, encounter=stay.reference, text=_motive(encounter),
        )  # fmt: skip
        writes = [Write(new_task(asked, clock.now()))]

        async def write(also: Also) -> str:
            return (await self._store.write(self._principal, writes, also))[0].id

        await self._forms.once(str(uuid5(NAMESPACE_URL, f"discharge/{stay.reference}")), write)

    async def _hospital(self, provider: str) -> str:
        """The establishment that a ward is of: the first above with a FINESS number."""
        here = provider
        for _ in range(3):
            if not here.startswith("Organization/"):
                return provider
            try:
                place = await self._store.read(
                    self._principal, "Organization", here.removeprefix("Organization/")
                )
            except (NotFound, Deleted):
                return provider
            above = party(place, "partOf")
            if _has_finess(place) or not above:
                return here
            here = above
        return provider

    async def _follow(self, planner: Resource, stay: Stay) -> None:
        wanted = _ending(planner, stay)
        if wanted is not None:
            moved = moved_task(planner, machines()[MACHINE], wanted, clock.now())
            write = Write(moved, "PUT", int(planner["meta"]["versionId"]))
            await self._store.write(self._principal, [write])


def _ending(planner: Resource, stay: Stay) -> Wanted | None:
    """The move that the end of a stay means for its planner."""
    state, machine = state_of(planner), machine_of(planner)
    if machine is None or state not in _BEFORE:
        return None
    if stay.status in _NOT:
        return Wanted("drop", reason="Séjour annulé par l’établissement.")
    if stay.status != "finished":
        return None
    if stay.disposition == "exp":
        return Wanted("die")
    left = {"left-at": stay.end or clock.instant(clock.now())}
    if state == "ready":
        return Wanted("leave", left)
    missing = ", ".join(one.label for one in still_open(machine, planner))
    return Wanted("find-left", left | {"left-open": missing})


def _is_recent(stay: Stay, now: datetime) -> bool:
    starts = moment_of(stay.start)
    return starts is not None and now - starts < _LONGEST


def _code(encounter: Resource) -> str:
    return str((encounter.get("class") or {}).get("code", ""))


def _motive(encounter: Resource) -> str:
    given = encounter.get("reasonCode") or ()
    texts = [str(one.get("text", "")) for one in given]
    texts += [str(c.get("display", "")) for one in given for c in one.get("coding", ())]
    return next((one for one in texts if one), "")


def _has_finess(place: Resource) -> bool:
    codings: list[Any] = [
        coding
        for one in place.get("identifier", ())
        for coding in (one.get("type") or {}).get("coding", ())
    ]
    return any(one.get("code") in _FINESS for one in codings)
