"""Planners of discharges: opened at admission, a checklist that holds, what is forced is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cordee.care.workflow.checklists import checks_of
from cordee.care.workflow.tasks import facts_of, party, state_of
from cordee.runtime import clock
from trusted import Screen
from warded import CHU, KERBRAT, Ward, planned, ward_of

LETTER = {
    "resourceType": "DocumentReference", "id": "letter", "status": "current",
    "type": {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]},
    "subject": {"reference": f"Patient/{KERBRAT}"},
    "content": [{"attachment": {"contentType": "text/plain", "data": "TGV0dHJl"}}],
}  # fmt: skip


@pytest.fixture
async def ward(bare_screen: Screen) -> Ward:
    made = await ward_of(bare_screen)
    await made.stay()
    return made


async def _tick(ward: Ward, here: str, *lines: str) -> None:
    nurse = await ward.screen.person("marion.girard")
    for one in lines:
        sent = {"ligne": one, "statut": "done", "qui": "Marion", "note": ""}
        answer = await nurse.post(here, **sent)
        assert answer.status_code == 303, answer.text


@pytest.mark.requirement("B5.1")
async def test_a_planner_opens_once_with_each_stay_in_hospital(ward: Ward) -> None:
    await ward.stay(reasonCode=[{"text": "Insuffisance cardiaque, plaie"}])  # told again
    await ward.stay("contact", **{"class": {"code": "AMB"}})
    (task,) = await ward.tasks("discharge")
    assert (state_of(task), party(task, "encounter")) == ("opened", "Encounter/stay")
    assert party(task, "owner") == f"Organization/{CHU}"
    nurse = await ward.screen.person("marion.girard")
    text = await nurse.text("/sorties")
    assert "Sans date prévue 1" in text
    assert "Insuffisance cardiaque" in await nurse.text(await ward.planner())


@pytest.mark.requirement("B5.1")
async def test_the_dac_is_that_of_the_home_and_not_of_the_hospital(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    text = await nurse.text(await ward.planner())
    assert "DAC de résidence : appui-b" in text
    assert "appui-a" not in text


@pytest.mark.requirement("B5.2")
async def test_lines_are_mandatory_by_destination_and_needs(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse, **{"need-nurse": "oui"})
    text = await nurse.text(here)
    assert "0 prêts, 5 à régler" in text
    for line in ("Lettre de liaison", "Ordonnances", "Infirmière à domicile", "Aidant appelé"):
        assert line in text.partition("« Prête » attend")[2]
    assert "Matériel" not in text.partition("« Prête » attend")[2].partition("Passer outre")[0]
    refused = await nurse.post(here, ligne="carer", statut="void", note="")
    assert refused.status_code == 422
    assert "dites pourquoi" in refused.text
    refused = await nurse.post(here, ligne="letter", statut="void", note="inutile")
    assert refused.status_code == 422
    told = {"ligne": "carer", "statut": "void", "note": "N’a pas d’aidant", "qui": "Marion"}
    assert (await nurse.post(here, **told)).status_code == 303
    assert "0 prêts, 4 à régler" not in await nurse.text(here)  # one is settled
    assert "1 prêts, 4 à régler" in await nurse.text(here)


@pytest.mark.requirement("B5.2")
async def test_two_people_tick_two_lines_at_one_instant(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    await asyncio.gather(*(_tick(ward, here, one) for one in ("carer", "gp-visit", "letter")))
    (task,) = await ward.tasks("discharge")
    assert {one for one, check in checks_of(task).items() if check.status == "done"} == {
        "carer", "gp-visit", "letter",
    }  # fmt: skip


@pytest.mark.requirement("B5.2")
async def test_what_the_platform_knows_ticks_itself(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    await ward.put(LETTER | {"date": clock.instant(clock.now())})
    visit = clock.now() + timedelta(days=5)
    await ward.put(
        {
            "resourceType": "Appointment", "id": "visit", "status": "booked",
            "start": clock.instant(visit), "end": clock.instant(visit + timedelta(minutes=20)),
            "participant": [
                {"actor": {"reference": f"Patient/{KERBRAT}"}, "status": "accepted"},
                {"actor": {"reference": "Practitioner/anne-le-goff"}, "status": "accepted"},
            ],
        }
    )  # fmt: skip
    await ward.read()
    (task,) = await ward.tasks("discharge")
    checks = checks_of(task)
    assert {checks[one].status for one in ("letter", "gp-visit")} == {"done"}
    assert "par la plateforme" in await nurse.text(here)
    await ward.put(LETTER | {"status": "entered-in-error", "date": clock.instant(clock.now())})
    await ward.read()
    (task,) = await ward.tasks("discharge")
    assert checks_of(task)["letter"].status == "todo"


@pytest.mark.requirement("B5.3")
async def test_ready_is_refused_with_what_is_open_unless_it_is_forced(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    await _tick(ward, here, "prescriptions", "gp-visit", "carer")
    refused = await nurse.post(here, geste="ready")
    assert refused.status_code == 422
    assert "« Déclarer prête » attend : Lettre de liaison." in refused.text
    assert (await nurse.post(here, geste="force")).status_code == 422
    forced = {"geste": "force", "force-motif": "Le lit est pris ce soir, la lettre suit"}
    assert (await nurse.post(here, **forced)).status_code == 303
    (task,) = await ward.tasks("discharge")
    assert facts_of(task)["left-open"] == "Lettre de liaison"
    report = await nurse.text("/sorties/forcees")
    assert "Restait : Lettre de liaison" in report
    assert "Le lit est pris ce soir" in report
    csv = (await nurse.get("/sorties/forcees.csv")).text
    assert csv.count("\n") == 2


@pytest.mark.requirement("B5.3")
async def test_by_fhir_too_nothing_is_ready_with_a_line_open(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    await planned(ward, nurse)
    (task,) = await ward.tasks("discharge")
    task["status"] = "ready"
    task["businessStatus"]["coding"][0]["code"] = "ready"
    client = await ward.screen.platform.client()
    answer = await client.put(f"Task/{task['id']}", json=task)
    assert answer.status_code == 422
    assert "attend : Lettre de liaison" in answer.text


@pytest.mark.requirement("B5.1")
async def test_the_stay_that_ends_ends_the_preparation(ward: Ward) -> None:
    nurse = await ward.screen.person("marion.girard")
    here = await planned(ward, nurse)
    home = {"coding": [{"code": "home"}]}
    now = clock.now()
    period = {"start": clock.instant(now - timedelta(days=3)), "end": clock.instant(now)}
    more = {"status": "finished", "hospitalization": {"dischargeDisposition": home}}
    await ward.stay(period=period, **more)
    (task,) = await ward.tasks("discharge")
    assert state_of(task) == "left"
    assert "Lettre de liaison" in facts_of(task)["left-open"]
    assert "sortie constatée sans être prête" in await nurse.text("/sorties/forcees")
    assert "À rappeler 1" in await nurse.text("/sorties?vue=apres")
    await ward.stay(period=period, **more)
    assert len(await ward.tasks("discharge")) == 1
    assert "Sortie faite" in await nurse.text(here)


async def test_a_stranger_finds_no_discharge(ward: Ward) -> None:
    stranger, nurse = (
        await ward.screen.person("linh.tran"),
        await ward.screen.person("marion.girard"),
    )
    here = await planned(ward, nurse)
    for path in (here, f"{here}/appel", f"{here}/relais/nurse", f"/patients/{KERBRAT}/sorties"):
        assert (await stranger.get(path)).status_code == 404, path
    for path in ("/sorties", "/sorties/forcees", "/relais-domicile"):
        assert "EXEMPLE" not in await stranger.text(path)
    assert (await stranger.post(here, ligne="letter", statut="done")).status_code == 404
    assert (
        await nurse.get(f"/patients/other/sorties/{here.rpartition('/')[2]}")
    ).status_code == 404
