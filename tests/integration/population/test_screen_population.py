"""The pages of population health: who may read, the same numbers everywhere, nothing small."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import AsyncIterator

import pytest

from cordee.app.demo_population import WEIGHTS
from cordee.app.population import home_of
from cordee.population.home import Home
from populated import populated
from running import Ground
from trusted import Screen, plain, screen_on

PAGE = "/population/diabete"
PEOPLE = 1200


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    """One region for the module: pages only read."""
    async with populated(ground, PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def home(screen: Screen) -> Home:
    return home_of(screen.platform.parts.settings)


def table(text: str) -> dict[str, str]:
    """Name of the area -> its figure, from the table of the page."""
    part = text[text.index('id="t-nombres"') :]
    rows = re.findall(
        r'<th scope="row">(.*?)(?: <small>.*?)?</th><td class="n">.*?</td><td class="n"><b>(.*?)</b>',
        part,
    )
    return dict(rows)


def numbers(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.parametrize("path", ["/population", PAGE, f"{PAGE}/nombres.csv", f"{PAGE}/definition"])
async def test_who_steers_the_region_reads_and_nobody_else(screen: Screen, path: str) -> None:
    julie = await screen.person("julie.perret")
    assert (await julie.get(path)).status_code == 200
    for other in ("dr.legoff", "admin", "olivier.deschamps"):
        assert (await (await screen.person(other)).get(path)).status_code == 403, other
    stranger = await screen.stranger()
    assert (await stranger.get(path)).status_code in {303, 401}


@pytest.mark.requirement("G2.1", "G2.2")
async def test_the_map_the_table_and_the_file_say_the_same(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    shown: dict[str, str] = {}
    for first in (0, 20):
        shown |= table((await julie.get(f"{PAGE}?depuis={first}")).text)
    told = numbers((await julie.get(f"{PAGE}/nombres.csv")).text)
    value = next(one for one in told[0] if one.startswith("valeur"))
    assert len(told) == len(shown) == 32
    assert {one["territoire"]: one[value].replace(".", ",") for one in told} == shown
    titles = re.findall(r"<title>(.*?) : (.*?) \[", (await julie.get(PAGE)).text)
    assert {name.rpartition(" (")[0]: figure for name, figure in titles} == shown


async def test_three_epci_of_three_departements_stand_out(screen: Screen) -> None:
    page = await (await screen.person("julie.perret")).get(PAGE)
    assert "3 territoires se détachent" in plain(page)
    label = re.search(r"Les plus élevés\s:\s+(.*?)\.\"", page.text)
    assert label is not None
    assert {html.unescape(one).strip() for one in label[1].split(",")} == set(WEIGHTS)


@pytest.mark.requirement("G2.1")
@pytest.mark.parametrize("kind", ["brut", "lisse", "smr"])
async def test_other_figures_of_the_same_counts(screen: Screen, kind: str) -> None:
    julie = await screen.person("julie.perret")
    crude = numbers((await julie.get(f"{PAGE}/nombres.csv?lecture=brut")).text)
    told = numbers((await julie.get(f"{PAGE}/nombres.csv?lecture={kind}")).text)
    assert {one["territoire"]: one["cas"] for one in told} == {
        one["territoire"]: one["cas"] for one in crude
    }
    assert (await julie.get(f"{PAGE}?lecture={kind}")).status_code == 200


@pytest.mark.requirement("G2.1")
@pytest.mark.parametrize("level", ["commune", "epci", "departement", "region"])
@pytest.mark.parametrize("name", ["diabete", "suicide", "diabete-amputations", "urgences"])
async def test_nothing_under_eleven_is_told(screen: Screen, name: str, level: str) -> None:
    julie = await screen.person("julie.perret")
    told = numbers((await julie.get(f"/population/{name}/nombres.csv?niveau={level}")).text)
    for one in told:
        assert one["cas"] == "non publié" or int(one["cas"]) >= 11
    page = await julie.get(f"/population/{name}?niveau={level}")
    assert page.status_code == 200
    cells = re.findall(r'<td class="n">([\d\s\u202f]+)</td><td class="n"><b>', page.text)
    assert all(int(re.sub(r"\D", "", one)) >= 11 for one in cells)


@pytest.mark.requirement("G2.10")
@pytest.mark.parametrize("lens", ["quintile", "ruralite", "sexe", "age"])
async def test_an_indicator_is_seen_by_group(screen: Screen, lens: str) -> None:
    page = await (await screen.person("julie.perret")).get(f"{PAGE}?regard={lens}")
    assert "Équité" in plain(page)
    assert "fois le taux du premier" in plain(page)


@pytest.mark.requirement("G2.12")
async def test_what_it_rests_on_is_said_and_what_is_missing(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    page = plain(await julie.get(PAGE))
    assert "Assurance Maladie (synthétique)" in page
    assert "lue ici" in page
    lacking = plain(await julie.get("/population/urgences"))
    assert "Il manque une source" not in lacking
    assert (await julie.get("/population/delai-dac")).status_code == 404


@pytest.mark.requirement("G2.8")
async def test_weekly_events_and_what_the_sum_of_differences_says(screen: Screen) -> None:
    page = plain(await (await screen.person("julie.perret")).get("/population/urgences"))
    assert "Par semaine" in page
    assert "CUSUM" in page


@pytest.mark.parametrize(
    "query",
    ["niveau=x", "lecture=x", "reference=x", "jour=demain", "source=x", "regard=x"],
)
async def test_what_cannot_be_asked_is_refused(screen: Screen, query: str) -> None:
    answer = await (await screen.person("julie.perret")).get(f"{PAGE}?{query}")
    assert answer.status_code in {400, 422}


async def test_an_indicator_that_nobody_defined_is_not_found(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    for path in ("/population/rien", "/population/rien/definition", "/population/rien/nombres.csv"):
        assert (await julie.get(path)).status_code == 404


@pytest.mark.requirement("G2.3")
async def test_a_definition_is_readable(screen: Screen) -> None:
    page = plain(await (await screen.person("julie.perret")).get(f"{PAGE}/definition"))
    assert "les résultats de biologie 4548-4 ≥ 6,5 %" in page
    assert "Glycated" in page or "glycated" in page
    assert "au moins 3 jours" in page


async def test_an_installation_without_areas_says_so(ground: Ground) -> None:
    async with screen_on(ground) as bare:
        julie = await bare.person("julie.perret")
        assert (await julie.get(PAGE)).status_code == 404
        assert (await julie.get("/population")).status_code == 200


def test_what_was_released_is_remembered(home: Home) -> None:
    assert home.is_up_to_date()
    assert list((home.folder / "publications").glob("*.json"))


@pytest.mark.requirement("G2.9")
async def test_a_version_is_kept_as_it_was_and_compared_with_the_one_before(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    first = await julie.post(f"{PAGE}/versions?niveau=epci", note="Avant le bus")
    assert first.status_code == 303
    second = await julie.post(f"{PAGE}/versions?niveau=epci", note="Après")
    place, later = first.headers["location"], second.headers["location"]
    page = plain(await julie.get(place))
    assert "Avant le bus" in page
    assert "empreinte" in page
    live = {
        one["territoire"]: one["cas"]
        for one in numbers((await julie.get(f"{PAGE}/nombres.csv")).text)
    }
    kept = {
        one["territoire"]: one["cas"]
        for one in numbers((await julie.get(f"{place}/nombres.csv")).text)
    }
    assert kept == live
    assert "Depuis la version" in plain(await julie.get(later))
    assert "Avant le bus" in plain(await julie.get("/population/versions"))
    rows = await screen.rows(
        "SELECT has_table_privilege('cordee_app', 'population_snapshot', 'UPDATE, DELETE') AS may"
    )
    assert not rows[0]["may"]
    for other in ("dr.legoff", "admin"):
        stranger = await screen.person(other)
        assert (await stranger.get(place)).status_code == 403
        assert (await stranger.post(f"{PAGE}/versions", note="")).status_code == 403
    assert (await julie.get("/population/versions/999999")).status_code == 404
    assert (await julie.get("/population/versions/x")).status_code == 404


@pytest.mark.requirement("G2.5")
async def test_stops_are_compared_and_the_best_are_proposed(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    page = await julie.get(f"{PAGE}/implantation?a0=96008&a1=96105&b0=96031&arrets=3")
    told = plain(page)
    assert page.status_code == 200
    for word in ("Aujourd’hui", "Scénario A", "Scénario B", "Meilleure proposition, 3 arrêts"):
        assert word in told
    gains = [int(re.sub(r"\D", "", one)) for one in re.findall(r"<b>\+ ([^<]*)</b>", page.text)]
    assert len(gains) == 3
    assert gains[2] >= max(gains[:2])
    assert "aucun réseau routier n’est lu" in told
    assert (await julie.get(f"{PAGE}/implantation?a0=none")).status_code in {400, 422}
    assert (await julie.get(f"{PAGE}/implantation?arrets=99")).status_code in {400, 422}
    assert (await (await screen.person("dr.legoff")).get(f"{PAGE}/implantation")).status_code == 403


@pytest.mark.requirement("G2.5")
async def test_a_comparison_is_kept_as_a_proposal(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    address = f"{PAGE}/implantation?a0=96008&b0=96031&c0=96105&d0=96040&arrets=2"
    compared = await julie.get(address)
    assert "Scénario D" in plain(compared)
    gains = re.findall(r"<b>\+ ([^<]*)</b>", compared.text)
    assert len(gains) == 5
    made = await julie.post(address, note="Pour la commission de mars")
    assert made.status_code == 303
    place = made.headers["location"]
    kept = await julie.get(place)
    told = plain(kept)
    assert "Pour la commission de mars" in told
    assert re.findall(r"<b>\+ ([^<]*)</b>", kept.text) == gains
    again = re.search(r'href="([^"]*/implantation\?[^"]*)">Rouvrir', kept.text)
    assert again is not None
    assert html.unescape(again[1]) == address
    lines = numbers((await julie.get(f"{place}/nombres.csv")).text)
    assert [one["scénario"] for one in lines] == [
        "Aujourd’hui", "Scénario A", "Scénario B", "Scénario C", "Scénario D",
        "Meilleure proposition, 2 arrêts",
    ]  # fmt: skip
    assert [int(one["gain"]) for one in lines[1:]] == [int(re.sub(r"\D", "", x)) for x in gains]
    assert place in (await julie.get("/population/implantations")).text
    number = place.rpartition("/")[2]
    assert (await julie.get(f"/population/versions/{number}")).status_code == 404
    assert (await julie.post(f"{PAGE}/implantation?arrets=0", note="")).status_code == 400
    legoff = await screen.person("dr.legoff")
    for path in (place, f"{place}/nombres.csv", "/population/implantations"):
        assert (await legoff.get(path)).status_code == 403
    assert (await legoff.post(address, note="")).status_code == 403


@pytest.mark.requirement("G2.2")
async def test_charts_say_the_numbers_of_the_table_and_may_be_taken(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    path, query = "/population/urgences", "?lecture=brut"
    page = await julie.get(f"{path}{query}")
    assert page.text.count('<figure class="chart" data-drawn') == 2
    assert re.search(r'<svg role="img" aria-label="[^"]+" viewBox', page.text)
    assert 'stroke="var(--brand)"' in page.text
    assert not re.search(r"<svg[^>]*\sstyle=|<\w+ [^>]*\sstyle=", page.text)
    weeks = (await julie.get(f"{path}/graphiques/semaines.json{query}")).json()
    lines = re.findall(
        r'<th scope="row">(\d\d/\d\d/\d{4})</th><td class="n">([^<]*)</td>', page.text
    )
    told = {
        "/".join(reversed(one["week"].split("-"))): str(one["n"]) for one in weeks["data"]["values"]
    }
    shown = {day: re.sub(r"\D", "", n) for day, n in lines if day in told}
    assert len(shown) == 12
    assert shown.items() <= told.items()
    assert min(one["n"] for one in weeks["data"]["values"]) >= 11
    groups = (await julie.get(f"{path}/graphiques/groupes.json{query}&regard=sexe")).json()
    assert len(groups["data"]["values"]) == 2
    equity = plain(await julie.get(f"{path}{query}&regard=sexe"))
    for one in groups["data"]["values"]:
        assert str(one["value"]).replace(".", ",") in equity
    drawn = await julie.get(f"{path}/graphiques/groupes.svg{query}")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg")
    # A prevalence has no events by week; nothing else is a chart or a form of one.
    assert (await julie.get(f"{PAGE}/graphiques/semaines.json")).status_code == 404
    assert (await julie.get(f"{path}/graphiques/rien.svg")).status_code == 404
    assert (await julie.get(f"{path}/graphiques/groupes.png")).status_code == 404
    legoff = await screen.person("dr.legoff")
    for name in ("semaines.svg", "groupes.json"):
        assert (await legoff.get(f"{path}/graphiques/{name}")).status_code == 403


@pytest.mark.requirement("G1.10")
async def test_a_cohort_has_a_size_and_no_names_and_cannot_be_narrowed(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    path = "/population/cohorte"
    diabetic = {"nature0": "diagnosis", "codes0": "E11", "duree0": "ever"}
    first = await julie.post(path, sexe="", de="40", a="", **diabetic)
    assert first.status_code == 200
    told = re.search(r"<b>([^<]*) personnes</b>", first.text)
    assert told is not None
    assert " à " in told[1]
    again = await julie.post(path, sexe="", de="40", a="", **diabetic)
    assert told[1] in again.text
    near = await julie.post(path, sexe="", de="40", a="99", **diabetic)
    assert ("Pas de réponse" in plain(near)) or told[1] in near.text
    few = await julie.post(
        path, sexe="", de="", a="", nature0="act", codes0="NZFA", duree0="P12M",
        nature1="diagnosis", codes1="E10", duree1="ever",
    )  # fmt: skip
    assert "moins de 11" in plain(few)
    assert "Vos réponses sur ces données" in plain(few)
    for wrong in ({"codes0": "E11'", "nature0": "diagnosis"}, {"de": "x"}, {}):
        answer = await julie.post(path, **{"sexe": "", "de": "", "a": "", **wrong})
        assert answer.status_code == 422
        assert "E11'" not in wrong.get("codes0", "") or "E11&#39;" in answer.text
    for other in ("dr.legoff", "admin"):
        assert (await (await screen.person(other)).get(path)).status_code == 403
