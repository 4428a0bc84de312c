"""The resources of a plan: CarePlan with its needs, Goals, Tasks of actions. Pure.

Shapes: TDDUI `careplan-projet-personnalise`, `goal-objectif`, `service-request-besoin`; 0059.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from cordee.care.plans.plan import Call, Goal, Need
from cordee.care.plans.vocabulary import (
    ACHIEVEMENT,
    AGREED,
    ALERT,
    COURSE,
    DOMAIN,
    DOMAINS,
    GAPS,
    HABITS,
    IDENTIFIERS,
    KIND,
    KINDS,
    NEED,
    NOMENCLATURE,
    OF_PLAN,
    OUTCOMES,
    POSSIBLE,
    PPCS,
    PRIORITIES,
    REVIEW,
    TEMPLATE,
)
from cordee.care.store import Resource
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import RuleBroken

LONGEST: Final = 2000
_LIFE: Final = {"in-progress": "active", "achieved": "completed", "not-achieved": "cancelled"}


@dataclass(frozen=True, slots=True)
class Said:
    """What the person and those around say: words, habits, when to review, who to call."""

    title: str
    words: str
    habits: str
    review: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """Who a plan is about and of: references; `number` is that of its form, `at` the moment."""

    patient: str
    number: str
    course: str
    author: str
    at: datetime
    template: str = ""


def new_plan(begin: Beginning, said: Said) -> dict[str, Any]:
    """A plan at its beginning; `course` is the reference of its Task."""
    plan: dict[str, Any] = {
        "resourceType": "CarePlan",
        "identifier": [{"system": IDENTIFIERS, "value": begin.number}],
        "status": "draft",
        "intent": "plan",
        "category": [_concept(KIND, PPCS, KINDS[PPCS])],
        "subject": {"reference": begin.patient},
        "created": instant(begin.at),
        "period": {"start": begin.at.astimezone(PARIS).date().isoformat()},
        "author": {"reference": begin.author},
        "extension": [{"url": COURSE, "valueReference": {"reference": begin.course}}],
    }
    if begin.template:
        plan["extension"].append({"url": TEMPLATE, "valueCode": begin.template})
    return with_said(plan, said, begin.at.astimezone(PARIS).date())


def with_said(plan: Resource, said: Said, today: date) -> dict[str, Any]:
    """The plan with what is said of it; raises `RuleBroken` for what is missing or no day."""
    need_review(said.review, today)
    if not said.title.strip():
        raise RuleBroken("Donnez un titre au plan.", expression=("CarePlan.title",))
    kept = [one for one in plan.get("extension", ()) if one["url"] not in {REVIEW, HABITS, ALERT}]
    kept.append({"url": REVIEW, "valueDate": said.review})
    if said.habits:
        kept.append({"url": HABITS, "valueString": said.habits})
    kept += [_call(one) for one in said.calls if one.name or one.phone]
    made = dict(plan) | {"title": said.title, "extension": kept}
    made.pop("description", None)
    if said.words:
        made["description"] = said.words
    return made


def with_review(plan: Resource, day: str) -> dict[str, Any]:
    """The plan that is reviewed on another day."""
    kept = [one for one in plan.get("extension", ()) if one["url"] != REVIEW]
    return dict(plan) | {"extension": [*kept, {"url": REVIEW, "valueDate": day}]}


def need_review(text: str, today: date) -> None:
    """Raises `RuleBroken` unless this is a day to come."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken("Dites quand le plan sera révisé.") from error
    if day <= today:
        raise RuleBroken("La révision est un jour à venir.")


def with_needs(plan: Resource, needs: Sequence[Need]) -> dict[str, Any]:
    """The plan with these needs, in their order; each is referred to, as a contained one must."""
    others = [
        one for one in plan.get("contained", ()) if one.get("resourceType") != "ServiceRequest"
    ]
    links = [
        one
        for one in plan.get("supportingInfo", ())
        if not str(one.get("reference", "")).startswith("#")
    ]
    made = dict(plan)
    made["contained"] = [*others, *(_need(one, plan["subject"]) for one in needs)]
    made["supportingInfo"] = [*links, *({"reference": f"#{one.key}"} for one in needs)]
    return {key: value for key, value in made.items() if value not in ([], {})}


def next_key(needs: Sequence[Need]) -> str:
    """A key that no need of the plan bears."""
    taken = [int(one.key[1:]) for one in needs if one.key[1:].isdecimal()]
    return f"b{max(taken, default=0) + 1}"


