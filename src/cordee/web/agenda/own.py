"""One's own week, a patient's, that of somebody near; links that read it elsewhere. B1.7."""

from __future__ import annotations

from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.access.consulting import own_record
from cordee.access.mandates.parts import EVERYTHING, VISITS
from cordee.care.agenda.conflicts import conflicts_of, two_places
from cordee.care.agenda.feeds import Feeds
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.agenda.patient import desk_of
from cordee.web.agenda.views import view_conflicts, view_week, visit_rows, week_of
from cordee.web.circle.entrance import professional
from cordee.web.forms import Form, read_form
from cordee.web.guarding import LINK_PREFIX, signed_in
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.relatives.record import acting_on
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

OWN, PUBLIC, LINKS = (
    "agenda/templates/own.html", "agenda/templates/public.html", "agenda/templates/links.html",
)  # fmt: skip
PATH: Final = "/agenda"


async def own(request: Request) -> Response:
    """Give the week of who is signed in, over all their patients; also as CSV."""
    principal = professional(request).principal
    today = _today(request)
    span = week_of(request.query_params.get("semaine", ""), today)
    seen = await desk_of(request).own(principal, span)
    people = {
        reference: french_name(resource, today) for reference, resource in seen.patients.items()
    }
    found = seen.interventions
    if request.url.path.endswith(".csv"):
        head = [
            _("Jour"), _("Heures"), _("Personne"), _("Intervention"), _("Qui"), _("Précision"),
            _("État"), _("Motif"),
        ]  # fmt: skip
        return spreadsheet(f"mon-agenda-{span.first}.csv", head, visit_rows(found, people))
    conflicts = two_places(found)
    return page(
        request, OWN, week=view_week(found, conflicts, span, today, people), agenda_base=PATH,
        conflicts=view_conflicts(conflicts, people), is_cut=seen.is_cut,
        export=f"{PATH}.csv?semaine={span.first}", links=f"{PATH}/liens",
    )  # fmt: skip


async def of_patient(request: Request) -> Response:
    """Give the signed-in patient what is planned around them."""
    principal = signed_in(request).principal
    patient = own_record(principal)
    today = _today(request)
    span = week_of(request.query_params.get("semaine", ""), today)
    found = await desk_of(request).of_patient(principal, patient, span)
    week = view_week(found, conflicts_of(found), span, today)
    return page(
        request, PUBLIC, week=week, agenda_base="/mon-agenda", title=_("Mon agenda"), whose="",
        links=f"{PATH}/liens",
    )  # fmt: skip


async def of_somebody_near(request: Request) -> Response:
    """Give what is planned around somebody, where they opened their visits."""
    principal, mandate = await acting_on(request)
    if not mandate.parts & {VISITS, EVERYTHING}:
        raise NotFound("this is not open")
    today = _today(request)
    span = week_of(request.query_params.get("semaine", ""), today)
    found = await desk_of(request).of_patient(principal, mandate.patient, span)
    week = view_week(found, conflicts_of(found), span, today)
    base = f"/mes-proches/{mandate.id}"
    return page(
        request, PUBLIC, week=week, agenda_base=f"{base}/agenda", title=_("Rendez-vous"),
        whose=base, links="",
    )  # fmt: skip


async def links(request: Request) -> Response:
    """Give the links that read one's agenda elsewhere."""
    return await _links(request, Form())


async def change_links(request: Request) -> Response:
    """Make a link, which is shown once, or end one."""
    form = await read_form(request)
    principal, feeds = signed_in(request).principal, _feeds(request)
    now = request.app.state.settings.clock()
    if form["geste"] == "supprimer":
        number = form["lien"]
        if not number.isascii() or not number.isdecimal() or len(number) > 9:  # noqa: PLR2004 -- an int4
            raise NotFound("there is no such link")
        await feeds.end(principal, int(number), now)
        return RedirectResponse(f"{PATH}/liens", status_code=303)
    try:
        secret = await feeds.make(principal, _patient(request), now)
    except RuleBroken as error:
        form.errors["creer"] = error.message
        return await _links(request, form, status=422)
    made = f"{str(request.base_url).rstrip('/')}{LINK_PREFIX}{secret}.ics"
    return await _links(request, form, made=made)


async def feed(request: Request) -> Response:
    """Give the iCalendar of a link, to whoever holds it."""
    secret = request.path_params["secret"]
    base = str(request.base_url).rstrip("/")
    now = request.app.state.settings.clock()
    content = await _feeds(request).calendar(secret, base, now)
    return Response(
        content, media_type="text/calendar; charset=utf-8",
        headers={"cache-control": "no-store, private", "content-disposition": "inline"},
    )  # fmt: skip


def french_name(resource: object, today: date) -> str:
    """How a patient is called in a list: birth name, first name, date of birth."""
    person = describe(read_traits(resource), today)  # pyright: ignore[reportArgumentType]
    return f"{person.birth_name} {person.first_name}, {person.born}"


async def _links(request: Request, form: Form, *, made: str = "", status: int = 200) -> Response:
    principal = signed_in(request).principal
    open_ones = await _feeds(request).open(principal)
    now = request.app.state.settings.clock()
    rows = [
        (one.number, french.short_date(one.made.astimezone(PARIS).date()),
         french.short_date(one.used.astimezone(PARIS).date()) if one.used else "")
        for one in open_ones
    ]  # fmt: skip
    back = PATH if not signed_in(request).is_patient else "/mon-agenda"
    return page(request, LINKS, status=status, form=form, made=made, rows=rows, back=back, now=now)


def _patient(request: Request) -> str:
    """Whose agenda a link of the signed-in person reads: a patient's own, else their own week."""
    account = signed_in(request)
    return own_record(account.principal) if account.is_patient else ""


def _feeds(request: Request) -> Feeds:
    feeds: Feeds | None = request.app.state.ports.agenda_feeds
    if feeds is None:
        raise NotFound("there are no links here")
    return feeds


def _today(request: Request) -> date:
    return request.app.state.settings.clock().astimezone(PARIS).date()
