"""The page of the SAS: for administrators; letters taken again, accounts of regulators. C3.7."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from cordee.app.sas import Entering, entering, regulator_of
from cordee.app.store import KernelStore
from cordee.gateways.sas.aggregator import Flow, Vendor
from cordee.gateways.sas.appointments import Ledger
from cordee.gateways.sas.emulator import Failure
from cordee.gateways.sas.reading import IDNPS
from cordee.gateways.sas.regulators import Accounts
from cordee.gateways.sas.software import AccountKeeper
from cordee.runtime import clock
from trusted import Screen, plain, who

PATH, INES = "/administration/sas", "ines.lambert"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    return bare_screen


def accounts(screen: Screen, keeper: AccountKeeper) -> Accounts:
    vendor = Vendor(
        "un", "http://vendor.invalid/fhir", frozenset({Flow.INDIVIDUAL}),
        transport=httpx.ASGITransport(keeper),
    )  # fmt: skip
    return Accounts(screen.platform.parts.database, [vendor])


@pytest.mark.requirement("C3.7")
async def test_what_could_not_be_used_is_seen_without_its_content(screen: Screen) -> None:
    parts = screen.platform.parts
    ring = parts.kernel.repository.ring
    assert ring is not None
    for body in (b'{"resourceType": "Appointment", "comment": "MORVAN au jardin"}', b"MORVAN"):
        assert (await Ledger(parts.database, ring).take("un", body)).state == "dead"
    admin = await screen.person("admin")
    page = await admin.text(PATH)
    assert "Rendez-vous à réparer 2" in page
    assert "MORVAN" not in page
    first, second = [one.n for one in await Ledger(parts.database, ring).dead()]

    again = await admin.post(PATH, geste="reprendre", message=str(first))
    assert (again.status_code, "demandez à l’éditeur" in plain(again)) == (422, True)
    for number in (first, second):
        assert (await admin.post(PATH, geste="ecarter", message=str(number))).status_code == 303
    assert "Aucun rendez-vous en échec" in await admin.text(PATH)
    gone = await admin.post(PATH, geste="ecarter", message=str(first))
    assert gone.status_code == 404
    assert (await admin.post(PATH, geste="autre", message="1")).status_code == 404
    rows = await screen.rows("SELECT FROM sas_received WHERE content IS NOT NULL")
    assert rows == []


@pytest.mark.requirement("C3.7")
async def test_who_looks_for_a_slot_has_an_account_until_they_regulate_no_more(
    screen: Screen,
) -> None:
    parts, keeper = screen.platform.parts, AccountKeeper(failure=Failure.AWAY)
    told = accounts(screen, keeper)
    door = Entering(told, KernelStore(parts.kernel, parts.guard))
    for _look in range(3):
        await door.enter(who(INES))
    await told.turn()
    admin = await screen.person("admin")
    page = await admin.text(PATH)
    assert "Inès Lambert à créer" in page
    keeper.failure = None
    (row,) = await told.known()
    again = await admin.post(PATH, geste="redire", editeur="un", compte=row.number)
    assert again.status_code == 303  # the page itself has no vendor: what it cannot tell is said
    assert "éditeur absent des réglages" in await admin.text(PATH)
    await told.again("un", row.number)
    assert [one["active"] for one in keeper.accounts.values()] == [True]
    assert "ouvert" in await admin.text(PATH)
    assert "Inès Lambert" in (await admin.get(f"{PATH}.csv")).text
    assert await told.end_over() == 0  # an account that is not local is nobody's to judge

    key = await _account(screen)
    assert await told.end_over() == 0
    await screen.rows(
        "UPDATE situation SET ends = $2 WHERE account = $1", key, clock.now() - timedelta(minutes=1)
    )
    assert await told.end_over() == 1
    await told.turn()
    assert [one["active"] for one in keeper.accounts.values()] == [False]
    await told.close()


def test_a_regulator_is_known_by_rpps_where_the_directory_says_it() -> None:
    ines = replace(who(INES), practitioner="Practitioner/1")
    known = {
        "identifier": [{"system": IDNPS, "value": "810000000009"}],
        "name": [{"family": "LAMBERT", "given": ["Inès", "Marie"]}],
        "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "i@a.example"}],
    }
    one, other = regulator_of(ines, known), regulator_of(ines, {})
    assert (one.number, one.family, one.given, one.email) == (
        "810000000009", "LAMBERT", "Inès", "i@a.example",
    )  # fmt: skip
    assert (other.family, other.given, other.email) == ("Lambert", "Inès", "")
    assert other.number == regulator_of(ines, {}).number


async def test_nobody_else_learns_that_it_is_there(screen: Screen) -> None:
    assert entering(screen.platform.parts) is None  # no vendor in the settings
    for user in ("dr.legoff", INES, "olivier.deschamps"):
        person = await screen.person(user)
        for path in (PATH, f"{PATH}.csv"):
            assert (await person.get(path)).status_code == 404
        for gesture in ("reprendre", "ecarter", "redire"):
            assert (await person.post(PATH, geste=gesture, message="1")).status_code == 404


async def _account(screen: Screen) -> int:
    """A local account of the same login, that may regulate."""
    (made,) = await screen.rows(
        "INSERT INTO account (login, name) VALUES ($1, 'Inès Lambert') RETURNING id", INES
    )
    await screen.rows(
        "INSERT INTO situation (account, role, structure, structure_name, functions)"
        " VALUES ($1, 'OSNP', 'Organization/samu-a', 'SAMU A', '{regulation}')",
        made["id"],
    )
    return int(made["id"])
