"""A person asks for their rights and the DPO answers in a month; limitation freezes. Rule: A6.3."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

import given
from cordee.access.rights.requesting import months_after
from cordee.fhir.store.journal import publish
from trusted import JEANNE, Screen, make_patient

DPO, HERE, DESK = "olivier.deschamps", "/mes-droits", "/protection/demandes"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


async def asked(screen: Screen, right: str, words: str = "") -> str:
    """The number of a request of Jeanne."""
    jeanne = await screen.person("jeanne.bertin")
    answer = await jeanne.post(HERE, droit=right, mots=words)
    assert answer.status_code == 303
    rows = await screen.rows("SELECT id FROM rights_request ORDER BY at DESC LIMIT 1")
    return str(rows[0]["id"])


@pytest.mark.requirement("A6.3")
async def test_the_copy_holds_the_record_who_saw_it_and_the_choices(screen: Screen) -> None:
    client = await screen.platform.client()
    for value in ("de Jeanne", "d’une autre"):
        subject = f"Patient/{JEANNE}" if value == "de Jeanne" else ""
        body = given.observation(subject, note=[{"text": value}])
        assert (await client.post("Observation", json=body)).status_code == 201
    await publish(screen.platform.parts.database)
    await (await screen.person("dr.legoff")).get(f"/patients/{JEANNE}")
    key = await asked(screen, "portability")
    jeanne = await screen.person("jeanne.bertin")

    answer = await jeanne.get(f"{HERE}/{key}/copie.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name: archive.read(name).decode() for name in archive.namelist()}
    bundle = json.loads(files["dossier.json"])
    kinds = {one["resource"]["resourceType"] for one in bundle["entry"]}
    exported = await screen.rows("SELECT words FROM rights_step WHERE kind = 'exported'")

    assert set(files) == {
        "dossier.json", "qui-a-vu.csv", "choix.csv", "LISEZMOI.txt", "empreintes.txt",
    }  # fmt: skip
    assert {"Patient", "Observation"} <= kinds
    assert "de Jeanne" in files["dossier.json"]
    assert "d’une autre" not in files["dossier.json"]
    assert "Dr Anne Le Goff" in files["qui-a-vu.csv"]
    assert hashlib.sha256(files["dossier.json"].encode()).hexdigest() in files["empreintes.txt"]
    assert exported[0]["words"] == f"sha256 {hashlib.sha256(answer.content).hexdigest()}"


@pytest.mark.requirement("A6.3")
async def test_a_letter_is_answered_after_identity_is_checked(screen: Screen) -> None:
    dpo = await screen.person(DPO)
    said = {"dossier": JEANNE, "droit": "access", "voie": "letter", "mots": "Je veux une copie"}
    filed = await dpo.post(DESK, **said)
    address = filed.headers["location"]

    early = await dpo.get(f"{address}/copie.zip")
    refused = await dpo.post(address, geste="answered", mots="Copie envoyée par la poste")
    await dpo.post(address, geste="identity", mots="Carte d’identité, copie barrée")
    copy = await dpo.get(f"{address}/copie.zip")
    answered = await dpo.post(address, geste="answered", mots="Copie envoyée par la poste")
    again = await dpo.post(address, geste="refused", mots="Finalement on refuse")
    lines = await screen.rows(
        "SELECT actor, acting FROM audit WHERE starts_with(detail, 'everything ')"
    )
    register = (await dpo.get(f"{DESK}/registre.csv")).text

    assert early.status_code == 422
    assert refused.status_code == 422
    assert copy.headers["content-type"] == "application/zip"
    assert (answered.status_code, again.status_code) == (303, 422)
    assert {one["actor"] for one in lines} == {DPO}
    assert all(one["acting"] is not None for one in lines)
    assert "accès;par courrier" in register
    assert "répondue" in register
    seen = await (await screen.person("jeanne.bertin")).text(HERE)
    assert "Copie envoyée par la poste" in seen


@pytest.mark.requirement("A6.3")
async def test_the_clock_runs_a_month_and_two_more_with_a_motive(screen: Screen) -> None:
    key = await asked(screen, "rectification", "Je ne suis pas allergique")
    dpo = await screen.person(DPO)
    address = f"{DESK}/{key}"
    first = await dpo.text(address)
    bare = await dpo.post(address, geste="extended", mots="long")
    await dpo.post(address, geste="extended", mots="Trois structures à interroger")
    second = await dpo.post(address, geste="extended", mots="Trois structures à interroger")
    screen.ahead = timedelta(days=95)
    late = await (await screen.person(DPO)).text(address)

    start = screen.clock() - screen.ahead
    days = (months_after(start, 1) - start).days
    assert f"reste {days - 1} j" in first or f"reste {days} j" in first  # a day may just begin
    assert (bare.status_code, second.status_code) == (422, 422)
    assert "Délai prolongé de deux mois" in late
    assert "en retard de" in late


@pytest.mark.requirement("A6.3")
def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    at = datetime(2027, 1, 31, 12, tzinfo=UTC)

    assert months_after(at, 1).date().isoformat() == "2027-02-28"
    assert months_after(at, 3).date().isoformat() == "2027-04-30"
    assert months_after(datetime(2026, 12, 15, tzinfo=UTC), 1).date().isoformat() == "2027-01-15"


@pytest.mark.requirement("A6.3")
async def test_limitation_closes_the_record_and_freezes_it_until_it_is_lifted(
    screen: Screen,
) -> None:
    guard = screen.platform.parts.guard
    doctor, dpo = await screen.person("dr.legoff"), await screen.person(DPO)
    jeanne, client = await screen.person("jeanne.bertin"), await screen.platform.client()
    observation = given.observation(f"Patient/{JEANNE}")
    before = await doctor.get(f"/patients/{JEANNE}")
    address = f"{DESK}/{await asked(screen, 'limitation', 'Une erreur de personne')}"

    limited = await dpo.post(address, geste="limited", mots="Le temps de vérifier")
    guard.forget()
    closed, own = await doctor.get(f"/patients/{JEANNE}"), await jeanne.get("/mes-choix")
    written = await client.post("Observation", json=observation)
    await screen.found_by_identity("dr.benali", JEANNE)
    benali = await screen.person("dr.benali")
    broken = await benali.post(
        f"/patients/{JEANNE}/bris-de-glace", categorie="vital", motif="Patiente inconsciente"
    )
    lifted = await dpo.post(address, geste="lifted", mots="Vérification terminée")
    guard.forget()
    opened = await doctor.get(f"/patients/{JEANNE}")
    again = await client.post("Observation", json=observation)

    assert (before.status_code, closed.status_code, opened.status_code) == (200, 404, 200)
    assert (limited.status_code, lifted.status_code) == (303, 303)
    assert own.status_code == 200
    assert (written.status_code, again.status_code) == (422, 201)
    assert "limité" in written.text
    assert broken.status_code in {403, 404, 422}


@pytest.mark.requirement("A6.3")
@pytest.mark.parametrize("user", ["admin", "dr.legoff", "elise.vasseur"])
async def test_nobody_else_reads_a_request(screen: Screen, user: str) -> None:
    key = await asked(screen, "access")
    person = await screen.person(user)
    for path in (DESK, f"{DESK}/{key}", f"{DESK}/{key}/copie.zip", f"{DESK}/registre.csv"):
        assert (await person.get(path)).status_code in {403, 404}
    assert (await person.get(f"{HERE}/{key}/copie.zip")).status_code in {403, 404}
    assert (await person.post(f"{DESK}/{key}", geste="answered", mots="x" * 20)).status_code == 403


@pytest.mark.requirement("A6.3")
async def test_the_same_request_is_open_once(screen: Screen) -> None:
    await asked(screen, "access")
    jeanne = await screen.person("jeanne.bertin")

    twice = await jeanne.post(HERE, droit="access")
    other = await jeanne.post(HERE, droit="nothing")

    assert (twice.status_code, other.status_code) == (422, 422)
    assert len(await screen.rows("SELECT FROM rights_request")) == 1
