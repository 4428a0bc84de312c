"""Figures of documents by structure and month; consultations under a federated identity."""

from __future__ import annotations

from datetime import date

import pytest

from cordee.access.figures.documents import FEW, DocumentFigures, following, months, told
from cordee.care.documents.opening import Reader
from cordee.identity.accounts.sealing import fingerprint
from cordee.identity.provisioning.programme import Programme
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied
from trusted import HOME, JEANNE, Screen, make_patient, plain, who

DPO = who("olivier.deschamps")


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


async def stays(screen: Screen, count: int) -> None:
    client = await screen.platform.client()
    for number in range(count):
        stay = {
            "resourceType": "Encounter", "id": f"stay{number}", "status": "finished",
            "class": {"code": "IMP"}, "subject": {"reference": f"Patient/{JEANNE}"},
            "serviceProvider": {"reference": HOME}, "period": {"start": clock.now().isoformat()},
        }  # fmt: skip
        assert (await client.put(f"Encounter/stay{number}", json=stay)).status_code == 201


async def openings(screen: Screen, count: int, *, agents: int = 1, provider: str = "") -> None:
    await screen.rows(
        "INSERT INTO document_opening (at, agent, structure, patient, document, level, provider)"
        " SELECT now(), 'agent' || i % $2::int, $3, 1, 'd', 2, $4 FROM generate_series(1, $1) i",
        count, agents, HOME, provider,
    )  # fmt: skip


async def deposits(screen: Screen, count: int, state: str, code: str = "done") -> None:
    await screen.rows(
        "WITH d AS (INSERT INTO dmp_deposit (unique_id, document, patient, act, type, structure,"
        " asked, asked_by, since, due, state, ended) SELECT $2 || i, 'd' || i, 'p', 'publish',"
        " '11488-4', $3, now(), 'x', now(), now(), $2, now() FROM generate_series(1, $1) i"
        " RETURNING n) INSERT INTO dmp_try (deposit, by, code) SELECT n, 'dmp', $4 FROM d",
        count, state, HOME, code,
    )  # fmt: skip


@pytest.mark.requirement("A3.10")
async def test_counts_shares_refusals_and_glasses_by_structure(screen: Screen) -> None:
    await stays(screen, 10)
    await openings(screen, 20, agents=5)
    await deposits(screen, 5, "done")
    await deposits(screen, 6, "refused", "ins-not-qualified")
    await screen.rows(
        "INSERT INTO glass_grant (opened, ends, agent, practitioner, structure, role, patient,"
        " category, motive) SELECT now(), now() + interval '1 hour', 'a', 'p', $1, 'emergency',"
        " 'x', 'c', 'motif assez long' FROM generate_series(1, 5)",
        HOME,
    )

    found = await DocumentFigures(screen.platform.parts.database).month(
        DPO, clock.today().replace(day=1)
    )

    (own,) = [one for one in found.activity if one.structure == "MSP des Quatre-Vents"]
    assert (own.stays, own.sent, own.opened, own.people) == (10, 5, 20, 5)
    assert (own.sent_share, own.opened_share) == (0.5, 2.0)
    refusals = {(one.of, one.code, one.count) for one in found.refusals}
    assert ("dmp", "ins-not-qualified", 6) in refusals
    assert [(one.code, one.count) for one in found.glasses] == [("emergency", 5)]


@pytest.mark.requirement("A3.10")
async def test_a_small_count_is_not_told_nor_the_share_made_of_it(screen: Screen) -> None:
    await stays(screen, 10)
    await openings(screen, FEW - 1)

    found = await DocumentFigures(screen.platform.parts.database).month(
        DPO, clock.today().replace(day=1)
    )

    (own,) = [one for one in found.activity if one.structure == "MSP des Quatre-Vents"]
    assert (own.opened, own.opened_share, own.sent) == (None, None, 0)
    assert [told(one) for one in (0, 1, 4, 5)] == [0, None, None, 5]


@pytest.mark.requirement("A3.10")
async def test_who_steers_and_the_dpo_see_them_and_nobody_else(screen: Screen) -> None:
    await stays(screen, 5)
    figures = DocumentFigures(screen.platform.parts.database)
    with pytest.raises(AccessDenied):
        await figures.month(who("dr.legoff"), clock.today().replace(day=1))

    olivier, doctor = await screen.person("olivier.deschamps"), await screen.person("dr.legoff")
    page = await olivier.get("/pilotage/documents")
    sheet = await olivier.get("/pilotage/documents.csv")

    assert "MSP des Quatre-Vents" in plain(page)
    assert "MSP des Quatre-Vents;séjours;;5" in sheet.text
    for path in ("/pilotage/documents", "/pilotage/documents.csv"):
        assert (await doctor.get(path)).status_code == 403


def test_the_last_twelve_months_are_asked_for() -> None:
    found = months(date(2026, 2, 28))

    assert found[:3] == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]
    assert len(found) == 12
    assert [following(one) for one in found[:2]] == [date(2026, 3, 1), date(2026, 2, 1)]


@pytest.mark.requirement("A2.9")
async def test_documents_opened_under_a_federated_identity_are_counted_against_the_target(
    screen: Screen,
) -> None:
    programme = Programme(screen.platform.parts.database, HOME)
    await openings(screen, 3, provider="psc")
    await openings(screen, 1)
    await programme.aim(80, 60, "elise", consulted=70)

    progress = await programme.progress()

    assert (progress.consultations, progress.consulted) == (4, 3)
    assert (progress.consulted_percent, progress.consulted_target) == (75, 70)


@pytest.mark.requirement("A2.9")
async def test_an_opening_knows_which_provider_the_session_came_from(screen: Screen) -> None:
    client = await screen.platform.client()
    letter = {
        "resourceType": "DocumentReference", "id": "letter", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{JEANNE}"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "YQ=="}}],
    }  # fmt: skip
    assert (await client.put("DocumentReference/letter", json=letter)).status_code == 201
    await screen.rows("INSERT INTO account (login, name) VALUES ('dr.legoff', 'Dr Anne Le Goff')")
    await screen.rows(
        "INSERT INTO session (id, account, step, level, opened, seen, ends, address, agent, provider)"
        " SELECT $1, id, 'open', 2, now(), now(), now() + interval '1 hour', '', '', 'psc'"
        " FROM account",
        fingerprint("federated"),
    )
    openings_of = screen.web.state.ports.documents.openings

    for session in ("federated", "local"):
        await openings_of.open(Reader(who("dr.legoff"), session), JEANNE, "letter")

    rows = await screen.rows("SELECT provider, structure FROM document_opening ORDER BY n")
    assert [tuple(row) for row in rows] == [("psc", HOME), ("", HOME)]
