"""The needs, goals and actions that plans choose from: read by all, changed by who may. B3.8."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.plans.nomenclature import Entry, Nomenclature, may_change
from cordee.care.plans.plan import ACTION
from cordee.care.plans.vocabulary import DOMAINS, ENTRIES
from cordee.care.workflow.machines import machines
from cordee.runtime.errors import AccessDenied, Conflict, RuleBroken, VersionConflict
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.plans.entrance import plans_of
from cordee.web.ports import Account
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "plans/templates/nomenclature.html"


async def show(request: Request) -> Response:
    """Give the edition in use, by sort and domain; also as CSV."""
    _reader(request)
    known = await plans_of(request).nomenclature()
    if request.url.path.endswith(".csv"):
        return _sheet(known)
    code = request.query_params.get("code", "")
    entry = known.entry(code)
    given = {} if entry is None else {
        "code": entry.code, "sorte": entry.sort, "domaine": entry.domain, "texte": entry.text,
        "plus": entry.more, "retire": "" if entry.active else "oui",
    }  # fmt: skip
    return await _page(request, known, Form(given))


async def write(request: Request) -> Response:
    """Write a line, which makes the next edition; what was typed stays when it is refused."""
    sent = await read_form(request)
    account, desk = _reader(request), plans_of(request)
    entry = Entry(
        sent["code"].upper(), sent["sorte"], sent["domaine"], sent["texte"], sent["plus"],
        sent["retire"] != "oui",
    )  # fmt: skip
    try:
        await desk.change_nomenclature(account.principal, entry, sent["edition"])
    except (VersionConflict, RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["code"] = error.message
        known = await desk.nomenclature()
        return await _page(request, known, sent, status=error.status)
    return RedirectResponse("/nomenclature-des-plans", status_code=303)


async def _page(
    request: Request, known: Nomenclature, form: Form, *, status: int = 200
) -> Response:
    kinds = machines()[ACTION].facts["kind"].choices
    groups = [
        (_(name), [(one, _(DOMAINS[one.domain]), _(kinds.get(one.more, one.more)))
                   for one in known.entries if one.sort == sort])
        for sort, name in ENTRIES.items()
    ]  # fmt: skip
    return page(
        request, TEMPLATE, status=status, known=known, groups=groups, form=form,
        sorts=[(code, _(text)) for code, text in ENTRIES.items()],
        domains=[(code, _(text)) for code, text in DOMAINS.items()],
        may_change=may_change(_reader(request).principal),
    )  # fmt: skip


def _sheet(known: Nomenclature) -> Response:
    head = [_("Édition"), _("Code"), _("Sorte"), _("Domaine"), _("Texte"), _("Mesure ou type"),
            _("En usage")]  # fmt: skip
    table = [
        [known.edition, one.code, _(ENTRIES[one.sort]), _(DOMAINS[one.domain]), one.text, one.more,
         _("oui") if one.active else _("non")]
        for one in known.entries
    ]  # fmt: skip
    return spreadsheet("nomenclature-des-plans.csv", head, table)


def _reader(request: Request) -> Account:
    account = signed_in(request)
    if account.is_patient or not (account.sees_records or may_change(account.principal)):
        raise AccessDenied("only professionals read the nomenclature")
    return account
