"""A platform of the demonstration, with a patient whom its first doctor cares for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from launching import App, person_of, register

import given
from running import Ground, Platform, platform_on


@pytest.fixture(scope="module")
async def demo(ground: Ground) -> AsyncIterator[Platform]:
    """The application in demo mode: its accounts may enter."""
    async with platform_on(ground, mode="demo") as running:
        client = await running.client()
        doctor = (await person_of()).practitioner
        await client.put(doctor, json={"resourceType": "Practitioner", "id": doctor.split("/")[1]})
        for key in ("mine", "other"):
            made = given.patient(id=key) | {"generalPractitioner": [{"reference": doctor}]}
            assert (await client.put(f"Patient/{key}", json=made)).status_code == 201
        yield running


@pytest.fixture
async def app(demo: Platform) -> App:
    """A public application."""
    return await register(demo)
