"""INT_R02 and INT_R03 on the real PostgreSQL: told once, in order, kept through failures; dead letters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from cordee.gateways.sas import appointments
from cordee.gateways.sas.aggregator import Flow, Vendor
from cordee.gateways.sas.appointments import Ledger
from cordee.gateways.sas.emulator import Failure
from cordee.gateways.sas.receiving import PREFIX, Receiver
from cordee.gateways.sas.regulators import Accounts, Regulator
from cordee.gateways.sas.software import SYSTEM, AccountKeeper, Declarer, appointment
from cordee.runtime import clock
from cordee.runtime.errors import NotFound
from running import Platform
from shared_data import shared

SOON = clock.now().replace(microsecond=0) + timedelta(hours=3)
KNOWN = {"x-cert": "empreinte-un"}


def regulator() -> Regulator:
    return Regulator(str(uuid4()), "Lambert", "Inès", "ines.lambert@samu.invalid")


def accounts(platform: Platform, **keepers: AccountKeeper) -> Accounts:
    vendors = [
        Vendor(
            name, "http://vendor.invalid/fhir", frozenset({Flow.INDIVIDUAL}),
            transport=httpx.ASGITransport(keeper),
        )
        for name, keeper in keepers.items()
    ]  # fmt: skip
    return Accounts(platform.parts.database, vendors)


def ledger(platform: Platform) -> Ledger:
    ring = platform.parts.kernel.repository.ring
    assert ring is not None
    return Ledger(platform.parts.database, ring)


def declarer(platform: Platform, headers: dict[str, str] | None = None) -> Declarer:
    def certificate(_peer: str, told: Any) -> str:
        return next((value.decode() for name, value in told if name == b"x-cert"), "")

    receiver: Any = Receiver(ledger(platform), certificate, {"empreinte-un": "un"})
    client = httpx.AsyncClient(transport=httpx.ASGITransport(receiver), base_url="http://sas")
    return Declarer(client, PREFIX, KNOWN if headers is None else headers)


async def status(platform: Platform, value: str) -> str:
    found = await ledger(platform).one("un", f"{SYSTEM}|{value}")
    assert found
    return str(found["status"])


@pytest.mark.requirement("C3.7")
async def test_an_account_is_made_at_entry_once_and_ended_at_once(platform: Platform) -> None:
    one, two, person = AccountKeeper(), AccountKeeper(), regulator()
    both = accounts(platform, un=one, deux=two)
    for _entry in range(3):
        await both.enter(person)
        await both.turn()
    assert [len(one.calls), len(two.calls)] == [1, 1]
    assert [each["active"] for each in (*one.accounts.values(), *two.accounts.values())] == [
        True, True,
    ]  # fmt: skip

    assert await both.end(person.number) == 2
    assert [each["active"] for each in (*one.accounts.values(), *two.accounts.values())] == [
        False, False,
    ]  # fmt: skip
    await both.enter(person)  # back after a leave: made anew at the next entry
    await both.turn()
    assert next(iter(one.accounts.values()))["active"] is True
    await both.close()


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize("failure", [Failure.AWAY, Failure.HANG])
async def test_a_vendor_that_is_down_is_told_later_and_holds_up_no_other(
    platform: Platform, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, ill, person = AccountKeeper(), AccountKeeper(failure=failure), regulator()
    both = accounts(platform, bien=well, panne=ill)
    await both.enter(person)
    await both.turn()
    assert (len(well.accounts), len(ill.accounts)) == (1, 0)

    # Told to end meanwhile: what is told later is the end alone.
    await both.end(person.number)
    ill.failure = None
    true = clock.now
    monkeypatch.setattr(clock, "now", lambda: true() + timedelta(hours=1))
    await both.turn()

    assert [each["active"] for each in ill.accounts.values()] == [False]
    await both.close()


@pytest.mark.requirement("C3.7")
async def test_what_a_vendor_refuses_is_not_told_for_ever(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = AccountKeeper(failure=Failure.REFUSE)
    one = accounts(platform, refus=keeper)
    await one.enter(regulator())
    true = clock.now
    for hours in range(3):
        monkeypatch.setattr(clock, "now", lambda hours=hours: true() + timedelta(hours=hours))
        await one.turn()
    assert len(keeper.calls) == 1
    await one.close()


@pytest.mark.requirement("C3.7")
async def test_an_appointment_is_created_moved_and_ended_by_its_vendor(platform: Platform) -> None:
    vendor, value = declarer(platform), str(uuid4())
    assert await vendor.create(appointment(value, "pending", SOON)) == 201
    for told in ("booked", "fulfilled", "noshow", "cancelled"):
        assert await vendor.update(appointment(value, told, SOON)) == 200
        assert await status(platform, value) == told
    later = SOON + timedelta(hours=1)
    assert await vendor.update(appointment(value, "booked", later)) == 200
    found = await ledger(platform).one("un", f"{SYSTEM}|{value}")
    assert found
    assert (found["starts"], found["practitioner"]) == (later, "810100050075")
    other = str(uuid4())  # a PUT makes what is not there
    assert await vendor.update(appointment(other, "booked", SOON)) == 201


@pytest.mark.requirement("C3.7")
async def test_a_duplicate_and_an_old_version_change_nothing(platform: Platform) -> None:
    vendor, value, now = declarer(platform), str(uuid4()), clock.now()
    first = appointment(value, "booked", SOON, now - timedelta(minutes=9))
    last = appointment(value, "cancelled", SOON, now)
    assert [await vendor.create(first), await vendor.create(first)] == [201, 201]
    assert await vendor.update(last) == 200

    assert await vendor.create(first) == 201  # sent a third time, after the end
    late = appointment(value, "noshow", SOON, now - timedelta(minutes=5))
    assert await vendor.update(late) == 200
    assert await status(platform, value) == "cancelled"


@pytest.mark.requirement("C3.7")
async def test_what_cannot_be_used_is_refused_kept_sealed_and_taken_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, book, value = declarer(platform), ledger(platform), f"secret-{uuid4()}"
    wrong = appointment(value, "booked", SOON, participant=[{"status": "declined"}])
    before = len(await book.dead())
    assert [await vendor.create(wrong), await vendor.create(wrong)] == [422, 422]

    letters = (await book.dead())[before:]
    assert [one.times for one in letters] == [2]
    assert value not in letters[0].reason
    async with platform.parts.database.write.acquire() as connection:
        kept: bytes | None = await connection.fetchval(
            "SELECT content FROM sas_received WHERE n = $1", letters[0].n
        )
    assert kept
    assert value.encode() not in kept
    assert (await book.again(letters[0].n)).state == "dead"  # nothing was mended

    places = appointments._PLACES | {"declined"}  # what refused it is mended
    monkeypatch.setattr(appointments, "_PLACES", places)
    assert (await book.again(letters[0].n)).state == "taken"
    assert await status(platform, value) == "booked"
    assert len(await book.dead()) == before
    with pytest.raises(NotFound):
        await book.again(letters[0].n)


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize(
    "change",
    [{"identifier": []}, {"identifier": [{"value": "x"}]}, {"start": None}, {"end": "hier"},
     {"end": "2020-01-01T00:00:00+01:00"}, {"extension": []}, {"extension": [{"url": 3}]},
     {"status": "entered-in-error"}, {"start": "2026-11-23T10:00:00"}, {"participant": ["x"]},
     {"participant": [{"status": "declined"}]}, {"resourceType": "Patient"}],
)  # fmt: skip
async def test_what_the_profile_asks_for_is_asked_for(
    platform: Platform, change: dict[str, Any]
) -> None:
    assert (
        await declarer(platform).create(appointment(str(uuid4()), "booked", SOON) | change) == 422
    )


@pytest.mark.requirement("C3.7")
async def test_only_a_known_certificate_is_heard_and_the_address_names_the_body(
    platform: Platform,
) -> None:
    told = appointment(str(uuid4()), "booked", SOON)
    for headers in ({}, {"x-cert": "empreinte-deux"}):
        assert await declarer(platform, headers).create(told) == 403
    vendor = declarer(platform)
    other = await vendor.client.put(
        PREFIX, params={"identifier": f"{SYSTEM}|autre"}, content=orjson.dumps(told), headers=KNOWN
    )
    assert other.status_code == 422
    assert (await vendor.client.put(PREFIX, content=b"{}", headers=KNOWN)).status_code == 400
    assert (await vendor.client.post(PREFIX, content=b"<x>", headers=KNOWN)).status_code == 400
    assert (await vendor.client.get(PREFIX, headers=KNOWN)).status_code == 405
    large = b"x" * 70_000
    assert (await vendor.client.post(PREFIX, content=large, headers=KNOWN)).status_code == 413


@pytest.mark.requirement("C3.7")
@pytest.mark.parametrize("name", ["Appointment-1", "Appointment-2"])
async def test_official_examples_are_taken(platform: Platform, name: str) -> None:
    body = (shared("specs/ig/sas/example") / f"{name}.json").read_bytes()
    told = orjson.loads(body)
    vendor = declarer(platform)
    assert await vendor.update(told) in {200, 201}
    held = told["identifier"][0]
    found = await ledger(platform).one("un", f"{held['system']}|{held['value']}")
    assert found
    assert (found["status"], found["starts"]) == (
        told["status"], datetime.fromisoformat(told["start"])
    )  # fmt: skip
