"""Who has an account and may be told: by profession, by structure, by mandate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cordee.access.mandates import register
from cordee.access.mandates.naming import acting_as
from cordee.app.accounts import principal_of, sees_records
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.identity.accounts.sessions import SCOPES
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.identity.accounts")
_AROUND = ("Patient/", "RelatedPerson/", "Person/")


class LocalPeople:
    """Accounts of an installation; see `care.notifications.ports.People`."""

    def __init__(self, database: Database) -> None:
        """Asked anew each time: who left is told no more."""
        self._database = database

    async def behind(self, references: Collection[str]) -> Mapping[str, Sequence[Principal]]:
        """Who works there, or is the professional, and sees records."""
        if not references:
            return {}
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["people_behind"], list(references))
        found: dict[str, list[Principal]] = {}
        for row in rows:
            found.setdefault(row["reference"], []).append(_principal(row))
        for reference in references:
            if reference.startswith("Person/"):
                known = await self.named([reference.partition("/")[2]])
                found.setdefault(reference, list(known.values()))
            elif reference.startswith("RelatedPerson/"):
                found.setdefault(reference, await self._related(reference))
        return {name: people for name, people in found.items() if people}

    async def _related(self, reference: str) -> list[Principal]:
        """Who took the mandate that a RelatedPerson stands for, while it runs."""
        now = clock.now()
        async with self._database.write.acquire() as connection:
            mandate = await register.of_related(connection, reference.partition("/")[2], now)
        if mandate is None or not mandate.lives(now):
            return []
        known = await self.named([mandate.agent])
        return [acting_as(one, mandate) for one in known.values()]

    async def named(self, users: Collection[str]) -> Mapping[str, Principal]:
        """Who has these names, in the situation that they work in."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(_QUERIES["people_named"], list(users))
        return {row["login"]: _principal(row) for row in rows}

    async def relatives(self, patient: str) -> Sequence[Principal]:
        """Who took a mandate that runs."""
        now = clock.now()
        async with self._database.write.acquire() as connection:
            mandates = await register.of_patient(connection, patient.partition("/")[2], now)
        living = [one for one in mandates if one.lives(now)]
        known = await self.named([one.agent for one in living]) if living else {}
        return [acting_as(known[one.agent], one) for one in living if one.agent in known]


class DemoPeople(LocalPeople):
    """The same, with the accounts of the demonstration."""

    async def behind(self, references: Collection[str]) -> Mapping[str, Sequence[Principal]]:
        """Accounts of both sorts."""
        found = {name: list(some) for name, some in (await super().behind(references)).items()}
        wanted = set(references)
        for account in DEMO_ACCOUNTS:
            principal = principal_of(account)
            names = {principal.practitioner, f"Person/{account.user}"}
            if sees_records(account) and not principal.practitioner.startswith(_AROUND):
                names.add(principal.structure)
            for name in names & wanted:
                found.setdefault(name, []).append(principal)
        return found

    async def named(self, users: Collection[str]) -> Mapping[str, Principal]:
        """Accounts of both sorts."""
        demo = {one.user: principal_of(one) for one in DEMO_ACCOUNTS if one.user in users}
        return {**await super().named(users), **demo}


def _principal(row: Any) -> Principal:
    return Principal(
        row["login"], row["name"], row["role"], row["structure"], row["practitioner"], SCOPES,
        level=2, situation=row["situation"], profession=row["profession"],
        functions=frozenset(row["functions"]),
    )  # fmt: skip
