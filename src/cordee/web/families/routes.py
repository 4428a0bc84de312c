"""The page of a relative, in plain words, and where a home writes to families. Rule: B7.7."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.mandates.parts import EVERYTHING, FAMILY
from cordee.care.families.news import DAYS, LONGEST, Families
from cordee.care.record.traits import read_traits
from cordee.care.workflow.tasks import party
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.persons import describe
from cordee.web.record.routes import values_around
from cordee.web.relatives.center import HERE, clock_of
from cordee.web.relatives.record import acting_on
from cordee.web.relatives.words import KINDS
from cordee.web.rendering import page
from cordee.web.workflow.telling import written_words

RELATIVE: Final = "families/templates/relative.html"
HOME: Final = "families/templates/home.html"


async def relative(request: Request) -> Response:
    """Give what the resident opened to this relative, and nothing beside it; or 404."""
    principal, mandate = await acting_on(request)
    parts = frozenset(FAMILY) if EVERYTHING in mandate.parts else mandate.parts & set(FAMILY)
    if not parts:
        raise NotFound("nothing of a home is opened here")
    now = clock_of(request).astimezone(PARIS)
    told = await _desk(request).told(principal, mandate.patient, parts, now)
    return page(
        request, RELATIVE, person=describe(read_traits(told.patient), now.date()),
        agenda=None if told.agenda is None else _days(told.agenda),
        news=told.news, days=DAYS, here=f"{HERE}/{mandate.id}", kind=KINDS[mandate.kind],
        events=None if told.events is None else [_event(one, now) for one in told.events],
        has_more=not mandate.parts <= set(FAMILY),
        since=french.short_date((mandate.accepted or mandate.made).astimezone(PARIS)),
    )  # fmt: skip


async def home(request: Request) -> Response:
    """Give what was written to the family of a resident, and the form of a new piece of news."""
    return await _page(request, Form({"numero": str(uuid4())}))


async def write(request: Request) -> Response:
    """Keep a piece of news, or take one back; nothing typed is lost."""
    sent = await read_form(request)
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    try:
        if sent["retirer"]:
            await _desk(request).withdraw(principal, patient, sent["retirer"])
        else:
            now = request.app.state.settings.clock()
            await _desk(request).write(principal, patient, form_number(sent), sent["nouvelle"], now)
    except (RuleBroken, AccessDenied) as error:
        sent.errors["nouvelle"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = caregiver(request).principal, request.path_params["patient_id"]
    rows, values = await values_around(request, "parcours")
    now = request.app.state.settings.clock()
    found = await _desk(request).written(principal, patient)
    values |= {
        "form": form, "longest": LONGEST, "days": DAYS,
        "found": [(one, written_words(one.at, now)) for one in found],
        "can_write": party(rows.patient, "managingOrganization") == principal.structure,
    }  # fmt: skip
    return page(request, HOME, status=status, **values)


def _days(moments: Any) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Give the moments by day, in words: hours, what, details."""
    local = [(one, one.starts.astimezone(PARIS)) for one in moments]
    return [
        (
            french.weekday(day),
            [
                (
                    _("%(start)s à %(end)s")
                    % {
                        "start": french.clock(starts),
                        "end": french.clock(one.ends.astimezone(PARIS)),
                    },
                    one.label or _("Pas libre à ce moment"),
                    one.words,
                )
                for one, starts in held
            ],
        )
        for day, held in groupby(local, key=lambda pair: pair[1].date())
    ]


def _event(one: Any, now: datetime) -> tuple[str, str]:
    since = written_words(one.since, now)
    if not one.is_stay:
        return _(one.label), since
    if one.until:
        words = _("depuis %(start)s, retour %(end)s")
        return _(one.label), words % {"start": since, "end": written_words(one.until, now)}
    return _(one.label), _("depuis %s, toujours là-bas") % since


def _desk(request: Request) -> Families:
    desk: Families | None = request.app.state.ports.families
    if desk is None:
        raise NotFound("no home writes here")
    return desk


routes = [
    Route("/mes-proches/{mandate}/nouvelles", relative, methods=["GET"]),
    Route("/patients/{patient_id}/nouvelles", home, methods=["GET"]),
    Route("/patients/{patient_id}/nouvelles", write, methods=["POST"]),
]
