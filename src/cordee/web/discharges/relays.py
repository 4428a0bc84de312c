"""From one DAC to another: the form of a hand-over. B5.4, B4.9."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.discharges.relays import MACHINE, Proposal
from cordee.care.requests.desk import Request as Asked
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import party
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.discharges.entrance import FORM, desk_of
from cordee.web.forms import Form, form_number, read_form
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.workflow.asking import start_errors, start_facts, start_fields

TEMPLATE: Final = "discharges/templates/relay.html"


async def form(request: Request) -> Response:
    """Give the form; the DAC of where the person lives is chosen already."""
    return await _page(request, await _request(request), Form({FORM: form_number(Form())}))


async def propose(request: Request) -> Response:
    """Propose the hand-over, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    found = await _request(request)
    machine = machines()[MACHINE]
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    try:
        sent.errors |= start_errors(machine, sent)
        if not sent.errors:
            proposal = Proposal(
                form_number(sent), sent["vers"], start_facts(machine, sent), sent["texte"]
            )
            number = await desk_of(request).relays.propose(
                principal, str(found.task["id"]), proposal
            )
            return RedirectResponse(f"/patients/{patient}/demandes/{number}", status_code=303)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["vers"] = error.message
    return await _page(request, found, sent, status=422)


async def _request(request: Request) -> Asked:
    principal = asker(request).principal
    found = await desk_of(request).relays.request(principal, number_of(request))
    if party(found.task, "for") != f"Patient/{request.path_params['patient_id']}":
        raise NotFound("there is nothing at this address")
    return found


async def _page(request: Request, found: Asked, form: Form, *, status: int = 200) -> Response:
    principal = asker(request).principal
    (_rows, values), offers = await asyncio.gather(
        values_around(request, "parcours"), desk_of(request).relays.offers(principal, found)
    )
    near = next((one.owner for one in offers if one.is_near), "")
    values |= {
        "form": form,
        "fields": start_fields(machines()[MACHINE], form),
        "offers": offers,
        "chosen": form["vers"] or (near if status == 200 else ""),  # noqa: PLR2004 -- OK
        "back": f"/patients/{request.path_params['patient_id']}/demandes/{found.task['id']}",
    }
    return page(request, TEMPLATE, status=status, **values)
