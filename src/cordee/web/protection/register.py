"""The register of processing and the outline of the impact assessment. Rule: A6.4."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.language import gettext as _
from cordee.web.protection.entrance import dpo, governance_of, now_of
from cordee.web.protection.views import moment
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE = "protection/templates/register.html"
HERE = "/protection/registre"


async def register(request: Request) -> Response:
    """Give the register as it is now, to read or to print."""
    found = await governance_of(request).register.compile(dpo(request))
    return page(request, TEMPLATE, found=found, here=HERE, made=moment(now_of(request)))


async def sheet(request: Request) -> Response:
    """Give the register as CSV."""
    found = await governance_of(request).register.compile(dpo(request))
    head = (
        _("Traitement"), _("Finalité"), _("Base légale"), _("Personnes"), _("Données"),
        _("Destinataires"), _("Durées"),
    )  # fmt: skip
    rows = [
        (one.name, one.purpose, one.basis, one.people, one.data, one.readers, " | ".join(one.kept))
        for one in found.processings
    ]
    rows += [
        (one.name, one.what, _("flux actif") if one.is_on else _("flux éteint"), "", "", one.to, "")
        for one in found.flows
    ]
    return spreadsheet("registre-traitements.csv", head, rows)


routes = [
    Route(HERE, register, methods=["GET"]),
    Route(HERE + "/registre.csv", sheet, methods=["GET"]),
]
