"""Why is this open to me, or not; and of one element: deferred, announced, secret."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.registers.statements import LONGEST_DEFERRAL
from cordee.care.record.ports import RecordRows
from cordee.care.record.traits import read_traits
from cordee.runtime.errors import RuleBroken
from cordee.runtime.french import PARIS
from cordee.web.choices.elements import Element, element_of
from cordee.web.forms import Form, read_form
from cordee.web.glass.refusals import refusal
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.rendering import page
from cordee.web.trust import patient_of, trust_of
from cordee.web.why.words import facts_of

TEMPLATE = "why/templates/why.html"
_USUAL = timedelta(days=15)


async def why(request: Request) -> Response:
    """Give the decision on the record, or on the element that the address names."""
    return await _page(request, Form(), request.query_params.get("element", ""))


async def say(request: Request) -> Response:
    """Keep what a professional says of an element."""
    form = await read_form(request)
    try:
        await _keep(request, form)
    except RuleBroken as error:
        form.errors["jusqu-au"] = error.message
        return await _page(request, form, form["element"])
    address = f"/patients/{patient_of(request)}/pourquoi?element={form['element']}"
    return RedirectResponse(address, status_code=303)


async def _keep(request: Request, form: Form) -> None:
    service, principal = trust_of(request).announcing, reader(request).principal
    element, now = (patient_of(request), form["element"]), _now(request)
    match form["geste"]:
        case "differer":
            await service.defer(principal, element, _until(form["jusqu-au"]), now)
        case "annoncer":
            await service.announce(principal, element, now)
        case "secret" | "lever":
            await service.keep_secret(principal, element, holds=form["geste"] == "secret", at=now)
        case _:
            raise HTTPException(400)


async def _page(request: Request, form: Form, reference: str) -> Response:
    account, patient, now = reader(request), patient_of(request), _now(request)
    trust = trust_of(request)
    rows = await request.app.state.ports.records.open_record(
        account.principal, patient, reason="why"
    )
    if rows is None:
        return await refusal(request, patient)
    element = _element(rows, reference) if reference else None
    if reference and element is None:
        raise HTTPException(404)
    explained = (
        await trust.explaining.resource(account.principal, patient, reference, now)
        if element
        else await trust.explaining.record(account.principal, patient, now)
    )
    if explained is None:
        raise HTTPException(404)
    standing = await trust.announcing.standing(patient, reference, now) if element else None
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, element=element,
        person=describe(read_traits(rows.patient), now.date()), decision=explained.decision,
        facts=facts_of(explained.request, rows), standing=standing, now_day=now.date().isoformat(),
        usual=(now + _USUAL).date().isoformat(), latest=(now + LONGEST_DEFERRAL).date().isoformat(),
    )  # fmt: skip


def _element(rows: RecordRows, reference: str) -> Element | None:
    held = (*rows.documents, *rows.problems, *rows.allergies, *rows.treatments, *rows.results)
    for one in held:
        if f"{one.get('resourceType')}/{one.get('id')}" == reference:
            return element_of(one, rows, {})
    return None


def _until(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), PARIS)
    except ValueError as error:
        raise RuleBroken(
            _("Donnez la date à laquelle le résultat sera visible au plus tard")
        ) from error


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/patients/{patient_id}/pourquoi", why, methods=["GET"], name="why"),
    Route("/patients/{patient_id}/pourquoi", say, methods=["POST"]),
]
