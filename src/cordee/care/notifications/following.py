"""Subscriptions: what somebody asks to be told, of whom, by which channel, from when until when.

Made by oneself, by whoever acts for somebody by delegation, or by a member of a structure for its
people; ended at once. One is for patients, or a structure, that are open to who is told: the
guard is asked again at each event. Where letters and texts go is sealed. Rules: B2.2, B2.12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.ports import People, Rights
from cordee.care.notifications.spreading import QUERIES
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.envelopes import opened
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

Row = Any
EVERY: Final = "*"
CHANNELS: Final = {
    "screen": "Écran",
    "email": "E-mail",
    "sms": "SMS",
    "mssante": "MSSanté",
    "application": "Logiciel métier",
}
REACHED: Final = ("email", "sms", "mssante", "application")
_WITH_CONTENT: Final = frozenset({"mssante", "application"})
_ADDRESS: Final = {
    "email": re.compile(r"[^@\s<>\",;]{1,64}@[^@\s<>\",;]{1,190}\.[a-zA-Z]{2,24}"),
    # Its letters carry what the record says: they go to its own domains, and to those of trials.
    "mssante": re.compile(
        r"[^@\s<>\",;]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}mssante\.(?:fr|example)", re.IGNORECASE
    ),
    "sms": re.compile(r"\+?[0-9]{9,15}"),
    "application": re.compile(r"https://[^\s<>\"]{4,400}"),
}
_WRONG: Final = {
    "email": "Écrivez une adresse comme prenom.nom@exemple.fr.",
    "mssante": "Écrivez l’adresse MSSanté, comme prenom.nom@medecin.mssante.fr.",
    "sms": "Écrivez un numéro de mobile, comme 06 12 34 56 78.",
    "application": "Écrivez l’adresse FHIR de votre logiciel, qui commence par https://.",
}
_NOT_YOURS: Final = "Ce dossier ne vous est pas ouvert : aucun abonnement ne peut porter sur lui."


class Sealing(Protocol):
    """Seals what lies in the base; see `runtime.envelopes.Ring`."""

    def seal(self, plain: bytes, place: str) -> tuple[int, bytes]:
        """Number of the key, and the text sealed for its place."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `person` or `structure` is told; no `patient`, no `place`: all theirs."""

    kind: str
    channel: str
    patient: str = ""
    place: str = ""
    person: str = ""
    structure: str = ""
    wanted: bool = True
    at_once: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


