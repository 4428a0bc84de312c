"""Requests of persons: filed by the patient or for them, answered within a month. Rule: A6.3.

The month runs from the day on which the request came in and may be prolonged once, by two months,
with a motive given within the first: article 12 of the RGPD. Limitation closes the record to all
but the patient, and nobody writes in it.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

import orjson

from cordee.access.acting import keep_acting
from cordee.access.consulting import own_record
from cordee.access.glasses import need
from cordee.access.identifying import identity_of
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import DPO, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.access.rights")
_MOST: Final = 500
_MONTH, _LONGER = 1, 3
_WHY: Final = "rights request"


class Right(StrEnum):
    """What a person asks for: articles 15 to 21 of the RGPD."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    LIMITATION = "limitation"
    PORTABILITY = "portability"
    OPPOSITION = "opposition"


class Channel(StrEnum):
    """How a request came in."""

    ONLINE = "online"
    LETTER = "letter"
    DESK = "desk"


class Act(StrEnum):
    """What was done about a request."""

    IDENTITY = "identity"
    EXTENDED = "extended"
    LIMITED = "limited"
    LIFTED = "lifted"
    ANSWERED = "answered"
    REFUSED = "refused"
    EXPORTED = "exported"


EXPORTED: Final = frozenset({Right.ACCESS, Right.PORTABILITY})
_ENDS: Final = frozenset({Act.ANSWERED, Act.REFUSED})
_REASONS: Final = {
    "": "Écrivez-le en 10 caractères au moins.",
    "rights_step_once": "C’est déjà fait.",
}


@dataclass(frozen=True, slots=True)
class Done:
    """One step."""

    act: Act
    at: datetime
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """One request with what was done."""

    id: UUID
    at: datetime
    patient: str
    right: Right
    channel: Channel
    said_by: str
    words: str
    steps: tuple[Done, ...]

    def step(self, act: Act) -> Done | None:
        """The last step of a kind."""
        return next((one for one in reversed(self.steps) if one.act is act), None)

    @property
    def ended(self) -> Done | None:
        """The answer or the refusal."""
        return next((one for one in self.steps if one.act in _ENDS), None)

    @property
    def due(self) -> datetime:
        """Until when an answer is owed."""
        return months_after(self.at, _LONGER if self.step(Act.EXTENDED) else _MONTH)

    @property
    def is_limited(self) -> bool:
        """Whether the record is closed by this request now."""
        return bool(self.step(Act.LIMITED)) and not self.step(Act.LIFTED)


def months_after(at: datetime, months: int) -> datetime:
    """The same day so many months later, or the last one of that month."""
    local = at.astimezone(PARIS)
    year, month = divmod(local.month - 1 + months, 12)
    last = calendar.monthrange(local.year + year, month + 1)[1]
    return local.replace(year=local.year + year, month=month + 1, day=min(local.day, last))


