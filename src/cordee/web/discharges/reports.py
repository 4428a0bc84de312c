"""What was forced in a week, and the indicators of discharges; also as CSV. B5.3, B5.9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.activity.periods import periods
from cordee.care.discharges.admitting import MACHINE
from cordee.care.discharges.figures import FEWEST, Flow, Forced
from cordee.care.record.traits import read_traits
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.discharges.entrance import desk_of
from cordee.web.language import gettext as _
from cordee.web.persons import Person, describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet

FORCED: Final = "discharges/templates/forced.html"
FIGURES: Final = "discharges/templates/figures.html"
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ForcedRow:
    """One discharge of the report."""

    person: Person
    href: str
    at: str
    what: str
    left_open: str
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One pair of départements; "" stands for what is not shown."""

    pair: str
    count: str
    delay: str
    lost: str
    causes: str
    again: str
    letters: str
    is_shown: bool


async def forced(request: Request) -> Response:
    """Give the discharges that were forced in a week; also as CSV."""
    account = asker(request)
    now = request.app.state.settings.clock()
    today = now.astimezone(PARIS).date()
    start = _monday(request.query_params.get("semaine", ""), today)
    found = await desk_of(request).figures.forced(account.principal, start, start + _WEEK)
    known = await request.app.state.ports.accounts.known({one.agent for one in found})
    rows = [_forced(one, today, known) for one in found]
    if request.url.path.endswith(".csv"):
        head = [
            _("Personne"), _("Né(e) le"), _("Le"), _("Quoi"), _("Restait à faire"), _("Motif"),
            _("Par"),
        ]  # fmt: skip
        table = [
            [
                one.person.title, one.person.born, one.at, one.what, one.left_open, one.reason,
                one.who,
            ]
            for one in rows
        ]  # fmt: skip
        return spreadsheet(f"sorties-forcees-{start.isoformat()}.csv", head, table)
    return page(
        request,
        FORCED,
        place=account.structure,
        rows=rows,
        start=start,
        end=start + _WEEK - timedelta(days=1),
        earlier=(start - _WEEK).isoformat(),
        later=(start + _WEEK).isoformat() if start + _WEEK <= today else "",
    )


async def figures(request: Request) -> Response:
    """Give the indicators of a structure by pair of départements; also as CSV, with the method."""
    account = asker(request)
    today = request.app.state.settings.clock().astimezone(PARIS).date()
    known = [one for one in periods(today, years_alone=False) if not one.is_year]
    asked = request.query_params.get("trimestre", "")
    chosen = next((one for one in known if one.code == asked), known[0])
    flows = await desk_of(request).figures.flows(account.principal, chosen.first, chosen.last)
    rows = [_flow(one) for one in flows]
    if request.url.path.endswith(".csv"):
        return _sheet(rows, chosen.first, chosen.last - timedelta(days=1))
    return page(
        request, FIGURES, place=account.structure, rows=rows, chosen=chosen.code,
        quarters=[(one.code, _quarter(one.code)) for one in known], fewest=FEWEST, method=method(),
    )  # fmt: skip


def method() -> list[str]:
    """How the indicators are counted, in words."""
    return [
        _("Sorties dont le planificateur est passé à « sortie » dans la période, par structure."),
        _("Couple : département de l’hôpital, puis de l’adresse de la personne."),
        _("Délai : heures entre la dernière déclaration « prête » et la sortie, médiane."),
        _("Jours perdus : du jour où la personne peut médicalement sortir au jour de la sortie,"
          " par cause déclarée."),
        _("Réadmission : autre hospitalisation entre une heure et 30 jours après la sortie."),
        _("Lettre à J0 : lettre de liaison déposée au plus tard le jour de la sortie."),
        _("Par trimestre entier. Un nombre de moins de 11 sorties, et ce qui en est tiré, n’est pas"
          " montré ; une part non plus, quand elle ou son complément compte moins de 11 sorties."),
    ]  # fmt: skip


def _forced(one: Forced, today: date, known: dict[str, object]) -> ForcedRow:
    person = describe(read_traits(one.patient), today)
    account = known.get(one.agent)
    here = one.at.astimezone(PARIS)
    return ForcedRow(
        person,
        f"/patients/{person.patient_id}/sorties/{one.task['id']}",
        f"{here:%d/%m} {french.clock(here)}",
        _("sortie constatée sans être prête") if one.is_found else _("passé outre"),
        str(facts_of(one.task).get("left-open", "")),
        one.reason,
        str(getattr(account, "name", "")) or _("établissement"),
    )


def _flow(flow: Flow) -> FlowRow:
    pair = f"{flow.hospital} → {flow.residence}"
    if not flow.is_shown:
        return FlowRow(pair, _("moins de %(num)s") % {"num": FEWEST}, "", "", "", "", "", False)
    labels = machines()[MACHINE].facts["delay-cause"].choices
    lost = sorted(flow.lost.items(), key=lambda one: -one[1])
    causes = [f"{_(labels.get(code, _('cause non dite')))} : {days}" for code, days in lost]
    return FlowRow(
        pair, french.number(flow.count),
        f"{french.number(round(flow.delay, 1))} h" if flow.delay is not None else "",
        french.number(sum(flow.lost.values())), "; ".join(causes),
        _share(flow.again, flow.count), _share(flow.letters, flow.count), True,
    )  # fmt: skip


def _quarter(code: str) -> str:
    year, _sign, number = code.partition("-T")
    return _("trimestre %(number)s de %(year)s") % {"number": number, "year": year}


def _share(part: int, whole: int) -> str:
    if 0 < part < FEWEST or 0 < whole - part < FEWEST:
        return _("non montré")
    return f"{french.number(round(100 * part / whole, 1))} %"


def _sheet(rows: Sequence[FlowRow], start: date, end: date) -> Response:
    head = [
        _("Hôpital → domicile"), _("Sorties"), _("Délai prête → sortie"), _("Jours perdus"),
        _("Causes"), _("Réadmission à 30 jours"), _("Lettre à J0"),
    ]  # fmt: skip
    table = [
        [one.pair, one.count, one.delay, one.lost, one.causes, one.again, one.letters]
        for one in rows
    ]
    period = _("Du %(start)s au %(end)s") % {
        "start": french.short_date(start), "end": french.short_date(end),
    }  # fmt: skip
    notes = [[], [_("Méthode")], [period], *([one] for one in method())]
    return spreadsheet("sorties-indicateurs.csv", head, [*table, *notes])


def _monday(text: str, today: date) -> date:
    day = _day(text, today)
    return day - timedelta(days=day.weekday())


def _day(text: str, default: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return default
    return found if abs((found - default).days) < 3660 else default  # noqa: PLR2004 -- ten years