class Followings:
    """The subscriptions of one installation."""

    def __init__(self, database: Database, people: People, rights: Rights, ring: Sealing) -> None:
        """`ring` seals addresses."""
        self._database = database
        self._people = people
        self._rights = rights
        self._ring = ring

    async def of(self, principal: Principal) -> Sequence[Row]:
        """What somebody, and the structure they work in, asked for and holds now."""
        async with self._database.write.acquire() as connection:
            values = (told_for(principal), principal.structure, clock.now())
            return await connection.fetch(QUERIES["followings_of"], *values)

    async def follow(self, principal: Principal, wanted: Wanted) -> int:
        """Keeps a subscription; its number.

        Raises `RuleBroken` for what cannot be asked, `AccessDenied` for what another must ask.
        """
        now = clock.now()
        _check(wanted, now)
        await self._need_entitled(principal, wanted)
        async with self._database.transaction() as connection:
            if wanted.wanted and wanted.channel in REACHED and wanted.person:
                await self._need_reach(connection, wanted.person, wanted.channel)
            number = await connection.fetchval(
                QUERIES["follow"], now, principal.user, wanted.person, wanted.structure,
                wanted.patient, wanted.place, wanted.kind, wanted.channel, wanted.wanted,
                wanted.at_once, wanted.starts or now, wanted.ends,
            )  # fmt: skip
        return number or 0

    async def end(self, principal: Principal, number: int) -> None:
        """Ends a subscription at once; raises `NotFound` for what is not theirs to end."""
        values = (
            number, told_for(principal), principal.structure, clock.now(), principal.user
        )  # fmt: skip
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["unfollow"], *values) is None:
                raise NotFound("there is no such subscription")

    async def reaches(self, principal: Principal) -> dict[str, str]:
        """Where somebody is reached, by channel."""
        person = told_for(principal)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["reach_of"], person)
        return {row["channel"]: _open(person, row["channel"], row["address"]) for row in rows}

    async def reach(self, person: str, channel: str) -> str:
        """The address of somebody on a channel, for who sends; "" where there is none."""
        async with self._database.write.acquire() as connection:
            sealed = await connection.fetchval(QUERIES["reach_by"], person, channel)
        address = _open(person, channel, sealed) if sealed else ""
        return address if _ADDRESS[channel].fullmatch(address) else ""

    async def set_reach(self, principal: Principal, channel: str, address: str) -> None:
        """Says where somebody is reached, or with "" that they no more are.

        Raises `RuleBroken` for what is no such address, and for a delegate who would choose where
        content goes: a delegation ends, an address stays.
        """
        if principal.delegated_by and channel in _WITH_CONTENT:
            raise RuleBroken("La personne elle-même choisit où va ce qui a un contenu de santé.")
        person, text = told_for(principal), address.strip()
        if channel == "sms":
            text = re.sub(r"[\s.\-]", "", text)
        if text and (channel not in _ADDRESS or not _ADDRESS[channel].fullmatch(text)):
            raise RuleBroken(_WRONG.get(channel, "Ce canal n’existe pas."))
        async with self._database.transaction() as connection:
            if not text:
                await connection.execute(QUERIES["drop_reach"], person, channel)
                return
            key, sealed = self._ring.seal(text.encode(), place_of(person, channel))
            values = (person, channel, key, sealed, clock.now(), principal.user)
            await connection.execute(QUERIES["set_reach"], *values)

    async def relays(self, structures: Sequence[str]) -> Sequence[Row]:
        """Who takes over in structures when nobody there reads what is urgent."""
        async with self._database.write.acquire() as connection:
            return await connection.fetch(QUERIES["relays_of"], list(structures))

    async def set_relay(self, principal: Principal, person: str, *, is_on: bool) -> None:
        """Makes somebody of one's structure its relay, or no more; raises `RuleBroken`."""
        known = (await self._people.named([person])).get(person)
        if is_on and (known is None or known.structure != principal.structure):
            raise RuleBroken("Cette personne ne travaille pas dans votre structure.")
        async with self._database.transaction() as connection:
            if is_on:
                values = (principal.structure, person, clock.now(), principal.user)
                await connection.execute(QUERIES["be_relay"], *values)
            else:
                await connection.execute(QUERIES["end_relay"], principal.structure, person)

    async def _need_entitled(self, principal: Principal, wanted: Wanted) -> None:
        if wanted.structure and wanted.structure != principal.structure:
            raise AccessDenied("a structure's subscriptions are made by its own people")
        if wanted.person and wanted.person not in {principal.user, principal.delegated_by}:
            raise AccessDenied("somebody's subscriptions are made by them, or by who acts for them")
        if wanted.patient and not (await self._rights.opens([(principal, wanted.patient)]))[0]:
            raise RuleBroken(_NOT_YOURS)

    async def _need_reach(self, connection: Connection, person: str, channel: str) -> None:
        if await connection.fetchval(QUERIES["reach_by"], person, channel) is None:
            raise RuleBroken(f"Dites d’abord où vous joindre : {CHANNELS[channel]}.")


def told_for(principal: Principal) -> str:
    """Whose subscriptions somebody sees and makes: of whom they act for, else their own."""
    return principal.delegated_by or principal.user


def _check(wanted: Wanted, now: datetime) -> None:
    if wanted.kind != EVERY and wanted.kind not in KINDS:
        raise RuleBroken("Choisissez un type d’évènement de la liste.")
    if wanted.channel not in CHANNELS:
        raise RuleBroken("Choisissez un canal de la liste.")
    if bool(wanted.person) == bool(wanted.structure):
        raise RuleBroken("Un abonnement est pour une personne ou pour une structure.")
    if wanted.patient and wanted.place:
        raise RuleBroken("Choisissez un patient ou une structure, pas les deux.")
    starts = wanted.starts or now
    if wanted.ends is not None and wanted.ends <= max(starts, now):
        raise RuleBroken("La fin doit venir après le début, et après maintenant.")


def place_of(person: str, channel: str) -> str:
    """What an address is bound to."""
    return f"reach/{person}/{channel}"


def _open(person: str, channel: str, sealed: bytes) -> str:
    return opened(sealed, place_of(person, channel)).decode()
