"""The summary for the person who leaves: one page, plain words, large type, a code to scan. B5.10.

Rules: Information pour tous (European rules of easy-to-read); short sentences, one idea each. The
code leads to the entrance of the site and carries nothing of the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from cordee.care.discharges.planner import Planned
from cordee.care.ruptures.rules import moment_of
from cordee.care.workflow.tasks import facts_of
from cordee.formats.paper import pdf, sheet
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.discharges.entrance import desk_of, here, planned_of
from cordee.web.discharges.views import PlanView, view_plan
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker

TEMPLATE: Final = "discharges/templates/bedside.html"
WHERE: Final = {
    "home": _("Vous rentrez chez vous."),
    "relative": _("Vous allez chez un proche."),
    "had": _("Vous rentrez chez vous. L’hôpital à domicile vient vous soigner."),
    "smr": _("Vous allez dans un centre de rééducation."),
    "ehpad": _("Vous allez en maison de retraite."),
    "hospital": _("Vous allez dans un autre hôpital."),
}
COMES: Final = {
    "nurse": _("Une infirmière vient chez vous."),
    "had": _("L’équipe de l’hôpital à domicile vient chez vous."),
    "physio": _("Un kinésithérapeute vous aide à bouger."),
    "help": _("Une aide à domicile vient chez vous."),
    "equipment": _("Le matériel est livré chez vous."),
    "transport": _("Un transport vous ramène."),
    "pharmacy": _("La pharmacie prépare vos médicaments."),
    "telemonitoring": _("Un appareil surveille votre santé à distance."),
}
DANGER: Final = (
    _("Vous respirez mal."),
    _("Vous avez mal dans la poitrine."),
    _("Vous avez de la fièvre ou des frissons."),
    _("Vous saignez."),
    _("Vous ne savez plus où vous êtes."),
)


@dataclass(frozen=True, slots=True)
class Bedside:
    """What the person reads, and the code to scan as the address of an image."""

    when: str
    where: str
    why: str
    comes: tuple[tuple[str, str], ...]
    visit: str
    danger: tuple[str, ...]
    picture: Markup
    image: str


async def show(request: Request) -> Response:
    """Give the summary, to print."""
    planned = await planned_of(request)
    _rows, values = await values_around(request, "sorties")
    now = request.app.state.settings.clock()
    values |= {"sheet": _bedside(request, planned, now), "back": here(planned)}
    return page(request, TEMPLATE, **values)


async def paper(request: Request) -> Response:
    """Give the summary as a PDF of one page."""
    planned = await planned_of(request)
    now = request.app.state.settings.clock()
    plan = view_plan(planned, now, {})
    printed = _("Imprimé le %(day)s à %(hour)s") % {
        "day": french.short_date(now.date()), "hour": french.clock(now),
    }  # fmt: skip
    html = sheet(
        _body(_bedside(request, planned, now)),
        title=_("Votre sortie de l’hôpital"),
        who=plan.person.title,
        traits=f"{plan.person.born_label} {plan.person.born}",
        printed=printed,
    )
    made = await pdf(html, _("Votre sortie de l’hôpital"))
    headers = {"content-disposition": 'inline; filename="ma-sortie.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _bedside(request: Request, planned: Planned, now: datetime) -> Bedside:
    asker(request)
    plan, facts = view_plan(planned, now, {}), facts_of(planned.task)
    leaves = moment_of(str(facts.get("leaves-at", "")))
    lines = {one.code: one for one in plan.lines}
    visit = lines["gp-visit"]
    code = segno.make(f"{desk_of(request).site}/", error="m", micro=False)
    return Bedside(
        when=_when(leaves),
        where=WHERE.get(str(facts.get("destination", "")), ""),
        why=plan.motive,
        comes=_comes(plan),
        visit=visit.note if visit.state == "done" else "",
        danger=DANGER,
        picture=_drawn(code),
        image=code.svg_data_uri(scale=4, dark="#000", light="#fff"),
    )


def _drawn(code: segno.QRCode) -> Markup:
    """The code as inline SVG; what holds it says what it is."""
    text = code.svg_inline(scale=4, dark="#000", light="#fff")
    return Markup(text.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704 -- squares alone


def _when(leaves: datetime | None) -> str:
    if leaves is None:
        return _("La date de votre sortie n’est pas encore choisie.")
    at = leaves.astimezone(PARIS)
    return _("Vous sortez %(day)s à %(hour)s.") % {
        "day": french.weekday(at.date()), "hour": french.clock(at),
    }  # fmt: skip


def _comes(plan: PlanView) -> tuple[tuple[str, str], ...]:
    """Who comes: only what is settled is promised."""
    return tuple(
        (COMES[one.code], ", ".join(filter(None, (one.owner, one.note))))
        for one in plan.lines
        if one.code in COMES and one.status == "done"
    )


def _body(sheet_: Bedside) -> Markup:
    head, line = Markup("<h2>{}</h2>"), Markup("<p>{}</p>")
    parts = [Markup("<h1>{}</h1>").format(_("Votre sortie de l’hôpital")), line.format(sheet_.when)]
    parts += [line.format(sheet_.where)] if sheet_.where else []
    if sheet_.why:
        parts += [head.format(_("Pourquoi vous étiez à l’hôpital")), line.format(sheet_.why)]
    if sheet_.comes:
        parts.append(head.format(_("Qui vous aide")))
        parts += [Markup("<p>{} <b>{}</b></p>").format(*one) for one in sheet_.comes]
    parts.append(head.format(_("Vos rendez-vous")))
    parts.append(line.format(_visit(sheet_.visit)))
    parts.append(head.format(_("Appelez le 15 si")))
    parts.append(Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(one) for one in sheet_.danger)
    ))  # fmt: skip
    parts.append(head.format(_("Votre dossier sur internet")))
    parts.append(line.format(_("Scannez ce code avec votre téléphone.")))
    parts.append(Markup('<img alt="{}" src="{}" style="width:32mm">').format(
        _("Code qui mène à votre espace"), sheet_.image
    ))  # fmt: skip
    whole = Markup("").join(parts)
    style = "font-size:14pt;line-height:1.4"
    return Markup('<div style="{}">{}</div>').format(style, whole)


def _visit(note: str) -> str:
    if not note:
        return _("Prenez rendez-vous avec votre médecin cette semaine.")
    return _("Vous voyez votre médecin %(when)s.") % {"when": note}
