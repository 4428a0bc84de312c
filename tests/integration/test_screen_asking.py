"""A vehicle decided for a call of another département: asked of its centre, sent or refused there."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordee.app.demo_regulation import make_centres
from cordee.app.regulation import box_of
from cordee.care.regulation.floor import Floor, Transfer
from cordee.runtime import clock
from regulated import floor, tell, version
from trusted import Person, Screen, plain

HOME, NEIGHBOUR, ASKED = "lucie.ferrand", "dr.roy", "/regulation/demandes"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_centres(bare_screen.platform.parts)
    return bare_screen


async def moved(screen: Screen) -> UUID:
    """A call of SAMU B that SAMU A has in its queue."""
    call, transfer, at = uuid4(), uuid4(), clock.now()
    await floor(screen).desk.ring("samu-b", call, {"number": "0600000041"}, at)
    calls = Floor(box_of(screen.platform.parts))
    async with screen.platform.parts.database.transaction() as connection:
        parcel = await calls.hand_over(connection, "samu-b", Transfer(transfer, call, "samu-a", at))
        assert parcel is not None
        there = Transfer(transfer, call, "samu-b", at)
        assert await calls.receive(connection, "samu-a", there, parcel)
        await calls.confirm(connection, "samu-b", Transfer(transfer, call, "samu-a", at))
    return call


async def asked(screen: Screen, kind: str = "smur") -> tuple[Person, str]:
    """The physician of SAMU A, and the case for which a vehicle of SAMU B was decided."""
    roy = await screen.person(NEIGHBOUR)
    answer = await roy.post(f"/regulation/appels/{await moved(screen)}")
    case = answer.headers["location"]
    await tell(roy, case, "transmettre", adresse="3 rue du Port", commune="")
    page = await roy.get(case)
    done = await roy.post(
        f"{case}/decision", version=version(page), decision=kind, mots="Douleur thoracique"
    )
    assert done.status_code == 303, plain(done)
    return roy, case


async def request_of(person: Person) -> str:
    found = re.search(rf'action="({ASKED}/[^"]+)"', (await person.get(ASKED)).text)
    assert found
    return found[1]


@pytest.mark.requirement("C2.6")
async def test_the_home_centre_sends_the_vehicle_and_both_follow_it(screen: Screen) -> None:
    roy, case = await asked(screen)
    lucie = await screen.person(HOME)
    free = "SELECT count(*) AS n FROM regulation_vehicle WHERE is_free AND centre = $1"
    (before,) = await screen.rows(free, "samu-a")

    assert "Un voisin vous demande un moyen" in plain(await lucie.get("/regulation"))
    assert "sans réponse" in plain(await roy.get(case))
    (kept,) = await screen.rows(
        "SELECT state FROM regulation_case WHERE centre = 'samu-b' AND id = $1",
        UUID(case.rpartition("/")[2]),
    )
    assert kept["state"] == "transferred"
    assert "3 rue du Port" in (await lucie.get(case)).text
    done = await lucie.post(await request_of(lucie), geste="accepter")

    assert done.status_code == 303
    theirs = plain(await roy.get(case))
    assert "accepté" in theirs
    assert "engagé" in theirs
    assert "Nouvel état" not in theirs
    assert "Nouvel état" in plain(await lucie.get(case))
    assert (await screen.rows(free, "samu-a"))[0]["n"] == before["n"]


@pytest.mark.requirement("C2.6")
async def test_a_refusal_says_why_and_is_said_once(screen: Screen) -> None:
    roy, case = await asked(screen)
    lucie = await screen.person(HOME)
    request = await request_of(lucie)

    unsaid = await lucie.post(request, geste="refuser", motif="")
    done = await lucie.post(request, geste="refuser", motif="none-free")
    again = await lucie.post(request, geste="accepter")

    assert unsaid.status_code == 422
    assert "Dites pourquoi" in plain(unsaid)
    assert done.status_code == 303
    assert again.status_code == 409
    assert "Aucun moyen libre" in plain(await roy.get(case))


@pytest.mark.requirement("C2.6")
async def test_without_an_answer_for_a_minute_both_are_told_to_ring(screen: Screen) -> None:
    roy, case = await asked(screen)
    lucie = await screen.person(HOME)
    assert "téléphonez" not in plain(await roy.get(case))

    owner = await asyncpg.connect(screen.platform.ground.superuser(screen.platform.database))
    await owner.execute("UPDATE regulation_request SET asked = asked - interval '61 seconds'")
    await owner.close()

    assert "téléphonez" in plain(await roy.get(case))
    assert "s sans réponse" in plain(await lucie.get(ASKED))
    assert "Numéros de SAMU B" in plain(await roy.get(ASKED))


@pytest.mark.requirement("C2.6")
async def test_another_centre_may_not_answer_and_strangers_find_nothing(screen: Screen) -> None:
    roy, _case = await asked(screen)
    lucie, doctor = await screen.person(HOME), await screen.person("dr.legoff")
    request = await request_of(lucie)

    assert (await roy.post(request, geste="accepter")).status_code == 404
    assert (await doctor.get(ASKED)).status_code == 404
    assert (await doctor.post(request, geste="accepter")).status_code == 404
    assert (await lucie.post(f"{ASKED}/{uuid4()}", geste="accepter")).status_code == 404
    assert (await lucie.post(f"{ASKED}/rien", geste="accepter")).status_code == 404
