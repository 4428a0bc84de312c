"""An appeal to volunteers where no slot was found: rounds, the first who accepts. Rule: C3.4.

Commune, speciality and latest start are told, nothing of a person. A round lasts ten minutes, then
the radius widens. The key of `market_acceptance` lets one in, however many accept. Decision 0087.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.market.equity import LATELY, Candidate, Past, rotated
from cordee.care.market.volunteers import (
    QUERIES,
    SPECIALITIES,
    need_physician,
    read_hours,
    starts,
)
from cordee.care.notifications.outbox import Event, tell
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.osnp import SLOT, Osnp, Wish
from cordee.care.unscheduled.holds import Chosen, hold, move
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

VENDOR: Final = "place-de-marche"
"""What `slot_hold` calls it: an accepted offer is booked and followed as any other slot."""
ROUND: Final = timedelta(minutes=10)
RADII_KM: Final = (10, 25, 50)
AT_ONCE: Final = 6
"""How many are asked in a round, in the order of equity."""
DELAYS: Final = (4, 12, 24, 48)
TAKEN: Final = "Pris par un confrère : merci d’avoir répondu."
PATH: Final = "/place-de-marche"
_KEPT: Final = timedelta(days=7)
CONFIRMED: Final = "Le rendez-vous est confirmé : appelez le 15 pour l’annuler."
BUSY: Final = "Vous avez déjà accepté un patient à cette heure : choisissez-en une autre."
_GONE: Final = "Cet appel n’est plus ouvert."
_SLOT_STEP: Final = 2


@dataclass(frozen=True, slots=True)
class Asking:
    """What is broadcast for a case: a commune (INSEE), a speciality, within how many hours."""

    case: UUID
    commune: str
    speciality: str
    hours: int


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as its centre sees it; `winner` and `starts` once somebody accepted."""

    id: UUID
    centre: str
    case: UUID
    number: str | None
    commune: str
    speciality: str
    until: datetime
    started: datetime
    round: int
    round_since: datetime
    state: str
    practitioner: str | None
    winner: str | None
    starts: datetime | None
    asked: int
    declined: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """An appeal as a volunteer sees it; `state`: open, mine, confirmed, taken, declined, ended."""

    appeal: UUID
    commune: str
    speciality: str
    until: datetime
    at: datetime
    km: float
    state: str
    starts: datetime | None


