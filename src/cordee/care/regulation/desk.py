"""The floor at work: calls that ring, are answered and missed; cases that are opened and told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from cordee.care.regulation import queue
from cordee.care.regulation.cases import (
    Case,
    Said,
    Stamp,
    Told,
    read_case,
    sealed_told,
    stamp,
    stamps_of,
    write_case,
)
from cordee.care.regulation.centres import Centre, Centres
from cordee.care.regulation.figures import Hour, hours_of
from cordee.care.regulation.floor import QUERIES, Floor, Load
from cordee.care.regulation.ringing import PRO, Named, Rung, joined, named_in, ring
from cordee.care.regulation.sealing import Box, hidden_number
from cordee.care.regulation.states import ENDED, NAMES, Move, State
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

TOLD: Final = "told"
_MOST_CALLS: Final = 200
_MOST_CASES: Final = 100
_WAYS: Final = frozenset({"", "deaf", "interpreter"})


class Trail(Protocol):
    """Where a reading is written before it is sent."""

    async def note(
        self, connection: Connection, principal: Principal, patients: Collection[str], detail: str
    ) -> None:
        """Writes that somebody reads of patients, ids, in one line."""
        ...

    async def identified(self, connection: Connection, principal: Principal, patient: str) -> None:
        """Writes that the identity of a patient was told to somebody."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One call of the queue, as a list shows it: no name and no whole number."""

    id: UUID
    since: datetime
    state: str
    answered: datetime | None
    agent: str
    priority: str
    motive: str
    number: str
    line: str
    way: str
    hops: int
    home: str
    other: str
    case: UUID | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Brief:
    """One open case, as a list shows it."""

    id: UUID
    number: str
    opened: datetime
    state: str
    priority: str
    motive: str
    commune: str
    field: str
    awaiting: datetime | None
    home: str


@dataclass(frozen=True, slots=True)
class View:
    """What a floor shows: its load, calls on the line and waiting, those missed, open cases."""

    load: Load
    calls: Sequence[Line]
    missed: Sequence[queue.Missed]
    cases: Sequence[Brief]
    all_missed: Sequence[Line] = ()


