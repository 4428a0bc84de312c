"""Who is told of what: the rules of the house, events from FHIR writes, what is open to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

import given
from cordee.access.mandates.kinds import MandateKind
from cordee.care.notifications.following import Wanted
from cordee.care.notifications.kinds import NATIONAL
from cordee.care.notifications.outbox import Event, tell
from cordee.care.notifications.states import State
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, NotFound
from mandated import make_person, mandated, offer
from running import Ground, platform_on
from told import DAC, EHPAD, HOSPITAL, Town, places, resident, stay
from trusted import who

LEGOFF, CLAIRE, HELENE = who("dr.legoff"), who("claire.weber"), who("helene.costa")
BENALI, ROUX = who("dr.benali"), who("dr.roux")


@pytest.fixture(scope="module")
async def town(ground: Ground) -> AsyncIterator[Town]:
    async with platform_on(ground, mode="demo") as platform:
        town = Town(platform)
        await town.put(*places())
        await town.begin()
        yield town


@pytest.mark.requirement("B2.3")
@pytest.mark.requirement("B2.1")
async def test_an_arrival_at_the_emergencies_is_told_to_the_doctor_and_the_home(
    town: Town,
) -> None:
    await town.put(resident("arrival"), stay("arrival", "e-arrival", "in-progress"))

    await town.turn()

    (told,) = await town.told(LEGOFF)
    assert (told.kind, told.rule, told.urgent) == ("emergency-arrival", "attending", True)
    assert told.patient["name"][0]["family"] == "MORVAN"
    assert told.place["name"] == "CH de Belmont"
    assert told.state is State.ISSUED
    (home,) = await town.told(CLAIRE)
    assert (home.kind, home.rule) == ("emergency-arrival", "residence")
    assert await town.told(ROUX) == []


@pytest.mark.requirement("B2.1")
async def test_written_again_it_is_told_once(town: Town) -> None:
    await town.put(resident("again"))
    before = len(await town.told(LEGOFF))
    for status in ("arrived", "in-progress", "in-progress"):
        await town.put(stay("again", "e-again", status))
        await town.turn()

    assert len(await town.told(LEGOFF)) == before + 1


@pytest.mark.requirement("B2.1")
@pytest.mark.requirement("B2.3")
async def test_each_step_of_a_stay_is_told_with_its_kind(town: Town) -> None:
    await town.put(resident("stays"))
    before = len(await town.told(LEGOFF))
    moves = (
        stay("stays", "e-stay-1", "planned", hospitalization={"origin": {"reference": EHPAD}}),
        stay("stays", "e-stay-1", "arrived"),
        stay("stays", "e-stay-1", "finished"),
        stay("stays", "e-stay-2", "in-progress", code="IMP"),
        stay("stays", "e-stay-2", "in-progress", code="IMP", serviceProvider={"reference": DAC}),
        stay("stays", "e-stay-2", "finished", code="IMP", serviceProvider={"reference": DAC}),
        resident("stays", deceasedBoolean=True),
    )

    for one in moves:
        await town.put(one)
        await town.turn()

    assert (await town.kinds(LEGOFF))[before:] == [
        "ehpad-departure", "emergency-arrival", "orientation", "admission", "transfer",
        "discharge", "death",
    ]  # fmt: skip


@pytest.mark.requirement("B2.1")
async def test_documents_results_notes_and_alerts_are_told_to_who_asked(town: Town) -> None:
    patient = resident("others", managingOrganization={"reference": HOSPITAL})
    await town.put(patient)
    before = len(await town.told(BENALI))
    followings = town.desk.followings
    await followings.follow(BENALI, Wanted("*", "screen", person=BENALI.user))
    moment = clock.now().isoformat(timespec="seconds")
    subject = {"reference": "Patient/others"}
    note = "https://interop.esante.gouv.fr/ig/fhir/cdl/StructureDefinition/cdl-document-reference"
    attached = [{"attachment": {"contentType": "text/plain", "data": "eA=="}}]
    letter = {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]}
    document = {
        "resourceType": "DocumentReference", "status": "current", "subject": subject,
        "date": moment, "content": attached, "type": letter,
    }  # fmt: skip
    concept = {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}
    critical = {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                "code": "HH",
            }
        ]
    }
    actors = [{"actor": subject, "status": "accepted"}]

    for one in (
        document | {"id": "d-1"},
        document | {"id": "d-2", "meta": {"profile": [note]}},
        {
            "resourceType": "DiagnosticReport",
            "id": "r-1",
            "status": "final",
            "code": concept,
            "subject": subject,
            "issued": moment,
        },
        given.observation(
            "Patient/others", id="o-1", effectiveDateTime=moment, interpretation=[critical]
        ),
        {
            "resourceType": "Appointment",
            "id": "a-1",
            "status": "noshow",
            "start": moment,
            "end": moment,
            "participant": actors,
        },
        {
            "resourceType": "Flag",
            "id": "f-1",
            "status": "active",
            "subject": subject,
            "category": [{"coding": [{"code": "telemonitoring"}]}],
            "code": {"text": "Poids"},
            "period": {"start": moment},
        },
    ):
        await town.put(one)
        await town.turn()

    assert (await town.kinds(BENALI))[before:] == [
        "document", "liaison-note", "result", "critical-result", "missed-appointment",
        "telemonitoring-alert",
    ]  # fmt: skip


@pytest.mark.requirement("B2.1")
async def test_what_lies_long_back_is_no_news(town: Town) -> None:
    await town.put(resident("old"))
    before = len(await town.told(LEGOFF))
    long_ago = (clock.now() - timedelta(days=30)).isoformat(timespec="seconds")

    await town.put(stay("old", "e-old", "finished", period={"start": long_ago, "end": long_ago}))
    await town.turn()

    assert len(await town.told(LEGOFF)) == before


@pytest.mark.requirement("B2.3")
async def test_the_dac_hears_of_the_files_that_it_follows_and_of_no_other(town: Town) -> None:
    await town.put(resident("followed"), resident("not-followed"))
    await town.put(
        {
            "resourceType": "EpisodeOfCare", "id": "k-1", "status": "active",
            "patient": {"reference": "Patient/followed"},
            "managingOrganization": {"reference": DAC},
        }
    )  # fmt: skip
    for patient in ("followed", "not-followed"):
        await town.put(stay(patient, f"e-{patient}", "in-progress", code="IMP"))

    await town.turn()

    told = await town.told(HELENE)
    assert [(one.rule, one.patient_reference) for one in told] == [("file", "Patient/followed")]


@pytest.mark.requirement("B2.3")
async def test_those_around_a_patient_hear_of_what_their_mandate_opens(town: Town) -> None:
    platform, client = town.platform, await town.platform.client()
    patient, _ = await make_person(client, birthDate="1940-01-01")
    visits, _ = await mandated(platform, patient, offer(MandateKind.CARER, "rendez-vous"))
    results, _ = await mandated(platform, patient, offer(MandateKind.CARER, "resultats"))
    for one in (visits, results):
        await town.rows("INSERT INTO account (login, name) VALUES ($1, 'Proche')", one.user)
    await town.put(stay(patient, "e-near", "in-progress"))

    await town.turn()

    told = [one for one in await town.told(visits) if one.focus_reference == "Encounter/e-near"]
    assert [(one.kind, one.rule) for one in told] == [("emergency-arrival", "relative")]
    assert await town.rows("SELECT 1 FROM notification WHERE reader = $1", results.user) == []


@pytest.mark.requirement("B2.9")
async def test_an_opposed_patient_is_told_of_to_nobody(town: Town) -> None:
    await town.put(resident("opposed"))
    before = len(await town.told(LEGOFF))
    key = town.platform.parts.kernel.keys("Patient/opposed")
    await town.rows("INSERT INTO closed_circle (pat, actor) VALUES ($1, 0)", key)
    town.platform.parts.guard.forget()

    await town.put(stay("opposed", "e-opposed", "in-progress"))
    await town.turn()

    assert len(await town.told(LEGOFF)) == before
    lines = await town.rows(
        "SELECT t.reader FROM notification t JOIN event e ON e.n = t.event"
        " WHERE e.patient = 'Patient/opposed'"
    )
    assert lines == []


@pytest.mark.requirement("B2.9")
async def test_what_is_masked_later_closes_what_was_told(town: Town) -> None:
    await town.put(resident("masked"), stay("masked", "e-masked", "in-progress"))
    await town.turn()
    first = (await town.told(LEGOFF))[0]
    masked = stay("masked", "e-masked", "in-progress")
    code = {"system": "urn:oid:1.2.250.1.213.1.1.4.13", "code": "MASQUE_PS"}
    await town.put(masked | {"meta": {"security": [code]}})

    again = (await town.told(LEGOFF))[0]
    filtered = await town.told(LEGOFF, kinds=("emergency-arrival",))

    assert first.patient["id"] == "masked"
    assert (again.n, again.is_closed) == (first.n, True)
    assert (again.kind, again.patient, again.focus, again.place, again.detail) == (
        "", {}, {}, {}, {},
    )  # fmt: skip
    assert first.n not in {one.n for one in filtered}


@pytest.mark.requirement("B2.5")
async def test_states_follow_each_other_and_their_history_is_kept(town: Town) -> None:
    await town.put(resident("states"), stay("states", "e-states", "in-progress"))
    await town.turn()
    inbox = town.desk.inbox
    (number, *_) = [one.n for one in await town.told(LEGOFF)]

    await inbox.open(LEGOFF, number)
    await inbox.set_state(LEGOFF, number, State.UNREAD)
    await inbox.open(LEGOFF, number)
    await inbox.set_state(LEGOFF, number, State.ACKNOWLEDGED, "fhir")

    steps = await inbox.steps(await inbox.one(LEGOFF, number))
    assert [(one.state.value, one.via) for one in steps] == [
        ("issued", "platform"), ("read", "screen"), ("unread", "screen"), ("read", "screen"),
        ("acknowledged", "fhir"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="accusée"):
        await inbox.set_state(LEGOFF, number, State.UNREAD)
    with pytest.raises(NotFound):
        await inbox.one(CLAIRE, number)
    with pytest.raises(asyncpg.PostgresError):
        await town.rows("DELETE FROM notification_step WHERE notification = $1", number)


def declaration(number: str, at: datetime, *, code: str = "SOR") -> dict[str, Any]:
    """Flow 3 of the national guide, about the patient with the matricule."""
    guide = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
    coding = {"system": NATIONAL, "code": code}
    return {
        "resourceType": "CommunicationRequest", "id": number, "status": "active",
        "contained": [
            {"resourceType": "Patient", "id": "p", "identifier": [
                {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "239047512300452"}]},
            {"resourceType": "Organization", "id": "o", "name": "CH", "identifier": [
                {"system": "https://finess.esante.gouv.fr", "value": "750000001"}]},
        ],
        "extension": [
            {"url": f"{guide}event-type", "valueCodeableConcept": {"coding": [coding]}},
            {"url": f"{guide}event-time", "valueDateTime": at.isoformat(timespec="seconds")},
        ],
        "subject": {"reference": "#p"}, "requester": {"reference": "#o"},
        "payload": [{"contentString": "Sortie"}],
    }  # fmt: skip


@pytest.mark.requirement("B2.1")
async def test_an_event_declared_twice_by_flow_3_is_told_once(town: Town) -> None:
    number = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "239047512300452"}
    await town.put(resident("declared", identifier=[number]))
    before = len(await town.told(LEGOFF))
    at = clock.now()

    for key in ("c-1", "c-2"):
        await town.put(declaration(key, at))
        await town.turn()

    told = await town.told(LEGOFF)
    assert len(told) == before + 1
    assert (told[0].kind, told[0].patient_reference) == ("discharge", "Patient/declared")
    sources = await town.rows("SELECT source FROM event WHERE source LIKE 'nde/%'")
    assert all("239047512300452" not in row["source"] for row in sources)


@pytest.mark.requirement("B2.3")
async def test_who_is_named_is_found_whatever_they_are_named_as(town: Town) -> None:
    platform, client = town.platform, await town.platform.client()
    patient, _ = await make_person(client, birthDate="1940-01-01")
    carer, _ = await mandated(platform, patient, offer(MandateKind.CARER, "rendez-vous"))
    await town.rows("INSERT INTO account (login, name) VALUES ($1, 'Proche')", carer.user)
    lucie, jeanne = who("lucie.bertin"), who("jeanne.bertin")
    to = (carer.practitioner, "Person/lucie.bertin", "Patient/jeanne-bertin", LEGOFF.user)

    async with platform.parts.database.transaction() as connection:
        await tell(connection, Event("message", clock.now(), "message/1", to=to))
    await town.turn()

    for one in (carer, lucie, jeanne, LEGOFF):
        assert "message" in await town.kinds(one), one.user


@pytest.mark.requirement("B2.3")
async def test_the_letter_of_the_emergencies_is_told_to_the_doctor(town: Town) -> None:
    document = {
        "resourceType": "DocumentReference", "id": "e-letter", "status": "current",
        "subject": {"reference": "Patient/lettered"}, "date": clock.now().isoformat(timespec="seconds"),
        "type": {"coding": [{"system": "http://loinc.org", "code": "15507-7"}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    }  # fmt: skip
    before = len(await town.told(LEGOFF))
    await town.put(resident("lettered"), document)
    await town.turn()
    assert (await town.kinds(LEGOFF))[before:] == ["emergency-letter"]
