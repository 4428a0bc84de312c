"""Write the report of a passage: a CDA document, told to médecin traitant and home. C4.4."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.documents.intake import new_number
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import XML
from cordee.care.emergency.desk import Stay
from cordee.care.emergency.report import TITLE, TYPE, Report, cda, check
from cordee.care.workflow.tasks import facts_of
from cordee.identity.ins.patient_reading import read_identity
from cordee.web.discharges.entrance import FORM
from cordee.web.documents.entrance import desk_of as documents_of
from cordee.web.emergency.entrance import REFUSED, rooms_of, stay_of
from cordee.web.emergency.views import href_of, plan_of
from cordee.web.forms import Form, put_errors, read_form
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.stepping.levels import needs_level

TEMPLATE: Final = "emergency/templates/report.html"
_OID: Final = "urn:oid:2.25."
_FIELDS: Final = {one: one for one in ("motif", "synthese", "diagnostic", "suites")}


async def form(request: Request) -> Response:
    """Give the form of the report, filled with what the stay says."""
    stay = await stay_of(request)
    needs_level(request)
    facts, now = facts_of(stay.task or {}), request.app.state.settings.clock()
    told = facts_of(stay.passage) if stay.passage else {}
    values = {
        FORM: new_number(), "motif": stay.standing.motive, "orientation": plan_of(stay, now),
        "synthese": str(told.get("story", "")), "diagnostic": str(facts.get("diagnosis", "")),
        "suites": str(facts.get("advice", "")),
    }  # fmt: skip
    return await _page(request, stay, Form(values))


async def write(request: Request) -> Response:
    """Deposit the report; what was typed stays when it is refused."""
    sent = await read_form(request)
    stay = await stay_of(request)
    account, now = caregiver(request), request.app.state.settings.clock()
    needs_level(request)
    number = sent[FORM] if sent[FORM].startswith(_OID) else new_number()
    report = await _report(request, sent)
    try:
        check(report)
        parties = await rooms_of(request).parties(account.principal, stay, number, now)
        data = await asyncio.to_thread(cda, report, parties)
        submission = Submission(
            TYPE, TITLE, now, account.principal.practitioner, account.principal.structure,
            Content(XML, data), number,
        )  # fmt: skip
        to_dmp = read_identity(parties.patient).may_send_matricule
        await documents_of(request).intake.deposit(
            account.principal, request.path_params["patient_id"], submission, to_dmp=to_dmp
        )
    except REFUSED as error:
        status = put_errors(sent, error, _FIELDS, "motif")
        return await _page(request, stay, sent, status=status)
    return RedirectResponse(href_of(stay), status_code=303)


async def _report(request: Request, sent: Form) -> Report:
    _rows, values = await values_around(request, "parcours")
    drugs = tuple(", ".join([one.name, *one.doses]) for one in values["view"].current_treatments)
    return Report(
        sent["motif"], sent["synthese"], sent["diagnostic"], sent["orientation"], drugs,
        sent["suites"],
    )  # fmt: skip


async def _page(request: Request, stay: Stay, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "parcours")
    values |= {"form": form, "back": href_of(stay), "place": caregiver(request).structure}
    return page(request, TEMPLATE, status=status, **values)
