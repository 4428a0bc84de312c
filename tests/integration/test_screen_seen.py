"""Qui a vu mon dossier: each line says why, an exceptional one its motive; a word to the DPO."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trusted import JEANNE, Screen, make_patient, plain, who

MOTIVE = "Patiente inconsciente en salle de déchocage"
BENALI = "dr.benali"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    await bare_screen.found_by_identity(BENALI, JEANNE)
    benali = await bare_screen.person(BENALI)
    await benali.post(f"/patients/{JEANNE}/bris-de-glace", categorie="vital", motif=MOTIVE)
    return bare_screen


async def line_of(screen: Screen, detail: str) -> int:
    rows = await screen.rows(
        "SELECT n FROM audit WHERE detail LIKE $1 ORDER BY n DESC LIMIT 1", detail
    )
    return rows[0]["n"]


@pytest.mark.requirement("A3.11")
@pytest.mark.requirement("A3.4")
async def test_an_exceptional_access_stands_out_with_its_motive(screen: Screen) -> None:
    jeanne = await screen.person("jeanne.bertin")

    page = await jeanne.text("/mes-acces")

    assert "Un accès exceptionnel demande votre avis." in page
    assert f"« {MOTIVE} »" in page
    assert "A ouvert un accès exceptionnel à votre dossier." in page
    assert "Le délégué à la protection des données vérifie, réponse avant le" in page
    assert "pas même nous" not in page


@pytest.mark.requirement("A3.2")
@pytest.mark.requirement("A3.11")
async def test_each_line_says_why_it_was_open_then(screen: Screen) -> None:
    doctor, jeanne = await screen.person("dr.legoff"), await screen.person("jeanne.bertin")
    await doctor.get(f"/patients/{JEANNE}")
    opened, broken = await line_of(screen, "record open%"), await line_of(screen, "glass %")
    async with screen.platform.parts.database.write.acquire() as connection:
        await connection.execute(
            "INSERT INTO consent_statement (patient, what, holds, said_by, at)"
            " VALUES ($1, 'sharing-opposed', true, 'j', now() + interval '1 second')", JEANNE
        )  # fmt: skip
    screen.ahead = timedelta(hours=1)

    pages = [await jeanne.text(f"/mes-acces/{number}") for number in (opened, broken)]

    assert "C’est votre médecin traitant." in pages[0]
    assert "care-relation-permits, version 1" in pages[0]
    assert "Dr Yacine Benali" in pages[1]
    assert MOTIVE in pages[1]


@pytest.mark.requirement("A3.11")
async def test_a_contest_is_a_ticket_and_its_answer_comes_back(screen: Screen) -> None:
    jeanne, dpo = await screen.person("jeanne.bertin"), await screen.person("olivier.deschamps")
    number = await line_of(screen, "glass %")

    first = await jeanne.post(f"/mes-acces/{number}", mots="Je ne connais pas ce médecin")
    again = await jeanne.post(f"/mes-acces/{number}", mots="Encore")
    service = screen.web.state.ports.trust.contesting
    olivier = who("olivier.deschamps")
    waiting = await service.waiting(olivier)
    await service.answer(
        olivier, waiting[0].id, justified=False, words="L’accès n’était pas nécessaire.",
        at=screen.clock(),
    )  # fmt: skip
    line, home = await jeanne.text(f"/mes-acces/{number}"), await jeanne.text("/")

    assert (first.status_code, again.status_code) == (303, 422)
    assert "Vous avez déjà signalé cet accès." in plain(again)
    assert [one.words for one in waiting] == ["Je ne connais pas ce médecin"]
    assert "cet accès n’était pas justifié" in line
    assert "Vous avez une réponse à un signalement." in home
    assert await service.waiting(olivier) == ()
    assert (await dpo.get(f"/mes-acces/{number}")).status_code == 403


async def test_a_line_of_somebody_else_is_not_there(screen: Screen) -> None:
    await make_patient(screen, "somebody")
    doctor, jeanne = await screen.person("dr.legoff"), await screen.person("jeanne.bertin")
    await doctor.get("/patients/somebody")
    number = await line_of(screen, "record open somebody")

    for path in (f"/mes-acces/{number}", "/mes-acces/999999999", "/mes-acces/9999999999999999999"):
        assert (await jeanne.get(path)).status_code == 404
    refused = await jeanne.post(f"/mes-acces/{number}", mots="x")
    assert refused.status_code == 404


async def test_each_line_says_as_what_the_agent_acted(screen: Screen) -> None:
    rows = await screen.rows(
        "SELECT a.detail, c.role FROM audit a LEFT JOIN acting c ON c.id = a.acting"
        " WHERE a.actor = 'dr.benali' AND (a.detail LIKE 'glass %' OR a.detail LIKE 'identity sh%')"
    )

    assert {row["role"] for row in rows} == {"médecin urgentiste"}
    assert len(rows) >= 1


@pytest.mark.requirement("A3.11")
async def test_the_list_can_be_taken_away(screen: Screen) -> None:
    jeanne, doctor = await screen.person("jeanne.bertin"), await screen.person("dr.legoff")

    page = await jeanne.get("/mes-acces")
    sheet, others = await jeanne.get("/mes-acces.csv"), await doctor.get("/mes-acces.csv")

    assert 'href="/mes-acces.csv"' in page.text
    lines = sheet.text.splitlines()
    assert lines[0].lstrip("\ufeff") == "Le;Qui;À quel titre;Quoi;Pourquoi;Ligne"
    assert any("A ouvert un accès exceptionnel à votre dossier." in one for one in lines[1:])
    assert others.status_code == 403
