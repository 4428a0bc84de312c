"""An appointment that a vendor declares is joined to the case that booked it, and follows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import orjson
import pytest

from cordee.app.regulation import box_of
from cordee.app.sas import sas_desk
from cordee.care.regulation.cases import Told, sealed_told, stamps_of
from cordee.care.unscheduled.declared import Declarations
from cordee.gateways.sas.appointments import Ledger
from cordee.gateways.sas.software import appointment
from cordee.identity.principal import ADMINISTRATOR, Principal
from cordee.runtime import clock
from running import Platform

CENTRE, VENDOR, LOGIN, NUMBER = "samu-r03", "un", "ines.lambert", "810004567890"
SOON = clock.now().replace(microsecond=0) + timedelta(hours=3)
_numbers = count(1)
_CENTRE = "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $1, 'fr.health.samuR', '056') ON CONFLICT DO NOTHING"
_ACCOUNT = """
INSERT INTO sas_account (vendor, number, family, given, email, login, is_active, state, due, changed)
VALUES ($1, $2, 'Lambert', 'Inès', '', $3, true, 'told', $4, $4) ON CONFLICT DO NOTHING
"""
_CASE = """
INSERT INTO regulation_case (centre, id, number, home, opened, opened_by, state, content, data_key)
VALUES ($1, $2, $3, $1, $4, 'arm', 'regulated', $5, $6)
"""
_HOLD = """
INSERT INTO slot_hold (id, vendor, slot, starts, centre, "case", held_by, held, until, state, changed, who, place)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8, 'Dr Roussel', 'Vannes')
"""


class Booked:
    """A case with a slot of a vendor, and what its vendor declares of it."""

    def __init__(self, platform: Platform, case: UUID, hold: UUID) -> None:
        self.platform, self.case, self.hold = platform, case, hold
        self.key, self.version = f"rdv-{case.hex[:8]}", count()

    async def declare(self, status: str, starts: datetime = SOON, *, back: int = 0) -> str:
        """Declares; `back` says an older version. What became of the message."""
        moment = clock.now() + timedelta(seconds=next(self.version) - back)
        told = appointment(self.key, status, starts, moment)
        told["extension"][0]["valueReference"]["identifier"]["value"] = NUMBER
        ring = self.platform.parts.kernel.repository.ring
        assert ring is not None
        ledger = Ledger(
            self.platform.parts.database, ring, Declarations(box_of(self.platform.parts))
        )
        return (await ledger.take(VENDOR, orjson.dumps(told))).state

    async def state(self) -> tuple[str, datetime]:
        async with self.platform.parts.database.steady.acquire() as connection:
            row = await connection.fetchrow(
                "SELECT state, starts FROM slot_hold WHERE id = $1", self.hold
            )
        assert row is not None
        return row["state"], row["starts"]

    async def stamps(self) -> list[str]:
        parts = self.platform.parts
        async with parts.database.steady.acquire() as connection:
            return [
                one.kind for one in await stamps_of(connection, box_of(parts), CENTRE, self.case)
            ]


async def booked(
    platform: Platform, state: str = "booked", by: str = LOGIN, starts: datetime = SOON
) -> Booked:
    case, hold, at, parts = uuid4(), uuid4(), clock.now(), platform.parts
    key, sealed = sealed_told(box_of(parts), case, Told(said="fièvre"))
    async with parts.database.transaction() as connection:
        await connection.execute(_CENTRE, CENTRE)
        await connection.execute(_ACCOUNT, VENDOR, NUMBER, LOGIN, at)
        number = f"R{next(_numbers):09}"
        await connection.execute(_CASE, CENTRE, case, number, at, sealed, key)
        await connection.execute(
            _HOLD, hold, VENDOR, f"slot-{hold}", starts, CENTRE, case, by, at,
            at + timedelta(minutes=3), state,
        )  # fmt: skip
    return Booked(platform, case, hold)


@pytest.mark.requirement("C3.7")
async def test_it_is_booked_moved_and_followed_in_its_case(platform: Platform) -> None:
    one = await booked(platform, "held")
    for _time in range(3):
        assert await one.declare("booked") == "taken"
    assert (await one.state())[0] == "booked"
    assert await one.stamps() == ["osnp:slot"]

    later = SOON + timedelta(minutes=45)
    await one.declare("booked", later)
    assert await one.state() == ("booked", later)
    assert await one.declare("cancelled", later, back=100) == "old"  # an older version
    await one.declare("noshow", later)
    await one.declare("fulfilled", later)
    assert (await one.state())[0] == "fulfilled"
    assert await one.stamps() == ["osnp:slot", "osnp:moved", "osnp:missed", "osnp:honoured"]


@pytest.mark.requirement("C3.7")
async def test_one_that_is_cancelled_there_waits_again_here(platform: Platform) -> None:
    one = await booked(platform, starts=SOON + timedelta(minutes=1))
    await one.declare("booked", SOON + timedelta(minutes=1))
    await one.declare("cancelled", SOON + timedelta(minutes=1))

    assert (await one.state())[0] == "cancelled"
    assert await one.stamps() == ["osnp:cancelled"]
    await one.declare("booked", SOON + timedelta(minutes=1))  # and is booked again there
    assert (await one.state())[0] == "booked"
    assert await one.stamps() == ["osnp:cancelled", "osnp:slot"]


@pytest.mark.requirement("C3.7")
async def test_an_outcome_that_comes_before_its_booking_counts(platform: Platform) -> None:
    at = SOON + timedelta(minutes=9)
    one = await booked(platform, "held", starts=at)
    await one.declare("fulfilled", at)
    assert await one.declare("booked", at, back=100) == "old"

    assert (await one.state())[0] == "fulfilled"
    assert await one.stamps() == ["osnp:slot", "osnp:honoured"]


@pytest.mark.requirement("C3.7")
async def test_one_that_is_not_surely_ours_is_joined_to_nothing_and_shown(
    platform: Platform,
) -> None:
    at = SOON + timedelta(minutes=2)
    twins = [await booked(platform, starts=at) for _n in range(2)]
    other = await booked(platform, by="somebody.else", starts=at + timedelta(minutes=1))
    await twins[0].declare("cancelled", at)
    await other.declare("booked", at + timedelta(minutes=1))

    assert [(await one.state())[0] for one in (*twins, other)] == ["booked"] * 3
    desk = sas_desk(platform.parts)
    assert desk is not None
    admin = Principal("a", "A", "", "", "", (), functions=frozenset({ADMINISTRATOR}))
    alone = await desk.alone(admin)
    assert [(one.vendor, one.name) for one in alone] == [(VENDOR, "Inès Lambert")]


@pytest.mark.requirement("C3.7")
async def test_one_whose_slot_somebody_else_took_since_stays_theirs(platform: Platform) -> None:
    at = SOON + timedelta(minutes=5)
    late = await booked(platform, "released", starts=at)
    async with platform.parts.database.transaction() as connection:
        await connection.execute(
            _HOLD, uuid4(), VENDOR, f"slot-{late.hold}", at, CENTRE, late.case, "another.one",
            clock.now(), clock.now() + timedelta(minutes=3), "booked",
        )  # fmt: skip
    await late.declare("booked", at)

    assert (await late.state())[0] == "released"
    assert await late.stamps() == []
