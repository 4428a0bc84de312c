"""Decisions of a physician, the reflex of a vital call, vehicles and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID, uuid4, uuid5

from cordee.care.regulation.afar import follow_asked, tell_home
from cordee.care.regulation.asking import Afar, ask_home
from cordee.care.regulation.cases import Case, Said, stamp, write_case
from cordee.care.regulation.centres import need_physician
from cordee.care.regulation.decisions import ENDS, KINDS, STATUSES, TOLD_STATUSES, next_statuses
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.pooling import Act, Duty, Pool
from cordee.care.regulation.queue import P0
from cordee.care.regulation.safety import order
from cordee.care.regulation.sealing import Box
from cordee.care.regulation.states import Move, State, moves_of
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken

REFLEX: Final = ("SMUR", "VSAV")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: a code of `KINDS`, words for the case, where to, as `Organization/id`.

    `turn` is the one of a roster under which a case of another centre is decided.
    """

    code: str
    words: str = ""
    place: str = ""
    place_name: str = ""
    turn: Duty | None = None


@dataclass(frozen=True, slots=True)
class Mission:
    """A vehicle that was asked for; `name` is empty while none was free."""

    id: UUID
    case: UUID
    kind: str
    name: str
    status: str
    asked: datetime
    at: datetime
    ended: datetime | None
    is_own: bool = True

    @property
    def following(self) -> tuple[str, ...]:
        """The codes that may come next; none for a vehicle that another centre follows."""
        return next_statuses(self.status) if self.is_own else ()


