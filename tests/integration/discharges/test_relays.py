"""From one DAC to the other: proposed, accepted, passed at its day, seen by both. B5.4, B4.9."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest

from cordee.app.store import system
from cordee.app.workflow import clocks
from cordee.care.store import Write
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import (
    Asked,
    Wanted,
    facts_of,
    moved_task,
    new_task,
    party,
    state_of,
)
from cordee.runtime import clock
from trusted import Screen, who
from warded import CHU, KERBRAT, Ward, ward_of

ASK = f"/patients/{KERBRAT}/demandes/nouvelle/dac-request"
INTAKE = {
    "debut-asker": "hopital", "debut-motive": "sortie", "debut-urgency": "48h",
    "debut-person-informed": "oui", "debut-attending-informed": "oui", "texte": "Vit seul.",
}  # fmt: skip


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


async def _ring(ward: Ward) -> None:
    parts = ward.screen.platform.parts
    ringing = clocks(parts.database, parts.kernel, parts.guard)
    async with asyncio.timeout(20):
        while await ringing.ring_due():
            pass
    await ward.read()
    await asyncio.sleep(1.1)  # a scope is known for a second


@pytest.mark.requirement("B5.4")
@pytest.mark.requirement("B4.9")
async def test_the_request_passes_at_its_day_and_both_see_for_thirty_days(ward: Ward) -> None:
    nurse, helene, paul = [
        await ward.screen.person(one) for one in ("marion.girard", "helene.costa", "paul.rey")
    ]
    form = (await nurse.get(ASK)).text
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    sent = INTAKE | {"numero": number[1], "vers": "Organization/dac-a"}
    place = (await nurse.post(ASK, **sent)).headers["location"]
    await asyncio.sleep(1.1)
    assert (await helene.post(place, geste="qualify")).status_code == 303
    relay = place.replace("/demandes/", "/relais-dac/")
    page = (await helene.get(relay)).text
    assert re.findall(r'name="vers" value="([^"]+)" checked', page) == ["Organization/dac-b"]
    assert (await paul.get(relay)).status_code == 404
    day = clock.today().isoformat()
    asked = re.search(r'name="numero" value="([^"]+)"', page)
    assert asked
    told = {
        "numero": asked[1],
        "vers": "Organization/dac-b", "debut-motive": "discharge", "debut-change-on": day,
        "texte": "Plaie à suivre",
    }  # fmt: skip
    incomplete = await helene.post(relay, **{one: told[one] for one in ("numero", "vers", "texte")})
    assert incomplete.status_code == 422
    assert "Plaie à suivre" in incomplete.text
    proposed = await helene.post(relay, **told)
    assert proposed.status_code == 303, proposed.text
    again = told | {"numero": "7d3f6f2c-35c4-4e8e-9a0e-000000000001"}
    assert (await helene.post(relay, **again)).status_code == 422
    handover = proposed.headers["location"]
    assert "Passage de relais entre DAC" in await paul.text("/demandes")
    assert "Passage de relais entre DAC" in await helene.text("/demandes?vue=envoyees")
    accept = {"geste": "accept", "accept-change-on": day, "accept-referent": "Paul Rey"}
    assert (await paul.post(handover, **accept)).status_code == 303
    (request,) = await ward.tasks("dac-request")
    assert party(request, "owner") == "Organization/dac-a"

    await _ring(ward)
    (request,) = await ward.tasks("dac-request")
    assert (party(request, "owner"), state_of(request)) == ("Organization/dac-b", "relayed")
    assert facts_of(request)["asker"] == "hopital"
    assert request["description"] == "Vit seul."
    for person in (helene, paul):
        assert (await person.get(f"/patients/{KERBRAT}")).status_code == 200
    assert "Reprise d’un autre DAC" in await paul.text("/demandes")
    assert "recouvrement" in await helene.text("/demandes?vue=envoyees")

    (team,) = await ward.store.search(
        system("test"), "CareTeam", f"patient=Patient/{KERBRAT}&status=active"
    )
    (member,) = team["participant"]
    assert member["member"]["reference"] == "Organization/dac-a"
    ends = datetime.fromisoformat(member["period"]["end"])
    assert timedelta(days=29) < ends - clock.now() <= timedelta(days=30)
    await _ring(ward)  # nothing more to do: it is passed once
    assert len(await ward.tasks("dac-request")) == 1


@pytest.mark.requirement("B5.4")
async def test_nobody_hands_over_the_request_that_another_dac_holds(ward: Ward) -> None:
    """A hand-over that a nurse of the ward writes at /fhir names a request that is not hers."""
    nurse, helene = [await ward.screen.person(one) for one in ("marion.girard", "helene.costa")]
    form = (await nurse.get(ASK)).text
    number = re.search(r'name="numero" value="([^"]+)"', form)
    assert number
    sent = INTAKE | {"numero": number[1], "vers": "Organization/dac-a"}
    place = (await nurse.post(ASK, **sent)).headers["location"]
    await asyncio.sleep(1.1)
    assert (await helene.post(place, geste="qualify")).status_code == 303
    facts = {"motive": "move", "change-on": clock.today().isoformat()}
    asked = Asked(
        "handover", f"Patient/{KERBRAT}", "Organization/had-belmont", f"Organization/{CHU}",
        focus=f"Task/{place.rpartition('/')[2]}", facts=facts,
    )  # fmt: skip
    await ward.store.write(who("marion.girard"), [Write(new_task(asked, clock.now()))])
    (relay,) = await ward.tasks("handover")
    accepted = Wanted("accept", {"change-on": facts["change-on"], "referent": "Nous"})
    moved = moved_task(relay, machines()["handover"], accepted, clock.now())
    await ward.store.write(system("test"), [Write(moved, "PUT", 1)])

    await _ring(ward)

    assert await ward.states("dac-request") == {"dac-a": "qualified"}
    teams = await ward.store.search(system("test"), "CareTeam", f"patient=Patient/{KERBRAT}")
    assert not [one for one in teams if "passage-de-relais" in str(one.get("identifier"))]
