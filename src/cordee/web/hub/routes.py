"""The Hub Santé for administrators: messages by state, what failed, sent again. C2.7."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.hub.port import HubDesk, Line
from cordee.web.inbox.entrance import is_number
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

PATH: Final = "/administration/hub"
TEMPLATE: Final = "hub/templates/hub.html"
STATES: Final = {
    "waiting": _("à envoyer"),
    "sent": _("envoyé, accusé attendu"),
    "acknowledged": _("reçu par le destinataire"),
    "late": _("sans accusé après deux envois"),
    "refused": _("refusé"),
    "expired": _("périmé"),
    "dead": _("non retiré par le destinataire"),
    "again": _("renvoyé"),
    "received": _("reçu, à reprendre"),
    "taken": _("repris"),
}
WAYS: Final = {"in": _("réception"), "out": _("envoi")}
_PAGE: Final = 50


async def show(request: Request) -> Response:
    """Give the figures, and what is to be repaired."""
    return await _show(request)


async def act(request: Request) -> Response:
    """Send a message that failed again."""
    form = await read_form(request)
    if not is_number(form["message"]):
        raise NotFound("there is no such message")
    try:
        await _desk(request).again(
            signed_in(request).principal, int(form["message"]), form["destinataire"].strip()
        )
    except RuleBroken as error:
        return await _show(request, form["message"], form["destinataire"], error)
    return RedirectResponse(f"{PATH}#reparer", status_code=303)


async def export(request: Request) -> Response:
    """Give what is to be repaired as CSV."""
    found = await _desk(request).to_repair(signed_in(request).principal, None)
    head = (_("date"), _("sens"), _("client"), _("correspondant"), _("type"), _("état"), _("motif"))
    lines = [
        (
            local(one.made)[:16], WAYS[one.direction], one.client, one.peer, one.kind,
            STATES[one.state], one.reason,
        )
        for one in found
    ]  # fmt: skip
    return spreadsheet("hub.csv", head, lines)


async def _show(
    request: Request, wrong: str = "", typed: str = "", error: RuleBroken | None = None
) -> Response:
    desk, principal = _desk(request), signed_in(request).principal
    before = request.query_params.get("avant", "")
    failed = await desk.to_repair(principal, int(before) if is_number(before) else None)
    values: dict[str, Any] = {
        "version": desk.version,
        "is_linked": desk.is_linked,
        "figures": [
            (one.client, WAYS[one.direction], STATES[one.state], one.number, local(one.oldest))
            for one in await desk.figures(principal)
        ],
        "failed": [_line(one) for one in failed],
        "older": f"{PATH}?avant={failed[-1].n}" if len(failed) == _PAGE else "",
        "wrong": int(wrong) if wrong else 0,
        "typed": typed,
        "error": error.message if error else "",
    }
    return page(request, TEMPLATE, status=422 if error else 200, **values)


def _line(one: Line) -> dict[str, Any]:
    return {
        "n": one.n,
        "client": one.client,
        "peer": one.peer,
        "kind": one.kind or _("illisible"),
        "way": WAYS[one.direction],
        "state": STATES[one.state],
        "reason": one.reason,
        "tries": one.tries,
        "made": local(one.made),
        "may_again": one.direction == "out",
    }


def _desk(request: Request) -> HubDesk:
    desk: HubDesk | None = request.app.state.ports.hub
    if desk is None:
        raise NotFound("there is no such page")
    return desk


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
]
