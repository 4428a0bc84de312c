"""SC6, steps 1 to 4: an unknown person, two Marie Martin, a wrong fusion, a changed name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from demonstration import Region
from playwright.async_api import Page, expect

from presence import need

SOPHIE, THOMAS, BENALI = "Sophie Mercier", "Thomas André", "Dr Yacine Benali"
LE_GOFF, JEANNE = "Dr Anne Le Goff", "Jeanne Bertin"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
MARIE, OTHER = "marie-martin-a", "marie-martin-b"


async def enter(region: Region, page: Page, who: str) -> None:
    await page.context.clear_cookies()
    await page.goto(f"{region.url}/connexion")
    await page.get_by_role("button", name=who).first.click()
    await page.wait_for_url(f"{region.url}/")


async def search(region: Region, page: Page, name: str, born: str) -> None:
    await page.goto(f"{region.url}/identites/recherche")
    await page.get_by_label("Nom de naissance").fill(name)
    await page.get_by_label("Date de naissance").fill(born)
    await page.get_by_role("main").get_by_role("button", name="Rechercher").click()


async def groups(region: Region, key: str) -> set[str]:
    async with region.system() as reader:
        found = await reader.get(
            "Observation", params={"patient": key, "code": "http://loinc.org|882-1"}
        )
    entries = found.json().get("entry", ())
    return {one["resource"]["valueCodeableConcept"]["text"] for one in entries}


@pytest.mark.requirement("A1.1")
async def test_a_file_is_created_after_a_search_over_the_region(region: Region, page: Page) -> None:
    await enter(region, page, BENALI)
    await page.get_by_role("link", name=re.compile("Rechercher une identité")).click()
    await search(region, page, "ma", "14/07/1961")
    await expect(page.get_by_role("alert")).to_contain_text("trois premières lettres")

    await search(region, page, "mar", "14/07/1961")  # nobody of Dr Benali's circle
    rows = page.locator("ol.found > li")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text("Identité qualifiée")
    await expect(rows.nth(1)).to_contain_text("Identité provisoire")
    await expect(rows.nth(0)).to_contain_text("même date de naissance")

    await search(region, page, "Tournefeuille", "02/02/1988")
    await expect(page.get_by_text("Aucun dossier ne ressemble")).to_be_visible()
    await page.get_by_role("button", name="Créer une identité").click()
    await page.get_by_label("Prénoms de naissance").fill("Agathe Reine")
    await page.get_by_label("Sexe").select_option("F")
    await page.get_by_role("button", name="Créer l’identité provisoire").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("TOURNEFEUILLE")
    await expect(page.locator(".ident").first).to_have_text("Identité provisoire")
    key = page.url.split("/")[-2]
    async with region.person("dr.benali") as doctor:
        made = (await doctor.get(f"Patient/{key}")).json()
    assert made["meta"]["profile"] == [
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient"
    ]
    trail = await region.trail("dr.benali")
    assert any(kind == "E" and text.startswith("identity search") for kind, text in trail)


@pytest.mark.requirement("A1.12")
async def test_monsieur_x_is_fictive_then_found_again_with_his_timeline(
    region: Region, page: Page
) -> None:
    await enter(region, page, BENALI)
    await page.goto(f"{region.url}/identites/recherche")
    await page.get_by_label("Âge approximatif, en années").fill("80")
    await page.locator("#sexe-inconnu").select_option("M")
    await page.get_by_role("button", name="Créer ce dossier").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("INCONNU-")
    await expect(page.get_by_text("Identité fictive.")).to_be_visible()
    await expect(page.get_by_role("button", name="Interroger l’INSi")).to_have_count(0)
    key = page.url.split("/")[-2]
    async with region.system() as laboratory:
        sample = {
            "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{key}"},
            "code": {"text": "Glycémie"},
        }  # fmt: skip
        assert (await laboratory.post("Observation", json=sample)).status_code == 201
        sent = (await laboratory.get(f"Patient/{key}")).text
        assert "1.2.250.1.213.1.4" not in sent

    await page.get_by_label("Nom de naissance").fill("Retrouvé")
    await page.get_by_label("Prénoms de naissance").fill("Lucien")
    await page.get_by_label("Date de naissance").fill("03/09/1946")
    await page.get_by_label("Sexe").select_option("M")
    await page.get_by_role("button", name="Donner ces traits au dossier").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("RETROUVE")
    await expect(page.get_by_text("Identité fictive.")).to_have_count(0)
    async with region.system() as laboratory:
        kept = await laboratory.get("Observation", params={"patient": key})
        patient = (await laboratory.get(f"Patient/{key}")).json()
    assert kept.json()["total"] == 1
    assert any(one["use"] == "old" for one in patient["name"])


@pytest.mark.requirement("A1.10")
async def test_a_person_under_an_alias_is_never_asked_for(region: Region, page: Page) -> None:
    await enter(region, page, BENALI)
    await page.goto(f"{region.url}/identites/recherche")
    await page.get_by_label("Âge approximatif, en années").fill("24")
    await page.get_by_label("Raison").select_option("accouchement-secret")
    await page.get_by_role("button", name="Créer ce dossier").click()

    await expect(page.get_by_text("Dossier sous alias.")).to_be_visible()
    await expect(page.get_by_role("button", name="Interroger l’INSi")).to_have_count(0)
    await expect(page.get_by_role("button", name="Donner ces traits au dossier")).to_have_count(0)


@pytest.mark.requirement("A1.6")
async def test_the_insi_says_several_then_one_and_a_document_qualifies(
    region: Region, page: Page
) -> None:
    await enter(region, page, BENALI)
    await search(region, page, "mar", "14/07/1961")
    await page.goto(f"{region.url}/patients/{OTHER}/identite")
    await page.get_by_role("button", name="Interroger l’INSi").click()
    await expect(page.locator("#gestes")).to_contain_text("00, une identité")
    await expect(page.locator(".ident").first).to_have_text("Identité récupérée")
    await page.get_by_label("Pièce que vous avez vue").select_option("CN")
    await page.get_by_role("button", name="J’ai contrôlé cette pièce").click()
    await expect(page.locator(".ident").first).to_have_text("Identité qualifiée")
    await page.get_by_label("Raison du doute").fill("Photo qui ne ressemble pas")
    await page.get_by_role("button", name="Revenir à provisoire").click()
    await expect(page.locator(".ident").first).to_have_text("Identité provisoire")


@pytest.mark.requirement("A1.6")
async def test_a_name_that_changed_is_a_task_of_the_day(region: Region, page: Page) -> None:
    await enter(region, page, SOPHIE)
    await page.get_by_role("link", name="Identitovigilance").click()
    row = page.locator("ul.entries > li", has_text="CAZALETTE")
    await expect(row).to_contain_text("réponse de l’INSi différente")
    await expect(row).to_contain_text("23 h 59")
    await row.get_by_role("link").click()
    await page.get_by_label("Note").fill("Nom vérifié sur la carte")
    await page.get_by_role("button", name="Clore la tâche").click()
    await expect(page.locator("ul.entries > li", has_text="CAZALETTE")).to_have_count(0)


@pytest.mark.requirement("A1.7")
async def test_a_wrong_fusion_is_frozen_split_and_undone(region: Region, page: Page) -> None:
    await enter(region, page, SOPHIE)
    await page.goto(f"{region.url}/patients/{MARIE}/identite")
    await page.get_by_label("Doublon possible du dossier numéro").fill(OTHER)
    await page.get_by_role("button", name="Comparer").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("une personne ou deux")
    await expect(page.locator("tr[data-diff]", has_text="Lieu de naissance")).to_be_visible()
    await page.get_by_label("Pourquoi c’est la même personne").fill("Même nom et même date")
    await page.get_by_role("button", name="Demander la fusion").click()
    await expect(
        page.get_by_text("Une autre personne de la cellule doit la valider.")
    ).to_be_visible()
    fusion = page.url

    await enter(region, page, THOMAS)
    await page.goto(fusion)
    await page.get_by_label("Pièce que vous avez vue").select_option("CN")
    await page.get_by_role("button", name="Fusionner, réversible 30 jours").click()
    await expect(page.get_by_role("heading", name="Défusionner")).to_be_visible()
    assert await groups(region, MARIE) == {"A+", "O+"}

    await page.goto(f"{region.url}/patients/{MARIE}/identite")
    await page.get_by_label("Mêlé depuis le").fill("01/01/2026")
    await page.get_by_label("Deux personnes dans ce dossier").fill("Deux groupes sanguins")
    await page.get_by_role("button", name="Geler le dossier").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Deux personnes dans un dossier"
    )
    readers = page.locator("section", has_text="Qui a lu ce dossier")
    await expect(readers).to_contain_text("test")  # the program that read both blood groups
    await expect(readers).not_to_contain_text("Sophie Mercier")  # who saw the traits alone
    collision = page.url
    listed = await (await page.request.get(f"{collision}/lecteurs.csv")).text()
    assert "Sophie" not in listed
    assert re.search(r"^test;", listed, re.MULTILINE)
    async with region.system() as laboratory:
        late = {
            "resourceType": "Observation", "status": "final", "code": {"text": "x"},
            "subject": {"reference": f"Patient/{MARIE}"},
        }  # fmt: skip
        assert (await laboratory.post("Observation", json=late)).status_code == 422
    await page.get_by_label("Numéro du dossier de l’autre personne").fill(OTHER)
    row = page.locator("li", has_text="Groupe sanguin").filter(has_text="03/09/2024")
    await row.get_by_role("button").click()
    await expect(page.get_by_text("1 élément rendu")).to_be_visible()

    await page.goto(fusion)
    await page.get_by_label("Pourquoi ce sont deux personnes").fill("Groupes sanguins différents")
    await page.get_by_role("button", name="Défusionner").click()
    await expect(page.get_by_text("défaite par Thomas André")).to_be_visible()
    await page.goto(collision)
    await page.get_by_role("link", name="Lettres aux patients").click()
    await expect(page.locator("article")).to_have_count(2)
    await page.goto(collision)
    await page.get_by_label("Ce qui a été fait").fill("Éléments rendus, lettres envoyées")
    await page.get_by_role("button", name="Clore et rouvrir le dossier").click()

    await expect(page.get_by_text("Collision close")).to_be_visible()
    assert await groups(region, MARIE) == {"A+"}
    assert await groups(region, OTHER) == {"O+"}


@pytest.mark.requirement("A1.4")
async def test_homonyms_kept_apart_show_it_on_every_screen(region: Region, page: Page) -> None:
    await enter(region, page, SOPHIE)
    await page.goto(f"{region.url}/identites")
    await page.get_by_role("link", name=re.compile("ROUSSELLE")).click()
    await page.get_by_role("button", name="Garder séparés").click()
    await expect(page.get_by_role("link", name=re.compile("ROUSSELLE"))).to_have_count(0)
    await page.goto(f"{region.url}/patients/colette-roussel/identite")
    await expect(page.get_by_role("alert")).to_contain_text("Homonyme.")

    await enter(region, page, "Dr Bernard Roux")
    await page.goto(f"{region.url}/patients/colette-roussel")
    for section in ("", "/resultats", "/traitements", "/problemes", "/documents", "/parcours"):
        await page.goto(f"{region.url}/patients/colette-roussel{section}")
        await expect(page.locator(".notice[data-level=critical]")).to_contain_text("Homonyme.")


@pytest.mark.requirement("A1.11")
async def test_figures_are_exported(region: Region, page: Page) -> None:
    await enter(region, page, SOPHIE)
    await page.goto(f"{region.url}/identites/indicateurs")
    await expect(page.get_by_role("table")).to_contain_text("%")
    answer = await page.request.get(f"{region.url}/identites/indicateurs.csv")
    lines = (await answer.text()).splitlines()
    assert lines[0].lstrip("\ufeff").split(";")[0] == "mois"
    assert len(lines) > 2
    tasks = await (await page.request.get(f"{region.url}/identites.csv")).text()
    assert tasks.lstrip("\ufeff").startswith("tâche;genre;dossiers;")
    assert len(tasks.splitlines()) > 1
    assert "CAZALETTE" not in tasks.upper().replace("INES-CAZALETTE", "")


async def test_nobody_reaches_an_identity_that_they_did_not_search(
    region: Region, page: Page
) -> None:
    await enter(region, page, "Dr Bernard Roux")
    answer = await page.goto(f"{region.url}/patients/ines-cazalette/identite")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (LE_GOFF, "/identites"),
        (LE_GOFF, "/identites.csv"),
        (LE_GOFF, "/identites/indicateurs"),
        (LE_GOFF, "/identites/taches/1"),
        (LE_GOFF, "/identites/fusions/1"),
        (LE_GOFF, "/identites/collisions/1"),
        (JEANNE, "/identites/recherche"),
        (JEANNE, "/patients/marie-martin-a/identite"),
    ],
)
async def test_who_is_not_of_the_cell_opens_none_of_it(
    region: Region, page: Page, who: str, path: str
) -> None:
    await enter(region, page, who)
    answer = await page.goto(f"{region.url}{path}")
    assert answer is not None
    assert answer.status == 403


async def test_no_page_has_a_serious_fault_nor_overflows_on_a_phone(
    region: Region, page: Page
) -> None:
    await enter(region, page, SOPHIE)
    script = need(AXE, "axe-core (run scripts/front_end.py)").read_text("utf-8")
    paths = ["/identites", "/identites/indicateurs", "/identites/recherche"]
    paths += ["/identites/taches/1", f"/patients/{MARIE}/identite"]
    wrong = []
    for path in paths:
        await page.set_viewport_size({"width": 320, "height": 800})
        await page.goto(f"{region.url}{path}")
        await page.evaluate(script)
        report = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        wrong += [
            (path, one["id"])
            for one in report["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        if await page.evaluate("document.documentElement.scrollWidth") > 320:
            wrong.append((path, "overflow"))
    assert wrong == []
