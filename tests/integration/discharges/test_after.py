"""After a discharge: the call at day 2, the visit at day 7, what is counted. B5.7, B5.9."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cordee.app.passages import ruptures
from cordee.app.store import system
from cordee.care.discharges.calling import SCRIPT
from cordee.care.workflow.tasks import facts_of, party
from cordee.runtime import clock
from trusted import Person, Screen
from warded import Ward, planned, ward_of


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


async def _left(ward: Ward) -> tuple[Person, str]:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    forced = {"geste": "force", "force-motif": "Sortie demandée par la famille"}
    assert (await nurse.post(here, **forced)).status_code == 303
    at = clock.now().astimezone(clock.PARIS).strftime("%Y-%m-%dT%H:%M")
    left = {"geste": "leave", "leave-left-at": at, "leave-delay-cause": "place"}
    answer = await nurse.post(here, **left)
    assert answer.status_code == 303, answer.text
    await ward.read()
    return nurse, here


def _answers(**alarms: str) -> dict[str, str]:
    said = {f"q-{one.code}": "oui" if one.alarm is False else "non" for one in SCRIPT}
    return {"qui": "patient", **said} | {f"q-{code}": text for code, text in alarms.items()}


@pytest.mark.requirement("B5.7")
async def test_a_sign_of_alarm_asks_the_attending_physician_at_once(ward: Ward) -> None:
    nurse, here = await _left(ward)
    found = await ward.store.read(system("test"), "Encounter", "stay")
    assert found["status"] == "finished"
    assert found["hospitalization"]["dischargeDisposition"]["coding"][0]["code"] == "home"
    missing = await nurse.post(f"{here}/appel", qui="patient")
    assert missing.status_code == 422
    assert "Répondez oui ou non." in missing.text
    answer = await nurse.post(f"{here}/appel", **_answers(weight="oui"))
    assert answer.status_code == 303, answer.text
    assert (await nurse.post(f"{here}/appel", **_answers())).status_code == 422
    (task,) = await ward.tasks("rupture")
    assert party(task, "owner") == "Practitioner/anne-le-goff"
    assert facts_of(task)["rule"] == "signs"
    assert "2 kg" in task["description"]
    kept = await ward.store.search(
        system("test"), "QuestionnaireResponse", "patient=Patient/yann-kerbrat"
    )
    assert len(kept) == 1
    told = await ward.screen.rows("SELECT urgent FROM event WHERE detail->>'rule' = 'signs'")
    assert [row["urgent"] for row in told] == [True]
    assert "Sortie, rappelée" in await nurse.text(here)


@pytest.mark.requirement("B5.7")
async def test_no_call_and_no_visit_are_ruptures(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _left(ward)
    parts = ward.screen.platform.parts
    later = clock.now() + timedelta(days=8, hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    watch = ruptures(parts.database, parts.kernel, parts.guard)
    async with asyncio.timeout(20):
        while await watch.look():
            pass
    owners = {
        facts_of(one)["rule"]: party(one, "owner") for one in await ward.tasks("rupture")
    }  # fmt: skip
    assert owners["call"] == "Organization/chu-aubrey"
    assert owners["visit"] == "Practitioner/anne-le-goff"


@pytest.mark.requirement("B5.9")
async def test_what_is_counted_of_few_is_not_shown(ward: Ward) -> None:
    nurse, _here = await _left(ward)
    text = await nurse.text("/sorties/indicateurs")
    assert "A → B" in text
    assert "moins de 11" in text
    csv = (await nurse.get("/sorties/indicateurs.csv")).text
    assert "Méthode" in csv
