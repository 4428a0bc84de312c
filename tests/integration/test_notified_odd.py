"""What is valid FHIR and odd stops no reader: others are told of their patients all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from running import Ground, platform_on
from told import EHPAD, HOSPITAL, Town, places, resident, stay
from trusted import who

CLAIRE = who("claire.weber")
_LEFT = {"hospitalization": {"dischargeDisposition": {"coding": [{"code": "home, with care"}]}}}
_VERSION = "/_history/1"


@pytest.fixture(scope="module")
async def town(ground: Ground) -> AsyncIterator[Town]:
    async with platform_on(ground, mode="demo") as platform:
        town = Town(platform)
        await town.put(*places())
        await town.begin()
        yield town


@pytest.mark.requirement("B2.1")
@pytest.mark.parametrize(
    ("number", "status", "odd"),
    [
        ("odd-code", "finished", _LEFT),
        ("odd-place", "in-progress", {"serviceProvider": {"reference": HOSPITAL + _VERSION}}),
        (
            "odd-subject", "in-progress",
            {"subject": {"reference": f"Patient/odd-subject{_VERSION}"}},
        ),
        ("odd-end", "in-progress", {"period": {"start": "9999-12-31T23:59:59-02:00"}}),
    ],
)  # fmt: skip
async def test_what_is_oddly_written_is_told_and_stops_nobody(
    town: Town, number: str, status: str, odd: dict[str, Any]
) -> None:
    await town.put(resident(number), stay(number, f"e-{number}", status, **odd))
    await town.put(resident(f"after-{number}"))
    await town.put(stay(f"after-{number}", f"e-after-{number}", "in-progress"))

    await town.turn()

    told = {one.patient_reference for one in await town.told(CLAIRE)}
    assert f"Patient/after-{number}" in told
    assert f"Patient/{number}" in told


async def test_a_home_that_is_named_with_its_version_is_told(town: Town) -> None:
    await town.put(resident("odd-home", home=EHPAD + _VERSION), resident("odd-home-after"))
    await town.put(stay("odd-home", "e-odd-home", "in-progress"))
    await town.put(stay("odd-home-after", "e-odd-home-after", "in-progress"))

    await town.turn()

    told = {one.patient_reference for one in await town.told(CLAIRE)}
    assert "Patient/odd-home-after" in told


async def test_an_event_that_cannot_be_told_stops_nobody(town: Town) -> None:
    """What another version wrote into the outbox is not known here."""
    await town.rows(
        "INSERT INTO event (source, kind, at, urgent, recipients, detail)"
        " VALUES ('odd-event', 'of-another-version', now(), true, '{}', '{}')"
    )
    await town.put(resident("odd-event-after"))
    await town.put(stay("odd-event-after", "e-odd-event-after", "in-progress"))

    await town.turn()

    told = {one.patient_reference for one in await town.told(CLAIRE)}
    assert "Patient/odd-event-after" in told
    waiting = await town.rows("SELECT source FROM event WHERE spread IS NULL")
    assert [row["source"] for row in waiting] == ["odd-event"]
