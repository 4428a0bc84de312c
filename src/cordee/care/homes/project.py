"""A projet personnalisé as resources, and as it is read: expectations, aims, who does what. Pure.

Shapes: TDDUI `careplan-projet-personnalise` and `goal-objectif` (line 2, in progress); what is done
for an aim is an activity of the CarePlan, versioned with it. Rule: B7.1; decision 0070.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cordee.care.plans.plan import name_of
from cordee.care.plans.vocabulary import (
    ACHIEVEMENT,
    AGREED,
    COURSE,
    HABITS,
    KIND,
    KINDS,
    OF_PLAN,
    OUTCOMES,
    PROJECT,
    category_of,
    course_of,
    extension,
    plan_of,
)
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE, facts_of, party, state_of
from cordee.runtime.clock import instant
from cordee.runtime.errors import Issue, ResourceInvalid

IDENTIFIERS: Final = "https://identifiant-medicosocial-projetpersonnalise.esante.gouv.fr"
DOMAIN: Final = BASE + "domaine-projet-personnalise"
RELATIVES: Final = "https://cordee.example/fhir/StructureDefinition/project-relatives"
DOMAINS: Final[Mapping[str, str]] = {
    "sante": "Santé",
    "autonomie": "Autonomie, gestes de la vie",
    "participation": "Vie sociale, liens, envies",
}
"""The three domains of the needs of SERAFIN-PH, which serve the homes for the elderly too."""
LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is said before any aim: by the person, by those near, and how they live."""

    words: str
    relatives: str = ""
    habits: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim: its domain, how it is reached, until when, whether the person agrees."""

    key: str
    text: str
    domain: str
    means: str
    due: str
    agreed: bool
    outcome: str = "in-progress"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done for an aim: by whom, when; `key` is its place in the CarePlan."""

    key: str
    aim: str
    text: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Project:
    """One project with all that it holds."""

    key: str
    patient: str
    wishes: Wishes
    review: str
    aims: tuple[Aim, ...]
    deeds: tuple[Deed, ...]
    state: str
    resource: Resource
    task: Resource | None
    names: Mapping[str, str]

    @property
    def version(self) -> int:
        """The version of the CarePlan."""
        return int((self.resource.get("meta") or {}).get("versionId", 1))

    @property
    def facts(self) -> dict[str, Any]:
        """What its Task carries."""
        return facts_of(self.task) if self.task else {}

    @property
    def referent(self) -> str:
        """The name of who answers for it."""
        return self.names.get(party(self.task, "owner"), "") if self.task else ""

    def deeds_of(self, aim: str) -> list[Deed]:
        """What is done for an aim."""
        return [one for one in self.deeds if one.aim == aim]


def new_project(
    patient: str, number: str, course: str, author: str, at: datetime
) -> dict[str, Any]:  # fmt: skip
    """The CarePlan of a project that begins; `course` is the reference of its Task."""
    category = {"coding": [{"system": KIND, "code": PROJECT, "display": KINDS[PROJECT]}]}
    return {
        "resourceType": "CarePlan",
        "extension": [{"url": COURSE, "valueReference": {"reference": course}}],
        "identifier": [{"system": IDENTIFIERS, "value": number}],
        "status": "draft",
        "intent": "plan",
        "category": [category],
        "title": KINDS[PROJECT],
        "subject": {"reference": patient},
        "created": instant(at),
        "period": {"start": at.date().isoformat()},
        "author": {"reference": author},
    }


def with_wishes(plan: Resource, wishes: Wishes) -> dict[str, Any]:
    """The project with what is said; raises `ResourceInvalid` without the words of the person."""
    if not wishes.words.strip():
        text = "Écrivez ce que la personne attend, ou ce que vous en avez compris."
        raise ResourceInvalid([Issue("error", "invalid", text, ("words",))])
    said = ((RELATIVES, wishes.relatives), (HABITS, wishes.habits))
    kept = [one for one in plan.get("extension", ()) if one["url"] not in {RELATIVES, HABITS}]
    kept += [{"url": url, "valueString": text.strip()[:LONGEST]} for url, text in said if text]
    return dict(plan) | {"extension": kept, "description": wishes.words.strip()[:LONGEST]}


