"""The activity of coordination: on a page to print, as CSV, as a FHIR MeasureReport. B4.10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.activity.hiding import K, Table
from cordee.care.activity.measuring import measure_report
from cordee.care.activity.periods import Period, periods
from cordee.care.activity.report import OPEN, UNKNOWN, Activity, Delay, Report
from cordee.care.workflow.machines import machines
from cordee.identity.principal import STEERING
from cordee.runtime.errors import NotFound
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.resources.routes import delay_words
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "dac/templates/activity.html"
FEW: Final = _("moins de %s") % K
_MISSIONS: Final = {
    "support": _("Accompagnement renforcé"), "coordination": _("Coordination"),
    "orientation": _("Orientation"), "information": _("Information"),
    "outside": _("Hors champ"), "open": _("Pas encore de mission"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableView:
    """One table in words."""

    code: str
    title: str
    head: str
    rows: tuple[tuple[str, str], ...]
    total: str
    note: str


async def show(request: Request) -> Response:
    """Give the report of a period; `.csv` and `.json` give the same figures."""
    account, now = signed_in(request), request.app.state.settings.clock()
    is_region = STEERING in getattr(account.principal, "functions", ())
    known = periods(now.date(), years_alone=is_region)
    chosen = _chosen(request, known)
    report = await _desk(request).report(account.principal, chosen)
    tables = _tables(report)
    if request.url.path.endswith(".json"):
        return _fhir(report, now)
    if request.url.path.endswith(".csv"):
        return _sheet(report, tables)
    values: dict[str, Any] = {
        "place": _("Toute la région") if is_region else account.structure,
        "is_region": is_region,
        "period": chosen.code,
        "is_running": now.date() < chosen.last,
        "periods": [(one.code, _name(one)) for one in known],
        "period_name": _name(chosen),
        "requests": words(report.requests),
        "tables": tables,
        "delays": _delays(report),
        "refusals": [
            (one.name or _("non connu"), words(one.asked), words(one.refused))
            for one in report.refusals
        ],
        "is_cut": report.is_cut,
        "k": K,
    }
    return page(request, TEMPLATE, **values)


def words(count: int | None) -> str:
    """A count as it is told."""
    return FEW if count is None else str(count)


def _tables(report: Report) -> list[TableView]:
    facts = machines()["dac-request"].facts
    outcomes = {**facts["outcome"].choices, OPEN: "Non close"}
    found = [
        _table("demandeurs", _("Demandeurs"), report.askers, facts["asker"].choices),
        _table("motifs", _("Motifs"), report.motives, facts["motive"].choices),
        _table("missions", _("Missions, la plus avancée"), report.missions, _MISSIONS),
        _table("resultats", _("Résultats à la clôture"), report.outcomes, outcomes),
    ]
    if report.unmet is not None:
        found.append(_table("besoins", _("Besoins non couverts, par commune"), report.unmet, {}))
    return found


def _table(code: str, title: str, table: Table, known: Mapping[str, str]) -> TableView:
    rows = tuple((_said(known, one.code), words(one.count)) for one in table.cells)
    note = ""
    if any(one.count is None for one in table.cells):
        note = _("Les nombres de moins de %s, et ceux qui les feraient deviner, ne sont pas dits.")
        note = note % K
    return TableView(code, title, title.split(",", maxsplit=1)[0], rows, words(table.total), note)


def _said(known: Mapping[str, str], code: str) -> str:
    """The label of a line; a commune is its own."""
    if code in {"", UNKNOWN}:
        return _("non connu")
    return _(known[code]) if code in known else code


def _delays(report: Report) -> list[tuple[str, str, str, str]]:
    states = machines()["dac-request"].states
    found: list[tuple[str, str, str, str]] = []
    for label, state, delay in (
        (_("Accusé de réception"), "received", report.acknowledged),
        (_("Première évaluation"), "qualified", report.evaluated),
    ):
        target = states[state].clocks[0].duration
        unit = {"hour": _("h ouvrées"), "day": _("jours ouvrés")}.get(target.unit, target.unit)
        found.append((label, f"{target.count} {unit}", delay_words(delay.median), _share(delay)))
    return found


def _share(delay: Delay) -> str:
    if delay.count is None or (delay.count and delay.within is None):
        return _("non dit")
    return _("%(within)s sur %(count)s") % {"within": delay.within or 0, "count": delay.count}


def _sheet(report: Report, tables: list[TableView]) -> Response:
    lines: list[tuple[str, str, str]] = [(_("Demandes"), "", words(report.requests))]
    for table in tables:
        lines += [(table.title, label, count) for label, count in table.rows]
        lines.append((table.title, _("Total"), table.total))
    for label, target, middle, share in _delays(report):
        lines += [(label, _("Cible"), target), (label, _("Médiane"), middle)]
        lines.append((label, _("Dans la cible"), share))
    for one in report.refusals:
        lines.append((_("Refus par ressource"), one.name, words(one.refused)))
        lines.append((_("Demandes par ressource"), one.name, words(one.asked)))
    head = (_("tableau"), _("ligne"), _("valeur"))
    return spreadsheet(f"activite-{report.period.code}.csv", head, lines)


def _fhir(report: Report, now: datetime) -> Response:
    body = orjson.dumps(measure_report(report, now), option=orjson.OPT_INDENT_2)
    name = f'attachment; filename="activite-{report.period.code}.json"'
    headers = {"content-disposition": name}
    return Response(body, media_type="application/fhir+json", headers=headers)


def _chosen(request: Request, known: list[Period]) -> Period:
    asked = request.query_params.get("periode", "")
    return next((one for one in known if one.code == asked), known[0])


def _name(one: Period) -> str:
    year, _dash, quarter = one.code.partition("-T")
    if not quarter:
        return year
    return _("trimestre %(quarter)s de %(year)s") % {"quarter": quarter, "year": year}


def _desk(request: Request) -> Activity:
    desk: Activity | None = request.app.state.ports.activity
    if desk is None:
        raise NotFound("there are no figures here")
    return desk
