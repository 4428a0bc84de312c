"""The pages of passages: the sheet of the home, the board of the department, what both can do."""

from __future__ import annotations

import re

import pytest

import given
from cordee.fhir.store.journal import publish
from cordee.runtime.french import PARIS, clock
from trusted import Person, Screen

TILLEULS, BELMONT = "Organization/ehpad-les-tilleuls", "Organization/ch-belmont"
MORVAN = "yvonne-morvan"
FORM = f"/patients/{MORVAN}/urgences/envoi"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    client = await bare_screen.platform.client()
    unit = "Organization/ch-belmont-urgences"
    for reference, body in (
        (TILLEULS, {"name": "EHPAD Les Tilleuls"}),
        (BELMONT, {"name": "CH de Belmont"}),
        (unit, {"name": "Urgences", "partOf": {"reference": BELMONT}}),
        ("Practitioner/nadia-benhamou", {}),
        ("Practitioner/yacine-benali", {}),
        (
            "HealthcareService/urgences-belmont",
            {
                "active": True,
                "name": "Urgences de Belmont",
                "providedBy": {"reference": unit},
                "type": [{"coding": [{"code": "urgences"}]}],
            },
        ),
    ):
        kind, _, key = reference.partition("/")
        answer = await client.put(reference, json={"resourceType": kind, "id": key} | body)
        assert answer.status_code == 201, answer.text
    home = {"managingOrganization": {"reference": TILLEULS}}
    await client.put(f"Patient/{MORVAN}", json=given.patient(id=MORVAN, **home))
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def _typed(nadia: Person, **fields: str) -> dict[str, str]:
    page = (await nadia.get(FORM)).text
    number = re.search(r'name="numero" value="([^"]+)"', page)
    assert number
    return {
        "numero": number[1], "motif": "chute-tete", "destination": BELMONT, "heure": "02:31",
        "histoire": "Tombée du lit", "tension": "148/82", "glasgow": "15",
        "objet-dentier": "oui", "prevenu-samu": "oui",
    } | fields  # fmt: skip


async def _sent(nadia: Person) -> str:
    answer = await nadia.post(FORM, **await _typed(nadia))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.requirement("B2.6")
