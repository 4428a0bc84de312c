"""The DMP over its wire: what is sent, what its answers mean, whom it is not sent to."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from cordee.app.dmp import emulated_dmp, make_dmp
from cordee.care.documents.lots import document_reference
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content, DmpRefused, Listed, Publication, Stored
from cordee.care.documents.vocabulary import COMPREHENSIVE, LOT
from cordee.gateways.dmp.adapter import DmpOverFhir, Endpoint
from cordee.gateways.dmp.emulator import Emulator, Failure
from cordee.gateways.dmp.messages import lot
from cordee.identity.ins.matricule import Authority, Ins
from cordee.identity.ins.statuses import Status
from cordee.runtime.errors import InvalidRequest, TimedOut, Unavailable
from cordee.runtime.settings import read_settings

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PDF = b"%PDF-1.4"
INS = Ins("239047055000627", Authority.NIR_TEST)
DOCTOR = {
    "resourceType": "Practitioner", "name": [{"family": "Le Goff"}],
    "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}],
}  # fmt: skip
CLINIC = {
    "resourceType": "Organization", "name": "CH", "type": [{"coding": [{"code": "355"}]}],
    "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1010000001"}],
}  # fmt: skip


def publication(number: str = "urn:oid:2.25.1", data: bytes = PDF, **more: Any) -> Publication:
    submission = Submission(
        "11488-4", "CR", NOW, "Practitioner/a", "Organization/o",
        Content("application/pdf", data), number,
    )  # fmt: skip
    made = document_reference(submission, "p", Status.QUAL, "Binary/1")
    patient = {"name": [{"family": "Morvandel"}], "gender": "female", "birthDate": "1939-04-12"}
    stored = Stored(made, submission.content, patient, DOCTOR, CLINIC)
    return replace(Publication(stored, INS, number, NOW), **more)


@pytest.mark.requirement("A3.8")
async def test_a_document_is_published_replaced_withdrawn_and_read_again() -> None:
    emulator = Emulator()
    dmp = emulated_dmp(emulator)

    first = await dmp.publish(publication())
    second = await dmp.publish(publication("urn:oid:2.25.2", replaced="urn:oid:2.25.1"))
    current = await dmp.find(INS)
    content = await dmp.fetch(current[0])
    await dmp.withdraw(INS, "urn:oid:2.25.2")
    await dmp.withdraw(INS, "urn:oid:2.25.2")

    assert [one.remote for one in current] == [second]
    assert content == Content("application/pdf", PDF)
    states = {name: one["status"] for name, one in emulator.documents.items()}
    assert states == {first: "superseded", second: "entered-in-error"}
    assert emulator.calls.count("PATCH DocumentReference") == 1


@pytest.mark.requirement("A3.8")
async def test_the_same_number_again_is_done_once_and_another_document_is_refused() -> None:
    emulator = Emulator()
    dmp = emulated_dmp(emulator)
    first = await dmp.publish(publication())

    assert await dmp.publish(publication()) == first
    with pytest.raises(DmpRefused) as caught:
        await dmp.publish(publication(data=b"%PDF-1.4 autre"))

    assert caught.value.code == "duplicate"
    assert len(emulator.documents) == 1


@pytest.mark.requirement("A3.8")
def test_a_lot_follows_the_profiles_and_is_always_the_same() -> None:
    made = orjson.loads(lot(publication(), "7"))

    assert made["meta"]["profile"] == [LOT]
    kinds = [one["resource"]["resourceType"] for one in made["entry"]]
    assert kinds == ["List", "DocumentReference", "Parameters", "Binary"]
    document = made["entry"][1]["resource"]
    assert document["meta"]["profile"] == [COMPREHENSIVE]
    assert (
        document["subject"]["reference"]
        == f"Patient?identifier={INS.authority.uri}|{INS.matricule}"
    )
    assert document["context"]["facilityType"]["coding"][0]["code"] == "SA01"
    assert document["relatesTo"][0]["target"]["reference"] == "DocumentReference/7"
    assert lot(publication(), "7") == lot(publication(), "7")


@pytest.mark.requirement("A3.8")
def test_without_a_number_of_their_author_nothing_is_sent() -> None:
    known = publication()
    structure = replace(known, stored=replace(known.stored, author={}))
    nobody = replace(known, stored=replace(known.stored, author={}, custodian={}))

    contained = orjson.loads(lot(structure))["entry"][1]["resource"]["contained"]
    with pytest.raises(DmpRefused) as caught:
        lot(nobody)

    assert contained[1]["resourceType"] == "Organization"
    assert caught.value.code == "no-author"


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure.AWAY, Unavailable), (Failure.LOST_ANSWER, Unavailable),
        (Failure.GARBLE, Unavailable), (Failure.METADATA, DmpRefused),
        (Failure.FORBIDDEN, DmpRefused),
    ],
)  # fmt: skip
async def test_each_failure_is_told_apart(failure: Failure, error: type[Exception]) -> None:
    emulator = Emulator()
    emulator.fail(failure)

    with pytest.raises(error):
        await emulated_dmp(emulator).publish(publication())


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(("where", "code"), [("without", "no-dmp"), ("closed", "dmp-closed")])
async def test_a_person_without_an_open_dmp_is_told(where: str, code: str) -> None:
    emulator = Emulator()
    setattr(emulator, where, frozenset({INS.matricule}))
    dmp = emulated_dmp(emulator)

    with pytest.raises(DmpRefused) as caught:
        await dmp.need_open(INS)

    assert caught.value.code == code


async def test_what_the_dmp_does_not_know_is_not_replaced_nor_withdrawn() -> None:
    dmp = emulated_dmp(Emulator())

    for call in (
        dmp.withdraw(INS, "urn:oid:2.25.9"),
        dmp.publish(publication(replaced="urn:oid:2.25.9")),
    ):
        with pytest.raises(DmpRefused) as caught:
            await call
        assert caught.value.code == "unknown-document"


@pytest.mark.parametrize("address", ["https://elsewhere.test/Binary/1", "//elsewhere.test/x"])
async def test_a_content_is_never_fetched_elsewhere(address: str) -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=b"x")

    dmp = DmpOverFhir(Endpoint("http://dmp.test", transport=httpx.MockTransport(answer)))
    listed = Listed("n", "1", "current", "t", "", "", "text/plain", address, b"")

    with pytest.raises(DmpRefused):
        await dmp.fetch(listed)
    with pytest.raises(DmpRefused):
        await dmp.fetch(replace(listed, address="Binary/1", hash=b"another"))

    assert asked == ["http://dmp.test/Binary/1"]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_who_is_away_or_unsure_of_us_is_asked_again(status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))

    with pytest.raises(Unavailable):
        await DmpOverFhir(Endpoint("http://dmp.test", transport=transport)).need_open(INS)


async def test_no_answer_in_time_is_said() -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(TimedOut):
        await DmpOverFhir(
            Endpoint("http://dmp.test", transport=httpx.MockTransport(late))
        ).need_open(INS)


def test_it_is_off_unless_it_is_told_where(tmp_path: Any) -> None:
    assert make_dmp(read_settings({}, data=str(tmp_path))) is None
    demo = make_dmp(read_settings({}, data=str(tmp_path), mode="demo"))
    assert demo is not None
    asyncio.run(demo.close())
    for told in (
        {"CORDEE_DMP_URL": "http://dmp.test"},
        {"CORDEE_DMP_URL": "https://dmp.test"},
        {"CORDEE_DMP_URL": "https://dmp.test", "CORDEE_DMP_CERTIFICATE": "/nowhere.pem"},
    ):
        with pytest.raises(InvalidRequest):
            read_settings(told, data=str(tmp_path))


@pytest.mark.requirement("A3.8")
async def test_no_log_tells_a_matricule(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    dmp = emulated_dmp(Emulator())

    await dmp.publish(publication())
    await dmp.find(INS)

    assert INS.matricule not in caplog.text
