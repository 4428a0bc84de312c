"""Who volunteers to receive unscheduled patients: their consent, hours, radius. Rule: C3.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

import orjson

from cordee.care.overflow.conventions import Window
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.market")
SPECIALITIES: Final[Mapping[str, str]] = {
    "generale": "Médecine générale",
    "pediatrie": "Pédiatrie",
    "gynecologie": "Gynécologie",
    "ophtalmologie": "Ophtalmologie",
    "orl": "ORL",
    "cardiologie": "Cardiologie",
    "dermatologie": "Dermatologie",
    "psychiatrie": "Psychiatrie",
}
FARTHEST_KM: Final = 100
_PHYSICIAN: Final = "10"
_HALF_HOUR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Told:
    """What a volunteer says of themselves; `commune` is an INSEE code."""

    speciality: str
    commune: str
    radius_km: int
    hours: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A volunteer as kept; `withdrawn` since when they are none any more."""

    practitioner: str
    told: Told
    changed: datetime
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True)
class Consent:
    """When somebody gave their consent, or took it back."""

    at: datetime
    gives: bool


def need_physician(principal: Principal) -> None:
    """Raises `AccessDenied` for who is no physician with an entry of the directory."""
    if principal.profession != _PHYSICIAN or not principal.practitioner.startswith("Practitioner/"):
        raise AccessDenied("volunteers of unscheduled care are physicians")


class Volunteers:
    """The volunteers of one installation; each speaks for themselves alone."""

    def __init__(self, database: Database) -> None:
        """`database` holds them."""
        self._database = database

    async def one(self, principal: Principal) -> tuple[Volunteer | None, Sequence[Consent]]:
        """Who asks, as a volunteer, with their consents, the last first."""
        need_physician(principal)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["volunteer"], principal.practitioner)
            past = await connection.fetch(QUERIES["consents"], principal.practitioner)
        return (_read(row) if row else None), [Consent(one["at"], one["gives"]) for one in past]

    async def communes(self) -> Mapping[str, str]:
        """The communes by code, by name."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["communes"])
        return {row["code"]: row["name"] for row in rows}

    async def consent(self, principal: Principal, told: Told, at: datetime) -> None:
        """Keeps what somebody says of themselves, and that they consent.

        Raises `RuleBroken` for what cannot be.
        """
        need_physician(principal)
        _check(told)
        hours = orjson.dumps([_as_data(one) for one in told.hours]).decode()
        values = (told.speciality, told.commune, told.radius_km, hours, at)
        async with self._database.transaction() as connection:
            await connection.execute(
                QUERIES["keep_volunteer"], principal.practitioner, principal.name, *values
            )
            await connection.execute(QUERIES["consent"], principal.practitioner, at, True)

    async def withdraw(self, principal: Principal, at: datetime) -> None:
        """Takes a consent back: nothing more is proposed; said twice, it is once."""
        need_physician(principal)
        async with self._database.transaction() as connection:
            await withdraw(connection, principal.practitioner, at)


async def withdraw(connection: Connection, practitioner: str, at: datetime) -> None:
    """Takes a consent back in the caller's transaction."""
    if await connection.fetchval(QUERIES["withdraw_volunteer"], practitioner, at) is not None:
        await connection.execute(QUERIES["consent"], practitioner, at, False)


def starts(hours: Sequence[Window], now: datetime, until: datetime) -> list[datetime]:
    """The half hours of a volunteer's hours, half an hour ahead, until a moment; at most 96."""
    first = now + _HALF_HOUR
    late = timedelta(
        minutes=first.minute % 30, seconds=first.second, microseconds=first.microsecond
    )
    at = first - late + (_HALF_HOUR if late else timedelta())
    found: list[datetime] = []
    while at <= until and len(found) < 96:  # noqa: PLR2004 -- two days of half hours
        if any(one.holds(at) for one in hours):
            found.append(at)
        at += _HALF_HOUR
    return found


def read_hours(held: Any) -> tuple[Window, ...]:
    """The hours of a row of `market_volunteer`."""
    return tuple(
        Window(
            tuple(one["days"]), time.fromisoformat(one["begins"]), time.fromisoformat(one["ends"])
        )
        for one in orjson.loads(held)
    )


def _read(row: Any) -> Volunteer:
    told = Told(row["speciality"], row["commune"], row["radius_km"], read_hours(row["hours"]))
    return Volunteer(row["practitioner"], told, row["changed"], row["withdrawn"])


def _as_data(one: Window) -> dict[str, Any]:
    return {
        "days": list(one.days), "begins": one.begins.isoformat(), "ends": one.ends.isoformat(),
    }  # fmt: skip


def _check(told: Told) -> None:
    if told.speciality not in SPECIALITIES:
        raise RuleBroken("Choisissez une spécialité de la liste.", expression=("specialite",))
    if not told.commune:
        raise RuleBroken("Choisissez une commune de la liste.", expression=("commune",))
    if not 0 < told.radius_km <= FARTHEST_KM:
        raise RuleBroken("Donnez un rayon de 1 à 100 km.", expression=("rayon",))
    if not told.hours or not all(one.days for one in told.hours):
        raise RuleBroken("Cochez un jour au moins.", expression=("jours",))
    if any(one.begins == one.ends for one in told.hours):
        raise RuleBroken("Donnez une heure de fin après le début.", expression=("fin",))