async def test_the_sheet_leaves_with_what_was_typed_and_the_hour_of_paris(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    here = screen.clock().astimezone(PARIS)
    place = await nadia.post(FORM, **await _typed(nadia, heure=f"{here:%H:%M}"))
    text = await nadia.text(place.headers["location"])

    assert "Chute avec choc à la tête" in text
    assert "Attendue aux urgences" in text
    assert f"Départ {clock(here)}".replace("\u202f", " ").replace("\u00a0", " ") in text
    assert "Dentier" in text
    assert "SAMU, le 15" in text
    assert "Nadia Benhamou" in text


@pytest.mark.requirement("B2.6")
async def test_what_was_typed_stays_when_the_sheet_is_refused(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    wrong = await _typed(nadia, motif="", tension="148", heure="minuit", glasgow="40")
    answer = await nadia.post(FORM, **wrong)

    assert answer.status_code == 422
    for said in ("Écrivez la tension comme 148/82", "Écrivez l’heure de départ comme 02:31"):
        assert said in answer.text
    assert "Tombée du lit" in answer.text
    assert f'value="{wrong["numero"]}"' in answer.text
    answer = await nadia.post(FORM, **wrong | {"tension": "148/82", "heure": "02:31"})
    assert answer.status_code == 422
    assert "Dites pourquoi la personne part" in answer.text
    assert "Score de Glasgow : entre 3 et 15" in answer.text
    assert "Chute" not in await nadia.text("/envois")


@pytest.mark.requirement("B2.6")
async def test_the_department_expects_her_then_says_what_becomes_of_her(screen: Screen) -> None:
    nadia, benali = await screen.person("nadia.benhamou"), await screen.person("dr.benali")
    assert (await benali.get(f"/patients/{MORVAN}")).status_code != 200
    place = await _sent(nadia)

    board = await benali.text("/urgences")
    assert "Attendus 1, par heure prévue" in board
    assert "Chute avec choc à la tête Tombée du lit" in board
    here = screen.clock().astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    moves = {"geste": "arrive", "arrive-arrived-at": here, "arrive-ccmu": "2"}
    assert (await benali.post(place, **moves)).status_code == 303
    assert "Présents 1, par gravité puis attente" in await benali.text("/urgences")
    assert "Aux urgences" in await nadia.text("/envois")

    back = {"geste": "return", "return-departure": here, "return-advice": ""}
    refused = await benali.post(place, **back)
    assert refused.status_code == 422
    assert "consignes de surveillance" in refused.text
    assert (await benali.post(place, **back | {"return-advice": "Réveil / 4 h"})).status_code == 303
    assert "Retour décidé" in await nadia.text("/envois")
    text = await nadia.text(place)
    assert "Réveil / 4 h" in text
    assert "La personne est revenue" in text


@pytest.mark.requirement("B2.6")
async def test_a_move_of_the_other_side_is_refused_in_french(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    place = await _sent(nadia)
    here = screen.clock().astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    answer = await nadia.post(place, **{"geste": "arrive", "arrive-arrived-at": here})
    assert answer.status_code == 403
    assert "revient au destinataire" in answer.text
    answer = await nadia.post(place, geste="fly")
    assert answer.status_code == 422


@pytest.mark.requirement("B2.6")
async def test_the_sheet_prints_on_one_page_of_the_record(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    text = await nadia.text(f"{await _sent(nadia)}/fiche")
    for said in ("Fiche de liaison d’urgence", "Traitements en cours", "À appeler", "Allergies"):
        assert said in text


async def test_nobody_else_finds_a_passage(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    place = await _sent(nadia)
    stranger = await screen.person("linh.tran")
    for path in (place, f"{place}/fiche", FORM):
        assert (await stranger.get(path)).status_code == 404, path
    number = place.rpartition("/")[2]
    client = await screen.platform.client()
    home = {"managingOrganization": {"reference": TILLEULS}}
    await client.put("Patient/other", json=given.patient(id="other", **home))
    assert (await nadia.get(f"/patients/other/urgences/{number}")).status_code == 404
    assert (await nadia.get(f"/patients/{MORVAN}/urgences/x")).status_code == 404


async def test_the_list_of_a_home_is_exported(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    await _sent(nadia)
    answer = await nadia.get("/envois.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "Chute avec choc à la tête" in answer.text


@pytest.mark.requirement("B2.10", "C4.6")
async def test_the_summaries_of_a_day_come_from_the_passages(screen: Screen) -> None:
    nadia, benali = await screen.person("nadia.benhamou"), await screen.person("dr.benali")
    place = await _sent(nadia)
    here = screen.clock().astimezone(PARIS)
    typed = f"{here:%Y-%m-%dT%H:%M}"
    await benali.post(place, **{"geste": "arrive", "arrive-arrived-at": typed, "arrive-ccmu": "3"})
    back = {"geste": "return", "return-departure": typed, "return-advice": "Réveil / 4 h"}
    assert (await benali.post(place, **back)).status_code == 303
    day = f"{here:%Y-%m-%d}"

    text = await benali.text(f"/urgences/rpu?jour={day}")
    assert "1 passage terminé" in text
    assert "Gravité (CCMU) 100 %" in text
    assert "Diagnostic principal 0 %" in text
    answer = await benali.get(f"/urgences/rpu.xml?jour={day}")
    assert "<GRAVITE>3</GRAVITE>" in answer.text
    assert "<PROVENANCE>7</PROVENANCE>" in answer.text
    assert "Aucun passage terminé" in await nadia.text(f"/urgences/rpu?jour={day}")


@pytest.mark.requirement("B7.4")
async def test_the_home_knows_where_each_resident_is(screen: Screen) -> None:
    nadia, benali = await screen.person("nadia.benhamou"), await screen.person("dr.benali")
    client = await screen.platform.client()
    home = {"managingOrganization": {"reference": TILLEULS}}
    gone = given.patient(id="gone", deceasedDateTime="2026-11-01", **home)
    await client.put("Patient/gone", json=gone)
    await client.put("Patient/elsewhere", json=given.patient(id="elsewhere"))
    assert "1 ici" in await nadia.text("/residents")
    place = await _sent(nadia)
    text = await nadia.text("/residents")
    assert "1 vers les urgences" in text
    assert "1 décès" in text
    assert "2, par nom" in text
    here = screen.clock().astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    await benali.post(place, **{"geste": "arrive", "arrive-arrived-at": here})
    assert "1 aux urgences" in await nadia.text("/residents")
    assert "aux urgences" in (await nadia.get("/residents.csv")).text
    assert "Personne ne réside ici" in await benali.text("/residents")
    first = {"family": "AUBRY", "given": ["Zoé"], "use": "official"}
    known = given.patient(id="first", name=[first], **home)
    await client.put("Patient/first", json=known)
    text = await nadia.text("/residents")
    assert text.index("AUBRY") < text.index("EXEMPLE")


@pytest.mark.requirement("B7.3")
async def test_at_night_three_buttons_are_two_taps_away(screen: Screen) -> None:
    nadia = await screen.person("nadia.benhamou")
    assert 'href="/nuit"' in (await nadia.get("/")).text
    chosen = (await nadia.get("/nuit")).text
    assert f'href="/patients/{MORVAN}/nuit"' in chosen
    page = (await nadia.get(f"/patients/{MORVAN}/nuit")).text
    pads = page[page.index('class="pads"') :]
    places = re.findall(r'<a href="([^"]+)"', pads)[:3]
    assert places == [f"/patients/{MORVAN}/sas", FORM, f"/patients/{MORVAN}/liaison"]
    assert 'href="tel:15"' in pads  # one tap, without the record
    for path in places:
        assert (await nadia.get(path)).status_code == 200, path
    stranger = await screen.person("linh.tran")
    assert (await stranger.get(f"/patients/{MORVAN}/nuit")).status_code == 404
