"""Every route is guarded, every form has its token, every error is a French page."""

from __future__ import annotations

import httpx
import pytest
from sample_record import NOW, SampleAccounts, SampleRecords
from starlette.routing import Route
from visiting import Visit

from cordee.runtime.errors import Unavailable
from cordee.web.application import create_web, page_routes
from cordee.web.guarding import LINK_PREFIXES, PUBLIC_PATHS, safe_path
from cordee.web.ports import WebPorts, WebSettings
from cordee.web.sessions import COOKIE, form_token, unseal


async def test_every_page_asks_to_sign_in(visit: Visit) -> None:
    for route in page_routes():
        assert isinstance(route, Route)
        path = route.path.replace("{patient_id}", "p-7f3a").replace("{number}", "1")
        if path in PUBLIC_PATHS or path.startswith(LINK_PREFIXES):
            continue
        for method in route.methods or ():
            answer = await visit.client.request(method, path)
            assert (answer.status_code, answer.headers["location"][:10]) == (303, "/connexion")


async def test_every_record_route_refuses_a_role_without_records(visit: Visit) -> None:
    await visit.enter("perret")
    routes = [one for one in page_routes() if isinstance(one, Route)]
    read = {one.path for one in routes if "GET" in (one.methods or ())}

    for route in routes:
        if "patient_id" in route.path:
            path = route.path.replace("{patient_id}", "p-7f3a")
            if route.path in read:
                answer = await visit.client.get(path)
            else:
                answer = await visit.client.post(
                    path, data={"jeton": await visit.token("/raccourcis")}
                )
            assert answer.status_code == 403, route.path


