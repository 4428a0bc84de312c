"""The catalogue on screen and as JSON-LD; an indicator as Measure and MeasureReport."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cordee.fhir.validation.validate import validate
from populated import populated
from running import Ground
from trusted import Screen, plain

PAGE = "/population/catalogue"
MEASURE = "/population/diabete/mesure.json"
MASKED = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    """One region for the module: pages only read."""
    async with populated(ground, 1200) as running:
        yield running


def counts(some: dict[str, Any]) -> tuple[int, ...]:
    return tuple(one["count"] for one in some.get("population", ()))


@pytest.mark.parametrize(
    "path",
    [PAGE, f"{PAGE}.jsonld", f"{PAGE}/validation", f"{PAGE}/indicateur-diabete", MEASURE],
)
async def test_who_steers_the_region_reads_and_nobody_else(screen: Screen, path: str) -> None:
    assert (await (await screen.person("julie.perret")).get(path)).status_code == 200
    for other in ("dr.legoff", "admin", "jeanne.bertin"):
        assert (await (await screen.person(other)).get(path)).status_code == 403, other
    assert (await (await screen.stranger()).get(path)).status_code in {303, 401}


@pytest.mark.requirement("G1.9")
async def test_a_dataset_is_found_read_and_followed_to_where_it_comes_from(
    screen: Screen,
) -> None:
    julie = await screen.person("julie.perret")
    assert "Diabète : personnes traitées ou suivies" in plain(await julie.get(PAGE))
    found = plain(await julie.get(f"{PAGE}?nature=indicateur&texte=grippe"))
    assert "Diabète : personnes" not in found
    assert "Aucun jeu de données" in plain(await julie.get(f"{PAGE}?texte=introuvable"))
    one = await julie.get(f"{PAGE}/indicateur-diabete")
    assert 'href="/population/catalogue/faits-result"' in one.text
    facts = await julie.get(f"{PAGE}/faits-result")
    assert "LOINC" in plain(facts)
    assert 'href="/population/catalogue/indicateur-diabete"' in facts.text
    assert (await julie.get(f"{PAGE}/none")).status_code == 404
    told = (await julie.get(f"{PAGE}.jsonld")).json()
    assert told["@type"] == "dcat:Catalog"
    alone = (await julie.get(f"{PAGE}.jsonld?jeu=faits-result")).json()
    assert alone["dct:identifier"] == "faits-result"
    assert (await julie.get(f"{PAGE}.jsonld?jeu=none")).status_code == 404
    checked = plain(await julie.get(f"{PAGE}/validation"))
    assert "Rien ne manque" in checked


@pytest.mark.parametrize("level", ["commune", "epci", "region"])
async def test_a_report_tells_the_numbers_of_the_file_and_masks_the_same(
    screen: Screen, level: str
) -> None:
    julie = await screen.person("julie.perret")
    asked = f"niveau={level}&lecture=brut"
    told = (await julie.get(f"{MEASURE}?{asked}")).json()
    resources = {one["resource"]["resourceType"]: one["resource"] for one in told["entry"]}
    for one in (told, *resources.values()):
        assert [issue for issue in validate(one) if issue.severity in {"error", "fatal"}] == []
    report = resources["MeasureReport"]
    assert report["measure"].startswith(resources["Measure"]["url"])
    text = (await julie.get(f"/population/diabete/nombres.csv?{asked}")).text
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    strata = report["group"][0]["stratifier"][0]["stratum"]
    assert [one["value"]["text"] for one in strata] == [one["territoire"] for one in lines]
    masked = 0
    for one, line in zip(strata, lines, strict=True):
        if line["cas"] == "non publié":
            masked += 1
            assert counts(one) == ()
            assert one["measureScore"]["extension"][0] == {"url": MASKED, "valueCode": "masked"}
        else:
            assert counts(one) == (int(line["cas"]), int(line["personnes"]))
            value = next(float(line[name]) for name in line if name.startswith("valeur"))
            assert one["measureScore"]["value"] == pytest.approx(value, abs=0.06)
    assert all(min(counts(one)) >= 11 for one in strata if counts(one))
