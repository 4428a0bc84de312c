"""The active DUI of the homes of a group, and the proof for its funding. Rule: B7.6."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.homes.active import definition
from cordee.care.homes.groups import Groups
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.forms import day_of
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "homes/templates/groups.html"
PATH: Final = "/dui-actifs-groupes"


async def show(request: Request) -> Response:
    """Give the groups with their homes; the CSV has a row a home, with the definition."""
    account = signed_in(request)
    if account.is_patient:
        raise AccessDenied("only head offices and the agency read these numbers")
    desk: Groups | None = request.app.state.ports.groups
    if desk is None:
        raise NotFound("nothing is counted here")
    today = request.app.state.settings.clock().date()
    day = day_of(request.query_params.get("jour", "")) or today
    found = await desk.of(account.principal, day)
    rule = definition()
    if request.url.path.endswith(".csv"):
        head = [
            _("Groupe"), _("Structure"), _("Catégorie FINESS"), _("Dossiers"), _("Actifs"),
            _("Structures du groupe"), _("Groupe retenu"), _("Compté le"), _("Définition"),
        ]  # fmt: skip
        table = [
            [
                one.name, each.name, each.category, each.total, each.active, len(one.members),
                _("oui") if one.counts else _("non"), one.day.isoformat(), one.rule,
            ]
            for one in found
            for each in one.members
        ]  # fmt: skip
        return spreadsheet(f"dui-actifs-groupes-{day}.csv", head, table)
    counted = french.short_date(found[0].day) if found else ""
    return page(
        request, TEMPLATE, groups=found, rule=rule, day=day.isoformat(), counted=counted,
        place=account.structure,
    )  # fmt: skip


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
]
