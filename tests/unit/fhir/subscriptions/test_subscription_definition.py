"""What a Subscription asks for, in its three forms; masks of headers; topics."""

from __future__ import annotations

import pytest

from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.definition import (
    NATIONAL,
    PLAIN,
    TOPIC,
    filters_on,
    read_definition,
    wanted_types,
)
from cordee.fhir.subscriptions.keeping import MASK, masked, unmasked
from cordee.fhir.subscriptions.topics import read_topic, topics
from cordee.runtime.errors import InvalidRequest, ResourceInvalid
from subscribed import plain, subscription

URL = "https://example.org/x"


def test_three_forms() -> None:
    national = plain(URL, "CommunicationRequest?event-type=SOR")
    assert read_definition(national).form == PLAIN
    national["extension"] = [{"url": canonicals.NDE_EVENT_TYPE, "valueCodeableConcept": {}}]
    assert read_definition(national).form == NATIONAL
    national = plain(URL, "CommunicationRequest?event-type=SOR")
    national["meta"] = {"profile": [f"{canonicals.NDE_SUBSCRIPTION}|3.0.0"]}
    assert read_definition(national).form == NATIONAL
    assert read_definition(subscription(URL, topic="task")).form == TOPIC
    assert read_definition(plain(URL, "Task?status=requested")).form == PLAIN


def test_what_is_said_and_what_is_not() -> None:
    made = subscription(URL, heartbeat=30, timeout=5, count=7, content="full-resource")
    one = read_definition(made)
    assert (one.heartbeat, one.timeout, one.at_once, one.content) == (30, 5, 7, "full-resource")
    bare = read_definition(subscription(URL))
    assert (bare.heartbeat, bare.timeout, bare.at_once) == (0, 10, 1)
    del made["channel"]["_payload"]
    assert read_definition(made).content == "empty"


@pytest.mark.parametrize("change", [{"timeout": 61}, {"heartbeat": 90_000}, {"count": 0}])
def test_bounds(change: dict[str, int]) -> None:
    with pytest.raises(ResourceInvalid):
        read_definition(subscription(URL, **change))


def test_all_problems_at_once() -> None:
    made = subscription(URL, topic="https://example.org/none", payload="text/csv", channel="sms")
    with pytest.raises(ResourceInvalid) as refused:
        read_definition(made)
    assert len(refused.value.issues()) == 3


def test_cross_version_extensions_are_refused() -> None:
    made = subscription(URL, topic="task")
    made["extension"] = [{"url": f"{canonicals.CROSS_VERSION}.topic", "valueUri": "x"}]
    with pytest.raises(ResourceInvalid):
        read_definition(made)


def test_filters_hold_for_their_types() -> None:
    filters = ["patient=Patient/1", "_type=Patient,Observation", "Observation?code=x"]
    one = read_definition(subscription(URL, filters=filters))
    assert wanted_types(one) == {"Patient", "Observation"}
    assert [(held.name, held.text) for held in filters_on(one, "Patient")] == [("_id", "1")]
    assert [held.name for held in filters_on(one, "Observation")] == ["patient", "code"]


def test_headers_come_back_as_they_were() -> None:
    made = subscription(URL, headers=["Authorization: Bearer abc", "X-A: 1"])
    shown = masked(made)
    assert shown["channel"]["header"] == [f"Authorization: {MASK}", f"X-A: {MASK}"]
    assert unmasked(shown, made) == made
    shown["channel"]["header"] = ["Authorization: other"]
    assert unmasked(shown, made)["channel"]["header"] == ["Authorization: other"]


def test_topics_are_whole() -> None:
    assert len(topics()) >= 10
    for url, topic in topics().items():
        assert url.startswith(canonicals.TOPIC)
        assert "patient" in topic.filters
    with pytest.raises(InvalidRequest):
        read_topic({"url": "x", "resourceTrigger": [{"resource": "Nothing"}]})
    with pytest.raises(InvalidRequest):
        read_topic({"url": "x"})
