"""Overflow between two Cordées, each on its own base: all that they know of each other is letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from cordee.care.overflow import telling
from cordee.care.overflow.agreeing import OTHER_TERMS
from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.episodes import State
from cordee.care.overflow.ports import Letter
from cordee.care.overflow.protocol import Act, Neighbour, Origin
from cordee.care.overflow.register import key_of
from cordee.care.overflow.saturation import Colour
from cordee.runtime import clock
from neighbours import DOCTOR, TERMS, A, B, Pair, doctor, later, pair
from running import ground

__all__ = ["ground", "later", "pair"]


@pytest.mark.requirement("C2.2")
async def test_a_convention_is_read_and_signed_at_each_end(pair: Pair) -> None:
    await pair.agree()

    for end in (pair.a, pair.b):
        (one,) = [entry.convention for entry in await end.register.entries(end.centre)]
        assert (one.is_signed, one.terms) == (True, TERMS)


@pytest.mark.requirement("C2.2")
async def test_a_signature_of_other_terms_is_refused(pair: Pair) -> None:
    for end, share in ((pair.a, 20), (pair.b, 30)):
        ends = (A, B) if end is pair.a else (B, A)
        await end.register.propose(ends, Terms(share=share), 0, DOCTOR, clock.now())
        await end.register.sign(key_of(A, B), 1, end.centre, DOCTOR, clock.now())
    await pair.carry()

    for end in (pair.a, pair.b):
        (one,) = [entry.convention for entry in await end.register.entries(end.centre)]
        assert not one.is_signed
        refused = await end.ledger.listed(("refused",))
        here = [line for line in refused if line.direction == "in"]
        assert {line.reason for line in here} == {OTHER_TERMS}


@pytest.mark.requirement("C2.5")
async def test_a_call_changes_installation_with_its_case_and_its_wait(pair: Pair) -> None:
    call = await pair.moved()

    assert await pair.a.state(call) == ("gone", 0)
    assert await pair.b.state(call) == ("waiting", 1)
    here, there = await pair.a.case(call), await pair.b.case(call)
    assert (there.home, there.priority, there.motive, there.commune) == (A, "P2", "M02.07", "56260")
    assert there.told.said == here.told.said
    assert (there.told.age, dict(there.told.answers)) == ("82 ans", {"conscience": "oui"})
    assert (here.told.patient, there.told.patient) == ("local-7", "")
    query = "SELECT since FROM regulation_call WHERE id = $1"
    since = []
    for end in (pair.a, pair.b):
        async with end.platform.parts.database.steady.acquire() as connection:
            since.append(await connection.fetchval(query, call))
    assert since[0] == since[1]


@pytest.mark.requirement("C2.8")
async def test_a_call_comes_back_to_its_own_installation(pair: Pair) -> None:
    call = await pair.moved()
    (one,) = (await pair.b.desk.board(doctor(B), clock.now())).transfers

    assert one.state is Neighbour.HELD
    await pair.b.desk.act(doctor(B), str(one.id), Act.GIVE_BACK, clock.now())
    await pair.run()

    assert await pair.a.state(call) == ("waiting", 1)
    assert await pair.b.state(call) == ("gone", 1)


@pytest.mark.requirement("C2.7")
async def test_over_a_hub_that_loses_doubles_and_turns_round_no_call_is_lost_or_twice(
    pair: Pair, later: Callable[[float], None]
) -> None:
    calls = [await pair.a.ring() for _n in range(6)]
    await pair.agree()
    await pair.open()
    pair.loses = 0.4
    for _turn in range(12):
        await pair.run(1)
        later(31)
    pair.loses = 0.0
    await pair.run(4)

    ends = [(await pair.a.state(call), await pair.b.state(call)) for call in calls]
    moved = [end for end in ends if end[1] is not None]
    assert moved
    assert all((a[0], b and b[0]) in {("waiting", None), ("gone", "waiting")} for a, b in ends if a)


@pytest.mark.requirement("C2.7")
async def test_a_letter_of_who_is_not_known_is_refused(pair: Pair) -> None:
    await pair.b_forgets()
    await pair.a.register.propose((A, B), TERMS, 0, DOCTOR, clock.now())
    await pair.carry()

    assert await pair.b.register.entries(B) == []
    (line,) = await pair.b.ledger.listed(("refused",))
    assert line.reason == "the letter says other centres than its envelope"


@pytest.mark.requirement("C2.9")
async def test_the_origin_learns_what_the_neighbour_did_and_who_rang_again(pair: Pair) -> None:
    call = await pair.moved()
    await pair.b.answered_and_ended(call)
    await pair.run()
    await pair.a.ring(0)  # the same number, within a day

    (transfer,) = (await pair.b.desk.dossier(doctor(B), await pair.episode())).transfers
    told = await pair.a.desk.dossier(doctor(A), await pair.episode())
    (here,) = [one for one in told.transfers if one.call.id == str(call)]
    assert (here.answered, here.finished) == (transfer.answered, transfer.finished)
    assert told.quality.moved.number == 1
    assert told.quality.moved.median == pytest.approx(2, abs=0.5)
    assert told.quality.moved.again == 1
    (one,) = [entry.convention for entry in await pair.a.register.entries(A)]
    balance = await pair.a.desk.balance(one, clock.now().astimezone(clock.PARIS).date())
    assert balance.taken + balance.given > 0


@pytest.mark.requirement("C2.1")
async def test_the_index_of_a_centre_elsewhere_is_told_and_ages(
    pair: Pair, later: Callable[[float], None]
) -> None:
    await pair.agree()
    await pair.run(1)

    board = await pair.a.desk.board(doctor(A), clock.now())
    mine, theirs = board.gauges[A], board.gauges[B]
    assert (mine.heard, theirs.heard is not None) == (None, True)
    there = (await pair.b.desk.board(doctor(B), clock.now())).gauges[B]
    assert (theirs.watch.index, theirs.load) == (there.watch.index, there.load)

    async with pair.a.platform.parts.database.transaction() as connection:
        assert await pair.a.engine.watch(connection, B) is not None
        later(telling.FRESH.total_seconds() + 1)
        assert await pair.a.engine.watch(connection, B) is None  # a stale one decides nothing


@pytest.mark.requirement("C2.1")
async def test_an_index_that_comes_late_does_not_replace_a_newer_one(pair: Pair) -> None:
    await pair.agree()
    now = clock.now()
    load = {"waiting": 3, "p90_seconds": 20.0, "positions": 4, "busy": 4, "p0": 0}
    async with pair.a.platform.parts.database.transaction() as connection:
        for colour, ago in ((1, 0), (0, 60), (1, 0)):
            at = (now - timedelta(seconds=ago)).isoformat()
            detail = {"colour": colour, "since": at, "index": 0.7, "load": load, "at": at}
            letter = Letter(B, A, telling.WATCH, uuid4(), detail=detail)
            assert not await telling.hear(connection, letter, now)
        wrong = Letter(B, A, telling.WATCH, uuid4(), detail={**detail, "index": -1})
        assert await telling.hear(connection, wrong, now) == telling.NO_INDEX
        watch = await pair.a.engine.watch(connection, B)
    assert watch is not None
    assert watch.colour is Colour.ORANGE


@pytest.mark.requirement("C2.7")
async def test_a_call_whose_letter_is_refused_is_home_at_once(pair: Pair) -> None:
    calls = [await pair.a.ring() for _n in range(2)]
    await pair.agree()
    await pair.open()
    await pair.run(1)  # B has accepted the episode
    await pair.a.engine.turn()
    (offered,) = (await pair.a.desk.board(doctor(A), clock.now())).transfers
    assert offered.state is Origin.OFFERED
    await pair.b_forgets()
    await pair.carry()

    (now,) = (await pair.a.desk.board(doctor(A), clock.now())).transfers
    assert now.state is Origin.WITHDRAWN
    assert [await pair.a.state(call) for call in calls] == [("waiting", 0)] * 2
    await pair.b_knows()
    await pair.run(3)
    call = UUID(offered.call.id)
    assert (await pair.a.state(call), await pair.b.state(call)) == (("waiting", 0), None)


@pytest.mark.requirement("C2.7")
async def test_a_call_whose_right_is_refused_is_asked_back_and_in_one_queue(pair: Pair) -> None:
    for _n in range(2):
        await pair.a.ring()
    await pair.agree()
    await pair.open()
    await pair.run(1)
    await pair.a.engine.turn()
    await pair.carry()
    (granted,) = (await pair.a.desk.board(doctor(A), clock.now())).transfers
    assert granted.state is Origin.GRANTED
    await pair.b_forgets()
    await pair.carry()

    (now,) = (await pair.a.desk.board(doctor(A), clock.now())).transfers
    assert now.state is Origin.RECALLING
    await pair.b_knows()
    await pair.run(2)
    call = UUID(granted.call.id)
    assert (await pair.a.state(call), await pair.b.state(call)) == (("waiting", 0), None)


@pytest.mark.requirement("C2.7")
async def test_a_proposal_whose_letter_is_refused_is_over_at_once(pair: Pair) -> None:
    await pair.agree()
    await pair.b_forgets()
    await pair.a.desk.propose(doctor(A), key_of(A, B), clock.now())
    await pair.carry()

    board = await pair.a.desk.board(doctor(A), clock.now())
    assert [one.episode.state for one in board.past] == [State.REFUSED]
    assert not board.running


@pytest.mark.requirement("C2.3")
async def test_what_both_agreed_to_opens_by_itself_between_two_installations(
    pair: Pair, later: Callable[[float], None]
) -> None:
    terms = replace(TERMS, automatic=frozenset({A, B}), start=0.2)
    number = await pair.a.register.propose((A, B), terms, 0, DOCTOR, clock.now())
    await pair.carry()
    for end in (pair.a, pair.b):
        await end.register.sign(key_of(A, B), number, end.centre, DOCTOR, clock.now())
        await pair.carry()
    for _n in range(30):
        await pair.a.ring(1200)
    await pair.b.engine.turn()  # B tells its index first
    await pair.run(1)
    later(11)  # the next index of A is due
    await pair.run(3)

    (run,) = (await pair.b.desk.board(doctor(B), clock.now())).running
    assert run.episode.automatic
    assert run.episode.state in {State.ACCEPTED, State.ACTIVE}
