"""From an event to a screen, in seconds; what was not delivered, sent again. Requirement B2.4."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.notifications.following import CHANNELS
from cordee.care.notifications.kinds import KINDS
from cordee.care.notifications.latency import BOUND_SECONDS, PAGE, Span
from cordee.care.notifications.states import FAILURES, WORDS, State
from cordee.identity.principal import ADMINISTRATOR
from cordee.runtime.errors import NotFound
from cordee.runtime.french import number
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.inbox.entrance import desk_of, is_number
from cordee.web.inbox.words import local
from cordee.web.language import gettext as _
from cordee.web.rendering import fragment, page, wants_fragment
from cordee.web.sheets import spreadsheet

PATH: Final = "/latence"
TEMPLATE: Final = "latency/templates/latency.html"


async def show(request: Request) -> Response:
    """Give the figures of now and of the last day."""
    desk, principal = desk_of(request), signed_in(request).principal
    figures = await desk.latency.figures(principal)
    before = request.query_params.get("avant", "")
    failed = await desk.latency.failed(principal, int(before) if is_number(before) else None)
    values: dict[str, Any] = {
        "figures": figures,
        "now_span": _row(figures.now) if figures.now else None,
        "hours": [_row(one) for one in reversed(figures.hours)],
        "states": [WORDS[one] for one in State],
        "channels": [
            (word, [figures.channels.get(code, {}).get(one.value, 0) for one in State])
            for code, word in CHANNELS.items()
        ],
        "failed": [_failed(row) for row in failed],
        "older": f"{PATH}?avant={failed[-1]['n']}" if len(failed) == PAGE else "",
        "may_replay": ADMINISTRATOR in principal.functions,
        "bound": number(int(BOUND_SECONDS)),
    }
    if wants_fragment(request):
        return fragment(request, TEMPLATE, "figures", **values)
    return page(request, TEMPLATE, **values)


async def act(request: Request) -> Response:
    """Send a failed notification again."""
    form = await read_form(request)
    if not is_number(form["notification"]):
        raise NotFound("there is no such notification")
    await desk_of(request).latency.replay(signed_in(request).principal, int(form["notification"]))
    return RedirectResponse(f"{PATH}#echecs", status_code=303)


async def export(request: Request) -> Response:
    """Give the last day by hour as CSV."""
    figures = await desk_of(request).latency.figures(signed_in(request).principal)
    head = (_("heure"), _("écrans prévenus"), "p50 (s)", "p95 (s)", _("maximum (s)"))
    lines = [
        (local(one.start)[:16], one.count, f"{one.p50:.3f}", f"{one.p95:.3f}", f"{one.longest:.3f}")
        for one in figures.hours
    ]
    return spreadsheet("latence.csv", head, lines)


def _row(span: Span) -> dict[str, Any]:
    return {
        "start": local(span.start),
        "count": span.count,
        "p50": number(round(span.p50, 3)),
        "p95": number(round(span.p95, 3)),
        "longest": number(round(span.longest, 3)),
        "is_slow": span.p95 > BOUND_SECONDS,
    }


def _failed(row: Any) -> dict[str, Any]:
    return {
        "number": row["n"],
        "channel": CHANNELS[row["channel"]],
        "kind": KINDS[row["kind"]].label if row["kind"] in KINDS else "",
        "why": FAILURES.get(row["code"], row["code"]),
        "tries": row["tries"],
        "made": local(row["made"]),
    }


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
    Route(f"{PATH}.csv", export, methods=["GET"]),
]
