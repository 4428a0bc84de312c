"""The joint report of an episode and its legal trace: page, CSV, PDF. Rules: C2.9, C2.10."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.overflow.desk import Dossier, Line, is_vital
from cordee.care.overflow.episodes import WORDS, State
from cordee.care.overflow.protocol import Neighbour, Origin
from cordee.care.overflow.quality import Group
from cordee.care.simulation.results import p90
from cordee.formats.paper import PaperJam, pdf, sheet
from cordee.runtime.errors import Unavailable
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.overflow.live import desk_of
from cordee.web.overflow.words import ACTS, TRANSFERS, centre_name, decimal, moment
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

PAGE: Final = "overflow/templates/report.html"
PAPER: Final = "overflow/templates/paper.html"


async def show(request: Request) -> Response:
    """Give the report of an episode with its trace."""
    dossier = await _dossier(request)
    return page(request, PAGE, **_view(dossier))


async def export(request: Request) -> Response:
    """Give the legal trace of an episode as CSV."""
    dossier = await _dossier(request)
    head = [_("Horodatage"), _("Fait"), _("Transfert"), _("Appel"), _("Par"), _("Convention")]
    one = dossier.run.episode
    rows = [
        [line.at.isoformat(), _act(line), str(line.transfer or ""), line.detail.get("call", ""),
         line.by, f"{one.convention}/{one.version}"]
        for line in dossier.trace
    ]  # fmt: skip
    return spreadsheet("delestage-trace.csv", head, rows)


async def paper(request: Request) -> Response:
    """Give the joint report as a PDF/UA."""
    dossier, account = await _dossier(request), signed_in(request)
    view = _view(dossier)
    body = request.app.state.templates.get_template(PAPER).render(**view)
    now = moment(request.app.state.settings.clock())
    title = _("Rapport commun de délestage")
    html = sheet(
        Markup(body), title=title, who=view["title"], traits=view["period"],  # noqa: S704 - a template of ours, escaped
        printed=f"{account.name}, {now}",
    )  # fmt: skip
    try:
        made = await pdf(html, title)
    except PaperJam as error:
        raise Unavailable("the report cannot be printed now") from error
    headers = {
        "content-disposition": 'inline; filename="delestage.pdf"',
        "cache-control": "no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


async def _dossier(request: Request) -> Dossier:
    principal = signed_in(request).principal
    return await desk_of(request).dossier(principal, request.path_params["number"])


def _view(dossier: Dossier) -> dict[str, Any]:
    run, episode, counts = dossier.run, dossier.run.episode, dossier.counts
    handled = [
        (one.finished - one.answered).total_seconds()
        for one in dossier.transfers
        if one.finished and one.answered
    ]
    answers, quality = dossier.minutes_of_answer, dossier.quality
    names = {"a": centre_name(episode.origin), "b": centre_name(episode.neighbour)}
    return {
        "id": episode.id,
        "title": _("Délestage de %(a)s vers %(b)s") % names,
        "period": _("du %(a)s au %(b)s")
        % {"a": moment(episode.proposed_at), "b": moment(run.closed) or "…"},
        "state": _(WORDS[episode.state]),
        "convention": f"{episode.convention}, version {episode.version}",
        "automatic": episode.automatic,
        "ended_by": centre_name(episode.ended_by) if episode.ended_by else "",
        "counts": counts,
        "presented": run.presented,
        "share": decimal(100 * counts.moved / run.presented, 1) if run.presented else "0",
        "answer_p90": decimal(p90(list(answers)), 1) if answers else "",
        "quality": [
            {"name": _("Appels confiés"), **_group(quality.moved)},
            {"name": _("Appels restés, même période"), **_group(quality.stayed)},
        ] if run.is_origin else [],
        "gained": _gained(quality.gained),
        "hours": decimal(sum(handled) / 3600, 1),
        "vital": sum(is_vital(one) for one in dossier.transfers),
        "clashes": sum(one.state is Origin.CLASHED for one in dossier.transfers),
        "pending": [
            {"call": str(one.call.id)[:8], "since": moment(one.call.since),
             "priority": one.call.priority or "?", "state": _(TRANSFERS[one.state])}
            for one in dossier.transfers
            if one.state in (Neighbour.HELD, Neighbour.ANSWERED, Origin.AWAY, Origin.GRANTED)
        ],
        "trace": [
            {"at": moment(one.at), "what": _act(one), "by": one.by,
             "call": str(one.detail.get("call", ""))[:8]}
            for one in dossier.trace
        ],
    }  # fmt: skip


def _group(one: Group) -> dict[str, str | int]:
    return {
        "number": one.number,
        "median": "–" if one.median is None else decimal(one.median, 1),
        "p90": "–" if one.p90 is None else decimal(one.p90, 1),
        "again": one.again,
        "rate": f"{decimal(100 * one.again / one.number, 1)} %" if one.number else "–",
    }


def _gained(minutes: float | None) -> str:
    """The delay gained, in words; empty where it is not known."""
    if minutes is None:
        return ""
    said = decimal(abs(minutes), 1)
    if minutes < 0:
        return _("Les appels confiés ont attendu %(n)s min de plus que les appels restés.") % {
            "n": said
        }
    return _("Délai gagné : %(n)s min sur l’attente médiane.") % {"n": said}


def _act(line: Line) -> str:
    said = _(ACTS.get(line.what, line.what))
    if line.what == "episode":
        return f"{said} : {_(WORDS[State(line.detail['to'])])}"
    return said
