"""Documents: the one door, versions, withdrawal, and the way to the DMP, on a real PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from cordee.app.dmp import emulated_dmp
from cordee.app.documents import document_desk
from cordee.care.documents.desk import DocumentDesk
from cordee.care.documents.intake import Received, new_number
from cordee.care.documents.metadata import Submission
from cordee.care.documents.opening import Reader
from cordee.care.documents.ports import Content
from cordee.fhir.store.journal import publish
from cordee.gateways.dmp.emulator import Emulator, Failure
from cordee.identity.ins.statuses import Status
from cordee.runtime import clock
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    TooWeak,
)
from identities import CAZALETTE, CAZALETTE_INS, of_status, patient_of
from trusted import DOCTOR, HOME, Screen, who

INES, ODETTE = "ines", "odette"
LE_GOFF = who("dr.legoff")
PDF = b"%PDF-1.4 compte rendu"


@dataclass
class Place:
    """The desk, and the DMP that it sends to."""

    screen: Screen
    desk: DocumentDesk
    dmp: Emulator

    async def deposit(self, patient: str = INES, **more: Any) -> Received:
        to_dmp = more.pop("to_dmp", False)
        return await self.desk.intake.deposit(LE_GOFF, patient, submission(**more), to_dmp=to_dmp)

    async def states(self) -> list[tuple[str, str, str]]:
        rows = await self.screen.rows("SELECT act, state, code FROM dmp_deposit ORDER BY n")
        return [tuple(row) for row in rows]

    async def get(self, place: str) -> Any:
        client = await self.screen.platform.client()
        return (await client.get(place)).json()

    async def later(self, **span: int) -> None:
        await self.screen.rows("UPDATE dmp_deposit SET due = due - $1::interval", timedelta(**span))

    async def qualify(self, patient: str, status: Status = Status.QUAL) -> None:
        client = await self.screen.platform.client()
        identity = of_status(CAZALETTE, CAZALETTE_INS, status)
        made = patient_of(
            identity, patient, managingOrganization={"reference": HOME},
            generalPractitioner=[{"reference": DOCTOR}],
        )  # fmt: skip
        assert (await client.put(f"Patient/{patient}", json=made)).status_code in {200, 201}


def submission(**more: Any) -> Submission:
    given = {
        "type": "11488-4", "title": "Compte rendu", "date": clock.now(), "author": DOCTOR,
        "structure": HOME, "content": Content("application/pdf", PDF), "unique_id": new_number(),
    }  # fmt: skip
    return Submission(**(given | more))


@pytest.fixture
async def place(bare_screen: Screen) -> Place:
    client = await bare_screen.platform.client()
    practice = {
        "resourceType": "Organization", "id": "msp-quatre-vents", "name": "MSP",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1010000001"}],
    }  # fmt: skip
    doctor = {
        "resourceType": "Practitioner", "id": "anne-le-goff", "name": [{"family": "Le Goff"}],
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}],
    }  # fmt: skip
    await client.put(HOME, json=practice)
    await client.put(DOCTOR, json=doctor)
    emulator = Emulator()
    parts = bare_screen.platform.parts
    assert parts.dmp is not None
    await parts.dmp.close()
    parts.dmp = emulated_dmp(emulator)
    place = Place(bare_screen, document_desk(parts), emulator)
    for patient in (INES, ODETTE):
        await place.qualify(patient)
    await publish(parts.database)
    return place


@pytest.mark.requirement("A3.8")
async def test_a_document_comes_in_with_its_metadata_and_its_file(place: Place) -> None:
    made = await place.deposit()

    document = await place.get(f"DocumentReference/{made.document}")
    attachment = document["content"][0]["attachment"]
    assert made.is_new
    assert document["status"] == "current"
    assert document["type"]["coding"][0]["code"] == "11488-4"
    assert document["category"][0]["coding"][0]["code"] == "10"
    assert (document["author"], document["custodian"]) == (
        [{"reference": DOCTOR}], {"reference": HOME},
    )  # fmt: skip
    assert attachment["size"] == len(PDF)
    binary = await place.get(attachment["url"])
    assert binary["securityContext"]["reference"] == f"DocumentReference/{made.document}"
    rows = await place.screen.rows("SELECT * FROM document_entry")
    assert [(row["identity"], row["door"], row["by"]) for row in rows] == [
        ("QUAL", "screen", "dr.legoff")
    ]


@pytest.mark.requirement("A3.8")
async def test_every_problem_of_the_metadata_is_said(place: Place) -> None:
    wrong = {
        "type": "none", "title": " ", "date": clock.now() + timedelta(days=2), "author": "",
        "structure": "", "content": Content("application/pdf", b"no pdf"), "size": 3,
        "hash": b"other", "label": "X",
    }  # fmt: skip

    with pytest.raises(ResourceInvalid) as caught:
        await place.deposit(**wrong)

    named = [issue.expression[0] for issue in caught.value.issues()]
    assert named == [
        "type", "title", "date", "author", "securityLabel", "size", "hash", "content",
    ]  # fmt: skip
    assert await place.screen.rows("SELECT FROM document_entry") == []


@pytest.mark.requirement("A3.8")
async def test_the_same_number_again_changes_nothing(place: Place) -> None:
    same = submission()
    first = await place.desk.intake.deposit(LE_GOFF, INES, same, to_dmp=True)
    again = await place.desk.intake.deposit(LE_GOFF, INES, same, to_dmp=True)
    other = replace(same, content=Content("text/plain", b"autre"))

    with pytest.raises(Conflict):
        await place.desk.intake.deposit(LE_GOFF, INES, other, to_dmp=True)

    found = await place.get(f"DocumentReference?patient={INES}")
    assert (again.document, again.is_new) == (first.document, False)
    assert found["total"] == 1
    assert await place.states() == [("publish", "waiting", "")]


@pytest.mark.requirement("A3.8")
async def test_a_new_version_supersedes_the_old_one_here_and_in_the_dmp(place: Place) -> None:
    first = await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    second = await place.desk.intake.replace(LE_GOFF, first.document, submission(title="V2"))
    await place.desk.deposits.send_due()

    with pytest.raises(RuleBroken):
        await place.desk.intake.replace(LE_GOFF, first.document, submission())

    old = await place.get(f"DocumentReference/{first.document}")
    new = await place.get(f"DocumentReference/{second.document}")
    assert (old["status"], new["status"]) == ("superseded", "current")
    assert new["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{first.document}"
    assert [one["status"] for one in place.dmp.documents.values()] == ["superseded", "current"]
    assert await place.states() == [("publish", "done", ""), ("replace", "done", "")]


@pytest.mark.requirement("A3.8")
async def test_a_withdrawn_document_leaves_the_dmp_and_its_reason_stays(place: Place) -> None:
    made = await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()

    with pytest.raises(RuleBroken):
        await place.desk.intake.withdraw(LE_GOFF, made.document, " ")
    await place.desk.intake.withdraw(LE_GOFF, made.document, "mauvais patient")
    await place.desk.deposits.send_due()

    steps = await place.screen.rows("SELECT step, reason, by FROM document_step")
    assert (await place.get(f"DocumentReference/{made.document}"))["status"] == "entered-in-error"
    assert [tuple(row) for row in steps] == [("withdrawn", "mauvais patient", "dr.legoff")]
    assert [one["status"] for one in place.dmp.documents.values()] == ["entered-in-error"]
    assert (await place.states())[-1] == ("withdraw", "done", "")


@pytest.mark.requirement("A3.8")
async def test_what_is_withdrawn_before_it_was_sent_is_not_sent(place: Place) -> None:
    made = await place.deposit(to_dmp=True)
    await place.desk.intake.withdraw(LE_GOFF, made.document, "mauvais patient")

    await place.desk.deposits.send_due()

    assert place.dmp.documents == {}
    assert await place.states() == [("publish", "given-up", "withdrawn")]


@pytest.mark.requirement("A3.8")
async def test_only_who_wrote_it_or_their_structure_changes_a_document(place: Place) -> None:
    made = await place.deposit()
    stranger = who("dr.roux")

    with pytest.raises(NotFound):
        await place.desk.intake.withdraw(stranger, made.document, "pas le mien")
    with pytest.raises(NotFound):
        await place.desk.intake.deposit(stranger, INES, submission(), to_dmp=False)
    with pytest.raises(AccessDenied):
        await place.desk.intake.deposit(
            replace(LE_GOFF, practitioner=f"Patient/{INES}"), INES, submission(), to_dmp=False
        )


@pytest.mark.requirement("A3.8")
async def test_a_deposit_waits_for_a_qualified_identity_then_goes_by_itself(place: Place) -> None:
    await place.qualify(INES, Status.VALI)
    await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    refused = await place.states()
    assert await place.desk.deposits.send_due() == 0
    assert place.dmp.calls == []

    await place.qualify(INES)
    await place.screen.rows(
        "INSERT INTO identity_step (patient, before, after, how, by)"
        " VALUES ($1, 'VALI', 'QUAL', 'test', 'test')", INES,
    )  # fmt: skip
    await place.desk.deposits.send_due()

    assert refused == [("publish", "refused", "ins-not-qualified")]
    assert await place.states() == [("publish", "done", "")]
    sent = next(iter(place.dmp.documents.values()))
    assert sent["subject"]["reference"].endswith(f"|{CAZALETTE_INS.matricule}")


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize("failure", [Failure.AWAY, Failure.LOST_ANSWER, Failure.GARBLE])
async def test_a_dmp_that_is_away_gets_the_deposit_later_and_once(
    place: Place, failure: Failure
) -> None:
    place.dmp.fail(failure)
    await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    waiting = await place.states()
    assert await place.desk.deposits.send_due() == 0

    await place.later(minutes=2)
    await place.desk.deposits.send_due()

    assert waiting == [("publish", "waiting", "unavailable")]
    assert await place.states() == [("publish", "done", "")]
    assert len(place.dmp.documents) == 1


@pytest.mark.requirement("A3.8")
async def test_after_four_days_without_an_answer_a_person_is_told(place: Place) -> None:
    place.dmp.fail(Failure.AWAY)
    await place.deposit(to_dmp=True)
    await place.screen.rows("UPDATE dmp_deposit SET since = since - interval '5 days'")

    await place.desk.deposits.send_due()

    assert await place.states() == [("publish", "refused", "unreachable")]


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(
    ("failure", "code"), [(Failure.METADATA, "metadata"), (Failure.FORBIDDEN, "not-author")]
)
async def test_a_refused_deposit_is_tried_again_or_given_up_with_a_motive(
    place: Place, failure: Failure, code: str
) -> None:
    place.dmp.fail(failure, failure)
    await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    deposits = place.desk.deposits
    (row,) = await deposits.queue(LE_GOFF, ["refused"], None)
    assert row["code"] == code
    assert await deposits.counts(LE_GOFF) == {"refused": 1}

    await deposits.try_again(LE_GOFF, row["n"])
    assert (await place.states())[0][1:] == ("refused", code)
    with pytest.raises(NotFound):
        await deposits.give_up(who("dr.roux"), row["n"], "pas le mien")
    with pytest.raises(RuleBroken):
        await deposits.give_up(LE_GOFF, row["n"], "")
    await deposits.give_up(LE_GOFF, row["n"], "remis en main propre")

    tries = await place.screen.rows("SELECT code FROM dmp_try ORDER BY n")
    assert [one["code"] for one in tries] == [code, "again", code, "given-up"]
    assert (await place.states())[0][1] == "given-up"


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize(("where", "code"), [("without", "no-dmp"), ("closed", "dmp-closed")])
async def test_a_person_without_an_open_dmp_is_told(place: Place, where: str, code: str) -> None:
    setattr(place.dmp, where, frozenset({CAZALETTE_INS.matricule}))
    await place.deposit(to_dmp=True)

    await place.desk.deposits.send_due()

    assert await place.states() == [("publish", "refused", code)]
    assert place.dmp.documents == {}


@pytest.mark.requirement("A3.9")
async def test_a_document_opens_with_its_file_for_who_may_see_it(place: Place) -> None:
    made = await place.deposit()
    openings = place.desk.openings
    reader = Reader(LE_GOFF, "nobody's")

    document = await openings.open(reader, INES, made.document)
    content = await openings.content(LE_GOFF, document)

    assert content.data == PDF
    with pytest.raises(NotFound):
        await openings.open(reader, ODETTE, made.document)
    with pytest.raises(NotFound):
        await openings.open(Reader(who("dr.roux")), INES, made.document)
    with pytest.raises(TooWeak):
        await openings.open(Reader(replace(LE_GOFF, level=1)), INES, made.document)
    rows = await place.screen.rows("SELECT agent, level, provider FROM document_opening")
    assert [tuple(row) for row in rows] == [("dr.legoff", 2, "")]


@pytest.mark.requirement("A3.9")
async def test_a_document_never_opens_the_file_of_another(place: Place) -> None:
    made = await place.deposit(patient=ODETTE)
    stolen = (await place.get(f"DocumentReference/{made.document}"))["content"]
    client = await place.screen.platform.client()
    forged = {
        "resourceType": "DocumentReference", "id": "forged", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{INES}"}, "content": stolen,
    }  # fmt: skip
    assert (await client.put("DocumentReference/forged", json=forged)).status_code == 201

    document = await place.desk.openings.open(Reader(LE_GOFF), INES, "forged")

    with pytest.raises(NotFound):
        await place.desk.openings.content(LE_GOFF, document)


@pytest.mark.requirement("A3.8")
async def test_a_corrected_document_goes_in_place_of_the_refused_one(place: Place) -> None:
    place.dmp.fail(Failure.METADATA)
    first = await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()

    await place.desk.intake.replace(LE_GOFF, first.document, submission(title="Corrigé"))
    await place.desk.deposits.send_due()

    assert await place.states() == [("publish", "given-up", "replaced"), ("publish", "done", "")]
    assert [one["status"] for one in place.dmp.documents.values()] == ["current"]


@pytest.mark.requirement("A3.8")
async def test_a_version_corrected_twice_replaces_what_the_dmp_has(place: Place) -> None:
    first = await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    place.dmp.fail(Failure.METADATA)
    second = await place.desk.intake.replace(LE_GOFF, first.document, submission())
    await place.desk.deposits.send_due()

    await place.desk.intake.replace(LE_GOFF, second.document, submission())
    await place.desk.deposits.send_due()

    assert [one["status"] for one in place.dmp.documents.values()] == ["superseded", "current"]


@pytest.mark.requirement("A3.8")
@pytest.mark.parametrize("failure", [Failure.AWAY, Failure.LOST_ANSWER])
async def test_what_is_withdrawn_while_it_is_sent_leaves_the_dmp_too(
    place: Place, failure: Failure
) -> None:
    place.dmp.fail(failure)
    made = await place.deposit(to_dmp=True)
    await place.desk.deposits.send_due()
    await place.desk.intake.withdraw(LE_GOFF, made.document, "mauvais patient")

    for _ in range(2):
        await place.later(minutes=10)
        await place.desk.deposits.send_due()

    assert await place.states() == [("publish", "given-up", "withdrawn"), ("withdraw", "done", "")]
    assert all(one["status"] == "entered-in-error" for one in place.dmp.documents.values())
