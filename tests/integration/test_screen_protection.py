"""The DPO reviews, answers, replays; two offices change the matrix and the past stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

import given
from cordee.fhir.store.journal import publish
from trusted import JEANNE, Screen, make_patient, plain, who

MOTIVE = "Patiente inconsciente en salle de déchocage"
BENALI, DPO, ADMIN = "dr.benali", "olivier.deschamps", "admin"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


async def broken(screen: Screen) -> str:
    """The number of a glass that was broken just now."""
    await screen.found_by_identity(BENALI, JEANNE)
    benali = await screen.person(BENALI)
    await benali.get(f"/patients/{JEANNE}")
    await benali.post(f"/patients/{JEANNE}/bris-de-glace", categorie="vital", motif=MOTIVE)
    rows = await screen.rows("SELECT id FROM glass_grant")
    return str(rows[0]["id"])


@pytest.mark.requirement("A3.4")
@pytest.mark.requirement("A3.10")
async def test_the_queue_counts_down_to_72_hours_and_then_is_late(screen: Screen) -> None:
    await broken(screen)
    dpo = await screen.person(DPO)
    pages = []
    for hours in (0, 66, 80):
        screen.ahead = timedelta(hours=hours)
        dpo = await screen.person(DPO)
        pages.append(await dpo.text("/protection"))

    assert "reste 71 h" in pages[0]
    assert "reste 5 h" in pages[1]
    assert "en retard de 8 h" in pages[2]
    assert "Dr Yacine Benali" in pages[0]
    assert "Aucune relation de soins ne vous lie" in pages[0]  # the refusal that was told
    assert "no-relation" in pages[0]


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize(
    ("said", "words"),
    [("justifie", "l’a jugé justifié"), ("non-justifie", "l’a jugé non justifié")],
)
async def test_the_word_of_the_dpo_reaches_the_patient_and_closes_what_was_not_justified(
    screen: Screen, said: str, words: str
) -> None:
    key = await broken(screen)
    dpo, jeanne = await screen.person(DPO), await screen.person("jeanne.bertin")
    case = await dpo.text(f"/protection/acces/{key}")
    bare = await dpo.post(f"/protection/acces/{key}", avis=said)

    answer = await dpo.post(
        f"/protection/acces/{key}", avis=said, note="Passage aux urgences vérifié"
    )
    again = await dpo.post(f"/protection/acces/{key}", avis=said, note="Encore une fois relu")
    seen, home = await jeanne.text("/mes-acces"), await jeanne.text("/")
    glasses = screen.web.state.ports.trust.glasses
    benali = who(BENALI)
    running = await glasses.running(benali, JEANNE, screen.clock())

    assert "EXEMPLE" in case
    assert "Accès exceptionnel ouvert" in case
    assert (bare.status_code, answer.status_code, again.status_code) == (422, 303, 422)
    assert words in seen
    assert "Passage aux urgences vérifié" in seen
    assert "Un accès exceptionnel a été relu." in home
    assert (running is not None) == (said == "justifie")


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize("user", [ADMIN, BENALI, "jeanne.bertin", "elise.vasseur"])
async def test_the_desk_is_the_dpos_alone(screen: Screen, user: str) -> None:
    key = await broken(screen)
    person = await screen.person(user)

    for path in ("/protection", f"/protection/acces/{key}", f"/protection/signalements/{key}"):
        assert (await person.get(path)).status_code == 403
    refused = await person.post(f"/protection/acces/{key}", avis="justifie", note="Tout va bien")
    assert refused.status_code == 403
    assert not await screen.rows("SELECT FROM glass_review")


@pytest.mark.requirement("A3.10")
async def test_the_lists_of_the_desk_leave_as_csv(screen: Screen) -> None:
    key = await broken(screen)
    dpo, benali = await screen.person(DPO), await screen.person(BENALI)
    before = (await dpo.get("/protection/acces.csv")).text
    await dpo.post(f"/protection/acces/{key}", avis="justifie", note="Passage aux urgences vérifié")

    after = (await dpo.get("/protection/acces.csv")).text
    contests = await dpo.get("/protection/signalements.csv")

    assert f"{key};" in before
    assert before.rstrip().endswith("à relire;")
    assert after.rstrip().endswith("justifié;Passage aux urgences vérifié")
    assert contests.status_code == 200
    for path in ("/protection/acces.csv", "/protection/signalements.csv"):
        assert (await benali.get(path)).status_code == 403


@pytest.mark.requirement("A3.11")
async def test_a_contest_is_answered_at_the_desk(screen: Screen) -> None:
    await broken(screen)
    jeanne, dpo = await screen.person("jeanne.bertin"), await screen.person(DPO)
    line = (await screen.rows("SELECT n FROM audit WHERE detail LIKE 'glass %'"))[0]["n"]
    await jeanne.post(f"/mes-acces/{line}", mots="Qui est-ce ?")
    key = str((await screen.rows("SELECT id FROM contest"))[0]["id"])

    desk = await dpo.text("/protection")
    page = await dpo.text(f"/protection/signalements/{key}")
    answer = await dpo.post(
        f"/protection/signalements/{key}", avis="justifie", mots="Le médecin des urgences."
    )

    assert "Qui est-ce ?" in desk
    assert "Qui est-ce ?" in page
    assert answer.status_code == 303
    assert (await dpo.get(f"/protection/signalements/{key}")).status_code == 404
    assert "Le médecin des urgences." in await jeanne.text("/mes-acces")


@pytest.mark.requirement("A3.1")
async def test_the_dpo_replays_a_decision_of_the_trail(screen: Screen) -> None:
    doctor, dpo = await screen.person("dr.legoff"), await screen.person(DPO)
    await doctor.get(f"/patients/{JEANNE}")
    rows = await screen.rows("SELECT n FROM audit WHERE detail LIKE 'record open %'")

    page = await dpo.text(f"/protection?ligne={rows[0]['n']}")
    missing = [await dpo.text(f"/protection?ligne={text}") for text in ("999999", "x", "9" * 30)]

    assert "as-attending" in page
    assert "Dr Anne Le Goff" in page
    assert all("Aucune ligne sur un seul patient" in one for one in missing)


@pytest.mark.requirement("A3.1")
@pytest.mark.requirement("A3.2")
async def test_a_tie_that_ended_since_explains_what_was_read_while_it_held(screen: Screen) -> None:
    doctor, dpo = await screen.person("dr.legoff"), await screen.person(DPO)
    await doctor.get(f"/patients/{JEANNE}")
    client = await screen.platform.client()
    alone = given.patient(id=JEANNE)
    assert (await client.put(f"Patient/{JEANNE}", json=alone)).status_code == 200
    await publish(screen.platform.parts.database)
    await screen.rows(
        "INSERT INTO audit (acting, actor, action, type, pats, detail)"
        " SELECT acting, actor, action, type, pats, 'record open again'"
        " FROM audit WHERE detail LIKE 'record open %' RETURNING n"
    )
    rows = await screen.rows("SELECT n FROM audit WHERE detail LIKE 'record open %' ORDER BY n")

    then, now = [await dpo.text(f"/protection?ligne={row['n']}") for row in rows]

    assert "as-attending" in then
    assert "no-relation" in now


@pytest.mark.requirement("A3.1")
async def test_two_offices_change_the_matrix_and_the_past_is_replayed(screen: Screen) -> None:
    dpo, admin = await screen.person(DPO), await screen.person(ADMIN)
    tomorrow = (screen.clock() + timedelta(days=1)).date().isoformat()
    cell = {"profession": "60", "document": "category:synthese", "droit": "read", "etat": "open"}
    said = {"effet": tomorrow, "source": "Décision de la région", "motif": "Demande des infirmiers"}
    proposed = await dpo.post("/matrice", geste="proposer", **cell, **said)
    number = str((await screen.rows("SELECT n FROM matrix_proposal"))[0]["n"])

    alone = await dpo.post("/matrice", geste="accepter", numero=number)
    settled = await admin.post("/matrice", geste="accepter", numero=number)
    page = await admin.text("/matrice?version=local-1")
    asked = "/matrice?profession=60&document=34133-9&jour="
    days = [screen.clock().date().isoformat(), tomorrow]
    replayed = [await admin.text(asked + day) for day in days]

    assert proposed.status_code == 303
    assert (alone.status_code, settled.status_code) == (422, 303)
    assert "Infirmier, catégorie Synthèse, lire" in page
    assert "à compléter, donc fermé" in page
    assert "acceptée" in page
    assert "version 2023-1" in replayed[0]
    assert "version local-1" in replayed[1]


@pytest.mark.requirement("A3.1")
@pytest.mark.parametrize(
    "data",
    [
        {"effet": "2020-01-01"}, {"effet": "demain"}, {"motif": "court"}, {"profession": "99"},
        {"etat": "to"}, {"document": "nothing"},
    ],
)  # fmt: skip
async def test_a_proposal_says_all_and_never_reaches_back(
    screen: Screen, data: dict[str, str]
) -> None:
    dpo = await screen.person(DPO)
    tomorrow = (screen.clock() + timedelta(days=1)).date().isoformat()
    whole = {
        "profession": "60", "document": "category:synthese", "droit": "read", "etat": "open",
        "effet": tomorrow, "source": "S", "motif": "Demande des infirmiers",
    }  # fmt: skip

    answer = await dpo.post("/matrice", geste="proposer", **(whole | data))

    assert answer.status_code == 422
    assert not await screen.rows("SELECT FROM matrix_proposal")


@pytest.mark.requirement("A3.1")
async def test_each_professional_reads_the_matrix_and_few_change_it(screen: Screen) -> None:
    doctor, jeanne = await screen.person("dr.legoff"), await screen.person("jeanne.bertin")

    page = await doctor.get("/matrice?profession=60")
    change = await doctor.post("/matrice", geste="proposer", effet="2030-01-01")

    assert page.status_code == 200
    assert "Proposer un changement" not in plain(page)
    assert change.status_code == 403
    assert (await jeanne.get("/matrice")).status_code == 403
