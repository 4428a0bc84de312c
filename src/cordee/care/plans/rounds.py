"""Planned acts for people: planned, done by one press, missed and told to who planned them. B1.8.

Nobody in the house need be at a screen: what is missed twice is looked for, and told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.care.notifications.outbox import Event, tell
from cordee.care.plans.acts import (
    CATEGORY,
    CODE,
    MOMENTS,
    Act,
    Slot,
    key_of,
    last_slots,
    last_told,
    missed_twice,
    new_act,
    new_procedure,
    read_act,
    slot_of,
    slots,
    told,
)
from cordee.care.plans.plan import name_of
from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

MOST: Final = 200
_ACTS: Final = f"category={CATEGORY}|{CODE}"
_WITH: Final = (
    "&_include=ServiceRequest:patient&_include=ServiceRequest:performer:Practitioner"
    "&_include=ServiceRequest:performer:Organization"
    "&_include=ServiceRequest:requester:Practitioner"
    "&_include=ServiceRequest:requester:Organization"
)
_WATCHED: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Planned:
    """An act with its person, the names of those who do and plan it, and its times of a day."""

    act: Act
    patient: Resource
    responsible: str
    author: str
    today: tuple[Slot, ...]
    missed: bool


class Rounds:
    """The planned acts of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._forms = Forms(database)
        self._database = database

    async def of_patient(self, principal: Principal, patient: str) -> list[Planned]:
        """The acts of a person that run, then those that ended; at most 200."""
        query = f"{_ACTS}&subject=Patient/{patient}&_sort=-_lastUpdated&_count={MOST}{_WITH}"
        found = await self._planned(principal, await self._search(principal, query))
        return sorted(found, key=lambda one: one.act.status != "active")

    async def today(self, principal: Principal) -> list[Planned]:
        """The acts of somebody or their structure that have a time today; at most 200."""
        names = ",".join(one for one in (principal.practitioner, principal.structure) if one)
        if not names:
            return []
        query = f"{_ACTS}&status=active&performer={names}&_count={MOST}{_WITH}"
        found = await self._planned(principal, await self._search(principal, query))
        return sorted((one for one in found if one.today), key=_order)

    async def plan(self, principal: Principal, number: str, act: Act) -> str:
        """The id of a new act; the same form sent again is one.

        Raises `RuleBroken` for what is missing, `NotFound` for a person who is not seen.
        """
        made = new_act(act, clock.now())
        for reference in filter(None, (act.patient, act.responsible, act.link)):
            await self._store.read(principal, *reference.split("/", 1))

        async def write(also: Also) -> str:
            return (await self._store.write(principal, [Write(made)], also))[0].id

        return await self._forms.once(number, write)

    async def stop(self, principal: Principal, patient: str, key: str) -> None:
        """Ends an act; raises `AccessDenied` for who neither planned nor does it."""
        present, act = await self._own(principal, patient, key)
        made = {name: value for name, value in present.items() if name != "meta"}
        made["status"] = "completed"
        await self._store.write(principal, [Write(made, "PUT", act.version)])

    async def note(
        self, principal: Principal, patient: str, key: str, code: str, reason: str | None = None
    ) -> None:  # fmt: skip
        """Says that a time of an act was done, or why not; who planned it hears of two in a row.

        Raises `RuleBroken` for a time that is none, `AccessDenied` for who neither planned nor
        does it.
        """
        _present, act = await self._own(principal, patient, key)
        now = clock.now()
        if act.status != "active":
            raise RuleBroken("Cet acte est arrêté.")
        slot = slot_of(act, code, now.astimezone(PARIS).date())
        who = principal.practitioner or principal.structure
        procedure = new_procedure(act, slot, who, now, reason=reason)
        known = await self._procedures(principal, [act], now)
        known = {**known, str(procedure["id"]): procedure}
        last = last_told(act, now, known)

        async def also(connection: Connection, _placed: Sequence[Placed]) -> None:
            if reason is not None and missed_twice(last, now):
                await tell(connection, _missed(act, last, now))

        await self._store.write(principal, [Write(procedure, "PUT")], also)

    async def watch(self, platform: Principal) -> int:
        """Tells who planned an act that nobody did twice in a row; how many acts were looked at."""
        seen: set[str] = set()
        since, now = "", clock.now()
        while True:
            more = f"&_lastUpdated=ge{since}" if since else ""
            query = f"{_ACTS}&status=active&_sort=_lastUpdated&_count={MOST}{more}"
            rows = [one for one in await self._search(platform, query) if one["id"] not in seen]
            if not rows:
                return len(seen)
            seen |= {str(one["id"]) for one in rows}
            since = str(rows[-1]["meta"]["lastUpdated"])
            await self._tell_missed(platform, [read_act(one) for one in rows], now)

    async def _tell_missed(self, platform: Principal, acts: Sequence[Act], now: datetime) -> None:
        known = await self._procedures(platform, acts, now)
        for act in acts:
            last = last_told(act, now, known)
            if missed_twice(last, now) and last[0].day >= (now - _WATCHED).date():
                async with self._database.transaction() as connection:
                    await tell(connection, _missed(act, last, now))

    async def _own(self, principal: Principal, patient: str, key: str) -> tuple[Resource, Act]:
        rows = await self._search(principal, f"_id={key}&{_ACTS}&subject=Patient/{patient}")
        if not rows:
            raise NotFound("there is no such act")
        act = read_act(rows[0])
        if not {act.responsible, act.author} & ({principal.practitioner, principal.structure}
                                                - {""}):  # fmt: skip
            raise AccessDenied("L’acte se note par son responsable, ou par qui l’a planifié.")
        return rows[0], act

    async def _planned(self, principal: Principal, rows: Sequence[Resource]) -> list[Planned]:
        known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
        acts = [read_act(one) for one in rows if one["resourceType"] == "ServiceRequest"]
        now = clock.now()
        done = await self._procedures(principal, acts, now)
        today = now.astimezone(PARIS).date()
        return [
            Planned(
                act,
                known[act.patient],
                name_of(known.get(act.responsible, {})),
                name_of(known.get(act.author, {})),
                tuple(told(act, one, done) for one in slots(act, today))
                if act.status == "active"
                else (),
                missed_twice(last_told(act, now, done), now) and act.status == "active",
            )
            for act in acts
            if act.patient in known
        ]

    async def _procedures(
        self, principal: Principal, acts: Sequence[Act], now: datetime
    ) -> Mapping[str, Resource]:
        """What became of the times of today and of the last two, by id."""
        today = now.astimezone(PARIS).date()
        keys = {
            key_of(act.key, one)
            for act in acts
            for one in (*slots(act, today), *last_slots(act, now, 2))
        }
        if not keys:
            return {}
        query = f"_id={','.join(sorted(keys))}&_count={len(keys)}"
        rows = await self._store.search(principal, "Procedure", query)
        return {str(one["id"]): one for one in rows}

    async def _search(self, principal: Principal, query: str) -> list[Resource]:
        return await self._store.search(principal, "ServiceRequest", query)


def _missed(act: Act, last: Sequence[Slot], now: datetime) -> Event:
    """Told once for the earlier of the two times that were missed."""
    source = f"ServiceRequest/{act.key}/missed/{last[1].code}"
    path = f"/patients/{act.patient.partition('/')[2]}/soins"
    return Event(
        "task", now, source, act.patient, focus=f"ServiceRequest/{act.key}", to=(act.author,),
        detail={"machine": "planned-act", "path": path},
    )  # fmt: skip


def _order(one: Planned) -> tuple[bool, int, str]:
    """What is not said yet first, by the hour."""
    left = [list(MOMENTS).index(slot.moment) for slot in one.today if not slot.state]
    return (not left, min(left, default=0), one.act.text)
