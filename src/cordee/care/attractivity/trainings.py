"""The calendar of trainings: sessions whose seats are never too many, as iCalendar too. B6.8."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from icalendar import Calendar, Event

from cordee.care.attractivity.offers import LONGEST, QUERIES, SHORT
from cordee.care.cpts.membership import Belonging, Membership
from cordee.care.prevention.actions import key_of
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, Issue, NotFound, ResourceInvalid

MOST: Final = 200
MOST_SEATS: Final = 500
_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a session."""

    title: str
    words: str
    place: str
    starts: datetime | None
    ends: datetime | None
    seats: int


@dataclass(frozen=True, slots=True)
class Training:
    """One session; `leads` for who posted it, and for the CPTS: they read who comes."""

    id: str
    cpts_name: str
    title: str
    words: str
    place: str
    starts: datetime
    ends: datetime
    seats: int
    taken: int
    is_mine: bool
    cancelled: datetime | None
    leads: bool


class Trainings:
    """The sessions of one installation: all professionals register, members of a CPTS post."""

    def __init__(self, database: Database, membership: Membership) -> None:
        """`database` holds them."""
        self._database = database
        self.membership = membership

    async def all(
        self, principal: Principal, now: datetime
    ) -> tuple[list[Belonging], list[Training]]:
        """One's CPTS; the sessions to come, then those of the year of one's CPTS; at most 200."""
        places = await self.membership.of(principal)
        runs = {one.structure for one in places if one.runs}
        async with self._database.write.acquire() as connection:
            values = (list(runs), principal.user, now, MOST)
            rows = await connection.fetch(QUERIES["trainings"], *values)
        return places, [_training(one, principal, runs) for one in rows]

    async def one(
        self, principal: Principal, number: str
    ) -> tuple[Training, list[tuple[str, datetime]]]:
        """A session, and who comes for who leads it; raises `NotFound`."""
        runs = {one.structure for one in await self.membership.of(principal) if one.runs}
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["training"], key_of(number), principal.user)
            if row is None:
                raise NotFound("there is no such session")
            found = _training(row, principal, runs)
            rows = await connection.fetch(QUERIES["seats"], row["id"]) if found.leads else []
        return found, [(one["name"], one["at"]) for one in rows]

    async def post(
        self, principal: Principal, place: str, told: Told, number: str, at: datetime
    ) -> str:
        """The id of a new session of a CPTS; the same form sent again gives the same.

        Raises `AccessDenied` for who is no member, `ResourceInvalid` with each problem.
        """
        belonging = await self.membership.need(principal, place)
        check(told, at)
        values = (
            UUID(number), place, belonging.name, told.title, told.words, told.place, told.starts,
            told.ends, told.seats, at, principal.user,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["post_training"], *values) is None:
                row = await connection.fetchrow(QUERIES["training"], UUID(number), principal.user)
                if row is None or row["posted_by"] != principal.user:
                    raise Conflict("Cette session existe déjà.")
        return number

    async def register(self, principal: Principal, number: str, at: datetime) -> None:
        """Takes a seat, once a person; raises `Conflict` where none is left, or it is over."""
        key = key_of(number)
        for _try in range(_TRIES):
            async with self._database.write.acquire() as connection:
                values = (key, principal.user, principal.name, at)
                if await connection.fetchval(QUERIES["take_seat"], *values) is not None:
                    return
                row = await connection.fetchrow(QUERIES["training"], key, principal.user)
            if row is not None and row["is_mine"]:
                return
            if row is None or row["cancelled"] is not None or row["starts"] <= at:
                raise Conflict("On ne s’inscrit plus à cette session.")
            if row["taken"] >= row["seats"]:
                break
        raise Conflict("Cette session est complète.")

    async def leave(self, principal: Principal, number: str, at: datetime) -> None:
        """Gives one's seat back, before the session begins."""
        async with self._database.write.acquire() as connection:
            await connection.fetchval(QUERIES["leave_seat"], key_of(number), principal.user, at)

    async def cancel(self, training: Training, at: datetime) -> None:
        """Calls off a session that one leads; raises `AccessDenied`, `Conflict`."""
        if not training.leads:
            raise AccessDenied("Seul qui l’a publiée, ou la CPTS, annule une session.")
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["cancel_training"], UUID(training.id), at) is None:
                raise Conflict("Cette session est déjà annulée.")


def check(told: Told, now: datetime) -> None:
    """Returns when a session can be posted; raises `ResourceInvalid` with each problem."""
    is_late = told.starts is None or told.starts <= now
    ends_before = told.ends is None or (told.starts is not None and told.ends <= told.starts)
    problems = [
        (where, text)
        for where, is_wrong, text in (
            ("title", not 0 < len(told.title) <= SHORT, "Donnez un titre."),
            ("words", len(told.words) > LONGEST, f"{LONGEST} caractères au plus."),
            ("place", not 0 < len(told.place) <= SHORT, "Dites où, ou donnez le lien."),
            ("starts", is_late, "Donnez un jour et une heure à venir."),
            ("ends", ends_before, "La fin vient après le début."),
            (
                "seats", not 1 <= told.seats <= MOST_SEATS,
                f"Donnez le nombre de places, de 1 à {MOST_SEATS}.",
            ),
        )
        if is_wrong
    ]  # fmt: skip
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])


def calendar_of(found: Iterable[Training], base: str, at: datetime) -> bytes:
    """Sessions as an iCalendar: nothing of who comes."""
    made = Calendar()
    made.add("prodid", "-//Cordée//Formations//FR")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Formations")
    for one in found:
        event = Event()
        event.add("uid", f"{one.id}@cordee")
        event.add("dtstamp", at.astimezone(UTC))
        event.add("dtstart", one.starts.astimezone(UTC))
        event.add("dtend", one.ends.astimezone(UTC))
        event.add("summary", one.title)
        event.add("location", one.place)
        event.add("url", f"{base}/formations/{one.id}")
        event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        made.add_component(event)
    return made.to_ical()


def _training(row: Mapping[str, Any], principal: Principal, runs: set[str]) -> Training:
    return Training(
        str(row["id"]), row["cpts_name"], row["title"], row["words"], row["place"], row["starts"],
        row["ends"], row["seats"], row["taken"], row["is_mine"], row["cancelled"],
        row["posted_by"] == principal.user or row["cpts"] in runs,
    )  # fmt: skip
