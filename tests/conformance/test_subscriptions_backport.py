"""The requirements of R5 Subscriptions Backport 1.1.0 for an R4 server, each by its id.

The list is that of the test kit of Inferno; what is not the server's, or not offered, says why.
"""

from __future__ import annotations

import csv
import lzma
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

import given
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.topics import topics
from cordee.fhir.validation.validate import validate
from receivers import Received, Receiver, read_status, receiving
from running import Ground, Platform, platform_on
from shared_data import shared
from subscribed import TOPIC, create, standing, subscription, until

LIST = "data/04-inferno-requirements/subscriptions_test_kit_requirements.csv.xz"
PREFIX: Final = "subscriptions-1.1.0@"
_CLIENT: Final = "of the client: what a subscriber does"
_DEPRECATED: Final = "deprecated by the kit: said again by another id"
_MAY: Final = "leave to do otherwise: nothing is asked of the server"
EXCUSED: Final[dict[int, str]] = {
    **dict.fromkeys((17, 23, 24, 61, 64, 68, 71, 76, 81, 82, 85, 86, 88, 96, 116, 132), _CLIENT),
    **dict.fromkeys((5, 6, 46, 55, 56, 87, 89, 91), _DEPRECATED),
    3: "not asked: topics are advertised by the extension, which @2 and @48 say",
    4: "not done: topics are advertised, which @2 says",
    18: _MAY + "; a rest-hook is verified by a handshake, which @19 says",
    33: _MAY + "; the focus is added, which @41 and @44 say",
    34: "not offered: nothing but the focus is told, so that the guard judges all that leaves",
    37: "not done: what is not honoured is refused, which @36 says",
    80: "not done: in error nothing is sent, `$status` answers",
    84: _MAY + "; events are kept 30 days after they were told",
    100: _MAY + "; the topic is named, which @101 says for full-resource",
    104: "not offered: every focus is a resource here",
    105: "not offered: there is no further context",
    113: _MAY + "; event notifications are what @25 says",
    117: _MAY + "; the hint is followed, which @115 says",
    131: "not verifiable by the kit: elements are flagged, what is sent is said by @139",
}


