"""The floor and its switchboard: pages ask, the process that holds it does, both tell. C1.10."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from cordee.app.telephony import Line, Opened
from cordee.care.regulation.queue import Contact, Parameters, Telephony
from cordee.gateways.telephony.simulated import AWAY, SimulatedSwitchboard
from cordee.gateways.telephony.sip import SipSwitchboard
from phones import HOST, Phones
from regulated import floor, tell, version
from trusted import Person, Screen, plain

POSTS = {"Poste 1": "sip:1@simulated", "Poste 2": "sip:2@simulated", "Poste 9": AWAY}
TOLD = Telephony(
    "simulated", trunk="sip:{number}@simulated", posts=POSTS,
    contacts=(Contact("Interprète", "0300009001", "arabe"), Contact("EHPAD", "0300009010")),
)  # fmt: skip


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def centre_on(screen: Screen, telephony: Telephony) -> None:
    await screen.rows(
        "INSERT INTO regulation_centre (id, name, hub, department, parameters)"
        " VALUES ('samu-a', 'SAMU A', 'fr.health.samu960', '960', $1)",
        msgspec.json.encode(Parameters(telephony=telephony)).decode(),
    )


async def serve(screen: Screen, stack: AsyncExitStack, board: Opened) -> None:
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    task = asyncio.create_task(Line(screen.platform.parts, centre, board).run())

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


async def simulated(screen: Screen, stack: AsyncExitStack) -> SimulatedSwitchboard:
    await centre_on(screen, TOLD)
    board = SimulatedSwitchboard()
    await serve(screen, stack, board)
    return board


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await look():
            await asyncio.sleep(0.02)


async def ringing(person: Person) -> str:
    """Where the first call that waits is answered."""
    found: list[str] = []

    async def look() -> bool:
        found[:] = re.findall(r'action="(/regulation/appels/[^"]+)"', await page_of(person))
        return bool(found)

    await until(look)
    return found[0]


async def page_of(person: Person) -> str:
    return (await person.get("/regulation")).text


async def answered(screen: Screen, stack: AsyncExitStack) -> tuple[Person, str]:
    """Somebody at Poste 1 who took a call, and the page of its case."""
    (await simulated(screen, stack)).ring("0600000041")
    karim = await screen.person("karim.saidi")
    await karim.get("/regulation")
    assert (await karim.post("/regulation/poste", poste="Poste 1")).status_code == 303
    answer = await karim.post(await ringing(karim))
    assert answer.status_code == 303, plain(answer)
    return karim, answer.headers["location"]


async def state(screen: Screen) -> tuple[str, str]:
    (row,) = await screen.rows("SELECT state, agent FROM regulation_call")
    return row["state"], row["agent"]


@pytest.mark.requirement("C1.10")
async def test_who_has_said_no_telephone_takes_no_call(
    screen: Screen, stack: AsyncExitStack
) -> None:
    (await simulated(screen, stack)).ring()
    karim = await screen.person("karim.saidi")
    answer = await karim.post(await ringing(karim))
    assert answer.status_code == 422
    assert "Choisissez d’abord votre poste" in plain(answer)
    assert await state(screen) == ("waiting", "")
    assert (await karim.post("/regulation/poste", poste="Ailleurs")).status_code == 422


@pytest.mark.requirement("C1.10")
async def test_a_call_that_is_taken_bears_the_notice_and_ends_at_the_switchboard(
    screen: Screen, stack: AsyncExitStack
) -> None:
    karim, case = await answered(screen, stack)

    async def is_stamped() -> bool:
        return "Annonce de l’enregistrement entendue" in await karim.text(case)

    await until(is_stamped)
    assert "gardée 365 jours" in await karim.text(case)
    assert (await tell(karim, case, "raccrocher")).status_code == 303
    assert (await state(screen))[0] == "ended"
    assert "Transférer" not in await karim.text(case)
    assert "est gardé 365 jours" in await karim.text("/regulation/tableau")


@pytest.mark.requirement("C1.10")
async def test_a_telephone_that_is_away_leaves_the_call_in_the_queue(
    screen: Screen, stack: AsyncExitStack
) -> None:
    (await simulated(screen, stack)).ring()
    karim = await screen.person("karim.saidi")
    await karim.get("/regulation")
    await karim.post("/regulation/poste", poste="Poste 9")
    call = await ringing(karim)
    answer = await karim.post(call)
    assert answer.status_code == 503
    assert "Ce poste ne répond pas" in plain(answer)
    assert await state(screen) == ("waiting", "")
    await karim.post("/regulation/poste", poste="Poste 1")
    assert (await karim.post(call)).status_code == 303
    assert await state(screen) == ("answered", "karim.saidi")


@pytest.mark.requirement("C1.10")
async def test_a_call_is_passed_to_the_physician(screen: Screen, stack: AsyncExitStack) -> None:
    karim, case = await answered(screen, stack)
    roy = await screen.person("dr.roy")
    await roy.get("/regulation")
    await roy.post("/regulation/poste", poste="Poste 2")
    refused = await karim.post(f"{case}/ligne", geste="transferer", vers="Poste 9")
    assert refused.status_code == 503
    assert "l’appelant reste en ligne" in plain(refused)
    assert await state(screen) == ("answered", "karim.saidi")
    passed = await karim.post(f"{case}/ligne", geste="transferer", vers="Poste 2")
    assert passed.status_code == 303

    async def is_hers() -> bool:
        return await state(screen) == ("answered", "dr.roy")

    await until(is_hers)
    assert "Appel transféré : Poste 2" in await karim.text(case)


@pytest.mark.requirement("C1.10", "C1.11")
async def test_a_third_person_joins_by_name_or_by_number(
    screen: Screen, stack: AsyncExitStack
) -> None:
    karim, case = await answered(screen, stack)
    assert "arabe : Interprète" in await karim.text(case)
    wrong = await karim.post(f"{case}/ligne", geste="conference", tiers="pas un numéro")
    assert wrong.status_code == 422
    assert "en chiffres" in plain(wrong)
    for more in ({"contact": "Interprète"}, {"tiers": "03 00 00 90 77"}):
        answer = await karim.post(f"{case}/ligne", geste="conference", **more)
        assert answer.status_code == 303, plain(answer)

    async def is_told() -> bool:
        words = await karim.text(case)
        return all(f"Entre en conférence : {one}" in words for one in ("Interprète", "03 00 00"))

    await until(is_told)
    kept = await screen.rows("SELECT content FROM regulation_act")
    assert not any(b"0300009077" in row["content"] for row in kept)


@pytest.mark.requirement("C1.10")
async def test_without_a_switchboard_that_runs_the_page_says_so(screen: Screen) -> None:
    await centre_on(screen, TOLD)
    karim = await screen.person("karim.saidi")
    await karim.get("/regulation")
    await karim.post("/regulation/poste", poste="Poste 1")
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    call = UUID(int=7)
    await floor(screen).desk.ring(centre.id, call, {"number": "0600000041"}, screen.clock())
    answer = await karim.post(f"/regulation/appels/{call}")
    assert answer.status_code == 503
    assert "Le standard ne répond pas" in plain(answer)
    assert await state(screen) == ("waiting", "")
    assert await screen.rows("SELECT FROM regulation_act WHERE taken IS NULL") == []


@pytest.mark.requirement("C1.10")
async def test_a_call_lost_with_the_switchboard_is_to_be_called_back(
    screen: Screen, stack: AsyncExitStack
) -> None:
    await centre_on(screen, TOLD)
    await floor(screen).desk.ring("samu-a", UUID(int=7), {"number": "0600000041"}, screen.clock())
    await serve(screen, stack, SimulatedSwitchboard())

    async def is_missed() -> bool:
        return (await state(screen))[0] == "abandoned"

    await until(is_missed)


@pytest.mark.requirement("C1.10")
async def test_a_switchboard_that_begins_anew_rings_anew(
    screen: Screen, stack: AsyncExitStack
) -> None:
    await centre_on(screen, TOLD)
    for number in (1, 2):
        board = SimulatedSwitchboard()
        await serve(screen, stack, board)
        board.ring("0600000041")

        async def has_rung(wanted: int = number) -> bool:
            return len(await screen.rows("SELECT FROM regulation_call")) == wanted

        await until(has_rung)
        await stack.aclose()


@pytest.mark.requirement("C1.10")
async def test_a_sip_call_waits_on_the_floor_and_the_button_answers_it(
    screen: Screen, stack: AsyncExitStack, tmp_path: Path
) -> None:
    phones = Phones(tmp_path)
    stack.push_async_callback(phones.stop)
    position = await phones.phone()
    await centre_on(screen, Telephony("sip", posts={"Poste 1": position}))
    board = SipSwitchboard(HOST, 0, ring_seconds=5)
    port = await board.open()
    await serve(screen, stack, board)
    karim = await screen.person("karim.saidi")
    await karim.get("/regulation")
    await karim.post("/regulation/poste", poste="Poste 1")
    await phones.caller(port)
    call = await ringing(karim)
    answer = await karim.post(call)
    assert answer.status_code == 303, plain(answer)
    case = answer.headers["location"]
    assert 'value="0300001402"' in (await karim.get(case)).text
    assert (await tell(karim, case, "raccrocher")).status_code == 303
    assert set(await phones.done()) == {0}
    assert (await state(screen))[0] == "ended"


@pytest.mark.requirement("C1.11")
async def test_an_exchange_by_text_is_kept_in_turns(screen: Screen, stack: AsyncExitStack) -> None:
    karim, case = await answered(screen, stack)
    answer = await tell(karim, case, "enregistrer", acces="deaf", langue="ukrainien")
    assert answer.status_code == 303
    assert "parle ukrainien" in await karim.text(case)
    number = "6f0f7a52-2f1c-4d0e-9f6e-3c1f5d1c1515"
    for _ in range(2):
        turn = {"de": "appelant", "texte": "Je suis tombée", "numero": number}
        assert (await karim.post(f"{case}/texte", **turn)).status_code == 303
    await karim.post(f"{case}/texte", de="poste", texte="Où êtes-vous ?")
    await karim.post(f"{case}/texte", geste="114")
    page = await karim.get(case)
    exchange = page.text.partition('id="echange"')[2].partition("</section>")[0]
    assert exchange.index("Je suis tombée") < exchange.index("Où êtes-vous ?")
    assert exchange.count("Je suis tombée") == 1
    assert "sms:114" in exchange
    assert "passé au 114" in exchange
    assert (await karim.post(f"{case}/texte", de="appelant", texte="")).status_code == 422
    kept = await screen.rows("SELECT content FROM regulation_event WHERE kind = 'text:caller'")
    assert len(kept) == 1
    assert "tombée".encode() not in kept[0]["content"]
    assert version(page)
