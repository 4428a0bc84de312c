"""The plan of the signed-in person, in plain words: theirs to do first; to print. Rule: B3.6."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.access.consulting import own_record
from cordee.care.plans.plan import Action, Plan
from cordee.care.plans.vocabulary import PPCS
from cordee.runtime import french
from cordee.runtime.errors import NotFound
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.plans.entrance import plans_of
from cordee.web.rendering import page

TEMPLATE: Final = "plans/templates/own.html"
_SHOWN: Final = frozenset({"validated", "active", "review"})
_OVER: Final = frozenset({"done", "dropped"})
_OUTCOMES: Final = {
    "in-progress": _("En cours"), "achieved": _("C’est atteint"),
    "not-achieved": _("Pas atteint pour l’instant"),
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give one's own plans that were agreed; raises `NotFound` for who is no patient."""
    account = signed_in(request)
    if not account.is_patient:
        raise NotFound("only a patient has a plan of their own")
    patient = own_record(account.principal)
    found = await plans_of(request).of_patient(account.principal, patient)
    now = request.app.state.settings.clock()
    running = [one for one in found if one.category == PPCS and one.state in _SHOWN]
    return page(request, TEMPLATE, plans=[_view(one, patient, now) for one in running])


def _view(plan: Plan, patient: str, now: datetime) -> dict[str, Any]:
    """Give a plan for a lay reader: who does what, not how it is kept."""
    mine = {f"Patient/{patient}"}
    live = [one for one in plan.actions if one.state != "dropped"]
    return {
        "title": plan.title,
        "words": plan.words,
        "habits": plan.habits,
        "calls": plan.calls,
        "mine": [_action(one, plan) for one in live if one.owner in mine],
        "others": [_action(one, plan) for one in live if one.owner not in mine],
        "goals": [
            (one.text, french.short_date(one.due), _(_OUTCOMES.get(one.outcome, "")))
            for one in plan.goals
        ],
        "review": french.short_date(plan.review),
        "is_late": bool(plan.review) and plan.review < now.date().isoformat(),
    }


def _action(one: Action, plan: Plan) -> dict[str, Any]:
    return {
        "text": one.text,
        "who": plan.name(one.owner),
        "due": french.short_date(one.due),
        "is_done": one.state in _OVER,
    }
