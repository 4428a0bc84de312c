"""Incidents: declare, count, tell; the list of patients and the letters. Rule: A6.5."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.incidents.declaring import Done, Said
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.protection.entrance import (
    dpo,
    governance_of,
    key_of,
    moment_of,
    now_of,
    place_of,
)
from cordee.web.protection.incident_views import (
    ConcernedRow,
    concerned_row,
    incident_row,
)
from cordee.web.protection.views import moment
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST = "protection/templates/incidents.html"
ONE = "protection/templates/incident.html"
LETTERS = "protection/templates/breach_letters.html"
HERE = "/protection/incidents"
_SHOWN, _LETTERS, _PART = 50, 100, 2000
_ALL_OF_THEM = 2_000_000


async def incidents(request: Request) -> Response:
    """Give all incidents and the form of a new one."""
    now = now_of(request)
    start = {
        "decouverte": f"{now:%Y-%m-%dT%H:%M}", "fin": f"{now:%Y-%m-%dT%H:%M}",
        "debut": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    return await _list(request, Form(start))


async def declare(request: Request) -> Response:
    """Keep a new incident and count whom it concerns at once."""
    form, principal = await read_form(request), dpo(request)
    said = _said(form)
    if said is None:
        return await _list(request, form)
    service, now = governance_of(request).incidents, now_of(request)
    try:
        number = await service.declare(principal, said, now)
    except RuleBroken as error:
        form.errors["quoi"] = error.message
        return await _list(request, form)
    await _count(request, number)
    return RedirectResponse(f"{HERE}/{number}", status_code=303)


async def incident(request: Request) -> Response:
    """Give one incident: the clock, whom it concerns, what is left to do."""
    return await _one(request, Form())


async def act(request: Request) -> Response:
    """Count again, or keep that something was done."""
    form, principal = await read_form(request), dpo(request)
    service, number, now = governance_of(request).incidents, key_of(request), now_of(request)
    try:
        if form["geste"] == "compter":
            await _count(request, number)
        elif form["geste"] in set(Done):
            await service.step(principal, number, Done(form["geste"]), form["mots"], now)
        else:
            raise HTTPException(400)
    except RuleBroken as error:
        form.errors["mots-" + form["geste"]] = error.message
        return await _one(request, form)
    return RedirectResponse(f"{HERE}/{number}", status_code=303)


async def sheet(request: Request) -> Response:
    """Give all patients of an incident as CSV."""
    principal, number = dpo(request), key_of(request)
    service, skip = governance_of(request).incidents, 0
    rows: list[ConcernedRow] = []
    while part := await service.people(
        principal, number, skip=skip, most=_PART, read_only=request.query_params.get("lus") == "1"
    ):
        rows += [concerned_row(one) for one in part]
        skip += len(part)
        if len(part) < _PART or skip >= _ALL_OF_THEM:
            break
    head = (
        _("Dossier"), _("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Lisible par"),
        _("Lectures"), _("Première"), _("Dernière"),
    )  # fmt: skip
    return spreadsheet(
        f"incident-{str(number)[:8]}.csv", head,
        ((one.patient, one.family, one.given, one.born, one.ways, one.lines, one.first, one.last)
         for one in rows),
    )  # fmt: skip


async def letters(request: Request) -> Response:
    """Give the letters of a part of the patients, one a page, to print."""
    principal, number, skip = dpo(request), key_of(request), place_of(request)
    service, now = governance_of(request).incidents, now_of(request)
    read_only = request.query_params.get("lus", "1") == "1"
    found = await service.one(principal, number)
    people = await service.people(principal, number, skip=skip, most=_LETTERS, read_only=read_only)
    total = (found.counted.read if read_only else found.counted.readable) if found.counted else 0
    rows = [
        (describe(read_traits(one.body), now.date()), one.lines) for one in people if one.body
    ]  # fmt: skip
    return page(
        request, LETTERS, people=rows, row=incident_row(found, now), total=total, skip=skip,
        step=_LETTERS, read_only=read_only, today=french.long_date(now.date()), here=HERE,
    )  # fmt: skip


async def _count(request: Request, number: UUID) -> None:
    service, principal = governance_of(request).incidents, dpo(request)
    agent = (await service.one(principal, number)).said.agent
    known = await request.app.state.ports.accounts.known({agent})
    account = known.get(agent)
    who = account.principal if account else None
    await service.count(principal, number, now_of(request), who)


def _said(form: Form) -> Said | None:
    moments = {name: moment_of(form[name]) for name in ("debut", "fin", "decouverte")}
    for name, at in moments.items():
        if at is None:
            form.errors[name] = _("Donnez un jour et une heure")
    if not form["compte"]:
        form.errors["compte"] = _("Donnez le compte en cause")
    if form.errors:
        return None
    starts, ends, found = (one for one in moments.values() if one is not None)
    return Said(form["compte"], starts, ends, found, form["quoi"])


async def _list(request: Request, form: Form) -> Response:
    principal, now = dpo(request), now_of(request)
    service = governance_of(request).incidents
    return page(
        request, LIST, status=422 if form.errors else 200, form=form,
        rows=[incident_row(one, now) for one in await service.all(principal)],
        agents=await service.agents(principal), here=HERE,
    )  # fmt: skip


async def _one(request: Request, form: Form) -> Response:
    principal, now, skip = dpo(request), now_of(request), place_of(request)
    service, number = governance_of(request).incidents, key_of(request)
    found = await service.one(principal, number)
    people = ()
    if found.counted is not None:
        people = await service.people(principal, number, skip=skip, most=_SHOWN, read_only=False)
    rows = [concerned_row(one) for one in people]
    return page(
        request, ONE, status=422 if form.errors else 200, form=form, row=incident_row(found, now),
        rows=rows, skip=skip, step=_SHOWN, here=HERE, found=found, moment=moment,
    )  # fmt: skip


routes = [
    Route(HERE, incidents, methods=["GET"]),
    Route(HERE, declare, methods=["POST"]),
    Route(HERE + "/{key}", incident, methods=["GET"]),
    Route(HERE + "/{key}", act, methods=["POST"]),
    Route(HERE + "/{key}/patients.csv", sheet, methods=["GET"]),
    Route(HERE + "/{key}/lettres", letters, methods=["GET"]),
]
