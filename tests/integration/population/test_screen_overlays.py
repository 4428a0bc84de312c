"""Overlays, the gap index and open data on the screen: the same numbers, said where not told."""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import AsyncIterator

import pytest

from cordee.app import population_commands
from cordee.app.demo_population import make_population
from cordee.app.population import home_of, make_facts
from cordee.app.population_options import add_population_options
from cordee.population.gap import shipped
from cordee.web.population import words
from populated import populated
from running import Ground
from shared_data import shared
from trusted import Screen, plain, screen_on

PAGE = "/population/diabete"
ELSEWHERE = "/population/ailleurs"
PEOPLE = 1200


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    """One region for the module: pages only read."""
    async with populated(ground, PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def opened(screen: Screen) -> Screen:
    """The same with the public files taken in by the command."""
    parser = argparse.ArgumentParser()
    add_population_options(parser)
    options = parser.parse_args(["sources", str(shared("data/07-france"))])
    population_commands.run(options, screen.platform.parts.settings)
    return screen


def numbers(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def plainly(text: str) -> float:
    """A number of the page."""
    return float(text.strip().replace("−", "-").replace(",", "."))


@pytest.mark.parametrize(
    "path",
    [f"{PAGE}?calque=carence", f"{PAGE}/nombres.csv?calque=carence", ELSEWHERE],
)
async def test_who_steers_the_region_reads_and_nobody_else(screen: Screen, path: str) -> None:
    assert (await (await screen.person("julie.perret")).get(path)).status_code == 200
    for other in ("dr.legoff", "admin", "olivier.deschamps"):
        assert (await (await screen.person(other)).get(path)).status_code == 403, other
    stranger = await screen.stranger()
    assert (await stranger.get(path)).status_code in {303, 401}


@pytest.mark.requirement("G2.4")
@pytest.mark.parametrize("level", ["commune", "epci", "cpts", "departement", "region"])
@pytest.mark.parametrize("name", ["precarite", "distance", "equipes", "densite", "apl"])
async def test_an_overlay_has_a_pattern_a_legend_and_a_column(
    screen: Screen, name: str, level: str
) -> None:
    julie = await screen.person("julie.perret")
    bare = (await julie.get(f"{PAGE}?niveau={level}")).text
    page = (await julie.get(f"{PAGE}?niveau={level}&calque={name}")).text
    assert 'id="over-marks"' in page
    assert 'id="over-marks"' not in bare
    legend = re.search(r'<rect class="over".*?<span>(.*?)</span> <small>(\d+)</small>', page)
    assert legend is not None
    drawn = len(re.findall(r'<path class="over"', page))
    assert (drawn > 0) == (int(legend[2]) > 0)
    # The indicator itself is the same, with and without.
    steps = r'<path data-step="(\d)"'
    assert re.findall(steps, page) == re.findall(steps, bare)
    file = numbers((await julie.get(f"{PAGE}/nombres.csv?niveau={level}&calque={name}")).text)
    column = list(file[0])[-1]
    assert " ".join(column.split()) in plain(
        await julie.get(f"{PAGE}?niveau={level}&calque={name}")
    )
    assert all(one[column] for one in file) or name == "equipes"


@pytest.mark.requirement("G2.4")
async def test_teams_in_place_are_named_in_the_file(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    told = numbers((await julie.get(f"{PAGE}/nombres.csv?calque=equipes")).text)
    teams = {one["territoire"]: one["Équipes en place"] for one in told}
    assert "Équipe mobile diabète A" in teams["Grand Aubrey"]
    assert sum(1 for one in teams.values() if one) == 4


@pytest.mark.requirement("G2.4")
async def test_the_gap_is_seen_with_its_formula_and_recomputed_from_the_file(
    screen: Screen,
) -> None:
    """The index of each EPCI again, from the columns of the four files, by plain arithmetic."""
    julie = await screen.person("julie.perret")
    page = await julie.get(f"{PAGE}?calque=carence")
    said = plain(page)
    definition = shipped()
    assert definition.formula in said
    for term in definition.terms:
        for part in (term.label, term.date, term.origin):
            assert part in said
    columns: dict[str, dict[str, float]] = {}
    for name, sign in (("precarite", 1), ("densite", 1), ("distance", -1)):
        told = numbers((await julie.get(f"{PAGE}/nombres.csv?calque={name}")).text)
        columns[name] = {one["code"]: sign * float(list(one.values())[-1]) for one in told}
    file = numbers((await julie.get(f"{PAGE}/nombres.csv?calque=carence")).text)
    value = next(one for one in file[0] if one.startswith("valeur"))
    columns["valeur"] = {one["code"]: float(one[value]) for one in file}
    scores = {name: _scores(some) for name, some in columns.items()}
    assert len(file) == 32
    for one in file:
        code = one["code"]
        need = (scores["valeur"][code] + scores["precarite"][code]) / 2
        offer = (scores["densite"][code] + scores["distance"][code]) / 2
        # Of the value as it is told: more digits would tell of cells that stay inside.
        assert float(one["Indice de carence"]) == pytest.approx(need - offer, abs=2e-3)
        assert float(one["offre"]) == pytest.approx(offer, abs=2e-3)
    titles = re.findall(r"<title>([^<]*?) : ([^<(]*?) \(besoin", page.text)
    shown = {name.rpartition(" (")[0]: plainly(figure) for name, figure in titles}
    told = {one["territoire"]: float(one["Indice de carence"]) for one in file}
    assert shown == pytest.approx(told, abs=0.006)
    # The widest gap comes first, on the page as in the numbers.
    table = page.text[page.text.index('id="t-nombres"') :]
    lines = [plainly(one) for one in re.findall(r"<td>([^<(]*?) \(besoin", table)]
    assert lines == pytest.approx(sorted(told.values(), reverse=True), abs=0.006)
    steps = re.findall(r'<path data-step="(\d)"', page.text)
    assert steps != re.findall(r'<path data-step="(\d)"', (await julie.get(PAGE)).text)


def _scores(some: dict[str, float]) -> dict[str, float]:
    mean = sum(some.values()) / len(some)
    spread = (sum((one - mean) ** 2 for one in some.values()) / len(some)) ** 0.5
    return {code: (one - mean) / spread for code, one in some.items()}


@pytest.mark.requirement("G2.4")
async def test_what_is_not_told_has_no_index(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    seen = 0
    for level in ("commune", "epci", "departement"):
        for name in ("diabete", "diabete-pieds", "insuffisance-cardiaque", "suicide"):
            path = f"/population/{name}/nombres.csv?niveau={level}&calque=carence"
            for one in numbers((await julie.get(path)).text):
                if one["cas"] == "non publié":
                    seen += 1
                    assert one["Indice de carence"] == "non publié"
                    assert not one["besoin"]
    assert seen > 0


async def test_an_unknown_overlay_is_refused(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    for path in (f"{PAGE}?calque=x", f"{PAGE}/nombres.csv?calque=x"):
        assert (await julie.get(path)).status_code in {400, 422}


async def test_without_open_data_the_page_says_how_they_come(ground: Ground) -> None:
    async with screen_on(ground) as bare:
        julie = await bare.person("julie.perret")
        answer = await julie.get(ELSEWHERE)
        assert answer.status_code == 200
        assert "Aucune donnée ouverte n’est chargée" in plain(answer)
        assert (await julie.get(f"{ELSEWHERE}/nombres.csv")).status_code == 404
        assert (await (await bare.person("dr.legoff")).get(ELSEWHERE)).status_code == 403


@pytest.mark.requirement("G2.12")
async def test_each_source_has_its_day_and_a_missing_one_is_said(
    screen: Screen, ground: Ground
) -> None:
    julie = await screen.person("julie.perret")
    said = plain(await julie.get(PAGE))
    day = words.day(home_of(screen.platform.parts.settings).loaded()["assurance-maladie"])
    assert re.search(rf"Assurance Maladie \(synthétique\) lue ici [\d ]+ {day}", said)
    assert "Il manque une source" not in said
    async with screen_on(ground) as lacking:
        settings = lacking.platform.parts.settings
        make_population(settings, patients=PEOPLE, seed=7)
        (home_of(settings).source("assurance-maladie") / "diagnosis.parquet").unlink()
        make_facts(home_of(settings))
        page = await (await lacking.person("julie.perret")).get(PAGE)
        assert "Il manque une source : personne n’a transmis les diagnostics" in plain(page)


@pytest.mark.requirement("G2.12")
async def test_a_real_region_is_read_beside_ours_with_its_sources(opened: Screen) -> None:
    julie = await opened.person("julie.perret")
    page = await julie.get(ELSEWHERE)
    said = plain(page)
    for word in ("Diabète", "Ariège", "Haute-Garonne", "10 310", "1 444 990", "de 25 ans et plus"):
        assert word in said.replace("\u202f", " "), word
    assert len(re.findall(r'<path data-step="\d"', page.text)) == 13
    for word in ("Licence Ouverte", "Caisse nationale de l’Assurance Maladie", "2015 à 2022"):
        assert word in said
    assert "Groupes qui ne peuvent pas être lus dans ce fichier : Cancers" in said
    file = numbers((await julie.get(f"{ELSEWHERE}/nombres.csv")).text)
    assert len(file) == 13
    ariege = next(one for one in file if one["code"] == "09")
    assert (ariege["cas"], ariege["personnes"]) == ("10310", "155940")
    assert ariege["valeur standardisée, %"] == "7.9"
    assert ariege["licence"]
    gers = next(one for one in file if one["code"] == "32")
    assert gers["établissements (FINESS)"] == "non publié"
    assert '<path class="over"' in page.text
    for other in ("dr.legoff", "admin"):
        stranger = await opened.person(other)
        for path in (ELSEWHERE, f"{ELSEWHERE}/nombres.csv"):
            assert (await stranger.get(path)).status_code == 403
    # Our own region is the same beside it.
    assert "Grand Aubrey" in plain(await julie.get(PAGE))


@pytest.mark.requirement("G2.12")
async def test_a_cell_that_is_not_published_elsewhere_is_said(opened: Screen) -> None:
    julie = await opened.person("julie.perret")
    group = "effectifs-ameli:Insuffisance rénale chronique terminale"
    query = f"?groupe={group}&annee=2020"
    file = numbers((await julie.get(f"{ELSEWHERE}/nombres.csv{query}")).text)
    told = {one["code"]: one["valeur standardisée, pour 100 000 personnes"] for one in file} if (
        "valeur standardisée, pour 100 000 personnes" in file[0]
    ) else {one["code"]: one["valeur standardisée, %"] for one in file}  # fmt: skip
    assert {code for code, one in told.items() if one != "non publié"} == {"31", "65"}
    said = plain(await julie.get(f"{ELSEWHERE}{query}"))
    assert "11 territoires non publiés" in said
    assert "14 lignes laissées de côté" in said
    assert "de 35 à 39 ans" in said
    none = numbers((await julie.get(f"{ELSEWHERE}/nombres.csv?annee=2023")).text)
    assert {one["cas"] for one in none} == {"non publié"}
    assert (await julie.get(f"{ELSEWHERE}?annee=2023")).status_code == 200


@pytest.mark.parametrize("query", ["groupe=x", "annee=x", "annee=1900", "sexe=x", "profession=x"])
async def test_what_cannot_be_asked_elsewhere_is_refused(opened: Screen, query: str) -> None:
    answer = await (await opened.person("julie.perret")).get(f"{ELSEWHERE}?{query}")
    assert answer.status_code in {400, 422}
