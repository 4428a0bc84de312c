"""The SAS guide for administrators: appointments that could not be used, accounts. C3.7."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.runtime.errors import NotFound
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.inbox.entrance import is_number
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sas.port import Known, SasDesk
from cordee.web.sheets import spreadsheet

PATH: Final = "/administration/sas"
TEMPLATE: Final = "sas/templates/sas.html"
STATES: Final = {
    ("waiting", True): _("à créer"),
    ("waiting", False): _("à fermer"),
    ("told", True): _("ouvert"),
    ("told", False): _("fermé"),
    ("refused", True): _("ouverture refusée"),
    ("refused", False): _("fermeture refusée"),
}
REASONS: Final = {
    "unreachable": _("l’éditeur ne répond pas"),
    "not-connected": _("éditeur absent des réglages"),
}


async def show(request: Request) -> Response:
    """Give what is to be repaired, and the accounts."""
    return await _show(request)


async def act(request: Request) -> Response:
    """Take a letter again, give it up, or tell a vendor of an account again."""
    form = await read_form(request)
    desk, principal, gesture = _desk(request), signed_in(request).principal, form["geste"]
    if gesture == "redire":
        await desk.tell(principal, form["editeur"], form["compte"])
        return RedirectResponse(f"{PATH}#comptes", status_code=303)
    if not is_number(form["message"]) or gesture not in {"reprendre", "ecarter"}:
        raise NotFound("there is no such message")
    number = int(form["message"])
    if gesture == "ecarter":
        await desk.lay_aside(principal, number)
    elif (await desk.take(principal, number)).state == "dead":
        return await _show(request, wrong=number)
    return RedirectResponse(f"{PATH}#reparer", status_code=303)


async def export(request: Request) -> Response:
    """Give the accounts as CSV."""
    found = await _desk(request).accounts(signed_in(request).principal)
    head = (
        _("éditeur"),
        _("personne"),
        _("numéro"),
        _("état"),
        _("essais"),
        _("depuis"),
        _("motif"),
    )
    lines = [
        (
            one.vendor, one.name, one.number, STATES[one.state, one.is_active], one.tries,
            local(one.changed)[:16], one.reason,
        )
        for one in found
    ]  # fmt: skip
    return spreadsheet("comptes-sas.csv", head, lines)


async def _show(request: Request, wrong: int = 0) -> Response:
    desk, principal = _desk(request), signed_in(request).principal
    values: dict[str, Any] = {
        "letters": [
            {"n": one.n, "vendor": one.vendor, "times": one.times, "reason": one.reason,
             "at": local(one.at)}
            for one in await desk.letters(principal)
        ],
        "alone": [
            {"vendor": one.vendor, "name": one.name, "at": local(one.starts)}
            for one in await desk.alone(principal)
        ],
        "accounts": [_account(one) for one in await desk.accounts(principal)],
        "wrong": wrong,
    }  # fmt: skip
    return page(request, TEMPLATE, status=422 if wrong else 200, **values)


def _account(one: Known) -> dict[str, Any]:
    return {
        "vendor": one.vendor, "name": one.name, "number": one.number, "tries": one.tries,
        "state": STATES[one.state, one.is_active], "since": local(one.changed),
        "reason": REASONS.get(one.reason, one.reason), "is_settled": one.state == "told",
        "is_refused": one.state == "refused",
    }  # fmt: skip


def _desk(request: Request) -> SasDesk:
    desk: SasDesk | None = request.app.state.ports.sas
    if desk is None:
        raise NotFound("there is no such page")
    return desk


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
]
