"""Appointments of a case on its page, and their figures for a period. C3.5, C3.10."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.regulation.centres import Centre
from cordee.care.unscheduled.figures import Figures, Fill, share
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.regulation.board import seen
from cordee.web.regulation.entrance import now_of, unscheduled_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "regulation/templates/figures.html"
PATH: Final = "/regulation/osnp/chiffres"
PERIODS: Final = (7, 30, 90, 365)
STATES: Final = {
    "booked": _("pris"), "fulfilled": _("honoré"), "noshow": _("non honoré"),
    "cancelled": _("annulé par la personne"),
}  # fmt: skip
_HOUR: Final = 3600


async def appointments_of(request: Request, centre: Centre, case: UUID) -> list[dict[str, Any]]:
    """The appointments of a case in words, the oldest first; those that were only held are not."""
    service = unscheduled_of(request)
    if service is None:
        return []
    found = [
        one for one in await service.bookings.of_case(centre, case) if one.state in STATES
    ]  # fmt: skip
    said = await service.feedback.of_holds([one.id for one in found]) if found else {}
    return [
        {
            "who": one.who, "place": one.place, "state": STATES[one.state],
            "fits": said.get(one.id),
            "when": f"{one.starts.astimezone(PARIS):%d/%m} {french.clock(one.starts)}",
            "is_over": one.state in {"noshow", "cancelled"},
        }
        for one in found
    ]  # fmt: skip


async def figures(request: Request) -> Response:
    """Give the figures of a period, a column for each centre that one sees; also as CSV."""
    centres, now = await seen(request), now_of(request)
    text = request.query_params.get("jours", "")
    days = int(text) if text in {str(one) for one in PERIODS} else PERIODS[1]
    service = unscheduled_of(request)
    if service is None:
        raise NotFound("there are no slots here")
    keys = [one.id for one in centres]
    found, fill = await service.figures.all(keys, now - timedelta(days=days), now)
    rows = _rows(found, fill)
    head = [_("Indicateur"), *(one.name for one in centres)]
    if request.url.path.endswith(".csv"):
        return spreadsheet(f"rendez-vous-{days}-jours.csv", head, rows)
    return page(request, TEMPLATE, rows=rows, head=head, days=days, periods=PERIODS)


def _rows(found: Sequence[Figures], fill: Fill) -> list[list[str]]:
    lines: list[tuple[str, list[float | None]]] = [
        (_("Rendez-vous décidés"), [one.wished for one in found]),
        (_("Médecin traitant appelé d’abord (%)"), [share(o.called, o.wished) for o in found]),
        (_("Médecin traitant joint (%)"), [share(one.reached, one.called) for one in found]),
        (_("Reçus par le médecin traitant (%)"), [share(o.received, o.called) for o in found]),
        (_("Rendez-vous trouvés (%)"), [share(one.found, one.wished) for one in found]),
        (_("Délai médian, appel à rendez-vous (h)"), [_hours(o.median_seconds) for o in found]),
        (_("Délai p90, appel à rendez-vous (h)"), [_hours(o.p90_seconds) for o in found]),
        (_("Dans les 48 heures (%)"), [share(one.in_48, one.booked) for one in found]),
        (_("Honorés"), [one.came for one in found]),
        (_("Non honorés (%)"), [share(one.missed, one.missed + one.came) for one in found]),
        (_("Annulés par la personne"), [one.cancelled for one in found]),
        (_("Orientation dite adaptée (%)"), [share(one.fitting, one.judged) for one in found]),
        (_("Créneaux ouverts, région entière"), [fill.opened] * len(found)),
        (_("Créneaux pris, région entière (%)"), [share(fill.taken, fill.opened)] * len(found)),
    ]  # fmt: skip
    return [[label, *(_shown(value) for value in values)] for label, values in lines]


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _HOUR


def _shown(value: float | None) -> str:
    return "" if value is None else french.number(round(value, 1) if value % 1 else int(value))


routes = [
    Route(PATH, figures, methods=["GET"]),
    Route(f"{PATH}.csv", figures, methods=["GET"]),
]
