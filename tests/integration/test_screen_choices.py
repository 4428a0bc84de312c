"""My choices: what a patient says counts at once, for the statements and for the decision."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import given
from cordee.access.registers import statements
from cordee.fhir.store.journal import publish
from trusted import DOCTOR, HOME, JEANNE, Person, Screen, make_patient, plain

LOINC = "http://loinc.org"
LETTER = "DocumentReference/letter"


def document(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference", "id": "letter", "status": "current",
        "type": {"coding": [{"system": LOINC, "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{JEANNE}"}, "date": "2026-11-02T10:00:00+01:00",
        "author": [{"reference": DOCTOR}], "custodian": {"reference": HOME},
        "content": [{"attachment": {"contentType": "text/plain", "title": "Lettre au confrère"}}],
    } | more  # fmt: skip


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    client = await bare_screen.platform.client()
    assert (await client.put(LETTER, json=document())).status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


@pytest.fixture
async def jeanne(screen: Screen) -> Person:
    return await screen.person("jeanne.bertin")


@pytest.fixture
async def colleague(screen: Screen) -> httpx.AsyncClient:
    """Somebody of the same practice who is not the author."""
    return await screen.platform.client(
        "user/*.rs", structure=HOME, practitioner="Practitioner/colleague"
    )


@pytest.mark.requirement("A3.5")
async def test_what_she_hides_is_gone_at_once_and_comes_back(
    screen: Screen, jeanne: Person, colleague: httpx.AsyncClient
) -> None:
    known = [(await colleague.get(LETTER)).status_code]
    for act in ("cacher", "montrer"):
        answer = await jeanne.post("/mes-choix/documents", element=LETTER, geste=act)
        assert answer.status_code == 303
        known.append((await colleague.get(LETTER)).status_code)
        found = await colleague.get(f"DocumentReference?patient={JEANNE}&_total=accurate")
        known.append(found.json()["total"])
    rows = await screen.rows(
        "SELECT holds FROM visibility_statement WHERE resource = $1 ORDER BY n", LETTER
    )

    assert known == [200, 404, 0, 200, 1]
    assert [row["holds"] for row in rows] == [True, False]


@pytest.mark.requirement("A3.5")
async def test_the_version_that_hides_differs_in_its_label_alone(
    screen: Screen, jeanne: Person
) -> None:
    client = await screen.platform.client()
    weight = given.observation(f"Patient/{JEANNE}", id="weight")
    text = (await client.put("Observation/weight", json=weight)).text.replace("70.5", "70.50")
    await client.put(
        "Observation/weight", content=text, headers={"content-type": "application/fhir+json"}
    )
    before = (await client.get("Observation/weight")).text

    await jeanne.post("/mes-choix/documents", element="Observation/weight", geste="cacher")
    own = await screen.platform.client(
        "user/*.rs", structure="Organization/mon-espace", practitioner=f"Patient/{JEANNE}"
    )
    await publish(screen.platform.parts.database)
    after = await own.get("Observation/weight/_history")

    bodies = [one["resource"] for one in after.json()["entry"]]
    assert "70.50" in before
    assert after.text.count("70.50") == 2
    assert bodies[0]["meta"].pop("security")[0]["code"] == "MASQUE_PS"
    for body in bodies:
        body.pop("meta")
    assert bodies[0] == bodies[1]


@pytest.mark.requirement("A3.5")
async def test_a_report_is_hidden_with_its_results(
    screen: Screen, jeanne: Person, colleague: httpx.AsyncClient
) -> None:
    client = await screen.platform.client()
    mine = given.observation(f"Patient/{JEANNE}", id="value")
    await client.put("Observation/value", json=mine)
    report = {
        "resourceType": "DiagnosticReport", "id": "report", "status": "final",
        "code": {"text": "Bilan"}, "subject": {"reference": f"Patient/{JEANNE}"},
        "result": [{"reference": "Observation/value"}],
    }  # fmt: skip
    await client.put("DiagnosticReport/report", json=report)

    await jeanne.post("/mes-choix/documents", element="DiagnosticReport/report", geste="cacher")

    for reference in ("DiagnosticReport/report", "Observation/value"):
        assert (await colleague.get(reference)).status_code == 404


async def test_nobody_hides_what_is_of_somebody_else(screen: Screen, jeanne: Person) -> None:
    await make_patient(screen, "somebody")
    client = await screen.platform.client()
    other = given.observation("Patient/somebody", id="other")
    await client.put("Observation/other", json=other)
    for element in ("Observation/other", f"Patient/{JEANNE}", "Nothing/1", ""):
        answer = await jeanne.post("/mes-choix/documents", element=element, geste="cacher")
        assert answer.status_code == 404
    doctor = await screen.person("dr.legoff")

    assert (await doctor.get("/mes-choix")).status_code == 403
    refused = await doctor.post("/mes-choix/documents", element=LETTER, geste="cacher")
    assert refused.status_code == 403


@pytest.mark.requirement("A6.3")
async def test_the_three_oppositions_are_separate(screen: Screen, jeanne: Person) -> None:
    for what in ("sharing-opposed", "warehouse-opposed", "secondary-use-opposed"):
        await jeanne.post("/mes-choix", geste="dire", quoi=what, tenir="oui")
    await jeanne.post("/mes-choix", geste="dire", quoi="warehouse-opposed", tenir="non")

    async with screen.platform.parts.database.write.acquire() as connection:
        said = await statements.switches_at(connection, JEANNE, screen.clock())
        consent = await statements.consent_at(connection, JEANNE, screen.clock())
    page = await jeanne.text("/mes-choix")

    assert said == {"sharing-opposed", "secondary-use-opposed"}
    assert consent.opposes_sharing
    assert "Entrepôt de données autorisé de nouveau" in page


@pytest.mark.requirement("A3.3")
async def test_whom_she_blocks_is_kept_out_but_never_her_own_doctor(
    screen: Screen, jeanne: Person
) -> None:
    client = await screen.platform.client()
    nurse = {"resourceType": "Practitioner", "id": "nurse", "name": [{"text": "Infirmière Zoé"}]}
    team = {
        "resourceType": "CareTeam", "id": "team", "status": "active",
        "subject": {"reference": f"Patient/{JEANNE}"},
        "participant": [{"member": {"reference": "Practitioner/nurse"}}],
    }  # fmt: skip
    await client.put("Practitioner/nurse", json=nurse)
    await client.put("CareTeam/team", json=team)
    offered = await jeanne.text("/mes-choix")

    await jeanne.post("/mes-choix", geste="bloquer", qui="Practitioner/nurse", tenir="oui")
    refused = await jeanne.post("/mes-choix", geste="bloquer", qui=DOCTOR, tenir="oui")
    keys = screen.platform.parts.kernel.keys
    rows = await screen.rows("SELECT actor, pat FROM closed_circle")
    page = await jeanne.text("/mes-choix")

    assert "Infirmière Zoé" in offered
    assert {tuple(row) for row in rows} == {
        (keys(f"{kind}Practitioner/nurse"), keys(f"Patient/{JEANNE}")) for kind in ("", "circle|")
    }
    assert (refused.status_code, "ne peut pas être bloqué" in plain(refused)) == (422, True)
    assert "Débloquer" in page


@pytest.mark.requirement("A3.5")
async def test_she_sees_her_record_as_others_do(screen: Screen, jeanne: Person) -> None:
    def seen(page: str) -> bool:
        return "Lettre au confrère" in page.partition("Ce que cette personne ne voit pas")[0]

    viewers = ("medecin-traitant", "dentiste", "proche")
    before = [seen(await jeanne.text(f"/mes-choix/voir/{one}")) for one in viewers]
    await jeanne.post("/mes-choix/documents", element=LETTER, geste="cacher")
    hidden = [seen(await jeanne.text(f"/mes-choix/voir/{one}")) for one in viewers]
    await jeanne.post("/mes-choix", geste="dire", quoi="attending-sees-masked", tenir="oui")
    shown = [seen(await jeanne.text(f"/mes-choix/voir/{one}")) for one in viewers]

    assert before == [True, False, True]
    assert hidden == [False, False, False]
    assert shown == [True, False, False]
    assert (await jeanne.get("/mes-choix/voir/voisin")).status_code == 404


@pytest.mark.requirement("A3.3")
async def test_she_answers_who_asks_for_a_consultation(screen: Screen, jeanne: Person) -> None:
    await screen.found_by_identity("dr.roux", JEANNE)
    roux = await screen.person("dr.roux")
    await roux.post(f"/patients/{JEANNE}/consultation", geste="demander")
    asked = await jeanne.text("/mes-choix")
    number = (await screen.rows("SELECT id FROM consultation_request"))[0]["id"]

    answer = await jeanne.post("/mes-choix", geste="repondre", demande=str(number), tenir="oui")
    waiting = await roux.get(f"/patients/{JEANNE}/consultation")

    assert "Dr Bernard Roux" in asked
    assert answer.status_code == 303
    assert waiting.status_code == 303


@pytest.mark.requirement("A3.3")
async def test_a_code_is_shown_once_on_its_page(jeanne: Person) -> None:
    made = plain(await jeanne.post("/mes-choix", geste="code"))
    later = await jeanne.text("/mes-choix")

    assert "Dites ce code" in made
    assert "Dites ce code" not in later


@pytest.mark.requirement("A3.3")
async def test_opposition_closes_the_record_to_all_professionals_at_once(
    screen: Screen, jeanne: Person, colleague: httpx.AsyncClient
) -> None:
    attending = await screen.platform.client("user/*.rs", structure=HOME, practitioner=DOCTOR)
    known = []
    for hold in ("non", "oui", "non"):
        await jeanne.post("/mes-choix", geste="dire", quoi="sharing-opposed", tenir=hold)
        known.append(
            [(await who.get(f"Patient/{JEANNE}")).status_code for who in (attending, colleague)]
        )

    own = (await jeanne.get("/mes-choix")).status_code

    assert known == [[200, 200], [404, 404], [200, 200]]
    assert own == 200


@pytest.mark.requirement("A3.5")
async def test_an_author_reads_what_they_wrote_in_a_closed_record(
    screen: Screen, jeanne: Person
) -> None:
    author = await screen.platform.client("user/*.rs", structure=HOME, practitioner=DOCTOR)
    await jeanne.post("/mes-choix", geste="dire", quoi="sharing-opposed", tenir="oui")

    assert (await author.get(LETTER)).status_code == 200


@pytest.mark.requirement("A3.3")
async def test_she_reads_who_is_around_her_and_why(screen: Screen, jeanne: Person) -> None:
    mine = await jeanne.text("/mon-cercle")
    doctor = await screen.person("dr.legoff")
    theirs = await doctor.text(f"/patients/{JEANNE}/cercle")
    stranger = await (await screen.person("dr.roux")).get("/mon-cercle")

    for page in (mine, theirs):
        assert "Médecin traitant" in page
        assert "Tient le dossier" in page
    assert stranger.status_code == 403
