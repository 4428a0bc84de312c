"""A plan in words, for the pages and for paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordee.care.plans.judging import OPINION
from cordee.care.plans.plan import ACTION, Action, Call, Goal, Need, Plan
from cordee.care.plans.vocabulary import DOMAINS, OUTCOMES, PPCS, PRIORITIES
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import party, reason_of, state_of
from cordee.runtime import french
from cordee.web.language import gettext as _
from cordee.web.workflow.telling import written_words

_LEVELS: Final = {"review": "caution", "closed": "settled", "active": "ok"}
_STATUS: Final = {
    "draft": _("brouillon"), "active": _("en cours"), "on-hold": _("en pause"),
    "completed": _("terminé"), "revoked": _("abandonné"), "unknown": _("non connu"),
    "entered-in-error": _("saisi par erreur"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action in words."""

    key: str
    text: str
    kind: str
    due: str
    criterion: str
    owner: str
    state: str
    code: str
    reason: str
    comments: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class GoalView:
    """One goal in words, with its actions."""

    key: str
    text: str
    measure: str
    due: str
    agreed: bool
    outcome: str
    code: str
    reason: str
    actions: tuple[ActionView, ...]


@dataclass(frozen=True, slots=True)
class NeedView:
    """One need in words, with its goals."""

    key: str
    text: str
    domain: str
    priority: str
    code: str
    possible: bool
    detail: str
    goals: tuple[GoalView, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan in words; `is_ours` is false for a plan that is kept elsewhere."""

    key: str
    title: str
    category: str
    is_ours: bool
    state: str
    code: str
    level: str
    words: str
    habits: str
    review: str
    version: int
    written: str
    referent: str
    coordinator: str
    calls: tuple[Call, ...]
    needs: tuple[NeedView, ...]
    loose: tuple[GoalView, ...]
    trigger: str
    reason: str
    agreement: tuple[tuple[str, str], ...]
    opinion: str
    opinion_reason: str
    progress: str


def view_plan(plan: Plan, now: datetime) -> PlanView:
    """The words of a plan."""
    machine, task = machines()["care-plan"], plan.task
    state = machine.states.get(plan.state)
    facts = plan.facts
    keys = {one.key for one in plan.needs}
    done = sum(one.state == "done" for one in plan.actions)
    count = len([one for one in plan.actions if one.state != "dropped"])
    updated = str((plan.resource.get("meta") or {}).get("lastUpdated", ""))
    return PlanView(
        key=plan.key,
        title=plan.title,
        category=_category(plan),
        is_ours=plan.category == PPCS,
        state=_(state.label) if state else _STATUS.get(str(plan.resource.get("status")), ""),
        code=plan.state,
        level=_LEVELS.get(plan.state, ""),
        words=plan.words,
        habits=plan.habits,
        review=french.short_date(plan.review),
        version=plan.version,
        written=written_words(updated, now),
        referent=plan.name(party(task, "owner")) if task else "",
        coordinator=plan.name(party(task, "requester")) if task else "",
        calls=plan.calls,
        needs=tuple(_need(plan, one, now) for one in plan.needs),
        loose=tuple(_goal(plan, one, now) for one in plan.goals if one.need not in keys),
        trigger=str(facts.get("trigger", "")) if plan.state == "review" else "",
        reason=reason_of(task) if task else "",
        agreement=_agreement(plan),
        opinion=_opinion(plan),
        opinion_reason=reason_of(plan.opinion) if plan.opinion else "",
        progress=_("actions faites : %s sur %s") % (done, count) if count else "",
    )


def _agreement(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Who agreed, and what the médecin traitant said: once the plan is validated."""
    machine, facts = machines()["care-plan"], plan.facts
    if plan.state not in {"validated", "active", "review", "closed"}:
        return ()
    who = machine.facts["agreement"].choices.get(str(facts.get("agreement", "")), "")
    day = french.short_date(str(facts.get("agreement-date", "")))
    said = machine.facts["attending"].choices.get(str(facts.get("attending", "")), "")
    rows = [(_("Accord"), f"{_(who)}, {day}" if who else "")]
    rows.append((_("Médecin traitant"), _(said) if said and plan.opinion is None else ""))
    return tuple(one for one in rows if one[1])


def _opinion(plan: Plan) -> str:
    if plan.opinion is None:
        return ""
    state = machines()[OPINION].states.get(state_of(plan.opinion))
    name = plan.name(party(plan.opinion, "owner"))
    return f"{name} : {_(state.label).lower()}" if state else ""


def _category(plan: Plan) -> str:
    if plan.category == PPCS:
        return _("Plan personnalisé de coordination en santé")
    codings = [one for part in plan.resource.get("category", ()) for one in part.get("coding", ())]
    texts = [str(part.get("text", "")) for part in plan.resource.get("category", ())]
    texts += [str(one.get("display", "")) for one in codings]
    return next((one for one in texts if one), _("Plan de soins"))


def _need(plan: Plan, need: Need, now: datetime) -> NeedView:
    return NeedView(
        need.key,
        need.text,
        _(DOMAINS.get(need.domain, "")),
        _(PRIORITIES.get(need.priority, "")),
        need.priority,
        need.possible,
        need.detail,
        tuple(_goal(plan, one, now) for one in plan.goals_of(need.key)),
    )


def _goal(plan: Plan, goal: Goal, now: datetime) -> GoalView:
    return GoalView(
        goal.key,
        goal.text,
        goal.measure,
        french.short_date(goal.due),
        goal.agreed,
        _(OUTCOMES.get(goal.outcome, "")),
        goal.outcome,
        goal.reason,
        tuple(action_view(one, plan.name(one.owner), now) for one in plan.actions_of(goal.key)),
    )


def action_view(action: Action, owner: str, now: datetime) -> ActionView:
    """The words of an action."""
    machine = machines()[ACTION]
    state = machine.states.get(action.state)
    return ActionView(
        action.key,
        action.text,
        _(machine.facts["kind"].choices.get(action.kind, "")),
        french.short_date(action.due),
        action.criterion,
        owner,
        _(state.label) if state else "",
        action.state,
        action.reason,
        tuple((who, written_words(at, now), text) for who, at, text in action.comments),
    )
