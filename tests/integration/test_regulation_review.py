"""The floor under haste: what is typed, pressed twice or missed is neither lost nor doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import given
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.web.regulation.telling import true_time
from regulated import floor, ring, take, tell, version
from running import Ground
from trusted import Person, Screen, make_patient, plain, screen_on, who

KARIM, ROY, INES = "karim.saidi", "dr.roy", "ines.lambert"
BELMONT = "Organization/ch-belmont"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await screen.rows(
            "INSERT INTO regulation_centre (id, name, hub, department)"
            " VALUES ('samu-a', 'SAMU A', 'fr.health.samu960', '960')"
        )
        await screen.rows(
            "INSERT INTO regulation_vehicle (centre, id, name, kind) VALUES"
            " ('samu-a', 's1', 'SMUR Aubrey 1', 'SMUR'), ('samu-a', 'v1', 'VSAV 1', 'VSAV')"
        )
        client = await screen.platform.client()
        for kind, key, body in (
            ("Organization", "ch-belmont", {"name": "CH de Belmont"}),
            ("Organization", "samu-a", {"name": "SAMU A"}),
            (
                "HealthcareService", "urgences-belmont",
                {"name": "Urgences de Belmont", "providedBy": {"reference": BELMONT},
                 "type": [{"coding": [{"code": "urgences"}]}]},
            ),
        ):  # fmt: skip
            answer = await client.put(
                f"{kind}/{key}", json={"resourceType": kind, "id": key} | body
            )
            assert answer.status_code == 201, answer.text
        yield screen


async def tied(screen: Screen, person: Person, number: str, *, is_theirs: bool = False) -> str:
    await make_patient(screen, number)
    if is_theirs:
        client, own = await screen.platform.client(), "Practitioner/sofia-roy"
        await client.put(own, json={"resourceType": "Practitioner", "id": "sofia-roy"})
        body = given.patient(id=number, generalPractitioner=[{"reference": own}])
        assert (await client.put(f"Patient/{number}", json=body)).status_code == 200
        await publish(screen.platform.parts.database)
    await screen.found_by_identity(ROY, number)
    case = await take(screen, person)
    assert (await person.post(f"{case}/personne", patient=number)).status_code == 303
    assert (await tell(person, case, "transmettre")).status_code == 303
    return case


async def coming(screen: Screen, patient: str) -> list[dict[str, Any]]:
    client = await screen.platform.client()
    found = await client.get(f"Encounter?patient=Patient/{patient}&status=planned")
    return [one["resource"] for one in found.json().get("entry", [])]


@pytest.mark.requirement("C1.2")
async def test_hanging_up_keeps_what_was_typed(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    assert (await tell(karim, case, "raccrocher", dit="Porte bleue")).status_code == 303
    assert "Porte bleue" in (await karim.get(case)).text


@pytest.mark.requirement("C1.2", "C1.3")
async def test_a_reflex_from_an_old_page_does_not_erase_what_a_colleague_wrote(
    screen: Screen,
) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    old = version(await karim.get(case))
    assert (await tell(karim, case, "enregistrer", dit="Code 1234B")).status_code == 303
    answer = await karim.post(case, version=old, geste="reflexe", dit="Au sol")
    assert answer.status_code == 409
    assert "Au sol" in answer.text
    kept = await floor(screen).desk.case(who(KARIM), *await centre_and(screen, case))
    assert kept[0].told.said == "Code 1234B"
    assert kept[0].priority == "P0"


async def centre_and(screen: Screen, case: str) -> tuple[Any, UUID]:
    centres = await floor(screen).desk.centres.all()
    return centres["samu-a"], UUID(case.rpartition("/")[2])


@pytest.mark.requirement("C1.3")
async def test_a_reflex_after_a_mission_was_cancelled_asks_again(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    key = UUID(case.rpartition("/")[2])
    await karim.post(case, version=version(await karim.get(case)), geste="reflexe")
    rows = await screen.rows('SELECT id FROM regulation_mission WHERE "case" = $1', key)
    for row in rows:
        answer = await karim.post(f"{case}/moyens/{row['id']}", etat="ANNULE")
        assert answer.status_code == 303
    await karim.post(case, version=version(await karim.get(case)), geste="reflexe")
    rows = await screen.rows(
        'SELECT kind FROM regulation_mission WHERE "case" = $1 AND ended IS NULL', key
    )
    assert sorted(row["kind"] for row in rows) == ["SMUR", "VSAV"]


@pytest.mark.requirement("C1.1")
async def test_many_missed_calls_do_not_hide_who_rings_now(screen: Screen) -> None:
    missed = [await ring(screen, "0611111111", ago=4000) for _ in range(201)]
    await floor(screen).desk.end_calls("samu-a", missed, "telephony", clock.now())
    await ring(screen, "0677777799", ago=3)
    karim = await screen.person(KARIM)
    shown = await karim.text("/regulation")
    await screen.rows(
        "UPDATE regulation_call SET state = 'called-back' WHERE id = ANY ($1::uuid[])", missed
    )
    assert "06 ·· ·· ·· 99" in shown


@pytest.mark.requirement("C1.1")
async def test_a_call_whose_end_is_told_twice_is_still_to_call_back(screen: Screen) -> None:
    call = await ring(screen)
    for _ in range(2):
        await floor(screen).desk.end_calls("samu-a", [call], "telephony", clock.now())
    (row,) = await screen.rows("SELECT state FROM regulation_call WHERE id = $1", call)
    assert row["state"] == "abandoned"


@pytest.mark.requirement("C1.1")
async def test_calling_back_a_number_ends_no_call_that_a_colleague_is_on(screen: Screen) -> None:
    karim, ines = await screen.person(KARIM), await screen.person(INES)
    first, second, waits = [await ring(screen, "0633333333", ago=n) for n in (90, 60, 5)]
    await floor(screen).desk.end_calls("samu-a", [first, second], "telephony", clock.now())
    assert (await ines.post(f"/regulation/appels/{second}")).status_code == 303
    answer = await karim.post(f"/regulation/appels/{first}", autres=f"{second},{waits}")
    assert answer.status_code == 303
    rows = await screen.rows(
        "SELECT id, state FROM regulation_call WHERE id = ANY ($1::uuid[])", [second, waits]
    )
    assert {row["id"]: row["state"] for row in rows} == {second: "answered", waits: "waiting"}


@pytest.mark.requirement("C1.12")
async def test_a_call_that_was_given_up_stays_so_once_called_back(screen: Screen) -> None:
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    first, now = clock.now() - timedelta(hours=3), clock.now()

    async def abandoned() -> int:
        return sum(one.abandoned for one in await floor(screen).desk.hours(centre, first, now))

    karim, call = await screen.person(KARIM), await ring(screen, ago=40)
    await floor(screen).desk.end_calls("samu-a", [call], "telephony", clock.now())
    known = await abandoned()
    assert (await karim.post(f"/regulation/appels/{call}")).status_code == 303
    assert await abandoned() == known


@pytest.mark.requirement("C1.8")
async def test_who_reads_an_appointment_to_find_of_somebody_leaves_a_line(screen: Screen) -> None:
    number = uuid4().hex
    roy, ines = await screen.person(ROY), await screen.person(INES)
    case = await tied(screen, roy, number)
    done = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="rdv-ville"
    )
    assert done.status_code == 303, plain(done)
    way = f"/regulation/osnp/{case.rpartition('/')[2]}"
    assert (await ines.post(way, etape="mt-none", vu="0")).status_code == 303
    assert number in (await ines.get("/regulation/osnp")).text
    key = screen.platform.parts.kernel.keys(f"Patient/{number}")
    lines = await screen.rows(
        "SELECT 1 FROM audit WHERE pats @> ARRAY[$1::int8] AND actor = $2"
        " AND detail = 'regulation appointments'", key, INES,
    )  # fmt: skip
    assert lines


@pytest.mark.requirement("C1.7")
async def test_a_place_left_chosen_makes_nobody_expected(screen: Screen) -> None:
    number = uuid4().hex
    roy = await screen.person(ROY)
    case = await tied(screen, roy, number)
    done = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="conseil",
        mots="Rappelez si cela change.", lieu=BELMONT,
    )  # fmt: skip
    assert done.status_code == 303, plain(done)
    assert await coming(screen, number) == []


@pytest.mark.requirement("C1.7")
async def test_a_decision_pressed_twice_makes_somebody_expected_once(screen: Screen) -> None:
    number = uuid4().hex
    roy = await screen.person(ROY)
    case = await tied(screen, roy, number, is_theirs=True)
    known = version(await roy.get(case))
    sent = {"version": known, "decision": "urgences", "lieu": BELMONT}
    answers = await asyncio.gather(*(roy.post(f"{case}/decision", **sent) for _ in range(3)))
    assert 303 in {one.status_code for one in answers}, plain(answers[0])
    (encounter,) = await coming(screen, number)
    assert encounter["hospitalization"]["origin"]["reference"] == "Organization/samu-a"


@pytest.mark.requirement("C1.5")
async def test_what_is_over_is_written_no_more(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    assert (await tell(karim, case, "faux-appel")).status_code == 303
    answer = await tell(karim, case, "enregistrer", dit="Autre chose")
    assert answer.status_code == 422
    assert "Autre chose" in answer.text


@pytest.mark.requirement("C1.5")
@pytest.mark.parametrize("trace", ["9" * 30, "٣", "-1", "", "x"])
async def test_a_strange_stamp_is_not_found(screen: Screen, trace: str) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    answer = await karim.post(f"{case}/heure", trace=trace, heure="00:00")
    assert answer.status_code == 404


@pytest.mark.requirement("C1.6")
@pytest.mark.parametrize("patient", ["a/b", "x" * 2000, "é &?", "../x", "\x00"])
async def test_a_strange_person_is_refused(screen: Screen, patient: str) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    answer = await karim.post(f"{case}/personne", patient=patient)
    assert answer.status_code in {403, 404, 422}


@pytest.mark.requirement("C1.5")
@pytest.mark.parametrize(
    ("at", "text", "true"),
    [
        ((2026, 10, 25, 1, 10), "02:30", (2026, 10, 25, 0, 30)),  # 02:10, the second time
        ((2026, 10, 25, 1, 40), "02:30", (2026, 10, 25, 1, 30)),
        ((2026, 10, 25, 2, 5), "02:50", (2026, 10, 25, 1, 50)),  # 03:05, the latest 02:50
        ((2026, 3, 29, 1, 10), "01:50", (2026, 3, 29, 0, 50)),
        ((2026, 11, 23, 0, 30), "23:50", (2026, 11, 22, 22, 50)),
    ],
)
def test_a_true_hour_is_the_last_one_that_was(
    at: tuple[int, ...], text: str, true: tuple[int, ...]
) -> None:
    assert true_time(text, datetime(*at, tzinfo=UTC)) == datetime(*true, tzinfo=UTC)  # pyright: ignore[reportArgumentType, reportCallIssue]


@pytest.mark.requirement("C1.7")
async def test_nobody_is_made_expected_by_who_may_not_see_them(screen: Screen) -> None:
    number = uuid4().hex
    await make_patient(screen, number)
    roy = await screen.person(ROY)
    case = await take(screen, roy)
    assert (await tell(roy, case, "transmettre")).status_code == 303
    centre, key = await centre_and(screen, case)
    found, _stamps = await floor(screen).desk.case(who(KARIM), centre, key)
    told = replace(found, told=replace(found.told, patient=number))
    await floor(screen).desk.tie(who(KARIM), told, clock.now())
    answer = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="urgences",
        lieu=BELMONT, mots="Par ambulance",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Par ambulance" in answer.text
    assert await coming(screen, number) == []


@pytest.mark.requirement("C1.3")
async def test_a_reflex_while_colleagues_write_is_never_held_back(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    known = version(await karim.get(case))
    told = {"version": known, "dit": "Au sol", "motif": "M02.07 Chute"}
    await asyncio.gather(
        *(karim.post(case, geste=one, **told) for one in ["enregistrer"] * 3 + ["reflexe"] * 2)
    )
    rows = await screen.rows(
        'SELECT kind FROM regulation_mission WHERE "case" = $1',
        UUID(case.rpartition("/")[2]),
    )
    assert sorted(row["kind"] for row in rows) == ["SMUR", "VSAV"]


@pytest.mark.requirement("C1.8")
async def test_an_appointment_noted_by_two_at_once_is_one(screen: Screen) -> None:
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    case = await take(screen, karim)
    assert (await tell(karim, case, "transmettre")).status_code == 303
    known = version(await roy.get(case))
    done = await roy.post(f"{case}/decision", version=known, decision="rdv-ville")
    assert done.status_code == 303
    way = f"/regulation/osnp/{case.rpartition('/')[2]}"
    assert (await karim.post(way, etape="mt-none", vu="0")).status_code == 303
    answers = await asyncio.gather(
        *(
            one.post(way, etape="slot", mots=f"Dr {n}, 10 h", vu="1")
            for n, one in enumerate((karim, roy))
        )
    )
    rows = await screen.rows(
        "SELECT 1 FROM regulation_event WHERE \"case\" = $1 AND kind = 'osnp:slot'",
        UUID(case.rpartition("/")[2]),
    )
    assert sorted(one.status_code for one in answers) == [303, 422]
    assert len(rows) == 1


@pytest.mark.requirement("C1.9")
async def test_a_vehicle_is_not_anywhere_before_it_was_asked_for(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    await karim.post(case, version=version(await karim.get(case)), geste="reflexe")
    rows = await screen.rows(
        'SELECT id FROM regulation_mission WHERE "case" = $1', UUID(case.rpartition("/")[2])
    )
    later = (screen.clock() + timedelta(minutes=2)).astimezone(PARIS)
    answer = await karim.post(
        f"{case}/moyens/{rows[0]['id']}", etat="ARRIVEE", heure=f"{later:%H:%M}"
    )
    assert answer.status_code == 422
