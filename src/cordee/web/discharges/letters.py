"""Write the lettre de liaison from the planner: a CDA document, its PDF. Requirement B5.8."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.discharges.letter import TITLE, TYPE, Letter, cda, check
from cordee.care.discharges.planner import Planned
from cordee.care.documents.intake import new_number
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import XML
from cordee.care.notifications.states import WORDS, State
from cordee.care.workflow.checklists import DONE, Check, checks_of
from cordee.care.workflow.tasks import party
from cordee.formats.paper import pdf, sheet
from cordee.identity.ins.patient_reading import read_identity
from cordee.runtime import french
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
)
from cordee.web.discharges.entrance import FORM, desk_of, here, planned_of
from cordee.web.discharges.views import view_plan
from cordee.web.documents.entrance import desk_of as documents_of
from cordee.web.documents.words import in_dmp
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.stepping.levels import needs_level
from cordee.web.workflow.telling import moment_words

TEMPLATE: Final = "discharges/templates/letter.html"
_OID: Final = "urn:oid:2.25."


async def form(request: Request) -> Response:
    """Give the form of the letter, with what the stay says already."""
    planned = await planned_of(request)
    needs_level(request)
    motive = str(planned.task.get("description", ""))
    return await _page(request, planned, Form({FORM: new_number(), "motif": motive}))


async def write(request: Request) -> Response:
    """Deposit the letter as a CDA document; what was typed stays when it is refused."""
    sent = await read_form(request)
    planned = await planned_of(request)
    account = asker(request)
    needs_level(request)
    patient, now = request.path_params["patient_id"], request.app.state.settings.clock()
    letter = await _letter(request, sent)
    number = sent[FORM] if sent[FORM].startswith(_OID) else new_number()
    try:
        check(letter)
        parties = await desk_of(request).letters.parties(account.principal, planned, number, now)
        data = await asyncio.to_thread(cda, letter, parties)
        submission = Submission(
            TYPE, TITLE, now, account.principal.practitioner, account.principal.structure,
            Content(XML, data), number,
        )  # fmt: skip
        to_dmp = read_identity(parties.patient).may_send_matricule
        await documents_of(request).intake.deposit(
            account.principal, patient, submission, to_dmp=to_dmp
        )
    except ResourceInvalid as error:
        for issue in error.issues():
            sent.errors[issue.expression[0] if issue.expression else "motif"] = issue.message
        return await _page(request, planned, sent, status=422)
    except (RuleBroken, Conflict, AccessDenied, Unavailable) as error:
        sent.errors["motif"] = error.message
        return await _page(request, planned, sent, status=error.status)
    return RedirectResponse(here(planned), status_code=303)


async def paper(request: Request) -> Response:
    """Give the letter of this stay as a PDF, to hand to the person."""
    planned = await planned_of(request)
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    needs_level(request)
    found = await desk_of(request).letters.newest(principal, planned)
    if found is None:
        raise NotFound("there is no letter of this stay")
    desk = documents_of(request)
    document = await desk.openings.look(principal, patient, str(found["id"]))
    content = await desk.openings.content(principal, document)
    sections = await asyncio.to_thread(desk_of(request).letters.narrative, content)
    now = request.app.state.settings.clock()
    html = _paper(request, planned, sections, now)
    headers = {"content-disposition": 'inline; filename="lettre-de-liaison.pdf"'}
    return Response(await pdf(html, TITLE), media_type="application/pdf", headers=headers)


def _paper(
    request: Request, planned: Planned, sections: list[tuple[str, list[str]]], now: datetime
) -> str:
    view = view_plan(planned, now, {})
    body = Markup("<h1>{}</h1>").format(TITLE) + Markup("").join(
        Markup("<h2>{}</h2>").format(title)
        + Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
        for title, lines in sections
    )
    person = view.person
    return sheet(
        body,
        title=TITLE,
        who=person.title,
        traits=f"{person.born_label} {person.born}, {person.sex}",
        printed=_("Imprimé le %(day)s à %(hour)s par %(who)s")
        % {
            "day": french.short_date(now.date()), "hour": french.clock(now),
            "who": escape(asker(request).name),
        },
    )  # fmt: skip


async def proofs(request: Request, planned: Planned) -> list[tuple[str, str, str]]:
    """Where the letter of this stay has gone: to whom, how far, when; empty without a letter."""
    if checks_of(planned.task).get("letter", Check()).status != DONE:
        return []
    principal, patient = asker(request).principal, request.path_params["patient_id"]
    desk, now = desk_of(request).letters, request.app.state.settings.clock()
    letter = await desk.newest(principal, planned)
    if letter is None:
        return []
    rows: list[tuple[str, str, str]] = []
    documents = request.app.state.ports.documents
    if documents is not None:
        row = (await documents.deposits.states(patient)).get(str(letter["id"]))
        rows.append((_("DMP"), in_dmp(row["act"], row["state"]) if row else _("non déposée"), ""))
    told = await desk.told(letter)
    for one in told:
        how = _("Médecin traitant, par MSSanté") if one.channel == "mssante" else _(
            "Médecin traitant"
        )  # fmt: skip
        rows.append((how, _(WORDS[State(one.state)]), moment_words(one.at, now)))
    if not told:
        rows.append((_("Médecin traitant"), _("pas encore prévenu"), ""))
    return rows


async def _letter(request: Request, sent: Form) -> Letter:
    _rows, values = await values_around(request, "sorties")
    drugs = tuple(", ".join([one.name, *one.doses]) for one in values["view"].current_treatments)
    return Letter(
        sent["motif"], sent["synthese"], drugs, sent["changements"], sent["suites"],
        sent["alertes"],
    )  # fmt: skip


async def _page(request: Request, planned: Planned, form: Form, *, status: int = 200) -> Response:
    _rows, values = await values_around(request, "sorties")
    values |= {
        "form": form,
        "back": here(planned),
        "hospital": planned.names.get(party(planned.task, "requester"), ""),
    }
    return page(request, TEMPLATE, status=status, **values)
