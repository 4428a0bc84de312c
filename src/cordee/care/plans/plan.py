"""A coordinated plan as it is read: what counts, needs, goals, actions, who to call. Pure.

The shapes are those of TDDUI (`careplan-projet-personnalise`, `goal-objectif`, need, action), as
far as a plan outside of the ESMS can bear them: decision 0059.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.plans.vocabulary import (
    ACHIEVEMENT,
    AGREED,
    ALERT,
    DOMAIN,
    HABITS,
    NEED,
    NOMENCLATURE,
    POSSIBLE,
    REVIEW,
    TEMPLATE,
    category_of,
    course_of,
    extension,
    plan_of,
)
from cordee.care.store import Resource
from cordee.care.workflow.tasks import facts_of, machine_of, party, reason_of, state_of

ACTION: Final = "care-plan-action"


@dataclass(frozen=True, slots=True)
class Call:
    """Who to call, in their order, and when."""

    name: str
    phone: str
    when: str


@dataclass(frozen=True, slots=True)
class Need:
    """A problem of the person: `key` names it within its plan; `entry` is of the nomenclature."""

    key: str
    text: str
    domain: str
    priority: str = "routine"
    possible: bool = True
    detail: str = ""
    entry: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is aimed at for a need: measurable, due, agreed or not by the person."""

    key: str
    text: str
    need: str
    measure: str
    due: str
    agreed: bool
    outcome: str
    reason: str
    version: int


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its Task, whose it is, what became of it, what was said."""

    key: str
    text: str
    goal: str
    kind: str
    due: str
    criterion: str
    owner: str
    state: str
    reason: str
    comments: tuple[tuple[str, str, str], ...]
    task: Resource


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan with all that it holds; `state` is "" for what follows no machine."""

    key: str
    category: str
    title: str
    words: str
    habits: str
    review: str
    template: str
    calls: tuple[Call, ...]
    needs: tuple[Need, ...]
    goals: tuple[Goal, ...]
    actions: tuple[Action, ...]
    state: str
    resource: Resource
    task: Resource | None
    opinion: Resource | None
    names: Mapping[str, str]

    @property
    def version(self) -> int:
        """The version of the CarePlan."""
        return int((self.resource.get("meta") or {}).get("versionId", 1))

    @property
    def facts(self) -> dict[str, Any]:
        """What its Task carries: who answered, who agreed, when it is reviewed."""
        return facts_of(self.task) if self.task else {}

    def need(self, key: str) -> Need | None:
        """The need of that key."""
        return next((one for one in self.needs if one.key == key), None)

    def goals_of(self, need: str) -> list[Goal]:
        """The goals that answer a need."""
        return [one for one in self.goals if one.need == need]

    def actions_of(self, goal: str) -> list[Action]:
        """The actions of a goal, prevention first, then the earliest."""
        mine = [one for one in self.actions if one.goal == goal]
        return sorted(mine, key=lambda one: (one.kind != "prevention", one.due))

    def name(self, reference: str) -> str:
        """The name of somebody, their reference where it is not known."""
        return self.names.get(reference, "")


def read_plan(resource: Resource, others: Sequence[Resource]) -> Plan:
    """A plan of its CarePlan and what was found with it: its Tasks, Goals and people."""
    place = f"CarePlan/{resource['id']}"
    known = {f"{one['resourceType']}/{one['id']}": one for one in others}
    names = {where: name_of(one) for where, one in known.items()}
    task = known.get(course_of(resource))
    goals = [one for one in others if one["resourceType"] == "Goal" and plan_of(one) == place]
    actions = [
        one
        for one in others
        if one["resourceType"] == "Task" and party(one, "focus") == place and is_action(one)
    ]
    period = resource.get("period") or {}
    return Plan(
        key=str(resource["id"]),
        category=category_of(resource),
        title=str(resource.get("title", "")) or _category_words(resource),
        words=str(resource.get("description", "")),
        habits=str(extension(resource, HABITS).get("valueString", "")),
        review=str(extension(resource, REVIEW).get("valueDate", "") or period.get("end", "")),
        template=str(extension(resource, TEMPLATE).get("valueCode", "")),
        calls=tuple(_calls(resource)),
        needs=tuple(
            _need(one)
            for one in resource.get("contained", ())
            if one.get("resourceType") == "ServiceRequest"
        ),
        goals=tuple(_goal(one) for one in sorted(goals, key=_order)),
        actions=tuple(read_action(one) for one in sorted(actions, key=_order)),
        state=state_of(task) if task else "",
        resource=resource,
        task=task,
        opinion=known.get(str(facts_of(task).get("opinion", ""))) if task else None,
        names=names,
    )


