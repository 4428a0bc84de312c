"""A call regulated for a centre of another Cordée: its vehicles, what was decided, where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cordee.app.regulation import box_of, regulation
from cordee.care.overflow.peers import Peers
from cordee.care.regulation.asking import PATIENCE, Asked
from cordee.care.regulation.cases import Case, Stamp, stamps_of, write_case
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.deciding import Decision
from cordee.care.regulation.elsewhere import vehicles_elsewhere
from cordee.care.regulation.states import Move
from cordee.gateways.samu import regulating
from cordee.runtime import clock
from cordee.runtime.errors import NotFound
from neighbours import A, B, Pair, Samu, doctor, later, pair

__all__ = ["later", "pair"]
_VEHICLE = """
INSERT INTO regulation_vehicle (centre, id, kind, name, commune) VALUES ($1, $2, 'SMUR', $3, '56260')
"""
SENT = Decision("smur", "Douleur thoracique, part avec oxygène")


async def own(end: Samu) -> Centre:
    """The centre of one end, for its physician."""
    return await regulation(end.platform.parts).desk.centres.of(doctor(end.centre))


async def parked(end: Samu, name: str) -> None:
    """A free SMUR at a centre."""
    async with end.platform.parts.database.transaction() as connection:
        await connection.execute(_VEHICLE, end.centre, name.lower(), name)


async def taken(pair: Pair) -> Case:
    """A call of A that a physician of B has answered, with its case at B."""
    call = await pair.moved()
    await parked(pair.a, "SMUR A1")
    await parked(pair.b, "SMUR B1")
    desk = regulation(pair.b.platform.parts).desk
    await desk.answer(doctor(B), await own(pair.b), call, clock.now())
    parts = pair.b.platform.parts
    case = (await pair.b.case(call)).after(Move.FORWARD, clock.now())
    async with parts.database.transaction() as connection:
        await write_case(connection, box_of(parts), case)
    return await pair.b.case(call)


async def decided(pair: Pair, case: Case, decision: Decision = SENT) -> None:
    """B decides, and the letters go."""
    deciding = regulation(pair.b.platform.parts).deciding
    await deciding.decide(doctor(B), case, decision, clock.now())
    await pair.carry()


async def requests(end: Samu) -> list[Asked]:
    """What stands on the page of a centre."""
    return await regulation(end.platform.parts).requests.of_centre(await own(end), clock.now())


async def answer(pair: Pair, one: Asked, reason: str = "") -> None:
    """A answers, and the letters go."""
    floor = regulation(pair.a.platform.parts)
    await floor.requests.answer(doctor(A), await own(pair.a), one.id, reason, clock.now())
    await pair.carry()


async def stamps(end: Samu, case: Case) -> list[Stamp]:
    """The stamps of a case at one end."""
    parts = end.platform.parts
    async with parts.database.steady.acquire() as connection:
        return await stamps_of(connection, box_of(parts), end.centre, case.id)


async def missions(end: Samu, case: Case) -> list[Any]:
    """The vehicles that a centre sent for a case."""
    return await regulation(end.platform.parts).deciding.missions(end.centre, case.id)


@pytest.mark.requirement("C2.6")
async def test_a_vehicle_is_asked_of_the_home_centre_in_the_other_installation(
    pair: Pair, later: Callable[[float], None]
) -> None:
    case = await taken(pair)
    pair.loses = 0.5  # half of the letters are lost and sent again, half of the others come twice
    await decided(pair, case)
    for _round in range(6):
        later(31)
        await pair.carry()
    pair.loses = 0.0
    later(31)
    await pair.carry()

    (asked,) = await requests(pair.a)
    assert (asked.asker, asked.kind, asked.priority, asked.answer) == (B, "SMUR", "P2", "")
    assert await missions(pair.b, case) == []
    await answer(pair, asked)

    (here,) = await requests(pair.b)
    assert (here.answer, here.vehicle, here.answered_by) == ("accepted", "SMUR A1", "Dr Roy")
    home = await pair.a.case(case.call) if case.call else case
    assert [one.name for one in await missions(pair.a, home)] == ["SMUR A1"]
    (vehicle,) = vehicles_elsewhere(await stamps(pair.b, case), A)
    assert (vehicle.name, vehicle.kind, vehicle.status) == ("SMUR A1", "SMUR", "DECLENCHE")


@pytest.mark.requirement("C2.6")
async def test_the_neighbour_follows_the_vehicle_that_it_was_given(pair: Pair) -> None:
    case = await taken(pair)
    await decided(pair, case)
    (asked,) = await requests(pair.a)
    await answer(pair, asked)
    home = await pair.a.case(case.call) if case.call else case
    (mission,) = await missions(pair.a, home)
    now = clock.now()
    deciding = regulation(pair.a.platform.parts).deciding
    for status, at in (("DEPART", now), ("ARRIVEE", now + timedelta(minutes=9))):
        await deciding.follow("a", A, mission.id, status, (at, at))
    await pair.carry()

    (vehicle,) = vehicles_elsewhere(await stamps(pair.b, case), A)
    assert (vehicle.name, vehicle.status) == ("SMUR A1", "ARRIVEE")


@pytest.mark.requirement("C2.6")
async def test_a_refusal_comes_back_with_its_reason(pair: Pair) -> None:
    case = await taken(pair)
    await decided(pair, case)
    (asked,) = await requests(pair.a)
    await answer(pair, asked, "other-vital")

    (here,) = await requests(pair.b)
    assert (here.answer, here.reason, here.vehicle) == ("refused", "other-vital", "")
    kinds = {one.kind: one.content for one in await stamps(pair.b, case)}
    assert kinds["request:refused"]["words"] == "Moyen gardé pour une urgence vitale en cours"
    with pytest.raises(NotFound):  # it is answered by its home alone
        floor = regulation(pair.b.platform.parts)
        await floor.requests.answer(doctor(B), await own(pair.b), here.id, "", clock.now())


@pytest.mark.requirement("C2.6")
async def test_without_an_answer_both_ends_are_told_to_ring(pair: Pair) -> None:
    case = await taken(pair)
    await decided(pair, case)

    later = clock.now() + PATIENCE
    for end in (pair.a, pair.b):
        (one,) = await requests(end)
        assert not one.is_late(clock.now())
        assert one.is_late(later)


@pytest.mark.requirement("C2.6")
async def test_a_home_that_nothing_reaches_is_said_and_our_vehicle_leaves(pair: Pair) -> None:
    case = await taken(pair)
    await Peers(pair.b.platform.parts.database).forget(A)
    await decided(pair, case)

    assert [one.name for one in await missions(pair.b, case)] == ["SMUR B1"]
    assert "request:unreachable" in {one.kind for one in await stamps(pair.b, case)}


@pytest.mark.requirement("C2.6")
async def test_a_request_for_a_call_that_is_not_lent_is_refused(pair: Pair) -> None:
    case = await taken(pair)
    async with pair.a.platform.parts.database.transaction() as connection:
        gone = "UPDATE regulation_call SET transfer = NULL WHERE id = $1"
        await connection.execute(gone, case.call)
    await decided(pair, case)

    assert await requests(pair.a) == []
    refused = await pair.a.ledger.listed(("refused",))
    assert {one.reason for one in refused} == {"this call is not with you"}


@pytest.mark.requirement("C2.8")
async def test_the_home_centre_hears_what_was_decided_for_its_call(pair: Pair) -> None:
    case = await taken(pair)
    await decided(pair, case, Decision("conseil", "Repos. Si cela change, rappelez le 15."))

    assert case.call is not None
    home = await pair.a.case(case.call)
    (said,) = [one for one in await stamps(pair.a, home) if one.kind.startswith("elsewhere:")]
    assert said.kind == "elsewhere:decision:conseil"
    assert (said.content["centre"], said.content["by"]) == (B, "Dr Roy")
    assert said.content["words"] == "Repos. Si cela change, rappelez le 15."
    assert home.told.patient == "local-7"  # our own knowledge of who it is stays


@pytest.mark.requirement("C2.6")
@pytest.mark.parametrize(
    "wrong",
    [
        {"request": {"purpose": "FUSEE", "datetime": "2026-11-23T20:00:00Z"}},
        {"request": {"purpose": "SMUR", "datetime": "hier"}},
        {"parcel": {"eda": "x"}},
    ],
)
async def test_a_letter_that_makes_no_sense_is_refused_and_the_next_is_read(
    pair: Pair, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await taken(pair)
    true = regulating.written
    monkeypatch.setattr(
        regulating, "written",
        lambda one: true(replace(one, detail={**one.detail, **wrong})),
    )  # fmt: skip
    await decided(pair, case, Decision("conseil", "Repos et eau, rappelez le 15."))
    await decided(pair, await pair.b.case(case.call) if case.call else case)
    monkeypatch.undo()

    assert await requests(pair.a) == []
    assert not await pair.a.post.take_up(pair.a.arrivals.take)  # nothing is stuck


@pytest.mark.requirement("C2.8")
async def test_what_was_told_later_stands_when_letters_come_turned_round(pair: Pair) -> None:
    case = await taken(pair)
    assert case.call is not None
    deciding = regulation(pair.b.platform.parts).deciding
    words = ("Repos, rappelez le 15 si besoin.", "Boire, rappelez le 15 si besoin.")
    for motive, said in zip(("M02.07", "M03.01"), words, strict=True):
        known = replace(await pair.b.case(case.call), motive=motive)
        await deciding.decide(doctor(B), known, Decision("conseil", said), clock.now())
    first, second = await pair.b.ledger.lease(pair.b.client)
    for one in (second, first):
        await pair.a.post.arrived(pair.a.client, "message", one.data, "application/json")
        while await pair.a.post.take_up(pair.a.arrivals.take):
            pass

    home = await pair.a.case(case.call)
    assert home.motive == "M03.01"
    told = [one for one in await stamps(pair.a, home) if one.kind == "elsewhere:decision:conseil"]
    assert {one.content["words"] for one in told} == set(words)
