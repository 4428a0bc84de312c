"""Whether a plan may become what is written, by whatever door: its state is that of its Task.

The machine says who moves the Task; here is what that means for the CarePlan and its Goals, in the
same transaction. Rules: B3.3, B3.7; decision 0059.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.plans.projects import need_project
from cordee.care.plans.vocabulary import (
    ACHIEVEMENT,
    GAPS,
    MACHINES,
    PROJECT,
    category_of,
    course_of,
    is_governed,
    plan_of,
)
from cordee.care.store import Resource
from cordee.care.workflow.judging import Actor
from cordee.care.workflow.tasks import facts_of, machine_of, party, state_of
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken

MACHINE, OPINION = "care-plan", "care-plan-opinion"
STATUS: Final = {
    "draft": "draft", "consultation": "draft", "validated": "draft", "active": "active",
    "review": "active", "closed": "completed", "proposed": "draft",
}  # fmt: skip
"""The CarePlan.status of each state."""
EDITABLE: Final = frozenset({"draft", "review"})
"""States in which what a plan says may change."""
_OTHERS: Final = "Le plan est écrit par son référent et par qui le coordonne."
_ANSWERS: Final = {"agreed", "silent"}
_UNSAID: Final = ("meta", "status", "text")
Look = Callable[[str], Awaitable[Resource | None]]
"""What is stored at a reference, in the transaction of the write; None for nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """A write of a lot: what stood, and what is to stand; `after` is None for a deletion."""

    reference: str
    before: Resource | None
    after: Resource | None


async def judge_plans(lot: Mapping[str, Written], look: Look, actor: Actor) -> None:
    """Returns when what is written of plans follows their Tasks.

    Raises `Conflict` for a status or a change that the state does not allow, `AccessDenied` for
    who takes no part in the plan, `RuleBroken` for what is missing.
    """
    for one in lot.values():
        kind = one.reference.partition("/")[0]
        if kind == "CarePlan" and (is_governed(one.before) or is_governed(one.after)):
            await _plan(one, lot, look, actor)
        elif kind == "Goal":
            await _goal(one, lot, look, actor)
        elif kind == "Task" and one.after is not None and is_course(one.after):
            await _course(one, lot, look)


async def _plan(one: Written, lot: Mapping[str, Written], look: Look, actor: Actor) -> None:
    before, after = one.before, one.after
    if after is None:
        raise RuleBroken("Un plan ne s’efface pas : il se clôt.")
    place, machine = course_of(after), MACHINES.get(category_of(after), "")
    _need_same(before, after)
    if not machine or not place:
        raise RuleBroken("Un plan personnalisé nomme son suivi.", expression=("CarePlan.category",))
    moved = lot.get(place)
    task = moved.after if moved else await look(place)
    if task is None or not _is(task, machine) or party(task, "focus") != one.reference:
        raise RuleBroken("Un plan personnalisé commence avec son suivi.")
    if party(task, "for") != party(after, "subject"):
        raise RuleBroken("Le plan et son suivi sont de la même personne.")
    expected = STATUS[state_of(task)]
    if after.get("status") != expected:
        raise Conflict(
            f"Plan personnalisé : dans l’état « {state_of(task)} », CarePlan.status est "
            f"{expected}. Changez l’état par le suivi du plan."
        )
    if before is None or _said(before) == _said(after):
        return
    former = moved.before if moved and moved.before else task
    _need_open(former, actor)


def _need_same(before: Resource | None, after: Resource) -> None:
    if before is None or not is_governed(before):
        return
    same = course_of(before) == course_of(after) and category_of(after) == category_of(before)
    if not same or party(before, "subject") != party(after, "subject"):
        raise RuleBroken("La personne, la nature et le suivi d’un plan ne changent pas.")


def _need_open(task: Resource, actor: Actor) -> None:
    """Raises where what a plan says may not change now, or not by this actor."""
    if state_of(task) not in EDITABLE:
        raise Conflict("Ce plan est proposé ou validé : reprenez-le en révision pour le changer.")
    if not actor.is_party(("owner", "requester"), task):
        raise AccessDenied(_OTHERS)


async def _goal(one: Written, lot: Mapping[str, Written], look: Look, actor: Actor) -> None:
    former = plan_of(one.before) if one.before else ""
    if one.after is None:
        if former:
            raise RuleBroken("Un objectif d’un plan ne s’efface pas : il s’abandonne.")
        return
    place = plan_of(one.after)
    if former and place != former:
        raise RuleBroken("Un objectif ne change pas de plan.")
    if not place:
        return
    if party(one.after, "subject") != await _subject(place, lot, look):
        raise RuleBroken("L’objectif et son plan sont de la même personne.")
    need_reason(one.after)
    task = await _task_of(place, lot, look)
    if task is not None:
        _need_party(one, task, actor)


def _need_party(one: Written, task: Resource, actor: Actor) -> None:
    """Raises where a goal may not be written now; what became of it may be, at any time."""
    if one.before is None or one.after is None or _wanted(one.before) != _wanted(one.after):
        _need_open(task, actor)
    elif not actor.is_party(("owner", "requester"), task):
        raise AccessDenied(_OTHERS)


