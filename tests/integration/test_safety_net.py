"""The safety net of an advice: a text that says nothing, a link that shows the words. C1.7."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from cordee.app.texting import Texting
from cordee.care.notifications.delivering import Ways
from cordee.care.notifications.ports import Refused
from cordee.gateways.sms.adapter import SmsGateway, SmsOverHttp
from cordee.gateways.sms.emulator import NOBODY, SmsEmulator
from cordee.runtime import clock
from regulated import floor, ring, tell, version
from running import Ground
from trusted import Person, Screen, plain, screen_on

SITE = "https://cordee.example"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await screen.rows(
            "INSERT INTO regulation_centre (id, name, hub, department) VALUES"
            " ('samu-a', 'SAMU A', 'fr.health.samu960', '960'),"
            " ('samu-b', 'SAMU B', 'fr.health.samu961', '961')"
        )
        yield screen


async def advised(screen: Screen, number: str) -> tuple[Person, str]:
    """A physician, and the case of a call that they gave an advice to."""
    karim, roy = await screen.person("karim.saidi"), await screen.person("dr.roy")
    case = (await karim.post(f"/regulation/appels/{await ring(screen, number)}")).headers[
        "location"
    ]
    await tell(karim, case, "transmettre", appel=number, motif="M03.14 Fièvre")
    known = version(await roy.get(case))
    told = {"decision": "conseil", "mots": "Jeanne doit boire, Doliprane si besoin."}
    answer = await roy.post(f"{case}/decision", version=known, **told)
    assert answer.status_code == 303, plain(answer)
    return roy, case


async def sent(screen: Screen, emulator: SmsEmulator) -> None:
    """All that is due leaves by a gateway."""
    texts = SmsOverHttp(SmsGateway("https://sms.example", transport=emulator.transport()))
    texting = Texting(screen.platform.parts, Ways(SITE, {"sms": texts}))
    while await texting.send_due():
        pass
    await texts.close()


async def stranger(screen: Screen, path: str) -> httpx.Response:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(screen.web), base_url="http://screen"
    ) as client:
        return await client.get(path)


@pytest.mark.requirement("C1.7")
async def test_the_text_says_nothing_and_its_link_shows_the_words_of_the_motive(
    screen: Screen,
) -> None:
    emulator = SmsEmulator()
    roy, case = await advised(screen, "06 12 34 56 78")
    assert "Consigne par SMS" in await roy.text(case)
    await sent(screen, emulator)
    ((number, words),) = emulator.texts.values()
    assert number == "0612345678"
    assert not re.search(
        "fièvre|Jeanne|Doliprane|appel|santé|le 15 ", words.partition("https")[0], re.I
    )
    path = re.findall(rf"{SITE}(/lire/[\w-]{{32}}) ", words)[0]
    answer = await stranger(screen, path)
    assert answer.status_code == 200
    assert "la nuque est raide" in plain(answer)
    assert "Jeanne" not in answer.text
    assert "Doliprane" not in answer.text
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers
    shown = await roy.text(case)
    assert "envoyé" in shown
    assert "lien ouvert à" in shown
    kept = await screen.rows("SELECT content, digest FROM regulation_text")
    secret = path.rpartition("/")[2].encode()
    assert not any(secret in row["content"] + row["digest"] for row in kept)


@pytest.mark.requirement("C1.7")
async def test_a_link_that_is_wrong_or_old_opens_nothing(screen: Screen) -> None:
    emulator = SmsEmulator()
    await advised(screen, "0612345679")
    await sent(screen, emulator)
    path = "/lire/" + next(iter(emulator.texts.values()))[1].partition("/lire/")[2].split()[0]
    assert (await stranger(screen, f"{path}x")).status_code == 404
    screen.ahead = timedelta(days=3, minutes=1)
    try:
        assert (await stranger(screen, path)).status_code == 404
    finally:
        screen.ahead = timedelta()
    assert (await stranger(screen, path)).status_code == 200


@pytest.mark.requirement("C1.7")
async def test_what_cannot_be_told_is_said_on_the_case_and_sent_again(screen: Screen) -> None:
    roy, fixed = await advised(screen, "0321000000")
    assert "numéro fixe : pas de SMS" in await roy.text(fixed)
    emulator = SmsEmulator()
    roy, case = await advised(screen, NOBODY)
    await sent(screen, emulator)
    assert "non remis" in await roy.text(case)
    number = "6f0f7a52-2f1c-4d0e-9f6e-3c1f5d1c1599"
    for _ in range(2):
        assert (await roy.post(f"{case}/consigne", numero=number)).status_code == 303
    rows = await screen.rows(
        'SELECT state FROM regulation_text WHERE "case" = $1', UUID(case.rpartition("/")[2])
    )
    assert sorted(row["state"] for row in rows) == ["refused", "waiting"]
    assert emulator.texts == {}
    lucie = await screen.person("lucie.ferrand")
    assert (await lucie.post(f"{case}/consigne", numero=number)).status_code == 404


@pytest.mark.requirement("C1.7")
async def test_a_gateway_that_is_away_is_tried_again(screen: Screen) -> None:
    await sent(screen, SmsEmulator())
    emulator = SmsEmulator(answers=[503])
    roy, case = await advised(screen, "0612345670")
    await sent(screen, emulator)
    assert "part" in (await roy.get(case)).text.partition('id="consigne"')[2]
    await sent(screen, emulator)
    assert emulator.texts == {}  # not before its time
    await screen.rows("UPDATE regulation_text SET due = now() WHERE state = 'waiting'")
    await sent(screen, emulator)
    assert len(emulator.texts) == 1


@pytest.mark.requirement("C1.7")
async def test_no_text_is_sent_again_where_no_advice_was_decided(screen: Screen) -> None:
    karim = await screen.person("karim.saidi")
    call = await ring(screen, "0612345671")
    case = (await karim.post(f"/regulation/appels/{call}")).headers["location"]
    answer = await karim.post(f"{case}/consigne")
    assert answer.status_code == 422


@pytest.mark.requirement("C1.7")
async def test_a_text_that_is_not_taken_holds_up_no_other(screen: Screen) -> None:
    await sent(screen, SmsEmulator())
    emulator = SmsEmulator(answers=[503])
    _roy, first = await advised(screen, "0612345681")
    _roy, second = await advised(screen, "0612345682")
    await sent(screen, emulator)
    assert [number for number, _words in emulator.texts.values()] == ["0612345682"]
    states = {await state_of(screen, one) for one in (first, second)}
    assert states == {"waiting", "sent"}


@pytest.mark.requirement("C1.7")
async def test_no_transaction_stands_open_while_the_gateway_answers(screen: Screen) -> None:
    await sent(screen, SmsEmulator())
    _roy, case = await advised(screen, "0612345683")
    seen: list[int] = []

    class Slow:
        async def tell(self, number: str, words: str, reference: str) -> None:
            async with asyncio.timeout(5):  # the row is free: a lock would hold this up
                rows = await screen.rows(
                    "SELECT tries FROM regulation_text WHERE id = $1 FOR UPDATE", UUID(reference)
                )
            seen.append(rows[0]["tries"])
            assert not await net.send_due(self, SITE, clock.now())  # nobody takes it meanwhile

    net = floor(screen).net
    assert await net.send_due(Slow(), SITE, clock.now())
    assert seen == [1]
    assert await state_of(screen, case) == "sent"


@pytest.mark.requirement("C1.7")
async def test_who_lost_the_lease_settles_nothing(screen: Screen) -> None:
    await sent(screen, SmsEmulator())
    await screen.rows("UPDATE regulation_text SET state = 'refused' WHERE state = 'waiting'")
    _roy, case = await advised(screen, "0612345684")
    net, later = floor(screen).net, clock.now() + timedelta(minutes=3)

    class Late:
        async def tell(self, number: str, words: str, reference: str) -> None:
            assert await net.send_due(Taking(), SITE, later)
            raise Refused("refused")

    class Taking:
        async def tell(self, number: str, words: str, reference: str) -> None:
            """The other process, after the lease."""

    await net.send_due(Late(), SITE, clock.now())
    assert await state_of(screen, case) == "sent"


@pytest.mark.requirement("C1.7")
async def test_a_case_has_five_texts_at_most(screen: Screen) -> None:
    roy, case = await advised(screen, "0612345685")
    for _turn in range(4):
        assert (await roy.post(f"{case}/consigne", numero=str(uuid4()))).status_code == 303
    assert "5 SMS au plus par dossier" in await roy.text(case)
    refused = await roy.post(f"{case}/consigne", numero=str(uuid4()))
    assert refused.status_code == 422
    told = {"decision": "conseil", "mots": "Boire encore."}
    known = version(await roy.get(case))
    assert (await roy.post(f"{case}/decision", version=known, **told)).status_code == 303
    rows = await screen.rows(
        'SELECT id FROM regulation_text WHERE "case" = $1', UUID(case.rpartition("/")[2])
    )
    assert len(rows) == 5


async def state_of(screen: Screen, case: str) -> str:
    (row,) = await screen.rows(
        'SELECT state FROM regulation_text WHERE "case" = $1', UUID(case.rpartition("/")[2])
    )
    return str(row["state"])
