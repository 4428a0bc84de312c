"""The file of a resident in a home without one of its own: stay, project, transmissions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from uuid import uuid4

import pytest

import given
from cordee.app.workflow import clocks
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from running import Ground
from trusted import Person, Screen, plain, screen_on

TILLEULS, MORVAN, LEMOINE = "Organization/ehpad-les-tilleuls", "yvonne-morvan", "odette-lemoine"
STAY, PROJECT = f"/patients/{MORVAN}/sejour", f"/patients/{MORVAN}/projet"
TOLD, TOLD_PERSON = f"/patients/{MORVAN}/transmissions", "jeanne-bertin"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for reference in (TILLEULS, "Practitioner/claire-weber", "Practitioner/nadia-benhamou"):
            kind, _, key = reference.partition("/")
            await client.put(reference, json={"resourceType": kind, "id": key})
        home = {"managingOrganization": {"reference": TILLEULS}}
        for one, born in (
            (MORVAN, "1939-04-04"),
            (LEMOINE, "1941-02-03"),
            (TOLD_PERSON, "1938-01-02"),
        ):
            body = given.patient(id=one, birthDate=born, **home)
            made = await client.put(f"Patient/{one}", json=body)
            assert made.status_code == 201, made.text
        await publish(screen.platform.parts.database)
        yield screen


async def _number(person: Person, path: str) -> str:
    page = await person.get(path)
    found = re.search(r'name="numero" value="([^"]+)"', page.text)
    assert found, (page.status_code, plain(page))
    return found[1]


async def _write(region: Screen, patient: str = MORVAN, **form: str) -> None:
    nadia = await region.person("nadia.benhamou")
    answer = await nadia.post(f"/patients/{patient}/transmissions", numero=str(uuid4()), **form)
    assert answer.status_code == 303, answer.text


@pytest.mark.requirement("B7.1")
@pytest.mark.requirement("B7.4")
async def test_a_stay_has_an_entry_rooms_a_holiday_and_an_exit(region: Screen) -> None:
    claire, benali = await region.person("claire.weber"), await region.person("dr.benali")
    today = clock.today()
    form = {
        "numero": await _number(claire, STAY), "geste": "entrer", "sorte": "permanent",
        "jour": str(today - timedelta(days=400)), "chambre": "Chambre 12", "unite": "Les Lilas",
        "venant": "Domicile",
    }  # fmt: skip
    refused = await claire.post(STAY, **form | {"jour": "demain", "sorte": ""})
    assert refused.status_code == 422
    assert "Les Lilas" in refused.text, "what was typed stays"
    assert "Choisissez la sorte de séjour" in refused.text
    for _ in range(2):
        assert (await claire.post(STAY, **form)).status_code == 303
    client = await region.platform.client()
    rows = (await client.get(f"Encounter?patient=Patient/{MORVAN}")).json()["entry"]
    assert len(rows) == 1, "sent twice, it is one"
    key = rows[0]["resource"]["id"]
    assert (await claire.post(STAY, **form | {"numero": str(uuid4())})).status_code == 409

    assert (await claire.post(STAY, geste="chambre", sejour=key, nouvelle="Chambre 3")).is_redirect
    assert "Chambre 3" in await claire.text("/residents")
    assert (await claire.post(STAY, geste="absence", sejour=key)).is_redirect
    assert "absent, en vacances" in await claire.text("/residents")
    assert (await claire.post(STAY, geste="retour", sejour=key)).is_redirect
    kept = (await client.get(f"Encounter/{key}")).json()
    assert [one["status"] for one in kept["location"]] == ["completed", "completed", "active"]
    assert (await benali.get(STAY)).status_code in {403, 404}

    refused = await claire.post(STAY, geste="sortir", sejour=key, motif="", fin=str(today))
    assert "Choisissez le motif de la sortie" in refused.text
    assert (
        await claire.post(STAY, geste="sortir", sejour=key, motif="domicile", fin=str(today))
    ).is_redirect
    assert MORVAN not in (await claire.get("/residents")).text, "who has left lives here no more"
    refused = await claire.post(TOLD, cible="douleur", d="A mal", numero=str(uuid4()))
    assert refused.status_code == 403
    again = form | {"numero": str(uuid4()), "jour": str(today)}
    assert (await claire.post(STAY, **again)).is_redirect
    assert MORVAN in (await claire.get("/residents")).text
    assert "Retour au domicile" in await claire.text(STAY)


@pytest.mark.requirement("B7.1")
async def test_a_project_is_written_agreed_on_and_reviewed_within_a_year(region: Screen) -> None:
    claire, today = await region.person("claire.weber"), clock.today()
    base = f"/patients/{LEMOINE}/projet"
    refused = await claire.post(base, numero=str(uuid4()), habitudes="Lève tard")
    assert refused.status_code == 422
    assert "Lève tard" in refused.text
    form = {"numero": str(uuid4()), "attentes": "Retourner au jardin", "habitudes": "Lève tard"}
    for _ in range(2):
        assert (await claire.post(base, **form)).is_redirect
    client = await region.platform.client()
    plans = (await client.get(f"CarePlan?subject=Patient/{LEMOINE}")).json()["entry"]
    assert len(plans) == 1
    plan = plans[0]["resource"]
    here = f"{base}/{plan['id']}"

    refused = await claire.post(here, geste="propose", **{"propose-participation": "person"})
    assert "au moins un objectif" in refused.text
    aim = {
        "geste": "objectif", "objectif": "Sortir au jardin", "domaine": "participation",
        "echeance": str(today + timedelta(days=90)), "accord": "oui",
        "moyens": "Accompagnée, l’après-midi",
    }  # fmt: skip
    assert (await claire.post(here, **aim | {"version": "1"})).is_redirect
    assert (await claire.post(here, **aim | {"version": "1"})).status_code == 412
    goal = (await client.get(f"Goal?patient=Patient/{LEMOINE}")).json()["entry"][0]["resource"]
    deed = {"geste": "action", "lequel": goal["id"], "action": "Une marche", "qui": "Animatrice"}
    assert (await claire.post(here, **deed, quand="mardi")).is_redirect
    refused = await claire.post(here, **deed | {"qui": "", "action": "Une autre"})
    assert "Dites qui le fait" in refused.text

    moved = {"geste": "propose", "propose-participation": "both"}
    assert (await claire.post(here, **moved)).is_redirect
    assert (await claire.post(here, **aim)).status_code == 409, "what is presented does not change"
    sign = {
        "geste": "sign", "sign-agreement": "person", "sign-agreement-date": str(today),
        "sign-review-date": str(today + timedelta(days=400)),
    }  # fmt: skip
    refused = await claire.post(here, **sign)
    assert "dans un an au plus" in refused.text
    sign["sign-review-date"] = str(today + timedelta(days=30))
    refused = await claire.post(here, **sign | {"sign-agreement": "none"})
    assert "pourquoi il n’y a pas de signature" in refused.text
    assert (await claire.post(here, **sign)).is_redirect
    stands = (await client.get(f"CarePlan/{plan['id']}")).json()
    assert stands["status"] == "active"

    mixed = {
        **stands,
        "category": [{"coding": [{**stands["category"][0]["coding"][0], "code": "ppcs"}]}],
    }
    assert (await client.put(f"CarePlan/{plan['id']}", json=mixed)).status_code == 422
    assert (
        await client.put(f"CarePlan/{plan['id']}", json={**stands, "status": "draft"})
    ).status_code == 409

    text = await claire.text("/residents/projets")
    assert "1 à réévaluer sous 60 jours" in text
    assert "en retard" in text, "an entry of more than six months ago without a project"
    proof = (await claire.get("/residents/projets.csv?etat=soon")).text
    assert (today + timedelta(days=30)).strftime("%d/%m/%Y") in proof
    versions = await claire.text(f"/patients/{LEMOINE}/plans/{plan['id']}/versions")
    assert "Sortir au jardin" in versions

    outcome = {"geste": "bilan", "lequel": goal["id"], "issue": "not-achieved"}
    assert "pourquoi" in (await claire.post(here, **outcome)).text
    assert (await claire.post(here, **outcome, pourquoi="refusal")).is_redirect
    revised = {"geste": "revise", "revise-motif": "Changement de son état"}
    assert (await claire.post(here, **revised)).is_redirect
    assert "en retard" in await claire.text("/residents/projets?etat=late")


@pytest.mark.requirement("B7.1")
async def test_a_target_is_followed_until_somebody_closes_it(region: Screen) -> None:
    claire, nadia = await region.person("claire.weber"), await region.person("nadia.benhamou")
    here = f"/patients/{LEMOINE}/transmissions"
    refused = await nadia.post(here, numero=str(uuid4()), cible="", d="Grimace au lever")
    assert refused.status_code == 422
    assert "Grimace au lever" in refused.text
    number = str(uuid4())
    form = {"numero": number, "cible": "douleur", "d": "Grimace au lever", "a": "Levée à deux"}
    for _ in range(2):
        assert (await nadia.post(here, **form)).is_redirect
    client = await region.platform.client()
    rows = (await client.get(f"Communication?patient=Patient/{LEMOINE}")).json()["entry"]
    assert len(rows) == 1
    root = rows[0]["resource"]
    assert root["status"] == "in-progress"
    assert "Grimace au lever" in await claire.text("/transmissions")
    assert "écrire la suite" in await claire.text(here)

    written = region.clock() - timedelta(hours=5)
    late = {"cible": "peau", "d": "Rougeur au talon", "ecrit-le": written.isoformat()}
    assert (await nadia.post(here, numero=str(uuid4()), **late)).is_redirect
    rows = (await client.get(f"Communication?patient=Patient/{LEMOINE}")).json()["entry"]
    sent = [one["resource"]["sent"] for one in rows]
    assert any(one.startswith(f"{written.astimezone(UTC):%Y-%m-%dT%H:%M}") for one in sent), (
        "what waited through a cut bears the hour at which it was written"
    )
    night = await nadia.get(here)
    assert night.headers["x-cordee-copie"] == "14", "it is read through a cut"
    assert 'name="hors-ligne"' in night.text

    await _write(region, LEMOINE, suite=root["id"], r="Ne grimace plus", clore="oui")
    assert (await client.get(f"Communication/{root['id']}")).json()["status"] == "completed"
    answer = await nadia.post(here, numero=str(uuid4()), suite=root["id"], d="Encore")
    assert answer.status_code == 409
    assert "Encore" in answer.text
    listed = (await claire.get("/transmissions.csv")).text
    assert "Ne grimace plus" in listed
    assert "Grimace" not in await claire.text("/transmissions?cible=sommeil")

    benali = await region.person("dr.benali")
    assert (await benali.get(here)).status_code in {403, 404}
    assert "Grimace" not in await benali.text("/transmissions")
    citizen = await region.platform.client(
        "user/*.rs", role="patient", practitioner=f"Patient/{LEMOINE}", user="odette", level=2
    )
    assert (await citizen.get(f"Patient/{LEMOINE}")).status_code == 200
    own = (await citizen.get(f"Communication?patient=Patient/{LEMOINE}")).json()
    assert "entry" not in own, "what a team writes is not on the portal of the person"


@pytest.mark.requirement("B7.1")
async def test_one_page_joins_what_a_home_holds_of_a_resident(region: Screen) -> None:
    await _write(region, MORVAN, cible="sommeil", d="Réveillée à 3 h")
    claire = await region.person("claire.weber")
    now = region.clock()
    fall = {"numero": str(uuid4()), "sorte": "chute", "recit": "Glisse dans la douche"}
    answer = await claire.post(f"/patients/{MORVAN}/faits", quand=f"{now:%Y-%m-%dT%H:%M}", **fall)
    assert answer.is_redirect
    text = await claire.text(f"/patients/{MORVAN}/dui")
    for words in ("Hébergement permanent", "Réveillée à 3 h", "Glisse dans la douche"):
        assert words in text
    assert "Pas de projet en cours" in text
    client = await region.platform.client()
    found = (await client.get(f"Encounter?patient=Patient/{MORVAN}&class=AMB")).json()["entry"]
    assert "partOf" in found[0]["resource"], "an event is of the stay"


@pytest.mark.requirement("B7.1")
async def test_the_day_of_the_review_begins_it_and_the_referent_is_told(
    region: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, base = await region.person("claire.weber"), f"/patients/{TOLD_PERSON}/projet"
    today = clock.today()
    assert (await claire.post(base, numero=str(uuid4()), attentes="Rester au calme")).is_redirect
    client = await region.platform.client()
    rows = (await client.get(f"CarePlan?subject=Patient/{TOLD_PERSON}")).json()["entry"]
    here = f"{base}/{rows[0]['resource']['id']}"
    aim = {"objectif": "Dormir", "domaine": "sante", "echeance": str(today + timedelta(days=9))}
    assert (await claire.post(here, geste="objectif", **aim)).is_redirect
    moved = {"geste": "propose", "propose-participation": "person"}
    assert (await claire.post(here, **moved)).is_redirect
    sign = {
        "geste": "sign", "sign-agreement": "person", "sign-agreement-date": str(today),
        "sign-review-date": str(today + timedelta(days=30)),
    }  # fmt: skip
    assert (await claire.post(here, **sign)).is_redirect

    parts = region.platform.parts
    ringing = clocks(parts.database, parts.kernel, parts.guard)
    for days in (31, 32):
        then = clock.now() + timedelta(days=days)
        with monkeypatch.context() as held:
            held.setattr(clock, "now", lambda then=then: then)
            while await ringing.ring_due():
                pass
    assert "À réévaluer" in await claire.text(base)
    told = await region.rows("SELECT detail FROM event WHERE detail->>'path' = $1", base)
    assert told, "the référent is told where to go"
