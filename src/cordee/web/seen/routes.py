"""Qui a vu mon dossier: the trail as its patient reads it. Requirement A3.11."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.seen.view_models import days_of, shown

TEMPLATE = "seen/templates/seen.html"
PAGE_SIZE = 200
FILTERS = {
    "": _("Tout"),
    "equipe": _("Mon équipe"),
    "hors": _("Hors de mon équipe"),
}


async def seen(request: Request) -> Response:
    """Give the accesses to the signed-in patient's record, the newest first."""
    account = signed_in(request)
    asked = request.query_params.get("avant", "")
    before = int(asked) if asked.isdecimal() and len(asked) < len(str(2**63)) else None
    which = request.query_params.get("montrer", "")
    accesses = await request.app.state.ports.records.accesses(
        account.principal, before=before, limit=PAGE_SIZE
    )
    kept = shown(accesses, which)
    more = accesses[-1].number if len(accesses) == PAGE_SIZE else None
    return page(
        request, TEMPLATE, days=days_of(kept), count=len(kept), which=which, filters=FILTERS,
        more=more, is_first=before is None,
    )  # fmt: skip


routes = [Route("/mes-acces", seen, name="seen")]
