"""The person of a case: searched by identity, opened under the emergency rule. C1.6, A3.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.glass import Category
from cordee.care.plans.plan import Plan
from cordee.care.regulation.cases import Case
from cordee.identity.matching.people import Person
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound
from cordee.web.forms import Form, read_form
from cordee.web.identity.entrance import day
from cordee.web.identity.entrance import desk_of as identities
from cordee.web.identity.words import found
from cordee.web.language import gettext as _
from cordee.web.plans.tile import plan_values
from cordee.web.record.view_models import RecordView, view_record
from cordee.web.regulation.entrance import now_of, number_in, standing
from cordee.web.regulation.floor import PATH
from cordee.web.rendering import page
from cordee.web.trust import trust_of

TEMPLATE: Final = "regulation/templates/person.html"
DIRECTIVES: Final = frozenset({"EXPPAT_3"})
"""The type of advance directives in the French table of documents."""


async def show(request: Request) -> Response:
    """Give the search of the person of a case."""
    return await _page(request, Form(), None)


async def search(request: Request) -> Response:
    """Give who may be meant; or, once one is chosen, open the record and tie it to the case."""
    form = await read_form(request)
    if form["patient"]:
        return await _choose(request, form)
    principal, _centre, _floor = await standing(request)
    desk = identities(request)
    asked = Person(
        birth_name=form["nom"], given_names=form["prenoms"],
        birth_date=born.isoformat() if (born := day(form["naissance"])) else "",
        matricule="".join(form["ins"].split()),
    )  # fmt: skip
    try:
        scope = await desk.scope(principal)
        people = found(await desk.finder.find(scope, asked), now_of(request).date())
    except InvalidRequest as error:
        form.errors["nom"] = error.message
        return await _page(request, form, None, status=422)
    return await _page(request, form, people)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a regulator reads of a person, all of one round trip; `plan` is the PPCS that runs."""

    view: RecordView
    plan: Plan | None
    directives: Sequence[str]


async def known_person(request: Request, principal: Principal, case: Case) -> Sheet | None:
    """The sheet of the person of a case, as far as the reader may see it; None for none."""
    if not case.told.patient:
        return None
    records = request.app.state.ports.records
    rows = await records.open_record(principal, case.told.patient, reason="open")
    if rows is None:
        return None
    titles = [_directive(one) for one in rows.documents]
    plan = plan_values(rows, "synthese")["called"]
    return Sheet(view_record(rows, now_of(request).date()), plan, [one for one in titles if one])


def _directive(document: Mapping[str, Any]) -> str:
    """The title of advance directives with their day, "" for another document."""
    kind = document.get("type") or {}
    if not any(one.get("code") in DIRECTIVES for one in kind.get("coding", ())):
        return ""
    day = french.short_date(document.get("date"))
    return f"{document.get('description') or kind.get('text') or _('Directives anticipées')}, {day}"


async def _choose(request: Request, form: Form) -> Response:
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    patient, at = form["patient"], now_of(request)
    trust, records = trust_of(request), request.app.state.ports.records
    try:
        if await records.open_record(principal, patient, reason="open") is None:
            if patient == await floor.desk.named(case):
                await floor.desk.identified(principal, patient)
            said = (Category.REGULATION, _("Appel de régulation, dossier %s") % case.number)
            await trust.glasses.open(principal, patient, said, at)
            trust.guard.forget(principal.user)
    except (AccessDenied, NotFound) as error:
        form.errors["nom"] = (
            error.message
            if isinstance(error, AccessDenied)
            else _("Cherchez de nouveau cette personne : la recherche date de plus d’une heure.")
        )
        return await _page(request, form, None, status=403)
    tied = replace(case, told=replace(case.told, patient=patient))
    await floor.desk.tie(principal, tied, at)
    return RedirectResponse(f"{PATH}/dossiers/{case.id}", status_code=303)


async def _page(request: Request, form: Form, people: Any, *, status: int = 200) -> Response:
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    return page(request, TEMPLATE, status=status, form=form, people=people, case=case)


routes = [
    Route(f"{PATH}/dossiers/{{number}}/personne", show, methods=["GET"]),
    Route(f"{PATH}/dossiers/{{number}}/personne", search, methods=["POST"]),
]
