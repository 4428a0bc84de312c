"""Outbreaks in homes: declared, counted day by day, ended; counts alone for the agency. B7.10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.identity.principal import STEERING, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, Conflict, Issue, NotFound, ResourceInvalid
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.homes")
MOST: Final = 200
HIGHEST: Final = 2000
LONGEST_DAYS: Final = 365
CAUSES: Final[Mapping[str, str]] = {
    "ira": "Infection respiratoire aiguë, cause non connue",
    "grippe": "Grippe",
    "covid": "Covid-19",
    "vrs": "Virus respiratoire syncytial",
    "gea": "Gastro-entérite aiguë",
    "gale": "Gale",
    "autre": "Autre cause",
}
SIGNS: Final[Mapping[str, str]] = {
    "fievre": "Fièvre",
    "toux": "Toux",
    "gene": "Gêne respiratoire",
    "diarrhee": "Diarrhée",
    "vomissements": "Vomissements",
    "peau": "Lésions de la peau, démangeaisons",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What is new on a day: residents ill, in hospital, dead; staff ill."""

    cases: int = 0
    hospitalised: int = 0
    deaths: int = 0
    staff: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.cases + other.cases, self.hospitalised + other.hospitalised,
            self.deaths + other.deaths, self.staff + other.staff,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """What a home declares; `number` is that of the form."""

    number: UUID
    cause: str
    began: date | None
    residents: int | None
    signs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outbreak:
    """One outbreak with the last count of each day that was told."""

    id: UUID
    home: str
    home_name: str
    cause: str
    signs: tuple[str, ...]
    began: date
    residents: int
    declared: datetime
    ended: date | None
    days: Mapping[date, Counts]

    @property
    def total(self) -> Counts:
        """All days together."""
        return sum(self.days.values(), Counts())

    def missing(self, today: date) -> list[date]:
        """The days before today (or up to its end) of which nothing was told, the oldest first."""
        first = max(self.began, self.declared.astimezone(PARIS).date())
        last = self.ended or today - timedelta(days=1)
        count = min((last - first).days + 1, LONGEST_DAYS)
        return [
            day for n in range(max(count, 0)) if (day := first + timedelta(days=n)) not in self.days
        ]


class Outbreaks:
    """The outbreaks of one installation. A home sees its own, steering sees all."""

    def __init__(self, database: Database) -> None:
        """`database` holds them; nothing in them is about one person."""
        self._database = database

    async def declare(self, principal: Principal, name: str, wanted: Declared, at: datetime) -> str:
        """The id of a new outbreak; the same form sent again gives the same.

        Raises `AccessDenied` for who is of no structure, `ResourceInvalid` with each problem.
        """
        home = _home(principal)
        check(wanted, at.astimezone(PARIS).date())
        values = (
            wanted.number, home, name, wanted.cause, list(wanted.signs), wanted.began,
            wanted.residents, at, principal.user,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["declare"], *values) is None:
                present = await connection.fetchrow(QUERIES["outbreak"], wanted.number, home)
                if present is None:
                    raise Conflict("Cette déclaration existe déjà.")
        return str(wanted.number)

    async def all(self, principal: Principal) -> list[Outbreak]:
        """Those that the principal may see, those that run first; at most 200."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["outbreaks"], _scope(principal), MOST)
            days = await connection.fetch(QUERIES["days"], [one["id"] for one in rows])
        return [
            _outbreak(one, [day for day in days if day["outbreak"] == one["id"]]) for one in rows
        ]

    async def one(self, principal: Principal, number: str) -> Outbreak:
        """One outbreak; raises `NotFound` for another home's."""
        key = _key(number)
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["outbreak"], key, _scope(principal))
            days = await connection.fetch(QUERIES["days"], [key])
        if row is None:
            raise NotFound("there is no such outbreak")
        return _outbreak(row, days)

    async def tell(
        self, principal: Principal, number: str, day: date | None, counts: Counts, at: datetime
    ) -> None:
        """Tells a day, or tells it anew; raises `Conflict` once it has ended."""
        present = await self._own(principal, number)
        today = at.astimezone(PARIS).date()
        if day is None or not present.began <= day <= today:
            text = "Donnez un jour, du début de l’épidémie à aujourd’hui."
            raise ResourceInvalid([Issue("error", "invalid", text, ("day",))])
        if not all(0 <= one <= HIGHEST for one in _numbers(counts)):
            text = f"Écrivez des nombres de 0 à {HIGHEST}."
            raise ResourceInvalid([Issue("error", "invalid", text, ("cases",))])
        values = (present.id, day, *_numbers(counts), at, principal.user)
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(QUERIES["tell_day"], *values) is None:
                raise Conflict("Cette épidémie est close : plus rien ne s’y écrit.")

    async def end(self, principal: Principal, number: str, day: date | None, at: datetime) -> None:
        """Ends an outbreak on a day; raises `Conflict` when it has ended already."""
        present = await self._own(principal, number)
        first = max([present.began, *present.days])
        if day is None or not first <= day <= at.astimezone(PARIS).date():
            text = "Donnez le jour de fin, du dernier jour compté à aujourd’hui."
            raise ResourceInvalid([Issue("error", "invalid", text, ("ended",))])
        async with self._database.write.acquire() as connection:
            values = (present.id, day, principal.user)
            if await connection.fetchval(QUERIES["end_outbreak"], *values) is None:
                raise Conflict("Cette épidémie est déjà close.")

    async def _own(self, principal: Principal, number: str) -> Outbreak:
        """One of the principal's home: the agency reads, it writes nothing."""
        _home(principal)
        return await self.one(principal, number)


def check(wanted: Declared, today: date) -> None:
    """Returns when a declaration can be taken; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if wanted.cause not in CAUSES:
        problems.append(("cause", "Choisissez la cause."))
    if wanted.began is None or not 0 <= (today - wanted.began).days <= LONGEST_DAYS:
        problems.append(("began", "Donnez le jour du premier cas, aujourd’hui au plus tard."))
    if wanted.residents is None or not 1 <= wanted.residents <= HIGHEST:
        problems.append(
            ("residents", f"Dites combien de personnes résident ici, de 1 à {HIGHEST}.")
        )
    if not wanted.signs or any(one not in SIGNS for one in wanted.signs):
        problems.append(("signs", "Cochez un signe au moins."))
    if problems:
        raise ResourceInvalid(
            [Issue("error", "invalid", text, (where,)) for where, text in problems]
        )


def may_declare(principal: Principal) -> bool:
    """Whether somebody declares for a structure: professionals do, steering reads."""
    return STEERING not in principal.functions and principal.structure.startswith("Organization/")


def _home(principal: Principal) -> str:
    if not may_declare(principal):
        raise AccessDenied("Seule une structure déclare une épidémie chez elle.")
    return principal.structure


def _scope(principal: Principal) -> str | None:
    """The home whose outbreaks are seen; None for all of them."""
    return None if STEERING in principal.functions else _home(principal)


def _numbers(counts: Counts) -> tuple[int, int, int, int]:
    return (counts.cases, counts.hospitalised, counts.deaths, counts.staff)


def _outbreak(row: Mapping[str, Any], days: Sequence[Mapping[str, Any]]) -> Outbreak:
    told = {
        day["day"]: Counts(day["cases"], day["hospitalised"], day["deaths"], day["staff"])
        for day in days
    }
    return Outbreak(**{**row, "signs": tuple(row["signs"])}, days=told)


def _key(number: str) -> UUID:
    try:
        return UUID(number)
    except ValueError as error:
        raise NotFound("there is no such outbreak") from error
