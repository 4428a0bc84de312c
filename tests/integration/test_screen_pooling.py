"""Regulators pooled at night on the screen: proposed, signed, worked under, stopped. C2.12."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest

from cordee.app.demo_regulation import make_centres
from cordee.care.overflow.roster import monday
from cordee.runtime.clock import PARIS
from regulated import floor, take, tell, version
from trusted import Person, Screen, plain, who

PATH = "/regulation/mutualisation"
NIGHT = 2  # of Wednesday
A, B = "samu-a", "samu-b"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_centres(bare_screen.platform.parts)
    week = monday((bare_screen.clock() + timedelta(days=7)).date())
    evening = datetime.combine(week + timedelta(days=NIGHT), time(23), PARIS)
    bare_screen.ahead = evening - datetime.now(PARIS)  # Wednesday of next week, 23:00
    for user in ("dr.roy", "dr.aubry", "karim.saidi", "lucie.ferrand"):
        one, centres = who(user), floor(bare_screen).desk.centres
        await centres.sit(one, await centres.of(one), bare_screen.clock())
    return bare_screen


def proposed(screen: Screen, **more: str) -> dict[str, str]:
    """A roster by which Dr Aubry of B regulates that night for both."""
    week = monday(screen.clock().date())
    key = f"{NIGHT}-0"
    return {
        "geste": "proposer", "semaine": week.isoformat(), "vu": "0", "debut": "20:00",
        "fin": "08:00", f"centre-{A}": "oui", f"qui-{key}": f"{B}/dr.aubry",
    } | more  # fmt: skip


async def agreed(screen: Screen) -> None:
    """The roster, proposed by B and signed by A."""
    aubry, roy = await screen.person("dr.aubry"), await screen.person("dr.roy")
    told = await aubry.post(PATH, **proposed(screen))
    assert told.status_code == 303, plain(told)
    assert "en attente de signature" in await roy.text(PATH)
    signed = await roy.post(PATH, **sign(screen))
    assert signed.status_code == 303, plain(signed)
    assert "en vigueur" in await roy.text(PATH)


def sign(screen: Screen, **more: str) -> dict[str, str]:
    week = monday(screen.clock().date()).isoformat()
    return {"geste": "signer", "semaine": week, "groupe": f"{A}--{B}", "version": "1"} | more


async def case_of_a(screen: Screen) -> str:
    """A case of A that waits for a physician."""
    karim = await screen.person("karim.saidi")
    case = await take(screen, karim)
    sent = await tell(karim, case, "transmettre", commune="")
    assert sent.status_code == 303, plain(sent)
    return case


@pytest.mark.requirement("C2.12")
async def test_a_pooled_regulator_sees_and_decides_the_cases_of_the_other_centre(
    screen: Screen,
) -> None:
    case = await case_of_a(screen)
    aubry, lucie = await screen.person("dr.aubry"), await screen.person("lucie.ferrand")
    assert (await aubry.get(case)).status_code == 404
    await agreed(screen)

    own = await aubry.text("/regulation")
    assert "Nuit mutualisée avec SAMU A" in own
    assert case in (await aubry.get("/regulation")).text
    page = await aubry.get(case)
    assert page.status_code == 200
    done = await aubry.post(
        f"{case}/decision", version=version(page), decision="conseil", mots="Boire, se reposer"
    )
    assert done.status_code == 303, plain(done)
    karim = await screen.person("karim.saidi")
    assert "Dr Pauline Aubry" in await karim.text(case)

    # The case has not moved; who opened and decided it for whom stands in the trace.
    number = case.rpartition("/")[2]
    rows = await screen.rows(
        "SELECT centre, state FROM regulation_case WHERE id = $1::uuid", number
    )
    assert [(row["centre"], row["state"] in {"regulated", "oriented", "closed"}) for row in rows] == [(A, True)]  # fmt: skip
    trace = await screen.rows(
        'SELECT DISTINCT what, own, centre, done_by FROM overflow_roster_act WHERE "case" = $1::uuid',
        number,
    )
    assert {tuple(row) for row in trace} == {
        ("opened", B, A, "dr.aubry"), ("decided", B, A, "dr.aubry"),
    }  # fmt: skip
    report = await aubry.text(PATH)
    assert re.search(r"SAMU A 1 0 \d+ \d+ 1", report), report
    assert (await lucie.get(case)).status_code == 404  # a call-taker has no turn


@pytest.mark.requirement("C2.12")
async def test_under_a_turn_a_case_alone_is_open_not_the_floor_nor_the_line_of_its_centre(
    screen: Screen,
) -> None:
    case, closed = await case_of_a(screen), await case_of_a(screen)
    karim = await screen.person("karim.saidi")
    assert (await tell(karim, closed, "faux-appel", commune="")).status_code == 303
    screen.ahead += timedelta(days=1)  # Thursday: what was closed before the turn is not of it
    aubry, karim = await screen.person("dr.aubry"), await screen.person("karim.saidi")
    key = f"{NIGHT + 1}-0"
    terms = proposed(screen, **{f"qui-{NIGHT}-0": "", f"qui-{key}": f"{B}/dr.aubry"})
    assert (await aubry.post(PATH, **terms)).status_code == 303
    assert (await (await screen.person("dr.roy")).post(PATH, **sign(screen))).status_code == 303
    assert (await aubry.get(closed)).status_code == 404

    page = await aubry.get(case)
    assert "au titre de la garde mutualisée" in plain(page)
    assert "SAMU B" in plain(page)
    assert closed not in page.text
    assert 'value="raccrocher"' not in page.text
    posts = await screen.rows("SELECT centre FROM regulation_position WHERE agent = 'dr.aubry'")
    assert [row["centre"] for row in posts] == [B]

    assert (await aubry.post(f"{case}/ligne", geste="transferer")).status_code == 404
    held = await tell(aubry, case, "raccrocher", commune="")
    assert held.status_code == 422
    assert "tenu par son centre" in plain(held)
    said = await aubry.post(
        f"{case}/texte", numero=str(uuid4()), de="poste", texte="Où avez-vous mal ?", geste="noter"
    )
    assert said.status_code == 303, plain(said)
    assert (await aubry.post(f"{case}/consigne", numero=str(uuid4()))).status_code == 422
    assert (await aubry.get(f"{case}/personne")).status_code == 200

    # A decision that is refused is none; one that is taken says for whom, at its own centre too.
    assert (
        await aubry.post(f"{case}/decision", version="0", decision="conseil")
    ).status_code == 409
    assert await decided(screen, case) == 0
    advice = {"decision": "conseil", "mots": "Boire, se reposer"}
    now = version(await aubry.get(case))
    assert (await aubry.post(f"{case}/decision", version=now, **advice)).status_code == 303
    assert await decided(screen, case) == 1
    assert "garde mutualisée, par SAMU B" in await karim.text(case)
    assert "décidé par vous" in await aubry.text("/regulation")


async def decided(screen: Screen, case: str) -> int:
    rows = await screen.rows(
        "SELECT FROM overflow_roster_act WHERE what = 'decided' AND \"case\" = $1::uuid",
        case.rpartition("/")[2],
    )
    return len(rows)


@pytest.mark.requirement("C2.12")
async def test_outside_its_turn_or_once_stopped_a_case_of_another_centre_is_not_there(
    screen: Screen,
) -> None:
    case, other = await case_of_a(screen), await case_of_a(screen)
    aubry, karim = await screen.person("dr.aubry"), await screen.person("karim.saidi")
    await agreed(screen)
    page = await aubry.get(case)
    assert page.status_code == 200
    now = screen.ahead
    screen.ahead = now + timedelta(hours=9)  # 08:00
    assert (await aubry.get(other)).status_code == 404
    # What was in hand at the end of the turn may be ended, for a quarter of an hour.
    advice = {"decision": "conseil", "mots": "Boire, se reposer"}
    assert (await aubry.post(f"{case}/decision", version=version(page))).status_code == 422
    assert "Votre tour a fini à 8 h 00" in await aubry.text(case)
    screen.ahead = now + timedelta(hours=9, minutes=15)
    assert (await aubry.get(case)).status_code == 404
    late = await aubry.post(f"{case}/decision", version=version(page), **advice)
    assert late.status_code == 404
    assert "Nuit mutualisée" not in await aubry.text("/regulation")
    screen.ahead = now
    week = monday(screen.clock().date()).isoformat()
    stop = {"geste": "arreter", "semaine": week, "groupe": f"{A}--{B}"}
    assert (await karim.post(PATH, **stop)).status_code == 303
    assert (await aubry.get(case)).status_code == 404
    assert (await aubry.post(f"{case}/decision", decision="conseil")).status_code == 404
    assert "Arrêtée par Karim" in await aubry.text(PATH)
    assert (await karim.post(PATH, **(stop | {"geste": "reprendre"}))).status_code == 303
    assert (await aubry.get(case)).status_code == 200


@pytest.mark.requirement("C2.12")
async def test_a_roster_is_proposed_by_a_physician_shows_its_gaps_and_keeps_what_was_typed(
    screen: Screen,
) -> None:
    aubry, karim = await screen.person("dr.aubry"), await screen.person("karim.saidi")
    stranger = await screen.person("dr.legoff")
    assert (await stranger.get(PATH)).status_code == 404
    assert (await stranger.post(PATH, **proposed(screen))).status_code == 404
    assert (await karim.post(PATH, **proposed(screen))).status_code == 403
    key = f"{NIGHT}-0"
    wrong = await aubry.post(PATH, **proposed(screen, **{f"heures-{key}": "12:00-13:00"}))
    assert wrong.status_code == 422
    assert "sort des heures de la nuit" in plain(wrong)
    assert 'value="12:00-13:00"' in wrong.text
    unread = await aubry.post(PATH, **proposed(screen, **{f"heures-{key}": "le soir"}))
    assert (unread.status_code, 'value="le soir"' in unread.text) == (422, True)
    assert "22:00-02:00" in plain(unread)
    alone = await aubry.post(PATH, **proposed(screen, **{f"centre-{A}": ""}))
    assert alone.status_code == 422
    assert "au moins un centre voisin" in plain(alone)

    short = proposed(screen, **{f"heures-{key}": "22h à 6h"})
    assert (await aubry.post(PATH, **short)).status_code == 303
    page = await aubry.text(PATH)
    assert "trous dans la garde" in page
    assert "20:00 – 22:00" in page
    assert (await aubry.post(PATH, **short)).status_code == 409  # a version came meanwhile
    assert (await aubry.post(PATH, **(short | {"vu": "1"}))).status_code == 303
    roy: Person = await screen.person("dr.roy")
    assert (await roy.post(PATH, **sign(screen))).status_code == 409
    assert (await roy.post(PATH, **sign(screen, version="2"))).status_code == 303
    assert (await roy.post(PATH, **sign(screen, groupe="samu-a--samu-c"))).status_code == 404
    assert "Dr Pauline Aubry" in (await roy.get(f"{PATH}.csv")).text
