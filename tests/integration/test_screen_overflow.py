"""Overflow on the screen: proposed, accepted, moved, stopped, reported; conventions; simulator."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.engine import Engine
from cordee.care.overflow.register import Conventions, key_of
from cordee.care.overflow.transfers import Actor
from cordee.care.regulation.service import Regulation
from cordee.care.simulation.desk import Simulations
from cordee.care.simulation.hypotheses import Hypotheses
from cordee.care.simulation.results import Evenings, one
from cordee.runtime import clock
from running import Ground
from trusted import Person, Screen, plain, screen_on

ROY, LUCIE, STRANGER, ARS = "dr.roy", "lucie.ferrand", "dr.legoff", "julie.perret"
PATH, A, B = "/regulation/delestage", "samu-a", "samu-b"
BODY: Any = {
    "appels": "2600", "pointe": "240", "postes": "8", "part": "20", "seuil": "0,60",
    "arret": "0,60", "tirages": "30", "graine": "1", "conseil": "oui", "p2p3": "oui",
}  # fmt: skip


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        for key, code in ((A, "960"), (B, "961")):
            await screen.rows(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $2, $3, $4)",
                key, key.upper(), f"fr.health.samu{code}", code,
            )  # fmt: skip
        await screen.rows(
            "INSERT INTO regulation_position (centre, agent, name, role, seen) "
            "SELECT 'samu-b', 'agent-' || n, 'Agent', 'ARM', now() FROM generate_series(1, 9) n"
        )
        register = Conventions(database(screen))
        await register.propose((A, B), Terms(share=50), 0, Actor(), clock.now())
        for centre in (A, B):
            await register.sign(key_of(A, B), 1, centre, Actor(), clock.now())
        yield screen


def database(screen: Screen) -> Any:
    return screen.web.state.ports.overflow._database


async def engine(screen: Screen, turns: int = 8) -> None:
    """Turns of the engine, as its loop takes them."""
    running: Engine = screen.web.state.ports.overflow._engine
    running.centres = [A, B]
    for _turn in range(turns):
        await running.turn()


async def ring(screen: Screen, *, ago: int) -> UUID:
    floor: Regulation = screen.web.state.ports.regulation
    call = uuid4()
    at = clock.now() - timedelta(seconds=ago)
    await floor.desk.ring(A, call, {"number": "0600000041"}, at)
    return call


async def episode(who: Person) -> str:
    found = re.search(r'name="episode" value="([^"]+)"', (await who.get(PATH)).text)
    assert found
    return found[1]


@pytest.mark.requirement("C2.1", "C2.3", "C2.5", "C2.9", "C2.10")
async def test_calls_move_to_the_neighbour_who_accepts_and_come_back_when_it_is_stopped(
    screen: Screen,
) -> None:
    roy, lucie = await screen.person(ROY), await screen.person(LUCIE)
    calls = [await ring(screen, ago=200 - n) for n in range(6)]
    since = await screen.rows("SELECT id, since FROM regulation_call WHERE centre = 'samu-a'")

    assert (await roy.post(PATH, geste="proposer", convention=key_of(A, B))).status_code == 303
    await engine(screen)
    proposal = await lucie.text(PATH)
    assert "Délestage proposé" in proposal.replace("\u00a0", " ")
    assert "Comment est-il calculé" in proposal
    answer = await lucie.post(PATH, geste="accepter", episode=await episode(lucie))
    assert answer.status_code == 303, plain(answer)
    await engine(screen, 12)

    there = await screen.rows("SELECT id, since, hops FROM regulation_call WHERE centre = 'samu-b'")
    assert {row["id"] for row in there} == set(calls[:3])
    assert {(row["id"], row["since"]) for row in there} < {(r["id"], r["since"]) for r in since}
    assert {row["hops"] for row in there} == {1}
    assert "Reçus" in await lucie.text(PATH)

    key = await episode(lucie)
    assert (await lucie.post(PATH, geste="tout-rendre", episode=key)).status_code == 303
    assert (await roy.post(PATH, geste="arreter", episode=key)).status_code == 303
    await engine(screen, 12)
    back = await screen.rows(
        "SELECT id, since FROM regulation_call WHERE centre = 'samu-a' AND state = 'waiting'"
    )
    assert {(r["id"], r["since"]) for r in back} == {(r["id"], r["since"]) for r in since}
    report = await roy.get(f"{PATH}/{key}")
    assert "clos" in report.text
    assert "Dr Sofia Roy" in report.text
    assert "samu-a--samu-b" in report.text
    assert "vous êtes pris en charge" in (await lucie.get(f"{PATH}/{key}")).text
    trace = await roy.get(f"{PATH}/{key}/trace.csv")
    assert "samu-a--samu-b/1" in trace.text
    paper = await roy.get(f"{PATH}/{key}/rapport.pdf")
    assert paper.content.startswith(b"%PDF")
    assert (await (await screen.person(ARS)).get(f"{PATH}/{key}")).status_code == 200


@pytest.mark.requirement("C2.4")
async def test_by_voice_needs_both_physicians_and_an_episode_that_runs(screen: Screen) -> None:
    roy, lucie = await screen.person(ROY), await screen.person(LUCIE)
    body = {"geste": "voix", "episode": str(uuid4()), "appel": str(uuid4())}

    assert (await roy.post(PATH, **body)).status_code == 422
    assert (await lucie.post(PATH, **body, accord="oui")).status_code == 403
    assert (await roy.post(PATH, **body, accord="oui")).status_code == 404


@pytest.mark.requirement("C2.2", "C2.3")
async def test_nobody_else_sees_a_centre_and_one_end_does_not_act_for_the_other(
    screen: Screen,
) -> None:
    stranger, roy = await screen.person(STRANGER), await screen.person(ROY)

    for path in (
        PATH,
        "/regulation/conventions",
        f"{PATH}/{uuid4()}",
        "/regulation/conventions.csv",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await stranger.get("/regulation/simulation")).status_code == 403
    assert (await roy.get(f"{PATH}/{uuid4()}")).status_code == 404
    for gesture in ("accepter", "arreter", "tout-rendre"):
        answer = await roy.post(PATH, geste=gesture, episode=str(uuid4()))
        assert answer.status_code == 404, gesture
    assert (await roy.post(PATH, geste="rendre", transfert=str(uuid4()))).status_code == 404


@pytest.mark.requirement("C2.2")
async def test_a_version_is_proposed_by_a_physician_and_comes_back_as_typed_when_wrong(
    screen: Screen,
) -> None:
    roy, lucie = await screen.person(ROY), await screen.person(LUCIE)
    body = {
        "geste": "proposer", "voisin": B, "part": "90", "seuil": "0,70", "arret": "0,50",
        "plafond": "30", "debut": "20:00", "fin": "08:00", "conseil": "oui",
        "qui-regulateur": "oui",
    }  # fmt: skip

    wrong = await roy.post("/regulation/conventions", **body)
    assert wrong.status_code == 422
    assert "Donnez une part de 1 à 50" in plain(wrong)
    assert 'value="0,70"' in wrong.text
    refused = await lucie.post("/regulation/conventions", **{**body, "part": "10"})
    assert refused.status_code == 403
    assert (await roy.post("/regulation/conventions", **{**body, "part": "10"})).status_code == 303
    sign = {"geste": "signer", "convention": key_of(A, B), "version": "2"}
    assert (await roy.post("/regulation/conventions", **sign)).status_code == 303
    read = await lucie.text("/regulation/conventions")
    assert "version 2" in read
    assert "en attente de signature" in read
    assert "Réciprocité" in read


@pytest.mark.requirement("C2.11")
async def test_an_evening_is_asked_played_shown_exported_and_joined(screen: Screen) -> None:
    ars, roy = await screen.person(ARS), await screen.person(ROY)
    wrong = await ars.post("/regulation/simulation", **{**BODY, "tirages": "3", "part": "x"})
    assert wrong.status_code == 422
    assert 'value="x"' in wrong.text

    asked = await ars.post("/regulation/simulation", **BODY)
    where = asked.headers["location"]
    assert "0 / 30" in await ars.text(where)
    desk: Simulations = screen.web.state.ports.simulations
    assert await desk.play_next(_player)

    shown = await ars.text(where)
    assert "Les mêmes nombres" in shown
    assert "graine 1" in shown
    assert (await roy.get(where)).status_code == 404
    numbers = await ars.get(f"{where}/nombres.csv")
    assert numbers.text.count("samu-a") == 16
    joined = await ars.post(f"{where}/joindre", convention=f"{key_of(A, B)}/1")
    assert joined.status_code == 303
    assert "Simulation jointe" in await roy.text("/regulation/conventions")


async def _player(asked: Hypotheses, seed: int) -> Evenings:
    """Two evenings stand for thirty: the numbers are proven elsewhere."""
    return await asyncio.to_thread(one, asked, seed % 2)


@pytest.mark.requirement("C2.1")
async def test_a_centre_elsewhere_shows_its_index_with_its_age_until_it_is_too_old(
    screen: Screen,
) -> None:
    far, roy = "samu-lointain", await screen.person(ROY)
    register = Conventions(database(screen))
    await register.propose((A, far), Terms(share=20), 0, Actor(), clock.now())
    for centre in (A, far):
        await register.sign(key_of(A, far), 1, centre, Actor(), clock.now())
    assert "Ce centre n’a pas encore dit son indice" in await roy.text(PATH)

    load = '{"waiting": 9, "p90_seconds": 140.0, "positions": 6, "busy": 6, "p0": 1}'
    await screen.rows(
        "INSERT INTO overflow_far_watch VALUES ($1, 1, $2, 0.66, $3::text::jsonb, $2, $2)",
        far, clock.now() - timedelta(seconds=20), load,
    )  # fmt: skip
    fresh = await roy.text(PATH)
    assert "orange 0,66" in fresh
    assert "Dit par ce centre il y a" in fresh

    await screen.rows("UPDATE overflow_far_watch SET heard = heard - interval '3 minutes'")
    stale = await roy.text(PATH)
    assert "orange 0,66" not in stale
    assert "inconnu depuis" in stale
    assert "téléphonez-lui avant de compter sur lui" in stale
