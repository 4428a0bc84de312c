"""Concertations: invited, answered, concluded; what is decided becomes work with a day. B4.7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from cordee.care.concertations.meetings import (
    CODE,
    KIND,
    Meeting,
    appointment,
    check,
    minutes_document,
    people_of,
)
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.workflow.days import set_day
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.tasks import Asked, new_task, party
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken

MACHINE: Final = "decision"
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: who does what, and by when."""

    what: str
    owner: str
    until: date


class Concertations:
    """The concertations of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store
        self._forms = Forms(database)

    async def of_patient(self, principal: Principal, patient: str) -> list[Resource]:
        """The concertations about a person, the newest first; at most 50."""
        query = f"patient=Patient/{patient}&service-type={KIND}|{CODE}&_sort=-date&_count={_MOST}"
        return await self._store.search(principal, "Appointment", query)

    async def one(self, principal: Principal, patient: str, key: str) -> Resource:
        """A concertation about a person; raises `NotFound`."""
        query = f"_id={key}&patient=Patient/{patient}&service-type={KIND}|{CODE}"
        rows = await self._store.search(principal, "Appointment", query)
        if not rows:
            raise NotFound("there is no such meeting")
        return rows[0]

    async def invite(
        self, principal: Principal, patient: str, number: str, meeting: Meeting, now: datetime
    ) -> str:
        """The id of a new concertation, of which who is invited is told.

        The same form (`number`) sent again gives the same. Raises `RuleBroken`, `AccessDenied`.
        """
        if not principal.practitioner.startswith("Practitioner/"):
            raise AccessDenied("only professionals meet about a person here")
        check(meeting, now)
        made = appointment(meeting, principal, patient)

        async def write(also: Also) -> str:
            async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                await also(connection, placed)
                to = tuple(one for one in meeting.people if one != principal.practitioner)
                await tell(connection, _event(principal, patient, placed[0], to, now))

            return (await self._store.write(principal, [Write(made)], both))[0].id

        return await self._forms.once(number, write)

    async def answer(self, principal: Principal, patient: str, key: str, status: str) -> None:
        """Notes whether who was invited comes; raises `AccessDenied` for who was not."""
        present = await self.one(principal, patient, key)
        _need_open(present)
        _need_invited(principal, present)
        people = [
            {**one, "status": status} if party(one, "actor") == principal.practitioner else one
            for one in present["participant"]
        ]
        await self._store.write(principal, [_put(present, {"participant": people})])

    async def cancel(self, principal: Principal, patient: str, key: str, why: str) -> None:
        """Calls a concertation off, with its reason."""
        present = await self.one(principal, patient, key)
        _need_open(present)
        _need_invited(principal, present)
        if len(why.strip()) < 5:  # noqa: PLR2004 -- as every reason
            raise RuleBroken("Dites pourquoi, en 5 lettres au moins.")
        change = {"status": "cancelled", "cancelationReason": {"text": why.strip()}}
        await self._store.write(principal, [_put(present, change)])

    async def conclude(
        self,
        principal: Principal,
        present: Resource,
        words: str,
        decisions: Sequence[Decision],
        now: datetime,
    ) -> None:
        """Keeps the minutes in the record, and makes of each decision a Task with its day.

        Raises `RuleBroken` without minutes, or for a decision that nobody who was invited has.
        """
        _need_open(present)
        _need_invited(principal, present)
        if not words.strip():
            raise RuleBroken("Écrivez ce qui a été dit et décidé.")
        patient = next(
            party(one, "actor")
            for one in present["participant"]
            if party(one, "actor").startswith("Patient/")
        )
        _check_decisions(decisions, {one for one, *_ in people_of(present) if one}, now)
        document = f"urn:uuid:{uuid4()}"
        about = f"Appointment/{present['id']}"
        made = minutes_document(words, principal, patient.removeprefix("Patient/"), present, now)
        tasks = [
            new_task(
                Asked(
                    MACHINE, patient, one.owner, principal.structure or principal.practitioner,
                    focus=about, text=one.what.strip(), facts={"until": one.until.isoformat()},
                ),
                now,
            )
            for one in decisions
        ]  # fmt: skip
        change = {"status": "fulfilled", "supportingInformation": [{"reference": document}]}
        writes = [_put(present, change), Write(made, key=document), *(Write(t) for t in tasks)]

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            for one, task in zip(decisions, placed[2:], strict=True):
                await set_day(connection, task.id, ("do", "todo"), one.until, now)

        await self._store.write(principal, writes, also)

    async def decisions(self, principal: Principal, present: Resource) -> list[Resource]:
        """The Tasks that a concertation has made."""
        query = f"focus=Appointment/{present['id']}&_sort=authored-on&_count={_MOST}"
        return await self._store.search(principal, "Task", query)


def _check_decisions(decisions: Sequence[Decision], people: set[str], now: datetime) -> None:
    for one in decisions:
        if not one.what.strip():
            raise RuleBroken("Dites ce qui est décidé.")
        if one.owner not in people:
            raise RuleBroken("Choisissez qui s’en charge parmi les invités.")
        if one.until < now.date():
            raise RuleBroken("Donnez un jour à venir à chaque décision.")


def _put(present: Resource, change: Mapping[str, Any]) -> Write:
    kept = {key: value for key, value in present.items() if key != "meta"}
    return Write({**kept, **change}, "PUT", int(present["meta"]["versionId"]))


def _need_open(present: Resource) -> None:
    if present.get("status") not in {"booked", "proposed", "pending"}:
        raise Conflict("Cette concertation est close : plus rien ne s’y écrit.")


def _need_invited(principal: Principal, present: Resource) -> None:
    if principal.practitioner not in {one for one, *_ in people_of(present)} - {""}:
        raise AccessDenied("Seuls les invités y répondent et y écrivent.")


def _event(
    principal: Principal, patient: str, placed: Placed, to: tuple[str, ...], at: datetime
) -> Event:
    path = f"/patients/{patient}/concertations/{placed.id}"
    return Event(
        "task", at, f"meeting:{placed.id}", patient=f"Patient/{patient}", focus=placed.reference,
        to=to, detail={"by": principal.user, "path": path},
    )  # fmt: skip
