"""An agenda for a person's own software: a link that only they know, that says no health content.

What stands in it is a moment, "Rendez-vous", and the way back into Cordée. Who has lost their
rights, their account or their place reads nothing more by it. Rules: B1.7; RFC 5545, RFC 7986.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from icalendar import Calendar, Event

from cordee.care.agenda.desk import AgendaDesk, Span
from cordee.care.agenda.interventions import CANCELLED, Intervention
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.agenda")
MOST: Final = 10
"""Open links of one person."""
_BEFORE, _AFTER = timedelta(days=30), timedelta(days=180)
_HOURLY: Final = timedelta(hours=1)
_SECRET_BYTES: Final = 32
Standing = Callable[[Mapping[str, Any]], Awaitable[Principal | None]]
"""As whom a link reads now; None for who has no account or place any more."""
Telling = Callable[[Principal], Mapping[str, Any]]
"""What has to be kept to know somebody again."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A link that opens; `patient` is "" for one's own agenda, `used` when it was last read."""

    number: int
    patient: str
    made: datetime
    used: datetime | None


class Feeds:
    """The links of one installation."""

    def __init__(
        self, database: Database, desk: AgendaDesk, standing: Standing, telling: Telling
    ) -> None:
        """`desk` reads agendas through the guard."""
        self._database = database
        self._desk = desk
        self._standing = standing
        self._telling = telling

    async def make(self, principal: Principal, patient: str, at: datetime) -> str:
        """The secret of a new link, which is not kept here; `patient` is an id, "" for one's own.

        Raises `NotFound` for a patient who is not seen, `RuleBroken` where there are too many.
        """
        if patient:
            await self._desk.of_patient(principal, patient, Span(at.date(), at.date()))
        if len(await self.open(principal)) >= MOST:
            raise RuleBroken(f"Vous avez déjà {MOST} liens : supprimez-en un d’abord.")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        told = orjson.dumps(self._telling(principal)).decode()
        values = (_hash(secret), principal.user, patient and f"Patient/{patient}", told, at)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["make_feed"], *values)
        return secret

    async def open(self, principal: Principal) -> Sequence[Feed]:
        """The caller's links, the newest first."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["feeds"], principal.user)
        return [Feed(*row) for row in rows]

    async def end(self, principal: Principal, number: int, at: datetime) -> None:
        """Ends a link at once; raises `NotFound` for what is none of the caller's."""
        async with self._database.write.acquire() as connection:
            values = (number, principal.user, at)
            if await connection.fetchval(QUERIES["end_feed"], *values) is None:
                raise NotFound("there is no such link")

    async def calendar(self, secret: str, base: str, at: datetime) -> bytes:
        """The iCalendar that a link gives; raises `NotFound` for a link that opens nothing."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["feed_of_secret"], _hash(secret), at)
        principal = await self._standing(orjson.loads(row["told"])) if row else None
        if row is None or principal is None:
            raise NotFound("there is no such link")
        today = at.astimezone(PARIS).date()
        span = Span(today - _BEFORE, today + _AFTER)
        if row["patient"]:
            patient = str(row["patient"]).removeprefix("Patient/")
            found = await self._desk.of_patient(principal, patient, span)
        else:
            found = (await self._desk.own(principal, span)).interventions
        return calendar_of(found, base, at)


def calendar_of(interventions: Iterable[Intervention], base: str, at: datetime) -> bytes:
    """Moments alone: neither who, nor what, nor where."""
    made = Calendar()
    made.add("prodid", "-//Cordée//Agenda partagé//FR")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Cordée")
    made.add("refresh-interval", _HOURLY)
    for one in interventions:
        event = Event()
        event.add("uid", f"{hashlib.sha256(one.id.encode()).hexdigest()[:32]}@cordee")
        event.add("dtstamp", at.astimezone(UTC))
        event.add("sequence", one.version)
        event.add("dtstart", one.starts.astimezone(UTC))
        event.add("dtend", one.ends.astimezone(UTC))
        event.add("summary", "Rendez-vous")
        event.add("description", "Le détail se lit dans Cordée.")
        event.add("url", f"{base}/")
        event.add("status", "CANCELLED" if one.status == CANCELLED else "CONFIRMED")
        event.add("class", "PRIVATE")
        made.add_component(event)
    return made.to_ical()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