class Effects(Protocol):
    """What a decision sets off elsewhere: bound in `app`."""

    async def apply(self, principal: Principal, case: Case, decision: Decision) -> None:
        """Makes the person expected, asks a DAC, sends the text; raises what forbids it."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """The centres beside: those whose nights are pooled, those of other installations."""

    pool: Pool
    afar: Afar


class Deciding:
    """Decisions on the cases of an installation."""

    def __init__(self, database: Database, box: Box, effects: Effects, around: Around) -> None:
        """`effects` acts before the decision is stamped, so that none is said and not done."""
        self._pool, self._afar = around.pool, around.afar
        self._database = database
        self._box = box
        self._effects = effects

    async def decide(
        self, principal: Principal, case: Case, decision: Decision, at: datetime
    ) -> None:
        """Stamps a decision and makes what it triggers.

        Raises `AccessDenied` for who is no physician, `RuleBroken` for what is missing.
        """
        need_physician(principal)
        kind = KINDS.get(decision.code)
        check(case, decision)
        if kind is not None and not kind.needs_place:
            decision = replace(decision, place="", place_name="")  # left chosen: nobody goes there
        after = case
        for move in kind.moves if kind else ():
            if move in moves_of(after.state):
                after = after.after(move, at)
            elif move is Move.REGULATE and after.state is not State.UNDER_WAY:
                after = after.after(move, at)  # says why it cannot be
        after = replace(after, decided=after.decided or at)
        await self._effects.apply(principal, case, decision)
        async with self._database.transaction() as connection:
            await write_case(connection, self._box, after)
            content = {"words": decision.words, "place": decision.place_name}
            if decision.turn is not None:
                content |= {"own": decision.turn.own}
                act = Act(case.centre, case.id, "decided", at)
                await self._pool.note(connection, principal, decision.turn, act)
            said = Said(f"decision:{decision.code}", principal.user, at, at, content)
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)
            by = replace(said, content={**content, "by": principal.name})
            await tell_home(connection, self._box, self._afar, after, by)
            if kind is not None and kind.sends_text:
                key = uuid5(case.id, f"text/{case.version}")
                await order(connection, self._box, case, (key, principal.user), at)
            if kind is not None and kind.vehicle:
                await self._ask(connection, principal, after, kind.vehicle, at)

    async def reflex(self, principal: Principal, case: Case, at: datetime) -> Case:
        """Asks for the nearest SMUR and VSAV at once, whatever of the form is still empty. C1.3.

        A reflex pressed twice asks once, unless a vehicle was sent away since.
        """
        after = replace(case, priority=P0)
        if case.state is not State.UNDER_WAY:
            after = after.after(Move.ENGAGE, at)
        async with self._database.transaction() as connection:
            await write_case(connection, self._box, after)
            values = (case.centre, case.id)
            missions = await connection.fetch(QUERIES["missions"], *values)
            known = {row["kind"] for row in missions if row["ended"] is None}
            asked = await connection.fetch(QUERIES["requests_of_case"], *values)
            known |= {row["kind"] for row in asked if row["answer"] == ""}
            said = Said("reflex", principal.user, at, at)
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)
            for kind in REFLEX:
                if kind not in known:
                    await self._ask(connection, principal, case, kind, at)
            if case.call is not None:
                labels = (case.centre, case.call, P0, case.motive, case.told.way)
                await connection.execute(QUERIES["label_call"], *labels)
        return replace(after, version=case.version + 1)

    async def missions(self, centre: str, case: UUID | None = None) -> list[Mission]:
        """The missions of a case, or all that run at a centre; the newest first, 100 at most."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["missions"], centre, case)
        return [
            Mission(
                row["id"], row["case"], row["kind"], row["name"], row["status"], row["asked"],
                row["at"], row["ended"], row["is_own"],
            )
            for row in rows
        ]  # fmt: skip

    async def follow(
        self, agent: str, centre: str, mission: UUID, status: str, told: tuple[datetime, datetime]
    ) -> None:
        """Notes a code of RS-SR of a mission; `told` is when it was true and when it is written.

        Raises `NotFound`, and `RuleBroken` for a code that cannot follow.
        """
        true, at = told
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["mission"], centre, mission)
            if row is None:
                raise NotFound("there is no such mission")
            if status not in next_statuses(row["status"]):
                raise RuleBroken("Cet état ne peut pas suivre celui du véhicule.")
            if true.replace(second=0, microsecond=0) < row["at"].replace(second=0, microsecond=0):
                words = "Cette heure est avant l’état précédent de ce véhicule."
                raise RuleBroken(words, expression=("heure",))
            ended = true if status in ENDS else None
            await connection.execute(QUERIES["move_mission"], centre, mission, status, true, ended)
            if ended is not None:
                await connection.execute(QUERIES["free_vehicle"], centre, row["vehicle"])
            said = Said(f"vehicle:{status}", agent, true, at, {"kind": row["kind"]})
            of = (centre, row["case"])
            await stamp(connection, self._box, centre, (None, row["case"]), said)
            await follow_asked(connection, self._afar, of, said)

    async def _ask(
        self, connection: Connection, principal: Principal, case: Case, kind: str, at: datetime
    ) -> None:
        said = (kind, principal, at)
        if await ask_home(connection, self._box, self._afar, case, said):
            return
        values = (case.centre, kind, case.commune)
        row = await connection.fetchrow(QUERIES["take_vehicle"], *values)
        vehicle = "" if row is None else row["id"]
        asked = (case.centre, uuid4(), case.id, vehicle, kind, at)
        await connection.execute(QUERIES["ask_mission"], *asked)
        content = {"kind": kind, "name": "" if row is None else row["name"]}
        leaves = Said("vehicle:DECLENCHE", principal.user, at, at, content)
        await stamp(connection, self._box, case.centre, (case.call, case.id), leaves)


def check(case: Case, decision: Decision) -> None:
    """Raises `RuleBroken` where a decision lacks what it needs."""
    kind = KINDS.get(decision.code)
    if kind is None:
        raise RuleBroken("Choisissez la décision.", expression=("decision",))
    if kind.needs_words and len(decision.words) < len("3 mots"):
        raise RuleBroken("Écrivez ce qui est dit ou prescrit.", expression=("mots",))
    if kind.needs_patient and not case.told.patient:
        raise RuleBroken("Retrouvez d’abord la personne dans la base.", expression=("decision",))
    if kind.needs_place and not decision.place:
        raise RuleBroken("Choisissez l’établissement.", expression=("lieu",))


def status_words(code: str) -> str:
    """The name of a code of RS-SR."""
    return STATUSES.get(code) or TOLD_STATUSES.get(code, code)