async def test_every_form_is_refused_without_its_token(visit: Visit) -> None:
    posted = [r.path for r in page_routes() if isinstance(r, Route) and "POST" in (r.methods or ())]
    assert sorted(posted) == [
        "/", "/a-prevenir/{number}", "/abonnements", "/administration/hub", "/administration/sas",
        "/agenda/liens", "/applications", "/autoriser/{name}", "/avis", "/campagnes/kits",
        "/campagnes/nouvelle", "/campagnes/{number}", "/campagnes/{number}/bilan",
        "/campagnes/{number}/courriers", "/campagnes/{number}/mes-patients", "/confirmer",
        "/connexion", "/connexion/cle", "/connexion/code", "/connexion/mot-de-passe",
        "/connexion/situation", "/crise", "/crise/plan", "/crise/{number}", "/deconnexion",
        "/depots-dmp", "/epidemies", "/epidemies/{number}", "/evenements-recus/tout-lu",
        "/evenements-recus/{number}", "/file-active", "/formations", "/formations/{number}",
        "/groupes-a-risque", "/groupes-a-risque/{number}", "/hospiconnect/agents",
        "/hospiconnect/cibles", "/hospiconnect/temporaires", "/identites/collisions/{number}",
        "/identites/creation", "/identites/fusions/{number}", "/identites/inconnu",
        "/identites/leger", "/identites/recherche", "/identites/taches/{number}", "/invitation",
        "/latence", "/lire/{secret}", "/matrice", "/mes-acces/{number}", "/mes-actions/{number}",
        "/mes-choix", "/mes-choix/documents", "/mes-creneaux", "/mes-creneaux/orientation",
        "/mes-droits", "/mes-invitations", "/mes-proches", "/mes-proches/modifier/{mandate}",
        "/mes-proches/{mandate}/entourage", "/messagerie", "/messagerie/absence",
        "/messagerie/nouveau", "/messagerie/{thread}", "/messagerie/{thread}/dossier",
        "/nomenclature-des-plans", "/offres", "/offres/{number}",
        "/patients/{patient_id}/abonnements", "/patients/{patient_id}/agenda",
        "/patients/{patient_id}/agenda/{number}", "/patients/{patient_id}/applications",
        "/patients/{patient_id}/bris-de-glace", "/patients/{patient_id}/campagnes",
        "/patients/{patient_id}/cercle", "/patients/{patient_id}/cercle/inviter",
        "/patients/{patient_id}/cercle/ouvrir", "/patients/{patient_id}/chariot",
        "/patients/{patient_id}/chariot/{number}", "/patients/{patient_id}/concertations/nouvelle",
        "/patients/{patient_id}/concertations/{number}", "/patients/{patient_id}/conciliations",
        "/patients/{patient_id}/conciliations/{number}", "/patients/{patient_id}/consultation",
        "/patients/{patient_id}/demandes/nouvelle/{number}",
        "/patients/{patient_id}/demandes/{number}", "/patients/{patient_id}/documents/deposer",
        "/patients/{patient_id}/documents/{number}/remplacer",
        "/patients/{patient_id}/documents/{number}/retirer", "/patients/{patient_id}/dui/reprises",
        "/patients/{patient_id}/dui/reprises/{number}", "/patients/{patient_id}/evaluations",
        "/patients/{patient_id}/evaluations/{number}",
        "/patients/{patient_id}/evaluations/{number}/{part}", "/patients/{patient_id}/faits",
        "/patients/{patient_id}/identite", "/patients/{patient_id}/liaison",
        "/patients/{patient_id}/messages/nouveau", "/patients/{patient_id}/nouvelles",
        "/patients/{patient_id}/passage/entree", "/patients/{patient_id}/passage/{number}",
        "/patients/{patient_id}/passage/{number}/compte-rendu",
        "/patients/{patient_id}/plans/nouveau", "/patients/{patient_id}/plans/{number}",
        "/patients/{patient_id}/plans/{number}/avis",
        "/patients/{patient_id}/plans/{number}/besoins",
        "/patients/{patient_id}/plans/{number}/depot", "/patients/{patient_id}/plans/{number}/etat",
        "/patients/{patient_id}/plans/{number}/objectifs",
        "/patients/{patient_id}/plans/{number}/suivi", "/patients/{patient_id}/pourquoi",
        "/patients/{patient_id}/proches", "/patients/{patient_id}/projet",
        "/patients/{patient_id}/projet/{number}", "/patients/{patient_id}/protocoles/{number}",
        "/patients/{patient_id}/relais-dac/{number}", "/patients/{patient_id}/sas",
        "/patients/{patient_id}/sejour", "/patients/{patient_id}/soins",
        "/patients/{patient_id}/soins-non-programmes", "/patients/{patient_id}/soins/{number}",
        "/patients/{patient_id}/sorties/{number}", "/patients/{patient_id}/sorties/{number}/appel",
        "/patients/{patient_id}/sorties/{number}/lettre",
        "/patients/{patient_id}/sorties/{number}/relais/{kind}",
        "/patients/{patient_id}/transmissions", "/patients/{patient_id}/urgences/envoi",
        "/patients/{patient_id}/urgences/{number}", "/patients/{patient_id}/vaccination",
        "/patients/{patient_id}/visite", "/patients/{patient_id}/visite/photos",
        "/patients/{patient_id}/visite/photos/{number}", "/place-de-marche",
        "/place-de-marche/{number}", "/population/alignement", "/population/alignement/{number}",
        "/population/cohorte", "/population/qualite/tickets",
        "/population/qualite/tickets/{number}", "/population/{indicator}/implantation",
        "/population/{indicator}/versions", "/prevention",
        "/prevention/journees/{number}", "/prevention/{number}", "/protection/acces/{key}",
        "/protection/alertes", "/protection/conservation", "/protection/demandes",
        "/protection/demandes/{key}", "/protection/incidents", "/protection/incidents/{key}",
        "/protection/signalements/{key}", "/raccourcis", "/regulation/appels/{number}",
        "/regulation/conventions", "/regulation/delestage", "/regulation/demandes/{number}",
        "/regulation/dossiers", "/regulation/dossiers/{number}",
        "/regulation/dossiers/{number}/consigne", "/regulation/dossiers/{number}/decision",
        "/regulation/dossiers/{number}/heure", "/regulation/dossiers/{number}/ligne",
        "/regulation/dossiers/{number}/moyens/{mission}", "/regulation/dossiers/{number}/personne",
        "/regulation/dossiers/{number}/texte", "/regulation/formation",
        "/regulation/formation/cas/{number}", "/regulation/formation/{number}",
        "/regulation/mutualisation", "/regulation/osnp/{number}",
        "/regulation/osnp/{number}/creneaux", "/regulation/papier", "/regulation/place-de-marche",
        "/regulation/place-de-marche/{number}", "/regulation/poste", "/regulation/simulation",
        "/regulation/simulation/{number}/joindre", "/regulation/territoires/{centre}",
        "/relais-domicile/{number}", "/repondre/{secret}", "/reprise", "/securite/application",
        "/securite/application/code", "/securite/application/retrait", "/securite/cle",
        "/securite/cle/retrait", "/securite/code-court", "/securite/codes", "/securite/identites",
        "/securite/mot-de-passe", "/securite/sessions", "/soins-non-programmes",
        "/soins-non-programmes/{number}", "/urgences/capacites/declarer", "/verrou", "/verrouiller",
    ]  # fmt: skip
    await visit.enter()

    for path in posted:
        for token in ("", "a.b", "a"):
            answer = await visit.client.post(path, data={"jeton": token, "q": "morvan"})
            # What a link opens has no session: its secret is asked for instead.
            expected = 404 if path.startswith(LINK_PREFIXES) else 403
            assert answer.status_code == expected, path
            assert "MORVAN" not in answer.text


