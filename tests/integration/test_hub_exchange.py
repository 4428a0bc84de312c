"""Two Cordées exchange cases through a Hub on a real broker that loses, doubles, refuses, expires."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from cordee.app.circles import ring_of
from cordee.app.hub import keep_posted
from cordee.formats.hub.envelope import Addressing, Envelope, hub_time, read
from cordee.formats.hub.judging import OwnModel
from cordee.formats.hub.ownership import Heard, heard, standing
from cordee.gateways.samu.emulator import Emulator, Failure
from cordee.gateways.samu.ledger import LIFE, TO_REPAIR, Ledger, Line, new_number
from cordee.gateways.samu.post import Post
from cordee.gateways.samu.wire import Broker, Wire
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, RuleBroken, Unavailable
from cordee.runtime.settings import Hub
from rabbits import Rabbit, rabbit
from running import Ground, Platform, platform_on

A, B, C = "fr.health.samuA", "fr.health.samuB", "fr.health.samuC"
REFUSED = "fr.health.samuA.REFUSE"
FELL = "fr.health.samuA.TOMBE"


@dataclass
class Side:
    """One Cordée at the Hub: its base, its post, and what it took up."""

    name: str
    platform: Platform
    ledger: Ledger
    post: Post
    wire: Wire
    taken: list[Heard] = field(default_factory=list)

    async def take(self, connection: Connection, client: str, envelope: Envelope) -> str:
        told = heard(envelope)
        assert told is not None
        assert client == self.name
        if told.body["caseId"] == FELL:
            await connection.execute("SELECT 1 / 0")
        if told.body["caseId"] == REFUSED:
            raise RuleBroken("Dossier refusé.")
        self.taken.append(told)
        return ""

    async def send(
        self, to: str, kind: str, body: dict[str, Any], life: timedelta = LIFE
    ) -> Envelope:
        now = clock.now()
        told = Addressing(new_number(self.name), self.name, to, now, now + life)
        async with self.ledger.database.transaction() as connection:
            return await self.ledger.send(connection, told, kind, body)

    async def lines(self, number: str) -> list[Line]:
        states = ("waiting", "sent", "acknowledged", "again", "received", "taken", *TO_REPAIR)
        return [one for one in await self.ledger.listed(states, most=500) if one.number == number]

    async def line(self, number: str) -> Line:
        (found,) = await self.lines(number)
        return found

    async def state(self, number: str, *wanted: str) -> Line:
        async def there() -> bool:
            return [one.state in wanted for one in await self.lines(number)] == [True]

        await until(there)
        return await self.line(number)


@dataclass
class Exchange:
    a: Side
    b: Side
    hub: Emulator
    broker: Rabbit


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def broker() -> Iterator[Rabbit]:
    with rabbit(A, B, C) as running:
        yield running


@pytest.fixture(scope="module")
async def exchange(ground: Ground, broker: Rabbit) -> AsyncIterator[Exchange]:
    async with contextlib.AsyncExitStack() as held:
        hub = Emulator(broker.owner, (A, B, C), OwnModel())
        await hub.start()
        held.push_async_callback(hub.stop)
        sides = []
        for name in (A, B):
            platform = await held.enter_async_context(platform_on(ground))
            kernel = platform.parts.kernel
            ledger = Ledger(platform.parts.database, lambda kernel=kernel: ring_of(kernel))
            wire = Wire(Broker(broker.url, *broker.certificate(name), broker.authority))
            held.push_async_callback(wire.close)
            side = Side(name, platform, ledger, Post(ledger, wire, OwnModel(), (name,)), wire)
            task = asyncio.create_task(side.post.run(side.take))
            held.push_async_callback(_ended, task)
            sides.append(side)
        yield Exchange(sides[0], sides[1], hub, broker)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Puts the clock of everybody forward by seconds."""
    true, ahead = clock.now, [timedelta()]

    def now() -> datetime:
        return true() + ahead[0]

    def forward(seconds: float) -> None:
        ahead[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(clock, "now", now)
    return forward


def case(number: str, owner: str = A) -> dict[str, Any]:
    return {
        "caseId": number,
        "creation": hub_time(clock.now()),
        "qualification": {"healthMotive": {"code": "M02.07", "label": "Traumatisme sérieux"}},
        "location": {"freetext": "Au fond du jardin"},
        "owner": owner,
    }


@pytest.mark.requirement("C2.7")
@pytest.mark.requirement("C2.6")
async def test_a_case_changes_its_owner_between_two_cordees(exchange: Exchange) -> None:
    a, b, number = exchange.a, exchange.b, f"{A}.DOSSIER1"

    shared = await a.send(B, "RS-EDA", case(number))
    await a.state(shared.number, "acknowledged")
    await b.state(shared.number, "taken")
    takeover = await b.send(A, "RS-EDA-MAJ", {"caseId": number, "owner": B})
    await b.state(takeover.number, "acknowledged")
    await a.state(takeover.number, "taken")
    request = {
        "requestId": f"{B}.request.1", "datetime": hub_time(clock.now()), "purpose": "SMUR"
    }  # fmt: skip
    asked = await b.send(A, "RS-DR", {"caseId": number, "request": request})
    await a.state(asked.number, "taken")
    response = {"datetime": hub_time(clock.now()), "answer": "ACCEPTEE"}
    answer = await a.send(
        B, "RS-RR", {"caseId": number, "requestId": f"{B}.request.1", "response": response}
    )
    await b.state(answer.number, "taken")

    said = [heard(one) for one in (shared, takeover, asked, answer)]
    assert all(said)
    found = standing(number, [one for one in said if one])
    assert (found.owner, found.requests[f"{B}.request.1"].answer) == (B, "ACCEPTEE")
    assert [one.kind for one in b.taken if one.body["caseId"] == number] == ["RS-EDA", "RS-RR"]
    assert [one.kind for one in a.taken if one.body["caseId"] == number] == ["RS-EDA-MAJ", "RS-DR"]


@pytest.mark.requirement("C2.7")
async def test_a_doubled_message_is_taken_once_and_acknowledged(exchange: Exchange) -> None:
    a, b, number = exchange.a, exchange.b, f"{A}.DOUBLE"
    exchange.hub.failures.append(Failure.DOUBLE)

    sent = await a.send(B, "RS-EDA", case(number))

    await a.state(sent.number, "acknowledged")
    await b.state(sent.number, "taken")
    await until(lambda: _routed(exchange.hub, sent.number, 2))
    assert [one.number for one in b.taken].count(sent.number) == 1


@pytest.mark.requirement("C2.7")
async def test_a_lost_message_is_sent_again_after_thirty_seconds(
    exchange: Exchange, later: Callable[[float], None]
) -> None:
    a, b = exchange.a, exchange.b
    exchange.hub.failures.append(Failure.LOSE)
    sent = await a.send(B, "RS-EDA", case(f"{A}.PERDU"))
    await until(lambda: _empty(exchange.hub))
    await a.state(sent.number, "sent")
    later(29)
    await a.post.turn()
    assert (await a.line(sent.number)).tries == 1

    later(1.5)

    line = await a.state(sent.number, "acknowledged")
    assert line.tries == 2
    await b.state(sent.number, "taken")


@pytest.mark.requirement("C2.7")
async def test_what_stays_unanswered_raises_the_alarm_and_keeps_its_number(
    exchange: Exchange, later: Callable[[float], None]
) -> None:
    a, b = exchange.a, exchange.b
    exchange.hub.failures.extend((Failure.LOSE, Failure.LOSE))
    sent = await a.send(B, "RS-EDA", case(f"{A}.ALARME"))
    await until(lambda: _left(exchange.hub, 1))
    later(30.5)
    await until(lambda: _empty(exchange.hub))
    later(30.5)

    line = await a.state(sent.number, "late")
    assert line in await a.ledger.listed(TO_REPAIR)
    assert await a.ledger.again(line.n) == sent.number
    await a.state(sent.number, "acknowledged")
    await b.state(sent.number, "taken")
    assert [one.number for one in b.taken].count(sent.number) == 1


async def test_the_hub_refuses_what_is_not_of_the_model(exchange: Exchange) -> None:
    body = case(f"{A}.FAUX")
    del body["owner"]

    sent = await exchange.a.send(B, "RS-EDA", body)

    line = await exchange.a.state(sent.number, "refused")
    assert (line.code, line.reason) == (300, "Message non conforme au schéma national.")


async def test_a_recipient_that_the_hub_does_not_know(exchange: Exchange) -> None:
    sent = await exchange.a.send("fr.health.samuZ", "RS-EDA", case(f"{A}.NULLEPART"))

    line = await exchange.a.state(sent.number, "dead")
    assert line.code == 501
    again = await exchange.a.ledger.again(line.n, B)
    assert again != sent.number
    await exchange.a.state(again, "acknowledged")
    await exchange.b.state(again, "taken")
    assert (await exchange.a.line(sent.number)).state == "again"
    with pytest.raises(NotFound):
        await exchange.a.ledger.again(line.n, B)


@pytest.mark.requirement("C2.7")
async def test_what_nobody_fetches_in_time_comes_back_as_dead(exchange: Exchange) -> None:
    sent = await exchange.a.send(C, "RS-EDA", case(f"{A}.MORT"), timedelta(seconds=2))

    line = await exchange.a.state(sent.number, "dead", "expired")

    assert line.state == "dead"
    assert line.code == 500


async def test_what_expired_before_it_left_is_not_sent(exchange: Exchange) -> None:
    sent = await exchange.a.send(B, "RS-EDA", case(f"{A}.PERIME"), timedelta(seconds=-1))

    assert (await exchange.a.state(sent.number, "expired")).tries == 0


async def test_a_message_that_cannot_be_acted_on_does_not_hold_up_the_next(
    exchange: Exchange,
) -> None:
    first = await exchange.a.send(B, "RS-EDA", case(REFUSED))
    second = await exchange.a.send(B, "RS-EDA", case(FELL))
    third = await exchange.a.send(B, "RS-EDA", case(f"{A}.SUIVANT"))

    await exchange.b.state(third.number, "taken")
    assert (await exchange.b.state(first.number, "refused")).reason == "Dossier refusé."
    assert (await exchange.b.state(second.number, "refused")).reason.startswith("Erreur interne")


async def test_what_a_stranger_writes_is_kept_and_refused(exchange: Exchange) -> None:
    arrived = exchange.b.post.arrived
    bad = await exchange.a.send(B, "RS-EDA", case(f"{A}.NUL"), timedelta(seconds=-9))
    document = bad.document | {"distributionID": "a\x00b"}
    for data in (b"{", b"\xff\x00", _bytes(document), _bytes(bad.document | {"senderID": "é"})):
        await arrived(B, "message", data, "application/json")
    await arrived(B, "message", b"<a/>", "application/xml")

    found = await exchange.b.ledger.listed(("refused",), most=5)

    assert {one.peer for one in found if one.number.startswith("?_")} <= {"?", A}
    assert sum(one.number.startswith("?_") for one in found) >= 4


@pytest.mark.requirement("C2.7")
async def test_the_broker_keeps_what_the_base_could_not(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, falls = exchange.b.ledger.receive, [True, True]

    async def receive(client: str, envelope: Envelope, reason: str) -> bool:
        if falls:
            falls.pop()
            raise Unavailable("the database is away")
        return await kept(client, envelope, reason)

    monkeypatch.setattr(exchange.b.ledger, "receive", receive)
    sent = await exchange.a.send(B, "RS-EDA", case(f"{A}.BASE"))

    await exchange.a.state(sent.number, "acknowledged")
    assert falls == []
    await exchange.b.state(sent.number, "taken")


async def test_nobody_enters_without_a_certificate_of_theirs(exchange: Exchange) -> None:
    broker = exchange.broker
    stranger = Wire(Broker(broker.url, *broker.certificate("stranger"), broker.authority))
    thief = Wire(Broker(broker.url, *broker.certificate(A), broker.authority))
    expires = clock.now() + LIFE

    with pytest.raises(Unavailable):
        await stranger.publish(A, b"{}", expires)
    # B's queues are not A's to read.
    listening = asyncio.create_task(thief.listen(B, _never))
    await asyncio.sleep(0.3)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await stranger.close()
    await thief.close()


async def test_nothing_of_a_patient_lies_in_the_clear(exchange: Exchange) -> None:
    async with exchange.a.ledger.database.write.acquire() as connection:
        found = await connection.fetchval(
            "SELECT count(*) FROM hub_message h WHERE position(convert_to('jardin', 'UTF8') in content) > 0"
            " OR h::text LIKE '%jardin%'"
        )
    assert found == 0


@pytest.mark.requirement("C2.6")
async def test_an_installation_that_is_told_of_the_hub_has_the_case_on_its_floor(
    exchange: Exchange, ground: Ground
) -> None:
    async with platform_on(ground) as platform:
        parts, broker = platform.parts, exchange.broker
        owner = await asyncpg.connect(ground.superuser(platform.database))
        await owner.execute(
            "INSERT INTO regulation_centre (id, name, hub, department)"
            " VALUES ('samu-c', 'SAMU C', $1, '056')",
            C,
        )
        told = Hub(broker.url, *broker.certificate(C), broker.authority)
        parts.settings = replace(parts.settings, hub=told)
        task = asyncio.create_task(keep_posted(parts))
        try:
            sent = await exchange.a.send(C, "RS-EDA", case(f"{A}.ENTIER"))
            await exchange.a.state(sent.number, "acknowledged")

            async def there() -> bool:
                return bool(await owner.fetchval("SELECT count(*) FROM regulation_case"))

            await until(there)
            row = await owner.fetchrow("SELECT centre, number, home, motive FROM regulation_case")
            shared = await owner.fetchrow("SELECT owner, opened_by FROM hub_case")
        finally:
            await _ended(task)
            await owner.close()
    assert tuple(row) == ("samu-c", f"{A}.ENTIER", A, "M02.07")
    assert tuple(shared) == (A, A)


async def _never(client: str, queue: str, data: bytes, media: str) -> None:
    raise AssertionError("read the queue of another")


async def _empty(hub: Emulator) -> bool:
    return not hub.failures


async def _routed(hub: Emulator, number: str, times: int) -> bool:
    return [one for one, _ in hub.routed].count(number) == times


async def _left(hub: Emulator, number: int) -> bool:
    return len(hub.failures) == number


def _bytes(document: dict[str, Any]) -> bytes:
    data = orjson.dumps(document)
    assert read(data)
    return data
