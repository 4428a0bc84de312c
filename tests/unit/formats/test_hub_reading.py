"""What is no message of the Hub is refused; our own list judges where no schema is installed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordee.formats.hub.envelope import LONGEST, Addressing, Envelope, hub_time, make, read, write
from cordee.formats.hub.judging import OwnModel
from cordee.formats.hub.xml import write_xml
from cordee.runtime.errors import InvalidRequest

NOW = datetime(2026, 7, 25, 8, 4, 34, tzinfo=UTC)
TOLD = Addressing("fr.health.samuA_1", "fr.health.samuA", "fr.health.samuB", NOW, NOW)
ANSWER = {
    "caseId": "fr.health.samuA.1",
    "requestId": "fr.health.samuA.request.1",
    "response": {"datetime": hub_time(NOW), "answer": "ACCEPTEE"},
}


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'"x"', b"{" + b" " * LONGEST])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read(data)


def test_times_are_those_of_paris_with_their_offset() -> None:
    assert hub_time(NOW) == "2026-07-25T10:04:34+02:00"
    assert make(TOLD, "RS-RR", ANSWER).sent == NOW


@pytest.mark.parametrize("text", ["", "hier", "2026-07-25T10:04:34"])
def test_a_time_without_offset_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        _ = Envelope({"dateTimeExpires": text}).expires


def test_our_own_list_takes_a_whole_message() -> None:
    assert OwnModel().problems(make(TOLD, "RS-RR", ANSWER)) == ()


def test_our_own_list_names_what_is_missing_and_what_is_unknown() -> None:
    lacking = make(TOLD, "RS-RR", ANSWER | {"response": {"answer": "PEUT-ETRE"}})

    found = [str(one).rpartition("message.")[2] for one in OwnModel().problems(lacking)]

    assert found == [
        "resourcesResponse.response: 'datetime' is a required property",
        "resourcesResponse.response.answer: is not one of"
        " ['ACCEPTEE', 'PARTIELLE', 'REFUSEE', 'DIFFEREE']",
    ]


def test_an_exercise_says_so_in_envelope_and_header() -> None:
    made = make(replace(TOLD, is_exercise=True), "RS-RR", ANSWER)

    assert made.is_exercise
    assert made.message["status"] == "Exercise"


def test_xml_carries_no_text_that_it_cannot() -> None:
    with pytest.raises(InvalidRequest):
        write_xml(make(TOLD, "RS-RR", ANSWER | {"caseId": "\x00"}))


def test_an_unknown_kind_is_read_and_written_back_unharmed() -> None:
    made = make(TOLD, "RS-RR", ANSWER)
    message = made.document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    message["tomorrow"] = {"a": [1, 2.5, None, "é"]}

    assert read(write(made)).document == made.document


def test_expiry_is_read() -> None:
    made = make(replace(TOLD, expires=NOW + timedelta(minutes=5)), "RS-RR", ANSWER)
    assert made.expires - made.sent == timedelta(minutes=5)
