"""Out of office: from when until when, and who answers meanwhile. Requirement B1.6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cordee.care.circle.finding import known_names
from cordee.care.messaging.facts import who_of
from cordee.care.store import Store
from cordee.identity.principal import Principal
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import RuleBroken
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.care.messaging")


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away; `substitute` is a reference, "" where nobody was named."""

    person: str
    starts: datetime
    ends: datetime
    substitute: str
    substitute_name: str


class Absences:
    """What professionals say of their absences."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` says what the directory calls a substitute."""
        self._database = database
        self._store = store

    async def own(self, principal: Principal, at: datetime) -> Absence | None:
        """The absence that the caller said last, when it is not over."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_QUERIES["last_absence"], who_of(principal).person)
        found = _absence(row) if row else None
        return found if found is not None and found.ends > at else None

    async def of(self, people: Iterable[str], at: datetime) -> Mapping[str, Absence]:
        """Who of these is away now."""
        async with self._database.write.acquire() as connection:
            return await absent(connection, people, at)

    async def say(
        self,
        principal: Principal,
        span: tuple[datetime, datetime],
        substitute: str,
        at: datetime,
    ) -> None:
        """Keeps an absence with its substitute; a span that ends at once takes the former back.

        `substitute` is a reference, "" for nobody. Raises `RuleBroken` for a span that is none, for
        oneself as substitute, for who is no professional of the directory.
        """
        who, (starts, ends) = who_of(principal), span
        if ends < starts:
            raise RuleBroken("Le retour vient après le départ.")
        names = await known_names(self._store, principal, [substitute] if substitute else [])
        if substitute and (substitute not in names or not substitute.startswith("Practitioner/")):
            raise RuleBroken("Choisissez une personne comme remplaçant.")
        async with self._database.write.acquire() as connection:
            with table_rules({"": "Choisissez quelqu’un d’autre comme remplaçant."}):
                await connection.execute(
                    _QUERIES["say_absence"], who.person, at, principal.user, starts, ends,
                    substitute, names.get(substitute, ""),
                )  # fmt: skip


async def absent(connection: Connection, people: Iterable[str], at: datetime) -> dict[str, Absence]:
    """Who of these is away at a moment, by reference."""
    rows = await connection.fetch(_QUERIES["absent"], list(people), at)
    return {row["person"]: _absence(row) for row in rows}


def _absence(row: Mapping[str, object]) -> Absence:
    names = ("person", "starts", "ends", "substitute", "substitute_name")
    values: dict[str, object] = {name: row[name] for name in names}
    return Absence(**values)  # pyright: ignore[reportArgumentType] -- columns of the table
