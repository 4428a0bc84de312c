"""Two SAMU of two Cordées, each on its own base: all that they know of each other is letters."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordee.app.circles import ring_of
from cordee.app.hub import arrivals_of
from cordee.app.overflow import engine_of, overflow_desk
from cordee.app.regulation import box_of, regulation
from cordee.app.roads import Arrivals, roads
from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.desk import OverflowDesk
from cordee.care.overflow.engine import Engine, Rhythm
from cordee.care.overflow.peers import Peer, Peers
from cordee.care.overflow.register import Conventions, key_of
from cordee.care.overflow.transfers import Actor
from cordee.care.regulation.cases import Case, Told, read_case, sealed_told
from cordee.formats.hub.judging import OwnModel
from cordee.gateways.samu.cases import SharedCases
from cordee.gateways.samu.ledger import Ledger
from cordee.gateways.samu.post import Post
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime import clock
from rewound import Standing
from running import Platform

A, B = "samu-a", "samu-b"
CLIENTS = {A: "fr.health.samuA", B: "fr.health.samuB"}
DOCTOR = Actor("dr.roy", "Dr Sofia Roy")
TERMS = Terms(share=50)
_CENTRE = "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $1, $2, $3)"
_CASE = """
INSERT INTO regulation_case (centre, id, call, number, home, opened, opened_by, state, priority,
  motive, commune, field, content, data_key)
