"""Send a resident to an emergency department: a sheet that is nearly filled already. Rule: B2.6."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.passages.desk import Department, Passages
from cordee.care.passages.sheet import MACHINE
from cordee.care.workflow.machines import machines
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.offline.keeping import written_at
from cordee.web.passages.reading import BELONGINGS, GIRS, TOLD, WALKING, read_sheet
from cordee.web.ports import Account
from cordee.web.record.routes import values_around
from cordee.web.rendering import page

TEMPLATE: Final = "passages/templates/send.html"
_FIELDS: Final = {"destination": "destination", "motive": "motif", "sent_at": "heure"}
_SIGNS: Final = ("pulse", "saturation", "temperature", "breathing", "glucose", "glasgow", "pain")


def passages_of(request: Request) -> Passages:
    """The service of passages; raises `NotFound` where there is none."""
    desk: Passages | None = request.app.state.ports.passages
    if desk is None:
        raise NotFound("nobody is sent anywhere here")
    return desk


def caregiver(request: Request) -> Account:
    """The account, when it works in a structure; raises `AccessDenied` for others."""
    account = reader(request)
    if account.is_patient or not account.principal.structure:
        raise AccessDenied("only professionals of a structure send somebody")
    return account


async def form(request: Request) -> Response:
    """Give the sheet, filled with what the record knows."""
    caregiver(request)
    now = request.app.state.settings.clock().astimezone(PARIS)
    return await _page(request, Form({"numero": str(uuid4()), "heure": f"{now:%H:%M}"}))


async def send(request: Request) -> Response:
    """Send the resident, then show what becomes of them."""
    sent = await read_form(request)
    account = caregiver(request)
    patient = request.path_params["patient_id"]
    sheet = read_sheet(sent, written_at(sent, request.app.state.settings.clock()))
    if sent.errors:
        return await _page(request, sent, status=422)
    try:
        task = await passages_of(request).send(account.principal, patient, sheet)
    except ResourceInvalid as error:
        for issue in error.issues():
            where = issue.expression[0] if issue.expression else ""
            sent.errors[_FIELDS.get(where, where)] = issue.message
        return await _page(request, sent, status=422)
    except (RuleBroken, Conflict) as error:
        sent.errors["motif"] = error.message
        return await _page(request, sent, status=422)
    return RedirectResponse(f"/patients/{patient}/urgences/{task}", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "parcours")
    principal = reader(request).principal
    departments = await passages_of(request).departments(principal)
    facts = machines()[MACHINE].facts
    values |= {
        "form": form,
        "departments": _nearest(departments, form["destination"]),
        "motives": [(code, _(text)) for code, text in facts["motive"].choices.items()],
        "transports": [(code, _(text)) for code, text in facts["transport"].choices.items()],
        "belongings": BELONGINGS,
        "told": TOLD,
        "girs": GIRS,
        "walking": WALKING,
        "signs": [(key, _signs()[key]) for key in _SIGNS],
        "directives": [one for one in values["view"].documents.items if _is_directive(one.title)],
    }
    return page(request, TEMPLATE, status=status, **values)


def _signs() -> dict[str, str]:
    return {
        "pulse": _("Pouls (/min)"),
        "saturation": _("Saturation (%)"),
        "temperature": _("Température (°C)"),
        "breathing": _("Respiration (/min)"),
        "glucose": _("Glycémie (g/L)"),
        "glasgow": _("Glasgow (3 à 15)"),
        "pain": _("Douleur (0 à 10)"),
    }


def _nearest(departments: list[Department], chosen: str) -> list[tuple[Department, bool]]:
    return [(one, one.reference == chosen) for one in departments]


def _is_directive(title: str) -> bool:
    return "directive" in title.casefold()