async def test_the_token_of_another_session_is_refused(visit: Visit) -> None:
    stranger = await visit.token()
    visit.client.cookies.clear()
    await visit.enter()

    answer = await visit.client.post("/", data={"jeton": stranger, "q": "morvan"})

    assert answer.status_code == 403


async def test_a_forged_or_old_cookie_opens_nothing(visit: Visit) -> None:
    await visit.enter()
    good = visit.client.cookies[COOKIE]

    for bad in (good[:-1] + ("0" if good[-1] != "0" else "1"), "x", "é.é".encode().hex(), "a.b"):
        visit.client.cookies.clear()
        visit.client.cookies.set(COOKIE, bad)
        assert (await visit.client.get("/")).status_code == 303


async def test_who_is_not_in_the_list_does_not_enter(visit: Visit) -> None:
    for form in ({"compte": "nobody"}, {}, {"utilisateur": "le-goff", "mot-de-passe": "secret"}):
        answer = await visit.client.post("/connexion", data={"jeton": await visit.token(), **form})

        assert answer.status_code == 422
        assert "Choisissez une personne de la liste" in answer.text
        assert (await visit.client.get("/")).status_code == 303


@pytest.mark.requirement("A2.1")
async def test_production_shows_no_account_and_takes_no_button() -> None:
    settings = WebSettings(key=b"k" * 32, clock=lambda: NOW, has_secure_cookies=True)
    app = create_web(WebPorts(SampleAccounts(), SampleRecords()), settings)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://screen") as client:
        page = await client.get("/connexion")
        session = unseal(client.cookies[COOKIE], settings)
        assert session
        token = form_token(session, settings.key)
        answer = await client.post("/connexion", data={"jeton": token, "compte": "le-goff"})

    assert "Le Goff" not in page.text
    for text in (page.text, answer.text):
        assert "Entrer avec mon compte" in text
    assert "Secure" in page.headers["set-cookie"]
    assert answer.status_code == 422


async def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        create_web(WebPorts(SampleAccounts(), SampleRecords()), WebSettings(key=b"short"))


async def test_errors_are_french_pages(visit: Visit) -> None:
    await visit.enter()
    cases = [("GET", "/nulle-part", 404, "Page introuvable")]
    cases += [("PUT", "/raccourcis", 405, "Action impossible ici")]
    cases += [("GET", "/patients/nobody", 404, "Page introuvable")]

    for method, path, status, words in cases:
        answer = await visit.client.request(method, path)
        assert (answer.status_code, words in answer.text) == (status, True)


async def test_a_store_that_does_not_answer_is_said(visit: Visit) -> None:
    await visit.enter()
    visit.records.failure = Unavailable("down")

    answer = await visit.client.get("/patients/p-7f3a")

    assert answer.status_code == 503
    assert "Service non disponible" in answer.text


async def test_a_bug_shows_no_detail_and_keeps_the_headers(visit: Visit) -> None:
    await visit.enter()
    visit.records.failure = RuntimeError("secret of MORVAN")

    answer = await visit.client.get("/patients/p-7f3a")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "nonce-" in answer.headers["content-security-policy"]


async def test_a_fragment_after_the_session_goes_to_sign_in(visit: Visit) -> None:
    answer = await visit.client.get("/patients/p-7f3a", headers={"HX-Request": "true"})

    assert answer.headers["hx-redirect"] == "/connexion"
    assert answer.text == ""


async def test_headers_of_a_page_and_of_a_file(visit: Visit) -> None:
    page = await visit.client.get("/connexion")
    file = await visit.client.get("/static/css/tokens.css?v=1")

    assert page.headers["cache-control"] == "no-store"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "HttpOnly" in page.headers["set-cookie"]
    assert "immutable" in file.headers["cache-control"]
    assert "set-cookie" not in file.headers


async def test_the_record_page_is_small(visit: Visit) -> None:
    await visit.enter()

    answer = await visit.client.get("/patients/p-7f3a", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 30_000


def test_only_our_paths_are_followed_after_sign_in() -> None:
    assert safe_path("/patients/1") == "/patients/1"
    for bad in ("//evil.example", "/\\evil.example", "https://evil.example", "", "/connexion?x"):
        assert safe_path(bad) == "/"
