"""Outbreaks of a home, and of the region for the agency: declared, counted, ended. Rule: B7.10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.homes.outbreaks import (
    CAUSES,
    SIGNS,
    Counts,
    Declared,
    Outbreak,
    Outbreaks,
    may_declare,
)
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, ResourceInvalid
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.ports import Account
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST: Final = "homes/templates/outbreaks.html"
ONE: Final = "homes/templates/outbreak.html"
PATH: Final = "/epidemies"
_COUNTED: Final = {
    "cases": _("Nouveaux cas, résidents"),
    "hospitalised": _("Hospitalisés, résidents"),
    "deaths": _("Décès, résidents"),
    "staff": _("Nouveaux cas, personnel"),
}
_FIELDS: Final = {
    "cause": "cause", "began": "debut", "residents": "residents", "signs": "signe-fievre",
    "day": "jour", "ended": "fin", "cases": "cases",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutbreakView:
    """One outbreak in words."""

    href: str
    home: str
    cause: str
    signs: str
    began: str
    ended: str
    residents: int
    total: Counts
    days: tuple[tuple[str, Counts], ...]
    missing: tuple[str, ...]


async def show_all(request: Request) -> Response:
    """Give the outbreaks that one may see; also as CSV, one row a day."""
    if request.url.path.endswith(".csv"):
        account = _member(request)
        return _csv(await _desk(request).all(account.principal))
    return await _list_page(request, Form({"numero": str(uuid4())}))


async def declare(request: Request) -> Response:
    """Declare an outbreak, then show it; what was typed stays when it is refused."""
    sent = await read_form(request)
    account = _member(request)
    now = request.app.state.settings.clock()
    number = UUID(form_number(sent))
    signs = tuple(one for one in SIGNS if sent[f"signe-{one}"])
    wanted = Declared(
        number, sent["cause"], day_of(sent["debut"]), _count(sent["residents"]), signs
    )
    try:
        key = await _desk(request).declare(account.principal, account.structure, wanted, now)
    except (ResourceInvalid, Conflict, AccessDenied) as error:
        status = put_errors(sent, error, _FIELDS, "cause")
        return await _list_page(request, sent, status=status)
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give one outbreak."""
    today = request.app.state.settings.clock().date()
    return await _page(request, Form({"jour": today.isoformat(), "fin": today.isoformat()}))


async def act(request: Request) -> Response:
    """Tell a day, or end the outbreak; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, number = _member(request).principal, request.path_params["number"]
    now, desk = request.app.state.settings.clock(), _desk(request)
    try:
        if sent["geste"] == "clore":
            await desk.end(principal, number, day_of(sent["fin"]), now)
        else:
            told = [_count(sent[one] or "0") for one in _COUNTED]
            counts = Counts(*(-1 if one is None else one for one in told))
            await desk.tell(principal, number, day_of(sent["jour"]), counts, now)
    except (ResourceInvalid, Conflict, AccessDenied) as error:
        status = put_errors(sent, error, _FIELDS, "jour")
        return await _page(request, sent, status=status)
    return RedirectResponse(request.url.path, status_code=303)


async def _list_page(request: Request, form: Form, *, status: int = 200) -> Response:
    account = _member(request)
    today = request.app.state.settings.clock().date()
    found = await _desk(request).all(account.principal)
    ticked = {code: bool(form[f"signe-{code}"]) for code in SIGNS}
    views = [_view(one, today) for one in found]
    return page(
        request, LIST, status=status, form=form, place=account.structure,
        running=[one for one in views if not one.ended], over=[one for one in views if one.ended],
        declares=may_declare(account.principal),
        causes=[(code, _(text)) for code, text in CAUSES.items()],
        signs=[(f"signe-{code}", _(text), ticked[code]) for code, text in SIGNS.items()],
    )  # fmt: skip


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    account = _member(request)
    found = await _desk(request).one(account.principal, request.path_params["number"])
    today = request.app.state.settings.clock().date()
    return page(
        request, ONE, status=status, form=form, outbreak=_view(found, today),
        writes=may_declare(account.principal) and found.ended is None,
        counted=[(name, _(label)) for name, label in _COUNTED.items()],
    )  # fmt: skip


def _view(one: Outbreak, today: date) -> OutbreakView:
    return OutbreakView(
        href=f"{PATH}/{one.id}",
        home=one.home_name,
        cause=_(CAUSES.get(one.cause, one.cause)),
        signs=", ".join(_(SIGNS.get(code, code)) for code in one.signs),
        began=french.short_date(one.began),
        ended=french.short_date(one.ended) if one.ended else "",
        residents=one.residents,
        total=one.total,
        days=tuple(
            (french.short_date(day), one.days[day]) for day in sorted(one.days, reverse=True)
        ),
        missing=tuple(french.short_date(day) for day in one.missing(today)),
    )


def _csv(found: Sequence[Outbreak]) -> Response:
    head = [_("Structure"), _("Cause"), _("Début"), _("Fin"), _("Résidents"), _("Jour")]
    rows = [
        [
            one.home_name, _(CAUSES.get(one.cause, one.cause)), one.began.isoformat(),
            one.ended.isoformat() if one.ended else "", one.residents, day.isoformat(),
            told.cases, told.hospitalised, told.deaths, told.staff,
        ]
        for one in found
        for day, told in sorted(one.days.items())
    ]  # fmt: skip
    return spreadsheet("epidemies.csv", [*head, *(_(one) for one in _COUNTED.values())], rows)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004 -- no count is longer


def _member(request: Request) -> Account:
    account = signed_in(request)
    if account.is_patient:
        raise AccessDenied("only professionals declare outbreaks")
    return account


def _desk(request: Request) -> Outbreaks:
    desk: Outbreaks | None = request.app.state.ports.outbreaks
    if desk is None:
        raise NotFound("nothing is declared here")
    return desk


routes = [
    Route(PATH, show_all, methods=["GET"]),
    Route(PATH, declare, methods=["POST"]),
    Route(f"{PATH}.csv", show_all, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
]
