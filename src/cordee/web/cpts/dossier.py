"""The dossier of the yearly dialogue of a CPTS: on a page, as CSV, on paper (PDF). Rule: B6.7."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.activity.hiding import K
from cordee.care.activity.periods import Period, periods
from cordee.care.cpts.dossier import Dossier, Dossiers, Figure
from cordee.formats.paper import PaperJam, pdf, sheet
from cordee.runtime import french
from cordee.runtime.errors import NotFound
from cordee.web.cpts.methods import METHODS, PARTS
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.resources.routes import delay_words
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "cpts/templates/dossier.html"
PAPER: Final = "cpts/templates/dossier_paper.html"
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator in words: value, how it is counted, from what, what it does not say."""

    label: str
    value: str
    method: str
    source: str
    limits: str


async def show(request: Request) -> Response:
    """Give the dossier of a year; `.csv` and `.pdf` give the same figures."""
    dossier, known = await _dossier(request)
    parts = _parts(dossier)
    if request.url.path.endswith(".csv"):
        return _sheet(dossier, parts)
    values = _values(request, dossier) | {"parts": parts, "jam": ""}
    if request.url.path.endswith(".pdf"):
        try:
            return await _paper(request, dossier, values)
        except PaperJam:
            values["jam"] = _("Le dossier ne peut pas être imprimé pour l’instant. Réessayez.")
    values |= {"periods": [one.code for one in known], "key": request.path_params["number"]}
    return page(request, TEMPLATE, status=503 if values["jam"] else 200, **values)


async def _dossier(request: Request) -> tuple[Dossier, list[Period]]:
    desk: Dossiers | None = request.app.state.ports.dossiers
    account, key = asker(request), request.path_params["number"]
    if desk is None or not _ID.fullmatch(key):
        raise NotFound("there is no such dossier")
    now = request.app.state.settings.clock()
    known = [one for one in periods(now.date(), years_alone=False) if one.is_year]
    wanted = request.query_params.get("annee", "")
    chosen = next((one for one in known if one.code == wanted), known[0])
    found = await desk.of(account.principal, f"Organization/{key}", chosen, now)
    return found, known


def _values(request: Request, dossier: Dossier) -> dict[str, Any]:
    now = request.app.state.settings.clock()
    return {
        "place": dossier.place.name,
        "year": dossier.period.code,
        "is_running": now.date() < dossier.period.last,
        "printed": french.short_date(now),
        "k": K,
    }


def _parts(dossier: Dossier) -> list[tuple[str, list[Line]]]:
    lines = {one.code: _line(one) for one in dossier.figures}
    return [(_(title), [lines[code] for code in codes]) for title, codes in PARTS]


def _line(one: Figure) -> Line:
    label, method, source, limits = METHODS[one.code]
    limits = _(limits)
    if one.is_cut:
        limits = f"{limits} {_('Un mois a plus de 500 créneaux : compté en partie.')}".strip()
    return Line(_(label), _value(one), _(method), _(source), limits)


def _value(one: Figure) -> str:
    if one.is_hidden:
        return _("non dit")
    if one.count is not None:
        return french.number(one.count)
    if one.percent is not None:
        return f"{one.percent} %"
    return delay_words(one.delay) or _("non connu")


def _sheet(dossier: Dossier, parts: list[tuple[str, list[Line]]]) -> Response:
    head = [
        _("Mission"), _("Indicateur"), _("Période"), _("Valeur"), _("Méthode"), _("Source"),
        _("Limites"),
    ]  # fmt: skip
    rows = [
        [title, one.label, dossier.period.code, one.value, one.method, one.source, one.limits]
        for title, lines in parts
        for one in lines
    ]
    return spreadsheet(f"dossier-cpts-{dossier.period.code}.csv", head, rows)


async def _paper(request: Request, dossier: Dossier, values: dict[str, Any]) -> Response:
    env = request.app.state.templates
    body = Markup(env.get_template(PAPER).render(values))  # noqa: S704 -- rendered with autoescape
    title = _("Dossier d’indicateurs %(year)s") % {"year": dossier.period.code}
    foot = _("Édité le %(day)s par %(who)s") % {
        "day": values["printed"], "who": asker(request).name,
    }  # fmt: skip
    html = sheet(body, title=title, who=dossier.place.name, traits=title, printed=foot)
    name = f'inline; filename="dossier-cpts-{dossier.period.code}.pdf"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(await pdf(html, title), media_type="application/pdf", headers=headers)
