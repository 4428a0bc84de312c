"""SC5 without its screens: from the CHU of A to a home in B, with all who take part."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from cordee.app.passages import ruptures
from cordee.app.store import system
from cordee.app.workflow import clocks
from cordee.care.discharges.calling import SCRIPT
from cordee.care.store import Write
from cordee.care.workflow.checklists import checks_of
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Wanted, facts_of, moved_task, party, state_of
from cordee.runtime import clock
from trusted import Person, Screen
from warded import KERBRAT, Ward, planned, soon, ward_of

RECORD = f"/patients/{KERBRAT}"
INTAKE = {
    "debut-asker": "hopital", "debut-motive": "sortie", "debut-urgency": "48h",
    "debut-person-informed": "oui", "debut-attending-informed": "oui",
    "texte": "Insuffisance cardiaque et plaie de jambe, vit seul à Saulx-le-Bas.",
}  # fmt: skip
LETTER = {
    "motif": "Insuffisance cardiaque décompensée", "synthese": "Perte de 7 kg, poids sec 72,5 kg.",
    "suites": "Pesée chaque jour, pansement un jour sur deux.",
}  # fmt: skip


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


async def _sent(person: Person, form: str, post: str = "", **fields: str) -> str:
    """Where a form leads, with the number that it was opened with."""
    number = re.search(r'name="numero" value="([^"]+)"', (await person.get(form)).text)
    assert number, form
    answer = await person.post(post or form, numero=number[1], **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def _settled(ward: Ward) -> None:
    parts = ward.screen.platform.parts
    ringing = clocks(parts.database, parts.kernel, parts.guard)
    async with asyncio.timeout(30):
        while await ringing.ring_due():
            pass
    await ward.read()
    await asyncio.sleep(1.1)  # a scope is known for a second


async def _number(ward: Ward, machine: str, owner: str) -> str:
    return next(
        str(one["id"])
        for one in await ward.tasks(machine)
        if party(one, "owner") == f"Organization/{owner}"
    )


async def _relayed(ward: Ward, marion: Person, helene: Person, paul: Person) -> None:
    """DAC A, who was asked first, hands over to DAC B; the référent changes at its day."""
    ask = f"{RECORD}/demandes/nouvelle/dac-request"
    place = await _sent(marion, ask, **INTAKE, vers="Organization/dac-a")
    await _settled(ward)
    assert (await helene.post(place, geste="qualify")).status_code == 303
    day = clock.today().isoformat()
    relay = place.replace("/demandes/", "/relais-dac/")
    facts = {"debut-motive": "discharge", "debut-change-on": day}
    handover = await _sent(helene, relay, **facts, vers="Organization/dac-b")
    accept = {"geste": "accept", "accept-change-on": day, "accept-referent": "Paul Rey"}
    assert (await paul.post(handover, **accept)).status_code == 303
    await _settled(ward)
    (request,) = await ward.tasks("dac-request")
    assert (party(request, "owner"), state_of(request)) == ("Organization/dac-b", "relayed")
    for person in (helene, paul):
        assert (await person.get(RECORD)).status_code == 200


async def _nurse_found(ward: Ward, here: str, marion: Person, samira: Person) -> None:
    """The first nurse is silent, the second is asked by itself and accepts."""
    ranks = {"rang-1": "Organization/idel-saulx", "rang-2": "Organization/idel-samira"}
    await _sent(marion, f"{here}/relais/nurse", **ranks, jour=soon()[:10], texte="Pansement")
    await ward.read()
    first = await _number(ward, "home-care", "idel-saulx")
    await ward.screen.rows(
        "INSERT INTO workflow_clock (task, name, state, due)"
        " VALUES ($1, 'answer', 'asked', now() - interval '1 minute')", first,
    )  # fmt: skip
    await _settled(ward)
    assert await ward.states("home-care") == {"idel-saulx": "silent", "idel-samira": "asked"}
    assert (await samira.get(RECORD)).status_code != 200
    second = await _number(ward, "home-care", "idel-samira")
    visit = {"geste": "accept", "accept-first-visit": soon(4, 8)}
    assert (await samira.post(f"/relais-domicile/{second}", **visit)).status_code == 303
    await _settled(ward)
    assert (await samira.get(RECORD)).status_code == 200


async def _facility_found(ward: Ward, marion: Person) -> None:
    """HAD and SMR are asked at once; what HAD accepts closes the other with notice."""
    facility = f"{RECORD}/demandes/nouvelle/facility-request"
    both = {f"vers-Organization/{one}": "oui" for one in ("had-belmont", "smr-montrevaux")}
    await _sent(marion, facility, **both, **{"debut-kind": "had"})
    day = clock.today().isoformat()
    task = await _number(ward, "facility-request", "had-belmont")
    await _accepted(ward, task, day)
    assert (await marion.post(f"{RECORD}/demandes/{task}", geste="confirm")).status_code == 303
    await _settled(ward)
    assert await ward.states("facility-request") == {
        "had-belmont": "confirmed", "smr-montrevaux": "elsewhere",
    }  # fmt: skip


@pytest.mark.requirement("B5.1")
@pytest.mark.requirement("B5.3")
@pytest.mark.requirement("B5.4")
@pytest.mark.requirement("B5.5")
@pytest.mark.requirement("B5.6")
@pytest.mark.requirement("B5.7")
async def test_from_the_hospital_of_a_to_a_home_in_b(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    marion, helene, paul, samira = [
        await ward.screen.person(one)
        for one in ("marion.girard", "helene.costa", "paul.rey", "samira.haddad")
    ]
    # 1. The planner is there at the admission; the DAC is that of the home.
    here = await planned(ward, marion, destination="had", **{"need-nurse": "oui"})
    assert "DAC de résidence : appui-b" in await marion.text(here)

    # 2 to 4. The DAC of the home, a nurse and the HAD are there before the discharge.
    await _relayed(ward, marion, helene, paul)
    await _nurse_found(ward, here, marion, samira)
    await _facility_found(ward, marion)

    # 6. Ready is blocked: the letter is missing; it is written, and ready passes.
    for line in ("prescriptions", "gp-visit", "carer"):
        assert (await marion.post(here, ligne=line, statut="done")).status_code == 303
    refused = await marion.post(here, geste="ready")
    assert "« Déclarer prête » attend : Lettre de liaison." in refused.text
    await _sent(marion, f"{here}/lettre", **LETTER)
    await ward.read()
    (planner,) = await ward.tasks("discharge")
    assert {checks_of(planner)[one].status for one in ("letter", "nurse", "had")} == {"done"}
    assert (await marion.post(here, geste="ready")).status_code == 303
    left = {"geste": "leave", "leave-left-at": soon(0, 0), "leave-delay-cause": "none"}
    assert (await marion.post(here, **left)).status_code == 303
    await ward.read()

    # 7. At day 2, more weight: the médecin traitant is told.
    said = {f"q-{one.code}": "oui" if one.alarm is False else "non" for one in SCRIPT}
    answers = said | {"q-weight": "oui", "qui": "patient"}
    assert (await marion.post(f"{here}/appel", **answers)).status_code == 303
    (alarm,) = await ward.tasks("rupture")
    assert facts_of(alarm)["rule"] == "signs"

    # 11. At day 7 the visit is missing: a rupture; no call is.
    later = clock.now() + timedelta(days=8, hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    parts = ward.screen.platform.parts
    watch = ruptures(parts.database, parts.kernel, parts.guard)
    async with asyncio.timeout(20):
        while await watch.look():
            pass
    rules = {facts_of(one)["rule"] for one in await ward.tasks("rupture")}
    assert "visit" in rules
    assert not rules & {"call", "letter"}


async def _accepted(ward: Ward, task: str, day: str) -> None:
    """A facility accepts by its own software."""
    found = await ward.store.read(system("had"), "Task", task)
    wanted = Wanted("accept", {"place-from": day})
    moved = moved_task(found, machines()["facility-request"], wanted, clock.now())
    write = Write(moved, "PUT", int(found["meta"]["versionId"]))
    await ward.store.write(system("had"), [write])