def new_goal(plan: str, subject: str, aim: Aim, today: date) -> dict[str, Any]:
    """The Goal of an aim; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if not aim.text.strip():
        problems.append(("text", "Dites quel est l’objectif."))
    if aim.domain not in DOMAINS:
        problems.append(("domain", "Choisissez le domaine."))
    if not _is_day(aim.due):
        problems.append(("due", "Donnez l’échéance."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])
    domain = {"system": DOMAIN, "code": aim.domain, "display": DOMAINS[aim.domain]}
    started = {"system": ACHIEVEMENT, "code": "in-progress", "display": OUTCOMES["in-progress"]}
    made: dict[str, Any] = {
        "resourceType": "Goal",
        "extension": [
            {"url": OF_PLAN, "valueReference": {"reference": plan}},
            {"url": AGREED, "valueBoolean": aim.agreed},
        ],
        "lifecycleStatus": "accepted" if aim.agreed else "proposed",
        "achievementStatus": {"coding": [started]},
        "category": [{"coding": [domain]}],
        "description": {"text": aim.text.strip()[:LONGEST]},
        "subject": {"reference": subject},
        "startDate": today.isoformat(),
        "target": [{"dueDate": aim.due}],
    }
    if aim.means.strip():
        made["note"] = [{"text": aim.means.strip()[:LONGEST]}]
    return made


def with_aim(plan: Resource, goal: str) -> dict[str, Any]:
    """The project that names a Goal more."""
    return dict(plan) | {"goal": [*plan.get("goal", ()), {"reference": goal}]}


def with_deed(plan: Resource, deed: Deed) -> dict[str, Any]:
    """The project with something more to do; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if not deed.text.strip():
        problems.append(("deed", "Dites ce qui est à faire."))
    if not deed.who.strip():
        problems.append(("who", "Dites qui le fait."))
    if f"Goal/{deed.aim}" not in [one.get("reference") for one in plan.get("goal", ())]:
        problems.append(("deed", "Choisissez l’objectif."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])
    detail: dict[str, Any] = {
        "goal": [{"reference": f"Goal/{deed.aim}"}],
        "status": "in-progress",
        "description": deed.text.strip()[:LONGEST],
        "performer": [{"display": deed.who.strip()[:100]}],
    }
    if deed.when.strip():
        detail["scheduledString"] = deed.when.strip()[:100]
    return dict(plan) | {"activity": [*plan.get("activity", ()), {"detail": detail}]}


def without_deed(plan: Resource, key: str) -> dict[str, Any]:
    """The project without what was to do at a place."""
    kept = [one for place, one in enumerate(plan.get("activity", ())) if str(place) != key]
    made = dict(plan) | {"activity": kept}
    return {name: value for name, value in made.items() if value != []}


def read_project(resource: Resource, others: Sequence[Resource]) -> Project:
    """A project of its CarePlan and what was found with it: Goals, Task, people."""
    place = f"CarePlan/{resource['id']}"
    known = {f"{one['resourceType']}/{one['id']}": one for one in others}
    task = known.get(course_of(resource))
    goals = [one for one in others if one["resourceType"] == "Goal" and plan_of(one) == place]
    goals.sort(key=lambda one: (str(one.get("startDate", "")), str(one["id"])))
    wishes = Wishes(
        str(resource.get("description", "")),
        str(extension(resource, RELATIVES).get("valueString", "")),
        str(extension(resource, HABITS).get("valueString", "")),
    )
    return Project(
        str(resource["id"]), party(resource, "subject"), wishes,
        str(facts_of(task).get("review-date", "")) if task else "",
        tuple(_aim(one) for one in goals), tuple(_deeds(resource)),
        state_of(task) if task else "", resource, task,
        {where: name_of(one) for where, one in known.items()},
    )  # fmt: skip


def projects_of(rows: Sequence[Resource]) -> list[Project]:
    """The projects among what was read, those that run first, then the newest."""
    plans = [one for one in rows if one["resourceType"] == "CarePlan"]
    found = [read_project(one, rows) for one in plans if category_of(one) == PROJECT]
    return sorted(found, key=lambda one: str(one.resource.get("created", "")), reverse=True)


def _aim(one: Resource) -> Aim:
    target: Mapping[str, Any] = next(iter(one.get("target", ())), {})
    codings = [c for part in one.get("category", ()) for c in part.get("coding", ())]
    states = (one.get("achievementStatus") or {}).get("coding", ())
    return Aim(
        str(one["id"]), str((one.get("description") or {}).get("text", "")),
        next((str(c.get("code", "")) for c in codings if c.get("system") == DOMAIN), ""),
        next((str(note.get("text", "")) for note in one.get("note", ())), ""),
        str(target.get("dueDate", "")), extension(one, AGREED).get("valueBoolean") is True,
        next((str(c.get("code", "")) for c in states if c.get("system") == ACHIEVEMENT), ""),
        str(one.get("statusReason", "")),
    )  # fmt: skip


def _deeds(plan: Resource) -> list[Deed]:
    found: list[Deed] = []
    for place, one in enumerate(plan.get("activity", ())):
        detail: Mapping[str, Any] = one.get("detail") or {}
        aim: Mapping[str, Any] = next(iter(detail.get("goal", ())), {})
        who: Mapping[str, Any] = next(iter(detail.get("performer", ())), {})
        found.append(
            Deed(
                str(place), str(aim.get("reference", "")).partition("/")[2],
                str(detail.get("description", "")), str(who.get("display", "")),
                str(detail.get("scheduledString", "")),
            )
        )  # fmt: skip
    return found


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
