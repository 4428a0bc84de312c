"""The dashboard of a campaign and its closing report, in counts that may be told. G3.7, G3.10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.campaign import CAPITALISED, CLOSING, Campaign
from cordee.care.campaigns.figures import LABELS, REGION, STAGES, Figures, of_report
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.runtime.french import number
from cordee.web.campaigns.board import dates, row
from cordee.web.campaigns.entrance import (
    PATH,
    campaign_of,
    cents,
    desk_of,
    euros,
    steering,
    typed_euros,
)
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.population.words import GROUPS
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

DASHBOARD: Final = "campaigns/templates/dashboard.html"
REPORT: Final = "campaigns/templates/report.html"
SPLITS: Final = {
    "sex": _("Sexe"), "band": _("Âge"), "quintile": _("Précarité de la commune"),
    "variant": _("Mots de l’invitation"),
}  # fmt: skip
HIDDEN: Final = _("non dit")
_LABELS: Final = {
    "A": _("Invitation A"), "B": _("Invitation B"), "0": _("commune inconnue"), "": _("inconnu"),
}  # fmt: skip
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied)


async def show(request: Request) -> Response:
    """Give the figures of the day by territory and stage; also as CSV."""
    steering(request)
    campaign = await campaign_of(request)
    figures = await desk_of(request).dashboard.told(campaign, request.app.state.settings.clock())
    if request.url.path.endswith(".csv"):
        return _sheet(request, campaign, figures)
    return page(
        request, DASHBOARD, campaign=campaign, row=row(campaign), **_tables(request, figures)
    )


async def report(request: Request) -> Response:
    """Give the closing report; while it is made, the form of what was spent and learnt."""
    campaign = await campaign_of(request)
    return await _report(request, campaign, Form())


async def account(request: Request) -> Response:
    """Keep what was spent and learnt; publishing the report keeps it for ever."""
    sent = await read_form(request)
    principal, desk = steering(request), desk_of(request)
    campaign = await campaign_of(request)
    now = request.app.state.settings.clock()
    try:
        await desk.register.account(principal, campaign, cents(sent["depense"]), sent["lecon"])
        if sent["geste"] == "publier":
            current = await desk.register.one(campaign.id)
            await desk.register.move(principal, current, "capitalise", now)
            told = await desk.dashboard.report(current, now)
            await desk.register.keep_report(current, told)
    except _REFUSED as error:
        field = {"spent": "depense", "lesson": "lecon"}.get(next(iter(error.expression), ""), "")
        sent.errors[field or "depense"] = error.message
        return await _report(request, campaign, sent, status=error.status)
    return RedirectResponse(f"{PATH}/{campaign.id}/bilan", status_code=303)


async def _report(
    request: Request, campaign: Campaign, form: Form, *, status: int = 200
) -> Response:
    if campaign.state == CAPITALISED and campaign.report is not None:
        told: Mapping[str, Any] = campaign.report
    elif campaign.state in {CLOSING, CAPITALISED}:
        steering(request)
        now = request.app.state.settings.clock()
        told = await desk_of(request).dashboard.report(campaign, now)
        if campaign.state == CAPITALISED:  # who published it was cut off before it was kept
            await desk_of(request).register.keep_report(campaign, told)
    else:
        raise NotFound("there is no report yet")
    known = desk_of(request).register.territories
    typed = form if form.values else Form(
        {"depense": typed_euros(campaign.spent), "lecon": campaign.lesson}
    )  # fmt: skip
    return page(
        request, REPORT, status=status, form=typed, campaign=campaign, row=row(campaign),
        dates=dates(campaign.told), is_open=campaign.state == CLOSING,
        budget=euros(told["budget"]), spent=euros(told["spent"]), lesson=told["lesson"],
        costs=[(_(LABELS[one]), euros(cost) or HIDDEN) for one, cost in told["costs"].items()],
        declined=[(known.get(one["code"], one["code"]), one["motive"]) for one in told["declined"]],
        **_tables(request, of_report(told)),
    )  # fmt: skip


def _tables(request: Request, figures: Figures) -> dict[str, Any]:
    known = desk_of(request).register.territories
    areas = [one for one in sorted(figures.areas) if one != REGION]
    return {
        "day": french.long_date(figures.day),
        "stages": [(one, _(LABELS[one])) for one in STAGES],
        "lines": [
            (known.get(one, one) if one != REGION else _("Ensemble"),
             [_cell(figures.areas[one].get(stage), figures) for stage in STAGES])
            for one in [*areas, REGION] if one in figures.areas
        ],
        "splits": [
            (SPLITS[name], [
                (_LABELS.get(label) or GROUPS.get(label) or label,
                 [_cell(found.get(one), figures) for one in ("invited", "done")],
                 _share(found))
                for label, found in sorted(labels.items())
            ])
            for name, labels in figures.splits.items()
        ],
        "hidden": HIDDEN,
    }  # fmt: skip


def _cell(told: Any, figures: Figures) -> tuple[str, str]:
    """A count as it is read, and the day on which it was told where that is an earlier one."""
    if told is None:
        return "", ""
    earlier = told["day"] != figures.day.isoformat()
    return number(told["n"]), french.short_date(told["day"]) if earlier else ""


def _share(found: Mapping[str, Any]) -> str:
    """How many in a hundred of the invited have the act; only counts of the same day divide."""
    invited, done = found.get("invited"), found.get("done")
    if not invited or not done or invited["day"] != done["day"]:
        return ""
    return f"{number(round(100 * done['n'] / invited['n']))} %"


def _sheet(request: Request, campaign: Campaign, figures: Figures) -> Response:
    known = desk_of(request).register.territories
    head = [_("territoire"), _("partage"), _("groupe"), _("étape"), _("nombre"), _("dit le")]
    lines: list[list[object]] = []
    for area, found in sorted(figures.areas.items()):
        name = _("Ensemble") if area == REGION else known.get(area, area)
        lines += [[name, "", "", _(LABELS[one]), *_told(found.get(one))] for one in STAGES]
    for split, labels in figures.splits.items():
        for label, found in sorted(labels.items()):
            group = _LABELS.get(label) or GROUPS.get(label) or label
            lines += [
                [_("Ensemble"), SPLITS[split], group, _(LABELS[one]), *_told(told)]
                for one, told in found.items()
            ]
    return spreadsheet(f"campagne-{campaign.kit.code}-suivi.csv", head, lines)


def _told(told: Any) -> tuple[object, str]:
    return (HIDDEN, "") if told is None else (told["n"], told["day"])
