"""The dashboard of a floor, by hour, also as CSV; for the ARS too. Requirement C1.12."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.figures import Hour
from cordee.care.regulation.telephony import notice_words
from cordee.identity.principal import REGULATION, STEERING
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.regulation.entrance import floor_of, now_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "regulation/templates/board.html"
PATH: Final = "/regulation/tableau"
_SPAN: Final = timedelta(hours=24)


async def show(request: Request) -> Response:
    """Give the last day of a centre: one's own, or the one that the ARS chooses."""
    centres = await seen(request)
    chosen = request.query_params.get("centre", "")
    centre = next((one for one in centres if one.id == chosen), centres[0])
    now = now_of(request)
    hours = await floor_of(request).desk.hours(centre, now - _SPAN, now)
    if request.url.path.endswith(".csv"):
        return spreadsheet(f"regulation-{centre.id}.csv", _head(), [_row(one) for one in hours])
    rows = [_row(one) for one in hours]
    return page(
        request, TEMPLATE, centre=centre, centres=centres, head=_head(), rows=rows,
        notice=notice_words(centre.parameters.recordings_days),
    )  # fmt: skip


async def seen(request: Request) -> list[Centre]:
    """The centres whose figures somebody reads; raises `NotFound` for none."""
    principal = signed_in(request).principal
    functions = getattr(principal, "functions", frozenset())
    known = await floor_of(request).desk.centres.all()
    if STEERING in functions and known:
        return list(known.values())
    own = known.get(getattr(principal, "structure", "").removeprefix("Organization/"))
    if own is None or REGULATION not in functions:
        raise NotFound("there are no figures of regulation here")
    return [own]


def _head() -> list[str]:
    return [
        _("Heure"), _("Appels"), _("Décroché ≤ 30 s (%)"), _("Décroché ≤ 60 s (%)"),
        _("Abandons (%)"), _("Reçus d’un voisin"), _("Confiés à un voisin"),
        _("Appels par poste"), _("P0"), _("Délai médian de décision P0 (s)"),
    ]  # fmt: skip


def _row(one: Hour) -> list[str]:
    values = [
        one.calls, one.share(one.in_30), one.share(one.in_60), one.share(one.abandoned),
        one.received, one.handed, one.load, one.p0,
        None if one.p0_seconds is None else round(one.p0_seconds),
    ]  # fmt: skip
    local = one.start.astimezone(PARIS)
    start = f"{local:%d/%m} {french.clock(local)}"
    return [start, *("" if value is None else french.number(value) for value in values)]


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
]
