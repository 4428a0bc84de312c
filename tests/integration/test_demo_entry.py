"""The demonstration: one click enters, and local accounts are not there."""

from __future__ import annotations

import re

import httpx
import pytest

from cordee.app.screen import make_screen
from running import Ground, platform_on


@pytest.mark.requirement("A2.1")
async def test_a_click_enters_and_passwords_do_not(ground: Ground) -> None:
    async with platform_on(ground, mode="demo") as platform:
        transport = httpx.ASGITransport(make_screen(platform.parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://screen") as client:
            page = (await client.get("/connexion")).text
            found = re.search(r'name="jeton" value="([^"]+)"', page)
            assert found
            typed = {"jeton": found[1], "identifiant": "dr.legoff", "mot-de-passe": "x"}
            assert (await client.post("/connexion", data=typed)).status_code == 422
            clicked = await client.post(
                "/connexion", data={"jeton": found[1], "compte": "dr.legoff"}
            )
            assert clicked.headers["location"] == "/"
            home = (await client.get("/")).text
            assert "Rechercher un patient" in home
            assert "Ma sécurité" not in home

            found = re.search(r'name="jeton" value="([^"]+)"', home)
            assert found
            form = {"jeton": found[1]}
            assert (await client.get("/securite")).status_code == 404
            assert (await client.get("/connexion/situation")).status_code == 404
            assert (await client.post("/verrouiller", data=form)).status_code == 404
            assert (await client.post("/deconnexion", data=form)).headers[
                "location"
            ] == "/connexion"
            assert (await client.get("/")).headers["location"] == "/connexion"
