"""Alerts on unusual use, and their thresholds. They block nobody. Rule: A6.6."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.anomalies.watching import Alert, Rule, Threshold
from cordee.runtime import french
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.protection.entrance import dpo, now_of
from cordee.web.protection.views import moment, name_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet
from cordee.web.trust import trust_of

TEMPLATE = "protection/templates/alerts.html"
HERE = "/protection/alertes"
RULES = {
    Rule.OUTSIDE: _("Dossiers de patients d’un autre département"),
    Rule.NIGHT: _("Dossiers ouverts la nuit, hors urgences et régulation"),
    Rule.FAMILY: _("Dossiers d’une personne du même nom de famille"),
    Rule.VIP: _("Dossiers à identité protégée (alias)"),
    Rule.SEARCHES: _("Recherches d’identité sans ouvrir de dossier"),
}
_DIGITS = 9


async def alerts(request: Request) -> Response:
    """Give the alerts that wait, the thresholds, what was looked at."""
    return await _page(request, Form())


async def act(request: Request) -> Response:
    """Keep the DPO's word on an alert, or another threshold."""
    form, principal = await read_form(request), dpo(request)
    service, now, number = trust_of(request).anomalies, now_of(request), form["nombre"]
    if not number.isdecimal() or len(number) > _DIGITS:
        form.errors["nombre"] = _("Donnez un nombre")
        return await _page(request, form)
    try:
        if form["geste"] == "seuil" and form["regle"] in set(Rule):
            on = form["etat"] != "eteinte"
            said = Threshold(Rule(form["regle"]), int(number), on, None, "")
            await service.say(principal, said, now)
        elif form["geste"] == "avis" and form["avis"] in {"fondee", "infondee"}:
            await service.end(
                principal, int(number), founded=form["avis"] == "fondee", words=form["mots"], at=now
            )
        else:
            raise HTTPException(400)
    except RuleBroken as error:
        form.errors["mots-" + number if form["geste"] == "avis" else "nombre"] = error.message
        return await _page(request, form)
    return RedirectResponse(HERE, status_code=303)


async def sheet(request: Request) -> Response:
    """Give all alerts as CSV."""
    service, principal = trust_of(request).anomalies, dpo(request)
    rows: list[Alert] = [*await service.waiting(principal), *await service.ended(principal)]
    head = (
        _("Jour"), _("Règle"), _("Compte"), _("Nombre"), _("Seuil"), _("Lignes du journal"),
        _("Avis"), _("Pourquoi"),
    )  # fmt: skip
    verdicts = {None: _("en attente"), True: _("fondée"), False: _("infondée")}
    return spreadsheet(
        "alertes.csv", head,
        ((one.day.isoformat(), RULES[one.rule], one.agent, one.count, one.most,
          " ".join(str(n) for n in one.lines), verdicts[one.founded], one.words) for one in rows),
    )  # fmt: skip


async def _page(request: Request, form: Form) -> Response:
    service, principal = trust_of(request).anomalies, dpo(request)
    waiting, ended = await service.waiting(principal), await service.ended(principal)
    known = await request.app.state.ports.accounts.known({one.agent for one in (*waiting, *ended)})
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, here=HERE, rules=RULES,
        waiting=waiting, ended=ended, thresholds=await service.thresholds(principal),
        history=await service.history(principal), moment=moment, day=french.short_date,
        who={one.agent: name_of(one.agent, known) for one in (*waiting, *ended)},
    )  # fmt: skip


routes = [
    Route(HERE, alerts, methods=["GET"]),
    Route(HERE, act, methods=["POST"]),
    Route(HERE + "/alertes.csv", sheet, methods=["GET"]),
]