def backport(*numbers: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a test with the requirements that it proves."""

    def mark(test: Callable[..., Any]) -> Callable[..., Any]:
        for number in numbers:
            test = pytest.mark.requirement(f"{PREFIX}{number}")(test)
        return test

    return mark


@dataclass
class Flow:
    """One subscription from its creation on."""

    key: str
    created: dict[str, Any]
    received: Receiver
    focus: str

    @property
    def handshake(self) -> Received:
        return self.of("handshake")[0]

    @property
    def events(self) -> list[Received]:
        return self.of("event-notification")

    def of(self, kind: str) -> list[Received]:
        return [one for one in self.received.received if one.status["type"] == kind]


@pytest.fixture(scope="module")
async def platform(ground: Ground) -> AsyncIterator[Platform]:
    """The application, which may call this machine."""
    async with platform_on(ground, subscriber_networks="127.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
async def client(platform: Platform) -> httpx.AsyncClient:
    return await platform.client()


@pytest.fixture(scope="module")
async def flows(client: httpx.AsyncClient) -> AsyncIterator[dict[str, Flow]]:
    """A subscription of each content level, from its creation to its second event."""
    made: dict[str, Flow] = {}
    async with receiving() as empty, receiving() as ids, receiving() as full:
        levels = {"empty": empty, "id-only": ids, "full-resource": full}
        for content, receiver in levels.items():
            patient = await create(client, given.patient())
            asked = subscription(
                receiver.url, content=content, headers=["X-Subscriber: seven", "X-Other: a: b"],
                filters=[f"Observation?patient=Patient/{patient}", "Observation?code=29463-7",
                         "_type=Observation"],
            )  # fmt: skip
            answer = await client.post("Subscription", json=asked)
            assert answer.status_code == 201, answer.text
            key = answer.json()["id"]
            await standing(client, key)
            focus = await create(client, given.observation(f"Patient/{patient}"))
            other = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
            await create(client, given.observation(f"Patient/{patient}", code=other))
            stands = (await client.get(f"Observation/{focus}")).json()
            await client.put(f"Observation/{focus}", json=stands | {"status": "amended"})
            await receiver.until(lambda rows: len(rows) >= 3)
            made[content] = Flow(key, answer.json(), receiver, focus)
        yield made


def test_every_requirement_is_covered_or_excused() -> None:
    with lzma.open(shared(LIST), "rt", encoding="utf-8-sig") as file:
        asked = {int(row["ID"]) for row in csv.DictReader(file)}
    proved = {
        int(str(mark.args[0]).removeprefix(PREFIX))
        for name, test in vars(sys.modules[__name__]).items()
        if name.startswith("test_")
        for mark in getattr(test, "pytestmark", ())
        if mark.name == "requirement" and str(mark.args[0]).startswith(PREFIX)
    }
    assert len(asked) == 138
    assert asked - proved - EXCUSED.keys() == set()
    assert (proved | EXCUSED.keys()) - asked == set()
    assert proved & EXCUSED.keys() == set()


@backport(2, 48, 52, 57, 58, 114, 120, 47, 121, 122, 123, 83)
async def test_the_capability_statement_says_it_all(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    [one] = [row for row in statement["rest"][0]["resource"] if row["type"] == "Subscription"]

    assert canonicals.SERVER in statement["instantiates"]
    assert canonicals.PROFILE in one["supportedProfile"]
    told = {
        row["valueCanonical"] for row in one["extension"] if row["url"] == canonicals.TOPICS_HERE
    }
    assert told == set(topics())
    assert {"read", "create", "update", "patch", "delete", "search-type"} <= {
        row["code"] for row in one["interaction"]
    }
    assert {row["name"]: row["definition"] for row in one["operation"]} == canonicals.OPERATIONS
    assert {"url", "status"} <= {row["name"] for row in one["searchParam"]}


@backport(7, 25, 49, 50, 54)
async def test_each_event_is_posted_to_the_endpoint(flows: dict[str, Flow]) -> None:
    for flow in flows.values():
        assert [one.method for one in flow.received.received] == ["POST"] * 3
        assert {one.path for one in flow.received.received} == {urlsplit(flow.received.url).path}
        assert len(flow.events) == 2


@backport(19, 29)
async def test_a_rest_hook_is_requested_at_first(flows: dict[str, Flow]) -> None:
    assert {flow.created["status"] for flow in flows.values()} == {"requested"}
    assert {flow.handshake.status["status"] for flow in flows.values()} == {"requested"}


@backport(20, 30)
async def test_a_handshake_that_is_answered_makes_it_active(
    client: httpx.AsyncClient, flows: dict[str, Flow]
) -> None:
    for flow in flows.values():
        assert flow.received.received[0] is flow.handshake
        assert (await client.get(f"Subscription/{flow.key}")).json()["status"] == "active"
        status = read_status((await client.get(f"Subscription/{flow.key}/$status")).json())
        assert (status["type"], status["status"]) == ("query-status", "active")


@backport(21, 31)
@pytest.mark.parametrize("status", [500, 404, 302])
async def test_a_handshake_that_fails_ends_in_error(client: httpx.AsyncClient, status: int) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: status
        key = await create(client, subscription(receiver.url, topic="task"))
        stands = await standing(client, key, "error")
        assert stands["error"] == f"handshake: http-{status}"
        await receiver.stop()
        key = await create(client, subscription(receiver.url, topic="task"))
        assert (await standing(client, key, "error"))["error"] == "handshake: no-answer"


@backport(14, 28, 69, 70, 138, 139)
async def test_a_notification_is_a_history_that_begins_with_the_status(
    flows: dict[str, Flow],
) -> None:
    for flow in flows.values():
        for one in flow.received.received:
            bundle = one.json
            assert bundle["type"] == "history"
            assert bundle["timestamp"]
            assert canonicals.NOTIFICATION in bundle["meta"]["profile"]
            first = bundle["entry"][0]["resource"]
            assert first["resourceType"] == "Parameters"
            assert canonicals.STATUS in first["meta"]["profile"]
            assert {
                "subscription",
                "status",
                "type",
                "events-since-subscription-start",
                "events",
            } <= set(one.status)
            assert one.status["subscription"]["reference"].endswith(f"/Subscription/{flow.key}")
            assert [
                issue for issue in validate(bundle) if issue.severity in {"error", "fatal"}
            ] == []
            kinds = {row["name"]: next(k for k in row if k != "name") for row in first["parameter"]}
            assert kinds["events-since-subscription-start"] == "valueString"
            assert (kinds["status"], kinds["type"]) == ("valueCode", "valueCode")


@backport(15)
async def test_every_entry_of_a_history_has_its_request(flows: dict[str, Flow]) -> None:
    for flow in flows.values():
        for one in flow.received.received:
            first, *others = one.json["entry"]
            assert first["request"]["method"] == "GET"
            assert first["request"]["url"].endswith(f"/Subscription/{flow.key}/$status")
            for entry in others:
                assert entry["request"]["method"] in {"POST", "PUT", "DELETE"}
                assert entry["response"]["status"]
    created, updated = flows["id-only"].events
    assert created.json["entry"][1]["request"] == {"method": "POST", "url": "Observation"}
    focus = f"Observation/{flows['id-only'].focus}"
    assert updated.json["entry"][1]["request"] == {"method": "PUT", "url": focus}


@backport(26)
@pytest.mark.parametrize(
    "payload", ["application/fhir+json", "application/json", "application/fhir+xml"]
)
async def test_the_media_type_is_the_one_that_was_asked_for(
    client: httpx.AsyncClient, payload: str
) -> None:
    async with receiving() as receiver:
        key = await create(client, subscription(receiver.url, topic="task", payload=payload))
        await standing(client, key)
        [handshake] = receiver.received
        assert handshake.headers["content-type"] == payload
        assert handshake.body.lstrip()[:1] == (b"<" if "xml" in payload else b"{")
        await client.delete(f"Subscription/{key}")


@backport(27)
async def test_each_header_goes_with_each_notification(flows: dict[str, Flow]) -> None:
    for flow in flows.values():
        for one in flow.received.received:
            assert (one.headers["x-subscriber"], one.headers["x-other"]) == ("seven", "a: b")


@backport(35, 38, 39, 51, 53, 67, 99)
async def test_an_empty_notification_names_nothing(flows: dict[str, Flow]) -> None:
    flow = flows["empty"]
    for one in flow.events:
        assert len(one.json["entry"]) == 1
        assert set(one.status["events"][0]) == {"event-number", "timestamp"}
        assert "topic" not in one.status
        assert flow.focus not in one.body.decode()


@backport(40, 41, 42)
async def test_an_id_only_notification_names_its_focus(
    client: httpx.AsyncClient, flows: dict[str, Flow]
) -> None:
    flow = flows["id-only"]
    address = f"{str(client.base_url).rstrip('/')}/Observation/{flow.focus}"
    for one in flow.events:
        assert one.status["events"][0]["focus"]["reference"] == address
        [entry] = one.json["entry"][1:]
        assert "resource" not in entry
        assert entry["fullUrl"] == address


@backport(43, 44, 101)
async def test_a_full_notification_holds_its_focus(flows: dict[str, Flow]) -> None:
    flow = flows["full-resource"]
    for one in flow.events:
        assert one.status["topic"] == TOPIC + "patient-compartment"
        assert one.status["events"][0]["focus"]["reference"].endswith(flow.focus)
        [entry] = one.json["entry"][1:]
        assert entry["resource"]["id"] == flow.focus
        assert entry["resource"]["resourceType"] == "Observation"


@backport(45)
async def test_content_that_is_gone_is_said_by_its_request(client: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        patient = await create(client, given.patient())
        made = subscription(
            receiver.url, content="full-resource", filters=[f"patient=Patient/{patient}"]
        )
        await standing(client, await create(client, made))
        key = await create(client, given.observation(f"Patient/{patient}"))
        await client.delete(f"Observation/{key}")
        await receiver.until(lambda _: len(receiver.numbers()) >= 2)
        entry = receiver.received[-1].json["entry"][1]
        assert "resource" not in entry
        assert entry["request"] == {"method": "DELETE", "url": f"Observation/{key}"}
        assert entry["response"]["status"] == "204"


@backport(77, 102, 103)
async def test_events_are_counted(client: httpx.AsyncClient, flows: dict[str, Flow]) -> None:
    for flow in flows.values():
        assert flow.handshake.status["events-since-subscription-start"] == "0"
        assert [one.status["events"][0]["event-number"] for one in flow.events] == ["1", "2"]
        assert flow.events[-1].status["events-since-subscription-start"] == "2"
        status = read_status((await client.get(f"Subscription/{flow.key}/$status")).json())
        assert status["events-since-subscription-start"] == "2"


@backport(72, 73, 74, 65, 62, 135, 137)
async def test_what_was_asked_is_read_back(
    client: httpx.AsyncClient, flows: dict[str, Flow]
) -> None:
    for content, flow in flows.items():
        stands = (await client.get(f"Subscription/{flow.key}")).json()
        assert stands["criteria"] == TOPIC + "patient-compartment"
        assert len(stands["_criteria"]["extension"]) == 3
        assert stands["channel"]["_payload"]["extension"][0]["valueCode"] == content
        assert canonicals.PROFILE in stands["meta"]["profile"]
        assert stands["channel"]["type"] == "rest-hook"
        assert stands["reason"]


@backport(95, 136)
async def test_all_filters_must_hold(flows: dict[str, Flow]) -> None:
    """A body height of the same patient was written: it is no event."""
    assert {len(flow.events) for flow in flows.values()} == {2}
    assert {event["focus"]["reference"].rpartition("/")[2] for one in flows["id-only"].events
            for event in one.status["events"]} == {flows["id-only"].focus}  # fmt: skip


async def refused(client: httpx.AsyncClient, path: str, made: dict[str, Any]) -> None:
    answer = await client.post("Subscription", json=made)
    assert answer.status_code == 422, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert path in [issue["expression"][0] for issue in answer.json()["issue"]]


URL: Final = "https://example.org/told"


@backport(8, 75)
async def test_an_unknown_topic_is_refused(client: httpx.AsyncClient) -> None:
    await refused(
        client, "Subscription.criteria", subscription(URL, topic="https://example.org/topic")
    )


@backport(9, 63)
async def test_an_unknown_filter_is_refused(client: httpx.AsyncClient) -> None:
    path = "Subscription.criteria.extension[0].value"
    for text in ("nothing=1", "Practitioner?name=x", "patient", "_sort=date"):
        await refused(client, path, subscription(URL, filters=[text]))


@backport(10, 22, 59, 60)
async def test_an_unknown_channel_is_refused(client: httpx.AsyncClient) -> None:
    await refused(client, "Subscription.channel.type", subscription(URL, channel="sms"))
    made = subscription(URL)
    coding = {"system": "http://example.org/channels", "code": "pigeon"}
    made["channel"]["_type"] = {"extension": [{"url": canonicals.CHANNEL, "valueCoding": coding}]}
    await refused(client, "Subscription.channel.type", made)


@backport(11, 32)
async def test_an_endpoint_that_cannot_be_called_is_refused(client: httpx.AsyncClient) -> None:
    path = "Subscription.channel.endpoint"
    for url in (
        "http://example.org/told",
        "ftp://example.org",
        "https://192.168.1.1/x",
        "https://",
    ):
        await refused(client, path, subscription(url))


@backport(12, 66)
async def test_an_unknown_content_is_refused(client: httpx.AsyncClient) -> None:
    await refused(
        client, "Subscription.channel.payload.extension", subscription(URL, content="all")
    )
    await refused(client, "Subscription.channel.payload", subscription(URL, payload="text/csv"))


@backport(13, 36)
async def test_content_that_does_not_fit_its_channel_is_refused(ground: Ground) -> None:
    told = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "a@example.org"}
    async with platform_on(ground, **told) as running:
        client = await running.client()
        made = subscription("mailto:anne@example.org", channel="email", content="full-resource")
        await refused(client, "Subscription.channel.payload", made)


@backport(90)
async def test_another_version_of_fhir_is_refused(client: httpx.AsyncClient) -> None:
    made = subscription(URL, payload="application/fhir+json; fhirVersion=5.0")
    await refused(client, "Subscription.channel.payload", made)
    made = subscription(
        topic="task", channel="websocket", payload="application/fhir+json; fhirVersion=4.0"
    )
    assert (await client.post("Subscription", json=made)).status_code == 201


@backport(16, 78, 79)
async def test_an_error_is_told_and_counted_on(client: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        patient = await create(client, given.patient())
        key = await create(
            client, subscription(receiver.url, filters=[f"patient=Patient/{patient}"])
        )
        await standing(client, key)
        receiver.answer = lambda _: 403
        await create(client, given.observation(f"Patient/{patient}"))
        await standing(client, key, "error")
        await create(client, given.observation(f"Patient/{patient}"))

        async def look() -> dict[str, Any]:
            return read_status((await client.get(f"Subscription/{key}/$status")).json())

        found = await until(look, lambda seen: seen["events-since-subscription-start"] == "2")
        assert found["status"] == "error"
        assert found["error"] == {"text": "http-403"}


@backport(92, 93)
async def test_a_heartbeat_comes_at_its_period(client: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        key = await create(client, subscription(receiver.url, topic="task", heartbeat=1))
        beats = await receiver.notices("heartbeat", 2)
        assert {one.status["events-since-subscription-start"] for one in beats} == {"0"}
        assert all(one.json["entry"][1:] == [] for one in beats)
        moments = [orjson.loads(one.body)["timestamp"] for one in beats]
        assert moments == sorted(set(moments))
        await client.delete(f"Subscription/{key}")


@backport(94)
async def test_without_a_period_there_is_no_heartbeat(
    platform: Platform, flows: dict[str, Flow]
) -> None:
    keys = [flow.key for flow in flows.values()]
    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch(
            "SELECT heartbeat, due FROM subscription WHERE id = ANY ($1)", keys
        )
    assert {(row["heartbeat"], row["due"]) for row in rows} == {(0, None)}
    assert [flow.of("heartbeat") for flow in flows.values()] == [[], [], []]


@backport(97)
async def test_an_attempt_ends_with_its_timeout(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    async with receiving() as receiver:
        receiver.gate.clear()
        key = await create(client, subscription(receiver.url, topic="task", timeout=1))
        assert (await standing(client, key, "error"))["error"] == "handshake: timeout"


@backport(98)
async def test_no_more_than_the_most_in_one_notification(client: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        patient = await create(client, given.patient())
        made = subscription(receiver.url, count=3, filters=[f"patient=Patient/{patient}"])
        await standing(client, await create(client, made))
        receiver.gate.clear()
        for _ in range(8):
            await create(client, given.observation(f"Patient/{patient}"))
        receiver.gate.set()
        await receiver.until(lambda _: len(receiver.numbers()) >= 8)
        sizes = [len(one.status["events"]) for one in await receiver.notices("event-notification")]
        assert max(sizes) <= 3
        assert sum(sizes) == 8


def keys_of(bundle: dict[str, Any]) -> set[str]:
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    return {
        next(row for row in entry["resource"]["parameter"] if row["name"] == "subscription")[
            "valueReference"]["reference"].rpartition("/")[2]
        for entry in bundle.get("entry", ())
    }  # fmt: skip


@backport(106, 109)
async def test_the_status_of_one_takes_no_parameter(
    client: httpx.AsyncClient, flows: dict[str, Flow]
) -> None:
    one, other, _ = (flow.key for flow in flows.values())
    for query in (f"id={other}", "status=error", f"id={other}&status=off"):
        assert keys_of((await client.get(f"Subscription/{one}/$status?{query}")).json()) == {one}


@backport(107, 108, 110, 111, 112)
async def test_the_status_of_many(client: httpx.AsyncClient, flows: dict[str, Flow]) -> None:
    one, two, three = (flow.key for flow in flows.values())
    off = await create(client, subscription(topic="task", channel="websocket") | {"status": "off"})
    assert keys_of((await client.get(f"Subscription/$status?id={one}&id={two}")).json()) == {
        one,
        two,
    }
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "id", "valueId": one}, {"name": "id", "valueId": three},
                      {"name": "status", "valueCode": "active"}],
    }  # fmt: skip
    assert keys_of((await client.post("Subscription/$status", json=body)).json()) == {one, three}
    everything = keys_of((await client.get("Subscription/$status")).json())
    assert {one, two, three, off} <= everything
    some = keys_of((await client.get("Subscription/$status?status=off&status=error")).json())
    assert off in some
    assert not {one, two, three} & some
    either = keys_of((await client.get("Subscription/$status?status=off&status=active")).json())
    assert {one, two, three, off} <= either


@backport(115, 118, 119)
async def test_past_events_by_number(client: httpx.AsyncClient, flows: dict[str, Flow]) -> None:
    flow = flows["id-only"]
    address = f"Subscription/{flow.key}/$events"

    async def numbers(query: str) -> list[str]:
        bundle = (await client.get(f"{address}?{query}")).json()
        assert bundle["type"] == "history"
        status = read_status(bundle)
        assert status["type"] == "query-event"
        return [one["event-number"] for one in status["events"]]

    assert await numbers("") == ["1", "2"]
    assert await numbers("eventsSinceNumber=2") == ["2"]
    assert await numbers("eventsUntilNumber=1") == ["1"]
    assert await numbers("eventsSinceNumber=2&eventsUntilNumber=2") == ["2"]
    assert await numbers("eventsSinceNumber=3") == []
    whole = (await client.get(f"{address}?content=full-resource&eventsSinceNumber=2")).json()
    assert whole["entry"][1]["resource"]["id"] == flow.focus
    bare = (await client.get(f"{address}?content=empty")).json()
    assert len(bare["entry"]) == 1


@backport(124, 125, 126, 127, 128, 129, 130, 133, 134)
async def test_a_subscription_is_a_resource(client: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        made = subscription(receiver.url, topic="task")
        key = await create(client, made)
        put = await client.put("Subscription/by-put", json=made | {"id": "by-put"})
        assert put.status_code == 201
        stands = await standing(client, key)
        changed = await client.put(f"Subscription/{key}", json=stands | {"reason": "another"})
        assert (changed.status_code, changed.json()["reason"]) == (200, "another")
        await standing(client, key)
        patch = [{"op": "replace", "path": "/reason", "value": "third"}]
        headers = {"content-type": "application/json-patch+json"}
        content = orjson.dumps(patch)
        answer = await client.patch(f"Subscription/{key}", content=content, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (200, "third")
        await standing(client, key)
        found = (
            await client.get("Subscription", params={"url": receiver.url, "status": "active"})
        ).json()
        assert key in {entry["resource"]["id"] for entry in found["entry"]}
        assert (await client.delete(f"Subscription/{key}")).status_code == 204
        assert (await client.get(f"Subscription/{key}")).status_code == 410
        await client.delete("Subscription/by-put")
