"""Ask a DAC or facilities for somebody: who is near comes first. Rules: B4.1, B5.1, B5.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.requests.desk import Asking
from cordee.care.requests.offers import KINDS, Offer
from cordee.care.workflow.machines import Machine, machines
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.assessments.proposing import proposed_words
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of, requests_of
from cordee.web.workflow.asking import START, start_errors, start_facts, start_fields
from cordee.web.workflow.moving import field_name

TEMPLATE: Final = "requests/templates/ask.html"
_KIND: Final = "debut-kind"


@dataclass(frozen=True, slots=True)
class OfferView:
    """A service to choose: the name of its field, and whether it is chosen."""

    name: str
    offer: Offer
    is_chosen: bool


async def form(request: Request) -> Response:
    """Give the form of a request; the service of where the person lives is chosen already."""
    asker(request)
    machine = _machine(request)
    words = await proposed_words(request, machine.code)
    owner = request.query_params.get("vers", "")
    chosen = {"vers": owner, f"vers-{owner}": "oui" if owner else ""}
    facts = {field_name(START, "kind"): request.query_params.get("sorte", "")}
    typed = {"numero": str(uuid4()), "texte": words, **chosen, **facts}
    return await _page(request, machine, Form(typed))


async def ask(request: Request) -> Response:
    """Send a request, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    account = asker(request)
    machine = _machine(request)
    patient = request.path_params["patient_id"]
    try:
        sent.errors |= start_errors(machine, sent)
        asking = Asking(
            machine.code, form_number(sent), _chosen(sent), start_facts(machine, sent),
            sent["texte"],
        )  # fmt: skip
        if not sent.errors:
            await requests_of(request).need_offered(account.principal, asking)
            number = await requests_of(request).ask(account.principal, patient, asking)
            return RedirectResponse(f"/patients/{patient}/demandes/{number}", status_code=303)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["destinataires"] = error.message
    return await _page(request, machine, sent, status=422)


async def _page(request: Request, machine: Machine, form: Form, *, status: int = 200) -> Response:
    rows, values = await values_around(request, "parcours")
    principal = asker(request).principal
    found = await requests_of(request).offers(principal, machine.code, rows.patient)
    several = bool(machine.wins)
    is_new = status == 200 and not several and not form["vers"]  # noqa: PLR2004 -- OK
    values |= {
        "form": form,
        "machine": machine.code,
        "title": _(machine.title),
        "fields": start_fields(machine, form),
        "several": several,
        "offers": [
            OfferView(_field(one), one, bool(form[_field(one)]) or (is_new and one.is_near))
            for one in found
        ],
    }
    return page(request, TEMPLATE, status=status, **values)


def _machine(request: Request) -> Machine:
    """The machine that the address names; raises `NotFound`."""
    code = number_of(request)
    if code not in KINDS:
        raise NotFound("there is no such request")
    return machines()[code]


def _field(offer: Offer) -> str:
    return f"vers-{offer.owner}"


def _chosen(form: Form) -> tuple[str, ...]:
    """Who is asked: boxes that were ticked, or the one of a choice."""
    ticked = [name.removeprefix("vers-") for name, value in form.values.items()
              if name.startswith("vers-") and value]  # fmt: skip
    one = form["vers"]
    return tuple(dict.fromkeys([*ticked, *([one] if one else [])]))
