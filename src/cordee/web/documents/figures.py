"""Figures of documents for steering, on the screen and as CSV. Requirement A3.10."""

from __future__ import annotations

from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.access.codes import SENTENCES
from cordee.access.figures.documents import FEW, Count, DocumentFigures, months
from cordee.care.documents.ports import REASONS
from cordee.runtime.errors import NotFound
from cordee.runtime.french import MONTHS
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "documents/templates/figures.html"
PATH: Final = "/pilotage/documents"
_SERVICES: Final = {"regulation": _("régulation"), "emergency": _("urgences")}


async def show(request: Request) -> Response:
    """Give the figures of a month."""
    asked = _month(request)
    found = await _figures(request).month(signed_in(request).principal, asked)
    values = {
        "figures": found,
        "month": asked,
        "month_name": name_of(asked),
        "months": [(one.isoformat()[:7], name_of(one)) for one in months(_today(request))],
        "few": FEW,
        "number": number_of,
        "rate": rate_of,
        "reason": reason_of,
        "service": lambda one: _SERVICES.get(one.code, one.code),
        "export": f"{PATH}.csv?mois={asked.isoformat()[:7]}",
    }
    return page(request, TEMPLATE, **values)


async def export(request: Request) -> Response:
    """Give the same as CSV, one line a figure."""
    asked = _month(request)
    found = await _figures(request).month(signed_in(request).principal, asked)
    month = asked.isoformat()[:7]
    lines: list[tuple[str, ...]] = []
    for one in found.activity:
        told = (
            (_("séjours"), number_of(one.stays)),
            (_("documents reçus"), number_of(one.taken)),
            (_("dépôts DMP"), number_of(one.sent)),
            (_("dépôts DMP par séjour"), rate_of(one.sent_share)),
            (_("consultations"), number_of(one.opened)),
            (_("consultations par séjour"), rate_of(one.opened_share)),
            (_("professionnels"), number_of(one.people)),
        )
        lines += [(month, one.structure, name, "", value) for name, value in told]
    lines += [
        (month, one.structure, _("refus"), one.code, number_of(one.count)) for one in found.refusals
    ]
    lines += [
        (month, one.structure, _("bris de glace"), _SERVICES.get(one.code, one.code),
         number_of(one.count))
        for one in found.glasses
    ]  # fmt: skip
    head = (_("mois"), _("structure"), _("indicateur"), _("code"), _("valeur"))
    return spreadsheet(f"documents-{month}.csv", head, lines)


def number_of(count: int | None) -> str:
    """A count as it is told."""
    return _("moins de %s") % FEW if count is None else str(count)


def rate_of(share: float | None) -> str:
    """A share as it is told."""
    return _("non dit") if share is None else f"{share:.2f}".replace(".", ",")


def reason_of(one: Count) -> str:
    """The sentence of a refusal, or its code."""
    if one.of == "dmp":
        return _(REASONS[one.code]) if one.code in REASONS else one.code
    known = {code.value: sentence for code, sentence in SENTENCES.items()}
    return known.get(one.code, one.code)


def name_of(month: date) -> str:
    """`novembre 2026`."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def _month(request: Request) -> date:
    """The month of the address, the present one where it names none of the last twelve."""
    known = months(_today(request))
    asked = request.query_params.get("mois", "")
    return next((one for one in known if one.isoformat()[:7] == asked), known[0])


def _today(request: Request) -> date:
    return request.app.state.settings.clock().date()


def _figures(request: Request) -> DocumentFigures:
    figures: DocumentFigures | None = request.app.state.ports.figures
    if figures is None:
        raise NotFound("there are no figures here")
    return figures
