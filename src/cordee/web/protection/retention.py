"""How long each class of data is kept: the rules, what is over, what was destroyed. Rule: A6.11."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.governance.retention.classes import How, shipped_classes
from cordee.runtime.errors import RuleBroken
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.protection.entrance import dpo, governance_of, now_of
from cordee.web.protection.views import moment
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE = "protection/templates/retention.html"
HERE = "/protection/conservation"
HOW = {
    How.RULE: _("chaque heure, par règle"),
    How.COMMAND: _("par blocs scellés, par la commande « cordee trail purge »"),
    How.NONE: _("jamais seul"),
}
_DIGITS = 6


async def retention(request: Request) -> Response:
    """Give the table of classes, its history and the proofs."""
    return await _page(request, Form())


async def change(request: Request) -> Response:
    """Keep another duration for a class."""
    form, principal = await read_form(request), dpo(request)
    days = form["jours"]
    if not days.isdecimal() or len(days) > _DIGITS:
        form.errors["jours"] = _("Donnez un nombre de jours")
        return await _page(request, form)
    try:
        await governance_of(request).retention.say(
            principal, form["classe"], int(days), basis=form["base"], at=now_of(request)
        )
    except RuleBroken as error:
        form.errors["jours"] = error.message
        return await _page(request, form)
    return RedirectResponse(HERE, status_code=303)


async def sheet(request: Request) -> Response:
    """Give the table as CSV."""
    rows = await governance_of(request).retention.table(dpo(request), now_of(request))
    head = (
        _("Classe"), _("Données"), _("Jours"), _("À partir de"), _("Base légale"),
        _("Destruction"), _("À détruire maintenant"),
    )  # fmt: skip
    return spreadsheet(
        "conservation.csv", head,
        ((one.rule.code, one.rule.label, one.rule.days, one.rule.start, one.rule.basis,
          HOW[one.rule.how], "" if one.over is None else one.over) for one in rows),
    )  # fmt: skip


async def proofs(request: Request) -> Response:
    """Give the proofs of deletion as CSV."""
    found = await governance_of(request).retention.proofs(dpo(request))
    head = (_("Le"), _("Par"), _("Classe"), _("Avant le"), _("Lignes"), _("Empreinte"))
    return spreadsheet(
        "preuves-destruction.csv", head,
        ((one.at.isoformat(), one.by, one.code, one.before.isoformat(), one.gone,
          one.digest.hex()) for one in found),
    )  # fmt: skip


async def _page(request: Request, form: Form) -> Response:
    principal, service = dpo(request), governance_of(request).retention
    labels = {one.code: one.label for one in shipped_classes().values()}
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, how=HOW, here=HERE,
        rows=await service.table(principal, now_of(request)), labels=labels, moment=moment,
        history=await service.history(principal), proofs=await service.proofs(principal),
    )  # fmt: skip


routes = [
    Route(HERE, retention, methods=["GET"]),
    Route(HERE, change, methods=["POST"]),
    Route(HERE + "/classes.csv", sheet, methods=["GET"]),
    Route(HERE + "/preuves.csv", proofs, methods=["GET"]),
]
