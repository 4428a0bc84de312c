"""The page of a stay: where the person is, what is next, whom to call, what else than a bed. C4."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.emergency.desk import Stay
from cordee.care.emergency.stay import GRAVITIES, MACHINE
from cordee.care.passages.sheet import MACHINE as PASSAGE
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, facts_of, new_task
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken
from cordee.web.emergency.entrance import REFUSED, rooms_of, stay_of
from cordee.web.emergency.views import plan_of, step_of
from cordee.web.forms import Form, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.result_views import vital_signs
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.workflow.moving import MOVE, move_views, read_wanted
from cordee.web.workflow.telling import due_view, fact_words, moment_words, story_rows

TEMPLATE: Final = "emergency/templates/stay.html"
PLACE, ARRIVE, CANCEL = "placer", "arrivee", "annuler"
_SHOWN: Final = ("awaited", "diagnosis", "orientation", "destination", "departure", "transport",
                 "advice", "left-at")  # fmt: skip


async def show(request: Request) -> Response:
    """Give one stay."""
    now = request.app.state.settings.clock().astimezone(PARIS)
    return await _page(request, Form({"arrivee": f"{now:%Y-%m-%dT%H:%M}"}))


async def act(request: Request) -> Response:
    """Place the person, note the arrival, or make a move; what was typed stays."""
    sent = await read_form(request)
    stay = await stay_of(request)
    try:
        await _acted(request, stay, sent)
    except REFUSED as error:
        status = put_errors(sent, error, {}, _field(sent))
        return await _page(request, sent, status=status)
    return RedirectResponse(request.url.path, status_code=303)


async def _acted(request: Request, stay: Stay, sent: Form) -> None:
    account, desk = caregiver(request), rooms_of(request).stays
    gesture = sent[MOVE]
    if gesture == PLACE:
        await desk.place(account.principal, stay, sent["box"], sent["ccmu"])
    elif gesture == ARRIVE:
        await desk.arrive(account.principal, stay, _moment(sent["arrivee"]))
    elif gesture == CANCEL:
        await desk.cancel(account.principal, stay, sent["raison"])
    else:
        wanted = read_wanted(machines()[MACHINE], sent)
        await desk.move(account.principal, stay, wanted, account.name)


def _field(sent: Form) -> str:
    return {PLACE: "box", ARRIVE: "arrivee", CANCEL: "raison"}.get(sent[MOVE], MOVE)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS)
    except ValueError:
        raise RuleBroken(_("Dites à quelle heure la personne est arrivée.")) from None


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, rooms = caregiver(request), rooms_of(request)
    principal, patient = account.principal, request.path_params["patient_id"]
    now = request.app.state.settings.clock()
    (_rows, values), stay, habit = await asyncio.gather(
        values_around(request, "parcours"),
        stay_of(request),
        rooms.habit(principal, patient, now),
    )
    story, transports = await asyncio.gather(
        rooms.stays.story(stay), rooms.transports(principal, stay)
    )
    task = stay.task or _unbegun(stay, principal.structure)
    values |= {
        "form": form,
        "stay": _view(stay, now),
        "vitals": vital_signs(values["view"].series.items, now.date(), days=1),
        "moves": [] if stay.standing.is_expected else move_views(principal, task, now, form),
        "story": await story_rows(request, machines()[MACHINE], story),
        "due": due_view(machines()[MACHINE], stay.state, stay.due, now) if stay.task else None,
        "gravities": [(one, machines()[PASSAGE].facts["ccmu"].choices[one]) for one in GRAVITIES],
        "habit": habit,
        "transports": [str((one.get("code") or {}).get("text", "")) for one in transports],
        "sheet": _sheet(stay),
        "report_href": f"{request.url.path}/compte-rendu",
    }
    return page(request, TEMPLATE, status=status, **values)


def _unbegun(stay: Stay, structure: str) -> dict[str, Any]:
    """The stay that nobody has acted upon, as it will begin."""
    where = f"Encounter/{stay.standing.key}"
    asked = Asked(MACHINE, stay.standing.patient, structure, structure, where, where)
    return new_task(asked, clock.now())


def _sheet(stay: Stay) -> str:
    patient = stay.standing.patient.removeprefix("Patient/")
    return f"/patients/{patient}/urgences/{stay.passage['id']}" if stay.passage else ""


def _view(stay: Stay, now: datetime) -> dict[str, Any]:
    machine, facts, standing = machines()[MACHINE], facts_of(stay.task or {}), stay.standing
    told = facts_of(stay.passage) if stay.passage else {}
    return {
        "expected": standing.is_expected,
        "step": _("Attendue") if standing.is_expected else step_of(stay),
        "motive": standing.motive or _("motif non dit"),
        "story": str(told.get("story", "")),
        "source": standing.source,
        "since": moment_words(standing.start, now) if standing.start else _("heure non connue"),
        "box": standing.box,
        "ccmu": standing.ccmu,
        "doctor": standing.doctor,
        "plan": plan_of(stay, now),
        "facts": [
            (_(machine.facts[name].label), fact_words(machine.facts[name], facts[name], now))
            for name in _SHOWN
            if name in facts
        ],
        "is_over": stay.state in {"gone", "left", "deceased"},
    }
