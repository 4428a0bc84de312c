"""Break the glass, end it; open a record for one consultation with the patient's consent."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.glass import LONGEST, SHORTEST_MOTIVE
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.glass.refusals import person_of
from cordee.web.glass.words import CATEGORIES
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.trust import patient_of, trust_of

GLASS = "glass/templates/glass.html"
CONSULTATION = "glass/templates/consultation.html"


async def ask(request: Request) -> Response:
    """Give the page that says what breaking the glass means, for who may."""
    return await _glass_page(request, Form())


async def open_glass(request: Request) -> Response:
    """Open the record for four hours, or say what is missing; or end it."""
    form = await read_form(request)
    if form["geste"] == "terminer":
        return await _end(request)
    account, patient = reader(request), patient_of(request)
    if form["categorie"] not in set(CATEGORIES):
        form.errors["categorie"] = _("Choisissez pourquoi maintenant")
    if len(" ".join(form["motif"].split())) < SHORTEST_MOTIVE:
        form.errors["motif"] = _("Écrivez la raison, en %s caractères au moins") % SHORTEST_MOTIVE
    if form.errors:
        return await _glass_page(request, form)
    said = (form["categorie"], form["motif"])
    await trust_of(request).glasses.open(account.principal, patient, said, _now(request))
    return RedirectResponse(f"/patients/{patient}", status_code=303)


async def _end(request: Request) -> Response:
    """End what opens the record for a while: the broken glass, else the consent."""
    account, patient, trust = reader(request), patient_of(request), trust_of(request)
    ended = await trust.glasses.close(account.principal, patient, _now(request))
    if not ended:
        await trust.consulting.close(account.principal, patient, _now(request))
    return RedirectResponse("/", status_code=303)


async def consultation(request: Request) -> Response:
    """Give the page "the patient is in front of me and agrees"."""
    return await _consultation_page(request, Form())


async def consult(request: Request) -> Response:
    """Open by the code that the patient tells, or ask for the answer of their account."""
    form = await read_form(request)
    account, patient = reader(request), patient_of(request)
    service, session = trust_of(request).consulting, request.state.session.identifier
    if form["geste"] == "demander":
        await service.ask(account.principal, patient, session, _now(request))
        return RedirectResponse(request.url.path, status_code=303)
    try:
        await service.show_code(account.principal, patient, session, form["code"], _now(request))
    except RuleBroken as error:
        form.errors["code"] = error.message
        return await _consultation_page(request, form)
    return RedirectResponse(f"/patients/{patient}", status_code=303)


async def _glass_page(request: Request, form: Form) -> Response:
    account, now = reader(request), _now(request)
    patient, glasses = patient_of(request), trust_of(request).glasses
    if await glasses.running(account.principal, patient, now) is not None:
        return RedirectResponse(f"/patients/{patient}", status_code=303)
    refused = await glasses.refused(account.principal, patient, now)
    if refused is None:
        raise HTTPException(404)
    return page(
        request, GLASS, status=422 if form.errors else 200, form=form, categories=CATEGORIES,
        person=person_of(request, refused.patient), decision=refused.explained.decision,
        until=now + LONGEST,
    )  # fmt: skip


async def _consultation_page(request: Request, form: Form) -> Response:
    account, patient, trust = reader(request), patient_of(request), trust_of(request)
    body = await trust.glasses.traits(account.principal, patient)
    if body is None:
        raise NotFound("there is no such patient")
    now = _now(request)
    running = await trust.consulting.running(account.principal, patient, now)
    if running is not None:
        return RedirectResponse(f"/patients/{patient}", status_code=303)
    last = await trust.consulting.last(account.principal, patient)
    return page(
        request, CONSULTATION, status=422 if form.errors else 200, form=form,
        person=person_of(request, body), state=_state(last, now),
    )  # fmt: skip


def _state(last: Any, now: Any) -> str:
    if last is None:
        return ""
    if last.accepted is False:
        return "refused"
    return "waiting" if last.accepted is None and last.ends > now else ""


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/patients/{patient_id}/bris-de-glace", ask, methods=["GET"], name="glass"),
    Route("/patients/{patient_id}/bris-de-glace", open_glass, methods=["POST"]),
    Route("/patients/{patient_id}/consultation", consultation, methods=["GET"]),
    Route("/patients/{patient_id}/consultation", consult, methods=["POST"]),
]
