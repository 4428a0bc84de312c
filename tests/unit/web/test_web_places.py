"""The map of the site names each page, and each of its links leads to one."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from cordee.web.application import page_routes
from cordee.web.guide.places import PARTS

# Reached from a page, by a step on the way in, or by a program; none is a place to go to by name.
REACHED = {
    "/hors-ligne.js", "/hors-ligne/jeton", "/hors-ligne/nuit",
    "/connexion", "/connexion/fournisseur", "/connexion/retour", "/confirmer", "/connexion/cle",
    "/securite/cle", "/connexion/code", "/connexion/mot-de-passe", "/connexion/situation",
    "/reprise", "/composants", "/evenements", "/crise/plan", "/regulation/evenements",
    "/population/qualite/tickets/nouveau",
}  # fmt: skip


@pytest.mark.requirement("A6.7")
def test_every_page_is_on_the_map_or_reached_from_one() -> None:
    pages = {
        one.path
        for one in page_routes()
        if isinstance(one, Route) and "GET" in (one.methods or ()) and "{" not in one.path
        and not one.path.endswith((".csv", ".jsonld", ".zip", ".json", ".xml", ".ics"))
    }  # fmt: skip
    named = {place.href for part in PARTS for place in part.places}

    assert pages - named == REACHED
    assert named <= pages
