"""The register of people without an attending physician: proposed in turn until one accepts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from coordinated import ask, desk_of, make_person, make_region, put, service
from cordee.app.dac import rotation
from cordee.app.workflow import clocks
from cordee.care.cpts.rotation import in_turn
from cordee.care.workflow.tasks import Wanted
from cordee.fhir.store.journal import publish
from cordee.identity.ins.vocabulary import INSEE_CODE
from cordee.runtime.errors import RuleBroken
from running import Ground
from trusted import Screen, screen_on, who

LINA, MARC = "lina-essai", "marc-essai"
CPTS = "cpts-b-sud"
ROUX, LEGOFF = "Practitioner/bernard-roux", "Practitioner/anne-le-goff"
AGREED = {"person-agrees": "oui"}


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await put(screen, {"resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud"})
        for key, code in (("bernard-roux", "10"), ("anne-le-goff", "10"), ("nora-belkacem", "ADM")):
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                    "practitioner": {"reference": f"Practitioner/{key}"},
                    "organization": {"reference": f"Organization/{CPTS}"},
                    "code": [{"coding": [{"code": code}]}],
                },
            )  # fmt: skip
        for key in (LINA, MARC):
            await make_person(screen, key, name=[{"family": key.title(), "given": ["X"]}])
        yield screen


async def _turn(screen: Screen) -> int:
    parts = screen.platform.parts
    parts.guard.forget()
    made = await rotation(parts.database, parts.kernel, parts.guard).turn()
    parts.guard.forget()
    await publish(parts.database)
    return made


async def _offers(screen: Screen, request: str) -> list[tuple[str, str]]:
    rows = await screen.rows(
        "SELECT owner, state FROM workflow_task WHERE grp = $1 ORDER BY begun", request
    )
    return [(row["owner"], row["state"]) for row in rows]


@pytest.mark.requirement("B6.3")
async def test_members_are_asked_in_turn_until_one_accepts(screen: Screen) -> None:
    desk = desk_of(screen)
    facts = {"priority": "ald", **AGREED}
    request = await ask(screen, "dr.legoff", LINA, "attending-request", CPTS, **facts)
    other = {"priority": "autre", **AGREED}
    second = await ask(screen, "dr.legoff", MARC, "attending-request", CPTS, **other)
    nora = await screen.person("nora.belkacem")
    text = await nora.text("/sans-medecin-traitant")
    assert text.index(LINA.upper()) < text.index(MARC.upper())  # ALD first
    assert await _turn(screen) == 0  # the CPTS decides when
    await desk.move(who("nora.belkacem"), request, Wanted("propose"))
    assert await _turn(screen) == 1
    assert await _turn(screen) == 0  # one is asked at a time
    first = (await _offers(screen, request))[0][0]
    assert first == LEGOFF  # nobody was asked yet: by name

    rows = await screen.rows("SELECT task FROM workflow_task WHERE grp = $1", request)
    await desk.move(who("dr.legoff"), rows[0]["task"], Wanted("decline", reason="Absence"))
    assert await _turn(screen) == 1
    assert (await _offers(screen, request))[1] == (ROUX, "sent")
    roux = await screen.person("dr.roux")
    assert "Affection de longue durée" in await roux.text("/demandes")
    assert (await roux.get(f"/patients/{LINA}")).status_code == 200
    told = await screen.rows("SELECT recipients FROM event WHERE source LIKE 'offer:%'")
    assert {row["recipients"][0] for row in told} == {LEGOFF, ROUX}

    # Who does not answer in time is followed by the next, here by nobody.
    parts = screen.platform.parts
    ringing = clocks(parts.database, parts.kernel, parts.guard)
    later = datetime.now(UTC) + timedelta(days=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cordee.runtime.clock.now", lambda: later)
        await ringing.ring_due()
    assert (await _offers(screen, request))[1] == (ROUX, "expired")
    assert await _turn(screen) == 1
    state = await screen.rows("SELECT state FROM workflow_task WHERE task = $1", request)
    assert state[0]["state"] == "exhausted"

    # A second search begins with who was asked longest ago, and ends with who accepts.
    await desk.move(who("nora.belkacem"), second, Wanted("propose"))
    await _turn(screen)
    offer = await screen.rows("SELECT task, owner FROM workflow_task WHERE grp = $1", second)
    assert offer[0]["owner"] == LEGOFF
    accept = Wanted("accept", {"first-on": "2026-12-20"})
    await desk.move(who("dr.legoff"), offer[0]["task"], accept)
    assert await _turn(screen) == 1
    state = await screen.rows("SELECT state FROM workflow_task WHERE task = $1", second)
    assert state[0]["state"] == "found"
    asked = await (await screen.person("dr.legoff")).text(f"/patients/{MARC}/demandes/{second}")
    assert "Médecin trouvé anne-le-goff" in asked
    text = await nora.text("/sans-medecin-traitant")
    assert "anne-le-goff 2 1 1 0" in text
    assert "bernard-roux 1 0 0 1" in text
    assert LINA.upper() in (await nora.get("/sans-medecin-traitant.csv")).text


@pytest.mark.requirement("B6.3")
async def test_without_the_consent_of_the_person_nobody_is_asked(screen: Screen) -> None:
    with pytest.raises(RuleBroken, match="est d’accord"):
        refused = {"priority": "ald", "person-agrees": "non"}
        await ask(screen, "dr.legoff", LINA, "attending-request", CPTS, **refused)


@pytest.mark.requirement("B6.3")
async def test_the_region_sees_counts_alone(screen: Screen) -> None:
    julie = await screen.person("julie.perret")
    text = await julie.text("/sans-medecin-traitant")
    assert "CPTS B-Sud moins de 11" in text
    assert LINA.upper() not in text
    assert LINA.upper() not in (await julie.get("/sans-medecin-traitant.csv")).text
    patient = await screen.person("jeanne.bertin")
    assert (await patient.get("/sans-medecin-traitant")).status_code == 403
    assert "Personne n’attend" in await (await screen.person("paul.rey")).text(
        "/sans-medecin-traitant"
    )


@pytest.mark.requirement("B6.1")
@pytest.mark.requirement("B6.7")
async def test_a_cpts_has_a_page_with_its_territory_and_its_own_indicators(
    screen: Screen,
) -> None:
    code = [{"url": INSEE_CODE, "valueCoding": {"code": "96107"}}]
    at_saulx = {"city": "Saulx", "district": "B", "extension": code}
    saulx = {"resourceType": "Location", "id": "saulx", "name": "Saulx", "address": at_saulx}
    await make_person(screen, "noe-essai", address=[at_saulx])
    made = service("cpts-sud", CPTS, "cpts") | {"coverageArea": [{"reference": "Location/saulx"}]}
    await put(screen, {"resourceType": "Location", "id": CPTS}, saulx, made)
    await put(screen, service("bus", CPTS, "depistage"))
    nora, paul = await screen.person("nora.belkacem"), await screen.person("paul.rey")
    assert "cpts-sud" in await paul.text("/cpts")
    text = await nora.text(f"/cpts/{CPTS}")
    for said in ("1 commune", "Saulx", "anne-le-goff", "bus", "Recherches de médecin traitant"):
        assert said in text
    assert "Recherches de médecin traitant" not in await paul.text(f"/cpts/{CPTS}")
    path = f"/cpts/{CPTS}/indicateurs.csv"
    assert "Méthode" in (await nora.get(path)).text
    assert (await paul.get(path)).status_code == 403
    assert (await paul.get("/cpts/nowhere")).status_code == 404
    # Who lives in a commune of a CPTS has it chosen already.
    doctor = await screen.person("dr.legoff")
    form = (await doctor.get("/patients/noe-essai/demandes/nouvelle/attending-request")).text
    assert f'value="Organization/{CPTS}" checked' in form


def test_who_was_asked_longest_ago_is_next() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    last = {"a": day + timedelta(days=2), "b": day}
    assert in_turn(["a", "b", "c"], last) == "c"
    assert in_turn(["a", "b"], last) == "b"
