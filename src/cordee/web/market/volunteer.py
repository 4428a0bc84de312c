"""The page of a volunteer: what waits for an answer, then consent, hours and radius. C3.4."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.market.appeals import PATH, Proposal
from cordee.care.market.volunteers import (
    FARTHEST_KM,
    SPECIALITIES,
    Consent,
    Told,
    Volunteer,
    starts,
)
from cordee.care.overflow.conventions import Window
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Conflict, RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.market.entrance import market_of, moment_words, number_in, physician
from cordee.web.regulation.entrance import now_of
from cordee.web.rendering import page

TEMPLATE: Final = "market/templates/volunteer.html"
_DAYS: Final = tuple((f"jour-{i}", day) for i, day in enumerate(french.DAYS))
_STATES: Final = {
    "open": _("attend votre réponse"), "mine": _("à vous : la régulation confirme"),
    "confirmed": _("confirmé"), "taken": _("pris par un confrère"),
    "declined": _("décliné"), "ended": _("close"),
}  # fmt: skip
_MOST: Final = 24


async def show(request: Request) -> Response:
    """Give what waits, what was answered, and what one has said of oneself."""
    return await _page(request, Form())


async def keep(request: Request) -> Response:
    """Keep a consent with its hours and radius, or take it back."""
    form = await read_form(request)
    principal, places, at = physician(request), market_of(request), now_of(request)
    try:
        if form["geste"] == "retirer":
            await places.volunteers.withdraw(principal, at)
        else:
            communes = await places.volunteers.communes()
            await places.volunteers.consent(principal, _told(form, communes), at)
    except RuleBroken as error:
        form.errors[next(iter(error.expression), "commune")] = error.message
        return await _page(request, form, status=422)
    return RedirectResponse(f"{PATH}#t-profil", status_code=303)


async def answer(request: Request) -> Response:
    """Accept an appeal at an hour, or decline it; who comes second is told."""
    form = await read_form(request)
    principal, market, at = physician(request), market_of(request).market, now_of(request)
    number = number_in(request)
    try:
        if form["geste"] == "decliner":
            await market.decline(principal, number, at)
        else:
            await market.accept(principal, number, _moment(form["heure"]), at)
    except (RuleBroken, Conflict) as error:
        form.errors[f"a-{number}"] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(f"{PATH}#a-{number}", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, places, at = physician(request), market_of(request), now_of(request)
    volunteer, consents = await places.volunteers.one(principal)
    communes = await places.volunteers.communes()
    rows = [_row(one, volunteer, at) for one in await places.market.proposals(principal, at)]
    stands = volunteer is not None and volunteer.withdrawn is None
    return page(
        request, TEMPLATE, status=status, form=form, specialities=SPECIALITIES, days=_DAYS,
        waiting=[one for one in rows if one["is_open"]], communes=communes,
        past=[one for one in rows if not one["is_open"]], stands=stands,
        said=form if form.errors and form["commune"] else _said(volunteer, communes),
        history=[_history(one) for one in consents], farthest=FARTHEST_KM,
    )  # fmt: skip


def _row(one: Proposal, volunteer: Volunteer | None, at: datetime) -> dict[str, Any]:
    hours = volunteer.told.hours if volunteer else ()
    possible = starts(hours, at, one.until)[:_MOST] if one.state == "open" else []
    return {
        "number": str(one.appeal), "commune": one.commune, "km": round(one.km),
        "speciality": _(SPECIALITIES.get(one.speciality, one.speciality)),
        "until": moment_words(one.until), "state": _STATES[one.state],
        "is_open": one.state == "open", "is_mine": one.state == "mine",
        "starts": moment_words(one.starts)
        if one.starts and one.state in {"mine", "confirmed"} else "",
        "choices": [(each.isoformat(), moment_words(each)) for each in possible],
    }  # fmt: skip


def _said(volunteer: Volunteer | None, communes: Mapping[str, str]) -> dict[str, str]:
    """What the form shows of a volunteer; usual hours for a new one."""
    if volunteer is None:
        usual = {f"jour-{i}": "oui" for i in range(5)}
        return {"specialite": "generale", "rayon": "15", "debut": "08:00", "fin": "20:00", **usual}
    told = volunteer.told
    days = {f"jour-{i}": "oui" for i in (told.hours[0].days if told.hours else ())}
    return {
        "specialite": told.speciality, "commune": communes.get(told.commune, ""),
        "rayon": str(told.radius_km), "debut": f"{told.hours[0].begins:%H:%M}",
        "fin": f"{told.hours[0].ends:%H:%M}", **days,
    }  # fmt: skip


def _told(form: Form, communes: Mapping[str, str]) -> Told:
    commune = next((code for code, name in communes.items() if name == form["commune"]), "")
    radius = int(form["rayon"]) if form["rayon"].isdecimal() and len(form["rayon"]) < 4 else 0  # noqa: PLR2004 -- three digits
    try:
        begins, ends = time.fromisoformat(form["debut"]), time.fromisoformat(form["fin"])
    except ValueError as error:
        raise RuleBroken(_("Donnez l’heure de début et de fin."), expression=("fin",)) from error
    days = tuple(i for i, (name, _day) in enumerate(_DAYS) if form[name])
    return Told(form["specialite"], commune, radius, (Window(days, begins, ends),))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken(_("Choisissez une heure de la liste.")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


def _history(one: Consent) -> tuple[str, str]:
    return moment_words(one.at), _("consentement donné") if one.gives else _("retiré")


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, keep, methods=["POST"]),
    Route(f"{PATH}/{{number}}", answer, methods=["POST"]),
]
