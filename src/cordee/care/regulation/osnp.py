"""Unscheduled care found for a caller: the médecin traitant first, then a slot. Rule: C1.8."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordee.care.regulation.cases import Case, Said, opened_case, stamp
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.desk import Trail
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.sealing import Box, Row
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import RuleBroken

ATTENDING: Final = {
    "mt-reached": "Médecin traitant joint, il reçoit",
    "mt-absent": "Médecin traitant non joint",
    "mt-refuses": "Médecin traitant joint, il ne peut pas",
    "mt-none": "Pas de médecin traitant",
}
SLOT, TOLD, CANCELLED, FEEDBACK = "slot", "told", "cancelled", "feedback"
MOVED: Final = "moved"
OUTCOMES: Final = {"honoured": "Rendez-vous honoré", "missed": "Rendez-vous non honoré"}
CHANGED: Final = "Un collègue vient de noter une étape de ce dossier : relisez."
_PREFIX: Final = "osnp:"
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """A case whose appointment is being found; `done` are the steps that were taken."""

    case: Case
    done: tuple[str, ...]

    @property
    def step(self) -> int:
        """The step to take, from 1 to 4."""
        return step_of(self.done)

    @property
    def is_cancelled(self) -> bool:
        """Whether the person cancelled what was found, and nothing else was found since."""
        return CANCELLED in self.done and SLOT not in self.done[last_cancelled(self.done) :]


def step_of(done: Sequence[str]) -> int:
    """The step that comes next: the call to the médecin traitant, slot, message, outcome."""
    if not any(one in ATTENDING for one in done):
        return 1
    stands = done[last_cancelled(done) :]
    if SLOT not in stands:
        return 2
    return 4 if TOLD in stands else 3


def last_cancelled(done: Sequence[str]) -> int:
    """Where the steps begin that still stand: after the person cancelled, 0 where they did not."""
    return max((n for n, one in enumerate(done, 1) if one == CANCELLED), default=0)


def check(done: Sequence[str], step: str) -> None:
    """Raises `RuleBroken` for a step out of turn: none comes before the médecin traitant's call."""
    turn = step_of(done)
    if turn == 1 and step not in ATTENDING:
        raise RuleBroken("Appelez d’abord le médecin traitant, et notez sa réponse.")
    known = {1: {*ATTENDING}, 2: {SLOT, *ATTENDING}, 3: {TOLD, SLOT}, 4: {*OUTCOMES}}
    if step not in known[turn]:
        raise RuleBroken("Ce n’est pas l’étape de ce dossier.")


class Osnp:
    """The worklist of the operators of unscheduled care."""

    def __init__(self, database: Database, box: Box, trail: Trail) -> None:
        """`box` opens the cases; `trail` is told of whom they are."""
        self._database = database
        self._box = box
        self._trail = trail

    async def wishes(self, principal: Principal, centre: Centre, at: datetime) -> list[Wish]:
        """What waits, the longest first: 200 of the last seven days at most; in the trail first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["osnp"], centre.id, at - _KEPT)
            found = self._opened(rows)
            patients = {one.case.told.patient for one in found} - {""}
            if patients:
                await self._trail.note(connection, principal, patients, "regulation appointments")
        return found

    async def numbers(self, centre: Centre, cases: Sequence[UUID]) -> dict[UUID, str]:
        """The numbers of cases of a centre, by id."""
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["case_numbers"], centre.id, list(cases))
        return {row["id"]: row["number"] for row in rows}

    def _opened(self, rows: Sequence[Row]) -> list[Wish]:
        return [
            Wish(
                opened_case(self._box, row),
                steps_of(row["kinds"]),
            )
            for row in rows
        ]

    async def take(
        self, principal: Principal, wish: Wish, step: str, words: str, at: datetime
    ) -> None:
        """Stamps a step; raises `RuleBroken` for one out of turn, or a slot without its words."""
        async with self._database.transaction() as connection:
            await self.note(connection, principal, wish, (step, words), at)

    async def note(
        self,
        connection: Connection,
        principal: Principal,
        wish: Wish,
        taken: tuple[str, str],
        at: datetime,
    ) -> None:
        """Stamps a step and its words in the caller's transaction, as `take` does."""
        step, words = taken
        check(wish.done, step)
        if step == SLOT and len(words) < len("lieu"):
            raise RuleBroken("Écrivez avec qui, où et quand.")
        case = wish.case
        content = {"words": words} if words else None
        said = Said(f"{_PREFIX}{step}", principal.user, at, at, content)
        await hold_wish(connection, wish)
        await stamp(connection, self._box, case.centre, (case.call, case.id), said)


async def hold_wish(connection: Connection, wish: Wish) -> None:
    """Nobody else moves this case until the transaction ends.

    Raises `RuleBroken` where a step was noted since it was read.
    """
    case = wish.case
    await connection.execute(QUERIES["hold_case"], case.centre, case.id)
    kinds = await connection.fetchval(QUERIES["osnp_done"], case.centre, case.id)
    if steps_of(kinds or ()) != wish.done:
        raise RuleBroken(CHANGED)


def steps_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """The steps among the kinds of stamps, in their order."""
    return tuple(one.removeprefix(_PREFIX) for one in kinds if one.startswith(_PREFIX))