def need_reason(goal: Resource) -> None:
    """Raises `RuleBroken` for a goal that is not reached without a reason of the list."""
    codings = (goal.get("achievementStatus") or {}).get("coding", ())
    codes = {one.get("code") for one in codings if one.get("system") == ACHIEVEMENT}
    if "not-achieved" in codes and goal.get("statusReason") not in GAPS.values():
        raise RuleBroken(
            "Objectif non atteint : choisissez pourquoi, parmi " + ", ".join(GAPS.values()) + ".",
            expression=("Goal.statusReason",),
        )


async def _subject(place: str, lot: Mapping[str, Written], look: Look) -> str:
    plan = await _standing(place, lot, look)
    if plan is None or not is_governed(plan):
        raise RuleBroken("Le plan de cet objectif n’est pas là.")
    return party(plan, "subject")


async def _task_of(place: str, lot: Mapping[str, Written], look: Look) -> Resource | None:
    """The Task of a plan as it stood before this lot; None for a plan that begins with it."""
    plan = await _standing(place, lot, look)
    course = course_of(plan or {})
    return lot[course].before if course in lot else await look(course)


async def _standing(place: str, lot: Mapping[str, Written], look: Look) -> Resource | None:
    return lot[place].after if place in lot else await look(place)


async def _course(one: Written, lot: Mapping[str, Written], look: Look) -> None:
    """A Task of a plan: its CarePlan goes with it, and the answer that it tells was given."""
    assert one.after is not None  # noqa: S101 -- asked by the caller
    place, entered = party(one.after, "focus"), state_of(one.after)
    left = state_of(one.before) if one.before else ""
    if (not left or STATUS.get(left) != STATUS.get(entered)) and place not in lot:
        raise RuleBroken("Le plan et son suivi changent d’état ensemble.")
    if _is(one.after, MACHINES[PROJECT]):
        need_project(left, one.after)
    elif entered == "consultation" and left != entered:
        await _asks(one, lot, look)
    elif left == entered == "consultation":
        _need_same_opinion(one)
    if left == "consultation" and entered == "validated":
        await _answer(one, look)


async def _asks(one: Written, lot: Mapping[str, Written], look: Look) -> None:
    """Raises where a plan is proposed without asking the médecin traitant whom the person has."""
    assert one.after is not None  # noqa: S101 -- a move
    person = await _standing(party(one.after, "for"), lot, look) or {}
    given = [str(each.get("reference", "")) for each in person.get("generalPractitioner", ())]
    doctors = {each for each in given if each.startswith("Practitioner/")}
    opinion = str(facts_of(one.after).get("opinion", ""))
    if not opinion and doctors:
        raise RuleBroken("Demandez d’abord l’avis du médecin traitant.")
    if not opinion:
        return
    task = await _standing(opinion, lot, look)
    same = (
        task is not None
        and _is(task, OPINION)
        and all(party(task, role) == party(one.after, role) for role in ("focus", "for"))
    )
    if task is None or not same or party(task, "owner") not in doctors:
        raise RuleBroken("L’avis demandé est celui du médecin traitant, sur ce plan.")


def _need_same_opinion(one: Written) -> None:
    """Raises where the opinion that was asked for is changed by words."""
    before, after = facts_of(one.before or {}), facts_of(one.after or {})
    if before.get("opinion", "") != after.get("opinion", ""):
        raise RuleBroken("L’avis demandé au médecin traitant ne change pas.")


async def _answer(one: Written, look: Look) -> None:
    """Raises where a plan is validated on an answer that was not given; silence stays silence."""
    assert one.before is not None and one.after is not None  # noqa: S101 -- a move
    facts, opinion = facts_of(one.after), str(facts_of(one.before).get("opinion", ""))
    if str(facts.get("opinion", "")) != opinion:
        raise RuleBroken("L’avis demandé au médecin traitant ne change pas à la validation.")
    said = facts.get("attending")
    if not opinion:
        if said != "none":
            raise RuleBroken("Aucun avis n’a été demandé au médecin traitant.")
        return
    task = await look(opinion)
    if task is None or not _is(task, OPINION) or party(task, "focus") != party(one.after, "focus"):
        raise RuleBroken("L’avis du médecin traitant est celui de ce plan.")
    state = state_of(task)
    if state == "asked":
        raise Conflict("Le médecin traitant n’a pas encore répondu, et son délai court.")
    if state not in _ANSWERS:
        raise Conflict("Le médecin traitant n’est pas d’accord : reprenez le plan avec lui.")
    if said != state:
        raise RuleBroken("La réponse du médecin traitant n’est pas celle qu’il a donnée.")


def is_course(task: Resource) -> bool:
    """Whether a Task says the state of a plan."""
    return any(_is(task, one) for one in MACHINES.values())


def _is(task: Resource, code: str) -> bool:
    try:
        machine = machine_of(task)
    except KeyError:
        return False
    return machine is not None and machine.code == code


def _said(plan: Resource) -> Mapping[str, Any]:
    return {name: value for name, value in plan.items() if name not in _UNSAID}


def _wanted(goal: Resource) -> Mapping[str, Any]:
    """What a goal says, without what became of it."""
    left = {"meta", "text", "achievementStatus", "statusReason", "statusDate", "lifecycleStatus",
            "note"}  # fmt: skip
    return {name: value for name, value in goal.items() if name not in left}
