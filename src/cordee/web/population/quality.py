"""The quality of what each source tells: the newest report, as a table and a file. Rule: G1.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from cordee.population.quality.lines import FEW, FINE, WATCH, Line
from cordee.population.quality.rules import (
    COMPLETENESS,
    DRIFT,
    LATE,
    PLAUSIBILITY,
    TIMELINESS,
    shipped,
)
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.asking import ask
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "population/templates/quality.html"
PATH: Final = "/population/qualite"
NAMES: Final = {
    COMPLETENESS: _("Complétude"), PLAUSIBILITY: _("Plausibilité"), TIMELINESS: _("Fraîcheur"),
    DRIFT: _("Dérive"),
}  # fmt: skip
STATES: Final = {WATCH: _("à voir"), FINE: _("conforme"), FEW: _("petits nombres")}
_KINDS: Final = {"person": _("les personnes"), **words.EVENTS}
_ORDER: Final = (WATCH, FINE, FEW)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line in words."""

    source: str
    kind: str
    dimension: str
    check: str
    result: str
    people: str
    state: str
    state_word: str
    key: str


async def show(request: Request) -> Response:
    """Give the report, what is to be looked at first."""
    report = await ask(request, "quality")
    told = request.query_params
    source, dimension, state = (told.get(one, "") for one in ("source", "volet", "etat"))
    lines = chosen(report.lines if report else (), source, dimension, state)
    by_source: dict[str, list[LineView]] = {}
    for one in sorted(lines, key=lambda line: _ORDER.index(line.state)):
        by_source.setdefault(words.source(one.source), []).append(view(one))
    sources = sorted({one.source for one in report.lines}) if report else []
    return page(
        request, TEMPLATE, day=words.day(report.day) if report else "", groups=by_source,
        sources=[(one, words.source(one)) for one in sources], dimensions=NAMES, states=STATES,
        asked={"source": source, "volet": dimension, "etat": state}, settings=settings(),
        watched=sum(one.state == WATCH for one in report.lines) if report else 0,
        query=str(request.url.query),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the same lines as CSV."""
    report = await ask(request, "quality")
    told = request.query_params
    lines = chosen(
        report.lines if report else (), *(told.get(one, "") for one in ("source", "volet", "etat"))
    )
    head = [_("source"), _("données"), _("volet"), _("vérification"), _("état"),
            _("personnes, par dizaines"), _("en défaut, par dizaines"), _("valeur"), _("mois"),
            _("mesuré le")]  # fmt: skip
    return spreadsheet("qualite-des-sources.csv", head, [
        [one.source, one.kind, NAMES[one.dimension], label(one), STATES[one.state],
         _("moins de 11") if one.people is None else one.people,
         "" if one.dimension in {TIMELINESS, DRIFT} else
         (_("moins de 11") if one.failing is None else one.failing),
         "" if one.value is None else one.value, one.month,
         report.day.isoformat()]
        for one in lines
    ])  # fmt: skip


def chosen(lines: Sequence[Line], source: str, dimension: str, state: str) -> list[Line]:
    """The lines that a filter leaves; what is empty filters nothing."""
    return [
        one for one in lines
        if source in {"", one.source} and dimension in {"", one.dimension}
        and state in {"", one.state}
    ]  # fmt: skip


def view(one: Line) -> LineView:
    """A line as the table shows it."""
    key = urlencode({"source": one.source, "donnees": one.kind, "verification": one.check})
    return LineView(
        words.source(one.source), str(_KINDS[one.kind]), str(NAMES[one.dimension]), label(one),
        result(one), _("moins de 11") if one.people is None else number(one.people), one.state,
        str(STATES[one.state]), key,
    )  # fmt: skip


def label(one: Line) -> str:
    """What is checked, in words."""
    if one.dimension == TIMELINESS:
        return _("dernier mois transmis")
    if one.dimension == DRIFT:
        return _("volume du dernier mois")
    found = next((each.label for each in shipped().checks if each.id == one.check), one.check)
    if one.dimension == COMPLETENESS:
        return _("manque : %(what)s") % {"what": found}
    return _("étonne : %(what)s") % {"what": found} if not _is_bound(one) else (
        _("hors de : %(what)s") % {"what": found}
    )  # fmt: skip


def result(one: Line) -> str:
    """What was found, in words."""
    if one.dimension == TIMELINESS:
        told = {"month": _month(one.month), "n": number(round(one.value or 0))}
        return _("%(month)s, il y a %(n)s jours") % told
    if one.dimension == DRIFT:
        told = {"month": _month(one.month), "n": number(f"{one.value or 0:.2f}")}
        return _("%(month)s : %(n)s fois la moyenne des mois d’avant") % told
    if one.people is None:
        return _("trop peu de personnes pour le dire")
    if one.failing is None:
        return _("moins de 11 personnes")
    if one.is_nearly_all:
        return _("toutes, ou presque")
    share = {"n": number(one.failing), "part": number(f"{100 * (one.share or 0):.1f}")}
    return _("environ %(n)s personnes, %(part)s %%") % share


def settings() -> list[tuple[str, str, str, str]]:
    """The thresholds: what, how much, of when, why."""
    rules = shipped()
    names = {**NAMES, LATE: NAMES[TIMELINESS]}
    units = {LATE: _("jours"), DRIFT: _("fois")}
    return [
        (str(names[name]),
         f"{number(f'{one.value:g}')} {units[name]}" if name in units
         else f"{number(f'{100 * one.value:g}')} %", one.date, one.origin)
        for name, one in rules.settings.items()
    ]  # fmt: skip


def _is_bound(one: Line) -> bool:
    return any(each.id == one.check and each.what in {"bounds", "units"}
               for each in shipped().checks)  # fmt: skip


def _month(text: str) -> str:
    return date.fromisoformat(f"{text}-01").strftime("%m/%Y") if text else ""


def line_of(report: Any, told: Any) -> Line | None:
    """The line that source, kind and check name; None where there is none now."""
    wanted = (told.get("source"), told.get("donnees"), told.get("verification"))
    if report is None:
        return None
    return next((one for one in report.lines if (one.source, one.kind, one.check) == wanted), None)
