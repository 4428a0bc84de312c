"""Fragile persons whom members of a CPTS have in common: by the rule, to who may read them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from coordinated import make_person, make_region, put, service
from cordee.app.plans import plans
from cordee.care.assessments.questionnaires import SCORES
from cordee.care.plans.writing import Said
from cordee.care.slots.fragile import DRUGS, SPOTTED, STAY, signs_of
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Screen, screen_on, who

CPTS, PATH = "cpts-b-sud", "/personnes-fragiles"
ROUX, LEGOFF = "Practitioner/bernard-roux", "Practitioner/anne-le-goff"
NOW = datetime.now(UTC)


def _ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def _contact(key: str, patient: str, days: int, member: str = "", kind: str = "AMB") -> Any:
    made = {
        "resourceType": "Encounter", "id": key, "status": "finished", "class": {"code": kind},
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": _ago(days), "end": _ago(days)},
    }  # fmt: skip
    return made | ({"participant": [{"individual": {"reference": member}}]} if member else {})


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await put(
            screen,
            {"resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud"},
            {"resourceType": "Location", "id": CPTS},
            service("communaute-b-sud", CPTS, "cpts"),
        )
        for key in ("bernard-roux", "anne-le-goff"):
            role = {"practitioner": {"reference": f"Practitioner/{key}"}, "active": True}
            place = {"organization": {"reference": f"Organization/{CPTS}"}}
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", **role, **place,
                    "code": [{"coding": [{"code": "10"}]}],
                },
            )  # fmt: skip
        far: dict[str, Any] = {"managingOrganization": {"reference": "Organization/dac-a"}}
        for key, born, more in (
            ("fragile", "1940-01-01", {}), ("jeune", "1980-01-01", {}),
            ("un-seul", "1940-01-01", {}), ("solide", "1940-01-01", {}),
            ("ailleurs", "1940-01-01", far),
        ):  # fmt: skip
            name = [{"family": f"Nom-{key}", "given": ["X"]}]
            await make_person(screen, key, birthDate=born, name=name, **more)
            await put(screen, _contact(f"{key}-1", key, 20, LEGOFF))
            if key != "un-seul":
                await put(screen, _contact(f"{key}-2", key, 40, ROUX))
            if key != "solide":
                await put(screen, _contact(f"{key}-3", key, 60, kind="EMER"))
        yield screen


@pytest.mark.requirement("B6.9")
async def test_the_list_has_who_is_fragile_and_seen_by_two_members(screen: Screen) -> None:
    anne = await screen.person("dr.legoff")
    for path in (PATH, f"{PATH}.csv"):
        text = (await anne.get(path)).text
        assert "NOM-FRAGILE" in text, path
        for other in ("JEUNE", "UN-SEUL", "SOLIDE", "AILLEURS"):
            assert f"NOM-{other}" not in text, (path, other)
    page = (await anne.get(PATH)).text
    assert 'href="/patients/fragile/plans/nouveau"' in page
    assert "75 ans ou plus" in page  # the rule is said
    assert (await anne.get("/patients/fragile/plans/nouveau")).status_code == 200

    plan = {
        "resourceType": "CarePlan", "id": "p1", "status": "active", "intent": "plan",
        "subject": {"reference": "Patient/fragile"},
    }  # fmt: skip
    await put(screen, plan)  # a plan of another source is no common one
    assert "a déjà un PPCS" not in (await anne.get(PATH)).text
    parts = screen.platform.parts
    said = Said("Rester chez moi", "", "", (NOW + timedelta(days=60)).date().isoformat())
    desk = plans(parts.database, parts.kernel, parts.guard)
    await desk.begin(who("dr.legoff"), "fragile", str(uuid4()), said, "")
    await publish(parts.database)
    assert "a déjà un PPCS" in (await anne.get(PATH)).text


@pytest.mark.requirement("B6.9")
async def test_who_may_not_read_a_record_does_not_see_it_in_the_list(screen: Screen) -> None:
    roux = await screen.person("dr.roux")
    text = (await roux.get(PATH)).text
    assert "Personne ne répond à la règle" in text
    assert "NOM-" not in text
    for user in ("paul.rey", "dr.roy", "jeanne.bertin", "julie.perret"):
        for path in (PATH, f"{PATH}.csv"):
            assert (await (await screen.person(user)).get(path)).status_code == 403, user


@pytest.mark.requirement("B6.9")
def test_each_sign_is_enough() -> None:
    drugs = [{"medicationCodeableConcept": {"coding": [{"code": str(i)}]}} for i in range(5)]
    grid = {"code": {"coding": [{"system": SCORES, "code": "criteres"}]}}
    assert signs_of((), drugs[:4], [grid | {"valueInteger": 3}]) == ()
    assert signs_of((), [*drugs[:4], drugs[0]], ()) == ()  # the same drug anew is one
    assert signs_of([{}], (), ()) == (STAY,)
    assert signs_of((), drugs, ()) == (DRUGS,)
    newest_first = [grid | {"valueInteger": 4}, grid | {"valueInteger": 1}]
    assert signs_of((), (), newest_first) == (SPOTTED,)
    assert signs_of((), (), newest_first[::-1]) == ()
