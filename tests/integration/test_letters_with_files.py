"""The letter and the plan go to the médecin traitant by MSSanté with their file, once, proved."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from cordee.care.documents.cda import Narrative, read_cda
from cordee.care.documents.ports import Content
from cordee.care.notifications.outbox import Event, tell
from cordee.care.notifications.ports import Message, Refused
from cordee.formats.cda import Header, Name, with_sections
from cordee.identity.patients.light import LIGHT, SYSTEM
from cordee.runtime import clock
from cordee.runtime.errors import Unavailable
from running import Ground, platform_on
from told import DOCTOR, HOSPITAL, Town, places, resident
from trusted import who

RPPS = {"system": "https://rpps.esante.gouv.fr", "value": "10101010102"}
LETTER, PLAN = "11490-0", "18776-5"


@pytest.fixture(scope="module")
async def town(ground: Ground) -> AsyncIterator[Town]:
    async with platform_on(ground, mode="demo") as platform:
        town = Town(platform)
        await town.put(*places())
        kind = {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
                "code": "secure-email"}  # fmt: skip
        named = [{"family": "Le Goff", "given": ["Anne"], "prefix": ["Dr"]}]
        await town.put(
            {"resourceType": "Practitioner", "id": "anne-le-goff", "identifier": [RPPS],
             "name": named},
            {"resourceType": "Endpoint", "id": "mss-1", "status": "active", "identifier": [RPPS],
             "connectionType": kind, "payloadType": [{"text": "MSSanté"}],
             "address": "mailto:anne@medecin.mssante.example"},
        )  # fmt: skip
        await town.begin()
        yield town


@dataclass
class Post:
    """A way out that keeps what it took; `answers` are raised first."""

    taken: list[Message] = field(default_factory=list)
    answers: list[BaseException] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.taken.append(message)


def cda() -> bytes:
    header = Header(
        "urn:oid:2.25.7", LETTER, "Lettre de liaison", clock.now(), Name(("Yvonne",), "MORVAN"),
        "female", "1939-04-04", Name(("Léa",), "Humbert"), "CH de Belmont",
    )  # fmt: skip
    return with_sections(header, [("Suites à donner", ["Revoir dans un mois"])])


def paper(patient: str, media: str, data: bytes, code: str) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": f"paper-{patient}", "status": "current",
        "subject": {"reference": f"Patient/{patient}"}, "custodian": {"reference": HOSPITAL},
        "type": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "date": "2026-11-20T08:00:00+01:00", "description": "Lettre de liaison à la sortie",
        "content": [{"attachment": {
            "contentType": media, "data": base64.b64encode(data).decode(),
        }}],
    }  # fmt: skip


async def told(town: Town, key: str, kind: str, document: dict[str, Any], **more: Any) -> None:
    """A document of a new resident, of which the médecin traitant is told."""
    await town.put(resident(key, **more), document)
    await town.turn()
    await town.send(mssante=Post())
    event = Event(
        kind, clock.now(), f"test/{kind}/{key}", f"Patient/{key}", place=HOSPITAL,
        focus=f"DocumentReference/{document['id']}",
    )  # fmt: skip
    async with town.platform.parts.database.transaction() as connection:
        await tell(connection, event)
    await town.turn()


async def states(town: Town, key: str) -> list[str]:
    """How far the letters about a resident have come."""
    rows = await town.rows(
        "SELECT n.state FROM notification n JOIN event e ON e.n = n.event"
        " WHERE n.channel = 'mssante' AND e.patient = $1 AND e.source LIKE 'test/%'",
        f"Patient/{key}",
    )
    return [one["state"] for one in rows]


def files_of(message: Message) -> dict[str, bytes]:
    """The files of the archive of a letter."""
    held = {one.name: one.data for one in message.files}
    with zipfile.ZipFile(io.BytesIO(held["IHE_XDM.ZIP"])) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert held["document.pdf"].startswith(b"%PDF")
    assert found["IHE_XDM/SUBSET01/DOC0002.PDF"] == held["document.pdf"]
    return found


@pytest.mark.requirement("B5.8")
async def test_a_letter_leaves_as_cda_and_pdf_also_to_who_has_a_screen(town: Town) -> None:
    document = paper("one", "application/xml", cda(), LETTER)
    document["content"][0]["attachment"]["contentType"] = "application/xml"
    await told(town, "one", "letter", document)
    post = Post()

    await town.send(mssante=post)
    await town.send(mssante=post)

    (message,) = post.taken
    assert message.address == "anne@medecin.mssante.example"
    assert "MORVAN" not in message.subject
    files = files_of(message)
    read = read_cda(files["IHE_XDM/SUBSET01/DOC0001.XML"])
    assert isinstance(read, Narrative)
    assert read.sections[0].lines == ("Revoir dans un mois",)
    assert b"11490-0" in files["IHE_XDM/SUBSET01/METADATA.XML"]
    assert {"INDEX.HTM", "README.TXT"} <= files.keys()
    assert await states(town, "one") == ["delivered"], "the proof of the file"
    assert "letter" in await town.kinds(who("dr.legoff")), "on her screen as well"


@pytest.mark.requirement("B3.6")
async def test_a_plan_leaves_as_its_pdf_wrapped_in_a_cda(town: Town) -> None:
    await told(town, "two", "plan-deposit", paper("two", "application/pdf", b"%PDF-1.7 x", PLAN))
    post = Post()
    await town.send(mssante=post)
    (message,) = post.taken
    files = files_of(message)
    made = files["IHE_XDM/SUBSET01/DOC0001.XML"]
    wrapped = read_cda(made)
    assert isinstance(wrapped, Content)
    assert wrapped.data == b"%PDF-1.7 x"
    assert b"CH de Belmont" in made


@pytest.mark.requirement("B5.8")
async def test_a_letter_that_is_refused_becomes_a_task_of_who_sent_it(town: Town) -> None:
    await told(town, "three", "letter", paper("three", "application/pdf", b"%PDF-1.7 y", LETTER))
    post = Post(answers=[Unavailable("away")])
    await town.send(mssante=post)
    assert not post.taken
    await town.rows(
        "UPDATE notification SET due = $1 WHERE due IS NOT NULL", clock.now() - timedelta(minutes=1)
    )
    await town.send(mssante=Post(answers=[Refused("refused")]))
    assert await states(town, "three") == ["failed"]
    calls = await town.desk.phoning.calls(who("dr.benali"))
    assert [one.callee for one in calls] == [DOCTOR]


@pytest.mark.requirement("B7.8")
async def test_nothing_of_a_light_file_goes_by_mssante_and_nobody_is_alarmed(town: Town) -> None:
    document = paper("four", "application/pdf", b"%PDF-1.7 z", PLAN)
    tag = {"tag": [{"system": SYSTEM, "code": LIGHT}]}
    before = len(await town.desk.phoning.calls(who("dr.benali")))
    await told(town, "four", "plan-deposit", document, meta=tag)
    post = Post()
    await town.send(mssante=post)
    assert not post.taken
    assert len(await town.desk.phoning.calls(who("dr.benali"))) == before
