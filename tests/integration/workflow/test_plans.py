"""Coordinated plans on the real base: their states, their effectors, what no door goes round."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from cordee.app.plans import PlanReader, effecting, plans
from cordee.app.workflow import clocks
from cordee.care.plans.desk import Plans
from cordee.care.plans.nomenclature import Entry, shipped, templates
from cordee.care.plans.plan import Action, Call, Goal, Need, Plan
from cordee.care.plans.writing import Said
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task
from cordee.fhir.store.journal import publish
from cordee.identity.principal import ADMINISTRATOR, Principal
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from trusted import JEANNE, Screen, make_patient, who

AHEAD = (clock.today() + timedelta(days=90)).isoformat()
SAID = Said(
    "Rester chez moi", "Retourner au marché le samedi", "Lève-tôt", AHEAD,
    (Call("Samira Haddad, infirmière", "01 02 03 04 05", "Chute"), Call("SAMU", "15", "Malaise")),
)  # fmt: skip
CHUTES = Need("", "Chutes répétées", "medical", "urgent")
NURSE = "Practitioner/samira-haddad"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    client = await bare_screen.platform.client()
    for kind, key in (
        ("Practitioner", "samira-haddad"), ("Organization", "idel-samira"),
        ("Organization", "dac-a"), ("Practitioner", "helene-costa"),
    ):  # fmt: skip
        answer = await client.put(f"{kind}/{key}", json={"resourceType": kind, "id": key})
        assert answer.status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


def _desk(screen: Screen) -> Plans:
    parts = screen.platform.parts
    return plans(parts.database, parts.kernel, parts.guard)


async def _begun(screen: Screen, template: str = "") -> tuple[Plans, Principal, str]:
    desk, doctor = _desk(screen), who("dr.legoff")
    key = await desk.begin(doctor, JEANNE, str(uuid4()), SAID, template)
    await publish(screen.platform.parts.database)
    return desk, doctor, key


async def _written(screen: Screen) -> tuple[Plans, Principal, str]:
    """A plan with a need, a goal and an action of a nurse who is not in the circle."""
    desk, doctor, key = await _begun(screen)
    await desk.add_need(doctor, await desk.one(doctor, JEANNE, key), CHUTES)
    plan = await desk.one(doctor, JEANNE, key)
    goal = Goal("", "Ne plus tomber", plan.needs[0].key, "Chutes par mois", AHEAD, True, "", "", 0)
    await desk.add_goal(doctor, plan, goal)
    plan = await desk.one(doctor, JEANNE, key)
    await desk.add_action(doctor, plan, _action(plan.goals[0].key))
    return desk, doctor, key


def _action(goal: str, owner: str = NURSE) -> Action:
    return Action(
        "", "Évaluer le domicile", goal, "prevention", AHEAD, "Fiche faite", owner, "", "", (), {}
    )


async def _moved(desk: Plans, by: Principal, key: str, move: str, **facts: Any) -> Plan:
    plan = await desk.one(by, JEANNE, key)
    reason = str(facts.pop("reason", ""))
    await desk.move(by, plan, Wanted(move, facts, reason))
    return await desk.one(by, JEANNE, key)


async def _active(screen: Screen) -> tuple[Plans, Principal, str]:
    desk, doctor, key = await _written(screen)
    plan = await _moved(desk, doctor, key, "propose")
    await _answer(desk, doctor, plan, "agree")
    agreed = {"agreement": "person", "agreement-date": clock.today().isoformat()}
    await _moved(desk, doctor, key, "validate", attending="agreed", **agreed)
    await _moved(desk, doctor, key, "begin")
    return desk, doctor, key


async def _answer(desk: Plans, by: Principal, plan: Plan, move: str, reason: str = "") -> None:
    opinion = str(plan.facts["opinion"]).partition("/")[2]
    await desk._workflow.move(by, opinion, Wanted(move, reason=reason))


@pytest.mark.requirement("B3.1")
@pytest.mark.requirement("B3.2")
@pytest.mark.requirement("B3.9")
async def test_a_plan_holds_what_counts_needs_goals_actions_and_who_to_call(
    screen: Screen,
) -> None:
    desk, doctor, key = await _written(screen)
    plan = await desk.one(doctor, JEANNE, key)
    assert (plan.words, plan.habits, plan.review) == (SAID.words, SAID.habits, AHEAD)
    assert [(one.name, one.phone) for one in plan.calls][1] == ("SAMU", "15")
    assert (plan.needs[0].domain, plan.needs[0].priority, plan.needs[0].possible) == (
        "medical", "urgent", True,
    )  # fmt: skip
    assert (plan.goals[0].measure, plan.goals[0].agreed) == ("Chutes par mois", True)
    assert [one.state for one in plan.actions_of(plan.goals[0].key)] == ["todo"]
    assert plan.state == "draft"
    with pytest.raises(RuleBroken, match="mesurera"):
        await desk.add_goal(
            doctor, plan, Goal("", "Marcher", plan.needs[0].key, "", AHEAD, True, "", "", 0)
        )


@pytest.mark.requirement("B3.5")
async def test_without_a_review_date_there_is_no_plan(screen: Screen) -> None:
    desk, doctor = _desk(screen), who("dr.legoff")
    for day in ("", "2020-01-01"):
        said = Said("Rester chez moi", "", "", day)
        with pytest.raises(RuleBroken):
            await desk.begin(doctor, JEANNE, str(uuid4()), said, "")


@pytest.mark.requirement("B3.3")
async def test_a_plan_is_validated_on_the_answer_that_was_given(screen: Screen) -> None:
    desk, doctor, key = await _written(screen)
    plan = await _moved(desk, doctor, key, "propose")
    agreed = {"agreement": "person", "agreement-date": "2026-01-01"}
    with pytest.raises(Conflict, match="pas encore répondu"):
        await _moved(desk, doctor, key, "validate", attending="silent", **agreed)
    await _answer(desk, doctor, plan, "agree")
    with pytest.raises(RuleBroken, match="qui a donné son accord"):
        await _moved(desk, doctor, key, "validate", attending="agreed")
    with pytest.raises(RuleBroken, match="n’est pas celle"):
        await _moved(desk, doctor, key, "validate", attending="silent", **agreed)
    plan = await _moved(desk, doctor, key, "validate", attending="agreed", **agreed)
    assert (plan.state, plan.resource["status"]) == ("validated", "draft")
    with pytest.raises(Conflict, match="révision"):
        await desk.add_need(doctor, plan, CHUTES)
    plan = await _moved(desk, doctor, key, "begin")
    assert (plan.state, plan.resource["status"]) == ("active", "active")
    plan = await _moved(desk, doctor, key, "close", reason="Objectifs atteints")
    assert (plan.state, plan.resource["status"]) == ("closed", "completed")


@pytest.mark.requirement("B3.3")
async def test_nobody_answers_in_the_place_of_the_attending(screen: Screen) -> None:
    """Who proposes a plan asks the médecin traitant of the person, and nobody else instead."""
    desk, doctor, key = await _written(screen)
    plan = await desk.one(doctor, JEANNE, key)
    assert plan.task is not None
    own = Asked(
        "care-plan-opinion", f"Patient/{JEANNE}", NURSE, "Organization/msp-quatre-vents",
        focus=f"CarePlan/{key}",
    )  # fmt: skip
    client = await screen.platform.client()
    made = await client.post("Task", json=new_task(own, clock.now()))
    assert made.status_code == 201, made.text
    task, machine = plan.task, machines()["care-plan"]
    for opinion, words in ((f"Task/{made.json()['id']}", "du médecin traitant"), ("", "Demandez")):
        wanted = Wanted("propose", {"opinion": opinion})
        proposed = moved_task(task, machine, wanted, clock.now()) | {"id": task["id"]}
        answer = await client.put(f"Task/{task['id']}", json=proposed)
        assert answer.status_code == 422, answer.text
        assert words in answer.text


async def _rings(screen: Screen, patch: pytest.MonkeyPatch, days: int) -> None:
    parts = screen.platform.parts
    later = clock.now() + timedelta(days=days)
    with patch.context() as then:
        then.setattr(clock, "now", lambda: later)
        ringing = clocks(parts.database, parts.kernel, parts.guard)
        while await ringing.ring_due():
            pass


@pytest.mark.requirement("B3.3")
async def test_silence_is_written_down_as_silence(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, doctor, key = await _written(screen)
    await _moved(desk, doctor, key, "propose")
    await _rings(screen, monkeypatch, 16)
    agreed = {"agreement": "representative", "agreement-date": "2026-01-01"}
    with pytest.raises(RuleBroken, match="n’est pas celle"):
        await _moved(desk, doctor, key, "validate", attending="agreed", **agreed)
    plan = await _moved(desk, doctor, key, "validate", attending="silent", **agreed)
    assert plan.facts["attending"] == "silent"


@pytest.mark.requirement("B3.3")
async def test_no_door_goes_round_the_machine(screen: Screen) -> None:
    desk, doctor, key = await _active(screen)
    plan = await desk.one(doctor, JEANNE, key)
    client = await screen.platform.client()
    body = dict(plan.resource)
    for changed, code in (
        (body | {"status": "completed"}, 409),
        (body | {"description": "autre"}, 409),
        (body | {"category": []}, 422),
        ({key: value for key, value in body.items() if key != "extension"}, 422),
    ):
        answer = await client.put(f"CarePlan/{key}", json=changed)
        assert answer.status_code == code, answer.text
    assert (await client.delete(f"CarePlan/{key}")).status_code == 422
    goal = (await client.get(f"Goal/{plan.goals[0].key}")).json()
    outcome = {"coding": [{"system": goal["achievementStatus"]["coding"][0]["system"],
                           "code": "not-achieved"}]}  # fmt: skip
    answer = await client.put(f"Goal/{goal['id']}", json=goal | {"achievementStatus": outcome})
    assert answer.status_code == 422
    assert "choisissez pourquoi" in answer.text
    answer = await client.put(
        f"Goal/{goal['id']}", json=goal | {"description": {"text": "autre chose"}}
    )
    assert answer.status_code == 409
    alone = body | {"status": "draft"}
    alone.pop("id")
    assert (await client.post("CarePlan", json=alone)).status_code == 422


@pytest.mark.requirement("B3.4")
async def test_an_effector_sees_their_actions_and_nothing_else(screen: Screen) -> None:
    desk, doctor, key = await _active(screen)
    parts = screen.platform.parts
    nurse, hers = who("samira.haddad"), effecting(parts.database, parts.kernel, parts.guard)
    found = await hers.running(nurse)
    assert [one.action.text for one in found] == ["Évaluer le domicile"]
    assert found[0].patient["id"] == JEANNE
    with pytest.raises(NotFound):
        await desk.one(nurse, JEANNE, key)
    with pytest.raises(NotFound):
        await desk._store.read(nurse, "Patient", JEANNE)
    with pytest.raises(NotFound):
        await desk._store.read(nurse, "Task", found[0].action.key)
    assert await hers.running(who("helene.costa")) == []
    with pytest.raises(NotFound):
        await hers.move(who("helene.costa"), found[0].action.key, Wanted("do"))

    number = found[0].action.key
    await hers.comment(nurse, number, "Tapis à enlever")
    with pytest.raises(RuleBroken):
        await hers.move(nurse, number, Wanted("drop"))
    await hers.move(nurse, number, Wanted("do"))
    plan = await desk.one(doctor, JEANNE, key)
    action = plan.actions[0]
    assert (action.state, action.comments[0][2]) == ("done", "Tapis à enlever")
    assert await hers.running(nurse) == []
    assert len(await hers.over(nurse)) == 1
    traced = await screen.rows("SELECT 1 FROM audit WHERE actor = 'samira.haddad'")
    assert traced


@pytest.mark.requirement("B3.4")
async def test_who_is_opposed_is_shown_to_no_effector(screen: Screen) -> None:
    await _active(screen)
    parts = screen.platform.parts
    pat = parts.kernel.keys(f"Patient/{JEANNE}")
    await screen.rows("INSERT INTO closed_circle (actor, pat, attending) VALUES (0, $1, 0)", pat)
    hers = effecting(parts.database, parts.kernel, parts.guard)
    assert await hers.running(who("samira.haddad")) == []


@pytest.mark.requirement("B3.7")
async def test_a_goal_that_is_not_reached_says_why(screen: Screen) -> None:
    desk, doctor, key = await _active(screen)
    plan = await desk.one(doctor, JEANNE, key)
    goal = plan.goals[0].key
    with pytest.raises(RuleBroken, match="pourquoi"):
        await desk.outcome(doctor, plan, goal, "not-achieved")
    await desk.outcome(doctor, plan, goal, "not-achieved", "no-resource")
    plan = await desk.one(doctor, JEANNE, key)
    assert (plan.goals[0].outcome, plan.goals[0].reason) == (
        "not-achieved", "Ressource absente sur le territoire",
    )  # fmt: skip


@pytest.mark.requirement("B3.5")
async def test_a_review_that_is_due_goes_to_the_referent_then_the_coordinator(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, doctor, key = await _active(screen)
    plan = await desk.one(doctor, JEANNE, key)
    assert plan.task is not None
    due = (await desk.due([plan]))[plan.task["id"]]
    assert due.at.date().isoformat() == AHEAD
    await _rings(screen, monkeypatch, 89)
    assert (await desk.one(doctor, JEANNE, key)).state == "active"
    for days in (91, 92, 100):
        await _rings(screen, monkeypatch, days)
    assert (await desk.one(doctor, JEANNE, key)).state == "review"
    rows = await screen.rows(
        "SELECT recipients FROM event WHERE focus = $1 ORDER BY n", f"Task/{plan.task['id']}"
    )
    told = [list(row["recipients"]) for row in rows]
    assert told[0] == ["Practitioner/anne-le-goff"]
    assert "Organization/msp-quatre-vents" in told[-1]


@pytest.mark.requirement("B3.5")
async def test_an_acute_event_makes_the_plan_to_be_revised_by_itself(screen: Screen) -> None:
    parts = screen.platform.parts
    reader = PlanReader(parts.database, parts.kernel, parts.guard)
    await reader.begin()
    desk, doctor, key = await _active(screen)
    client = await screen.platform.client()
    stay = {
        "resourceType": "Encounter", "status": "in-progress", "class": {"code": "EMER"},
        "subject": {"reference": f"Patient/{JEANNE}"},
        "period": {"start": clock.now().isoformat(timespec="seconds")},
    }  # fmt: skip
    for _ in range(2):
        assert (await client.post("Encounter", json=stay)).status_code == 201
    await publish(parts.database)
    while await reader.follow():
        pass
    plan = await desk.one(doctor, JEANNE, key)
    assert (plan.state, plan.resource["status"]) == ("review", "active")
    assert plan.facts["trigger"].startswith("Arrivée aux urgences")
    rows = await screen.rows("SELECT kind, recipients FROM event WHERE kind = 'plan-review'")
    assert [list(row["recipients"]) for row in rows] == [["Practitioner/anne-le-goff"]]
    kept = (clock.today() + timedelta(days=30)).isoformat()
    plan = await _moved(desk, doctor, key, "keep", reason="Rien à changer", **{"review-date": kept})
    assert (plan.state, plan.review) == ("active", kept)


@pytest.mark.requirement("B3.10")
@pytest.mark.requirement("B3.8")
async def test_a_template_fills_a_plan_in_the_words_of_the_edition(screen: Screen) -> None:
    desk, doctor, key = await _begun(screen, "fragile")
    plan = await desk.one(doctor, JEANNE, key)
    assert len(plan.needs) == 5
    assert {one.need for one in plan.goals} == {one.key for one in plan.needs}
    assert {one.edition for one in plan.needs} == {"1"}


@pytest.mark.requirement("B3.8")
async def test_the_nomenclature_is_long_and_its_editions_leave_old_plans_alone(
    screen: Screen,
) -> None:
    first = shipped()
    assert len(first.entries) >= 60
    assert len({one.code for one in first.entries}) == len(first.entries)
    desk, doctor, key = await _begun(screen, "fragile")
    entry = Entry("B01", "need", "medical", "Chutes : autres mots")
    with pytest.raises(AccessDenied):
        await desk.change_nomenclature(doctor, entry, "1")
    keeper = replace(doctor, functions=frozenset({ADMINISTRATOR}))
    made = await desk.change_nomenclature(keeper, entry, "1")
    assert (made.edition, made.entries[0].text) == ("2", entry.text)
    with pytest.raises(RuleBroken, match="vient de changer"):
        await desk.change_nomenclature(keeper, entry, "1")
    plan = await desk.one(doctor, JEANNE, key)
    assert plan.needs[0].text == "Chutes répétées ou peur de tomber"
    assert plan.needs[0].edition == "1"
    late = Entry("B99", "need", "aidant", "Aidant mineur")
    assert (await desk.change_nomenclature(keeper, late, "2")).edition == "3"
    assert len((await desk.nomenclature()).entries) == len(first.entries) + 1


@pytest.mark.requirement("B3.10")
def test_each_of_the_seven_templates_names_lines_of_the_nomenclature() -> None:
    assert len(templates()) == 7
    known = shipped()
    for one in templates().values():
        for need, goals in one.needs:
            assert known.entry(need), need
            assert goals
            assert all(known.entry(goal) for goal in goals)


async def test_others_of_the_circle_do_not_write_the_plan(screen: Screen) -> None:
    desk, _, key = await _begun(screen)
    other = who("dr.legoff")
    other = Principal(
        "x", "Dr X", other.role, "Organization/dac-a", "Practitioner/helene-costa", other.scopes, 2,
        profession=other.profession,
    )  # fmt: skip
    client = await screen.platform.client()
    team = {
        "resourceType": "CareTeam", "status": "active",
        "subject": {"reference": f"Patient/{JEANNE}"},
        "participant": [{"member": {"reference": "Practitioner/helene-costa"}}],
    }  # fmt: skip
    assert (await client.post("CareTeam", json=team)).status_code == 201
    await publish(screen.platform.parts.database)
    plan = await desk.one(other, JEANNE, key)
    with pytest.raises(AccessDenied):
        await desk.add_need(other, plan, CHUTES)