class Desk:
    """The floor of each centre of an installation, for who is of its regulation."""

    def __init__(self, database: Database, box: Box, trail: Trail) -> None:
        """`trail` is told before anything of a patient is given."""
        self._database = database
        self._box = box
        self._trail = trail
        self.centres = Centres(database)
        self.floor = Floor(box)
        self._communes: Mapping[str, str] = {}

    async def view(self, centre: Centre, at: datetime) -> View:
        """The floor of a centre; 200 calls and 100 cases at most."""
        async with self._database.write.acquire() as connection:
            load = await self.floor.load(connection, centre.id, at)
            calls = await connection.fetch(QUERIES["queue"], centre.id, _MOST_CALLS)
            cases = await connection.fetch(QUERIES["cases"], centre.id, _MOST_CASES)
        lines = [self._line(row) for row in calls]
        missed = [one for one in lines if one.state == "abandoned"]
        shown = [one for one in lines if one.state != "abandoned"]
        return View(
            load,
            sorted(shown, key=lambda one: queue.order(one.priority, one.since)),
            queue.grouped((one.digest, str(one.id), one.since) for one in missed),
            [
                Brief(
                    row["id"], row["number"], row["opened"], row["state"], row["priority"],
                    row["motive"], row["commune"], row["field"], row["awaiting"], row["home"],
                )
                for row in cases
            ],
            missed,
        )  # fmt: skip

    async def ring(
        self, centre: str, call: UUID, content: Mapping[str, Any], at: datetime, *, line: str = "15"
    ) -> None:
        """Puts a call that rings at the end of a queue; said twice, it is one.

        It joins a call that a professional made from a record within a quarter of an hour, where
        it rings from the number that they gave.
        """
        async with self._database.transaction() as connection:
            rung = Rung(at, line, content)
            before = await joined(connection, self._box, centre, rung)
            await ring(connection, self._box, centre, call, before or rung)

    async def ring_from_record(
        self, centre: str, call: UUID, content: Mapping[str, Any], named: Named, at: datetime
    ) -> None:
        """Puts a call in a queue that somebody makes from a record."""
        async with self._database.transaction() as connection:
            await ring(connection, self._box, centre, call, Rung(at, PRO, content, named))

    async def end_calls(
        self, centre: str, calls: Collection[UUID], agent: str, at: datetime
    ) -> None:
        """Ends calls: one that nobody took is missed; said twice, it is still to call back."""
        ends = (("waiting", "abandoned"), ("answered", "ended"))
        await self._end(centre, calls, agent, at, ends)

    async def call_back(
        self, centre: str, calls: Collection[UUID], agent: str, at: datetime
    ) -> None:
        """Notes that missed calls were called back; one that somebody is on is left alone."""
        await self._end(centre, calls, agent, at, (("abandoned", "called-back"),))

    async def answer(self, principal: Principal, centre: Centre, call: UUID, at: datetime) -> UUID:
        """Takes a call and opens its case, whose id is given; the present one where it has one.

        Raises `NotFound`, and `Conflict` where somebody else has taken it.
        """
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["answer"], centre.id, call, at, principal.user)
            if row is None:
                return await self._taken(connection, principal, centre, call)
            said = Said("answer", principal.user, at, at)
            await stamp(connection, self._box, centre.id, (call, None), said)
            known = await connection.fetchrow(QUERIES["case_of_call"], centre.id, call)
            if known is not None:
                return known["id"]
            content = self._box.open("call", str(call), row["content"])
            named = await named_in(connection, self._box, row["home"], call)
            told = Told(
                number=str(content.get("number", "")), caller=str(content.get("name", "")),
                said=str(content.get("said", "")), address=str(content.get("address", "")),
                commune=str(content.get("commune", "")), way=row["way"],
                patient=named.patient if named else "",
            )  # fmt: skip
            case = await self._open(connection, principal, centre, told, (call, uuid4(), at))
            missed = [call] if row["ended"] is not None else []
            if missed:
                await stamp(
                    connection, self._box, centre.id, (call, case),
                    Said("called-back", principal.user, at, at),
                )  # fmt: skip
            return case

    async def open(self, principal: Principal, centre: Centre, case: UUID, at: datetime) -> UUID:
        """Opens a case without a call, by the number of its form: sent twice, it is one."""
        async with self._database.transaction() as connection:
            return await self._open(connection, principal, centre, Told(), (None, case, at))

    async def case(
        self, principal: Principal, centre: Centre, case: UUID
    ) -> tuple[Case, list[Stamp]]:
        """A case of the centre with its stamps; a reading with a patient is in the trail first.

        Raises `NotFound` for a case of another centre.
        """
        async with self._database.transaction() as connection:
            found = await read_case(connection, self._box, centre.id, case)
            if found is None:
                raise NotFound("there is no such case")
            if found.told.patient:
                detail = f"regulation case {found.id}"
                await self._trail.note(connection, principal, [found.told.patient], detail)
            return found, await stamps_of(connection, self._box, centre.id, case, found.call)

    async def save(self, principal: Principal, case: Case, at: datetime, *moves: Move) -> Case:
        """Writes what was told of a case as it was read, and makes moves of the machine.

        Raises `Conflict` where somebody wrote since, `RuleBroken` for what cannot be.
        """
        check(case)
        if case.state in ENDED or case.state is State.TRANSFERRED:
            words = f"Ce dossier est « {NAMES[case.state]} » : il ne s’écrit plus."
            raise RuleBroken(words, expression=("geste",))
        after = case
        for move in moves:
            after = after.after(move, at)
        async with self._database.transaction() as connection:
            await write_case(connection, self._box, after)
            for move in moves or (TOLD,):
                said = Said(move, principal.user, at, at)
                await stamp(connection, self._box, case.centre, (case.call, case.id), said)
            if case.call is not None:
                values = (case.centre, case.call, case.priority, case.motive, case.told.way)
                await connection.execute(QUERIES["label_call"], *values)
        return replace(after, version=after.version + 1)

    async def tie(self, principal: Principal, case: Case, at: datetime) -> None:
        """Ties a person to a case as it was read; in the trail with the stamp.

        Raises `Conflict` where somebody wrote since, `RuleBroken` in training.
        """
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["is_training"], case.centre):
                raise RuleBroken("En formation, aucune personne n’est rattachée à un dossier.")
            await write_case(connection, self._box, case)
            await self._trail.note(
                connection, principal, [case.told.patient], f"regulation case {case.id}"
            )
            said = Said("patient", principal.user, at, at)
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)

    async def named(self, case: Case) -> str:
        """The patient whom a professional of this installation named in the call of a case."""
        if case.call is None:
            return ""
        async with self._database.write.acquire() as connection:
            found = await named_in(connection, self._box, case.home, case.call)
        return found.patient if found else ""

    async def identified(self, principal: Principal, patient: str) -> None:
        """Leaves the line of an identity that a professional told in a call, as a search does."""
        async with self._database.write.acquire() as connection:
            await self._trail.identified(connection, principal, patient)

    async def correct(
        self, principal: Principal, case: Case, number: int, told: datetime, at: datetime
    ) -> None:
        """Adds the true time of a stamp, which itself stays; raises `RuleBroken` for the future."""
        if told > at:
            raise RuleBroken("Une heure vraie n’est pas dans l’avenir.", expression=("heure",))
        async with self._database.transaction() as connection:
            values = (case.centre, case.id, number)
            if await connection.fetchrow(QUERIES["event"], *values) is None:
                raise NotFound("there is no such stamp")
            said = Said("correction", principal.user, told, at, corrects=number)
            await stamp(connection, self._box, case.centre, (case.call, case.id), said)

    async def hours(self, centre: Centre, first: datetime, last: datetime) -> list[Hour]:
        """The figures of a centre by hour."""
        return await hours_of(self._database, centre, first, last)

    async def communes(self, text: str) -> list[tuple[str, str, str]]:
        """Communes whose name or postal code begins so: INSEE code, name, postal code; 12."""
        plain = queue.plain_name(text)
        if not plain:
            return []
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["communes"], plain)
        return [(row["code"], row["name"], row["postal"]) for row in rows]

    async def all_communes(self) -> Mapping[str, str]:
        """The names of the communes of the floor by INSEE code; 2,000 at most, read once."""
        if not self._communes:
            async with self._database.steady.acquire() as connection:
                rows = await connection.fetch(QUERIES["all_communes"])
            self._communes = {row["code"]: row["name"] for row in rows}
        return self._communes

    async def _end(
        self, centre: str, calls: Collection[UUID], agent: str, at: datetime,
        ends: Sequence[tuple[str, str]],
    ) -> None:  # fmt: skip
        async with self._database.transaction() as connection:
            for source, state in ends:
                values = (centre, list(calls), at, state, [source])
                for row in await connection.fetch(QUERIES["end_call"], *values):
                    said = Said(state, agent, at, at)
                    await stamp(connection, self._box, centre, (row["id"], None), said)

    async def _open(
        self, connection: Connection, principal: Principal, centre: Centre, told: Told,
        of: tuple[UUID | None, UUID, datetime],
    ) -> UUID:  # fmt: skip
        call, case, at = of
        day = at.astimezone(PARIS)
        last = int(await connection.fetchval(QUERIES["next_number"], centre.id, day.date()) or 0)
        number = queue.case_number(centre.hub, centre.department, day, last)
        key, sealed = sealed_told(self._box, case, told)
        values = (centre.id, case, call, number, at, principal.user, "", "", False, sealed, key)
        if await connection.fetchval(QUERIES["open_case"], *values) is not None:
            said = Said("open", principal.user, at, at)
            await stamp(connection, self._box, centre.id, (call, case), said)
        return case

    async def _taken(
        self, connection: Connection, principal: Principal, centre: Centre, call: UUID
    ) -> UUID:
        row = await connection.fetchrow(QUERIES["call"], centre.id, call)
        if row is None:
            raise NotFound("there is no such call")
        known = await connection.fetchrow(QUERIES["case_of_call"], centre.id, call)
        if known is not None and row["agent"] == principal.user:
            return known["id"]
        raise Conflict("Cet appel vient d’être pris ailleurs.")

    def _line(self, row: Any) -> Line:
        content = self._box.open("call", str(row["id"]), row["content"])
        number = hidden_number(str(content.get("number", "")))
        names = (
            "line", "way", "hops", "home", "other", "case", "digest",
        )  # fmt: skip
        return Line(
            row["id"], row["since"], row["state"], row["answered"], row["agent"], row["priority"],
            row["motive"], number, *(row[name] for name in names),
        )  # fmt: skip


def check(case: Case) -> None:
    """Raises `RuleBroken` for what cannot be in a case."""
    if case.priority and case.priority not in queue.PRIORITIES:
        raise RuleBroken("Choisissez la priorité, de P0 à P3.", expression=("priorite",))
    if case.told.way not in _WAYS:
        raise RuleBroken("Choisissez comment parler à cette personne.", expression=("acces",))
