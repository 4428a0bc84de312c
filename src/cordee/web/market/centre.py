"""The appeals of a centre: begun for a case, followed, confirmed. Requirement C3.4."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.market.appeals import DELAYS, RADII_KM, ROUND, Appeal, Asking, check_ready
from cordee.care.market.volunteers import SPECIALITIES
from cordee.care.regulation.motives import label_of
from cordee.runtime import french
from cordee.runtime.errors import Conflict, NotFound, RuleBroken
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.market.entrance import market_of, moment_words, number_in
from cordee.web.regulation.entrance import now_of, standing
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "market/templates/centre.html"
SHARES: Final = "market/templates/equity.html"
PATH: Final = "/regulation/place-de-marche"
EQUITY: Final = "/regulation/equite"
_STATES: Final = {
    "open": _("en cours"), "accepted": _("accepté, à confirmer"), "confirmed": _("confirmé"),
    "ended": _("personne n’a accepté"), "withdrawn": _("retiré"),
}  # fmt: skip
_STEP: Final = 2


async def show(request: Request) -> Response:
    """Give the appeals of seven days, and the form to begin one."""
    chosen = request.query_params.get("dossier", "")
    return await _page(request, Form({"numero": str(uuid4()), "dossier": chosen}))


async def start(request: Request) -> Response:
    """Begin an appeal for a case whose médecin traitant was called."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    at, key = now_of(request), _uuid(form["dossier"])
    wishes = await floor.osnp.wishes(principal, centre, at)
    try:
        wish = check_ready(next((one for one in wishes if one.case.id == key), None))
        hours = int(form["delai"]) if form["delai"].isdecimal() else 0
        asking = Asking(wish.case.id, wish.case.commune, form["specialite"], hours)
        number = UUID(form_number(form))
        await market_of(request).market.start(principal, centre, number, asking, at)
    except (RuleBroken, Conflict) as error:
        form.errors[next(iter(error.expression), "dossier")] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(PATH, status_code=303)


async def act(request: Request) -> Response:
    """Confirm what was accepted, or withdraw an appeal."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    market, at, number = market_of(request).market, now_of(request), number_in(request)
    appeal = next((one for one in await market.appeals(centre, at) if one.id == number), None)
    if appeal is None:
        raise NotFound("there is no such appeal here")
    try:
        if form["geste"] == "retirer":
            await market.withdraw(appeal, at)
        else:
            wishes = await floor.osnp.wishes(principal, centre, at)
            wish = next((one for one in wishes if one.case.id == appeal.case), None)
            await market.confirm(principal, floor.osnp, check_ready(wish), appeal, at)
    except (RuleBroken, Conflict) as error:
        form.errors[f"a-{number}"] = error.message
        return await _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    return RedirectResponse(f"{PATH}#a-{number}", status_code=303)


async def equity(request: Request) -> Response:
    """Give how appeals are shared among volunteers, with the index; also as CSV."""
    _principal, centre, _floor = await standing(request)
    found = await market_of(request).distribution(centre, now_of(request))
    if request.url.path.endswith(".csv"):
        head = [_("Effecteur"), _("Proposés"), _("Acceptés"), _("Honorés")]
        lines = [[one.name, one.proposed, one.accepted, one.served] for one in found.shares]
        return spreadsheet("equite.csv", head, lines)
    indexes = [
        (_("Proposés"), french.number(f"{found.of_proposed:.2f}")),
        (_("Acceptés"), french.number(f"{found.of_accepted:.2f}")),
    ]
    return page(request, SHARES, centre=centre, shares=found.shares, indexes=indexes)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, centre, floor = await standing(request)
    at = now_of(request)
    wishes = await floor.osnp.wishes(principal, centre, at)
    communes = await floor.desk.all_communes()
    appeals = await market_of(request).market.appeals(centre, at)
    busy = {one.case for one in appeals if one.state in {"open", "accepted"}}
    cases = [
        (str(one.case.id), ", ".join(
            part for part in (
                one.case.short, label_of(one.case.motive), communes.get(one.case.commune, "")
            ) if part
        ))
        for one in wishes
        if one.step == _STEP and one.case.id not in busy
    ]  # fmt: skip
    return page(
        request, TEMPLATE, status=status, form=form, centre=centre, cases=cases,
        rows=[_row(one) for one in appeals], specialities=SPECIALITIES, delays=DELAYS,
        minutes=int(ROUND.total_seconds() // 60), radii=RADII_KM,
    )  # fmt: skip


def _row(one: Appeal) -> dict[str, Any]:
    return {
        "number": str(one.id), "case": str(one.case), "short": (one.number or "")[-5:],
        "commune": one.commune, "speciality": _(SPECIALITIES.get(one.speciality, "")),
        "state": _STATES[one.state], "is_open": one.state == "open",
        "is_accepted": one.state == "accepted", "round": one.round,
        "radius": RADII_KM[one.round - 1], "asked": one.asked, "declined": one.declined,
        "until": moment_words(one.until), "started": moment_words(one.started),
        "next": french.clock(one.round_since + ROUND),
        "winner": one.winner or "", "starts": moment_words(one.starts) if one.starts else "",
    }  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, start, methods=["POST"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
    Route(EQUITY, equity, methods=["GET"]),
    Route(f"{EQUITY}.csv", equity, methods=["GET"]),
]
