"""One session with the cart: what to check, begin, done with its report, or not and why. B7.5."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.carts.sessions import Carts
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, reason_of, state_of
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.workflow.moving import fact_field, read_wanted
from cordee.web.workflow.telling import written_words

TEMPLATE: Final = "carts/templates/session.html"
CODE: Final = "remote-session"
CHANGED: Final = _("Quelqu’un vient d’écrire ici : relisez, puis recommencez.")
_BEGIN: Final = "begin"


async def show(request: Request) -> Response:
    """Give one session."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Begin a session, or say how it ended; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    number, now = request.path_params["number"], request.app.state.settings.clock()
    desk = _desk(request)
    try:
        match sent["geste"]:
            case "begin":
                wanted = read_wanted(machines()[CODE], sent)
                await desk.begin(principal, patient, number, wanted, now)
            case "finish":
                await desk.finish(principal, patient, number, sent["compte-rendu"], now)
            case "fail":
                await desk.fail(principal, patient, number, sent["motif"])
            case _:
                raise HTTPException(400)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["compte-rendu" if sent["geste"] == "finish" else "geste"] = error.message
        return await _page(request, sent, status=error.status)
    except VersionConflict as error:
        sent.errors["compte-rendu" if sent["geste"] == "finish" else "geste"] = _(CHANGED)
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    now = request.app.state.settings.clock()
    _rows, values = await values_around(request, "parcours")
    try:
        task = await _desk(request).one(principal, patient, request.path_params["number"])
    except AccessDenied as error:
        raise NotFound("no cart is kept here") from error
    machine, facts, state = machines()[CODE], facts_of(task), state_of(task)
    begin, fail = machine.move(_BEGIN), machine.move("fail")
    request_number = str(facts.get("request", "")).removeprefix("Task/")
    report = str(facts.get("report", "")).removeprefix("DocumentReference/")
    values |= {
        "form": form, "state": state, "label": _(machine.states[state].label),
        "kind": _(machine.facts["kind"].choices.get(str(facts.get("kind", "")), "")),
        "when": written_words(str(facts.get("when", "")), now),
        "expert": facts.get("expert", ""), "motive": task.get("description", ""),
        "prepared_by": facts.get("prepared-by", ""), "begun_by": facts.get("begun-by", ""),
        "beside": _(machine.facts["beside"].choices.get(str(facts.get("beside", "")), "")),
        "request_number": request_number, "report": report, "reason": reason_of(task),
        "checks": [
            fact_field(_BEGIN, name, machine.facts[name], form[f"{_BEGIN}-{name}"])
            for name in (begin.needs if begin else ())
        ],
        "reasons": [_(one) for one in (fail.reasons if fail else ()) if one != "*"],
    }  # fmt: skip
    return page(request, TEMPLATE, status=status, **values)


def _desk(request: Request) -> Carts:
    desk: Carts | None = request.app.state.ports.carts
    if desk is None:
        raise NotFound("there is no cart here")
    return desk


routes = [
    Route("/patients/{patient_id}/chariot/{number}", show, methods=["GET"]),
    Route("/patients/{patient_id}/chariot/{number}", act, methods=["POST"]),
]
