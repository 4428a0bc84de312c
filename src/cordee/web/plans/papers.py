"""A plan that leaves the screen: versions side by side, paper, FHIR, a deposit. Rule: B3.6."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.documents.heading import header_of
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import PDF
from cordee.care.plans.exchange import TITLE, TYPE, plan_cda
from cordee.care.plans.plan import Plan
from cordee.care.plans.versions import compare
from cordee.care.plans.vocabulary import PPCS
from cordee.care.record.traits import read_traits
from cordee.formats.paper import PaperJam, pdf, sheet
from cordee.runtime import french
from cordee.runtime.errors import (
    Conflict,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
)
from cordee.web.documents.entrance import depositor, desk_of
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.plans.entrance import histories_of, plan_of, plans_of
from cordee.web.plans.showing import tab_page
from cordee.web.plans.words import view_plan
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.stepping.levels import needs_level
from cordee.web.workflow.moving import MOVE
from cordee.web.workflow.telling import written_words

VERSIONS: Final = "plans/templates/versions.html"
PAPER: Final = "plans/templates/paper.html"


async def versions(request: Request) -> Response:
    """Give two versions of a plan side by side."""
    principal = reader(request).principal
    (_rows, values), plan = await asyncio.gather(values_around(request, "plans"), plan_of(request))
    asked = request.query_params
    wanted = (_number(asked.get("avant", "")), _number(asked.get("apres", "")))
    found = await compare(histories_of(request), principal, plan, wanted)
    now = request.app.state.settings.clock()
    values |= {
        "plan": view_plan(plan, now),
        "found": found,
        "choices": [
            (str(one.number), _("version %s, %s") % (one.number, written_words(one.at, now)))
            for one in found.versions
        ],
        "differences": sum(bool(one.change) for one in found.lines),
    }
    return page(request, VERSIONS, **values)


async def paper(request: Request) -> Response:
    """Give the plan on paper, a PDF/UA of two pages."""
    plan = await plan_of(request)
    try:
        made = await _printed(request, plan)
    except PaperJam:
        message = _("Le plan ne peut pas être imprimé pour l’instant. Réessayez.")
        return await tab_page(request, "personne", Form({}, {MOVE: message}), status=503)
    headers = {"content-disposition": 'inline; filename="plan.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


async def export(request: Request) -> Response:
    """Give the plan as a FHIR Bundle."""
    plan = await plan_of(request)
    principal = reader(request).principal
    bundle = await plans_of(request).bundle(principal, plan)
    headers = {
        "content-disposition": 'attachment; filename="plan.json"', "cache-control": "no-store",
    }  # fmt: skip
    return Response(orjson.dumps(bundle), media_type="application/fhir+json", headers=headers)


async def cda(request: Request) -> Response:
    """Give the plan as a CDA document."""
    plan, now = await plan_of(request), request.app.state.settings.clock()
    principal = reader(request).principal
    patient, author, place = await plans_of(request).parties(principal, plan)
    header = header_of(
        patient, author, place, number=_number_of(plan), code=TYPE, title=TITLE, at=now
    )
    made = await asyncio.to_thread(plan_cda, plan, header)
    headers = {
        "content-disposition": 'attachment; filename="plan.xml"', "cache-control": "no-store",
    }  # fmt: skip
    return Response(made, media_type="application/xml", headers=headers)


async def deposit(request: Request) -> Response:
    """Put the plan among the documents and order its deposit in the DMP, then show it.

    The médecin traitant and who follows the file are told, by MSSanté where they have no screen.
    """
    await read_form(request)
    asker(request)
    account = depositor(request)
    needs_level(request)
    plan = await plan_of(request)
    if plan.category != PPCS or plan.state not in {"validated", "active", "review"}:
        error = Form({}, {MOVE: _("Un plan se dépose une fois validé.")})
        return await tab_page(request, "suivi", error, status=422)
    patient = request.path_params["patient_id"]
    try:
        submission = Submission(
            type=TYPE, title=f"{_('Plan personnalisé')} : {plan.title}"[:200],
            date=request.app.state.settings.clock(), author=account.principal.practitioner,
            structure=account.principal.structure,
            content=Content(PDF, await _printed(request, plan)), unique_id=_number_of(plan),
        )  # fmt: skip
        made = await desk_of(request).intake.deposit(
            account.principal, patient, submission, to_dmp=True
        )
        if not made.is_new:  # pressed twice in the second that the paper is made in
            return await _again(request)
        await plans_of(request).tell_deposit(account.principal, plan, made.document)
    except Conflict:
        return await _again(request)
    except (PaperJam, ResourceInvalid, RuleBroken, Unavailable):
        error = Form({}, {MOVE: _("Le plan ne peut pas être déposé pour l’instant. Réessayez.")})
        return await tab_page(request, "suivi", error, status=503)
    return RedirectResponse(f"/patients/{patient}/documents/{made.document}", status_code=303)


async def _again(request: Request) -> Response:
    error = Form({}, {MOVE: _("Cette version du plan est déjà déposée.")})
    return await tab_page(request, "suivi", error, status=409)


def _number_of(plan: Plan) -> str:
    """The number of the document of a version of a plan: pressed twice, it is one."""
    name = f"https://cordee.example/CarePlan/{plan.key}/{plan.version}"
    return f"urn:oid:2.25.{uuid5(NAMESPACE_URL, name).int}"


async def _printed(request: Request, plan: Plan) -> bytes:
    account, now = reader(request), request.app.state.settings.clock()
    rows, _values = await values_around(request, "plans")
    person = describe(read_traits(rows.patient), now.date())
    view = view_plan(plan, now)
    body = request.app.state.templates.get_template(PAPER).render(plan=view, person=person)
    printed = _("Imprimé par %s, %s, le %s à %s") % (
        account.name, account.structure, french.short_date(now.date()), french.clock(now),
    )  # fmt: skip
    title = f"{_('Plan personnalisé')} : {person.title}"
    html = sheet(
        Markup(body),  # noqa: S704 -- of our template, which escapes
        title=title, who=person.title, traits=_traits(person), printed=printed,
    )  # fmt: skip
    return await pdf(html, title)


def _traits(person: Person) -> str:
    parts = (
        f"{person.born_label} {person.born}", person.sex, person.birth_place,
        f"INS {person.matricule}" if person.matricule else "", person.status_word,
    )  # fmt: skip
    return ", ".join(part for part in parts if part)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0  # noqa: PLR2004 -- a version
