"""The board of offers: locums, posts, surgeries; answered and closed. Rule: B6.8."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.attractivity.offers import FILLED, KINDS, WITHDRAWN, Offer, Offers, Told
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet

LIST: Final = "attractivity/templates/offers.html"
ONE: Final = "attractivity/templates/offer.html"
PATH: Final = "/offres"
_FIELDS: Final = {
    "kind": "nature", "profession": "profession", "commune": "commune", "starts": "debut",
    "ends": "fin", "words": "texte", "contact": "contact", "expires": "echeance",
}  # fmt: skip
_OUTCOMES: Final = {FILLED: _("pourvue"), WITHDRAWN: _("retirée")}


async def show(request: Request) -> Response:
    """Give the offers; also as CSV."""
    if request.url.path.endswith(".csv"):
        return await _sheet(request)
    return await _list(request, Form())


async def post(request: Request) -> Response:
    """Post an offer; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, now = asker(request).principal, request.app.state.settings.clock()
    ends = day_of(sent["fin"])
    told = Told(
        sent["nature"], sent["profession"], sent["commune"], day_of(sent["debut"]), ends,
        sent["texte"], sent["contact"], day_of(sent["echeance"]),
    )  # fmt: skip
    try:
        number = form_number(sent)
        key = await _desk(request).post(principal, sent["cpts"], told, number, now)
    except (ResourceInvalid, Conflict, AccessDenied) as error:
        status = put_errors(sent, error, _FIELDS, "texte")
        return await _list(request, sent, status=status)
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show_one(request: Request) -> Response:
    """Give an offer, and its answers to who leads it."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Answer an offer, or close it."""
    sent = await read_form(request)
    principal, desk = asker(request).principal, _desk(request)
    now = request.app.state.settings.clock()
    offer, _answers = await desk.one(principal, number_of(request), now.astimezone(PARIS).date())
    try:
        if sent["geste"] == "repondre":
            contact = sent["reponse-contact"]
            await desk.answer(principal, offer, sent["reponse"], contact, now)
        else:
            await desk.close(offer, sent["geste"], now)
    except ResourceInvalid as error:
        sent.errors |= {one.expression[0]: one.message for one in error.issues()}
        return await _page(request, sent, status=422)
    except (Conflict, AccessDenied) as error:
        sent.errors["reponse"] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"{PATH}/{offer.id}", status_code=303)


async def _list(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, now = asker(request).principal, request.app.state.settings.clock()
    today = now.astimezone(PARIS).date()
    places, found = await _desk(request).all(principal, today)
    return page(
        request, LIST, status=status, form=form, key=form["numero"] or str(uuid4()),
        places=[(one.structure, one.name) for one in places],
        kinds=[(code, _(text)) for code, text in KINDS.items()],
        opened=[_row(one) for one in found if one.is_open(today)],
        over=[_row(one) for one in found if not one.is_open(today)],
    )  # fmt: skip


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, now = asker(request).principal, request.app.state.settings.clock()
    today = now.astimezone(PARIS).date()
    offer, answers = await _desk(request).one(principal, number_of(request), today)
    return page(
        request, ONE, status=status, form=form, offer=offer, row=_row(offer),
        is_open=offer.is_open(today),
        answers=[(one, french.short_date(one.at)) for one in answers],
    )  # fmt: skip


async def _sheet(request: Request) -> Response:
    today = request.app.state.settings.clock().astimezone(PARIS).date()
    _places, found = await _desk(request).all(asker(request).principal, today)
    head = [
        _("CPTS"), _("Nature"), _("Profession"), _("Commune"), _("Premier jour"),
        _("Dernier jour"), _("Texte"), _("Contact"), _("Publiée jusqu’au"), _("État"),
    ]  # fmt: skip
    rows = [
        [
            one.cpts_name, _(KINDS.get(one.told.kind, "")), one.told.profession, one.told.commune,
            one.told.starts, one.told.ends or "", one.told.words, one.told.contact,
            one.told.expires, _("ouverte") if one.is_open(today) else _row(one)["state"],
        ]
        for one in found
    ]  # fmt: skip
    return spreadsheet("offres.csv", head, rows)


def _row(one: Offer) -> dict[str, object]:
    told = one.told
    first = french.short_date(told.starts) if told.starts else ""
    dates = _("à partir du %(a)s") % {"a": first}
    if told.ends:
        dates = _("du %(a)s au %(b)s") % {"a": first, "b": french.short_date(told.ends)}
    return {
        "href": f"{PATH}/{one.id}",
        "kind": _(KINDS.get(told.kind, told.kind)),
        "profession": told.profession,
        "commune": told.commune,
        "cpts": one.cpts_name,
        "dates": dates,
        "expires": french.short_date(told.expires) if told.expires else "",
        "state": _OUTCOMES.get(one.outcome, _("échue")),
        "answers": one.answers if one.leads else None,
        "is_answered": one.is_answered,
    }


def _desk(request: Request) -> Offers:
    desk: Offers | None = request.app.state.ports.offers
    if desk is None:
        raise NotFound("there are no offers here")
    return desk


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
    Route(PATH, post, methods=["POST"]),
    Route(f"{PATH}/{{number}}", show_one, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
]