class Rights:
    """The requests of one installation."""

    def __init__(self, database: Database, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._keys = keys

    async def mine(self, principal: Principal) -> tuple[RightsRequest, ...]:
        """What the signed-in patient asked for, the newest first."""
        return await self._find(None, own_record(principal))

    async def file(self, principal: Principal, right: Right, words: str, at: datetime) -> UUID:
        """Keeps what the signed-in patient asks for; `RuleBroken` while the same is open.

        Their sign-in proves who they are when it showed two factors.
        """
        patient = own_record(principal)
        for one in await self.mine(principal):
            if one.right is right and one.ended is None:
                raise RuleBroken("Vous avez déjà fait cette demande : elle est en cours.")
        async with self._database.transaction() as connection:
            number = await self._file(
                connection, (at, patient, right, Channel.ONLINE, principal.user, words)
            )
            if principal.level > 1:
                said = (number, at, principal.user, Act.IDENTITY, "Connexion à deux facteurs")
                await connection.execute(QUERIES["step"], *said)
        return number

    async def register(self, principal: Principal) -> tuple[RightsRequest, ...]:
        """All requests, the newest first; for the DPO."""
        need(principal, DPO)
        return await self._find(None, None)

    async def one(self, principal: Principal, number: UUID) -> RightsRequest:
        """One request; for the DPO and for whose it is. Raises `NotFound`."""
        found = await self._find(number, None)
        mine = principal.practitioner
        if not found or (DPO not in principal.functions and mine != f"Patient/{found[0].patient}"):
            raise NotFound("no such request")
        return found[0]

    async def person(
        self, principal: Principal, request: RightsRequest
    ) -> Mapping[str, Any] | None:
        """The Patient of a request for the DPO; traced."""
        need(principal, DPO)
        async with self._database.transaction() as connection:
            return await identity_of(connection, self._keys, principal, request.patient, _WHY)

    async def receive(
        self, principal: Principal, patient: str, asked: tuple[Right, Channel], words: str,
        at: datetime,
    ) -> UUID:  # fmt: skip
        """Keeps a request that came by letter or at the desk; `RuleBroken` without a record."""
        need(principal, DPO)
        async with self._database.transaction() as connection:
            if not await connection.fetchval(QUERIES["known_patient"], patient):
                raise RuleBroken("Aucun dossier ne porte ce numéro.")
            return await self._file(connection, (at, patient, *asked, principal.user, words))

    async def act(
        self, principal: Principal, number: UUID, act: Act, words: str, at: datetime
    ) -> None:
        """Keeps a step of the DPO and does what it says; `RuleBroken` for one out of its turn."""
        need(principal, DPO)
        request = await self.one(principal, number)
        _check(request, act, at)
        async with self._database.transaction() as connection:
            with table_rules(_REASONS):
                await connection.execute(QUERIES["step"], number, at, principal.user, act, words)
            if act in {Act.LIMITED, Act.LIFTED}:
                name = "limit" if act is Act.LIMITED else "lift"
                key = self._keys(f"Patient/{request.patient}")
                await connection.execute(QUERIES[name], key)
                acting = await keep_acting(connection, self._keys, principal)
                said = f"rights {act} {number}"
                await connection.execute(QUERIES["trace"], principal.user, acting, key, said)

    async def _find(self, number: UUID | None, patient: str | None) -> tuple[RightsRequest, ...]:
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["requests"], _MOST, number, patient)
        return tuple(_request(row) for row in rows)

    async def _file(self, connection: Connection, said: tuple[Any, ...]) -> UUID:
        return cast("UUID", await connection.fetchval(QUERIES["file"], *said))


def _check(request: RightsRequest, act: Act, at: datetime) -> None:
    if request.ended and act is not Act.LIFTED:
        raise RuleBroken("Cette demande a déjà sa réponse.")
    if act is Act.EXTENDED and at > request.due:
        raise RuleBroken("Le délai se prolonge dans le premier mois seulement.")
    needs_identity = act in {Act.ANSWERED, Act.LIMITED}
    if needs_identity and not request.step(Act.IDENTITY):
        raise RuleBroken("Vérifiez d’abord l’identité de la personne.")
    if act is Act.LIMITED and request.right not in {Right.LIMITATION, Right.OPPOSITION,
                                                    Right.RECTIFICATION}:  # fmt: skip
        raise RuleBroken("Cette demande ne limite pas le traitement.")
    if act is Act.LIFTED and not request.is_limited:
        raise RuleBroken("Le traitement n’est pas limité.")
    if act is Act.EXPORTED:
        raise RuleBroken("Une réponse se télécharge, elle ne s’écrit pas.")


def _request(row: Mapping[str, Any]) -> RightsRequest:
    steps = tuple(
        Done(Act(kind), datetime.fromisoformat(at), by, words)
        for kind, at, by, words in orjson.loads(row["steps"])
    )
    return RightsRequest(
        row["id"], row["at"], row["patient"], Right(row["kind"]), Channel(row["channel"]),
        row["said_by"], row["words"], steps,
    )  # fmt: skip
