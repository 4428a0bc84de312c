"""The page behind the link of an invitation, and the same for who is signed in. G3.4, G3.5.

Before the date of birth it says neither who is written to nor what for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.campaigns.answering import GUESSES, Invitation, Offered
from cordee.care.campaigns.sending import PATH as LINK
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.campaigns.entrance import desk_of
from cordee.web.forms import Form, form_number, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page

TEMPLATE: Final = "campaigns/templates/answer.html"
MINE: Final = "/mes-rendez-vous-de-prevention"
LIST: Final = "campaigns/templates/mine.html"
_REFUSED: Final = (RuleBroken, Conflict)


async def show(request: Request) -> Response:
    """Give the closed page: a date of birth to open it, and the way out."""
    found = await _behind(request)
    return _closed(request, found, Form())


async def answer(request: Request) -> Response:
    """Open, book, call off, or be left alone."""
    sent = await read_form(request)
    found = await _behind(request)
    answers, now = desk_of(request).answers, request.app.state.settings.clock()
    if sent["geste"] == "arreter":
        await answers.stop(found, now, for_all=sent["portee"] == "toutes")
        return _private(
            page(request, TEMPLATE, state="stopped", form=sent, secret=_secret(request))
        )
    try:
        await answers.opened(found, sent["naissance"], now)
    except _REFUSED as error:
        sent.errors["naissance"] = error.message
        return _closed(request, await _behind(request), sent, status=error.status)
    return await _opened(request, found, sent)


async def _opened(request: Request, found: Invitation, sent: Form) -> Response:
    answers, now = desk_of(request).answers, request.app.state.settings.clock()
    status = 200
    try:
        if sent["geste"] == "reserver":
            await answers.book(found, (*_place(sent), form_number(sent)))
        elif sent["geste"] == "annuler":
            await answers.call_off(found, now)
    except _REFUSED as error:
        sent.errors["places"] = error.message
        status = error.status
    except NotFound:
        sent.errors["places"] = _("Ce rendez-vous n’est plus là : relisez la liste.")
        status = 404
    found = await _behind(request)
    offered = await answers.offered(found, now)
    kit = found.campaign.kit
    return _private(
        page(
            request, TEMPLATE, status=status, state="open", form=sent, secret=_secret(request),
            words=kit.invitations[found.row["variant"] or "A"], advice=kit.advice,
            key=str(uuid4()), days=[_day(one) for one in offered if one.hours],
            own=next((_own(one) for one in offered if one.own), None),
            is_done=found.row["done"] is not None, is_open=found.campaign.is_open,
        )
    )  # fmt: skip


async def mine(request: Request) -> Response:
    """Give the invitations of who is signed in for their own record."""
    account = signed_in(request)
    if not account.is_patient:
        raise AccessDenied("this is for patients")
    desk = desk_of(request)
    _person, rows, _running = await desk.acts.of_patient(
        account.principal, account.principal.practitioner.removeprefix("Patient/")
    )
    now = request.app.state.settings.clock()
    invitations = [
        (row["title"], f"{LINK}{desk.links.secret(row['number'])}", row["stopped"] is not None)
        for row in rows
        if row["word"] == "invited" and row["expires"] > now
    ]
    return page(request, LIST, invitations=invitations)


async def _behind(request: Request) -> Invitation:
    now = request.app.state.settings.clock()
    return await desk_of(request).answers.behind(_secret(request), now)


def _secret(request: Request) -> str:
    return str(request.path_params["secret"])


def _closed(request: Request, found: Invitation, form: Form, *, status: int = 200) -> Response:
    state = "closed" if found.row["guesses"] >= GUESSES else "ask"
    return _private(
        page(request, TEMPLATE, status=status, state=state, form=form, secret=_secret(request))
    )


def _private(answer: Response) -> Response:
    answer.headers["x-robots-tag"] = "noindex"
    answer.headers["cache-control"] = "no-store, private"
    answer.headers["referrer-policy"] = "no-referrer"
    return answer


def _place(sent: Form) -> tuple[str, datetime]:
    number, _bar, moment = sent["place"].partition("|")
    try:
        hour = datetime.fromisoformat(moment)
    except ValueError as error:
        raise RuleBroken(_("Choisissez une heure.")) from error
    if hour.tzinfo is None:
        raise RuleBroken(_("Choisissez une heure."))
    return number, hour


def _day(one: Offered) -> dict[str, Any]:
    return {
        "day": french.long_date(one.day.starts), "place": one.day.place,
        "hours": [(f"{one.day.id}|{hour.isoformat()}", french.clock(hour)) for hour in one.hours],
    }  # fmt: skip


def _own(one: Offered) -> dict[str, str]:
    assert one.own is not None  # noqa: S101 -- asked for those that have one
    return {
        "at": f"{french.long_date(one.own)}, {french.clock(one.own)}", "place": one.day.place,
    }  # fmt: skip
