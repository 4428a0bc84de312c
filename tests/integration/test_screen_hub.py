"""The page of the Hub: for administrators, without the content of a message; sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cordee.app.hub import ledger_of
from cordee.formats.hub.envelope import Addressing
from cordee.gateways.samu.ledger import Ledger
from cordee.runtime import clock
from trusted import Screen

PATH, A = "/administration/hub", "fr.health.samuA"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


async def expired(ledger: Ledger) -> str:
    now = clock.now()
    told = Addressing(f"{A}_1", A, "fr.health.samuB", now, now - timedelta(seconds=1))
    async with ledger.database.transaction() as connection:
        body = {"caseId": f"{A}.1", "owner": A, "freetext": "MORVAN au jardin"}
        await ledger.send(connection, told, "RS-EDA-MAJ", body)
    await ledger.overdue(A)
    return told.number


@pytest.mark.requirement("C2.7")
async def test_what_failed_is_seen_and_sent_again_by_an_administrator(screen: Screen) -> None:
    ledger = ledger_of(screen.platform.parts)
    await expired(ledger)
    admin = await screen.person("admin")
    page = await admin.text(PATH)
    (line,) = await ledger.listed(("expired",))

    wrong = await admin.post(PATH, message=str(line.n), destinataire="le 29 !")
    done = await admin.post(PATH, message=str(line.n), destinataire="fr.health.samuC")

    assert "Périmé" in page
    assert "MORVAN" not in page
    assert (wrong.status_code, 'value="le 29 !"' in wrong.text) == (422, True)
    assert done.status_code == 303
    (again,) = await ledger.listed(("waiting",))
    assert (again.peer, again.number != line.number) == ("fr.health.samuC", True)
    assert "Aucun message en échec" in await admin.text(PATH)
    assert (await admin.get(f"{PATH}.csv")).status_code == 200


async def test_nobody_else_learns_that_it_is_there(screen: Screen) -> None:
    for user in ("dr.legoff", "vincent.aubert", "olivier.deschamps"):
        person = await screen.person(user)
        assert (await person.get(PATH)).status_code == 404
        assert (await person.get(f"{PATH}.csv")).status_code == 404