VALUES ($1, $2, $3, $4, $1, $5, 'arm', 'qualified', 'P2', 'M02.07', '56260', 'MU', $6, $7)
"""
_LABEL = "UPDATE regulation_call SET priority = 'P2', motive = 'M02.07' WHERE id = $1"


class NoWire:
    """Letters are carried by hand."""

    async def publish(self, client: str, data: bytes, expires: Any) -> None:
        raise AssertionError("carried by hand")

    async def listen(self, client: str, arrived: Any) -> None:
        raise AssertionError("carried by hand")


@dataclass
class Samu:
    """One SAMU on its own base, with the parts that the application gives it."""

    centre: str
    platform: Platform
    engine: Engine
    desk: OverflowDesk
    register: Conventions
    ledger: Ledger
    post: Post
    arrivals: Arrivals

    @property
    def client(self) -> str:
        return CLIENTS[self.centre]

    async def ring(self, ago: int = 120) -> UUID:
        """A call that waits here for some seconds, sorted P2 with a case."""
        call, case, at = uuid4(), uuid4(), clock.now()
        parts, since = self.platform.parts, at - timedelta(seconds=ago)
        desk, box = regulation(parts).desk, box_of(parts)
        await desk.ring(self.centre, call, {"number": "06 12 34 56 41"}, since)
        told = Told(
            number="06 12 34 56 41", said="Chute, ne peut se lever", commune="Vannes", age="82 ans",
            patient="local-7", answers={"conscience": "oui"},
        )  # fmt: skip
        key, sealed = sealed_told(box, case, told)
        async with parts.database.transaction() as connection:
            number = f"N{call.hex[:9]}"
            values = (self.centre, case, call, number, at, sealed, key)
            await connection.execute(_CASE, *values)
            await connection.execute(_LABEL, call)
        return call

    async def state(self, call: UUID) -> tuple[str, int] | None:
        """The line of a call here: its state and its hops."""
        query = "SELECT state, hops FROM regulation_call WHERE centre = $1 AND id = $2"
        async with self.platform.parts.database.steady.acquire() as connection:
            row = await connection.fetchrow(query, self.centre, call)
        return None if row is None else (row["state"], row["hops"])

    async def answered_and_ended(self, call: UUID) -> None:
        """A physician takes the call, which is over a moment later."""
        desk, who = regulation(self.platform.parts).desk, doctor(self.centre)
        mine = await desk.centres.of(who)
        await desk.answer(who, mine, call, clock.now())
        await self.engine.turn()
        await desk.end_calls(self.centre, [call], who.user, clock.now())

    async def case(self, call: UUID) -> Case:
        """The case of a call here."""
        query = "SELECT id FROM regulation_case WHERE centre = $1 AND call = $2"
        async with self.platform.parts.database.steady.acquire() as connection:
            key = await connection.fetchval(query, self.centre, call)
            found = await read_case(connection, box_of(self.platform.parts), self.centre, key)
        assert found is not None
        return found


@dataclass
class Pair:
    """Two SAMU, and who carries what they write: some letters twice, some late, in any order."""

    a: Samu
    b: Samu
    chance: random.Random = field(default_factory=lambda: random.Random(15))
    loses: float = 0.0

    async def carry(self) -> None:
        for here, there in ((self.a, self.b), (self.b, self.a)):
            due = await here.ledger.lease(here.client)
            self.chance.shuffle(due)
            for one in due:
                if self.chance.random() < self.loses:
                    continue
                queue = "ack" if one.distribution == "Ack" else "message"
                for _time in range(1 + (self.chance.random() < self.loses)):
                    await there.post.arrived(there.client, queue, one.data, "application/json")
                await here.ledger.published(one)
            while await there.post.take_up(there.arrivals.take):
                pass

    async def run(self, turns: int = 6) -> None:
        """What engines and post do in some seconds."""
        for _turn in range(turns):
            await self.a.engine.turn()
            await self.b.engine.turn()
            await self.carry()

    async def agree(self) -> None:
        """A convention that is proposed at A, signed at both ends."""
        number = await self.a.register.propose((A, B), TERMS, 0, DOCTOR, clock.now())
        await self.carry()
        for end in (self.a, self.b):
            await end.register.sign(key_of(A, B), number, end.centre, DOCTOR, clock.now())
            await self.carry()

    async def open(self) -> None:
        """An episode that A asks for and B accepts."""
        await self.a.desk.propose(doctor(A), key_of(A, B), clock.now())
        await self.run(2)
        (run,) = (await self.b.desk.board(doctor(B), clock.now())).running
        await self.b.desk.answer(doctor(B), run.episode.id, accepts=True, at=clock.now())

    async def episode(self) -> str:
        """The only episode between the two."""
        return await self.episode_of(self.b)

    async def episode_of(self, end: Samu) -> str:
        """The only episode that one end knows."""
        (run,) = (await end.desk.board(doctor(end.centre), clock.now())).running
        return run.episode.id

    async def b_forgets(self) -> None:
        """B refuses all letters of A from now on."""
        await Peers(self.b.platform.parts.database).forget(A)
        self._b_anew()

    async def b_knows(self) -> None:
        """B takes letters of A again."""
        peer = Peer(A, CLIENTS[A], "SAMU voisin", "035")
        await Peers(self.b.platform.parts.database).know(peer)
        self._b_anew()

    def _b_anew(self) -> None:
        parts = self.b.platform.parts
        cases = SharedCases(self.b.ledger, box_of(parts), {CLIENTS[B]: B})
        self.b.arrivals = arrivals_of(parts, cases)

    async def moved(self) -> UUID:
        """The call of two that B has, once all letters have come."""
        calls = [await self.a.ring() for _n in range(2)]
        await self.agree()
        await self.open()
        await self.run()
        (call,) = [one for one in calls if await self.b.state(one)]
        return call


def hour() -> datetime:
    return clock.now()  # looked up each time: a test puts it forward


def doctor(centre: str) -> Principal:
    return Principal(
        f"dr.{centre}", "Dr Roy", "Médecin", f"Organization/{centre}", "", (), profession="10",
        functions=frozenset({REGULATION}),
    )  # fmt: skip


@pytest.fixture
async def pair(standing_pair: tuple[Standing, Standing]) -> Pair:
    made = []
    places = (A, B, "056"), (B, A, "035")
    for standing, (centre, other, department) in zip(standing_pair, places, strict=True):
        platform = await standing.bare()
        parts = platform.parts
        await Peers(parts.database).know(Peer(other, CLIENTS[other], "SAMU voisin", "035"))
        async with parts.database.transaction() as connection:
            await connection.execute(_CENTRE, centre, CLIENTS[centre], department)
        floor = regulation(parts).desk
        for number in range(3):
            who = replace(doctor(centre), user=f"{centre}.{number}")
            mine = await floor.centres.of(who)
            await floor.centres.sit(who, mine, clock.now())
        ledger = Ledger(parts.database, lambda parts=parts: ring_of(parts.kernel))
        cases = SharedCases(ledger, box_of(parts), {CLIENTS[centre]: centre})
        engine = engine_of(parts)
        engine.centres, engine.rhythm = [centre], Rhythm(clock=hour)
        made.append(
            Samu(
                centre, platform, engine, overflow_desk(parts),
                Conventions(parts.database, roads(parts)), ledger,
                Post(ledger, NoWire(), OwnModel(), (CLIENTS[centre],)),
                arrivals_of(parts, cases),
            )
        )  # fmt: skip
    return Pair(*made)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Puts the clock of the post forward by seconds."""
    true, ahead = clock.now, [timedelta()]

    def forward(seconds: float) -> None:
        ahead[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(clock, "now", lambda: true() + ahead[0])
    return forward
