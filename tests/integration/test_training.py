"""A night of training: a whole one on the real screens, scored exactly, apart, kept, by whom."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from cordee.app.overflow import OverflowLoop
from cordee.app.training import TrainingLoop, training
from cordee.care.regulation.centres import Centres
from cordee.care.training.night import Told, night_of
from cordee.care.training.nights import Asked
from cordee.care.training.playing import Player
from cordee.care.training.scenarios import FALSE_CALL
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, RuleBroken
from regulated import floor, version
from running import Ground
from trusted import Person, Screen, make_patient, plain, screen_on, who

KARIM, ROY, AUBRY, INES = "karim.saidi", "dr.roy", "dr.aubry", "ines.lambert"
APART = "formation-samu-a"
PATH = "/regulation/formation"
COMMUNES = {"96001": "Aubrey", "96002": "Saulx"}
PLACED = frozenset({"urgences", "tele-avc", "dac"})
NIGHT_SECONDS = 12 * 3600


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        for key, name, code in (("samu-a", "SAMU A", "960"), ("samu-b", "SAMU B", "961")):
            await screen.rows(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $2, $3, $4)",
                key, name, f"fr.health.samu{code}", code,
            )  # fmt: skip
        await screen.rows(
            "INSERT INTO regulation_commune VALUES"
            " ('96001', 'Aubrey', 'AUBREY', '96000', 2.1, 47.1),"
            " ('96002', 'Saulx', 'SAULX', '96000', 2.9, 47.9)"
        )
        await screen.rows(
            "INSERT INTO regulation_vehicle (centre, id, name, kind, commune) VALUES"
            " ('samu-a', 's1', 'SMUR Aubrey 1', 'SMUR', '96001'),"
            " ('samu-a', 'v1', 'VSAV Aubrey', 'VSAV', '96001')"
        )
        yield screen


async def begin(screen: Screen, asked: Asked, *, ago: timedelta = timedelta(minutes=13)) -> UUID:
    """A night of SAMU A that began some time ago, as its trainer asks for it; ended before."""
    services, roy = training(screen.platform.parts).nights, who(ROY)
    centre = await floor(screen).desk.centres.of(roy)
    for one in await services.nights(roy, centre):
        await services.end(roy, centre, one.id, clock.now())
    number = uuid4()
    await services.start(roy, centre, (number, asked), clock.now() - ago, COMMUNES)
    return number


async def play(screen: Screen, number: UUID, *, until: float = NIGHT_SECONDS) -> int:
    """Turns of the player, five seconds each, to a second of the night; how many were taken."""
    player = Player(screen.platform.parts.database, floor(screen).desk)
    (row,) = await screen.rows("SELECT anchor FROM training_night WHERE id = $1", number)
    at, turns = row["anchor"], 0
    while True:
        (row,) = await screen.rows("SELECT elapsed FROM training_night WHERE id = $1", number)
        if row["elapsed"] >= until:
            while await player.turn(at):
                pass
            return turns
        at, turns = min(at + timedelta(seconds=5), clock.now()), turns + 1
        while await player.turn(at):
            pass


async def join(person: Person, number: UUID) -> None:
    answer = await person.post(f"{PATH}/{number}", geste="rejoindre")
    assert answer.status_code == 303, plain(answer)


async def take(person: Person, number: UUID, n: int) -> str:
    """The page of the case of a call of a night that somebody takes."""
    answer = await person.post(f"/regulation/appels/{uuid5(number, str(n))}")
    assert answer.status_code == 303, plain(answer)
    return answer.headers["location"]


async def tell(person: Person, case: str, gesture: str, told: Told, **more: str) -> httpx.Response:
    """What is told of a case, as its file has it unless said otherwise."""
    kept = version(await person.get(case))
    values = {
        "motif": told.motive, "priorite": told.priority, "dit": told.says,
        "commune": f"{COMMUNES[told.commune]} ({told.commune})",
    }  # fmt: skip
    answer = await person.post(case, version=kept, geste=gesture, **(values | more))
    assert answer.status_code == 303, plain(answer)
    return answer


async def flags(person: Person, case: str, told: Told) -> None:
    """Notes the true flags: their questions are there once the motive is written."""
    await tell(person, case, "enregistrer", told)
    noted = {f"r-{key}": "oui" for key in told.flags}
    await tell(person, case, "enregistrer", told, **noted)


async def decide(person: Person, case: str, code: str) -> None:
    kept = version(await person.get(case))
    answer = await person.post(
        f"{case}/decision", version=kept, decision=code, mots="Rappeler le 15 si cela change."
    )
    assert answer.status_code == 303, plain(answer)


def elsewhere(told: Told) -> str:
    """A decision that is accepted and needs no emergency department: this base has none."""
    return next(one for one in (told.decision, *told.accepts) if one not in PLACED)


async def rows_of(person: Person, number: UUID) -> list[dict[str, str]]:
    """The calls of the CSV of a score."""
    answer = await person.get(f"{PATH}/{number}.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines(), delimiter=";"))


def of_kind(cases: list[Told], **wanted: Any) -> Told:
    """The first call of a night that is so."""
    return next(
        one for one in cases if all(getattr(one, name) == value for name, value in wanted.items())
    )


@pytest.mark.requirement("C1.13")
async def test_a_whole_night_of_600_rings_and_is_handled_on_the_real_screens(
    screen: Screen,
) -> None:
    cases = night_of(7, 600, sorted(COMMUNES.items()))
    number = await begin(screen, Asked(7, 600, 60))
    turns = await play(screen, number)
    assert turns == NIGHT_SECONDS // 300
    ((waits,),) = await screen.rows(
        "SELECT count(*) FROM regulation_call WHERE centre = $1 AND state = 'waiting'", APART
    )
    assert waits == 600
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    await join(karim, number)
    await join(roy, number)
    sample = cases[::20]
    for told in sample:
        case = await take(karim, number, told.n)
        if told.decision == FALSE_CALL:
            await tell(karim, case, "faux-appel", told)
            continue
        if told.decision == "smur":
            await tell(karim, case, "reflexe", told)
            continue
        await flags(karim, case, told)
        await tell(karim, case, "transmettre", told)
        await decide(roy, case, elsewhere(told))
    answer = await roy.post(f"{PATH}/{number}", geste="terminer")
    assert answer.headers["location"] == f"{PATH}/{number}"
    score = await rows_of(roy, number)
    assert len(score) == 600
    handled = {one.n for one in sample}
    done = [one for one in score if int(one["N°"]) in handled]
    assert all(one["Tri"] in {"conforme", "non jugé"} for one in done), done
    assert all(one["Décision"] == "conforme" for one in done), done
    assert all(one["Drapeaux manqués"] == "" for one in done)
    assert {one["Tri"] for one in score if int(one["N°"]) not in handled} <= {"rien", "non jugé"}


@pytest.mark.requirement("C1.13")
async def test_the_score_of_a_handmade_mixture_is_exact(screen: Screen) -> None:
    number = await begin(screen, Asked(11, 60, 60))
    cases = night_of(11, 60, sorted(COMMUNES.items()))
    await play(screen, number)
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    await join(karim, number)
    await join(roy, number)

    vital = of_kind(cases, decision="smur", accepts=())
    low = of_kind(cases, priority="P3", decision="conseil")
    missed = next(one for one in cases if one.flags and one.priority == "P1")
    for told, priority, code in (
        (vital, "P2", "ambulance"),  # under-triage, another decision, its flags missed
        (low, "P1", low.decision),  # over-triage, the decision is right
        (missed, "P1", missed.decision),  # the priority is right, the flag was not noted
    ):
        case = await take(karim, number, told.n)
        await tell(karim, case, "transmettre", told, priorite=priority)
        await decide(roy, case, code if code not in PLACED else elsewhere(told))
    unsorted = next(one for one in cases if one not in (vital, low, missed))
    await take(karim, number, unsorted.n)
    await roy.post(f"{PATH}/{number}", geste="terminer")

    by_number = {int(one["N°"]): one for one in await rows_of(roy, number)}
    assert by_number[vital.n]["Tri"] == "sous-triage"
    assert by_number[vital.n]["Décision"] == "autre"
    assert by_number[vital.n]["Drapeaux manqués"].count(";") == len(vital.flags) - 1
    assert by_number[low.n]["Tri"] == "sur-triage"
    assert by_number[low.n]["Décision"] == "conforme"
    assert by_number[missed.n]["Tri"] == "conforme"
    assert by_number[missed.n]["Drapeaux manqués"]
    assert by_number[unsorted.n]["Priorité donnée"] == ""
    services = training(screen.platform.parts)
    centre = await floor(screen).desk.centres.of(who(ROY))
    score = await services.score(who(ROY), centre, number)
    seats = {seat.agent: one for seat, one in score.of_agents}
    mine, theirs = seats[KARIM], seats[ROY]
    assert (score.total.taken, mine.right, mine.over, mine.under, mine.unsorted) == (4, 1, 1, 1, 1)
    assert mine.missed == len(vital.flags) + len(missed.flags) + len(unsorted.flags)
    assert (theirs.decided, theirs.well, theirs.taken) == (3, 2, 0)
    words = await roy.text(f"{PATH}/{number}/appels/{vital.n}")
    assert vital.reason in words
    assert "sous-triage" in words
    assert vital.says in words


@pytest.mark.requirement("C1.13")
async def test_the_caller_answers_only_what_they_are_asked(screen: Screen) -> None:
    number = await begin(screen, Asked(3, 40, 60))
    told = next(
        one for one in night_of(3, 40, sorted(COMMUNES.items())) if one.flags and one.age
    )  # fmt: skip
    await play(screen, number)
    karim = await screen.person(KARIM)
    await join(karim, number)
    case = await take(karim, number, told.n)
    before = await karim.text(case)
    assert "FORMATION" in before
    assert told.says in before
    assert told.place not in before
    key = case.rpartition("/")[2]
    assert (await karim.post(f"{PATH}/cas/{key}", question="ou")).status_code == 303
    assert told.place in await karim.text(case)
    await tell(karim, case, "enregistrer", told)
    flag = f"{told.motive}/{told.flags[0]}"
    await karim.post(f"{PATH}/cas/{key}", question=flag)
    part = await karim.client.post(
        f"{PATH}/cas/{key}",
        data={"jeton": await karim._token(), "question": "age"},
        headers={"hx-request-type": "partial"},
    )
    assert part.text.lstrip().startswith("<section")
    assert told.age in plain(part)
    assert "Oui." in plain(part)
    wrong = await karim.post(f"{PATH}/cas/{key}", question="M99.99/f1")
    assert wrong.status_code == 422


@pytest.mark.requirement("C1.13")
async def test_nothing_of_a_night_is_on_the_real_floor(screen: Screen) -> None:
    await make_patient(screen, "jeanne")
    before = await outside(screen)
    number = await begin(screen, Asked(5, 200, 60))
    await play(screen, number)
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    ines = await screen.person(INES)
    await join(karim, number)
    await join(roy, number)
    told = of_kind(night_of(5, 200, sorted(COMMUNES.items())), decision="conseil", flags=())
    case = await take(karim, number, told.n)
    await tell(karim, case, "transmettre", told, appel="06 39 98 00 01")
    await decide(roy, case, "conseil")
    other = await take(karim, number, told.n + 1)
    await karim.post(other, geste="reflexe", commune="Aubrey (96001)")

    # The real floor of a colleague who did not sit in it shows nothing of it, nor does its index.
    words = await ines.text("/regulation")
    assert "FORMATION" not in words
    assert "Aucun appel en attente" in words
    assert (await ines.get(case)).status_code == 404
    board = (await roy.get("/regulation/tableau.csv")).text
    assert len(board.splitlines()) == 1
    loop = OverflowLoop(screen.platform.parts)
    await loop.turn()
    assert loop._engine.centres == ["samu-a", "samu-b"]
    real = await Centres(screen.platform.parts.database).all()
    assert sorted(real) == ["samu-a", "samu-b"]
    # No text, no resource, no real vehicle, no line for the Hub, nothing waits elsewhere.
    assert await outside(screen) == before
    # Pages by which something could leave are closed, and say why.
    for path in ("/personne", "/creneaux"):
        stem = case if path == "/personne" else case.replace("dossiers", "osnp")
        answer = await karim.get(f"{stem}{path}")
        assert answer.status_code == 409, path
        assert "FORMATION" in plain(answer)
    for path in ("/regulation/osnp", "/regulation/papier", "/regulation/place-de-marche"):
        assert (await karim.get(path)).status_code == 409, path
    key = case.rpartition("/")[2]
    assert (await karim.post(f"{case}/personne", patient="jeanne")).status_code == 409
    assert (await karim.post(f"{case}/consigne", numero=str(uuid4()))).status_code == 409
    desk = floor(screen).desk
    apart = await desk.centres.seat(who(ROY), await desk.centres.of(who(ROY)))
    assert apart is not None
    found, _stamps = await desk.case(who(ROY), apart, UUID(key))
    with pytest.raises(RuleBroken):
        await desk.tie(who(ROY), found, clock.now())


async def outside(screen: Screen) -> list[Any]:
    """What of the installation a night must leave as it is."""
    rows = await screen.rows(
        "SELECT (SELECT count(*) FROM regulation_text) AS texts,"
        " (SELECT count(*) FROM regulation_vehicle WHERE centre = 'samu-a' AND is_free) AS free,"
        " (SELECT count(*) FROM regulation_call WHERE centre NOT LIKE 'formation%') AS calls,"
        " (SELECT count(*) FROM regulation_case WHERE centre NOT LIKE 'formation%') AS cases,"
        " (SELECT count(*) FROM regulation_event WHERE centre NOT LIKE 'formation%') AS stamps,"
        " (SELECT count(*) FROM regulation_request) AS requests,"
        " (SELECT count(*) FROM regulation_act) AS acts,"
        " (SELECT count(*) FROM overflow_watch WHERE centre LIKE 'formation%') AS watched,"
        " (SELECT count(*) FROM r_encounter) AS encounters,"
        " (SELECT count(*) FROM r_servicerequest) AS asked,"
        " (SELECT count(*) FROM r_communication) AS told"
    )
    return [dict(row) for row in rows]


@pytest.mark.requirement("C1.13")
async def test_a_night_goes_on_where_it_was_when_its_process_died(screen: Screen) -> None:
    number = await begin(screen, Asked(9, 300, 10))
    await play(screen, number, until=3600)
    before = await state(screen, number)
    assert 3600 <= before["elapsed"] < 3700
    assert 0 < before["rung"] < 300

    # Nobody played for an hour; then another process takes the first turn.
    await screen.rows(
        "UPDATE training_night SET anchor = anchor - interval '1 hour' WHERE id = $1", number
    )
    again = Player(screen.platform.parts.database, floor(screen).desk)
    await again.turn(clock.now())
    after = await state(screen, number)
    assert after["elapsed"] == pytest.approx(before["elapsed"] + 50)

    # It died between the call that rang and the mark: the call rings once.
    await screen.rows(
        "UPDATE training_case SET rung = NULL WHERE night = $1 AND n = $2", number, after["rung"]
    )
    await again.turn(clock.now())
    calls = await screen.rows(
        "SELECT count(*) AS n FROM regulation_call q JOIN training_case c ON c.call = q.id"
        " WHERE c.night = $1", number,
    )  # fmt: skip
    (rung,) = await screen.rows(
        "SELECT count(*) AS n FROM training_case WHERE night = $1 AND rung IS NOT NULL", number
    )
    assert calls[0]["n"] == rung["n"]


async def state(screen: Screen, number: UUID) -> Any:
    (row,) = await screen.rows(
        "SELECT elapsed, state, (SELECT count(*) FROM training_case c WHERE c.night = x.id"
        " AND rung IS NOT NULL) AS rung FROM training_night x WHERE id = $1", number,
    )  # fmt: skip
    return row


@pytest.mark.requirement("C1.13")
async def test_a_paused_night_stands_and_an_ended_one_gives_everybody_back(screen: Screen) -> None:
    number = await begin(screen, Asked(2, 100, 60), ago=timedelta(seconds=30))
    roy, karim = await screen.person(ROY), await screen.person(KARIM)
    await join(karim, number)
    await roy.post(f"{PATH}/{number}", geste="pause")
    player = Player(screen.platform.parts.database, floor(screen).desk)
    first = await state(screen, number)
    await player.turn(clock.now() + timedelta(seconds=5))
    assert await state(screen, number) == first
    await roy.post(f"{PATH}/{number}", geste="reprendre")
    await player.turn(clock.now() + timedelta(seconds=5))
    assert (await state(screen, number))["elapsed"] > first["elapsed"]
    assert "FORMATION" in await karim.text("/regulation")
    await roy.post(f"{PATH}/{number}", geste="terminer")
    assert "FORMATION" not in await karim.text("/regulation")
    (left,) = await screen.rows(
        "SELECT count(*) AS n FROM regulation_call WHERE centre = $1"
        " AND state IN ('waiting', 'answered', 'abandoned', 'leaving')", APART,
    )  # fmt: skip
    assert left["n"] == 0


@pytest.mark.requirement("C1.13")
async def test_physicians_alone_find_cases_that_a_machine_has_sorted(screen: Screen) -> None:
    number = await begin(screen, Asked(4, 30, 60, "physicians"))
    await play(screen, number)
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    refused = await karim.post(f"{PATH}/{number}", geste="rejoindre")
    assert refused.status_code == 422
    assert "réservée aux médecins" in plain(refused)
    await join(roy, number)
    listed = re.findall(
        r"/regulation/dossiers/([0-9a-f-]{36})", (await roy.get("/regulation")).text
    )
    assert len(set(listed)) > 20
    await decide(roy, f"/regulation/dossiers/{listed[0]}", "conseil")
    await roy.post(f"{PATH}/{number}", geste="terminer")
    score = await rows_of(roy, number)
    assert {one["Tri"] for one in score} == {"non jugé"}
    assert sum(one["Décision prise"] == "Conseil médical" for one in score) == 1


@pytest.mark.requirement("C1.13")
async def test_a_trainer_starts_a_night_and_others_see_their_own_score(screen: Screen) -> None:
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    aubry, ines = await screen.person(AUBRY), await screen.person(INES)
    form = {"graine": "1", "cas": "20", "vitesse": "60", "roles": "both"}
    assert (await karim.post(PATH, numero=str(uuid4()), **form)).status_code == 403
    number = await begin(screen, Asked(1, 20, 60))
    second = await roy.post(PATH, numero=str(uuid4()), **form)
    assert "Une nuit est déjà en cours" in plain(second)
    assert (await aubry.post(f"{PATH}/{number}", geste="rejoindre")).status_code == 404
    assert (await karim.post(f"{PATH}/{number}", geste="terminer")).status_code == 403
    await join(karim, number)
    assert (await karim.get(f"{PATH}/{number}")).status_code == 404  # not before the end
    assert "Provisoires" in await roy.text(f"{PATH}/{number}")
    await play(screen, number)
    await take(karim, number, 1)
    await roy.post(f"{PATH}/{number}", geste="terminer")
    assert len(await rows_of(karim, number)) == 1
    assert len(await rows_of(roy, number)) == 20
    assert (await karim.get(f"{PATH}/{number}/appels/1")).status_code == 200
    assert (await karim.get(f"{PATH}/{number}/appels/2")).status_code == 404
    for other in (ines, aubry):
        assert (await other.get(f"{PATH}/{number}")).status_code == 404
    wrong = await roy.post(PATH, numero=str(uuid4()), **(form | {"cas": "601"}))
    assert wrong.status_code == 422
    assert "Donnez de 1 à 600 cas" in plain(wrong)
    assert 'value="601"' in wrong.text
    services = training(screen.platform.parts).nights
    centre = await floor(screen).desk.centres.of(who(KARIM))
    with pytest.raises(AccessDenied):
        await services.pause(who(KARIM), centre, number, clock.now())


async def test_a_form_sent_twice_begins_one_night(screen: Screen) -> None:
    await begin(screen, Asked(6, 5, 60))
    roy = await screen.person(ROY)
    (row,) = await screen.rows("SELECT id FROM training_night WHERE state <> 'ended'")
    await roy.post(f"{PATH}/{row['id']}", geste="terminer")
    number = str(uuid4())
    form = {"graine": "8", "cas": "5", "vitesse": "1", "roles": "takers"}
    for _turn in range(2):
        assert (await roy.post(PATH, numero=number, **form)).status_code == 303
    rows = await screen.rows("SELECT total, roles FROM training_night WHERE state <> 'ended'")
    assert [tuple(row) for row in rows] == [(5, "takers")]


async def test_the_loop_of_a_process_that_leads_plays(screen: Screen) -> None:
    number = await begin(screen, Asked(6, 5, 60), ago=timedelta(seconds=5))
    loop = TrainingLoop(screen.platform.parts)
    await loop._player.turn(clock.now())
    assert (await state(screen, number))["elapsed"] > 0


def test_a_night_is_the_same_for_the_same_seed_and_has_the_calls_of_an_evening() -> None:
    first = night_of(21, 600, sorted(COMMUNES.items()))
    assert first == night_of(21, 600, sorted(COMMUNES.items()))
    assert first != night_of(22, 600, sorted(COMMUNES.items()))
    assert [one.due for one in first] == sorted(one.due for one in first)
    assert all(one.number.startswith("063998") for one in first)
    evening = sum(one.due < 3 * 3600 for one in first)
    hollow = sum(6 * 3600 <= one.due < 9 * 3600 for one in first)
    assert evening > 2 * hollow
    assert {one.priority for one in first} == {"P0", "P1", "P2", "P3"}