def check_need(need: Need) -> Need:
    """The need, its words in bounds; raises `RuleBroken` for what is missing."""
    if not need.text.strip():
        raise RuleBroken("Dites quel est le besoin.")
    if need.domain not in DOMAINS:
        raise RuleBroken("Choisissez le domaine du besoin.")
    if need.priority not in PRIORITIES:
        raise RuleBroken("Choisissez la priorité du besoin.")
    return replace(need, text=need.text.strip()[:LONGEST], detail=need.detail[:LONGEST])


def new_goal(plan: str, subject: str, goal: Goal, today: date) -> dict[str, Any]:
    """A Goal of a plan; raises `RuleBroken` for what a goal must say."""
    if not goal.text.strip():
        raise RuleBroken("Dites quel est l’objectif.")
    if not goal.measure.strip():
        raise RuleBroken("Dites à quoi on mesurera que l’objectif est atteint.")
    try:
        date.fromisoformat(goal.due)
    except ValueError as error:
        raise RuleBroken("Donnez l’échéance de l’objectif.") from error
    return {
        "resourceType": "Goal",
        "extension": [
            {"url": OF_PLAN, "valueReference": {"reference": plan}},
            {"url": NEED, "valueString": goal.need},
            {"url": AGREED, "valueBoolean": goal.agreed},
        ],
        "lifecycleStatus": "accepted" if goal.agreed else "proposed",
        "achievementStatus": _outcome("in-progress"),
        "description": {"text": goal.text.strip()},
        "subject": {"reference": subject},
        "startDate": today.isoformat(),
        "target": [{"measure": {"text": goal.measure.strip()}, "dueDate": goal.due}],
    }


def with_outcome(goal: Resource, outcome: str, gap: str, today: date) -> dict[str, Any]:
    """What became of a goal; raises `RuleBroken` where one that is not reached has no reason."""
    if outcome not in OUTCOMES:
        raise RuleBroken("Dites si l’objectif est atteint.")
    if outcome == "not-achieved" and gap not in GAPS:
        raise RuleBroken("Dites pourquoi l’objectif n’est pas atteint.")
    made = {key: value for key, value in goal.items() if key not in {"meta", "statusReason"}}
    made |= {
        "lifecycleStatus": _LIFE[outcome],
        "achievementStatus": _outcome(outcome),
        "statusDate": today.isoformat(),
    }
    if outcome == "not-achieved":
        made["statusReason"] = GAPS[gap]
    return made


def with_links(
    plan: Resource, goals: Sequence[str] = (), tasks: Sequence[str] = ()
) -> dict[str, Any]:
    """The plan with goals and actions more, each once."""
    made = {key: value for key, value in plan.items() if key != "meta"}
    known = [one["reference"] for one in plan.get("goal", ())]
    done = [(one.get("reference") or {}).get("reference", "") for one in plan.get("activity", ())]
    made["goal"] = [{"reference": one} for one in dict.fromkeys([*known, *goals])]
    made["activity"] = [
        *plan.get("activity", ()),
        *({"reference": {"reference": one}} for one in tasks if one not in done),
    ]
    return {key: value for key, value in made.items() if value not in ([], {})}


def with_note(task: Resource, author: str, name: str, text: str, at: datetime) -> dict[str, Any]:
    """The Task with a comment more; raises `RuleBroken` for an empty one."""
    if not text.strip():
        raise RuleBroken("Écrivez votre commentaire.")
    note = {
        "authorReference": {"reference": author, "display": name},
        "time": instant(at),
        "text": text.strip()[:LONGEST],
    }
    made = {key: value for key, value in task.items() if key != "meta"}
    return made | {"note": [*task.get("note", ()), note], "lastModified": instant(at)}


def _need(need: Need, subject: Mapping[str, Any]) -> dict[str, Any]:
    code: dict[str, Any] = {"text": need.text}
    if need.entry:
        coding = {"system": NOMENCLATURE, "version": need.edition, "code": need.entry}
        code["coding"] = [coding]
    made: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": need.key,
        "extension": [{"url": POSSIBLE, "valueBoolean": need.possible}],
        "status": "active",
        "intent": "proposal",
        "category": [_concept(DOMAIN, need.domain, DOMAINS[need.domain])],
        "priority": need.priority,
        "code": code,
        "subject": dict(subject),
    }
    if need.detail:
        made["note"] = [{"text": need.detail}]
    return made


def _call(call: Call) -> dict[str, Any]:
    parts = {"name": call.name, "phone": call.phone, "when": call.when}
    return {
        "url": ALERT,
        "extension": [{"url": name, "valueString": text} for name, text in parts.items() if text],
    }


def _outcome(code: str) -> dict[str, Any]:
    return _concept(ACHIEVEMENT, code, OUTCOMES[code])


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
