"""Subscriptions from a write to the endpoint: a real PostgreSQL, real HTTP receivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

import given
from cordee.app.subscriptions import engine
from cordee.fhir.subscriptions.keeping import QUERIES
from cordee.fhir.subscriptions.waking import Wakes
from cordee.runtime.postgres.cluster import APPLICATION
from receivers import Received, Receiver, receiving
from running import Ground, Platform, platform_on
from subscribed import create, plain, standing, subscription, until


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    """The application, which may call this machine; it is not patient."""
    async with platform_on(ground, subscriber_networks="127.0.0.0/8") as running:
        patience = running.parts.subscriptions.deliverer.patience
        object.__setattr__(patience, "first", 0.05)
        object.__setattr__(patience, "longest", 0.2)
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def rows(platform: Platform, sql: str, *values: Any) -> list[dict[str, Any]]:
    async with platform.parts.database.write.acquire() as connection:
        return [dict(row) for row in await connection.fetch(sql, *values)]


async def followed(client: httpx.AsyncClient, url: str, **more: Any) -> tuple[str, str]:
    """A patient and an active subscription to their record."""
    patient = await create(client, given.patient())
    key = await create(client, subscription(url, filters=[f"patient=Patient/{patient}"], **more))
    await standing(client, key)
    return patient, key


async def weigh(client: httpx.AsyncClient, patient: str, count: int = 1) -> list[str]:
    return [await create(client, given.observation(f"Patient/{patient}")) for _ in range(count)]


async def settled(platform: Platform, key: str, state: str, count: int) -> list[dict[str, Any]]:
    sql = "SELECT n, state, reason FROM subscription_event WHERE subscription = $1 AND state = $2 ORDER BY n"
    return await until(lambda: rows(platform, sql, key, state), lambda found: len(found) >= count)


async def test_a_write_is_told_to_who_subscribed(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, _ = await followed(client, receiver.url, content="full-resource")
    [made] = await weigh(client, patient)

    handshake, event = (await receiver.until(lambda found: len(found) >= 2))[:2]
    assert handshake.status["type"] == "handshake"
    assert event.status["type"] == "event-notification"
    assert event.json["entry"][1]["resource"]["id"] == made


async def test_events_come_in_order_with_numbers_without_a_gap(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url, count=7)
    made = await weigh(client, patient, 30)

    await receiver.until(lambda _: len(receiver.numbers()) >= 30)
    assert receiver.numbers() == list(range(1, 31))
    focuses = [
        event["focus"]["reference"].rpartition("/")[2]
        for one in await receiver.notices("event-notification")
        for event in one.status["events"]
    ]
    assert focuses == made
    assert len(await settled(platform, key, "sent", 30)) == 30


async def test_many_who_write_at_once_leave_no_gap(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url, count=100)
    await asyncio.gather(*(weigh(client, patient, 4) for _ in range(15)))

    await receiver.until(lambda _: len(receiver.numbers()) >= 60)
    assert receiver.numbers() == list(range(1, 61))
    [row] = await rows(platform, "SELECT events FROM subscription WHERE id = $1", key)
    assert row["events"] == 60


async def test_what_came_up_while_the_endpoint_was_away_is_told_once_in_order(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url, count=3)
    await receiver.stop()
    await weigh(client, patient, 8)
    await until(
        lambda: rows(platform, "SELECT tries FROM subscription WHERE id = $1", key),
        lambda found: found[0]["tries"] >= 2,
    )
    assert (await client.get(f"Subscription/{key}")).json()["status"] == "active"

    await receiver.start()
    await receiver.until(lambda _: len(receiver.numbers()) >= 8)
    assert receiver.numbers() == list(range(1, 9))


async def test_a_process_that_dies_before_it_sends_is_followed_by_another(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    """The event is committed and leased by a process that is no more."""
    patient, key = await followed(client, receiver.url)
    async with platform.parts.database.transaction() as connection:
        await connection.execute(
            "UPDATE subscription SET leased = clock_timestamp() + interval '1 hour' WHERE id = $1",
            key,
        )
    await weigh(client, patient)
    await settled(platform, key, "waiting", 1)
    assert receiver.numbers() == []

    await rows(
        platform,
        "UPDATE subscription SET leased = clock_timestamp() - interval '1 s' WHERE id = $1",
        key,
    )
    await receiver.until(lambda _: receiver.numbers() == [1])


async def test_several_processes_share_the_work_and_the_order(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    """Another engine on the same base: every event is told once, in the order of its subscription."""
    parts = platform.parts
    wakes = Wakes(parts.place.url, APPLICATION)
    another = engine(parts.settings, parts.kernel, parts.guard, parts.listener, wakes)
    running = asyncio.create_task(another.run())
    try:
        pairs = [await followed(client, receiver.url, count=3) for _ in range(8)]
        await asyncio.gather(*(weigh(client, patient, 10) for patient, _ in pairs))
        await receiver.until(lambda _: len(receiver.numbers()) >= 80)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await another.close()
    for _, key in pairs:
        numbers = [
            int(event["event-number"])
            for one in receiver.received
            if one.status["subscription"]["reference"].endswith(key)
            for event in one.status["events"]
        ]
        assert numbers == list(range(1, 11))


async def test_a_process_that_ends_hands_back_what_it_was_at(
    platform: Platform,
    client: httpx.AsyncClient,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patient, key = await followed(client, receiver.url, timeout=60)
    deliverer = platform.parts.subscriptions.deliverer
    receiver.gate.clear()
    attempts = receiver.attempts
    await weigh(client, patient)
    await until(lambda: tried(receiver), lambda count: count > attempts)
    lease = deliverer._leases[key]
    with monkeypatch.context() as ending:
        ending.setattr(deliverer, "most", 0)  # a process that ends takes nothing more
        await asyncio.sleep(0.2)  # what was on its way to be taken is
        await deliverer._hand_back()
        [row] = await rows(platform, "SELECT leased, due FROM subscription WHERE id = $1", key)
        assert row["leased"] is None
        assert row["due"] < lease
    deliverer.wakes.tell()
    receiver.gate.set()
    await receiver.until(lambda _: 1 in receiver.numbers())


async def tried(receiver: Receiver) -> int:
    return receiver.attempts


async def test_who_lost_the_lease_settles_nothing(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url)
    receiver.gate.clear()
    told = receiver.attempts
    await weigh(client, patient)
    await until(
        lambda: rows(platform, "SELECT leased FROM subscription WHERE id = $1", key),
        lambda found: found[0]["leased"] is not None,
    )
    # Before it is on its way, who lost the lease would rightly send nothing.
    await until(lambda: asyncio.sleep(0, receiver.attempts), lambda found: found > told)
    another = await rows(
        platform,
        "UPDATE subscription SET leased = clock_timestamp() + interval '1 hour' WHERE id = $1 RETURNING leased",
        key,
    )
    receiver.gate.set()
    await settled(platform, key, "sent", 1)
    [row] = await rows(platform, "SELECT settled, leased FROM subscription WHERE id = $1", key)
    assert (row["settled"], row["leased"]) == (0, another[0]["leased"])


async def test_a_slow_subscriber_slows_nobody(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    async with receiving() as slow:
        patient, _ = await followed(client, receiver.url)
        keys = [
            await create(
                client, subscription(slow.url, filters=[f"patient=Patient/{patient}"], timeout=30)
            )
            for _ in range(5)
        ]
        for key in keys:
            await standing(client, key)
        slow.gate.clear()
        await weigh(client, patient, 5)
        await receiver.until(lambda _: receiver.numbers() == [1, 2, 3, 4, 5])
        assert slow.numbers() == []
        slow.gate.set()
        await slow.until(lambda _: len(slow.numbers()) >= 25)


async def test_one_that_cannot_be_read_stops_nobody(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    broken = await create(client, subscription(receiver.url))
    await standing(client, broken)
    sql = "UPDATE subscription SET sealed = '\\x00', due = clock_timestamp() WHERE id = $1"
    await rows(platform, sql, broken)
    try:
        patient, _ = await followed(client, receiver.url)
        await weigh(client, patient)
        await receiver.until(lambda _: len(receiver.numbers()) >= 1)
    finally:
        await rows(platform, "DELETE FROM subscription WHERE id = $1", broken)


async def test_dead_letters_are_sent_again_by_a_person(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url)
    receiver.answer = lambda one: 422 if one.status["type"] == "event-notification" else 200
    await weigh(client, patient, 2)
    stands = await standing(client, key, "error")
    assert stands["error"] == "http-422"
    assert [row["n"] for row in await settled(platform, key, "dead", 1)] == [1]
    status = (await client.get(f"Subscription/{key}/$status")).json()
    assert read_one(status)["status"] == "error"
    assert read_one(status)["events-since-subscription-start"] == "2"

    receiver.answer = lambda _: 200
    again = await client.put(f"Subscription/{key}", json=stands | {"status": "requested"})
    assert again.status_code == 200, again.text
    assert again.json()["status"] == "requested"
    await receiver.until(lambda _: receiver.numbers() == [2])
    told = (await client.post(f"Subscription/{key}/$replay")).json()
    assert told["parameter"] == [{"name": "count", "valueInteger": 1}]
    await receiver.until(lambda _: receiver.numbers() == [2, 1])
    assert await settled(platform, key, "dead", 0) == []


def read_one(bundle: dict[str, Any]) -> dict[str, Any]:
    return Received("", "", {}, orjson.dumps(bundle)).status


async def test_an_endpoint_that_is_gone_ends_it(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patient, key = await followed(client, receiver.url)
    receiver.answer = lambda _: 410
    await weigh(client, patient)

    await standing(client, key, "off")


async def test_an_endpoint_that_stays_away_is_given_up(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    patience = platform.parts.subscriptions.deliverer.patience
    patient, key = await followed(client, receiver.url)
    object.__setattr__(patience, "away", timedelta(0))
    try:
        await receiver.stop()
        await weigh(client, patient)
        assert (await standing(client, key, "error"))["error"] == "no-answer"
    finally:
        object.__setattr__(patience, "away", timedelta(hours=12))


async def test_no_redirect_is_followed(client: httpx.AsyncClient, receiver: Receiver) -> None:
    async with receiving() as other:
        patient, key = await followed(client, receiver.url)
        receiver.location, receiver.answer = other.url, lambda _: 307
        await weigh(client, patient)
        assert (await standing(client, key, "error"))["error"] == "http-307"
        assert other.received == []


async def test_a_number_of_subscriptions_costs_no_query_each(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    """2,000 subscriptions match one write: the statements of its turn are counted."""
    patient = await create(client, given.patient())
    criteria = [f"patient=Patient/{patient}", "code=http://loinc.org|29463-7", "status=final"]
    made = subscription(channel="websocket", topic="new-result", filters=criteria[:2])
    first = await create(client, made)
    await standing(client, first)
    recorder = platform.parts.subscriptions.recorder
    async with platform.parts.database.transaction() as connection:
        await many(platform, connection, made, 2000)
    recorder._matcher = None
    seen: list[str] = []
    await weigh(client, patient)
    sql = "SELECT count(*) AS n FROM subscription_event WHERE subscription LIKE 'many-%'"
    await until(lambda: rows(platform, sql), lambda found: found[0]["n"] == 2000)

    with counting(platform, seen):
        await weigh(client, patient)
        await until(lambda: rows(platform, sql), lambda found: found[0]["n"] == 4000)
    turn = [one for one in seen if one != sql]
    assert sum("INSERT INTO subscription_event" in one for one in turn) == 1
    assert len(turn) < 60, turn
    await rows(platform, "DELETE FROM subscription WHERE id LIKE 'many-%'")
    recorder._matcher = None


async def many(platform: Platform, connection: Any, made: dict[str, Any], count: int) -> None:
    from cordee.fhir.subscriptions.definition import read_definition
    from cordee.fhir.subscriptions.keeping import keep
    from cordee.fhir.subscriptions.ports import Owner

    owner = Owner("test", "", {"user": "test", "name": "", "role": "system", "structure": "",
                               "practitioner": "", "scopes": ["system/*.cruds"]}, is_system=True)  # fmt: skip
    ring = platform.parts.kernel.repository.ring
    for place in range(count):
        resource = made | {"id": f"many-{place}"}
        await keep(connection, ring, owner, resource, read_definition(resource))
    await connection.execute(
        "UPDATE subscription SET status = 'active', due = NULL WHERE id LIKE 'many-%'"
    )


class counting:  # noqa: N801 -- reads as a verb
    """Notes the statements of every connection of the pools."""

    def __init__(self, platform: Platform, seen: list[str]) -> None:
        self._lenders = (platform.parts.database.write, platform.parts.database.search)
        self._seen = seen

    def _note(self, record: Any) -> None:
        self._seen.append(record.query)

    def __enter__(self) -> None:
        for lender in self._lenders:
            for connection in (*lender._free, *lender._lent):
                connection.add_query_logger(self._note)

    def __exit__(self, *_: object) -> None:
        for lender in self._lenders:
            for connection in (*lender._free, *lender._lent):
                connection.remove_query_logger(self._note)


async def test_what_memory_cannot_answer_is_asked_of_the_base_at_once(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    """Chains and quantities, true and false."""
    family = f"F{uuid4().hex[:8]}"
    patient = await create(client, given.patient(name=[{"family": family, "given": ["A"]}]))
    criteria = [
        f"Observation?patient.name={family}&value-quantity=gt70",
        f"Observation?patient.name={family}&value-quantity=gt71",
        f"Observation?patient.name={family}",
    ]
    keys = [await create(client, plain(receiver.url, one)) for one in criteria]
    for key in keys:
        await standing(client, key)
    seen: list[str] = []
    with counting(platform, seen):
        await weigh(client, patient)
        await receiver.until(lambda found: len(found) >= 2)
    assert sum(" AS place, r.rid" in one for one in seen) == 1
    found = {
        row["id"]: row["events"]
        for row in await rows(
            platform, "SELECT id, events FROM subscription WHERE id = ANY ($1)", keys
        )
    }
    assert [found[key] for key in keys] == [1, 0, 1]


async def test_a_plain_subscription_puts_the_resource_under_its_endpoint(
    client: httpx.AsyncClient, receiver: Receiver
) -> None:
    """R4: with a payload an update of the resource, without one a message without a body."""
    patient = await create(client, given.patient())
    whole = plain(receiver.url, f"Observation?patient={patient}", "application/fhir+json")
    bare = plain(receiver.url, f"Observation?patient={patient}")
    for one in (whole, bare):
        await standing(client, await create(client, one))
    [made] = await weigh(client, patient)
    await receiver.until(lambda found: len(found) >= 2)
    await client.delete(f"Observation/{made}")
    await weigh(client, patient)

    found = await receiver.until(lambda found: len(found) >= 4)
    assert sorted((one.method, one.body == b"") for one in found) == [
        ("POST", True), ("POST", True), ("PUT", False), ("PUT", False),
    ]  # fmt: skip
    assert f"/told/Observation/{made}" in [one.path for one in found]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"criteria": "https://example.org/topic"}, "criteria"),
        ({"criteria": "Nothing?x=1"}, "criteria"),
        ({"criteria": "Observation?nothing=1"}, "criteria"),
        ({"criteria": "Observation?date=never"}, "criteria"),
        ({"criteria": "Observation?_sort=date"}, "criteria"),
        ({"criteria": "Observation?_content=x"}, "criteria"),
        ({"endpoint": "ftp://example.org"}, "channel.endpoint"),
        ({"endpoint": "http://example.org/x"}, "channel.endpoint"),
        ({"endpoint": "https://10.0.0.1/x"}, "channel.endpoint"),
        ({"endpoint": "https://[::ffff:10.0.0.1]/x"}, "channel.endpoint"),
        ({"endpoint": "https://169.254.169.254/x"}, "channel.endpoint"),
        ({"endpoint": "https://user:word@example.org/x"}, "channel.endpoint"),
        ({"endpoint": ""}, "channel.endpoint"),
        ({"type": "sms"}, "channel.type"),
        ({"payload": "text/csv"}, "channel.payload"),
        ({"payload": "application/fhir+json; fhirVersion=5.0"}, "channel.payload"),
        ({"header": ["no colon"]}, "channel.header[0]"),
        ({"header": ["Host: example.org"]}, "channel.header[0]"),
        ({"filters": ["nothing=1"]}, "criteria.extension[0].value"),
        ({"filters": ["_type=Practitioner"]}, "criteria.extension[0].value"),
        ({"filters": ["_tag"]}, "criteria.extension[0].value"),
        ({"content": "everything"}, "channel.payload.extension"),
        ({"status": "error"}, "status"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_path(
    client: httpx.AsyncClient, change: dict[str, Any], path: str
) -> None:
    more = {name: change[name] for name in ("filters", "content") if name in change}
    made = subscription("https://example.org/x", **more)
    for name, value in change.items():
        if name in {"criteria", "status"}:
            made[name] = value
            made.pop("meta", None)
        elif name in made["channel"] or name == "header":
            made["channel"][name] = value
    answer = await client.post("Subscription", json=made)
    assert answer.status_code in {400, 422}, answer.text
    found = [issue.get("expression", [""])[0] for issue in answer.json()["issue"]]
    assert f"Subscription.{path}" in found or (change.get("endpoint") == "" and found), found


async def test_headers_are_kept_and_never_shown(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    secret = f"Bearer {uuid4().hex}"
    patient, key = await followed(client, receiver.url, headers=[f"Authorization: {secret}"])
    shown = (await client.get(f"Subscription/{key}")).json()
    assert shown["channel"]["header"] == ["Authorization: ********"]
    assert secret not in (await client.get(f"Subscription/{key}/_history")).text
    assert secret not in (await client.get(f"Subscription?_id={key}")).text
    [row] = await rows(platform, "SELECT sealed FROM subscription WHERE id = $1", key)
    assert secret.encode() not in row["sealed"]

    answer = await client.put(
        f"Subscription/{key}", json=shown | {"status": "requested", "reason": "again"}
    )
    assert answer.status_code == 200, answer.text
    await standing(client, key)
    await weigh(client, patient)
    [event] = await receiver.notices("event-notification")
    assert event.headers["authorization"] == secret
    assert secret not in answer.text


@pytest.mark.parametrize(
    "url", ["Subscription", "/Subscription", "{base}/Subscription", "%53ubscription"]
)
async def test_a_transaction_writes_no_subscription_and_a_batch_does(
    platform: Platform, client: httpx.AsyncClient, url: str
) -> None:
    made = subscription(channel="websocket", topic="task")
    entry = given.entry("POST", url.format(base=platform.parts.kernel.base), made)
    refused = await client.post("", json=given.bundle("transaction", entry))
    done = (await client.post("", json=given.bundle("batch", entry))).json()
    assert refused.status_code == 400
    assert done["entry"][0]["response"]["status"].startswith("201")


async def test_an_update_a_patch_and_a_removal_are_seen_at_once(
    platform: Platform, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    one, key = await followed(client, receiver.url)
    other = await create(client, given.patient())
    stands = (await client.get(f"Subscription/{key}")).json()
    stands["_criteria"]["extension"][0]["valueString"] = f"patient=Patient/{other}"
    await client.put(f"Subscription/{key}", json=stands | {"status": "requested"})
    await standing(client, key)
    await weigh(client, one)
    [told] = await weigh(client, other)
    [event] = await receiver.notices("event-notification")
    assert event.status["events"][0]["focus"]["reference"].endswith(told)

    patch = [{"op": "replace", "path": "/status", "value": "off"}]
    answer = await client.patch(
        f"Subscription/{key}", content=orjson.dumps(patch),
        headers={"content-type": "application/json-patch+json"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["status"]) == (200, "off"), answer.text
    await weigh(client, other)
    assert (await client.delete(f"Subscription/{key}")).status_code == 204
    assert (await client.get(f"Subscription/{key}")).status_code == 410
    assert await rows(platform, "SELECT FROM subscription WHERE id = $1", key) == []
    assert receiver.numbers() == [1]


async def test_it_ends_by_itself(client: httpx.AsyncClient) -> None:
    made = subscription(channel="websocket", topic="task", end="2020-02-07T13:28:17-05:00")
    key = await create(client, made)
    assert (await client.get(f"Subscription/{key}")).json()["status"] == "off"


def test_the_lease_is_longer_than_what_it_covers() -> None:
    assert "make_interval(secs => timeout)" in QUERIES["lease"]
