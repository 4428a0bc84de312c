"""The active DUI of a home, with the definition and a proof without names. Rule: B7.6."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.homes.active import Counter, definition
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "homes/templates/active.html"
PATH: Final = "/residents/dui-actifs"
_NEEDS: Final = {
    "ins": _("identité qualifiée, avec INS"),
    "written": _("écrit par la structure"),
    "plan": _("plan en vigueur"),
}


async def show(request: Request) -> Response:
    """Give the count and what it is made of; the CSV has one row a record, without its name."""
    account, now = caregiver(request), request.app.state.settings.clock()
    desk: Counter | None = request.app.state.ports.active
    if desk is None:
        raise NotFound("nothing is counted here")
    found, rule = await desk.files(account.principal, now), definition()
    if request.url.path.endswith(".csv"):
        head = [
            _("Dossier"), _("Dernier écrit"), *(_(one) for one in _NEEDS.values()), _("Actif"),
            _("Définition"), _("Calculé le"),
        ]  # fmt: skip
        words = f"{rule.name} ; {rule.days} j ; {', '.join(rule.needs)} ; {rule.source}"
        table = [
            [
                one.patient, one.last.isoformat() if one.last else "",
                *(_yes(need in one.met) for need in _NEEDS), _yes(one.is_active), words,
                now.date().isoformat(),
            ]
            for one in found
        ]  # fmt: skip
        return spreadsheet(f"dui-actifs-{now:%Y-%m-%d}.csv", head, table)
    return page(
        request, TEMPLATE, place=account.structure, total=len(found), rule=rule,
        active=sum(one.is_active for one in found),
        needs=[
            (_(text), sum(need in one.met for one in found), need in rule.needs)
            for need, text in _NEEDS.items()
        ],
    )  # fmt: skip


def _yes(is_so: bool) -> str:
    return _("oui") if is_so else _("non")


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
]