class Market:
    """The appeals of one installation."""

    def __init__(self, database: Database) -> None:
        """`database` holds them."""
        self._database = database

    async def start(
        self, principal: Principal, centre: Centre, key: UUID, asking: Asking, at: datetime
    ) -> None:
        """Begins an appeal with its first round; the same form again is one.

        Raises `RuleBroken` for what cannot be, `Conflict` where the case has one under way.
        """
        if asking.speciality not in SPECIALITIES:
            raise RuleBroken("Choisissez une spécialité de la liste.", expression=("specialite",))
        if asking.hours not in DELAYS:
            raise RuleBroken("Choisissez un délai de la liste.", expression=("delai",))
        if not asking.commune:
            raise RuleBroken("Donnez d’abord la commune du dossier.", expression=("dossier",))
        until = at + timedelta(hours=asking.hours)
        values = (centre.id, asking.case, asking.commune, asking.speciality, until, at)
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["start"], key, *values, principal.user) is None:
                if await connection.fetchval(QUERIES["known"], key, centre.id, asking.case):
                    return
                raise Conflict("Un appel est déjà en cours pour ce dossier.")
            await _ask(connection, _Due(key, asking.commune, asking.speciality, until, 1), at)

    async def turn(self, at: datetime) -> int:
        """Widens the appeals whose ten minutes are over, ends those that are widest; how many."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due"], at - ROUND)
            for row in rows:
                due = _Due(
                    row["id"], row["commune"], row["speciality"], row["until"], row["round"] + 1
                )
                if due.round > len(RADII_KM) or due.until <= at:
                    await connection.fetchval(QUERIES["state"], due.id, ["open"], "ended", at)
                else:
                    await _ask(connection, due, at)
        return len(rows)

    async def accept(self, principal: Principal, key: UUID, begins: datetime, at: datetime) -> None:
        """Takes an appeal for who was asked; raises `Conflict` where somebody was quicker.

        Pressed twice by the one who has it, it is once. `NotFound` for who was not asked,
        `RuleBroken` where they hold another appeal less than half an hour away.
        """
        need_physician(principal)
        own = await self._own(principal, key, at)
        if own.state in {"mine", "confirmed"}:
            return
        if own.state != "open":
            raise Conflict(TAKEN if own.state == "taken" else _GONE)
        if not at < begins <= own.until:
            raise RuleBroken("Choisissez une heure de la liste.", expression=("heure",))
        who = principal.practitioner
        async with self._database.transaction() as connection:
            await _need_free(connection, key, who, begins)
            if await connection.fetchval(QUERIES["accept"], key, who, begins, at) is None:
                if await connection.fetchval(QUERIES["winner"], key) == who:
                    return
                raise Conflict(TAKEN)
            if await connection.fetchval(QUERIES["state"], key, ["open"], "accepted", at) is None:
                raise Conflict(_GONE)
            for row in await connection.fetch(QUERIES["asked"], key, who):
                await _tell(connection, "unscheduled-taken", key, row["practitioner"], at)

    async def decline(self, principal: Principal, key: UUID, at: datetime) -> None:
        """Says that somebody cannot; said twice, it is once.

        Who had accepted gives the appeal back: it is open again, who was asked is told, and others
        are asked. Raises `RuleBroken` once the centre has confirmed.
        """
        need_physician(principal)
        await self._own(principal, key, at)
        who = principal.practitioner
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["reopen"], key, who, at)
            if row is None and await connection.fetchval(QUERIES["winner"], key) == who:
                raise RuleBroken(CONFIRMED, expression=("heure",))
            await connection.fetchval(QUERIES["decline"], key, who, at)
            if row is not None:
                await connection.execute(QUERIES["give_back"], key, who, at)
                for one in await connection.fetch(QUERIES["asked"], key, who):
                    await _tell(connection, "unscheduled-call", key, one["practitioner"], at)
                await _ask(connection, _Due(*row), at)

    async def proposals(self, principal: Principal, at: datetime) -> list[Proposal]:
        """What was proposed to who asks in seven days, the newest first; 50 at most."""
        need_physician(principal)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["proposals"], principal.practitioner, at - _KEPT)
        return [
            Proposal(
                row["appeal"], row["commune"], row["speciality"], row["until"], row["at"],
                row["km"], _state(row, principal.practitioner, at), row["starts"],
            )
            for row in rows
        ]  # fmt: skip

    async def appeals(self, centre: Centre, at: datetime) -> list[Appeal]:
        """The appeals of a centre in seven days, the newest first; 200 at most."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["appeals"], centre.id, at - _KEPT)
        names = [one.name for one in fields(Appeal)]
        return [Appeal(**{name: row[name] for name in names}) for row in rows]

    async def accepted(self, centre: Centre, at: datetime) -> list[Appeal]:
        """The offers that wait for the confirmation of a centre: what its worklist shows."""
        return [one for one in await self.appeals(centre, at) if one.state == "accepted"]

    async def confirm(
        self, principal: Principal, osnp: Osnp, wish: Wish, appeal: Appeal, at: datetime
    ) -> None:
        """Books an accepted offer and notes it on the case's worklist, all or nothing.

        Raises `Conflict` where it has moved since, `RuleBroken` where the case awaits another step.
        """
        if appeal.starts is None or appeal.state != "accepted" or appeal.case != wish.case.id:
            raise Conflict("Cette offre a changé : relisez-la.")
        chosen = Chosen(
            VENDOR, str(appeal.id), appeal.starts, appeal.centre, appeal.case,
            appeal.winner or "", appeal.commune,
        )  # fmt: skip
        async with self._database.transaction() as connection:
            states = (["accepted"], "confirmed", at)
            if await connection.fetchval(QUERIES["state"], appeal.id, *states) is None:
                raise Conflict("Cette offre a changé : relisez-la.")
            await hold(connection, appeal.id, chosen, principal.user)
            await move(connection, appeal.id, appeal.centre, "book", principal.user)
            words = f"{appeal.winner}, {appeal.commune}"
            await osnp.note(connection, principal, wish, (SLOT, words), at)
            await _tell(
                connection, "unscheduled-confirmed", appeal.id, appeal.practitioner or "", at
            )

    async def withdraw(self, appeal: Appeal, at: datetime) -> None:
        """Ends an appeal that is not needed any more; an offer that was accepted is let go."""
        async with self._database.transaction() as connection:
            before = ["open", "accepted"]
            state = await connection.fetchval(QUERIES["state"], appeal.id, before, "withdrawn", at)
            if state is None:
                raise Conflict(_GONE)
            if appeal.practitioner:
                await _tell(connection, "unscheduled-over", appeal.id, appeal.practitioner, at)

    async def _own(self, principal: Principal, key: UUID, at: datetime) -> Proposal:
        found = await self.proposals(principal, at)
        own = next((one for one in found if one.appeal == key), None)
        if own is None:
            raise NotFound("there is no such proposal")
        return own


