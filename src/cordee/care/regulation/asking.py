"""A vehicle asked of the home centre of a call: the neighbour regulates, the means stay at home.

Rule: C2.6: accepted or refused; without an answer after sixty seconds, somebody telephones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

from cordee.care.regulation.cases import Case, Said, stamp
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.sealing import Box, Row
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

PATIENCE: Final = timedelta(seconds=60)
REASONS: Final[Mapping[str, str]] = {
    "none-free": "Aucun moyen libre",
    "other-vital": "Moyen gardé pour une urgence vitale en cours",
    "other-answer": "Un autre moyen convient mieux : appelez-nous",
}
VEHICLES: Final = frozenset({"SMUR", "VSAV", "AMBULANCE"})
"""What one centre may ask of another."""
KEPT: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Asked:
    """A vehicle that one centre asked of another; `answer` is "", `accepted` or `refused`."""

    id: UUID
    home: str
    asker: str
    case: UUID
    kind: str
    priority: str
    motive: str
    commune: str
    asked: datetime
    asked_by: str
    answer: str
    answered: datetime | None
    answered_by: str
    reason: str
    vehicle: str

    def is_late(self, at: datetime) -> bool:
        """Whether nobody has answered for sixty seconds: then somebody telephones."""
        return not self.answer and at - self.asked >= PATIENCE


COLUMNS: Final = tuple(Asked.__dataclass_fields__)


class Afar(Protocol):
    """The centres of other installations, in the transaction of what is said to them."""

    async def names(self) -> Mapping[str, str]:
        """The names of those centres, by their ids."""
        ...

    async def ask(self, connection: Connection, one: Asked, call: UUID | None) -> bool:
        """Asks the home centre of a call for a vehicle; False where nothing reaches it."""
        ...

    async def answer(self, connection: Connection, one: Asked) -> None:
        """Says to who asked what was answered."""
        ...

    async def tell(self, connection: Connection, case: Case, said: Said) -> None:
        """Says to the home centre what was decided for its call."""
        ...

    async def follow(self, connection: Connection, one: Asked, said: Said) -> None:
        """Says to who asked where the vehicle is that it was given."""
        ...


class Requests:
    """The vehicles that centres of one installation ask of each other."""

    def __init__(self, database: Database, box: Box, afar: Afar) -> None:
        """`box` seals the stamps; `afar` carries answers to other installations."""
        self._database, self._box, self._afar = database, box, afar

    async def names_afar(self) -> Mapping[str, str]:
        """The names of the centres of other installations, by their ids."""
        return await self._afar.names()

    async def of_centre(self, centre: Centre, at: datetime) -> list[Asked]:
        """What a centre was asked and has asked in the last twelve hours; open ones first."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["requests_of"], centre.id, at - KEPT)
        return _read(rows)

    async def of_case(self, centre: Centre, case: UUID) -> list[Asked]:
        """What was asked for a case, the newest first."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["requests_of_case"], centre.id, case)
        return _read(rows)

    async def answer(
        self, principal: Principal, centre: Centre, request: UUID, reason: str, at: datetime
    ) -> None:
        """Accepts (an empty reason) and sends the nearest free vehicle, or refuses.

        Raises `NotFound`, `Conflict` where a colleague was quicker, `RuleBroken` where no vehicle
        of the kind is free: that is said to the neighbour by refusing.
        """
        if reason and reason not in REASONS:
            raise RuleBroken("Dites pourquoi le moyen est refusé.", expression=("motif",))
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["request"], request, centre.id)
            if row is None:
                raise NotFound("there is no such request")
            if row["answer"]:
                raise Conflict("Un collègue vient de répondre à cette demande.")
            one = _read([row])[0]
            name = "" if reason else await self._send(connection, principal, one, at)
            said = "refused" if reason else "accepted"
            values = (request, said, at, principal.name, reason, name)
            await connection.execute(QUERIES["answer_request"], *values)
            content = {"kind": one.kind, "name": name, "words": REASONS.get(reason, "")}
            told = Said(f"request:{said}", principal.user, at, at, content)
            await stamp(connection, self._box, one.home, (None, one.case), told)
            if row["is_here"]:
                await stamp(connection, self._box, one.asker, (None, one.case), told)
            else:
                answered = replace(
                    one, answer=said, answered=at, answered_by=principal.name, reason=reason,
                    vehicle=name,
                )  # fmt: skip
                await self._afar.answer(connection, answered)

    async def _send(
        self, connection: Connection, principal: Principal, one: Asked, at: datetime
    ) -> str:
        """The name of the vehicle that goes."""
        taken = await connection.fetchrow(QUERIES["take_vehicle"], one.home, one.kind, one.commune)
        if taken is None:
            words = "Aucun moyen de cette sorte n’est libre : refusez, le voisin téléphonera."
            raise RuleBroken(words, expression=("motif",))
        asked = (one.home, uuid4(), one.case, taken["id"], one.kind, at)
        await connection.execute(QUERIES["ask_mission"], *asked)
        content = {"kind": one.kind, "name": taken["name"]}
        said = Said("vehicle:DECLENCHE", principal.user, at, at, content)
        await stamp(connection, self._box, one.home, (None, one.case), said)
        return str(taken["name"])


async def ask_home(
    connection: Connection, box: Box, afar: Afar, case: Case, said: tuple[str, Principal, datetime]
) -> bool:
    """Asks the home centre of a case for a vehicle, which gets the case as it is told now.

    False for a case of one's own, and for one whose home nothing reaches: that is stamped.
    """
    kind, principal, at = said
    if case.home == case.centre:
        return False
    is_here = await connection.fetchval(QUERIES["give_home"], case.centre, case.home, case.id)
    one = Asked(
        uuid4(), case.home, case.centre, case.id, kind, case.priority, case.motive, case.commune,
        at, principal.name, "", None, "", "", "",
    )  # fmt: skip
    ends = (case.centre, case.home) if is_here else (case.centre,)
    if not is_here and not await afar.ask(connection, one, case.call):
        missed = Said("request:unreachable", principal.user, at, at, {"kind": kind})
        await stamp(connection, box, case.centre, (None, case.id), missed)
        return False
    values = (
        one.id, one.home, one.asker, one.case, kind, one.priority, one.motive, one.commune, at,
        one.asked_by,
    )  # fmt: skip
    await connection.execute(QUERIES["ask_home"], *values)
    told = Said("request:asked", principal.user, at, at, {"kind": kind})
    for end in ends:
        await stamp(connection, box, end, (None, case.id), told)
    return True


def _read(rows: Sequence[Row]) -> list[Asked]:
    return [Asked(*(row[name] for name in COLUMNS)) for row in rows]
