"""SC2, its regulation half, headless: 240 calls an hour, two neighbours, a stroke, the day after.

Steps 1 to 3, 9 and 10 of the scenario that are of regulation, on the pages of who lives them.
"""

from __future__ import annotations

import re

import pytest

from cordee.care.overflow.conventions import Terms
from evening import OVERFLOW, A, B, C, Evening, opened_at
from regulated import tell, version
from trusted import Screen, plain

SHARE = 20
PEAK = [15.0 * number for number in range(60)]
"""A quarter of an hour at 240 calls an hour, of which nobody has been answered."""
FAST = {"r-f1": "oui", "r-f2": "oui", "r-f3": "inconnu"}
FOUND = "SELECT state, priority, hops, home FROM regulation_call WHERE centre = $1 AND id = $2"


@pytest.fixture
async def evening(bare_screen: Screen) -> Evening:
    evening = Evening(bare_screen)
    await evening.begin(((A, 7), (B, 12), (C, 4)))
    for other in (B, C):
        terms = Terms(share=SHARE, automatic=frozenset({A, other}))
        await evening.agree(other, terms)
    return evening


async def saturated(evening: Evening) -> None:
    """Step 1 and 2: red once it has lasted, never before; both neighbours are asked at once."""
    await evening.turns(1)
    await evening.work(A, await evening.ring(A, [60.0] * 7))
    await evening.ring(A, PEAK)
    await evening.later(11)
    assert await colour(evening.screen) == "vert"
    await evening.later(299)
    assert await colour(evening.screen) == "vert"
    assert await evening.count(B) == await evening.count(C) == 0
    await evening.later(11)
    assert await colour(evening.screen) == "rouge"


async def colour(screen: Screen) -> str:
    roy = await screen.person("dr.roy")
    found = re.search(r"votre centre (vert|orange|rouge)", plain(await roy.get(OVERFLOW)))
    assert found, "no gauge"
    return found[1]


@pytest.mark.requirement("C2.1", "C2.2", "C2.3", "C2.4", "C2.6", "C2.9", "C1.3", "C1.7")
async def test_sc2_an_evening_of_heat_is_shared_by_three_centres(evening: Evening) -> None:
    await saturated(evening)
    await evening.later(10)
    held = {one: await evening.count(one) for one in (B, C)}
    assert held[B] == len(PEAK) * SHARE // 100
    assert 0 < held[C] <= held[B]

    # C fills by itself: its quota stops alone, B's goes on.
    await evening.ring(C, [240.0] * 20)
    own = await evening.count(C)
    await evening.later(310)
    await evening.ring(A, [5.0 * n for n in range(40)])
    await evening.later(20)
    assert await evening.count(C) == own
    assert await evening.count(B) > held[B]

    await stroke(evening)
    await ends(evening)


async def stroke(evening: Evening) -> None:
    """Step 3: a stroke that B's call-taker hears: P0, it goes no further, A sends its SMUR."""
    screen = evening.screen
    lucie, karim = await screen.person("lucie.ferrand"), await screen.person("karim.saidi")
    (call,) = await screen.rows(
        "SELECT id FROM regulation_call WHERE centre = $1 AND hops = 1 AND state = 'waiting'"
        " ORDER BY since LIMIT 1", B,
    )  # fmt: skip
    case = (await lucie.post(f"/regulation/appels/{call['id']}")).headers["location"]
    told = {"motif": "M03.08 Signes d’AVC", "priorite": "P1", "debut": "19:42", **FAST}
    answer = await tell(lucie, case, "enregistrer", dit="Bouche de travers, bras mort", **told)
    assert answer.status_code == 303, plain(answer)
    shown = plain(await lucie.get(case))
    assert "proposée : P0" in shown
    known = version(await lucie.get(case))
    reflex = await lucie.post(case, version=known, geste="reflexe", **told)
    assert reflex.status_code == 303, plain(reflex)
    asked = await karim.get("/regulation/demandes")
    number = re.search(r'id="d-([^"]+)"><div><b>SMUR</b>', asked.text)
    assert number, plain(asked)
    sent = await karim.post(f"/regulation/demandes/{number[1]}", geste="accepter")
    assert sent.status_code == 303, plain(sent)
    (mission,) = await screen.rows("SELECT centre, kind FROM regulation_mission WHERE ended IS NULL AND kind = 'SMUR'")  # fmt: skip
    assert mission["centre"] == A

    await evening.later(40)
    (line,) = await screen.rows(FOUND, B, call["id"])
    assert (line["state"], line["priority"], line["hops"], line["home"]) == ("answered", "P0", 1, A)


async def ends(evening: Evening) -> None:
    """Step 10: stopped, what nobody took goes home, and the reports of both say what moved."""
    screen = evening.screen
    roy, ars = await screen.person("dr.roy"), await screen.person("julie.perret")
    for _episode in (B, C):
        answer = await roy.post(OVERFLOW, geste="arreter", episode=await opened_at(roy))
        assert answer.status_code == 303, plain(answer)
        await evening.later(31)
    rows = await screen.rows(
        "SELECT id FROM overflow_episode WHERE centre = $1 ORDER BY proposed_at", A
    )
    assert len(rows) == 2
    for row in rows:
        report = await ars.get(f"{OVERFLOW}/{row['id']}")
        assert report.status_code == 200
        assert "Ce que cela a changé" in plain(report)
    lost = await screen.rows(
        "SELECT id FROM regulation_call GROUP BY id"
        " HAVING count(*) FILTER (WHERE state IN ('waiting', 'answered', 'leaving')) <> 1"
    )
    assert lost == []
