"""A CPTS opens its crisis cell by one press, follows it, shares numbers, closes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from community import CPTS, make_community
from running import Ground
from trusted import Person, Screen, screen_on

PLAN = {
    "role-pilote": "Practitioner/nora-belkacem", "role-pilote-tel": "02 00 00 00 01",
    "role-pilote-suppleant": "Practitioner/anne-le-goff",
    "role-pilote-suppleant-tel": "02 00 00 00 02",
    "appel-0": "SAMU A", "appel-0-tel": "15 00", "appel-1": "Mairie", "appel-1-tel": "0200000004",
    "materiel-0": "Masques FFP2", "materiel-0-nombre": "400", "materiel-0-unite": "masques",
    "materiel-0-seuil": "500", "materiel-0-lieu": "Pharmacie du Port",
    "relais-anne-le-goff": "oui", "relais-bernard-roux": "oui", "heure": "18", "vu": "0",
}  # fmt: skip
ROUX, GOFF = "Practitioner/bernard-roux", "Practitioner/anne-le-goff"


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_community(screen)
        nora = await screen.person("nora.belkacem")
        empty = await nora.post("/crise", cpts=f"Organization/{CPTS}", nature="canicule")
        assert "Préparez d’abord le plan" in empty.text
        assert (await nora.post("/crise/plan", **PLAN)).status_code == 303
        yield screen


async def _open(person: Person, kind: str) -> str:
    form = {"numero": str(uuid4()), "cpts": f"Organization/{CPTS}", "nature": kind}
    answer = await person.post("/crise", **form)
    assert answer.status_code == 303, answer.text
    assert (await person.post("/crise", **form)).headers["location"] == answer.headers["location"]
    return str(answer.headers["location"])


async def _seen(person: Person, path: str, key: str) -> str:
    """The version that a form of the page names."""
    found = re.search(rf'name="cle" value="{key}"><input type="hidden" name="vu" value="(\d+)"',
                      (await person.get(path)).text)  # fmt: skip
    assert found
    return found[1]


def _day(region: Screen, who: str, **more: str) -> dict[str, str]:
    numbers = {
        "demandes": "12", "sans-reponse": "0", "visites": "4", "urgences": "0", "absents": "1", "fermes": "0",
    }  # fmt: skip
    day = region.clock().date().isoformat()
    return {"geste": "jour", "jour": day, "relais": who, "vu": "0"} | numbers | more


@pytest.mark.requirement("B6.5")
async def test_one_press_opens_the_cell_of_the_plan(region: Screen) -> None:
    nora, anne = await region.person("nora.belkacem"), await region.person("dr.legoff")
    place = await _open(nora, "canicule")
    other = await _open(anne, "canicule")  # she stands in for a role; one runs at a time
    assert other == place
    told = await anne.text(place)
    for words in ("Pilotage de la cellule", "02 00 00 00 01", "SAMU A", "Masques FFP2 400 masques",
                  "sous le seuil de 500", "anne-le-goff"):  # fmt: skip
        assert words in told, words

    roux = await region.person("dr.roux")  # a member who has no role reads, and opens nothing
    assert "Masques FFP2" in await roux.text(place)
    refused = await roux.post("/crise", cpts=f"Organization/{CPTS}", nature="coupure")
    assert refused.status_code == 403
    assert (await roux.get("/crise/plan")).status_code == 403
    for user in ("paul.rey", "helene.costa"):
        stranger = await region.person(user)
        assert (await stranger.get(place)).status_code == 404
        assert (await stranger.get(f"{place}/situation.csv")).status_code == 404
        assert (await stranger.get("/crise")).status_code == 403
        assert (await stranger.post(place, **_day(region, ROUX))).status_code == 404
    for user in ("jeanne.bertin", "julie.perret"):
        assert (await (await region.person(user)).get(place)).status_code == 403


@pytest.mark.requirement("B6.5")
async def test_calls_roles_and_stock_are_told_by_whom_and_when(region: Screen) -> None:
    nora, roux = await region.person("nora.belkacem"), await region.person("dr.roux")
    place = await _open(nora, "epidemie")
    missed = {"geste": "pas-joint", "cle": "1", "vu": "0"}
    assert (await nora.post(place, **missed)).status_code == 303
    assert (await nora.post(place, **missed)).status_code == 303  # pressed twice: one line
    seen = await _seen(nora, place, "1")
    assert (await nora.post(place, geste="joint", cle="1", vu=seen)).status_code == 303
    told = await nora.text(place)
    assert told.count("Nora Belkacem") >= 3, "who opened, who tried, who reached"
    assert told.index("Joint, ") < told.index("Pas joint, ")
    stale = await nora.post(place, geste="pas-joint", cle="1", vu=seen)
    assert stale.status_code == 409

    changed = await nora.post(place, geste="suppleant", cle="pilote", vu="0")
    assert changed.status_code == 303
    assert "Le titulaire reprend" in await nora.text(place)
    assert (await nora.post(place, geste="stock", cle="0", vu="0", nombre="900")).status_code == 303
    assert "sous le seuil" not in await nora.text(place)
    wrong = await nora.post(place, geste="stock", cle="0", vu=await _seen(nora, place, "0"),
                            nombre="-4")  # fmt: skip
    assert wrong.status_code == 422
    line = {"materiel": "Véhicules", "nombre": "2", "unite": "voitures", "seuil": "1"}
    assert (await nora.post(place, geste="ajouter", **line)).status_code == 303
    assert "Véhicules 2 voitures" in await nora.text(place)
    assert (await roux.post(place, geste="joint", cle="0", vu="0")).status_code == 403


@pytest.mark.requirement("B6.5")
async def test_a_day_is_told_amended_never_overwritten_and_shared(region: Screen) -> None:
    nora, roux = await region.person("nora.belkacem"), await region.person("dr.roux")
    perret = await region.person("julie.perret")
    place = await _open(nora, "afflux")
    assert (await roux.post(place, **_day(region, ROUX))).status_code == 303
    assert (await roux.post(place, **_day(region, GOFF))).status_code == 403, "not his numbers"
    empty = await nora.post(place, **_day(region, GOFF, visites=""))
    assert "Visites à domicile faites : écrivez" in empty.text, "what is not told is not zero"
    told = await nora.text(place)
    assert re.search(r"(En retard|Attendus avant 18 h) anne-le-goff", told)

    page = (await roux.get(place)).text
    seen = re.search(r'id="saisie".*?name="vu" value="(\d+)"', page, re.DOTALL)
    assert seen
    amend = _day(region, ROUX, demandes="15", vu=seen[1])
    assert "Dites pourquoi ces nombres changent" in (await roux.post(place, **amend)).text
    assert (await roux.post(place, **amend, pourquoi="tardif")).status_code == 303
    late = await nora.post(
        place, **_day(region, ROUX, demandes="99", vu=seen[1]), pourquoi="saisie"
    )
    assert late.status_code == 409, "who amends what was amended since is told so"
    assert 'value="99"' in late.text, "what was typed stays"
    table = (await roux.get(f"{place}/situation.csv")).text
    assert ";12;0;4;0;1;0;1;;" in table
    assert ";15;0;4;0;1;0;2;Nombre connu plus tard;" in table

    assert "Afflux" not in await perret.text("/crise"), "nothing is shared by itself"
    today = region.clock().date().isoformat()
    assert (await roux.post(place, geste="partager", jour=today)).status_code == 403
    assert (await nora.post(place, geste="partager", jour=today)).status_code == 303
    assert "Afflux de victimes ou de patients" in await perret.text("/crise")
    shared = (await perret.get("/crise/partages.csv")).text
    assert f"{today};15;0;4;0;1;0;1;2;1;" in shared
    for word in ("roux", "Roux", "02 00", "Mairie", "Masques"):
        assert word not in shared
        assert word not in await perret.text("/crise")
    assert (await nora.get("/crise/partages.csv")).status_code == 403

    assert (await nora.post(place, **_day(region, GOFF, demandes="3"))).status_code == 303
    assert "a changé depuis" in await nora.text(place)
    assert (await nora.post(place, geste="clore", bilan="court")).status_code == 422
    bilan = "Les visites ont tenu ; il faut un second véhicule au plan."
    assert (await nora.post(place, geste="clore", bilan=bilan)).status_code == 303
    assert bilan in await roux.text("/crise")
    after = await nora.post(place, **_day(region, GOFF, vu="0"))
    assert after.status_code == 409


@pytest.mark.requirement("B6.5")
async def test_who_has_not_told_today_is_named(region: Screen) -> None:
    nora = await region.person("nora.belkacem")
    place = await _open(nora, "intemperies")
    await nora.post(place, **_day(region, ROUX))
    region.ahead = timedelta(days=1)
    try:
        later = await region.person("nora.belkacem")
        told = await later.text(place)
        assert re.search(r"(En retard|Attendus avant 18 h) anne-le-goff, bernard-roux", told)
    finally:
        region.ahead = timedelta()


@pytest.mark.requirement("B6.5")
async def test_a_plan_that_does_not_hold_comes_back_as_it_was_typed(region: Screen) -> None:
    nora = await region.person("nora.belkacem")
    stale = await nora.post("/crise/plan", **PLAN)
    assert stale.status_code == 422
    assert "Le plan a changé depuis" in stale.text
    number = re.search(r'name="vu" value="(\d+)"', (await nora.get("/crise/plan")).text)
    assert number
    odd = PLAN | {
        "vu": number[1], "role-pilote-suppleant": "Practitioner/nora-belkacem",
        "appel-0-tel": "jamais", "materiel-0-nombre": "beaucoup", "relais-anne-le-goff": "",
        "relais-bernard-roux": "", "heure": "30", "role-soins": "Practitioner/paul-rey",
    }  # fmt: skip
    refused = await nora.post("/crise/plan", **odd)
    for said in ("nommez un suppléant", "donnez un nom et un téléphone", "Masques FFP2 : écrivez",
                 "Dites qui donne les nombres", "Donnez une heure"):  # fmt: skip
        assert said in refused.text, said
    assert 'value="jamais"' in refused.text
    assert "paul-rey" not in refused.text, "who is no member holds no role"
