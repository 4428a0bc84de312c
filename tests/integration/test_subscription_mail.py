"""Subscriptions by electronic mail, through a real SMTP server: nothing of care in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import given
from posted import DOMAIN, PostOffice, post_office
from running import Ground, Platform, platform_on
from subscribed import create, standing, subscription


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


@pytest.fixture(scope="module")
async def platform(ground: Ground, office: PostOffice) -> AsyncIterator[Platform]:
    told = {"mail_from": f"ne-pas-repondre@{DOMAIN}", "smtp_url": office.url}
    async with platform_on(ground, secure_mail=DOMAIN, mode="demo", **told) as running:
        yield running


async def arrived(office: PostOffice, box: str, number: int) -> str:
    """The last letter of a box, once so many are there."""
    letters = await asyncio.to_thread(office.letters, box, number)
    texts = [one.get_payload(decode=True) for one in letters]
    return "\n".join(text.decode() for text in texts if isinstance(text, bytes))


async def test_a_letter_says_only_that_there_is_something(
    client: httpx.AsyncClient, office: PostOffice
) -> None:
    patient = await create(client, given.patient())
    made = subscription(
        f"mailto:mailto:anne@{DOMAIN}", channel="email", content="empty",
        filters=[f"patient=Patient/{patient}"],
    )  # fmt: skip
    key = await create(client, made)
    await standing(client, key)
    weight = await create(client, given.observation(f"Patient/{patient}"))

    text = await arrived(office, "anne", 2)
    assert key in text
    for word in (patient, weight, "Exemple", "Camille", "Observation"):
        assert word not in text


async def test_content_goes_to_secure_addresses_alone(
    client: httpx.AsyncClient, office: PostOffice
) -> None:
    patient = await create(client, given.patient())
    filters = [f"patient=Patient/{patient}", "_type=Observation"]
    for content in ("id-only", "full-resource"):
        made = subscription(
            "mailto:anne@example.org", channel="email", content=content, filters=filters
        )
        answer = await client.post("Subscription", json=made)
        assert answer.status_code == 422
        assert answer.json()["issue"][0]["expression"] == ["Subscription.channel.payload"]
    made = subscription(
        f"mailto:secure@{DOMAIN}", channel="email", content="id-only", filters=filters
    )
    await standing(client, await create(client, made))
    weight = await create(client, given.observation(f"Patient/{patient}"))

    assert weight in await arrived(office, "secure", 2)


@pytest.mark.parametrize(
    "address",
    ["anne@example.org,b@example.org", "mailto:anne", "https://example.org", "mailto:a@b@c.fr"],
)
async def test_what_is_no_address_is_refused(client: httpx.AsyncClient, address: str) -> None:
    made = subscription(address, channel="email", content="empty", topic="task")
    assert (await client.post("Subscription", json=made)).status_code == 422
