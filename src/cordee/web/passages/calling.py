"""Call the SAMU from a record: who it is about goes with the call. SC1, C1.6."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.regulation.professional import ProfessionalCalls, Told
from cordee.runtime.errors import NotFound, ResourceInvalid
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

TEMPLATE: Final = "passages/templates/call.html"
PATH: Final = "/patients/{patient_id}/sas"
WORDS: Final = {
    "waiting": _("Votre appel attend au SAMU"),
    "leaving": _("Votre appel passe au SAMU voisin"),
    "answered": _("Le SAMU a pris votre appel"),
    "ended": _("L’appel est terminé"),
    "called-back": _("Le SAMU vous a rappelé"),
    "abandoned": _("L’appel a été manqué : le SAMU vous rappelle"),
}


def _calls(request: Request) -> ProfessionalCalls:
    found: ProfessionalCalls | None = request.app.state.ports.professional_calls
    if found is None:
        raise NotFound("there is no SAMU here")
    return found


async def show(request: Request) -> Response:
    """Give the three fields, filled with what is known."""
    account = caregiver(request)
    place = await _calls(request).place(account.principal)
    return await _page(request, Form({"numero": str(uuid4()), "appel": place.number}), place=place)


async def call(request: Request) -> Response:
    """Put the call in the queue of the SAMU, then say what becomes of it."""
    form = await read_form(request)
    account, patient = caregiver(request), request.path_params["patient_id"]
    calls, at = _calls(request), request.app.state.settings.clock()
    told = Told(form["dit"], form["appel"])
    try:
        number = UUID(form["numero"])
        await calls.call(account.principal, patient, number, told, at)
    except ResourceInvalid as error:
        for issue in error.issues():
            form.errors[issue.expression[0]] = issue.message
        place = await calls.place(account.principal)
        return await _page(request, form, status=422, place=place)
    except ValueError as error:
        raise NotFound("there is no such call") from error
    return RedirectResponse(f"/patients/{patient}/sas/{number}", status_code=303)


async def follow(request: Request) -> Response:
    """Say what becomes of a call, to who made it."""
    account = caregiver(request)
    calls = _calls(request)
    try:
        number = UUID(request.path_params["number"])
    except ValueError as error:
        raise NotFound("there is no such call") from error
    standing = await calls.standing(account.principal, number)
    place = await calls.place(account.principal)
    words = WORDS.get(standing.state, WORDS["waiting"])
    return await _page(request, Form(), place=place, standing=standing, words=words)


async def _page(request: Request, form: Form, *, status: int = 200, **more: Any) -> Response:
    _rows, values = await values_around(request, "parcours")
    known: dict[str, Any] = {"standing": None, "words": ""}
    return page(request, TEMPLATE, status=status, **(values | known | more), form=form)


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, call, methods=["POST"]),
    Route(f"{PATH}/{{number}}", follow, methods=["GET"]),
]
