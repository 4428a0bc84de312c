"""The shared agenda on the screen: planned, moved, called off, followed by a link. B1.7."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest

from cordee.access.mandates.parts import RESULTS, VISITS
from cordee.app.agendas import agenda_desk, agenda_feeds
from cordee.care.agenda.desk import Span
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS, now
from cordee.runtime.errors import AccessDenied, NotFound
from mandated import mandated, offer
from trusted import JEANNE, Person, Screen, make_patient, plain, who

DOCTOR, STRANGER = "dr.legoff", "linh.tran"
HERE = f"/patients/{JEANNE}/agenda"
TODAY = now().astimezone(PARIS).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday()) + timedelta(days=7)
WEEK = f"{HERE}?semaine={MONDAY}"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12")
    return bare_screen


def visit(day: date = MONDAY, hour: str = "08:00", **more: str) -> dict[str, str]:
    return {
        "numero": str(uuid4()), "sorte": "soins", "qui": "Practitioner/anne-le-goff",
        "jour": day.isoformat(), "heure": hour, "duree": "30", "precision": "Pansement",
    } | more  # fmt: skip


async def planned(person: Person, **more: str) -> str:
    """The number of the first visit of what is planned."""
    answer = await person.post(HERE, **visit(**more))
    assert answer.status_code == 303, plain(answer)
    week = f"{HERE}?semaine={more.get('jour', MONDAY)}"
    found = re.findall(rf'action="{HERE}/([^"?]+)', (await person.get(week)).text)
    return found[-1]


@pytest.mark.requirement("B1.7")
async def test_a_week_shows_who_comes_and_what_cannot_both_be(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    assert "Rien de prévu cette semaine" in await doctor.text(WEEK)

    await planned(doctor)
    await planned(doctor, sorte="aide", qui="", nom="Aide du Port", heure="08:15")
    await planned(doctor, sorte="transport", qui="", nom="Ambulances Roy", heure="13:00")
    await planned(doctor, sorte="transport", qui="", nom="Taxi Blanc", heure="15:00")

    week = await doctor.text(WEEK)
    assert "Soins infirmiers" in week
    assert "Dr Anne Le Goff" in week
    assert "Aide du Port" in week
    assert "Deux passages au même moment" in week
    assert "Deux transports qui pourraient n’en faire qu’un" in week
    sheet = (await doctor.get(f"{HERE}.csv?semaine={MONDAY}")).text
    assert "Ambulances Roy" in sheet
    assert "Deux passages" not in await doctor.text(HERE)  # of this week there is nothing


@pytest.mark.requirement("B1.7")
async def test_a_series_is_planned_once_and_its_rest_is_called_off(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    form = visit(
        jusqu=(MONDAY + timedelta(days=6)).isoformat(), **{f"jour-{i}": "oui" for i in range(7)}
    )
    for _ in range(2):  # a second press, or a cut
        assert (await doctor.post(HERE, **form)).status_code == 303
    desk, span = agenda_desk(screen.platform.parts), Span(MONDAY, MONDAY + timedelta(days=6))
    found = await desk.of_patient(who(DOCTOR), JEANNE, span)
    assert len(found) == 7

    refused = await doctor.post(f"{HERE}/{found[2].id}", geste="cancelled", raison="")
    ended = await doctor.post(
        f"{HERE}/{found[2].id}", geste="cancelled", raison="Hospitalisée", suite="oui"
    )
    kept = await doctor.post(f"{HERE}/{found[0].id}", geste="fulfilled")
    again = await doctor.post(f"{HERE}/{found[0].id}", geste="noshow")

    assert (refused.status_code, ended.status_code) == (422, 303)
    assert "Dites pourquoi l’intervention est annulée." in plain(refused)
    assert (kept.status_code, again.status_code) == (303, 422)
    states = [one.status for one in await desk.of_patient(who(DOCTOR), JEANNE, span)]
    assert states == ["fulfilled", "booked", *["cancelled"] * 5]


@pytest.mark.requirement("B1.7")
async def test_a_visit_is_moved_and_what_cannot_be_comes_back(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    number = await planned(doctor)
    tuesday = MONDAY + timedelta(days=1)
    moved = await doctor.post(
        f"{HERE}/{number}", geste="deplacer", jour=tuesday.isoformat(), heure="10:30"
    )
    wrong = await doctor.post(HERE, **visit(heure="tôt", precision="À ne pas perdre"))
    nobody = await doctor.post(HERE, **visit(qui="", nom=""))
    unknown = await doctor.post(HERE, **visit(qui="Practitioner/nobody-here"))

    assert moved.status_code == 303
    assert "10 h 30 – 11 h 00" in await doctor.text(WEEK)
    assert (wrong.status_code, nobody.status_code, unknown.status_code) == (422, 422, 422)
    assert "À ne pas perdre" in wrong.text
    assert "Dites qui passe." in plain(nobody)


@pytest.mark.requirement("B1.7")
async def test_who_is_not_tied_finds_nothing(screen: Screen) -> None:
    doctor, stranger = await screen.person(DOCTOR), await screen.person(STRANGER)
    number = await planned(doctor)
    for path in (HERE, WEEK):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(HERE, **visit())).status_code == 404
    gone = await stranger.post(f"{HERE}/{number}", geste="cancelled", raison="pour voir")
    assert gone.status_code == 404
    client = await screen.platform.client()
    await make_patient(screen, "another-one")
    other = await doctor.post(f"/patients/another-one/agenda/{number}", geste="fulfilled")
    assert other.status_code == 404
    assert (await client.get(f"Appointment/{number}")).json()["status"] == "booked"


@pytest.mark.requirement("B1.7")
async def test_one_own_week_is_over_all_patients(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    await make_patient(screen, "second-one")
    await planned(doctor)
    answer = await doctor.post("/patients/second-one/agenda", **visit(heure="08:10"))
    assert answer.status_code == 303

    own = await doctor.text(f"/agenda?semaine={MONDAY}")
    stranger = await (await screen.person(STRANGER)).text(f"/agenda?semaine={MONDAY}")

    assert "Attendu à deux endroits au même moment" in own
    assert own.count("Pansement") == 2
    assert "Pansement" not in stranger
    assert "Pansement" in (await doctor.get(f"/agenda.csv?semaine={MONDAY}")).text


@pytest.mark.requirement("B1.7")
async def test_a_link_is_shown_once_read_without_a_session_and_ended_at_once(
    screen: Screen,
) -> None:
    doctor = await screen.person(DOCTOR)
    await planned(doctor, jour=(TODAY + timedelta(days=2)).isoformat())
    made = await doctor.post("/agenda/liens", geste="creer")
    found = re.search(r'value="http://screen(/agenda/flux/[^"]+\.ics)"', made.text)
    assert found
    link = found[1]
    doctor.client.cookies.clear()

    read = await doctor.get(link)
    assert read.status_code == 200
    assert read.text.count("BEGIN:VEVENT") == 1
    assert "set-cookie" not in read.headers
    assert "Pansement" not in read.text
    assert (await doctor.get(f"{link[:-6]}x.ics")).status_code == 404

    again = await screen.person(DOCTOR)
    page = (await again.get("/agenda/liens")).text
    assert link not in page  # kept nowhere
    number = re.search(r'name="lien" value="(\d+)"', page)
    assert number
    other = await screen.person(STRANGER)
    gone = await other.post("/agenda/liens", geste="supprimer", lien=number[1])
    assert gone.status_code == 404
    done = await again.post("/agenda/liens", geste="supprimer", lien=number[1])
    assert done.status_code == 303
    assert (await doctor.get(link)).status_code == 404


@pytest.mark.requirement("B1.7")
async def test_the_patient_and_who_was_opened_the_visits_read_the_agenda(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    await planned(doctor)
    patient = await screen.person("jeanne.bertin")
    own = await patient.text(f"/mon-agenda?semaine={MONDAY}")
    assert "Soins infirmiers" in own
    assert (await patient.get(HERE)).status_code == 403
    assert (await doctor.get("/mon-agenda")).status_code == 403

    parts = screen.platform.parts
    desk, span = agenda_desk(parts), Span(MONDAY, MONDAY + timedelta(days=6))
    near, mandate = await mandated(screen.platform, JEANNE, offer(parts=frozenset({VISITS})))
    assert len(await desk.of_patient(near, mandate.patient, span)) == 1
    far, mandate = await mandated(screen.platform, JEANNE, offer(parts=frozenset({RESULTS})))
    with pytest.raises(AccessDenied):
        await desk.of_patient(far, mandate.patient, span)


@pytest.mark.requirement("B1.7")
async def test_who_has_lost_their_rights_reads_nothing_more_by_their_link(screen: Screen) -> None:
    parts = screen.platform.parts
    doctor = await screen.person(DOCTOR)
    await planned(doctor, jour=(TODAY + timedelta(days=2)).isoformat())
    feeds = agenda_feeds(parts, agenda_desk(parts))
    stranger = who(STRANGER)
    own = await feeds.make(stranger, "", now())
    assert b"BEGIN:VEVENT" not in await feeds.calendar(own, "", now())
    near, mandate = await mandated(screen.platform, JEANNE, offer(parts=frozenset({VISITS})))
    secret = await feeds.make(near, JEANNE, now())
    assert (await feeds.calendar(secret, "", now())).count(b"BEGIN:VEVENT") == 1
    await publish(parts.database)
    trust = screen.web.state.ports.trust
    await trust.naming.end(who("jeanne.bertin"), mandate.id, now())
    parts.guard.forget()
    assert b"BEGIN:VEVENT" not in await feeds.calendar(secret, "", now())
    with pytest.raises(NotFound):
        await feeds.calendar("nothing", "", now())


@pytest.mark.requirement("B1.1")
async def test_the_sheet_shows_what_is_to_come_and_the_plans_that_run(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    for hour in range(12):
        await planned(
            doctor,
            jour=tomorrow,
            heure=f"{8 + hour:02}:00",
            sorte="kine",
            qui="",
            nom=f"Kiné {hour}",
        )
    client = await screen.platform.client()
    for status, title in (("active", "Plan de la plaie"), ("revoked", "Plan ancien")):
        plan = {
            "resourceType": "CarePlan", "status": status, "intent": "plan", "title": title,
            "subject": {"reference": f"Patient/{JEANNE}"},
        }  # fmt: skip
        assert (await client.post("CarePlan", json=plan)).status_code == 201
    found = re.findall(
        rf'action="{HERE}/([^"?]+)', (await doctor.get(f"{HERE}?semaine={tomorrow}")).text
    )
    gone = await doctor.post(f"{HERE}/{found[0]}", geste="cancelled", raison="Hospitalisée")
    assert gone.status_code == 303

    sheet = await doctor.text(f"/patients/{JEANNE}")

    assert "Kiné 0" not in sheet  # called off
    assert [f"Kiné {i}" in sheet for i in range(1, 12)] == [True] * 10 + [False]
    assert "Plan de la plaie" in sheet
    assert "Plan ancien" not in sheet