def check_ready(wish: Wish | None) -> Wish:
    """The wish of a case for which volunteers may be asked; raises `RuleBroken` before its turn."""
    if wish is None:
        raise RuleBroken("Choisissez un dossier de la liste.", expression=("dossier",))
    if wish.step != _SLOT_STEP:
        raise RuleBroken(
            "Appelez d’abord le médecin traitant, et notez sa réponse.", expression=("dossier",)
        )
    return wish


@dataclass(frozen=True, slots=True)
class _Due:
    """An appeal, with the round to begin."""

    id: UUID
    commune: str
    speciality: str
    until: datetime
    round: int


async def _ask(connection: Connection, due: _Due, at: datetime) -> None:
    """Asks the volunteers of a round, or of the next one with somebody new; who was asked waits."""
    found: Sequence[Candidate] = ()
    reached = due.round
    for reached in range(due.round, len(RADII_KM) + 1):
        values = (due.id, due.commune, due.speciality, float(RADII_KM[reached - 1]), at - LATELY)
        rows = await connection.fetch(QUERIES["candidates"], *values)
        past = {row["practitioner"]: Past(row["served"], row["last"]) for row in rows}
        found = rotated([one for row in rows if (one := _candidate(row, due, at))], past)[:AT_ONCE]
        if found:
            break
    else:
        reached = due.round
    await connection.execute(QUERIES["round"], due.id, reached, at)
    for rank, one in enumerate(found, 1):
        await connection.execute(QUERIES["propose"], due.id, one.key, reached, rank, one.km, at)
        await _tell(connection, "unscheduled-call", due.id, one.key, at)


async def _need_free(connection: Connection, key: UUID, who: str, begins: datetime) -> None:
    """Lets one acceptance of a volunteer in at a time; raises `RuleBroken` where they are taken."""
    await connection.execute(QUERIES["lock_volunteer"], who)
    if await connection.fetchval(QUERIES["busy"], key, who, begins) is not None:
        raise RuleBroken(BUSY, expression=("heure",))


def _candidate(row: Any, due: _Due, at: datetime) -> Candidate | None:
    """A volunteer whose hours meet the wish; None for another."""
    possible = starts(read_hours(row["hours"]), at, due.until)
    return Candidate(row["practitioner"], possible[0] - at, row["km"]) if possible else None


async def _tell(
    connection: Connection, kind: str, appeal: UUID, practitioner: str, at: datetime
) -> None:
    source = f"market:{kind}:{appeal}:{practitioner}:{at.isoformat()}"
    await tell(connection, Event(kind, at, source, to=(practitioner,), detail={"path": PATH}))


def _state(row: Any, practitioner: str, at: datetime) -> str:
    state = row["state"]
    if row["winner"] is not None and state != "withdrawn":
        if row["winner"] != practitioner:
            return "taken"
        return "confirmed" if state == "confirmed" else "mine"
    if state == "open" and row["until"] > at:
        return "declined" if row["declined"] else "open"
    return "declined" if row["declined"] else "ended"
