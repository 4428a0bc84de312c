"""Plans begun, written, proposed, validated and revised by people. Rules: B3.1-B3.5, B3.7.

The rule is not here: a write is judged in its transaction (`judging`, the machine `care-plan`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from cordee.care.notifications.outbox import Event, tell
from cordee.care.plans.judging import MACHINE, OPINION, STATUS
from cordee.care.plans.nomenclature import Entry, Nomenclature, change, current, templates
from cordee.care.plans.plan import ACTION, Action, Goal, Need, Plan, read_plan
from cordee.care.plans.vocabulary import PPCS
from cordee.care.plans.writing import (
    Beginning,
    Said,
    check_need,
    need_review,
    new_goal,
    new_plan,
    next_key,
    with_links,
    with_needs,
    with_note,
    with_outcome,
    with_review,
    with_said,
)
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.desk import Due, Stage, Workflow
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task, party
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken, VersionConflict

_WITH: Final = (
    "&_include=CarePlan:goal&_revinclude=Task:focus:CarePlan"
    "&_include:iterate=Task:owner:Practitioner&_include:iterate=Task:owner:Organization"
    "&_include:iterate=Task:requester:Organization&_include:iterate=Task:requester:Practitioner"
)
_GOAL_DAYS: Final = 90
MOST: Final = 50


class Plans:
    """The plans of one installation."""

    def __init__(
        self, database: Database, store: Store, workflow: Workflow, platform: Principal
    ) -> None:
        """`store` reads and writes through the guard; `platform` keeps the nomenclature."""
        self._database = database
        self._store = store
        self._platform = platform
        self._workflow = workflow
        self._forms = Forms(database)

    async def of_patient(self, principal: Principal, patient: str) -> list[Plan]:
        """All plans of a person of any category, the newest first; at most 50."""
        query = f"subject=Patient/{patient}&_sort=-_lastUpdated&_count={MOST}{_WITH}"
        rows = await self._store.search(principal, "CarePlan", query)
        return [read_plan(one, rows) for one in rows if one["resourceType"] == "CarePlan"]

    async def one(self, principal: Principal, patient: str, key: str) -> Plan:
        """A plan of a person; raises `NotFound` for what is none of theirs, or is not seen."""
        rows = await self._store.search(principal, "CarePlan", f"_id={key}{_WITH}")
        plans = [one for one in rows if one["resourceType"] == "CarePlan"]
        if not plans or party(plans[0], "subject") != f"Patient/{patient}":
            raise NotFound("there is no such plan")
        return read_plan(plans[0], rows)

    async def nomenclature(self) -> Nomenclature:
        """The needs, goals and actions to choose from: the same for all."""
        return await current(self._store, self._platform)

    async def change_nomenclature(
        self, principal: Principal, entry: Entry, expected: str
    ) -> Nomenclature:  # fmt: skip
        """The next edition, with a line more or changed; raises what `nomenclature.change` does."""
        return await change(self._store, self._platform, principal, entry, expected)

    async def begin(
        self, principal: Principal, patient: str, number: str, said: Said, template: str
    ) -> str:
        """The id of a new plan, from a template or blank; the same form sent again is one.

        Raises `RuleBroken` for what is missing, `NotFound` for a person who is not seen.
        """
        await self._store.read(principal, "Patient", patient)
        now = clock.now()
        owner = principal.practitioner or principal.structure
        course, place = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
        subject = f"Patient/{patient}"
        beginning = Beginning(subject, number, course, owner, now, template)
        plan = new_plan(beginning, said)
        goals: list[Write] = []
        if template:
            known = await self.nomenclature()
            needs, made = _from_template(template, known, (place, subject, clock.today()))
            plan = with_needs(plan, needs)
            goals = [Write(one, key=f"urn:uuid:{uuid4()}") for one in made]
            plan = with_links(plan, [one.key for one in goals])
        task = new_task(
            Asked(
                MACHINE, subject, owner, principal.structure or owner, focus=place,
                facts={"review-date": said.review},
            ),
            now,
        )  # fmt: skip
        writes = [Write(plan, key=place), Write(task, key=course), *goals]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, writes, also))[0].id

        return await self._forms.once(number, write)

    async def say(self, principal: Principal, plan: Plan, said: Said) -> None:
        """Writes what counts for the person, the review, who to call."""
        made = with_said(_bare(plan), said, clock.today())
        writes = [self._replaced(plan, made)]
        if plan.task is not None and plan.facts.get("review-date") != said.review:
            writes.append(_with_facts(plan.task, {"review-date": said.review}))
        await self._store.write(principal, writes)

    async def add_need(self, principal: Principal, plan: Plan, need: Need) -> None:
        """Writes a need more; raises `RuleBroken` for what is missing."""
        made = replace(check_need(need), key=next_key(plan.needs))
        await self._needs(principal, plan, [*plan.needs, made])

    async def remove_need(self, principal: Principal, plan: Plan, key: str) -> None:
        """Takes a need out; raises `RuleBroken` where goals answer it."""
        if plan.goals_of(key):
            raise RuleBroken("Des objectifs répondent à ce besoin : il reste dans le plan.")
        await self._needs(principal, plan, [one for one in plan.needs if one.key != key])

    async def add_goal(self, principal: Principal, plan: Plan, goal: Goal) -> None:
        """Writes a goal more; raises `RuleBroken` for what is missing."""
        if plan.need(goal.need) is None:
            raise RuleBroken("Choisissez le besoin auquel l’objectif répond.")
        place, today = f"CarePlan/{plan.key}", clock.today()
        made = new_goal(place, party(plan.resource, "subject"), goal, today)
        key = f"urn:uuid:{uuid4()}"
        after = with_links(plan.resource, [key])
        await self._store.write(principal, [self._replaced(plan, after), Write(made, key=key)])

    async def add_action(self, principal: Principal, plan: Plan, action: Action) -> None:
        """Asks an effector for an action; raises `RuleBroken` for what is missing."""
        if not any(one.key == action.goal for one in plan.goals):
            raise RuleBroken("Choisissez l’objectif de l’action.")
        if not action.text.strip():
            raise RuleBroken("Dites ce qui est à faire.")
        kind, _, key = action.owner.partition("/")
        is_own = action.owner == party(plan.resource, "subject")
        if not key or not (is_own or kind in {"Practitioner", "Organization"}):
            raise RuleBroken("Choisissez qui fait l’action.")
        await self._store.read(principal, kind, key)
        facts = {
            "goal": f"Goal/{action.goal}", "kind": action.kind, "due": _day(action.due),
            "criterion": action.criterion.strip(),
        }  # fmt: skip
        task = new_task(
            Asked(
                ACTION, party(plan.resource, "subject"), action.owner,
                principal.practitioner or principal.structure,
                focus=f"CarePlan/{plan.key}", text=action.text.strip(), facts=facts,
            ),
            clock.now(),
        )  # fmt: skip
        place = f"urn:uuid:{uuid4()}"
        after = with_links(plan.resource, (), [place])
        await self._store.write(principal, [self._replaced(plan, after), Write(task, key=place)])

    async def outcome(
        self, principal: Principal, plan: Plan, goal: str, outcome: str, gap: str = ""
    ) -> None:  # fmt: skip
        """Says what became of a goal; raises `RuleBroken` without the reason that is needed."""
        if not any(one.key == goal for one in plan.goals):
            raise NotFound("there is no such goal in this plan")
        present = await self._store.read(principal, "Goal", goal)
        made = with_outcome(present, outcome, gap, clock.today())
        version = int(present["meta"]["versionId"])
        await self._store.write(principal, [Write(made, "PUT", version)])

    async def act(self, principal: Principal, plan: Plan, action: str, wanted: Wanted) -> None:
        """Moves an action, by who sees the whole plan."""
        if not any(one.key == action for one in plan.actions):
            raise NotFound("there is no such action in this plan")
        await self._workflow.move(principal, action, wanted)

    async def answer(self, principal: Principal, plan: Plan, wanted: Wanted) -> None:
        """Says what the médecin traitant thinks; raises what the machine refuses."""
        if plan.opinion is None:
            raise NotFound("nobody was asked")
        await self._workflow.move(principal, str(plan.opinion["id"]), wanted)

    async def comment(self, principal: Principal, plan: Plan, action: str, text: str) -> None:
        """Says something about an action, by who sees the whole plan."""
        found = next((one for one in plan.actions if one.key == action), None)
        if found is None:
            raise NotFound("there is no such action in this plan")
        author = principal.practitioner or principal.structure
        made = with_note(found.task, author, principal.name, text, clock.now())
        version = int(found.task["meta"]["versionId"])
        await self._store.write(principal, [Write(made, "PUT", version)])

    async def move(self, principal: Principal, plan: Plan, wanted: Wanted) -> None:
        """Moves a plan with its CarePlan; a proposal asks the médecin traitant.

        Raises what the machine refuses.
        """
        if plan.task is None:
            raise NotFound("this plan follows no machine")
        now, facts = clock.now(), dict(wanted.facts)
        writes: list[Write] = []
        after = _bare(plan) | {"status": STATUS[_entered(wanted.move)]}
        if "review-date" in facts:
            need_review(str(facts["review-date"]), clock.today())
            after = with_review(after, str(facts["review-date"]))
        if wanted.move == "propose":
            opinion = await self._opinion(principal, plan)
            facts |= {"opinion": opinion.key if opinion else ""}
            writes += [opinion] if opinion else []
        task = moved_task(plan.task, machines()[MACHINE], replace(wanted, facts=facts), now)
        version = int(plan.task["meta"]["versionId"])
        writes.insert(0, Write(task, "PUT", version))
        if after != _bare(plan):
            writes.append(self._replaced(plan, after))
        await self._store.write(principal, writes)

    async def due(self, plans: Sequence[Plan]) -> Mapping[str, Due]:
        """What is due next for these plans, by the id of the Task."""
        return await self._workflow.due([str(one.task["id"]) for one in plans if one.task])

    async def bundle(self, principal: Principal, plan: Plan) -> dict[str, Any]:
        """The plan with its person, goals, actions and effectors, as a FHIR collection."""
        rows = await self._store.search(
            principal, "CarePlan", f"_id={plan.key}&_include=CarePlan:subject:Patient{_WITH}"
        )
        entries = [{"resource": dict(one)} for one in rows]
        return {"resourceType": "Bundle", "type": "collection",
                "timestamp": clock.instant(clock.now()), "entry": entries}  # fmt: skip

    async def parties(
        self, principal: Principal, plan: Plan
    ) -> tuple[Resource, Resource, Resource]:
        """The person, the referent and the structure of a plan, for its header."""
        _, _, patient = party(plan.resource, "subject").partition("/")
        referent = party(plan.task or {}, "owner")
        asked = (f"Patient/{patient}", referent, principal.structure)
        found = await asyncio.gather(*(self._known(principal, one) for one in asked))
        return found[0], found[1], found[2]

    async def _known(self, principal: Principal, reference: str) -> Resource:
        kind, _, key = reference.partition("/")
        if kind not in {"Patient", "Practitioner", "Organization"}:
            return {}
        return await self._store.read(principal, kind, key)

    async def tell_deposit(self, principal: Principal, plan: Plan, document: str) -> None:
        """Tells the médecin traitant and who follows the file: on screen, else by MSSanté."""
        event = Event(
            "plan-deposit", clock.now(), f"CarePlan/{plan.key}/deposit/{document}",
            party(plan.resource, "subject"), place=principal.structure,
            focus=f"DocumentReference/{document}", detail={"by": principal.user},
        )  # fmt: skip
        async with self._database.transaction() as connection:
            await tell(connection, event)

    async def story(self, plan: Plan) -> Sequence[Stage]:
        """What a plan went through, for who has read it."""
        return await self._workflow.story(str(plan.task["id"])) if plan.task else []

    async def _needs(self, principal: Principal, plan: Plan, needs: Sequence[Need]) -> None:
        made = with_needs(_bare(plan), needs)
        await self._store.write(principal, [self._replaced(plan, made)])

    async def _opinion(self, principal: Principal, plan: Plan) -> Write | None:
        """The question to the médecin traitant; None where none is known, or they wrote it."""
        subject = party(plan.resource, "subject")
        patient = await self._store.read(principal, "Patient", subject.partition("/")[2])
        given = [str(one.get("reference", "")) for one in patient.get("generalPractitioner", ())]
        doctor = next((one for one in given if one.startswith("Practitioner/")), "")
        if not doctor:
            return None
        asked = Asked(
            OPINION, subject, doctor, principal.practitioner or principal.structure,
            focus=f"CarePlan/{plan.key}", text=plan.title,
        )  # fmt: skip
        return Write(new_task(asked, clock.now()), key=f"urn:uuid:{uuid4()}")

    def _replaced(self, plan: Plan, after: Resource) -> Write:
        if plan.category != PPCS:
            raise RuleBroken("Ce plan se lit ici et s’écrit là où il est tenu.")
        made = {key: value for key, value in after.items() if key != "meta"}
        return Write(made, "PUT", plan.version)


def need_version(plan: Plan, sent: str) -> None:
    """Raises `VersionConflict` where somebody has written since the form was opened."""
    if sent and sent != str(plan.version):
        raise VersionConflict("the plan has changed; read it again")


def _entered(move: str) -> str:
    found = machines()[MACHINE].move(move)
    if found is None:
        raise RuleBroken("Choisissez ce que vous voulez faire.")
    return found.to


def _bare(plan: Plan) -> dict[str, Any]:
    return {key: value for key, value in plan.resource.items() if key != "meta"}


def _with_facts(task: Resource, facts: Mapping[str, Any]) -> Write:
    """The Task with other facts in the same state."""
    kept = [
        one
        for one in task.get("input", ())
        if not any(coding.get("code") in facts for coding in one["type"].get("coding", ()))
    ]
    blank = {key: value for key, value in task.items() if key not in {"meta", "input"}}
    asked = Asked(MACHINE, party(task, "for"), "-", "-", facts=facts)
    made = blank | {"input": [*kept, *new_task(asked, clock.now()).get("input", ())]}
    return Write(made, "PUT", int(task["meta"]["versionId"]))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise RuleBroken("Dites pour quand l’action est prévue.") from error


def _from_template(
    code: str, known: Nomenclature, place: tuple[str, str, date]
) -> tuple[list[Need], list[dict[str, Any]]]:
    """Needs and goals of a template, in the words of the edition in use."""
    plan, subject, today = place
    template = templates().get(code)
    if template is None:
        raise RuleBroken("Choisissez un modèle de la liste.")
    due = (today + timedelta(days=_GOAL_DAYS)).isoformat()
    needs: list[Need] = []
    goals: list[dict[str, Any]] = []
    for need_code, goal_codes in template.needs:
        entry = known.entry(need_code)
        if entry is None:
            continue
        need = Need(
            next_key(needs), entry.text, entry.domain, "asap", True, "", entry.code, known.edition
        )
        needs.append(need)
        for one in filter(None, map(known.entry, goal_codes)):
            goal = Goal("", one.text, need.key, one.more, due, False, "", "", 0)
            goals.append(new_goal(plan, subject, goal, today))
    return needs, goals
