"""Two SAMU on two bases share cases: taken in, taken over, a vehicle asked for, nobody answers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from cordee.app.circles import ring_of
from cordee.app.hub_commands import install
from cordee.care.regulation.cases import Case, Told, read_case, stamps_of
from cordee.care.regulation.sealing import Box
from cordee.care.regulation.states import State
from cordee.formats.hub.envelope import Addressing, make, write
from cordee.formats.hub.judging import OwnModel, Schemas
from cordee.gateways.samu.cases import SharedCases
from cordee.gateways.samu.ledger import LIFE, Ledger, new_number
from cordee.gateways.samu.mapping import body_of, own_id, parcel_of
from cordee.gateways.samu.post import Post
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken
from rewound import Standing
from running import Platform
from shared_data import shared

A, B = "fr.health.samuA", "fr.health.samuB"
_CENTRE = "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $1, $2, '056')"


class NoWire:
    """Letters are carried by hand."""

    async def publish(self, client: str, data: bytes, expires: datetime) -> None:
        raise AssertionError("carried by hand")

    async def listen(self, client: str, arrived: Any) -> None:
        raise AssertionError("carried by hand")


@dataclass
class Samu:
    """One SAMU on its own base."""

    client: str
    centre: str
    platform: Platform
    ledger: Ledger
    post: Post
    box: Box
    cases: SharedCases

    def transaction(self) -> Any:
        return self.platform.parts.database.transaction()

    async def carry(self, other: Samu) -> list[str]:
        """Carries all that is due to the other one, who takes it up; states there."""
        for due in await self.ledger.lease(self.client):
            queue = "ack" if due.distribution == "Ack" else "message"
            await other.post.arrived(other.client, queue, due.data, "application/json")
            await self.ledger.published(due)
        while await other.post.take_up(other.cases.take):
            pass
        return [one.state for one in await other.ledger.listed(("taken", "refused"))]


@pytest.fixture(scope="module")
def judge() -> Schemas:
    return Schemas(shared("specs/ig/samu-hub/json-schema"))


@pytest.fixture
async def pair(standing_pair: tuple[Standing, Standing], judge: Schemas) -> tuple[Samu, Samu]:
    made = []
    for one, client, centre in zip(standing_pair, (A, B), ("samu-a", "samu-b"), strict=True):
        platform = await one.bare()
        ring = ring_of(platform.parts.kernel)
        ledger = Ledger(platform.parts.database, lambda ring=ring: ring)
        async with ground_of(platform) as connection:
            await connection.execute(_CENTRE, centre, client)
        box = Box(ring, b"k" * 32)
        made.append(
            Samu(
                client, centre, platform, ledger, Post(ledger, NoWire(), judge, (client,)),
                box, SharedCases(ledger, box, {client: centre}),
            )
        )  # fmt: skip
    return made[0], made[1]


@contextlib.asynccontextmanager
async def ground_of(platform: Platform) -> AsyncIterator[Any]:
    import asyncpg

    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    try:
        yield connection
    finally:
        await connection.close()


def a_case(centre: str, **more: Any) -> Case:
    told = Told(
        number="06 12 34 56 41", caller="sa fille", said="Chute, ne peut se lever", commune="Vannes",
        address="3 rue du Port", storey="2", code="12B", access="portail vert", person="Jeanne Morvan",
    )  # fmt: skip
    at = clock.now().replace(microsecond=0)
    values: dict[str, Any] = {
        "centre": centre, "id": uuid4(), "call": None, "number": "2611230001", "home": centre,
        "opened": at, "state": State.QUALIFIED, "priority": "P1", "motive": "M02.07",
        "commune": "56260", "field": "MU", "awaiting": None, "decided": None, "closed": None,
        "is_paper": False, "version": 1, "told": told,
    }  # fmt: skip
    return Case(**values | more)


async def shared_case(a: Samu, b: Samu) -> str:
    async with a.transaction() as connection:
        number = await a.cases.share(connection, A, B, a_case(a.centre))
    assert await a.carry(b) == ["taken"]
    await b.carry(a)
    return number


@pytest.mark.requirement("C2.6")
async def test_a_case_is_of_the_other_centre_with_its_sender_and_owner(
    pair: tuple[Samu, Samu],
) -> None:
    a, b = pair

    number = await shared_case(a, b)

    async with b.transaction() as connection:
        case = await read_case(connection, b.box, "samu-b", own_id(number))
        stamps = await stamps_of(connection, b.box, "samu-b", own_id(number))
    assert case is not None
    assert (case.priority, case.motive, case.commune, case.home) == ("P1", "M02.07", "56260", A)
    told = case.told
    assert (told.said, told.person, told.code, told.storey) == (
        "Chute, ne peut se lever", "Jeanne Morvan", "12B", "2",
    )  # fmt: skip
    assert told.number == "+33612345641"
    assert dict(stamps[-1].content) == {"from": A, "owner": A}
    assert {one.state for one in await a.ledger.listed(("acknowledged", "sent"))} == {
        "acknowledged"
    }


@pytest.mark.requirement("C2.6")
async def test_the_other_centre_takes_a_case_over(pair: tuple[Samu, Samu]) -> None:
    a, b = pair
    number = await shared_case(a, b)

    async with b.transaction() as connection:
        await b.cases.own(connection, B, number, B)
    await b.carry(a)

    async with a.transaction() as connection:
        owner = await connection.fetchval("SELECT owner FROM hub_case WHERE number = $1", number)
    assert owner == B
    with pytest.raises(RuleBroken):
        async with a.transaction() as connection:
            await a.cases.own(connection, A, number, "fr.health.samuC")


@pytest.mark.requirement("C2.6")
async def test_a_vehicle_is_asked_for_and_answered_or_somebody_telephones(
    pair: tuple[Samu, Samu], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    number = await shared_case(a, b)
    async with a.transaction() as connection:
        request = await a.cases.ask(connection, A, number, B, ("SMUR", "avec médecin"))
    await a.carry(b)
    true = clock.now

    for seconds, expected in ((59, []), (61, [request])):
        monkeypatch.setattr(
            clock, "now", lambda seconds=seconds: true() + timedelta(seconds=seconds)
        )
        async with a.transaction() as connection:
            late = await a.cases.to_telephone(connection, A)
        assert [one.number for one in late] == expected
    async with b.transaction() as connection:
        await b.cases.answer(connection, B, number, request, ("ACCEPTEE", "départ immédiat"))
        with pytest.raises(NotFound):
            await b.cases.answer(connection, B, number, "autre", ("ACCEPTEE", ""))
    await b.carry(a)

    async with a.transaction() as connection:
        assert await a.cases.to_telephone(connection, A) == []
        answer = await connection.fetchval(
            "SELECT answer FROM hub_request WHERE number = $1", request
        )
    assert answer == "ACCEPTEE"


async def test_a_takeover_of_an_unknown_case_is_refused(pair: tuple[Samu, Samu]) -> None:
    a, b = pair
    now = clock.now()
    told = Addressing(new_number(A), A, B, now, now + LIFE)
    async with a.transaction() as connection:
        body = {"caseId": f"{A}.INCONNU", "owner": A}
        await a.ledger.send(connection, told, "RS-EDA-MAJ", body)

    assert await a.carry(b) == ["refused"]
    await b.carry(a)
    (line,) = await a.ledger.listed(("refused",))
    assert (line.number, line.direction, line.code) == (told.number, "out", 702)
    assert line.reason == "Message arrivé hors de son ordre."
    assert await a.carry(b) == ["refused"]  # an error gets none


@pytest.mark.requirement("C2.7")
async def test_a_refusal_after_the_acknowledgement_stands_in_the_case(
    pair: tuple[Samu, Samu],
) -> None:
    a, b = pair
    async with a.transaction() as connection:  # B, who has not heard of it, is to treat it
        number = await a.cases.share(connection, A, "fr.health.samuC", a_case(a.centre))
        await a.cases.own(connection, A, number, B)
    await a.carry(b)
    await b.carry(a)
    (line,) = await a.ledger.listed(("refused",))
    assert (line.kind, line.code) == ("RS-EDA-MAJ", 702)
    async with a.transaction() as connection:  # who refuses a case does not treat it: A does
        row = await connection.fetchrow("SELECT owner FROM hub_case WHERE number = $1", number)
    assert row["owner"] == A
    async with a.transaction() as connection:
        kinds = await connection.fetch("SELECT kind FROM regulation_event ORDER BY n")
    assert [row["kind"] for row in kinds][-2:] == ["hub-rs-error", "hub-rs-eda-maj"]
    for _turn in range(2):  # B is told, refuses again, and nothing goes on from there
        await a.carry(b)
        await b.carry(a)
    assert [one.code for one in await a.ledger.listed(("refused",))] == [702, 702]
    assert await a.ledger.lease(A) == []


@pytest.mark.requirement("C2.7")
async def test_nobody_but_its_recipient_refuses_a_message(pair: tuple[Samu, Samu]) -> None:
    a, b = pair
    await shared_case(a, b)
    (sent,) = [one for one in await a.ledger.listed(("acknowledged",)) if one.kind == "RS-EDA"]
    other, now = "fr.health.samuC", clock.now()
    body = {
        "errorCode": {"statusCode": 701, "statusString": "CASE_ALREADY_EXISTS"},
        "errorCause": "Faux", "referencedDistributionID": sent.number,
    }  # fmt: skip
    envelope = make(
        Addressing(new_number(other), other, A, now, now + LIFE, "Error"), "RS-ERROR", body
    )
    for queue in ("info", "message"):
        await a.post.arrived(A, queue, write(envelope), "application/json")
    while await a.post.take_up(a.cases.take):
        pass
    states = {one.number: one.state for one in await a.ledger.listed(("acknowledged", "refused"))}
    assert (states[sent.number], states[envelope.number]) == ("acknowledged", "refused")


@pytest.mark.requirement("C2.7")
@pytest.mark.parametrize("distribution", ["Error", "Report"])
async def test_an_error_that_is_refused_is_answered_by_none(
    pair: tuple[Samu, Samu], distribution: str
) -> None:
    a, _b = pair
    other, now = "fr.health.samuC", clock.now()
    told = Addressing(new_number(other), other, A, now, now + LIFE, distribution)
    body = {
        "errorCode": {"statusCode": 701, "statusString": "CASE_ALREADY_EXISTS"},
        "errorCause": "Faux", "referencedDistributionID": "inconnu",
    }  # fmt: skip
    await a.post.arrived(A, "message", write(make(told, "RS-ERROR", body)), "application/json")
    while await a.post.take_up(a.cases.take):
        pass
    async with a.transaction() as connection:
        rows = await connection.fetch(
            "SELECT direction, state FROM hub_message WHERE peer = $1", other
        )
    assert [tuple(row) for row in rows] == [("in", "refused")]


@pytest.mark.requirement("C2.7")
async def test_a_peer_marks_nothing_through_the_queue_of_the_hub(pair: tuple[Samu, Samu]) -> None:
    a, _b = pair
    async with a.transaction() as connection:
        await a.cases.share(connection, A, B, a_case(a.centre))
    (sent,) = await a.ledger.listed(("waiting",))
    other, now = "fr.health.samuC", clock.now()
    told = Addressing(new_number(other), other, A, now, now + LIFE, "Error")
    body = {
        "errorCode": {"statusCode": 500, "statusString": "DEAD_LETTER_QUEUED"},
        "errorCause": "Faux", "referencedDistributionID": sent.number,
    }  # fmt: skip
    await a.post.arrived(A, "info", write(make(told, "RS-ERROR", body)), "application/json")
    while await a.post.take_up(a.cases.take):
        pass
    assert [one.number for one in await a.ledger.listed(("waiting",))] == [sent.number]


async def test_the_same_case_opened_twice_by_another_is_refused(pair: tuple[Samu, Samu]) -> None:
    a, b = pair
    number = await shared_case(a, b)
    now = clock.now()
    body = body_of(a_case("samu-b"), B, B) | {"caseId": number}
    async with b.transaction() as connection:
        told = Addressing(new_number(B), B, A, now, now + LIFE)
        await b.ledger.send(connection, told, "RS-EDA", body)

    await b.carry(a)

    (line,) = await a.ledger.listed(("refused",))
    assert line.reason == "Dossier déjà connu ici."


def test_our_case_is_valid_by_the_official_schema() -> None:
    schemas = Schemas(shared("specs/ig/samu-hub/json-schema"))
    full = a_case("samu-a")
    bare = a_case("samu-a", told=Told(), priority="", motive="", commune="")

    assert schemas.body_problems("RS-EDA", body_of(full, A, A)) == ()
    assert schemas.body_problems("RS-EDA", body_of(bare, A, A)) == ()


@pytest.mark.parametrize("index", range(3))
def test_an_official_case_becomes_one_of_ours(index: int) -> None:
    folder = shared("specs/ig/samu-hub/sample/examples/RS-EDA")
    path = sorted(folder.glob("*.json"))[index]
    body = orjson.loads(path.read_bytes())["createCaseHealth"]
    now = clock.now()
    envelope = make(Addressing("x", A, B, now, now + LIFE), "RS-EDA", body)

    parcel = parcel_of(envelope.body, envelope.sender, {A: "samu-a"})

    assert parcel.case is not None
    assert (parcel.home, parcel.case["number"]) == ("samu-a", body["caseId"])
    assert parcel.motive == body["qualification"]["healthMotive"]["code"]
    assert parcel.case["commune"] == body["location"]["city"]["inseeCode"]
    assert parcel.since <= now
    assert OwnModel().problems(envelope) == ()


def test_schemas_are_installed_whole_or_not_at_all(tmp_path: Path) -> None:
    source, target = shared("specs/ig/samu-hub/json-schema"), tmp_path / "hub" / "schemas"
    told = install(source, target)
    assert told == {"version": "26.07.29", "schemas": len(list(source.glob("*.json")))}
    (tmp_path / "none").mkdir()

    with pytest.raises(InvalidRequest):
        install(tmp_path / "none", target)

    assert Schemas(target).version == "26.07.29"
    assert [one.name for one in (tmp_path / "hub").iterdir()] == ["schemas"]
    assert install(source, target) == told
