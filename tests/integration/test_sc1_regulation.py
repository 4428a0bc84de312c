"""SC1, its regulation half, headless: a full SAMU, a neighbour who regulates, means that stay at home.

Steps 1 to 5 and 13 of the scenario, on the pages of the four people who live it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.register import key_of
from cordee.runtime import clock
from evening import OVERFLOW, A, B, Evening, opened_at
from regulated import floor, ring, tell, version
from residents import make_home, press, resident
from trusted import Person, Screen, plain

CHB, ASKED = "Organization/ch-belmont", "/regulation/demandes"
MINE = "SELECT state, since, hops FROM regulation_call WHERE centre = $1 AND id = $2"


@pytest.fixture
async def evening(bare_screen: Screen) -> Evening:
    evening = Evening(bare_screen)
    await evening.begin(((B, 9),))
    await make_home(bare_screen)
    await evening.agree(B, Terms(share=20))
    client = await bare_screen.platform.client()
    for reference, body in (
        (CHB, {"name": "CH B"}),
        ("Organization/samu-b", {"name": "SAMU B"}),
        (
            "HealthcareService/urgences-belmont",
            {
                "type": [{"coding": [{"code": "urgences"}]}],
                "providedBy": {"reference": CHB},
            },
        ),
    ):  # fmt: skip
        kind, _, key = reference.partition("/")
        await client.put(reference, json={"resourceType": kind, "id": key} | body)
    return evening


@pytest.mark.requirement("C2.1", "C2.3", "C2.5", "C2.6", "C2.9", "C2.10", "C1.6", "C1.7")
async def test_sc1_a_fall_at_night_is_regulated_by_the_neighbour(evening: Evening) -> None:
    screen = evening.screen
    roy, aubry = await screen.person("dr.roy"), await screen.person("dr.aubry")
    lucie, karim = await screen.person("lucie.ferrand"), await screen.person("karim.saidi")

    # 1 and 2: fourteen wait at A, the one of the home longest; A proposes, B accepts.
    # Nadia presses "Appeler le SAS": who it is goes with the call.
    patient = await resident(screen)
    nadia = await screen.person("nadia.benhamou")
    screen.ahead = -timedelta(seconds=400)
    morvan = await press(nadia, patient)
    screen.ahead = timedelta()
    for number in range(14):
        await ring(screen, f"01000001{number:02}", ago=190 - number)
    await roy.post(OVERFLOW, geste="proposer", convention=key_of(A, B))
    await evening.turns()
    assert "Comment est-il calculé" in plain(await roy.get(OVERFLOW))
    told = await aubry.post(OVERFLOW, geste="accepter", episode=await opened_at(aubry))
    assert told.status_code == 303, plain(told)
    await evening.turns()

    # 3: the call waits at B since it rang at A, once moved.
    (there,) = await screen.rows(MINE, B, morvan)
    (here,) = await screen.rows(MINE, A, morvan)
    assert (there["state"], there["hops"], here["state"]) == ("waiting", 1, "gone")
    assert there["since"] == here["since"]
    (moved,) = await screen.rows(
        "SELECT count(*) AS n FROM regulation_call WHERE centre = $1 AND hops = 1", B
    )
    assert moved["n"] == 3  # 20 % of fifteen

    # 4: B's call-taker answers and passes on, B's physician opens the person for the emergency.
    answer = await lucie.post(f"/regulation/appels/{morvan}")
    case = answer.headers["location"]
    await tell(lucie, case, "transmettre", commune="", dit="Tombée, choc à la tête, anticoagulant")
    assert "désignée par qui appelle" in plain(await lucie.get(case))
    assert (await aubry.post(f"{case}/personne", patient=patient)).status_code == 303
    sheet = plain(await aubry.get(case))
    assert "urgence, régulation" in sheet
    assert "Appel de SAMU A" in sheet

    # 5: expected at CH B; the ambulance of A is busy, its VSAV goes; both centres follow it.
    for decision, more in (("urgences", {"lieu": CHB}), ("ambulance", {}), ("vsav", {})):
        known = version(await aubry.get(case))
        done = await aubry.post(f"{case}/decision", version=known, decision=decision, **more)
        assert done.status_code == 303, plain(done)
    assert "EXEMPLE" in await (await screen.person("dr.benali")).text("/urgences")
    await means(screen, aubry, karim, case)

    # 13: the line is over, the overflow is stopped: a joint report, no call lost, a balance.
    await regulation_ends(evening, morvan)
    key = await opened_at(roy)
    await lucie.post(OVERFLOW, geste="tout-rendre", episode=key)
    await roy.post(OVERFLOW, geste="arreter", episode=key)
    await evening.turns()
    report = plain(await roy.get(f"{OVERFLOW}/{key}"))
    assert "Ce que cela a changé" in report
    assert "Appels restés, même période" in report
    lines = await screen.rows(
        "SELECT id, count(*) FILTER (WHERE state IN ('waiting', 'answered')) AS open,"
        " count(*) FILTER (WHERE centre = 'samu-b' AND state = 'ended') AS ended"
        " FROM regulation_call GROUP BY id"
    )
    assert len(lines) == 15
    assert all(row["open"] + row["ended"] == 1 for row in lines)
    ars = await (await screen.person("julie.perret")).get(f"{OVERFLOW}/{key}")
    assert ars.status_code == 200


async def means(screen: Screen, aubry: Person, karim: Person, case: str) -> None:
    """A refuses its ambulance and sends its VSAV; both centres follow it."""
    waiting = (await karim.get(ASKED)).text
    asked = {
        kind: number for number, kind in re.findall(r'id="d-([^"]+)"><div><b>([A-Z]+)</b>', waiting)
    }
    busy = await karim.post(f"{ASKED}/{asked['AMBULANCE']}", geste="refuser", motif="none-free")
    sent = await karim.post(f"{ASKED}/{asked['VSAV']}", geste="accepter")
    assert (busy.status_code, sent.status_code) == (303, 303)
    (mission,) = await screen.rows("SELECT id, centre FROM regulation_mission WHERE ended IS NULL")
    assert mission["centre"] == A
    on_site = await karim.post(f"{case}/moyens/{mission['id']}", etat="ARRIVEE")
    assert on_site.status_code == 303, plain(on_site)
    for who in (aubry, karim):
        assert "arrivé sur les lieux" in plain(await who.get(case))
    assert "Aucun moyen libre" in plain(await aubry.get(case))


async def regulation_ends(evening: Evening, call: UUID) -> None:
    """The caller has hung up at B; the engine hears of it while the episode runs."""
    await evening.turns()
    await floor(evening.screen).desk.end_calls(B, [call], "dr.aubry", clock.now())
    await evening.turns()
