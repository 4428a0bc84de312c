"""The plans of a person; one plan, in the four forms of the HAS. Rules: B3.1, B3.9."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.plans.judging import MACHINE
from cordee.care.plans.nomenclature import templates
from cordee.care.plans.plan import Call, Plan
from cordee.care.plans.vocabulary import PPCS
from cordee.care.plans.writing import Said
from cordee.care.workflow.desk import moves_of
from cordee.care.workflow.machines import Machine, machines
from cordee.care.workflow.tasks import state_of
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.plans.choosing import extras
from cordee.web.plans.entrance import plan_of, plans_of
from cordee.web.plans.words import view_plan
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.workflow.moving import move_views
from cordee.web.workflow.telling import due_view, story_rows

LIST: Final = "plans/templates/list.html"
NEW: Final = "plans/templates/new.html"
CALLS: Final = 3
TABS: Final = {
    "personne": ("", _("Ce qui compte pour moi"), "plans/templates/personne.html"),
    "besoins": ("/besoins", _("Besoins"), "plans/templates/besoins.html"),
    "objectifs": ("/objectifs", _("Objectifs et actions"), "plans/templates/objectifs.html"),
    "suivi": ("/suivi", _("Suivi et révision"), "plans/templates/suivi.html"),
}
"""The four forms, in their order: the address of each, its name, its template."""


async def of_patient(request: Request) -> Response:
    """Give the plans of a person: coordinated ones first, those of other kinds apart."""
    principal, desk = reader(request).principal, plans_of(request)
    patient = request.path_params["patient_id"]
    (_rows, values), found = await asyncio.gather(
        values_around(request, "plans"), desk.of_patient(principal, patient)
    )
    now = request.app.state.settings.clock()
    views = [view_plan(one, now) for one in found]
    values["plans"] = [one for one in views if one.is_ours]
    values["others"] = [one for one in views if not one.is_ours]
    values["calls"] = next((one.calls for one in values["plans"] if one.calls), ())
    return page(request, LIST, **values)


async def form(request: Request) -> Response:
    """Give the form of a new plan."""
    asker(request)
    today = request.app.state.settings.clock().date()
    code = request.query_params.get("modele", "")
    days = templates()[code].review if code in templates() else 90
    title = templates()[code].title if code in templates() else ""
    blank = {
        "numero": str(uuid4()), "revision": (today + timedelta(days=days)).isoformat(),
        "modele": code, "titre": title,
    }  # fmt: skip
    return await _new(request, Form(blank))


async def begin(request: Request) -> Response:
    """Begin a plan, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    account, patient = asker(request), request.path_params["patient_id"]
    number = form_number(sent)
    try:
        key = await plans_of(request).begin(
            account.principal, patient, number, read_said(sent), sent["modele"]
        )
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["titre" if not sent["titre"] else "revision"] = error.message
        return await _new(request, sent, status=422)
    return RedirectResponse(f"/patients/{patient}/plans/{key}", status_code=303)


async def _new(request: Request, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "plans")
    values |= {
        "form": form,
        "templates": [(code, _(one.title)) for code, one in templates().items()],
    }
    return page(request, NEW, status=status, **values)


def read_said(form: Form) -> Said:
    """What a form says of a plan."""
    calls = tuple(
        Call(form[f"appel-{n}"], form[f"telephone-{n}"], form[f"quand-{n}"])
        for n in range(1, CALLS + 1)
        if form[f"appel-{n}"] or form[f"telephone-{n}"]
    )
    return Said(form["titre"], form["paroles"], form["habitudes"], form["revision"], calls)


async def tab_page(
    request: Request, tab: str, form: Form, more: Mapping[str, Any] | None = None,
    *, status: int = 200,
) -> Response:  # fmt: skip
    """Give one form of a plan; `more` is what it shows beside, by the page that asks."""
    account, desk = reader(request), plans_of(request)
    (rows, values), plan = await asyncio.gather(values_around(request, "plans"), plan_of(request))
    now = request.app.state.settings.clock()
    due, story = (await desk.due([plan])), await desk.story(plan)
    machine_due = due.get(str(plan.task["id"])) if plan.task else None
    values |= {
        "plan": view_plan(plan, now),
        "form": form,
        "said_form": _said_form(plan, form),
        "can_follow": _takes_part(account.principal, plan),
        "tab": tab,
        "tabs": [(code, path, text) for code, (path, text, _file) in TABS.items()],
        "may_write": may_write(account.principal, plan),
        "moves": move_views(account.principal, plan.task, now, _given(plan, form))
        if plan.task
        else [],
        "opinions": move_views(account.principal, plan.opinion, now, form) if plan.opinion else [],
        "due": due_view(_machine(), plan.state, machine_due, now) if plan.task else None,
        "story": await story_rows(request, _machine(), story) if tab == "suivi" else [],
        "call_count": CALLS,
    }
    values |= await extras(request, tab, rows, plan)
    values |= more or {}
    return page(request, TABS[tab][2], status=status, **values)


def may_write(principal: Principal, plan: Plan) -> bool:
    """Whether somebody writes in a plan now: its référent or coordinator, before it is proposed."""
    if plan.category != PPCS or plan.task is None or plan.state not in {"draft", "review"}:
        return False
    return any(one.code in {"propose", "close"} for one in moves_of(principal, plan.task))


def _said_form(plan: Plan, form: Form) -> Form:
    """What was typed of a plan, else the day of its review as a field takes it."""
    return form if form["titre"] or form["revision"] else _blank(plan)


def _blank(plan: Plan) -> Form:
    calls = enumerate(plan.calls[:CALLS], 1)
    given = {"revision": plan.review, "titre": plan.title, "paroles": plan.words,
             "habitudes": plan.habits}  # fmt: skip
    for number, one in calls:
        given |= {f"appel-{number}": one.name, f"telephone-{number}": one.phone,
                  f"quand-{number}": one.when}  # fmt: skip
    return Form(given)


def _takes_part(principal: Principal, plan: Plan) -> bool:
    """Whether somebody follows a plan that is not over."""
    return plan.task is not None and bool(moves_of(principal, plan.task))


def _given(plan: Plan, form: Form) -> Form:
    """What the form of a move is filled with: the answer that was given."""
    if form.values or plan.task is None:
        return form
    said = state_of(plan.opinion) if plan.opinion else "none"
    return Form({"validate-attending": said}) if said in {"agreed", "silent", "none"} else form


def _machine() -> Machine:
    return machines()[MACHINE]
