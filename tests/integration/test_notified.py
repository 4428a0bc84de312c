"""Who is told of what: the rules of the house, events from FHIR writes, what is open to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cordee.care.notifications.states import State
from running import Ground, platform_on
from told import Town, places, resident, stay
from trusted import who

LEGOFF, CLAIRE, HELENE = who("dr.legoff"), who("claire.weber"), who("helene.costa")
BENALI, ROUX = who("dr.benali"), who("dr.roux")


@pytest.fixture(scope="module")
async def town(ground: Ground) -> AsyncIterator[Town]:
    async with platform_on(ground, mode="demo") as platform:
        town = Town(platform)
        await town.put(*places())
        await town.begin()
        yield town


@pytest.mark.requirement("B2.3")
@pytest.mark.requirement("B2.1")
async def test_an_arrival_at_the_emergencies_is_told_to_the_doctor_and_the_home(
    town: Town,
) -> None:
    await town.put(resident("arrival"), stay("arrival", "e-arrival", "in-progress"))

    await town.turn()

    (told,) = await town.told(LEGOFF)
    assert (told.kind, told.rule, told.urgent) == ("emergency-arrival", "attending", True)
    assert told.patient["name"][0]["family"] == "MORVAN"
    assert told.place["name"] == "CH de Belmont"
    assert told.state is State.ISSUED
    (home,) = await town.told(CLAIRE)
    assert (home.kind, home.rule) == ("emergency-arrival", "residence")
    assert await town.told(ROUX) == []


@pytest.mark.requirement("B2.1")
async def test_written_again_it_is_told_once(town: Town) -> None:
    await town.put(resident("again"))
    before = len(await town.told(LEGOFF))
    for status in ("arrived", "in-progress", "in-progress"):
        await town.put(stay("again", "e-again", status))
        await town.turn()

    assert len(await town.told(LEGOFF)) == before + 1
