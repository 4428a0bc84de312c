"""Services of the home asked before the discharge; one after the other, without a name. B5.6."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from cordee.access.registers.statements import Said, Speaker, Word, say_consent
from cordee.app.workflow import clocks
from cordee.care.workflow.checklists import checks_of
from cordee.runtime import clock
from trusted import Person, Screen
from warded import KERBRAT, Ward, planned, soon, ward_of

FIRST, SECOND = "idel-saulx", "idel-samira"


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


async def _asked(ward: Ward, *owners: str) -> Person:
    """The nurse of the ward, after a list was put down."""
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse, **{"need-nurse": "oui"})
    form = (await nurse.get(f"{here}/relais/nurse")).text
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    ranks = {f"rang-{n}": f"Organization/{one}" for n, one in enumerate(owners, start=1)}
    sent = {"numero": number[1], "jour": soon()[:10], "texte": "Pansement chaque jour"} | ranks
    for _ in range(2):  # sent again, it is the same
        assert (await nurse.post(f"{here}/relais/nurse", **sent)).status_code == 303
    await ward.read()
    return nurse


async def _number(ward: Ward, owner: str) -> str:
    return next(
        str(one["id"])
        for one in await ward.tasks("home-care")
        if one["owner"]["reference"] == f"Organization/{owner}"
    )


async def _line(ward: Ward) -> tuple[str, str, str]:
    (task,) = await ward.tasks("discharge")
    check = checks_of(task)["nurse"]
    return check.status, check.owner, check.note


@pytest.mark.requirement("B5.6")
@pytest.mark.requirement("B1.4")
async def test_who_is_asked_reads_what_the_request_needs_until_they_accept(ward: Ward) -> None:
    await _asked(ward, SECOND, FIRST)
    assert await ward.states("home-care") == {SECOND: "asked", FIRST: "queued"}
    samira = await ward.screen.person("samira.haddad")
    text = await samira.text("/relais-domicile")
    assert "Soins infirmiers, Saulx-le-Bas" in text
    assert "Pansement chaque jour" in text
    assert "EXEMPLE" not in text
    assert "Exemple" not in text
    assert (await samira.get(f"/patients/{KERBRAT}")).status_code != 200
    place = f"/relais-domicile/{await _number(ward, SECOND)}"
    assert (await samira.post(place, geste="accept")).status_code == 422
    accepted = await samira.post(place, geste="accept", **{"accept-first-visit": soon(4, 8)})
    assert accepted.status_code == 303, accepted.text
    await ward.read()
    await asyncio.sleep(1.1)  # a scope is known for a second
    assert (await samira.get(f"/patients/{KERBRAT}")).status_code == 200
    text = await samira.text("/relais-domicile")
    assert "Acceptées, premier passage à faire 1" in text
    assert "EXEMPLE Camille" in text
    status, owner, note = await _line(ward)
    assert (status, owner) == ("done", SECOND)
    assert "à 08:00" in note
    seen = await ward.screen.rows("SELECT detail FROM audit WHERE detail LIKE 'home care%'")
    assert {row["detail"].partition(" Task")[0] for row in seen} >= {
        "home care asked", "home care accept",
    }  # fmt: skip


@pytest.mark.requirement("B2.9")
@pytest.mark.requirement("B5.6")
async def test_who_the_person_keeps_out_reads_and_answers_nothing(ward: Ward) -> None:
    await _asked(ward, SECOND, FIRST)
    parts = ward.screen.platform.parts
    async with parts.database.write.acquire() as connection:
        await say_consent(
            connection, KERBRAT, Word(Said.BLOCKED, target=f"Organization/{SECOND}"),
            Speaker("p", clock.now()), parts.kernel.keys,
        )  # fmt: skip
    samira = await ward.screen.person("samira.haddad")
    assert "Pansement chaque jour" not in await samira.text("/relais-domicile")
    place = f"/relais-domicile/{await _number(ward, SECOND)}"
    refused = await samira.post(place, geste="decline", **{"decline-motif": "Tournée complète"})
    assert refused.status_code == 404


@pytest.mark.requirement("B5.6")
async def test_who_declines_or_is_silent_gives_way_and_an_exhausted_list_is_told(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _asked(ward, SECOND, FIRST)
    samira = await ward.screen.person("samira.haddad")
    place = f"/relais-domicile/{await _number(ward, SECOND)}"
    declined = {"geste": "decline", "decline-motif": "Tournée complète"}
    assert (await samira.post(place, **declined)).status_code == 303
    await ward.read()
    assert await ward.states("home-care") == {SECOND: "declined", FIRST: "asked"}
    assert (await samira.post(place, **declined)).status_code == 422
    later = clock.now() + timedelta(days=4)
    monkeypatch.setattr(clock, "now", lambda: later)
    parts = ward.screen.platform.parts
    ringing = [clocks(parts.database, parts.kernel, parts.guard) for _ in range(2)]
    async with asyncio.timeout(20):
        while sum(await asyncio.gather(*(one.ring_due() for one in ringing))):
            pass
    await ward.read()
    assert await ward.states("home-care") == {SECOND: "declined", FIRST: "silent"}
    assert await _line(ward) == ("todo", "", "Liste épuisée : personne n’a accepté.")
    told = await ward.screen.rows(
        "SELECT recipients FROM event WHERE detail->>'clock' = 'exhausted'"
    )
    assert [row["recipients"] for row in told] == [["Organization/chu-aubrey"]]


@pytest.mark.requirement("B5.6")
async def test_an_answer_and_a_clock_at_one_instant_make_one_step(ward: Ward) -> None:
    await _asked(ward, SECOND, FIRST)
    number = await _number(ward, SECOND)
    await ward.screen.rows(
        "INSERT INTO workflow_clock (task, name, state, due)"
        " VALUES ($1, 'answer', 'asked', now() - interval '1 minute')",
        number,
    )
    samira = await ward.screen.person("samira.haddad")
    parts = ward.screen.platform.parts
    ringing = clocks(parts.database, parts.kernel, parts.guard)
    answer, _ = await asyncio.gather(
        samira.post(f"/relais-domicile/{number}", geste="accept",
                    **{"accept-first-visit": soon(4, 8)}),
        ringing.ring_due(),
    )  # fmt: skip
    await ward.read()
    states = await ward.states("home-care")
    if answer.status_code == 303:
        assert states == {SECOND: "accepted", FIRST: "queued"}
    else:
        assert answer.status_code in {409, 422}
        assert states == {SECOND: "silent", FIRST: "asked"}


async def test_nobody_answers_for_another_service(ward: Ward) -> None:
    await _asked(ward, FIRST, SECOND)
    samira, stranger = (
        await ward.screen.person("samira.haddad"), await ward.screen.person("linh.tran"),
    )  # fmt: skip
    for owner in (FIRST, SECOND):  # asked before her; not yet asked
        place = f"/relais-domicile/{await _number(ward, owner)}"
        for person in (samira, stranger):
            answer = await person.post(place, geste="accept", **{"accept-first-visit": soon()})
            assert answer.status_code == 404, owner
    assert "Aucune demande" in await samira.text("/relais-domicile")
