"""Offers of locums, posts and surgeries, read and answered by professionals. Rule: B6.8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.cpts.membership import Belonging, Membership
from cordee.care.prevention.actions import key_of
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, Issue, NotFound, ResourceInvalid
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.attractivity")
MOST: Final = 200
LONGEST, SHORT = 1500, 200
LONGEST_DAYS: Final = 180
KINDS: Final[Mapping[str, str]] = {
    "remplacement": "Remplacement",
    "collaboration": "Collaboration",
    "installation": "Installation",
    "salariat": "Poste salarié",
}
FILLED, WITHDRAWN = "filled", "withdrawn"
_CLOSED: Final = "Cette offre est close : on n’y répond plus."


@dataclass(frozen=True, slots=True)
class Told:
    """What an offer says; `ends` is None where it has no end."""

    kind: str
    profession: str
    commune: str
    starts: date | None
    ends: date | None
    words: str
    contact: str
    expires: date | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer; `leads` for who posted it, and for the CPTS: they read answers and close it."""

    id: str
    cpts: str
    cpts_name: str
    told: Told
    posted: datetime
    closed: datetime | None
    outcome: str
    answers: int
    is_answered: bool
    leads: bool

    def is_open(self, today: date) -> bool:
        """Whether it can be answered."""
        return self.closed is None and (self.told.expires or today) >= today


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answered, with which words, how to reach them."""

    name: str
    words: str
    contact: str
    at: datetime


class Offers:
    """The offers of one installation: all professionals read them, members of a CPTS post."""

    def __init__(self, database: Database, membership: Membership) -> None:
        """`database` holds them."""
        self._database = database
        self.membership = membership

    async def all(self, principal: Principal, today: date) -> tuple[list[Belonging], list[Offer]]:
        """One's CPTS; the offers that are open, then those of one's CPTS that are over; 200."""
        places = await self.membership.of(principal)
        runs = {one.structure for one in places if one.runs}
        async with self._database.steady.acquire() as connection:
            values = (list(runs), principal.user, today, MOST)
            rows = await connection.fetch(QUERIES["offers"], *values)
        return places, [_offer(one, principal, runs) for one in rows]

    async def one(
        self, principal: Principal, number: str, today: date
    ) -> tuple[Offer, list[Answer]]:
        """An offer, and its answers for who leads it; raises `NotFound` for one that is over."""
        runs = {one.structure for one in await self.membership.of(principal) if one.runs}
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["offer"], key_of(number), principal.user)
            offer = _offer(row, principal, runs) if row else None
            if offer is None or not (offer.leads or offer.is_open(today) or offer.is_answered):
                raise NotFound("there is no such offer")
            rows = await connection.fetch(QUERIES["answers"], UUID(offer.id)) if offer.leads else []
        return offer, [Answer(one["name"], one["words"], one["contact"], one["at"]) for one in rows]

    async def post(
        self, principal: Principal, place: str, told: Told, number: str, at: datetime
    ) -> str:
        """The id of a new offer of a CPTS; the same form sent again gives the same.

        Raises `AccessDenied` for who is no member, `ResourceInvalid` with each problem.
        """
        belonging = await self.membership.need(principal, place)
        check(told, at.astimezone(PARIS).date())
        values = (
            UUID(number), place, belonging.name, told.kind, told.profession, told.commune,
            told.starts, told.ends, told.words, told.contact, told.expires, at, principal.user,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["post_offer"], *values) is None:
                row = await connection.fetchrow(QUERIES["offer"], UUID(number), principal.user)
                if row is None or row["posted_by"] != principal.user:
                    raise Conflict("Cette offre existe déjà.")
        return number

    async def answer(
        self, principal: Principal, offer: Offer, words: str, contact: str, at: datetime
    ) -> None:
        """Answers an offer, once; raises `ResourceInvalid`, `Conflict` where it is over."""
        if not 0 < len(contact) <= SHORT or len(words) > LONGEST:
            text = "Dites comment vous joindre, en 200 caractères au plus."
            raise ResourceInvalid([Issue("error", "invalid", text, ("reponse-contact",))])
        if offer.is_answered:
            return
        values = (UUID(offer.id), principal.user, principal.name, words, contact, at)
        async with self._database.write.acquire() as connection:
            today = at.astimezone(PARIS).date()
            if await connection.fetchval(QUERIES["answer"], *values, today) is None:
                raise Conflict(_CLOSED)

    async def close(self, offer: Offer, outcome: str, at: datetime) -> None:
        """Closes an offer that one leads; raises `AccessDenied`, `Conflict`."""
        if not offer.leads or outcome not in {FILLED, WITHDRAWN}:
            raise AccessDenied("Seul qui l’a publiée, ou la CPTS, clôt une offre.")
        async with self._database.write.acquire() as connection:
            if (
                await connection.fetchval(QUERIES["close_offer"], UUID(offer.id), at, outcome)
                is None
            ):
                raise Conflict("Cette offre est déjà close.")


def check(told: Told, today: date) -> None:
    """Returns when an offer can be posted; raises `ResourceInvalid` with each problem."""
    latest = today + timedelta(days=LONGEST_DAYS)
    problems = [
        (where, text)
        for where, is_wrong, text in (
            ("kind", told.kind not in KINDS, "Choisissez la nature de l’offre."),
            ("profession", not 0 < len(told.profession) <= SHORT, "Donnez la profession."),
            ("commune", not 0 < len(told.commune) <= SHORT, "Donnez la commune."),
            ("starts", told.starts is None, "Donnez le premier jour."),
            ("ends", _ends_before(told), "Le dernier jour vient après le premier."),
            ("words", not 0 < len(told.words) <= LONGEST, "Décrivez l’offre."),
            ("contact", not 0 < len(told.contact) <= SHORT, "Dites qui joindre, et comment."),
            (
                "expires", told.expires is None or not today <= told.expires <= latest,
                f"Donnez la fin de la publication, à {LONGEST_DAYS} jours au plus.",
            ),
        )
        if is_wrong
    ]  # fmt: skip
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (at,)) for at, text in problems])


def _ends_before(told: Told) -> bool:
    return told.ends is not None and told.starts is not None and told.ends < told.starts


def _offer(row: Mapping[str, Any], principal: Principal, runs: set[str]) -> Offer:
    told = Told(
        row["kind"], row["profession"], row["commune"], row["starts"], row["ends"], row["words"],
        row["contact"], row["expires"],
    )  # fmt: skip
    return Offer(
        str(row["id"]), row["cpts"], row["cpts_name"], told, row["posted"], row["closed"],
        row["outcome"], row["answers"], row["is_answered"],
        row["posted_by"] == principal.user or row["cpts"] in runs,
    )  # fmt: skip
