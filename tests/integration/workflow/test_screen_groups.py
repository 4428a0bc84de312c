"""Active records by group: counted by the platform, read by the head office and the agency."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

import given
from cordee.app.groups import groups
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.app.store import system
from cordee.care.homes.active import definition
from cordee.care.homes.groups import AGENT, grouped
from cordee.fhir.store.journal import publish
from cordee.identity.principal import STEERING
from cordee.runtime.errors import AccessDenied
from running import Ground
from trusted import Screen, screen_on, who

HEAD, SMALL = "Organization/groupe-des-tilleuls", "Organization/petit-groupe"
TILLEULS = "Organization/ehpad-les-tilleuls"
STEERS = [one.user for one in DEMO_ACCOUNTS if STEERING in one.functions][:1]


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        category = [{"coding": [{"system": "https://example.fr/categorie", "code": "500"}]}]
        entries = [
            {"resourceType": "Organization", "id": place.partition("/")[2], "name": name}
            for place, name in ((HEAD, "Groupe des Tilleuls"), (SMALL, "Petit groupe"))
        ]
        homes = ["ehpad-les-tilleuls", *(f"home-{n}" for n in range(14))]
        for number, head in [*((one, HEAD) for one in homes), ("home-alone", SMALL)]:
            entries.append(
                {
                    "resourceType": "Organization", "id": number, "name": f"Maison {number}",
                    "type": category, "partOf": {"reference": head},
                }
            )  # fmt: skip
        entries.append({"resourceType": "Practitioner", "id": "claire-weber"})
        for one in entries:
            made = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
            assert made.status_code == 201, made.text
        home = {"managingOrganization": {"reference": TILLEULS}}
        for one in ("one", "two"):
            await client.put(f"Patient/{one}", json=given.patient(id=one, **home))
        await publish(screen.platform.parts.database)
        yield screen


@pytest.mark.requirement("B7.6")
async def test_a_group_is_counted_and_proved_without_any_name(region: Screen) -> None:
    claire = await region.person("claire.weber")
    fall = {"numero": str(uuid4()), "sorte": "chute", "recit": "Glisse"}
    at = f"{region.clock() - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    assert (await claire.post("/patients/one/faits", quand=at, **fall)).is_redirect
    parts = region.platform.parts
    desk, now = groups(parts.database, parts.kernel, parts.guard), region.clock()
    assert await desk.count(system(AGENT), now) == 16
    assert await desk.count(system(AGENT), now) == 0, "once a day"

    director = replace(who("claire.weber"), structure=HEAD, user="director")
    mine = await desk.of(director, now.date())
    assert [(one.name, one.total, one.active, one.counts) for one in mine] == [
        ("Groupe des Tilleuls", 2, 1, True)
    ]
    for user in STEERS:
        seen = await desk.of(who(user), now.date())
        assert [(one.name, one.counts) for one in seen] == [
            ("Groupe des Tilleuls", True), ("Petit groupe", False),
        ]  # fmt: skip
        person = await region.person(user)
        assert "trop peu" in await person.text("/dui-actifs-groupes")
        proof = (await person.get("/dui-actifs-groupes.csv")).text
        assert "Maison home-3;500;0;0;15;oui;" in proof
        assert "Exemple" not in proof
    with pytest.raises(AccessDenied):
        await desk.of(who("claire.weber"), now.date())
    assert (await claire.get("/dui-actifs-groupes")).status_code == 403
    assert await desk.of(director, now.date() - timedelta(days=1)) == []


@pytest.mark.requirement("B7.6")
def test_how_many_homes_make_a_group_is_a_parameter() -> None:
    row = {
        "head": "g", "head_name": "G", "day": None, "rule": "", "home": "h", "home_name": "H",
        "category": "500", "total": 3, "active": 2,
    }  # fmt: skip

    assert definition().group_of == 15
    assert not grouped([row], 2)[0].counts
    assert grouped([row, row | {"home": "i"}], 2)[0].counts