def is_action(task: Resource) -> bool:
    """Whether a Task is an action of a plan."""
    try:
        machine = machine_of(task)
    except KeyError:
        return False
    return machine is not None and machine.code == ACTION


def read_action(task: Resource) -> Action:
    """An action of its Task."""
    facts = facts_of(task)
    return Action(
        str(task["id"]),
        str(task.get("description", "")),
        str(facts.get("goal", "")).partition("/")[2],
        str(facts.get("kind", "")),
        str(facts.get("due", "")),
        str(facts.get("criterion", "")),
        party(task, "owner"),
        state_of(task),
        reason_of(task),
        tuple(
            (
                str((one.get("authorReference") or {}).get("display", "")),
                str(one.get("time", "")),
                str(one.get("text", "")),
            )
            for one in task.get("note", ())
        ),
        task,
    )


def name_of(resource: Resource) -> str:
    """The name of a person or a structure, "" where there is none."""
    name = resource.get("name", "")
    if isinstance(name, str):
        return name
    first: Mapping[str, Any] = next(iter(name), {})
    parts = [*first.get("prefix", ()), *first.get("given", ())[:1], first.get("family", "")]
    return str(first.get("text") or " ".join(filter(None, parts)))


def _need(one: Mapping[str, Any]) -> Need:
    coding = _coding(one.get("code"), NOMENCLATURE)
    domain = next((_coding(part, DOMAIN) for part in one.get("category", ())), {})
    return Need(
        str(one.get("id", "")),
        str((one.get("code") or {}).get("text", "")),
        str(domain.get("code", "")),
        str(one.get("priority", "routine")),
        extension(one, POSSIBLE).get("valueBoolean") is not False,
        next((str(note.get("text", "")) for note in one.get("note", ())), ""),
        str(coding.get("code", "")),
        str(coding.get("version", "")),
    )


def _goal(one: Resource) -> Goal:
    target: Mapping[str, Any] = next(iter(one.get("target", ())), {})
    outcome = _coding(one.get("achievementStatus"), ACHIEVEMENT).get("code", "in-progress")
    return Goal(
        str(one["id"]),
        str((one.get("description") or {}).get("text", "")),
        str(extension(one, NEED).get("valueString", "")),
        str((target.get("measure") or {}).get("text", "")),
        str(target.get("dueDate", "")),
        extension(one, AGREED).get("valueBoolean") is True,
        str(outcome),
        str(one.get("statusReason", "")),
        int((one.get("meta") or {}).get("versionId", 1)),
    )


def _calls(plan: Resource) -> list[Call]:
    found: list[Call] = []
    for one in plan.get("extension", ()):
        if one.get("url") == ALERT:
            parts = {part.get("url"): str(part.get("valueString", "")) for part in one["extension"]}
            found.append(Call(parts.get("name", ""), parts.get("phone", ""), parts.get("when", "")))
    return found


def _coding(concept: Any, system: str) -> Mapping[str, Any]:
    codings = (concept or {}).get("coding", ())
    return next((one for one in codings if one.get("system") == system), {})


def _category_words(plan: Resource) -> str:
    codings = [one for part in plan.get("category", ()) for one in part.get("coding", ())]
    texts = [str(part.get("text", "")) for part in plan.get("category", ())]
    texts += [str(one.get("display", "")) for one in codings]
    return next((one for one in texts if one), "Plan de soins")


def _order(one: Resource) -> str:
    return str(one.get("startDate") or one.get("authoredOn", "")) + str(one["id"])
